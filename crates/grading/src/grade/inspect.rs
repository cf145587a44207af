//! Looking at a compiled model: where its levels begin, how its bins are filled, what its
//! conditions say.

use std::num::NonZeroUsize;

use arrow::array::RecordBatch;
use gradus_model::fixed::Fixed;
use gradus_model::{Lang, Text};
use jiff::civil::Date;

use super::fit::Fits;
use super::frame::Frame;
use super::node::Node;
use super::number::Cut;
use super::output::Graded;
use super::score;
use super::scorecard::{AttributeTerm, Card, TermKind};
use super::stage::StageB;
use super::statement::bin_text;

/// How the customers fall into the bins of one attribute.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct AttributeBins {
    pub name: String,
    pub title: Text,
    pub bins: Vec<BinCount>,
}

/// One bin of an attribute; `unknown` and `not applicable` are bins too.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct BinCount {
    pub label: Text,
    pub count: u64,
    /// Points before the weight; `None` where they differ from customer to customer.
    pub points: Option<Fixed>,
}

/// One attribute, customer by customer.
#[derive(Debug, Clone, PartialEq)]
pub struct AttributeOfCustomers {
    pub name: String,
    pub title: Text,
    /// Labels and points as written, special values left out.
    pub bins: Vec<(Text, Fixed)>,
    /// The place of the bin; none for special values, unknown, not applicable, or no bin.
    pub places: Vec<Option<usize>>,
}

/// Counts by line and code, while they are added up; empty for lines that have no bins.
type Counts = Vec<Vec<u64>>;

impl StageB {
    /// The least value of each level above the lowest, as it stands with these fits; empty for a
    /// grid. A level that nobody reaches has none.
    pub fn tier_cuts(&self, scheme: &str, fits: &Fits) -> Vec<(String, Option<Cut>)> {
        let found = self.nodes.iter().find_map(|node| match node {
            Node::Scheme(one) if one.name == scheme => Some(one),
            _ => None,
        });
        let Some(one) = found else { return Vec::new() };
        let above = one.levels.iter().skip(1).map(|(name, _)| name.clone());
        above.zip(one.level_cuts(fits).unwrap_or_default()).collect()
    }

    /// As [`StageB::grade`], and how everybody falls into the bins of a scorecard's attributes, in the order
    /// of the card: `None` if there is no such scorecard.
    pub fn grade_and_count_bins(
        &self,
        batches: &[RecordBatch],
        fits: Option<Fits>,
        as_of: Date,
        n_threads: NonZeroUsize,
        scorecard: &str,
    ) -> (Vec<Graded>, Fits, Option<Vec<AttributeBins>>) {
        let card = self.nodes.iter().find_map(|node| match node {
            Node::Card(card) if card.name == scorecard => Some(card),
            _ => None,
        });
        let count =
            |frame: &mut Frame, fits: &Fits| card.map(|card| counted(card, frame, fits)).unwrap_or_default();
        let (seen, fits) = self.grade_and_look(batches, fits, as_of, n_threads, count);
        let mut graded = Vec::with_capacity(seen.len());
        let mut all: Option<Counts> = None;
        for (one, counts) in seen {
            graded.push(one);
            let Some(all) = &mut all else {
                all = Some(counts);
                continue;
            };
            for (sum, count) in all.iter_mut().flatten().zip(counts.iter().flatten()) {
                *sum += count;
            }
        }
        let bins = card.map(|card| bins_of(card, all.unwrap_or_else(|| none_yet(card)), &fits));
        (graded, fits, bins)
    }

    /// In which bin of each attribute of a scorecard each customer is: for attributes whose bins are
    /// written, in the order of the card. `None` if there is no such scorecard.
    pub fn bins_of_customers(
        &self,
        batches: &[RecordBatch],
        scorecard: &str,
        fits: &Fits,
        as_of: Date,
    ) -> Option<Vec<AttributeOfCustomers>> {
        let at =
            self.nodes.iter().position(|node| matches!(node, Node::Card(card) if card.name == scorecard))?;
        let Node::Card(card) = &self.nodes[at] else { return None };
        let mut places: Vec<Vec<Option<usize>>> = vec![Vec::new(); card.terms.len()];
        for batch in batches {
            let mut frame = self.frame(batch);
            self.nodes[..at].iter().for_each(|node| node.evaluate(&mut frame, fits, as_of));
            let columns = score::codes(card, &mut frame, fits);
            for ((own, column), term) in places.iter_mut().zip(columns).zip(&card.terms) {
                let TermKind::Attribute(attribute) = &term.kind else { continue };
                let special = attribute.n_special;
                let place = |code: u16| {
                    let place = usize::from(code).checked_sub(special)?;
                    (place + special < attribute.bins.len()).then_some(place)
                };
                own.extend(column.into_iter().map(place));
            }
        }
        let mut out = Vec::new();
        for (term, places) in card.terms.iter().zip(places) {
            let TermKind::Attribute(attribute) = &term.kind else { continue };
            if !matches!(&attribute.method, super::scorecard::Method::Bins(_)) {
                continue;
            }
            let own = attribute.n_special..attribute.bins.len();
            let bins = own.map(|code| (bin_text(attribute, code as u16, fits), attribute.bins[code].points));
            out.push(AttributeOfCustomers {
                name: term.name.clone(),
                title: term.title.clone(),
                bins: bins.collect(),
                places,
            });
        }
        Some(out)
    }

    /// The condition of a segment, read back in words.
    pub fn segment_words(&self, segment: &str) -> Option<Text> {
        self.nodes.iter().find_map(|node| match node {
            Node::Segment(one) if one.name == segment => {
                Some(Text::new(one.condition.words(Lang::Zh), one.condition.words(Lang::En)))
            }
            _ => None,
        })
    }
}

fn none_yet(card: &Card) -> Counts {
    let codes = |kind: &TermKind| match kind {
        TermKind::Attribute(attribute) => vec![0; attribute.codes.len()],
        _ => Vec::new(),
    };
    card.terms.iter().map(|term| codes(&term.kind)).collect()
}

/// How those of one frame fall into the bins.
fn counted(card: &Card, frame: &mut Frame, fits: &Fits) -> Counts {
    let mut counts = none_yet(card);
    for (own, column) in counts.iter_mut().zip(score::codes(card, frame, fits)) {
        for code in column {
            if let Some(count) = own.get_mut(usize::from(code)) {
                *count += 1;
            }
        }
    }
    counts
}

fn bins_of(card: &Card, counts: Counts, fits: &Fits) -> Vec<AttributeBins> {
    let mut out = Vec::new();
    for (term, counts) in card.terms.iter().zip(counts) {
        let TermKind::Attribute(attribute) = &term.kind else { continue };
        let bin = |(code, count): (usize, u64)| BinCount {
            label: bin_text(attribute, code as u16, fits),
            count,
            points: points(attribute, code),
        };
        // What is neither a bin nor holds anybody need not be shown.
        let shown = counts.into_iter().enumerate().filter(|(code, n)| *n > 0 || *code < attribute.bins.len());
        out.push(AttributeBins {
            name: term.name.clone(),
            title: term.title.clone(),
            bins: shown.map(bin).collect(),
        });
    }
    out
}

/// The points of a code, where it has points of its own.
fn points(attribute: &AttributeTerm, code: usize) -> Option<Fixed> {
    let (low, high) = attribute.raw.get(code).copied()?;
    let slope = matches!(&attribute.method, super::scorecard::Method::Slope { .. });
    let own = code < attribute.bins.len() || !slope;
    (low == high && own && !attribute.dropped.contains(&(code as u16))).then_some(Fixed(low))
}
