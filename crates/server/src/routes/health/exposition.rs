//! The figures of a workspace in the text form that Prometheus reads (0.0.4). Labels are names of the model and of
//! sources, so there are as many lines as those have names, and none of them is a customer.

use std::fmt::Write;

use gradus_workspace::vitals::Vitals;

/// One figure: its name, kind, what it says, and its values by labels.
type Figure<'a> = (&'a str, &'a str, &'a str, Vec<(String, f64)>);

/// All figures, each with its help and kind.
pub fn written(vitals: &Vitals) -> String {
    let alone = |value: f64| vec![(String::new(), value)];
    let last = |of: fn(&gradus_workspace::vitals::LastRun) -> f64| {
        vitals.last_run.iter().map(|run| (String::new(), of(run))).collect::<Vec<_>>()
    };
    let mut rows = Vec::new();
    for (source, own) in &vitals.rows {
        for (outcome, n) in
            [("accepted", own.n_added), ("duplicate", own.n_known), ("rejected", own.n_refused)]
        {
            rows.push((labels(&[("source", source), ("outcome", outcome)]), n as f64));
        }
    }
    let tier = |(scheme, level, n): &(String, String, u64)| {
        (labels(&[("scheme", scheme), ("level", level)]), *n as f64)
    };
    let segment = |(name, n): &(String, u64)| (labels(&[("segment", name)]), *n as f64);
    let jobs = vec![
        (labels(&[("state", "running")]), vitals.n_jobs_running as f64),
        (labels(&[("state", "queued")]), vitals.n_jobs_waiting as f64),
    ];
    let drift = |(scheme, psi): &(String, f64)| (labels(&[("scheme", scheme)]), *psi);
    let figures: [Figure; 11] = [
        ("gradus_import_rows_total", "counter", "Rows of finished imports by source and outcome.", rows),
        (
            "gradus_quarantine_rows",
            "gauge",
            "Refused rows that wait to be mended.",
            alone(vitals.n_quarantined as f64),
        ),
        ("gradus_jobs", "gauge", "Jobs at work and waiting in line.", jobs),
        (
            "gradus_run_duration_seconds",
            "gauge",
            "How long the grading took that ended last.",
            last(|run| run.seconds),
        ),
        (
            "gradus_run_age_seconds",
            "gauge",
            "Seconds since the last grading ended.",
            last(|run| run.age_seconds),
        ),
        (
            "gradus_run_customers",
            "gauge",
            "Customers of the grading that ended last.",
            last(|run| run.n_customers as f64),
        ),
        ("gradus_run_moved", "gauge", "Customers who changed in it.", last(|run| run.n_moved as f64)),
        (
            "gradus_tier_customers",
            "gauge",
            "Customers by tier as of the newest grading; without a tier: an empty level.",
            vitals.tiers.iter().map(tier).collect(),
        ),
        (
            "gradus_segment_customers",
            "gauge",
            "Customers by segment as of the newest grading.",
            vitals.segments.iter().map(segment).collect(),
        ),
        (
            "gradus_tier_drift_psi",
            "gauge",
            "Population stability index of the tiers against the grading before.",
            vitals.tier_drift.iter().map(drift).collect(),
        ),
        (
            "gradus_disk_free_bytes",
            "gauge",
            "What is left on the disk of the workspace.",
            vitals.free_bytes.map(|bytes| alone(bytes as f64)).unwrap_or_default(),
        ),
    ];
    let mut out = String::new();
    for (name, kind, help, values) in figures.iter().filter(|figure| !figure.3.is_empty()) {
        let _ = write!(out, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for (labels, value) in values {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    }
    out
}

/// `{a="b"}`; quotes, backslashes and line ends in a value are escaped.
fn labels(pairs: &[(&str, &str)]) -> String {
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_model_cannot_break_a_line() {
        let vitals = Vitals { segments: vec![("a\"b\\c\nd".into(), 7)], ..Vitals::default() };
        let text = written(&vitals);
        assert!(text.contains("gradus_segment_customers{segment=\"a\\\"b\\\\c\\nd\"} 7\n"), "{text}");
        assert!(!text.contains("gradus_run_age_seconds"), "what was never graded has no age: {text}");
        assert!(text.lines().all(|line| line.starts_with('#') || line.starts_with("gradus_")), "{text}");
    }
}
