//! Scorecards (评分卡), compiled: each attribute as a table from bins to points.

mod compile;

use std::collections::BTreeSet;

use gradus_model::Text;
use gradus_model::document::{Bin, Caps, Reasons, Ties};
use gradus_model::fixed::{FIXED_ONE, round_div};

pub(crate) use self::compile::compile_card;
use super::binning::{Binner, Codes};
use super::fit::{FitKind, FitRequest, FitValue};
use super::frame::Formula;
use super::grouping::ties_of;
use super::number::LARGEST_POINTS;
use super::reasons::OwnReason;

/// Least and greatest, in ten-thousandths.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Limits {
    pub min: Option<i64>,
    pub max: Option<i64>,
}

impl Limits {
    fn of(caps: Option<&Caps>) -> Limits {
        let caps = caps.cloned().unwrap_or_default();
        Limits { min: caps.min.map(|number| number.0), max: caps.max.map(|number| number.0) }
    }

    pub(crate) fn clamp(&self, value: i64) -> i64 {
        let value = self.min.map_or(value, |min| value.max(min));
        self.max.map_or(value, |max| value.min(max))
    }

    pub(crate) fn is_none(&self) -> bool {
        self.min.is_none() && self.max.is_none()
    }
}

/// A compiled scorecard. All numbers are ten-thousandths.
#[derive(Debug, Clone)]
pub(crate) struct Card {
    pub name: String,
    pub title: Text,
    pub base: i64,
    pub terms: Vec<Term>,
    pub groups: Vec<(String, Limits)>,
    pub total: Limits,
    /// For scaled cards the least and greatest attainable sum.
    pub scale: Option<(i64, i64)>,
    /// Sum of the weights of all attributes.
    pub weight: i64,
    /// How attributes are ranked as reasons, if they are.
    pub reasons: Option<Reasons>,
}

/// One line of a scorecard.
#[derive(Debug, Clone)]
pub(crate) struct Term {
    pub name: String,
    pub title: Text,
    pub group: Option<usize>,
    pub cap: Limits,
    pub kind: TermKind,
}

#[derive(Debug, Clone)]
pub(crate) enum TermKind {
    Attribute(AttributeTerm),
    /// Points if a condition holds.
    When {
        condition: Formula,
        points: i64,
    },
    /// Points of events, faded and summed by the fold.
    PerEvent {
        sum: Formula,
    },
}

#[derive(Debug, Clone)]
pub(crate) struct AttributeTerm {
    pub value: Formula,
    pub method: Method,
    /// Special bins, then bins.
    pub bins: Vec<Bin>,
    /// How many are special.
    pub n_special: usize,
    pub codes: Codes,
    /// Least and greatest points of each code; they differ only where the value is not known.
    pub raw: Vec<(i64, i64)>,
    pub weight: i64,
    /// Codes whose weight goes to the attributes that are known.
    pub dropped: BTreeSet<u16>,
    /// Not applicable has points of its own, so it does not count as unknown.
    pub not_applicable_is_known: bool,
    pub reason: OwnReason,
}

#[derive(Debug, Clone)]
pub(crate) enum Method {
    Bins(Binner),
    /// Special bins are looked at with the fit's bins.
    Quantiles {
        key: String,
        n_special: usize,
        ties: Ties,
    },
    /// What no special bin takes gives `each` for every `per`.
    Slope {
        special: Binner,
        each: i64,
        per: i64,
    },
}

/// How much an attribute's weight is stretched because others are unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weights {
    pub all: i64,
    pub known: i64,
}

impl Term {
    /// Points after weight and cap. Overflow cannot happen within the limits that compiling holds.
    pub(crate) fn contribution(&self, raw: i64, weights: Weights) -> i64 {
        self.cap.clamp(self.weighted(raw, weights))
    }

    /// Points times weight, rounded half away from zero to four digits.
    pub(crate) fn weighted(&self, raw: i64, weights: Weights) -> i64 {
        let TermKind::Attribute(attribute) = &self.kind else { return raw };
        if weights.all == weights.known {
            if attribute.weight == FIXED_ONE {
                return raw;
            }
            return narrow(round_div(i128::from(raw) * i128::from(attribute.weight), i128::from(FIXED_ONE)));
        }
        let product = i128::from(raw) * i128::from(attribute.weight) * i128::from(weights.all);
        narrow(round_div(product, i128::from(FIXED_ONE) * i128::from(weights.known)))
    }
}

/// Points stay within `LARGEST_POINTS`, so that thousands of them add up without overflow.
fn narrow(value: Option<i128>) -> i64 {
    let limit = i128::from(LARGEST_POINTS);
    value.unwrap_or(0).clamp(-limit, limit) as i64
}

impl Card {
    /// The score of a sum of points: stretched to 0–100 if the card says so, rounded half away
    /// from zero to four digits.
    pub(crate) fn stretch(&self, sum: i64) -> i64 {
        let Some((least, greatest)) = self.scale else { return sum };
        let above = i128::from(sum) - i128::from(least);
        let hundred = 100 * i128::from(FIXED_ONE);
        narrow(round_div(above * hundred, i128::from(greatest) - i128::from(least)))
    }

    /// The limits on the score. A scaled score stays within 0–100 even when re-weighting gives an
    /// attribute more weight than the scale was made for.
    pub(crate) fn limit(&self, score: i64) -> i64 {
        let score = if self.scale.is_some() { score.clamp(0, 100 * FIXED_ONE) } else { score };
        self.total.clamp(score)
    }

    pub(crate) fn fit_requests(&self) -> Vec<FitRequest> {
        let request = |term: &Term| match &term.kind {
            TermKind::Attribute(AttributeTerm {
                value,
                method: Method::Quantiles { key, n_special, ties },
                bins,
                ..
            }) => {
                let parts = (bins.len() - n_special) as u32;
                Some(FitRequest {
                    key: key.clone(),
                    kind: FitKind::Quantiles { parts, ties: ties_of(*ties) },
                    base: "everyone".into(),
                    among: None,
                    value: FitValue::Formula(value.clone()),
                })
            }
            _ => None,
        };
        self.terms.iter().filter_map(request).collect()
    }
}
