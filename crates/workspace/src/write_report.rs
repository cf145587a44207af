//! `gradus report`: one self-contained page about the stored grades.

use std::io::Write;
use std::path::{Path, PathBuf};

use gradus_ledger::quality::{QualityReport, Reconciliation};
use gradus_ledger::table::Seen;
use gradus_model::document::ClockSetting;
use gradus_model::{Finding, Lang, Text};
use gradus_store::Run;

use crate::backtest;
use crate::compiled::Compiled;
use crate::coverage::Coverage;
use crate::drift;
use crate::export::Part;
use crate::grade::open_events;
use crate::grades::Chain;
use crate::indicator_notes::coverage_notes;
use crate::report::{ReportInput, Section, drift_html, escape, html_table, proved_html, render_html};
use crate::stored::{Stored, summary_options};
use crate::summary::summarise;
use crate::transitions;
use crate::{Workspace, WorkspaceError};

/// Rows of the table of causes.
const N_CAUSES: usize = 25;
/// Most imports whose quality the page shows.
const N_IMPORTS: u32 = 12;

/// Writes the report and says where it is. Without `to` it goes to `reports/`.
pub async fn write_report(
    workspace: &Workspace,
    as_of: Option<&str>,
    to: Option<&Path>,
    lang: Lang,
) -> Result<PathBuf, WorkspaceError> {
    let stored = Stored::open(workspace).await?;
    let last = match as_of {
        Some(date) => date.to_string(),
        None => stored.instants.last().cloned().unwrap_or_default(),
    };
    let mut bases = Vec::new();
    for date in stored.instants.iter().filter(|date| **date < last) {
        bases.push(stored.base(workspace, date, true).await?);
    }
    bases.push(stored.base(workspace, &last, false).await?);
    let summary = summarise(&bases, &summary_options(&stored.model))
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), 10_000).await?;
    let as_of_us = bases.last().map(|base| base.as_of_us);
    let fit = runs
        .iter()
        .find(|run| run.is_announced() && Some(run.as_of) == as_of_us)
        .and_then(|run| run.fits.first());
    let banner = match &workspace.settings.clock {
        ClockSetting::System => None,
        ClockSetting::LastEvent => {
            Some(Text::new("时钟停在数据的最后一个事件", "The clock stands at the last event of the data"))
        }
        ClockSetting::Fixed(at) => {
            Some(Text::new(format!("时钟固定在 {at}"), format!("The clock is fixed at {at}")))
        }
    };
    let mut sections = sections(workspace, lang).await?;
    sections.splice(0..0, causes(workspace, &stored.compiled, &last, lang).await?);
    sections.splice(0..0, unknown(workspace, &last, lang).await?);
    let run = runs.iter().find(|run| run.is_announced() && Some(run.as_of) == as_of_us);
    if let Some(run) = run {
        sections.splice(0..0, covered(workspace, &stored, run, lang).await?);
    }
    if let Some(run) = run
        && let Some(earlier) = drift::before(workspace, run).await?
    {
        let found = drift::between(workspace, &earlier, run).await?;
        let title = Text::new(
            format!("人群是否漂移（{} → {}）", found.from.as_of, found.to.as_of),
            format!("Whether the customers drifted ({} → {})", found.from.as_of, found.to.as_of),
        );
        sections.push(Section { title, html: drift_html(&found.drift, lang) });
    }
    if let Some(as_of) = as_of_us {
        sections.push(proved(workspace, workspace.as_of(as_of).day, lang).await?);
    }
    let input = ReportInput {
        lang,
        summary: &summary,
        workspace: workspace.settings.title.get(lang),
        model_version: Some(stored.compiled.hash.chars().take(12).collect()),
        fit_number: fit.map(i64::to_string),
        clock_banner: banner,
        mover_names: None,
        sections,
        credit: run
            .and_then(crate::runs::time_zone_data_of)
            .map(|edition| Text::new(format!("时区数据 {edition}"), format!("time zone data {edition}"))),
    };
    let html = render_html(&input);
    let path = match to {
        Some(path) => path.to_path_buf(),
        None => {
            let suffix = if lang == Lang::Zh { "zh" } else { "en" };
            workspace.root.join("reports").join(format!("report-{last}.{suffix}.html"))
        }
    };
    write_page(workspace, &path, &html)?;
    Ok(path)
}

/// Writes a page as a whole or not at all.
pub fn write_page(workspace: &Workspace, path: &Path, html: &str) -> Result<(), WorkspaceError> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| WorkspaceError::io(folder, error))?;
    }
    let written = Part::begin(&workspace.disk, path, false).and_then(|mut part| {
        match part.file().write_all(html.as_bytes()) {
            Ok(()) => part.finish(),
            Err(error) => {
                part.give_up();
                Err(error)
            }
        }
    });
    written.map_err(|error| WorkspaceError::io(path, error))?;
    Ok(())
}

/// Whether grades were right, as far as it is known by the day of the report; else why it is not known.
async fn proved(workspace: &Workspace, day: i32, lang: Lang) -> Result<Section, WorkspaceError> {
    let html = match backtest::as_seen_from(workspace, day).await {
        Ok(done) => proved_html(&done, lang),
        Err(WorkspaceError::Findings(findings)) => {
            let words = |one: &Finding| {
                let mark = if lang == Lang::Zh { "。" } else { ": " };
                format!("<p>{}{mark}{}</p>", escape(one.what.get(lang)), escape(one.right.get(lang)))
            };
            findings.iter().map(words).collect()
        }
        Err(error) => return Err(error),
    };
    Ok(Section { title: Text::new("评级是否正确", "Whether the grades were right"), html })
}

/// What moved most people since the instant before.
async fn causes(
    workspace: &Workspace,
    compiled: &Compiled,
    as_of: &str,
    lang: Lang,
) -> Result<Option<Section>, WorkspaceError> {
    let all = transitions::read(workspace, Chain::Announced, &compiled.hash, Some(as_of), |_| true).await?;
    let counts = transitions::commonest(&all, compiled, N_CAUSES);
    if counts.is_empty() {
        return Ok(None);
    }
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let heads = [
        say("对象", "of"),
        say("从", "from"),
        say("到", "to"),
        say("客户数", "customers"),
        say("最常见的原因", "commonest cause"),
        say("其中", "of them"),
        say("变动最大的一项", "line that moved most"),
        say("其中", "of them"),
    ];
    let mut html = String::from("<table><tr>");
    heads.iter().for_each(|head| html.push_str(&format!("<th>{}</th>", escape(head))));
    html.push_str("</tr>");
    for one in counts {
        let line = one.line.as_ref().map_or("—", |line| line.get(lang));
        html.push_str("<tr>");
        for cell in [
            one.title.get(lang),
            one.from.get(lang),
            one.to.get(lang),
            &one.n.to_string(),
            one.cause.get(lang),
            &one.n_cause.to_string(),
            line,
            &one.n_line.to_string(),
        ] {
            html.push_str(&format!("<td>{}</td>", escape(cell)));
        }
        html.push_str("</tr>");
    }
    html.push_str("</table>");
    Ok(Some(Section { title: Text::new("变化的常见原因", "Why customers moved"), html }))
}

/// Which indicators no source covers, or only since a day inside their window.
async fn covered(
    workspace: &Workspace,
    stored: &Stored,
    run: &Run,
    lang: Lang,
) -> Result<Vec<Section>, WorkspaceError> {
    let snapshot = open_events(workspace).await?.snapshot().await?;
    let coverage = Coverage::of(&snapshot, &stored.compiled.fold, Some(run.known_at)).await?;
    let as_of = workspace.as_of(run.as_of);
    let seen = Seen { time: run.as_of, known: run.known_at, position: run.position };
    let notes = coverage_notes(&coverage, &stored.compiled, &stored.model, (as_of, seen), &workspace.zone);
    if notes.is_empty() {
        return Ok(Vec::new());
    }
    let title = |name: &str| {
        let title = stored.model.indicators.get(name).and_then(|indicator| indicator.title.as_ref());
        title
            .map(|title| title.get(lang).to_string())
            .filter(|title| !title.is_empty())
            .unwrap_or_else(|| name.into())
    };
    let head: [Text; 2] = [Text::new("指标", "indicator"), Text::new("数据覆盖", "coverage")];
    let rows: Vec<Vec<String>> =
        notes.iter().map(|(name, note)| vec![title(name), note.get(lang).to_string()]).collect();
    let html = html_table(&head.map(|word| word.get(lang).to_string()), &rows);
    Ok(vec![Section { title: Text::new("数据覆盖", "Coverage"), html }])
}

/// What is unknown of those who stand provisionally, and what would settle most of them.
async fn unknown(workspace: &Workspace, as_of: &str, lang: Lang) -> Result<Vec<Section>, WorkspaceError> {
    let missing = crate::missing(workspace, Some(as_of)).await?;
    let rows = missing.rows(lang);
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let head: [Text; 4] = [
        Text::new("等级体系", "tier scheme"),
        Text::new("缺少的信息", "what is unknown"),
        Text::new("涉及客户（暂定）", "for so many (provisional)"),
        Text::new("补上即可确定", "known, it would settle"),
    ];
    let html = html_table(&head.map(|word| word.get(lang).to_string()), &rows);
    Ok(vec![Section { title: Text::new("暂定等级缺什么", "What provisional tiers lack"), html }])
}

/// Quality and reconciliation of the newest imports.
async fn sections(workspace: &Workspace, lang: Lang) -> Result<Vec<Section>, WorkspaceError> {
    let (mut reconciled, mut quality) = (String::new(), String::new());
    for import in workspace.store.imports().list(N_IMPORTS).await? {
        let files: Vec<&str> =
            import.files.iter().map(|file| file.name.rsplit('/').next().unwrap_or(&file.name)).collect();
        let heading = format!("<h3>{} · {}</h3>", escape(&import.source), escape(&files.join(", ")));
        let read = |value: &Option<serde_json::Value>| value.clone();
        if let Some(report) =
            read(&import.reconciliation).and_then(|v| serde_json::from_value::<Reconciliation>(v).ok())
        {
            reconciled.push_str(&format!("{heading}{}", report.to_html(lang)));
        }
        if let Some(report) =
            read(&import.quality).and_then(|v| serde_json::from_value::<QualityReport>(v).ok())
        {
            quality.push_str(&format!("{heading}{}", report.to_html(lang)));
        }
    }
    let mut out = Vec::new();
    for (title, html) in
        [(Text::new("对账", "Reconciliation"), reconciled), (Text::new("数据质量", "Data quality"), quality)]
    {
        if !html.is_empty() {
            out.push(Section { title, html });
        }
    }
    Ok(out)
}
