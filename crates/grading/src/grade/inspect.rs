//! Looking at a compiled model: where its levels begin, how its bins are filled, what its
//! conditions say.

use arrow::array::RecordBatch;
use gradus_model::fixed::Fixed;
use gradus_model::{Lang, Text};
use jiff::civil::Date;

use super::fit::Fits;
use super::node::Node;
use super::number::Cut;
use super::score;
use super::scorecard::{AttributeTerm, TermKind};
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

/// Counts of one attribute by code, while they are added up.
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

    /// How everybody falls into the bins of a scorecard's attributes, in the order of the card.
    /// `None` if there is no such scorecard.
    pub fn bin_counts(
        &self,
        batches: &[RecordBatch],
        scorecard: &str,
        fits: &Fits,
        as_of: Date,
    ) -> Option<Vec<AttributeBins>> {
        let at =
            self.nodes.iter().position(|node| matches!(node, Node::Card(card) if card.name == scorecard))?;
        let Node::Card(card) = &self.nodes[at] else { return None };
        let mut counts: Counts = card
            .terms
            .iter()
            .map(|term| match &term.kind {
                TermKind::Attribute(attribute) => vec![0; attribute.codes.len()],
                _ => Vec::new(),
            })
            .collect();
        for batch in batches {
            let mut frame = self.frame(batch);
            self.nodes[..at].iter().for_each(|node| node.evaluate(&mut frame, fits, as_of));
            for (own, column) in counts.iter_mut().zip(score::codes(card, &mut frame, fits)) {
                for code in column {
                    if let Some(count) = own.get_mut(usize::from(code)) {
                        *count += 1;
                    }
                }
            }
        }
        let mut out = Vec::new();
        for (term, counts) in card.terms.iter().zip(counts) {
            let TermKind::Attribute(attribute) = &term.kind else { continue };
            let bin = |(code, count): (usize, u64)| BinCount {
                label: bin_text(attribute, code as u16, fits),
                count,
                points: points(attribute, code),
            };
            // What is neither a bin nor holds anybody need not be shown.
            let shown =
                counts.into_iter().enumerate().filter(|(code, n)| *n > 0 || *code < attribute.bins.len());
            out.push(AttributeBins {
                name: term.name.clone(),
                title: term.title.clone(),
                bins: shown.map(bin).collect(),
            });
        }
        Some(out)
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

/// The points of a code, where it has points of its own.
fn points(attribute: &AttributeTerm, code: usize) -> Option<Fixed> {
    let (low, high) = attribute.raw.get(code).copied()?;
    let slope = matches!(&attribute.method, super::scorecard::Method::Slope { .. });
    let own = code < attribute.bins.len() || !slope;
    (low == high && own && !attribute.dropped.contains(&(code as u16))).then_some(Fixed(low))
}
