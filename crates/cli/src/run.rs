//! Each command: its verb, then what is shown.

use std::num::NonZeroUsize;

use gradus_model::{Finding, Lang, Place, Severity, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::apply::{ApplyOptions, Pulled, pull};
use gradus_workspace::backtest::{BacktestRequest, backtest};
use gradus_workspace::drift::{drift, not_there};
use gradus_workspace::export::{ExportOptions, FileKind, Who};
use gradus_workspace::report::backtest_page;
use gradus_workspace::simulate::{Stretch, What, simulate_history, simulate_what};
use gradus_workspace::summary::summarise;
use gradus_workspace::test_cases::{CasesOf, TestOptions, test_cases};
use gradus_workspace::{
    Against, AuditVerdict, ExcelProgram, ExplainOptions, GradeOptions, Import, ImportOptions, LinkOptions,
    LinkedPair, RebaseOptions, UndoOptions, Workspace, WorkspaceError, add_template, audit_log, backup,
    bases, check, explain, export_customers, grade, grade_by_then, identities_of, import, imports,
    instant_of, left_provisional, link, missing, parse_instants, propose, rebase, rekey, restore, runs,
    summary_options, undo_import, unlink, write_page, write_report,
};

use crate::arguments::{Arguments, AuditCommand, Command, TemplateCommand, VaultCommand};
use crate::bars::Bars;
use crate::init::{self, InitArguments, init};
use crate::keys;
use crate::learn::learn;
use crate::look::look;
use crate::model;
use crate::overrides::overrides;
use crate::quarantine::quarantine;
use crate::remote::Remote;
use crate::render;
use crate::review::{ReviewArguments, challenger, hold_out, review};
use crate::rules;
use crate::satisfaction::satisfaction;
use crate::serve::{ServeArguments, serve};
use crate::users;

/// Runs a command; the exit code.
pub async fn run(arguments: &Arguments, lang: Lang) -> Result<u8, WorkspaceError> {
    let key = std::env::var("GRADUS_MASTER_KEY").ok();
    let key = key.as_deref();
    let root = &arguments.workspace;
    let open = || Workspace::open(root, key);
    match &arguments.command {
        Command::Init { dir, example, template, without_data, time_zone, currency, store } => {
            let given = InitArguments {
                root: dir.as_deref().unwrap_or(root),
                example: example.as_deref(),
                template,
                without_data: *without_data,
                time_zone,
                currency,
                store: store.setting(),
                language: arguments.lang.map(|_| lang),
                key,
            };
            init(&given, lang, arguments.json()).await?;
        }
        Command::Check { scores } => {
            let mut checked = check(root)?;
            if !checked.findings.has_errors() {
                checked.findings.extend(left_provisional(root, key).await);
            }
            match *scores && arguments.json() {
                true => render::json(
                    &serde_json::json!({ "findings": checked.findings, "scores": checked.attainable }),
                ),
                false => render::findings(&checked.findings, lang, arguments.json()),
            }
            if *scores && !arguments.json() {
                checked.attainable.iter().for_each(|one| render::attainable(one, lang));
            }
            let n_errors = checked.findings.iter().filter(|f| f.severity == Severity::Error).count();
            if !arguments.json() {
                render::text(&match lang {
                    Lang::Zh => format!(
                        "{} 个数据源，{} 个指标，{} 个定义：{n_errors} 处错误，{} 处提示",
                        checked.n_sources,
                        checked.n_indicators,
                        checked.n_definitions,
                        checked.findings.0.len() - n_errors
                    ),
                    Lang::En => format!(
                        "sources: {}; indicators: {}; definitions: {}; errors: {n_errors}; other findings: {}",
                        checked.n_sources,
                        checked.n_indicators,
                        checked.n_definitions,
                        checked.findings.0.len() - n_errors
                    ),
                });
            }
            return Ok(u8::from(n_errors > 0));
        }
        Command::Test { names, of, min_coverage } => {
            let of = CasesOf::Kept(what_of(of)?);
            let options = TestOptions { of, only: names.clone(), min_coverage: *min_coverage };
            let tested = test_cases(&open().await?, &Principal::local(), &options).await?;
            if arguments.json() {
                render::json(&tested);
            } else {
                render::findings(&tested.findings, lang, false);
                render::text(&tested.render(lang));
            }
            return Ok(u8::from(!tested.is_fine()));
        }
        Command::Import { files, propose: true, .. } => {
            let mut proposals = Vec::new();
            for file in files {
                let (document, findings) = propose(file.as_ref(), excel().as_ref())?;
                if arguments.json() {
                    proposals.push(
                        serde_json::json!({ "file": file, "document": document, "findings": findings }),
                    );
                } else {
                    render::findings(&findings, lang, false);
                    render::text(&document);
                }
            }
            if arguments.json() {
                render::json(&proposals);
            }
        }
        Command::Import { undo: Some(number), dry_run, .. } => {
            let options = UndoOptions { import: *number, dry_run: *dry_run, actor: ACTOR.into() };
            let undone = undo_import(&open().await?, &options).await?;
            if arguments.json() {
                render::json(&undone);
            } else {
                render::text(undone.render(lang).trim_end());
            }
        }
        Command::Import { files, source, dry_run, quality, .. } => {
            let options = ImportOptions {
                files: files.clone(),
                source: source.clone(),
                dry_run: *dry_run,
                excel: excel(),
                ..ImportOptions::default()
            };
            let report = import(&open().await?, &options, &Bars::default()).await?;
            if arguments.json() {
                render::json(&report.files);
            } else {
                render::import_report(&report, *quality, lang);
            }
            let whole = report.is_whole();
            // What was imported before the world failed counts, and has been told.
            return report.broke.map_or(Ok(u8::from(!whole)), Err);
        }
        Command::Imports { limit } => {
            let workspace = open().await?;
            let all = imports::list(&workspace, &Principal::local(), None, *limit).await?;
            if arguments.json() {
                render::json(&all.iter().map(import_json).collect::<Vec<_>>());
            } else {
                render::text(&imports::render(&all, &workspace, lang));
            }
        }
        Command::Quarantine(command) => {
            return quarantine(&open().await?, command, lang, arguments.json()).await;
        }
        Command::Override(command) => overrides(&open().await?, command, lang, arguments.json()).await?,
        Command::Link { a, b, from, reason } => {
            let options = link_options(a, b, from.clone(), reason);
            render_link(&link(&open().await?, &options).await?, lang, arguments.json());
        }
        Command::Unlink { a, b, reason } => {
            let options = link_options(a, b, None, reason);
            render_link(&unlink(&open().await?, &options).await?, lang, arguments.json());
        }
        Command::Links { customer, identifiers } => {
            let identities = identities_of(&open().await?, customer, *identifiers, ACTOR).await?;
            if arguments.json() {
                render::json(&identities);
            } else {
                render::text(&identities.render(lang));
            }
        }
        Command::Grade { as_of, every, known_at, no_store, by_then, fold_anew, threads } => {
            let workspace = open().await?;
            let instants = match as_of {
                Some(text) => parse_instants(text, every.as_deref(), &workspace.zone)?,
                None => Vec::new(),
            };
            let known_at_us = match known_at {
                Some(text) => Some(instant_of(text, &workspace.zone)?),
                None => None,
            };
            let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let options = GradeOptions {
                instants,
                known_at_us,
                store: !no_store,
                reuse: !fold_anew,
                n_threads: threads.unwrap_or(processors),
            };
            let gradings = match by_then {
                true => grade_by_then(&workspace, &options, &Bars::default()).await?,
                false => vec![grade(&workspace, &options, &Bars::default()).await?],
            };
            let mut all = Vec::with_capacity(gradings.len());
            for grading in &gradings {
                let summary = summarise(&bases(grading), &summary_options(&grading.model))
                    .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
                match arguments.json() {
                    true => all.push(render::grading_json(grading, &summary)),
                    false => render::grading(grading, &summary, lang),
                }
            }
            match (arguments.json(), by_then) {
                // One for each version.
                (true, true) => render::json(&all),
                (true, false) => all.iter().for_each(render::json),
                (false, _) => {}
            }
        }
        Command::Rebase { as_of, known_at, threads } => {
            let workspace = open().await?;
            let at = |text: &String| instant_of(text, &workspace.zone);
            let processors = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let options = RebaseOptions {
                as_of: as_of.as_ref().map(at).transpose()?.map(|us| workspace.as_of(us)),
                known_at_us: known_at.as_ref().map(at).transpose()?,
                n_threads: threads.unwrap_or(processors),
            };
            let done = rebase(&workspace, &options, &Bars::default()).await?;
            if arguments.json() {
                render::json(&done);
            } else {
                render::rebased(&done, lang);
            }
        }
        Command::Missing { as_of } => {
            let workspace = open().await?;
            let report = missing(&workspace, as_of.as_deref()).await?;
            if arguments.json() {
                render::json(&report);
            } else {
                render::text(report.text(lang).trim_end());
                render::findings(&report.findings, lang, false);
            }
        }
        Command::Explain { customer, as_of, against } => {
            let workspace = open().await?;
            let at = |text: &String| instant_of(text, &workspace.zone).map(|us| workspace.as_of(us));
            let against = match against {
                None => None,
                Some(text) => Some(match at(text) {
                    Ok(as_of) => Against::AsOf(as_of),
                    Err(_) => Against::Customer(text.clone()),
                }),
            };
            let as_of = as_of.as_ref().map(at).transpose()?;
            let options = ExplainOptions { customer: customer.clone(), as_of, against, n_events: 10 };
            let explanation = explain(&workspace, &options).await?;
            if arguments.json() {
                render::json(&explanation);
            } else {
                render::explanation(&explanation, lang);
            }
        }
        Command::Backup { to, with_master_key } => {
            let who = Principal::local();
            let done = backup(&open().await?, &who, to, *with_master_key, &Bars::default()).await?;
            if arguments.json() {
                render::json(&done);
            } else {
                render::text(&done.render(lang));
            }
        }
        Command::Restore { from, store_in_folder, store } => {
            let elsewhere = (*store_in_folder || store.store_host.is_some()).then(|| store.setting());
            let done = restore(root, from, elsewhere.as_ref(), key, &Bars::default()).await?;
            if arguments.json() {
                render::json(&done);
            } else {
                render::text(&done.render(lang));
            }
        }
        Command::Runs { limit } => {
            let workspace = open().await?;
            let all = runs::list(&workspace, &Principal::local(), *limit).await?;
            if arguments.json() {
                render::json(&all);
            } else {
                render::text(&runs::render(&all, &workspace, lang));
            }
        }
        Command::Template(TemplateCommand::List) => init::list(lang, arguments.json()),
        Command::Template(TemplateCommand::Add { name }) => {
            let path = add_template(root, name)?;
            if arguments.json() {
                render::json(&serde_json::json!({ "document": path }));
            } else {
                render::text(&path.display().to_string());
            }
        }
        Command::Rules(command) => return rules::rules(command, root, open, lang, arguments.json()).await,
        Command::Apply { folder, submit, replace_draft, server } => {
            let options = ApplyOptions { replace_draft: *replace_draft, submit: submit.clone() };
            let done = match &server.server {
                Some(url) => Remote::new(url, lang)?.apply(folder, &options).await?,
                None => model::apply(&open().await?, folder, &options).await?,
            };
            model::render_applied(&done, lang, arguments.json());
            return Ok(u8::from(done.has_errors()));
        }
        Command::Pull { folder, draft, version, replace, server } => {
            let what = match (draft, version) {
                (true, _) => Pulled::Draft,
                (false, Some(number)) => Pulled::Version(*number),
                (false, None) => Pulled::InForce,
            };
            let path = match &server.server {
                Some(url) => Remote::new(url, lang)?.pull(folder, what, *replace).await?,
                None => pull(&open().await?, &Principal::local(), folder, what, *replace).await?,
            };
            if arguments.json() {
                render::json(&serde_json::json!({ "file": path }));
            } else {
                render::text(&path.display().to_string());
            }
        }
        Command::History { .. } | Command::Segment { .. } | Command::List { .. } => {
            look(&open().await?, &arguments.command, lang, arguments.json()).await?;
        }
        Command::Simulate { version, as_of, from, to, every, flapping } => {
            let what = what_of(version)?;
            if *flapping || from.is_some() || to.is_some() || every.is_some() {
                let (from, to, every) = (from.clone(), to.clone(), every.clone());
                let stretch = Stretch { from, to, every, flapping: *flapping };
                let history = simulate_history(&open().await?, what, &stretch, &Bars::default()).await?;
                if arguments.json() {
                    render::json(&history);
                } else {
                    render::text(&history.render(lang));
                }
                return Ok(0);
            }
            let simulation = simulate_what(&open().await?, what, as_of.as_deref(), &Bars::default()).await?;
            if arguments.json() {
                render::json(&simulation);
            } else {
                render::text(&simulation.render(lang));
            }
        }
        Command::Backtest { as_of, horizon, dates, every, model, version, against, out } => {
            let request = BacktestRequest {
                as_of: as_of.clone(),
                every: Some(every.clone()),
                dates: *dates,
                horizon: horizon.clone(),
                model: version.map(|number| number.to_string()).or_else(|| model.clone()),
                against: against.clone(),
            };
            let workspace = open().await?;
            let done = backtest(&workspace, &Principal::local(), &request, &Bars::default()).await?;
            if let Some(path) = out {
                let title = workspace.settings.title.get(lang);
                write_page(&workspace, path, &backtest_page(&done, title, lang))?;
            }
            if arguments.json() {
                render::json(&done);
            } else {
                render::text(done.render(lang).trim_end());
            }
        }
        Command::Drift { from, to } => {
            let who = Principal::local();
            let found = drift(&open().await?, &who, from.as_deref(), to.as_deref()).await;
            // Which of the two it is: `from` is said by the verb.
            let found = found.map_err(|error| match to.as_deref() {
                Some(id) => not_there("to", id, error),
                None => error,
            })?;
            if arguments.json() {
                render::json(&found);
            } else {
                render::text(found.render(lang).trim_end());
            }
        }
        Command::Satisfaction(given) => satisfaction(&open().await?, given, lang, arguments.json()).await?,
        Command::Learn(command) => return learn(&open().await?, command, lang, arguments.json()).await,
        Command::Challenger(command) => challenger(&open().await?, command, lang, arguments.json()).await?,
        Command::HoldOut(command) => hold_out(&open().await?, command, lang, arguments.json()).await?,
        Command::Review { quarter, to, draft, replace_draft } => {
            let asked = ReviewArguments {
                quarter: quarter.as_deref(),
                to: to.as_deref(),
                draft: *draft,
                replace_draft: *replace_draft,
            };
            review(&open().await?, &asked, lang, arguments.json()).await?;
        }
        Command::Diff { from, to } => {
            model::diff(&open().await?, from, to, lang, arguments.json()).await?;
        }
        Command::Versions(command) => {
            model::versions(&open().await?, command, lang, arguments.json()).await?
        }
        Command::Audit(AuditCommand::Verify) => {
            let verdict = audit_log::verify(&open().await?, &Principal::local()).await?;
            if arguments.json() {
                render::json(&verdict);
            } else {
                render::text(&verdict_text(&verdict, lang));
            }
            return Ok(u8::from(!matches!(verdict, AuditVerdict::Intact { .. })));
        }
        Command::User(command) => users::run(&open().await?, command, lang, arguments.json()).await?,
        Command::Key(command) => keys::run(&open().await?, command, lang, arguments.json()).await?,
        Command::Vault(VaultCommand::Rekey) => {
            let new_key = std::env::var("GRADUS_NEW_MASTER_KEY").ok();
            let done = rekey(root, key, new_key.as_deref(), ACTOR).await?;
            if arguments.json() {
                render::json(&done);
            } else {
                render::text(&done.render(lang));
            }
        }
        Command::Serve { listen, public_url, behind_proxy, enter } => {
            let public_url = public_url.as_deref();
            let (address, as_json) = (*listen, arguments.json());
            let given = ServeArguments { address, public_url, behind_proxy: *behind_proxy, enter, as_json };
            serve(open().await?, given, lang).await?;
        }
        Command::Report { as_of, to } => {
            let path = write_report(&open().await?, as_of.as_deref(), to.as_deref(), lang).await?;
            if arguments.json() {
                render::json(&serde_json::json!({ "report": path }));
            } else {
                render::text(&match lang {
                    Lang::Zh => format!("报告：{}", path.display()),
                    Lang::En => format!("report: {}", path.display()),
                });
            }
        }
        Command::Export { to, as_of, segment, tier, columns, gb18030, names, identifiers, raw } => {
            let kind = match FileKind::from_path(to) {
                Some(FileKind::Csv) if *gb18030 => FileKind::CsvGb18030,
                Some(kind) => kind,
                None => {
                    return Err(wrong_argument(
                        to.display().to_string(),
                        Text::new("不认识这种文件", "this kind of file is not known"),
                        Text::new(
                            "以 .csv、.xlsx 或 .parquet 结尾",
                            "a name that ends in .csv, .xlsx or .parquet",
                        ),
                    ));
                }
            };
            let who = match (segment, tier.as_deref().map(|tier| tier.split_once('='))) {
                (Some(segment), _) => Who::Segment(segment.clone()),
                (None, None) => Who::Everyone,
                (None, Some(Some((scheme, level)))) => {
                    Who::Level { scheme: scheme.into(), level: level.into() }
                }
                (None, Some(None)) => {
                    return Err(wrong_argument(
                        "--tier".into(),
                        Text::new("等级要写成 体系=等级", "a tier is written SCHEME=LEVEL"),
                        Text::new("例如 --tier member=gold", "such as --tier member=gold"),
                    ));
                }
            };
            let options = ExportOptions {
                kind,
                who,
                columns: columns.clone(),
                lang,
                titles: !names,
                guard_formulas: !raw,
            };
            let report =
                export_customers(&open().await?, as_of.as_deref(), to, &options, *identifiers, ACTOR).await?;
            if arguments.json() {
                render::json(&report);
            } else {
                render::text(&match lang {
                    Lang::Zh => format!("已导出 {} 位客户到 {}", report.n_customers, to.display()),
                    Lang::En => format!("{} customers written to {}", report.n_customers, to.display()),
                });
            }
        }
        Command::ReadExcel => {}
    }
    Ok(0)
}

fn what_of(version: &str) -> Result<What, WorkspaceError> {
    What::parse(version).ok_or_else(|| {
        wrong_argument(
            version.to_string(),
            Text::new("不认识这个版本", "this is no version"),
            Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
        )
    })
}

fn import_json(import: &Import) -> serde_json::Value {
    let files: Vec<&str> = import.files.iter().map(|file| file.name.as_str()).collect();
    serde_json::json!({
        "import": import.number.0, "source": import.source, "files": files, "started_us": import.started,
        "finished_us": import.finished, "standing": imports::standing(import.status),
        "reconciliation": import.reconciliation,
    })
}

/// Who the audit log says it was.
pub const ACTOR: &str = "cli";

fn verdict_text(verdict: &AuditVerdict, lang: Lang) -> String {
    match (verdict, lang) {
        (AuditVerdict::Intact { n_entries }, Lang::Zh) => format!("审计日志完好：{n_entries} 条"),
        (AuditVerdict::Intact { n_entries }, Lang::En) => {
            format!("the audit log is intact: {n_entries} entries")
        }
        (AuditVerdict::TamperedAt { number }, Lang::Zh) => format!("审计日志从第 {number} 条起被改动或缺失"),
        (AuditVerdict::TamperedAt { number }, Lang::En) => {
            format!("entry {number} of the audit log is not as it was written, or is missing")
        }
    }
}

fn link_options(a: &str, b: &str, from: Option<String>, reason: &str) -> LinkOptions {
    LinkOptions { a: a.into(), b: b.into(), from, reason: reason.into(), actor: ACTOR.into() }
}

fn render_link(pair: &LinkedPair, lang: Lang, as_json: bool) {
    if as_json {
        return render::json(pair);
    }
    render::findings(&pair.findings, lang, false);
    render::text(&pair.render(lang));
}

/// How this program is started to read a workbook.
pub fn excel() -> Option<ExcelProgram> {
    std::env::current_exe().ok().map(|program| ExcelProgram::new(program, &["__read-excel"]))
}

pub fn wrong_argument(argument: String, what: Text, right: Text) -> WorkspaceError {
    Finding::error("argument", Place::document(argument), what, right).into()
}
