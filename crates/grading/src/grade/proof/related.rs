//! What is known of indicators by how they are made: two that are the same, one that is a part of the
//! other, what follows from nothing having happened. An input that breaks such a relation cannot occur,
//! so it is no example of anything.

use gradus_model::document::{Span, SpanUnit};

use super::Input;
use super::witness::Cell;
use crate::fold::spec::{Aggregate, FoldIndicator, FoldWindow};

/// A relation between two inputs, by their positions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The first is at most the second, where both are known.
    AtMost(usize, usize),
    /// The first is above zero just where the second has a value.
    Happened(usize, usize),
    /// Where the first is zero the second is zero (true) or has no value (false).
    NothingFrom(usize, usize, bool),
    /// The first counts what lies at most `within` days back, the second says how many days back the last
    /// lies: above zero only where that is below `within`, and always where it is below `surely`.
    Recent { count: usize, days: usize, within: i128, surely: i128 },
}

/// Inputs that are equal by how they are made, each by the first of them.
pub(crate) fn same(inputs: &[Input]) -> Vec<usize> {
    let equal = |a: &FoldIndicator, b: &FoldIndicator| {
        a.aggregate == b.aggregate && a.filter == b.filter && a.window == b.window
    };
    (0..inputs.len())
        .map(|at| {
            let first = inputs[..at].iter().position(|other| match (&other.fold, &inputs[at].fold) {
                (Some(a), Some(b)) => equal(a, b),
                _ => false,
            });
            first.unwrap_or(at)
        })
        .collect()
}

pub(crate) fn relations(inputs: &[Input]) -> Vec<Relation> {
    let mut out = Vec::new();
    let folds: Vec<(usize, &FoldIndicator)> =
        inputs.iter().enumerate().filter_map(|(at, input)| Some((at, input.fold.as_ref()?))).collect();
    for &(a, one) in &folds {
        for &(b, two) in &folds {
            if a == b {
                continue;
            }
            relate((a, one), (b, two), &mut out);
        }
    }
    out
}

fn relate((a, one): (usize, &FoldIndicator), (b, two): (usize, &FoldIndicator), out: &mut Vec<Relation>) {
    use Aggregate::*;
    let same_events = one.filter == two.filter && one.window == two.window;
    match (&one.aggregate, &two.aggregate) {
        // A part of the same events, over a part of the same time, is no more than the whole.
        (Count, Count) | (Orders, Orders) | (Active { .. }, Active { .. }) => {
            if one.aggregate == two.aggregate
                && is_part(one.filter.as_deref(), two.filter.as_deref())
                && is_inside(&one.window, &two.window)
            {
                out.push(Relation::AtMost(a, b));
            }
        }
        (Orders | Distinct { .. } | Active { .. }, Count) if same_events => out.push(Relation::AtMost(a, b)),
        (Min { of: x }, Max { of: y }) if x == y && same_events => out.push(Relation::AtMost(a, b)),
        (DaysSince { first: false }, DaysSince { first: true }) if same_events => {
            out.push(Relation::AtMost(a, b));
        }
        (Count | Orders, DaysSince { .. }) if same_events => out.push(Relation::Happened(a, b)),
        (Count | Orders, DaysSince { first: false })
            if one.filter == two.filter && two.window == FoldWindow::Lifetime =>
        {
            if let FoldWindow::Rolling { last, before: None } = &one.window {
                let (surely, within) = days(*last);
                out.push(Relation::Recent { count: a, days: b, within, surely });
            }
        }
        (Count | Orders, of) if one.filter == two.filter && is_inside(&two.window, &one.window) => match of {
            Sum { .. } | Distinct { .. } => out.push(Relation::NothingFrom(a, b, true)),
            Min { .. } | Max { .. } | Stddev { .. } | Percentile { .. } | Gap { .. } => {
                out.push(Relation::NothingFrom(a, b, false));
            }
            _ => {}
        },
        _ => {}
    }
}

/// True if the first filter lets through a part of the second's events, as far as the text shows.
fn is_part(part: Option<&str>, whole: Option<&str>) -> bool {
    match (part, whole) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(part), Some(whole)) => part == whole || part.starts_with(&format!("({whole}) AND (")),
    }
}

/// True if the first stretch lies inside the second, whatever the date.
fn is_inside(part: &FoldWindow, whole: &FoldWindow) -> bool {
    match (part, whole) {
        (part, whole) if part == whole => true,
        (FoldWindow::ByOrder { .. } | FoldWindow::Since { .. }, _) => false,
        (_, FoldWindow::Lifetime) => true,
        (FoldWindow::Rolling { last, before: None }, FoldWindow::Rolling { last: whole, before: None }) => {
            days(*last).1 <= days(*whole).0
        }
        _ => false,
    }
}

/// How many days a span has, at least and at most.
fn days(span: Span) -> (i128, i128) {
    let n = i128::from(span.n);
    match span.unit {
        SpanUnit::Day => (n, n),
        SpanUnit::Week => (7 * n, 7 * n),
        SpanUnit::Month => (28 * n, 31 * n),
        SpanUnit::Quarter => (90 * n, 92 * n),
        SpanUnit::Year => (365 * n, 366 * n),
    }
}

/// Changes what is not asked for until every relation holds; false if that does not succeed.
pub(crate) fn settle(row: &mut [Cell], fixed: &[bool], relations: &[Relation]) -> bool {
    for _ in 0..4 {
        let mut calm = true;
        for relation in relations {
            if holds(row, *relation) {
                continue;
            }
            calm = false;
            mend(row, fixed, *relation);
        }
        if calm {
            return true;
        }
    }
    relations.iter().all(|relation| holds(row, *relation))
}

fn holds(row: &[Cell], relation: Relation) -> bool {
    let above = |at: usize| row[at].is_some_and(|value| value > 0);
    match relation {
        Relation::AtMost(a, b) => row[a].zip(row[b]).is_none_or(|(a, b)| a <= b),
        Relation::Happened(count, value) => row[count].is_none() || above(count) == row[value].is_some(),
        Relation::NothingFrom(count, value, zero) => {
            row[count] != Some(0) || row[value] == if zero { Some(0) } else { None }
        }
        Relation::Recent { count, days, within, surely } => match row[days] {
            None => !above(count),
            Some(days) => {
                (!above(count) || days < within) && (days >= surely || row[count].is_none() || above(count))
            }
        },
    }
}

fn mend(row: &mut [Cell], fixed: &[bool], relation: Relation) {
    match relation {
        Relation::AtMost(a, b) => {
            if !fixed[b] {
                row[b] = row[a];
            } else if !fixed[a] {
                row[a] = row[b];
            }
        }
        Relation::Happened(count, value) => {
            if !fixed[count] {
                row[count] = Some(i128::from(row[value].is_some()));
            } else if !fixed[value] {
                row[value] = if row[count] == Some(0) { None } else { Some(1) };
            }
        }
        Relation::NothingFrom(count, value, zero) => {
            if !fixed[value] {
                row[value] = zero.then_some(0);
            } else if !fixed[count] {
                row[count] = Some(1);
            }
        }
        Relation::Recent { count, days, within, surely } => {
            if !fixed[count] {
                let recent = row[days].is_some_and(|days| days < surely);
                row[count] = Some(i128::from(recent));
            } else if !fixed[days] {
                let above = row[count].is_some_and(|count| count > 0);
                row[days] = Some(if above { (surely - 1).max(0) } else { within });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_gives_way_to_what_is_asked_for() {
        let relations = [
            Relation::AtMost(0, 1),
            Relation::Recent { count: 0, days: 2, within: 90, surely: 90 },
            Relation::Happened(1, 2),
        ];
        let mut row = [Some(3), Some(0), None];
        assert!(settle(&mut row, &[true, false, false], &relations));
        assert_eq!(row, [Some(3), Some(3), Some(89)]);
        // Orders in the last 90 days and the last order 100 days ago cannot be.
        assert!(!settle(&mut [Some(3), Some(3), Some(100)], &[true, true, true], &relations));
    }

    #[test]
    fn ninety_days_lie_inside_twelve_months_and_not_the_other_way_round() {
        let rolling = |text: &str| FoldWindow::Rolling { last: text.parse().unwrap(), before: None };
        assert!(is_inside(&rolling("90 days"), &rolling("12 months")));
        assert!(!is_inside(&rolling("12 months"), &rolling("90 days")));
        assert!(is_inside(&rolling("90 days"), &FoldWindow::Lifetime));
        assert!(is_part(Some("(spend) AND (category = 'food')"), Some("spend")));
        assert!(!is_part(Some("spend"), Some("(spend) AND (category = 'food')")));
    }
}
