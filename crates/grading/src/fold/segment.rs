//! Segments: which events of each customer a window covers.

use gradus_model::event_stream::UNDATED;

use super::rows::Rows;
use super::runs::Runs;
use super::window::{AsOf, Bounds};

/// The rows of one run that a window covers, or the ranks of those of them that count: `lo .. hi`.
pub type Segment = (u32, u32);

/// The rows of each run inside a stretch of time.
pub fn segments(runs: &Runs, bounds: &Bounds) -> Vec<Segment> {
    let times = runs.times();
    let mut out = Vec::with_capacity(runs.len());
    for run in 0..runs.len() {
        let (start, end) = runs.range(run);
        let rows = &times[start as usize..end as usize];
        let hi = match rows.last() {
            Some(last) if *last <= bounds.end_us => end,
            _ => start + rows.partition_point(|time| *time <= bounds.end_us) as u32,
        };
        let lo = match (rows.first(), rows.last()) {
            (Some(first), _) if *first >= bounds.start_us => start,
            (_, Some(last)) if *last < bounds.start_us => end,
            _ => start + rows.partition_point(|time| *time < bounds.start_us) as u32,
        };
        out.push((lo.min(hi), hi));
    }
    out
}

/// The rows from the last event that matches, up to the instant; none if nothing matches.
pub fn segments_since(runs: &Runs, since: &Rows, as_of: AsOf) -> Vec<Segment> {
    let whole =
        Bounds { start_us: i64::MIN, end_us: as_of.instant_us, start_day: i32::MIN, end_day: as_of.day };
    let mut out = segments(runs, &whole);
    for (lo, hi) in &mut out {
        let (before, until) = (since.rank(*lo), since.rank(*hi));
        *lo = if until > before { since.list()[until as usize - 1] } else { *hi };
    }
    out
}

/// Segments in ranks of the rows that count, without what has no date. Such rows come first in
/// their run.
pub fn dated(rows: &Rows, times: &[i64], segments: &[Segment]) -> Vec<Segment> {
    let list = rows.list();
    let of = |(lo, hi): &Segment| {
        let n_undated =
            list[*lo as usize..*hi as usize].iter().take_while(|row| times[**row as usize] <= UNDATED);
        (lo + n_undated.count() as u32, *hi)
    };
    segments.iter().map(of).collect()
}

/// The same segments in ranks of the rows that count.
pub fn among(rows: &Rows, segments: &[Segment]) -> Vec<Segment> {
    let mut last = (0, 0);
    let mut rank = |row: u32| {
        // Where one run ends the next begins.
        if row != last.0 {
            last = (row, rows.rank(row));
        }
        last.1
    };
    segments.iter().map(|(lo, hi)| (rank(*lo), rank(*hi))).collect()
}
