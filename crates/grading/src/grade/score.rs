//! Evaluation of a scorecard on many customers: attribute by attribute, bins by comparison, points
//! by table, sums of whole numbers. Statements read the same columns, so there is one arithmetic.

use std::collections::HashMap;

use arrow::array::Array;

use super::binning::Binner;
use super::fit::Fits;
use super::frame::{Column, Frame, NullReason};
use super::number::Numbers;
use super::scorecard::{AttributeTerm, Card, Method, Term, TermKind, Weights};
use gradus_model::fixed::{FIXED_ONE, round_div};

/// What one line of the card gave to each row, in ten-thousandths.
pub(crate) struct TermColumn {
    /// For attributes the code of each row.
    pub codes: Vec<u16>,
    /// The value itself, for showing it.
    pub value: Column,
    /// Points before weight and cap: least and greatest.
    pub raw: Spread,
    /// Points after weight and cap.
    pub points: Spread,
}

/// Least and greatest; one vector if they are equal in every row.
#[derive(Clone)]
pub(crate) struct Spread {
    pub low: Vec<i64>,
    pub high: Option<Vec<i64>>,
}

impl Spread {
    pub(crate) fn at(&self, row: usize) -> (i64, i64) {
        let low = self.low[row];
        (low, self.high.as_ref().map_or(low, |high| high[row]))
    }
}

/// A scorecard's result for each row.
pub(crate) struct Scored {
    pub terms: Vec<TermColumn>,
    pub weights: RowWeights,
    pub score: Spread,
    /// Share of the weight whose value is known, in ten-thousandths, rounded down.
    pub completeness: Vec<i64>,
}

/// Which weights hold in which row.
pub(crate) struct RowWeights {
    /// Index into `kinds` for each row; every row is of kind 0 if empty.
    rows: Vec<u32>,
    kinds: Vec<WeightKind>,
}

#[derive(Clone, Copy)]
pub(crate) struct WeightKind {
    pub weights: Weights,
    /// Nothing is known that could take the weight: the attributes stand as intervals.
    pub nothing_known: bool,
}

impl RowWeights {
    pub(crate) fn at(&self, row: usize) -> WeightKind {
        self.kinds[self.rows.get(row).map_or(0, |kind| *kind as usize)]
    }
}

/// Scores every row of the frame. `keep_raw` also keeps the points before weighting, which only a
/// statement shows.
pub(crate) fn evaluate(card: &Card, frame: &mut Frame, fits: &Fits, keep_raw: bool) -> Scored {
    let inputs: Vec<(Column, Vec<u16>)> = card.terms.iter().map(|term| input(term, frame, fits)).collect();
    let weights = row_weights(card, &inputs, frame.rows);
    let completeness = completeness(card, &inputs, frame.rows);
    let mut terms = Vec::with_capacity(card.terms.len());
    for (term, (value, codes)) in card.terms.iter().zip(inputs) {
        let (raw, points) = match &term.kind {
            TermKind::Attribute(attribute) => {
                attribute_points(term, attribute, &value, &codes, &weights, frame, keep_raw)
            }
            TermKind::When { points, .. } => when_points(term, *points, &value),
            TermKind::PerEvent { sum } => event_points(term, &sum.path, &value, frame),
        };
        terms.push(TermColumn { codes, value, raw, points });
    }
    let score = total(card, &terms, frame.rows);
    Scored { terms, weights, score, completeness }
}

/// The code of every row for each line; empty for lines that have no bins.
pub(crate) fn codes(card: &Card, frame: &mut Frame, fits: &Fits) -> Vec<Vec<u16>> {
    card.terms.iter().map(|term| input(term, frame, fits).1).collect()
}

/// The values of a line and, for attributes, their codes.
fn input(term: &Term, frame: &mut Frame, fits: &Fits) -> (Column, Vec<u16>) {
    match &term.kind {
        TermKind::Attribute(attribute) => {
            let value = frame.evaluate(&attribute.value);
            let fitted = match &attribute.method {
                Method::Quantiles { key, n_special, .. } => fits.fits.get(key).and_then(|fit| {
                    let special: Vec<_> = attribute.bins[..*n_special].iter().collect();
                    Binner::of_fit(&special, fit)
                }),
                Method::Bins(binner) | Method::Slope { special: binner, .. } => Some(binner.clone()),
            };
            let (codes, faults) = match fitted {
                Some(binner) => binner.codes(&value, attribute.codes),
                None => (vec![attribute.codes.unknown(); frame.rows], frame.rows as u64),
            };
            frame.fault(&attribute.value.path, faults);
            (value, codes)
        }
        TermKind::When { condition, .. } => {
            let (values, reason) = frame.condition(condition);
            (Column { array: std::sync::Arc::new(values), reason }, Vec::new())
        }
        TermKind::PerEvent { sum } => (frame.evaluate(sum), Vec::new()),
    }
}

/// Rows with the same unknown attributes share their weights.
fn row_weights(card: &Card, inputs: &[(Column, Vec<u16>)], n_rows: usize) -> RowWeights {
    let all = Weights { all: card.weight, known: card.weight };
    let mut result =
        RowWeights { rows: Vec::new(), kinds: vec![WeightKind { weights: all, nothing_known: false }] };
    // For each row the list of attributes that give their weight away, as an index of that list.
    let mut lists: Vec<Vec<usize>> = vec![Vec::new()];
    let mut known: HashMap<(u32, usize), u32> = HashMap::new();
    for (index, (term, (_, codes))) in card.terms.iter().zip(inputs).enumerate() {
        let TermKind::Attribute(attribute) = &term.kind else { continue };
        let first = attribute.codes.unknown();
        if attribute.dropped.is_empty() || !codes.iter().any(|code| *code >= first) {
            continue;
        }
        if result.rows.is_empty() {
            result.rows = vec![0; n_rows];
        }
        for (slot, code) in result.rows.iter_mut().zip(codes) {
            if *code >= first && attribute.dropped.contains(code) {
                *slot = *known.entry((*slot, index)).or_insert_with(|| {
                    let mut list = lists[*slot as usize].clone();
                    list.push(index);
                    lists.push(list);
                    (lists.len() - 1) as u32
                });
            }
        }
    }
    for list in &lists[1..] {
        let gone: i64 = list
            .iter()
            .map(|index| match &card.terms[*index].kind {
                TermKind::Attribute(attribute) => attribute.weight,
                _ => 0,
            })
            .sum();
        let known = card.weight - gone;
        let nothing_known = known <= 0;
        let weights = if nothing_known { all } else { Weights { all: card.weight, known } };
        result.kinds.push(WeightKind { weights, nothing_known });
    }
    result
}

fn completeness(card: &Card, inputs: &[(Column, Vec<u16>)], n_rows: usize) -> Vec<i64> {
    let mut known = vec![card.weight; n_rows];
    let mut whole = true;
    for (term, (_, codes)) in card.terms.iter().zip(inputs) {
        let TermKind::Attribute(attribute) = &term.kind else { continue };
        let unknown = attribute.codes.unknown();
        let also_not_applicable = !attribute.not_applicable_is_known;
        if codes.iter().copied().max().is_none_or(|greatest| greatest < unknown) {
            continue;
        }
        for (slot, code) in known.iter_mut().zip(codes) {
            if *code == unknown || (also_not_applicable && *code == unknown + 1) {
                *slot -= attribute.weight;
                whole = false;
            }
        }
    }
    if whole || card.weight == 0 {
        return vec![FIXED_ONE; n_rows];
    }
    let share = |known: i64| (i128::from(known) * i128::from(FIXED_ONE) / i128::from(card.weight)) as i64;
    known.into_iter().map(share).collect()
}

fn attribute_points(
    term: &Term,
    attribute: &AttributeTerm,
    value: &Column,
    codes: &[u16],
    weights: &RowWeights,
    frame: &mut Frame,
    keep_raw: bool,
) -> (Spread, Spread) {
    // Points of every code under every kind of weights.
    let tables: Vec<Vec<(i64, i64)>> = weights
        .kinds
        .iter()
        .map(|kind| {
            let entry = |(code, raw): (usize, &(i64, i64))| {
                if !kind.nothing_known && attribute.dropped.contains(&(code as u16)) {
                    return (0, 0);
                }
                (term.contribution(raw.0, kind.weights), term.contribution(raw.1, kind.weights))
            };
            attribute.raw.iter().enumerate().map(entry).collect()
        })
        .collect();
    debug_assert!(tables.iter().all(|table| table.len() == attribute.codes.len()));
    // Only a code whose points are an interval makes the two ends differ; mostly no row has one.
    let is_open = |code: usize| {
        let spans = |pair: &(i64, i64)| pair.0 != pair.1;
        spans(&attribute.raw[code]) || tables.iter().any(|table| spans(&table[code]))
    };
    let open: Vec<bool> = (0..attribute.codes.len()).map(is_open).collect();
    let any_open = open.contains(&true) && codes.iter().any(|code| open[usize::from(*code)]);
    let look_up = |end: fn(&(i64, i64)) -> i64| -> Vec<i64> {
        if weights.rows.is_empty() {
            let table: Vec<i64> = tables[0].iter().map(end).collect();
            codes.iter().map(|code| table[usize::from(*code)]).collect()
        } else {
            let rows = codes.iter().zip(&weights.rows);
            rows.map(|(code, kind)| end(&tables[*kind as usize][usize::from(*code)])).collect()
        }
    };
    let mut points = Spread { low: look_up(|pair| pair.0), high: any_open.then(|| look_up(|pair| pair.1)) };
    let mut raw = Spread { low: Vec::new(), high: None };
    if keep_raw {
        let of = |end: fn(&(i64, i64)) -> i64| -> Vec<i64> {
            codes.iter().map(|code| end(&attribute.raw[usize::from(*code)])).collect()
        };
        raw = Spread { low: of(|pair| pair.0), high: any_open.then(|| of(|pair| pair.1)) };
    }
    if let Method::Slope { each, per, .. } = &attribute.method {
        slope_points(term, attribute, (*each, *per), value, codes, weights, frame, &mut raw, &mut points);
    }
    (raw, points)
}

/// Fills in the rows whose points are in proportion to the value.
#[allow(clippy::too_many_arguments)]
fn slope_points(
    term: &Term,
    attribute: &AttributeTerm,
    (each, per): (i64, i64),
    value: &Column,
    codes: &[u16],
    weights: &RowWeights,
    frame: &mut Frame,
    raw: &mut Spread,
    points: &mut Spread,
) {
    let numbers = Numbers::of(&value.array);
    let mut faults = 0;
    for (row, code) in codes.iter().enumerate() {
        if *code != attribute.codes.none() {
            continue;
        }
        let kind = weights.at(row);
        let own = numbers.as_ref().and_then(|numbers| numbers.fixed(row)).and_then(|value| {
            let points = round_div(i128::from(value) * i128::from(each), i128::from(per))?;
            let limit = i128::from(super::number::LARGEST_POINTS);
            (points.abs() <= limit).then_some(points as i64)
        });
        let (low, high) = match own {
            Some(own) => (own, own),
            // Too large to be points: not known, and counted.
            None => {
                faults += 1;
                attribute.raw[usize::from(attribute.codes.unknown())]
            }
        };
        points.low[row] = term.contribution(low, kind.weights);
        if let Some(slot) = raw.low.get_mut(row) {
            *slot = low;
        }
        if low != high || points.high.is_some() {
            let copy = |spread: &mut Spread, value: i64| {
                let lows = &spread.low;
                let slots = spread.high.get_or_insert_with(|| lows.clone());
                if let Some(slot) = slots.get_mut(row) {
                    *slot = value;
                }
            };
            copy(points, term.contribution(high, kind.weights));
            copy(raw, high);
        }
    }
    frame.fault(&attribute.value.path, faults);
}

/// Points if the condition holds. Not applicable means that it does not; unknown means that it
/// may: an interval from without to with.
fn when_points(term: &Term, points: i64, value: &Column) -> (Spread, Spread) {
    let given = term.cap.clamp(points);
    let n = value.array.len();
    let truth = |row: usize| -> Option<bool> {
        if value.array.is_null(row) {
            return (!value.is_unknown(row)).then_some(false);
        }
        let values = value.array.as_any().downcast_ref::<arrow::array::BooleanArray>();
        values.map(|values| values.value(row))
    };
    let open = value.array.null_count() > 0;
    let column = |points: i64| {
        let least = |row: usize| match truth(row) {
            Some(true) => points,
            Some(false) => 0,
            None => points.min(0),
        };
        let greatest = |row: usize| match truth(row) {
            None => points.max(0),
            Some(true) => points,
            Some(false) => 0,
        };
        Spread { low: (0..n).map(least).collect(), high: open.then(|| (0..n).map(greatest).collect()) }
    };
    (column(points), column(given))
}

fn event_points(term: &Term, path: &str, value: &Column, frame: &mut Frame) -> (Spread, Spread) {
    let numbers = Numbers::of(&value.array);
    let mut faults = 0;
    let limit = super::number::LARGEST_POINTS;
    let mut point = |row: usize| -> i64 {
        match &numbers {
            Some(numbers) if !value.array.is_null(row) => numbers.fixed(row).unwrap_or_else(|| {
                faults += 1;
                term.cap.clamp(limit)
            }),
            _ => 0,
        }
    };
    let raw: Vec<i64> = (0..value.array.len()).map(&mut point).collect();
    frame.fault(path, faults);
    let points = raw.iter().map(|raw| term.cap.clamp(*raw)).collect();
    (Spread { low: raw, high: None }, Spread { low: points, high: None })
}

/// Base points, lines, groups with their limits, stretching, limits on the score.
fn total(card: &Card, terms: &[TermColumn], n_rows: usize) -> Spread {
    total_with(card, terms, None, n_rows)
}

/// The same with other points in the place of one line's.
pub(super) fn total_with(
    card: &Card,
    terms: &[TermColumn],
    instead: Option<(usize, &Spread)>,
    n_rows: usize,
) -> Spread {
    let points_of = |index: usize| match instead {
        Some((at, points)) if at == index => points,
        _ => &terms[index].points,
    };
    let open = (0..terms.len()).any(|index| points_of(index).high.is_some());
    let sum = |high: bool| -> Vec<i64> {
        let mut total = vec![card.base; n_rows];
        let mut groups: Vec<Vec<i64>> = card.groups.iter().map(|_| vec![0; n_rows]).collect();
        for (index, term) in card.terms.iter().enumerate() {
            let own = points_of(index);
            let points = match (&own.high, high) {
                (Some(points), true) => points,
                _ => &own.low,
            };
            let slots = term.group.map_or(&mut total, |group| &mut groups[group]);
            for (slot, points) in slots.iter_mut().zip(points) {
                *slot += points;
            }
        }
        for ((_, limits), sums) in card.groups.iter().zip(&groups) {
            for (slot, sum) in total.iter_mut().zip(sums) {
                *slot += limits.clamp(*sum);
            }
        }
        if card.scale.is_some() || !card.total.is_none() {
            for slot in &mut total {
                *slot = card.limit(card.stretch(*slot));
            }
        }
        total
    };
    Spread { low: sum(false), high: open.then(|| sum(true)) }
}

impl Column {
    /// A computed column that is null only where something was unknown.
    pub(crate) fn unknown_where_null(array: arrow::array::ArrayRef) -> Column {
        Column { array, reason: NullReason::All(super::frame::NullMeaning::Unknown) }
    }
}
