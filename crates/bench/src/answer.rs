//! What every contestant must agree on: how many and how much, of everything that was asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts and sums by name. `n.x` is how many customers have a value of x, `sum.x` the sum in the
/// smallest unit: days, pieces, ten-thousandths of money and units; the average order value in cents,
/// rounded half up for each customer; the last source as the number of `web`.
pub type Answer = BTreeMap<String, i64>;

/// One run of one contestant, as a process prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outcome {
    /// From the first byte read to the last grade, in seconds.
    pub seconds: f64,
    /// Processor seconds of the same stretch, all threads.
    pub cpu_seconds: f64,
    /// Of those seconds, the part after the indicators.
    pub grade_seconds: f64,
    /// The most memory that the process held, with checking left out where it can be.
    pub peak_mb: f64,
    pub answer: Answer,
}

/// Names whose numbers differ, with both.
pub fn differences(expected: &Answer, found: &Answer) -> Vec<String> {
    let names = expected.keys().chain(found.keys().filter(|name| !expected.contains_key(*name)));
    names
        .filter(|name| expected.get(*name) != found.get(*name))
        .map(|name| format!("{name}: {:?} instead of {:?}", found.get(name), expected.get(name)))
        .collect()
}

/// Processor seconds of this process so far, all threads.
pub fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold blanks; fields 14 and 15 count from the first of all.
    let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
    let ticks: f64 = after.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<f64>().ok()).sum();
    ticks / 100.0
}

/// The most memory that this process has held, in MB.
pub fn peak_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}

/// The middle value; of an even number of them the upper of the two in the middle.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_number_is_a_difference() {
        let a = Answer::from([("n.orders".into(), 3)]);
        let b = Answer::from([("n.orders".into(), 3), ("sum.orders".into(), 7)]);
        assert_eq!(differences(&a, &a), Vec::<String>::new());
        assert_eq!(differences(&a, &b).len(), 1);
        assert_eq!(differences(&b, &a).len(), 1);
    }
}
