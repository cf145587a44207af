//! What is missing: who stands provisionally in a tier scheme, and which line of the scorecard would
//! settle most of them if only it were known.

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Decimal128Type;
use gradus_model::Text;
use gradus_model::fixed::{FIXED_ONE, Fixed};
use jiff::civil::Date;
use serde::Serialize;

use super::fit::Fits;
use super::frame::Frame;
use super::node::Node;
use super::number::Cut;
use super::score::{self, Scored, Spread};
use super::scorecard::{Card, Method, Term, TermKind};
use super::stage::StageB;
use super::tier::{Axis, Measure, Scheme};

/// What is missing for the tiers of one scheme.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Missing {
    pub scheme: String,
    pub title: Text,
    pub scorecard: String,
    /// Customers with a tier.
    pub n_graded: u64,
    /// Of them those whose tier may change by what is unknown.
    pub n_provisional: u64,
    /// Mean share of the scorecard's weight that is known, over everybody with a tier.
    pub completeness: Fixed,
    /// Lines of the card that are open for somebody provisional; those that settle most first.
    pub fields: Vec<MissingField>,
}

/// One line of the card.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MissingField {
    /// The name of the attribute or adjustment.
    pub name: String,
    pub title: Text,
    /// True for an attribute, false for an adjustment.
    pub is_attribute: bool,
    /// Provisional customers for whom it is unknown.
    pub n_open: u64,
    /// Of them those who would stand firm if it were known, whatever it turned out to be.
    pub n_settled: u64,
}

impl Missing {
    /// The share of those with a tier who stand provisionally and for whom this line is open.
    pub fn share(&self, field: &MissingField) -> f64 {
        if self.n_graded == 0 { 0.0 } else { field.n_open as f64 / self.n_graded as f64 }
    }
}

impl StageB {
    /// What is missing in each scheme that cuts a scorecard, over the columns of the fold. Fits must be
    /// those that graded.
    pub fn missing(&self, batches: &[RecordBatch], fits: &Fits, as_of: Date) -> Vec<Missing> {
        let mut out = Vec::new();
        for (at, node) in self.nodes.iter().enumerate() {
            let Node::Scheme(scheme) = node else { continue };
            let Measure::By { value: Axis::Score { name, .. }, .. } = &scheme.measure else { continue };
            let card = self.nodes.iter().find_map(|node| match node {
                Node::Card(card) if card.name == *name => Some(card),
                _ => None,
            });
            let Some(card) = card else { continue };
            let cuts: Vec<Cut> = scheme.level_cuts(fits).unwrap_or_default().into_iter().flatten().collect();
            let mut tally = Tally::new(card);
            for batch in batches {
                let mut frame = self.frame(batch);
                self.nodes[..=at].iter().for_each(|node| node.evaluate(&mut frame, fits, as_of));
                let provisional = tally.graded(&frame, scheme, card);
                if provisional.true_count() == 0 {
                    continue;
                }
                // Only those who are provisional are looked at line by line.
                let Ok(open) = filter_record_batch(batch, &provisional) else { continue };
                let mut frame = self.frame(&open);
                self.nodes[..at].iter().for_each(|node| node.evaluate(&mut frame, fits, as_of));
                let scored = score::evaluate(card, &mut frame, fits, false);
                tally.open(card, &scored, &cuts, frame.rows);
            }
            out.push(tally.finish(scheme, card));
        }
        out
    }
}

/// Counts over all batches.
struct Tally {
    n_graded: u64,
    n_provisional: u64,
    completeness: i128,
    /// For each line how many are open, and how many it would settle.
    lines: Vec<(u64, u64)>,
}

impl Tally {
    fn new(card: &Card) -> Tally {
        Tally { n_graded: 0, n_provisional: 0, completeness: 0, lines: vec![(0, 0); card.terms.len()] }
    }

    /// Counts those with a tier; who of them stands provisionally.
    fn graded(&mut self, frame: &Frame, scheme: &Scheme, card: &Card) -> BooleanArray {
        let column = |name: String| frame.columns.get(&name).map(|column| column.array.clone());
        let provisional = column(format!("{}_provisional", scheme.name));
        let provisional = provisional.as_ref().and_then(|array| array.as_boolean_opt().cloned());
        let provisional = provisional.unwrap_or_else(|| BooleanArray::new_null(frame.rows));
        let known = column(format!("{}_completeness", card.name));
        let known = known.as_ref().and_then(|array| array.as_primitive_opt::<Decimal128Type>());
        for row in (0..frame.rows).filter(|row| provisional.is_valid(*row)) {
            self.n_graded += 1;
            self.completeness += known.map_or(i128::from(FIXED_ONE), |known| known.value(row));
        }
        let open: BooleanArray =
            (0..frame.rows).map(|row| Some(provisional.is_valid(row) && provisional.value(row))).collect();
        self.n_provisional += open.true_count() as u64;
        open
    }

    fn open(&mut self, card: &Card, scored: &Scored, cuts: &[Cut], n_rows: usize) {
        for index in 0..card.terms.len() {
            let own = &scored.terms[index].points;
            let is_open: Vec<bool> = (0..n_rows).map(|row| own.at(row).0 != own.at(row).1).collect();
            let n_open = is_open.iter().filter(|open| **open).count() as u64;
            if n_open == 0 {
                continue;
            }
            let firm = settled(card, scored, index, cuts, n_rows);
            let n_settled = is_open.iter().zip(firm).filter(|(open, firm)| **open && *firm).count() as u64;
            self.lines[index].0 += n_open;
            self.lines[index].1 += n_settled;
        }
    }

    fn finish(self, scheme: &Scheme, card: &Card) -> Missing {
        let mut fields: Vec<MissingField> = card
            .terms
            .iter()
            .zip(self.lines)
            .filter(|(_, (n_open, _))| *n_open > 0)
            .map(|(term, (n_open, n_settled))| MissingField {
                name: term.name.clone(),
                title: term.title.clone(),
                is_attribute: matches!(term.kind, TermKind::Attribute(_)),
                n_open,
                n_settled,
            })
            .collect();
        // In the order of the card where they settle as many.
        fields.sort_by_key(|field| std::cmp::Reverse((field.n_settled, field.n_open)));
        let mean = self.completeness / i128::from(self.n_graded.max(1));
        Missing {
            scheme: scheme.name.clone(),
            title: scheme.title.clone(),
            scorecard: card.name.clone(),
            n_graded: self.n_graded,
            n_provisional: self.n_provisional,
            completeness: if self.n_graded == 0 { Fixed::ONE } else { Fixed(mean as i64) },
            fields,
        }
    }
}

/// For each row whether its level stands, whatever this line turns out to give.
fn settled(card: &Card, scored: &Scored, index: usize, cuts: &[Cut], n_rows: usize) -> Vec<bool> {
    let term = &card.terms[index];
    let others = |row: usize, closed: &dyn Fn(usize) -> bool| {
        scored.terms.iter().enumerate().all(|(other, column)| {
            other == index || column.points.at(row).0 == column.points.at(row).1 || closed(other)
        })
    };
    let Some(values) = values(term) else {
        // Points in proportion: as many values as there are. They settle it if nothing else is open.
        return (0..n_rows).map(|row| others(row, &|_| false)).collect();
    };
    // Where nothing is known the first that is takes the weight of all: the others count no more.
    let takes_all = |row: usize| {
        gives_away(term)
            && scored.weights.at(row).nothing_known
            && others(row, &|other| gives_away(&card.terms[other]))
    };
    let mut firm = vec![true; n_rows];
    let level = |score: i64| cuts.iter().filter(|cut| reached(score, **cut)).count();
    for value in values {
        let low: Vec<i64> = (0..n_rows)
            .map(|row| match &term.kind {
                TermKind::Attribute(_) => term.contribution(value, scored.weights.at(row).weights),
                _ => value,
            })
            .collect();
        let points = Spread { low, high: None };
        let score = score::total_with(card, &scored.terms, Some((index, &points)), n_rows);
        for (row, firm) in firm.iter_mut().enumerate() {
            let (low, high) = score.at(row);
            *firm &= level(low) == level(high) || takes_all(row);
        }
    }
    firm
}

/// Its weight goes to others where it is unknown.
fn gives_away(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Attribute(attribute) if !attribute.dropped.is_empty())
}

/// The points that a line may turn out to give, before its weight and cap; `None` for those in proportion
/// to a value.
fn values(term: &Term) -> Option<Vec<i64>> {
    let mut values = match &term.kind {
        TermKind::Attribute(attribute) => {
            if matches!(attribute.method, Method::Slope { .. }) {
                return None;
            }
            let mut values: Vec<i64> = attribute.bins.iter().map(|bin| bin.points.0).collect();
            // What no bin takes, and what is not applicable, where these have points of their own.
            let codes = attribute.codes;
            let (from, to) = attribute.raw[usize::from(codes.unknown())];
            for code in [codes.none(), codes.not_applicable()] {
                let (low, high) = attribute.raw[usize::from(code)];
                if low == high && (from..=to).contains(&low) {
                    values.push(low);
                }
            }
            values
        }
        TermKind::When { points, .. } => vec![0, term.cap.clamp(*points)],
        TermKind::PerEvent { .. } => return None,
    };
    values.sort_unstable();
    values.dedup();
    Some(values)
}

fn reached(score: i64, cut: Cut) -> bool {
    match cut {
        Cut::Exact(fixed) => score >= fixed.0,
        Cut::Float(value) => score as f64 / FIXED_ONE as f64 >= value,
    }
}
