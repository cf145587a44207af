//! Results as people or programs read them. This is the one place that prints.

use gradus_model::{Findings, Lang};
use gradus_workspace::{Explanation, Grading, Imported, QuarantineRow};
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

/// Prints what became of a file, with its reconciliation.
pub fn imported(imported: &Imported, lang: Lang) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    line(imported.reconciliation.render_text(lang).trim_end());
    for (row, reason) in imported.examples.iter().take(3) {
        print_line!("  #{row}: {}", reason.get(lang));
    }
    if imported.dry_run {
        print_line!("  {}", say("试运行：没有写入任何内容", "dry run: nothing was written"));
    } else {
        print_line!(
            "{} {}; {} {}; {:.1} s",
            say("新身份", "new identities"), imported.new_identities,
            say("身份关联变化", "changed links"), imported.link_changes,
            imported.seconds
        );
    }
}

/// Prints refused rows without their content.
pub fn quarantine(rows: &[QuarantineRow], lang: Lang) {
    for row in rows {
        print_line!("{:>8}  {} #{}  [{}] {}", row.number, row.file, row.row, row.code, row.message.get(lang));
    }
    print_line!("{} {}", rows.len(), if lang == Lang::Zh { "行待处理" } else { "open rows" });
}

/// Prints what a grading gave.
pub fn grading(grading: &Grading, lang: Lang, as_json: bool) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    for instant in &grading.instants {
        print_line!("{} {}  {} {}", say("截至", "as of"), instant.date, instant.n_customers, say("位客户", "customers"));
    }
    print_line!(
        "{} {:.2} s, {} {:.2} s, {} {:.2} s",
        say("折叠", "fold"), grading.seconds_fold, say("评级", "grade"), grading.seconds_grade, say("存储", "store"), grading.seconds_store
    );
    let _ = as_json;
}

/// Prints an explanation.
pub fn explanation(explanation: &Explanation, lang: Lang) {
    text(&explanation.render(lang));
}
