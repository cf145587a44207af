//! Results as people or programs read them. This is the one place that prints.

use gradus_model::{Findings, Lang};
use gradus_workspace::summary::Summary;
use gradus_workspace::versions;
use gradus_workspace::{
    Attainable, Explanation, FileReport, Grading, ImportReport, Imported, QuarantineRow, Rebased,
};
use serde::Serialize;

macro_rules! print_line {
    ($($part:tt)*) => { line(&format!($($part)*)) };
}

/// Writes a line to standard output. Nobody listening any more (`| head`) is no failure.
fn line(text: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    if writeln!(out, "{text}").is_err() {
        std::process::exit(0);
    }
}

/// Prints a result for programs.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => line(&text),
        Err(error) => eprintln!("{error}"),
    }
}

/// Prints a result for programs that read line by line.
pub fn json_line(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => line(&text),
        Err(error) => eprintln!("{error}"),
    }
}

/// Prints a text for people.
pub fn text(text: &str) {
    line(text.trim_end());
}

/// Prints findings: to standard output for programs, else to standard error.
pub fn findings(findings: &Findings, lang: Lang, as_json: bool) {
    if as_json {
        json(findings);
        return;
    }
    for finding in findings.iter() {
        eprintln!("{}", finding.render(lang));
    }
}

/// Prints the least and the greatest score of a card, with an input for each.
pub fn attainable(one: &Attainable, lang: Lang) {
    let title = one.title.get(lang);
    for (reached, is_least) in [(&one.least, true), (&one.greatest, false)] {
        let score = reached.score;
        match (lang, is_least, reached.exact) {
            (Lang::Zh, true, true) => print_line!("「{title}」最低 {score} 分"),
            (Lang::Zh, true, false) => print_line!("「{title}」不低于 {score} 分"),
            (Lang::Zh, false, true) => print_line!("「{title}」最高 {score} 分"),
            (Lang::Zh, false, false) => print_line!("「{title}」不高于 {score} 分"),
            (Lang::En, true, true) => print_line!("“{title}” is at least {score}"),
            (Lang::En, true, false) => print_line!("“{title}” is never below {score}"),
            (Lang::En, false, true) => print_line!("“{title}” is at most {score}"),
            (Lang::En, false, false) => print_line!("“{title}” is never above {score}"),
        }
        let given: Vec<String> = reached.example.iter().map(|given| given.words(lang)).collect();
        if !given.is_empty() {
            match lang {
                Lang::Zh => print_line!("    例如：{}", given.join("，")),
                Lang::En => print_line!("    for example: {}", given.join(", ")),
            }
        }
    }
}

/// Prints what became of each file, and of all together if there are several.
pub fn import_report(report: &ImportReport, quality: bool, lang: Lang) {
    for file in &report.files {
        file_report(file, quality, lang);
    }
    if report.files.len() > 1 {
        let (n_imported, n_refused) = report.counts();
        match lang {
            Lang::Zh => {
                print_line!("{} 个文件：{n_imported} 个已处理，{n_refused} 个被拒绝", report.files.len())
            }
            Lang::En => print_line!("{} files: {n_imported} taken, {n_refused} refused", report.files.len()),
        }
    }
}

/// Prints what became of one file.
pub fn file_report(file: &FileReport, quality: bool, lang: Lang) {
    findings(file.findings(), lang, false);
    match file {
        FileReport::Imported(one) => {
            imported(one, lang);
            if quality {
                text(&one.quality.render_text(lang));
            }
        }
        FileReport::Refused { file, .. } => match lang {
            Lang::Zh => print_line!("{file}：被拒绝，没有导入任何内容"),
            Lang::En => print_line!("{file}: refused, nothing of it was imported"),
        },
    }
}

/// Prints what became of a file, with its reconciliation.
fn imported(imported: &Imported, lang: Lang) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    print_line!("{} ({})", imported.file, imported.source);
    line(imported.reconciliation.render_text(lang).trim_end());
    for (row, reason) in imported.examples.iter().take(3) {
        print_line!("  #{row}: {}", reason.get(lang));
    }
    if imported.dry_run {
        if let Some(customers) = imported.customers {
            let (new, known) = (customers.new, customers.known);
            match lang {
                Lang::Zh => print_line!("  其中的客户：新 {new} 位，已有 {known} 位"),
                Lang::En => print_line!("  its customers: {new} new, {known} known"),
            }
        }
        print_line!("  {}", say("试运行：没有写入任何内容", "dry run: nothing was written"));
    } else {
        let (n_new, n_links, seconds) = (imported.new_identities, imported.link_changes, imported.seconds);
        match lang {
            Lang::Zh => print_line!("新身份 {n_new}；身份关联变化 {n_links}；{seconds:.1} 秒"),
            Lang::En => print_line!("new identities: {n_new}; changed links: {n_links}; {seconds:.1} s"),
        }
    }
}

/// Prints refused rows without their content.
pub fn quarantine(rows: &[QuarantineRow], lang: Lang) {
    for row in rows {
        print_line!("{:>8}  {} #{}  [{}] {}", row.number, row.file, row.row, row.code, row.message.get(lang));
    }
    match lang {
        Lang::Zh => print_line!("{} 行待处理", rows.len()),
        Lang::En => print_line!("open rows: {}", rows.len()),
    }
}

/// A grading for programs.
pub fn grading_json(grading: &Grading, summary: &Summary) -> serde_json::Value {
    let instants: Vec<_> = grading
        .instants
        .iter()
        .map(|one| {
            serde_json::json!({
                "as_of": one.date, "run": one.run, "fit": one.fits.number, "customers": one.n_customers,
                "moved": one.n_moved, "corrected": one.n_corrected, "faults": one.faults,
            })
        })
        .collect();
    serde_json::json!({
        "model": grading.model_hash, "version": grading.version, "validation": grading.validation,
        "position": grading.position, "events": grading.n_events,
        "clock_stands": grading.clock.stands, "instants_reused": grading.n_reused,
        "tiers_go_on_from": grading.goes_on_from, "instants": instants, "fold_faults": grading.fold_faults,
        "findings": grading.findings,
        "seconds": { "fold": grading.seconds_fold, "grade": grading.seconds_grade, "store": grading.seconds_store },
        "summary": summary,
    })
}

/// Prints what a grading gave: tiers, segments and migration.
pub fn grading(grading: &Grading, summary: &Summary, lang: Lang) {
    findings(&grading.findings, lang, false);
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    if grading.clock.stands {
        print_line!("{}", say("（时钟停在数据里）", "(the clock stands with the data)"));
    }
    if grading.version.is_some() {
        let validated = versions::validated(grading.validation.as_deref());
        print_line!("{} ({})", versions::shown(grading.version).get(lang), validated.get(lang));
    }
    if grading.n_reused > 0 {
        print_line!(
            "{} {}",
            grading.n_reused,
            say(
                "个时点的指标取自已保存的评级：事件与指标定义都没有变化（--fold-anew 重新计算）",
                "instants took their indicators from stored grades: neither events nor definitions have changed (--fold-anew works them out again)",
            )
        );
    }
    if let Some(date) = &grading.goes_on_from {
        print_line!(
            "{} {date} {}",
            say("等级从", "tiers go on from what was decided by"),
            say("已保存的定级结果继续", "(--fold-anew decides everything again)")
        );
    }
    text(&gradus_workspace::summary::render_text(summary, lang));
    let faults: u64 = grading.fold_faults.values().sum::<u64>()
        + grading.instants.iter().flat_map(|one| one.faults.values()).sum::<u64>();
    if faults > 0 {
        print_line!("{} {faults}", say("无法求值的行数：", "rows that could not be evaluated:"));
        for (path, n) in
            grading.instants.iter().flat_map(|one| &one.faults).chain(&grading.fold_faults).take(10)
        {
            print_line!("  {path}: {n}");
        }
    }
    let n_corrected: u64 = grading.instants.iter().map(|one| one.n_corrected).sum();
    if n_corrected > 0 {
        print_line!(
            "{n_corrected} {}",
            say(
                "项变化更正了先前公布的结果（原结果保留）",
                "transitions correct what was announced earlier, which stays",
            )
        );
    }
    let n_moved: u64 = grading.instants.iter().map(|one| one.n_moved).sum();
    let n_instants = grading.instants.len();
    let (read, graded, stored) = (grading.seconds_fold, grading.seconds_grade, grading.seconds_store);
    match lang {
        Lang::Zh => print_line!(
            "{n_instants} 个时点；等级变动 {n_moved}；读取 {read:.2} 秒，评级 {graded:.2} 秒，保存 {stored:.2} 秒"
        ),
        Lang::En => print_line!(
            "instants: {n_instants}; changes of tier: {n_moved}; reading {read:.2} s, grading {graded:.2} s, storing {stored:.2} s"
        ),
    }
}

/// Prints what a rebase wrote.
pub fn rebased(done: &Rebased, lang: Lang) {
    let mb = done.bytes as f64 / 1e6;
    text(&match lang {
        Lang::Zh => format!(
            "已写入 {} 位客户截至 {} 的状态（账本位置 {}，{mb:.1} MB，{:.1} 秒）",
            done.n_customers, done.as_of, done.position, done.seconds
        ),
        Lang::En => format!(
            "states of {} customers written as of {} (position {} of the ledger, {mb:.1} MB, {:.1} s)",
            done.n_customers, done.as_of, done.position, done.seconds
        ),
    });
    if done.n_linked + done.n_retracted + done.n_waiting > 0 {
        text(&match lang {
            Lang::Zh => format!(
                "有新事件时重读：{} 个多身份客户的身份，{} 位有撤回的客户；{} 个事件尚未到时",
                done.n_linked, done.n_retracted, done.n_waiting
            ),
            Lang::En => format!(
                "read again when touched: {} identities of customers with several, {} customers with retractions; \
                 {} events are not due yet",
                done.n_linked, done.n_retracted, done.n_waiting
            ),
        });
    }
    if !done.cannot_merge.is_empty() {
        let names = done.cannot_merge.join(", ");
        text(&match lang {
            Lang::Zh => format!("这些指标不能合并，有新事件的客户都要重读全部事件：{names}"),
            Lang::En => format!(
                "these indicators cannot be merged, so all events of a touched customer are read: {names}"
            ),
        });
    }
    for (name, n) in &done.faults {
        text(&match lang {
            Lang::Zh => format!("{name}：{n} 行无法计算"),
            Lang::En => format!("{name}: {n} rows could not be evaluated"),
        });
    }
}

/// Prints an explanation.
pub fn explanation(explanation: &Explanation, lang: Lang) {
    text(&explanation.render(lang));
}
