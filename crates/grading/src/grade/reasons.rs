//! Reason codes (原因代码): which attributes speak most for a score, as PMML ranks them. The difference of an
//! attribute's points from its baseline counts under the code of the bin that it fell in, else of the
//! attribute; what has the same code is added up, what speaks the other way is left out, and among equals
//! the first as written comes first. <https://dmg.org/pmml/v4-4/Scorecard.html>

use gradus_model::document::{Attribute, ReasonRank, Reasons};
use gradus_model::fixed::Fixed;
use serde::{Deserialize, Serialize};

use super::score::Scored;
use super::scorecard::{AttributeTerm, Card, TermKind};

/// One reason of a score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReasonCode {
    /// As the scorecard says.
    pub code: String,
    /// By how many points the attributes of this code differ from their baselines; never below zero.
    pub difference: Fixed,
}

/// What an attribute says of itself as a reason.
#[derive(Debug, Clone, Default)]
pub(crate) struct OwnReason {
    code: Option<String>,
    unknown: Option<String>,
    baseline: Option<i64>,
}

impl OwnReason {
    pub(crate) fn of(attribute: &Attribute) -> OwnReason {
        OwnReason {
            code: attribute.reason.clone(),
            unknown: attribute.unknown_reason.clone(),
            baseline: attribute.baseline.map(|points| points.0),
        }
    }

    /// The code under which a bin counts.
    fn code<'a>(&'a self, attribute: &'a AttributeTerm, code: u16) -> Option<&'a str> {
        let bin = attribute.bins.get(usize::from(code)).and_then(|bin| bin.reason.as_deref());
        let is_known = code != attribute.codes.unknown() && code != attribute.codes.not_applicable();
        let unknown = self.unknown.as_deref().filter(|_| !is_known);
        bin.or(unknown).or(self.code.as_deref())
    }
}

/// The reasons of the only row that was scored, the strongest first. None where the score is an interval:
/// what is not known may speak either way.
pub(super) fn reasons(card: &Card, scored: &Scored) -> Vec<ReasonCode> {
    let Some(Reasons { rank, baseline }) = &card.reasons else { return Vec::new() };
    let total = scored.score.at(0);
    if total.0 != total.1 {
        return Vec::new();
    }
    let usual = baseline.unwrap_or_default().0;
    let mut found: Vec<ReasonCode> = Vec::new();
    for (term, column) in card.terms.iter().zip(&scored.terms) {
        let TermKind::Attribute(attribute) = &term.kind else { continue };
        let bin = column.codes.first().copied().unwrap_or(0);
        let Some(code) = attribute.reason.code(attribute, bin) else { continue };
        let above = column.points.at(0).0 - attribute.reason.baseline.unwrap_or(usual);
        let difference = if *rank == ReasonRank::PointsAbove { above } else { -above };
        match found.iter_mut().find(|reason| reason.code == code) {
            Some(reason) => reason.difference.0 += difference,
            None => found.push(ReasonCode { code: code.to_owned(), difference: Fixed(difference) }),
        }
    }
    found.retain(|reason| reason.difference.0 >= 0);
    found.sort_by_key(|reason| std::cmp::Reverse(reason.difference));
    found
}
