//! Rows of a predicate and a score become bins where each row is a stretch or some values of one
//! thing, and cases otherwise.

use super::super::term::{Operator, Term};
use super::super::xml::Element;
use crate::document::{Bin, Caps, Condition, Number, ScoreCase, Unknown};
use crate::fixed::{FIXED_ONE, Fixed};
use crate::{Finding, Findings, Text};

/// Limits that stand for none, in ten-thousandths.
pub(super) const WIDEST: i64 = 1_000_000 * FIXED_ONE;

/// One attribute of a characteristic.
pub(super) struct Row<'x> {
    pub when: Term,
    pub score: Score,
    pub title: Option<Text>,
    pub reason: Option<String>,
    pub element: Element<'x>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Score {
    Points(Number),
    Formula(Term),
}

/// What a document says of an attribute's points.
pub(super) struct Shaped {
    pub value: Option<Term>,
    pub bins: Option<Vec<Bin>>,
    pub cases: Option<Vec<ScoreCase>>,
    pub special: Vec<Bin>,
    pub unknown: Unknown,
    pub unknown_reason: Option<String>,
    pub cap: Option<Caps>,
}

/// Shapes the rows; `whole` says that what they compare is a whole number.
pub(super) fn shape(mut rows: Vec<Row<'_>>, whole: bool, findings: &mut Findings) -> Shaped {
    if let Some(always) = rows.iter().position(|row| row.when == Term::Boolean(true)) {
        for row in rows.drain(always + 1..) {
            findings.push(never_reached(row.element));
        }
    }
    let plain = rows.iter().all(|row| matches!(row.score, Score::Points(_)));
    if !plain {
        return cases(rows);
    }
    match bins(&rows, whole) {
        Some((shaped, unreachable)) => {
            for row in unreachable {
                findings.push(never_reached(rows[row].element));
            }
            shaped
        }
        None => cases(rows),
    }
}

fn never_reached(element: Element<'_>) -> Finding {
    Finding::warning(
        "exchange-unreachable",
        element.place(),
        Text::new(
            "前面的条件已包含这里的全部取值，这一行永远轮不到",
            "the attributes before it take all of its values: it is never reached",
        ),
        Text::new("没有导入这一行", "it is left out"),
    )
}

/// What one predicate says of the one value that all of them look at.
enum Test {
    Always,
    Missing,
    Known,
    Values(Vec<Term>),
    /// `[from, below)` in ten-thousandths.
    Range(i128, i128),
}

const LEAST: i128 = i128::MIN;
const GREATEST: i128 = i128::MAX;

/// Bins, and the rows that are never reached; `None` if the rows are no bins.
fn bins(rows: &[Row<'_>], whole: bool) -> Option<(Shaped, Vec<usize>)> {
    let value = rows.iter().find_map(|row| subject(&row.when))?;
    let mut free: Vec<(i128, i128)> = vec![(LEAST, GREATEST)];
    let (mut special, mut ranges, mut otherwise) = (Vec::new(), Vec::new(), None);
    let mut taken: Vec<&Term> = Vec::new();
    let tests: Vec<Test> = rows.iter().map(|row| test(&row.when, value, whole)).collect::<Option<_>>()?;
    let (mut unknown, mut unknown_reason) = (Unknown::Interval, None);
    let mut unreachable = Vec::new();
    for (index, (row, test)) in rows.iter().zip(&tests).enumerate() {
        let Score::Points(points) = row.score else { return None };
        let bin = Bin { title: row.title.clone(), points, reason: row.reason.clone(), ..Bin::default() };
        if matches!(test, Test::Missing | Test::Always) && unknown == Unknown::Interval {
            unknown = Unknown::Points(points);
            unknown_reason = row.reason.clone();
        } else if matches!(test, Test::Missing) {
            unreachable.push(index);
        }
        match test {
            Test::Missing => {}
            Test::Always | Test::Known if otherwise.is_none() => {
                otherwise = Some(Bin { otherwise: true, ..bin });
            }
            Test::Always => {}
            _ if otherwise.is_some() => unreachable.push(index),
            Test::Known => {}
            Test::Values(values) => {
                let new: Vec<&Term> = values.iter().filter(|value| !taken.contains(value)).collect();
                if new.is_empty() {
                    unreachable.push(index);
                    continue;
                }
                // Special bins come before the others.
                if !ranges.is_empty() {
                    return None;
                }
                let one_of = new.iter().map(|value| json(value)).collect::<Option<Vec<_>>>()?;
                special.push(Bin { one_of: Some(one_of), ..bin });
                taken.extend(new);
            }
            Test::Range(from, below) => {
                let pieces = cut(&mut free, *from, *below);
                match pieces.as_slice() {
                    [] => unreachable.push(index),
                    [piece] => ranges.push((*piece, bin)),
                    _ => return None,
                }
            }
        }
    }
    let booleans = taken.iter().filter(|value| matches!(value, Term::Boolean(_))).count() == 2;
    let covered = otherwise.is_some() || booleans || (!ranges.is_empty() && free.is_empty());
    if !covered {
        return None;
    }
    ranges.sort_by_key(|((from, _), _)| *from);
    let number = |at: i128| (at != LEAST && at != GREATEST).then_some(Fixed(at as i64));
    let ranged = ranges.into_iter().map(|((from, below), bin)| Bin {
        from: number(from),
        below: number(below),
        ..bin
    });
    let mut bins: Vec<Bin> = ranged.collect();
    if bins.is_empty() {
        bins = std::mem::take(&mut special);
    }
    // Everything is one bin: `else` alone.
    bins.extend(otherwise);
    // A stretch that has no end at all is what is left.
    for bin in &mut bins {
        bin.otherwise |= bin.from.is_none() && bin.below.is_none() && bin.one_of.is_none();
    }
    let shaped = Shaped {
        value: Some(value.clone()),
        bins: Some(bins),
        cases: None,
        special,
        unknown,
        unknown_reason,
        cap: None,
    };
    Some((shaped, unreachable))
}

/// Takes what is still free of `[from, below)`.
pub(super) fn cut(free: &mut Vec<(i128, i128)>, from: i128, below: i128) -> Vec<(i128, i128)> {
    let (mut pieces, mut left) = (Vec::new(), Vec::new());
    for (low, high) in free.drain(..) {
        let (start, end) = (low.max(from), high.min(below));
        if start >= end {
            left.push((low, high));
            continue;
        }
        pieces.push((start, end));
        left.extend([(low, start), (end, high)].into_iter().filter(|(low, high)| low < high));
    }
    *free = left;
    pieces
}

/// What a predicate looks at.
fn subject(when: &Term) -> Option<&Term> {
    match when {
        Term::IsNull(of) | Term::IsNotNull(of) | Term::In(of, _) => Some(of),
        Term::Binary(Operator::And | Operator::Or, left, _) => subject(left),
        Term::Binary(operator, left, _) if operator.is_comparison() => Some(left),
        _ => None,
    }
}

fn test(when: &Term, value: &Term, whole: bool) -> Option<Test> {
    match when {
        Term::Boolean(true) => Some(Test::Always),
        Term::IsNull(of) if **of == *value => Some(Test::Missing),
        Term::IsNotNull(of) if **of == *value => Some(Test::Known),
        Term::In(of, list) if **of == *value => Some(Test::Values(list.clone())),
        Term::Binary(Operator::Or, left, right) => {
            match (test(left, value, whole)?, test(right, value, whole)?) {
                (Test::Values(mut left), Test::Values(right)) => {
                    left.extend(right);
                    Some(Test::Values(left))
                }
                _ => None,
            }
        }
        Term::Binary(Operator::And, left, right) => {
            match (test(left, value, whole)?, test(right, value, whole)?) {
                (Test::Range(a, b), Test::Range(c, d)) => Some(Test::Range(a.max(c), b.min(d))),
                _ => None,
            }
        }
        Term::Binary(operator, of, limit) if **of == *value && operator.is_comparison() => {
            compared(*operator, limit, whole)
        }
        _ => None,
    }
}

fn compared(operator: Operator, limit: &Term, whole: bool) -> Option<Test> {
    if operator == Operator::Equal {
        return Some(Test::Values(vec![limit.clone()]));
    }
    let limit: Fixed = limit.as_number()?.parse().ok()?;
    let one = FIXED_ONE;
    let at = i128::from(limit.0);
    // Of whole numbers, what is above 4 begins with 5.
    let after = || (whole && limit.0 % one == 0).then_some(at + i128::from(one));
    match operator {
        Operator::Less => Some(Test::Range(LEAST, at)),
        Operator::LessOrEqual => Some(Test::Range(LEAST, after()?)),
        Operator::Greater => Some(Test::Range(after()?, GREATEST)),
        Operator::GreaterOrEqual => Some(Test::Range(at, GREATEST)),
        _ => None,
    }
}

fn json(value: &Term) -> Option<serde_json::Value> {
    match value {
        Term::Text(text) => Some(text.clone().into()),
        Term::Boolean(truth) => Some((*truth).into()),
        _ => {
            let number: Fixed = value.as_number()?.parse().ok()?;
            serde_json::to_value(number).ok()
        }
    }
}

/// The rows as they are: the first that is true counts. What cannot be told is not true in PMML, and
/// where no row is true there is no score: so the last condition is true or unknown.
fn cases(mut rows: Vec<Row<'_>>) -> Shaped {
    // A row that says of a condition that its score is unknown where it cannot be told.
    let mut told = vec![false; rows.len()];
    for index in (1..rows.len()).rev() {
        let asked = rows[index].when.clone().is_null();
        if rows[index - 1].when == asked && rows[index - 1].score == Score::Formula(Term::Null) {
            rows.remove(index - 1);
            told.remove(index - 1);
            told[index - 1] = true;
        }
    }
    let computed = rows.iter().any(|row| matches!(row.score, Score::Formula(_)));
    let last = rows.len().saturating_sub(1);
    let case = |(index, row): (usize, Row<'_>)| {
        let otherwise = row.when == Term::Boolean(true);
        let (points, points_of) = match row.score {
            Score::Points(points) => (Some(points), None),
            Score::Formula(term) => (None, Some(term.to_string())),
        };
        let when = match row.when {
            when if index == last => true_or_unknown(when),
            when if told[index] => when,
            when => holds(when),
        };
        let when = (!otherwise).then(|| Condition::Sql(when.to_string()));
        ScoreCase { title: row.title, when, otherwise, points, points_of, reason: row.reason }
    };
    // Points of a formula have no limits in PMML; an interval needs some.
    let cap = computed.then_some(Caps { min: Some(Fixed(-WIDEST)), max: Some(Fixed(WIDEST)) });
    Shaped {
        value: None,
        bins: None,
        cases: Some(rows.into_iter().enumerate().map(case).collect()),
        special: Vec::new(),
        unknown: Unknown::Interval,
        unknown_reason: None,
        cap,
    }
}

/// A condition that is false where it cannot be told.
fn holds(when: Term) -> Term {
    if when.is_never_null() { when } else { when.or_else(Term::Boolean(false)) }
}

fn true_or_unknown(when: Term) -> Term {
    Term::Case(vec![(when, Term::Boolean(true))], None)
}

pub(crate) fn number(points: Number) -> Term {
    let digits = Term::Number(points.to_string().trim_start_matches('-').to_owned());
    if points.0 < 0 { Term::Negate(Box::new(digits)) } else { digits }
}
