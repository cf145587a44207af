//! How much of the rules the cases meet: bins, adjustments, rules, levels, groups, segments.

use std::collections::BTreeMap;

use gradus_grading::grade::{Part, PartKey, PartKind};
use gradus_model::Text;
use serde::Serialize;

/// What the cases meet, and what they do not.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Coverage {
    pub n_parts: usize,
    pub n_met: usize,
    /// By kind of part, those that the model has.
    pub kinds: Vec<CoverageOf>,
    /// Parts that no case meets, in the order of evaluation.
    pub unmet: Vec<Part>,
    /// Every part, in the same order, with the cases that meet it.
    pub parts: Vec<CoveredPart>,
}

/// A part with the names of the cases that meet it.
#[derive(Debug, Clone, Serialize)]
pub struct CoveredPart {
    #[serde(flatten)]
    pub part: Part,
    pub met_by: Vec<String>,
}

/// The same of one kind of part.
#[derive(Debug, Clone, Serialize)]
pub struct CoverageOf {
    pub kind: PartKind,
    pub title: Text,
    pub n_parts: usize,
    pub n_met: usize,
}

impl Coverage {
    /// `met`: the names of the cases that meet a part.
    pub(super) fn of(parts: Vec<Part>, met: &BTreeMap<PartKey, Vec<String>>) -> Coverage {
        let mut out = Coverage { n_parts: parts.len(), ..Coverage::default() };
        for part in parts {
            let met_by = met.get(&part.key()).cloned().unwrap_or_default();
            let is_met = !met_by.is_empty();
            let at = match out.kinds.iter().position(|known| known.kind == part.kind) {
                Some(at) => at,
                None => {
                    let title = part.kind.title();
                    out.kinds.push(CoverageOf { kind: part.kind, title, n_parts: 0, n_met: 0 });
                    out.kinds.len() - 1
                }
            };
            out.kinds[at].n_parts += 1;
            out.kinds[at].n_met += usize::from(is_met);
            out.n_met += usize::from(is_met);
            if !is_met {
                out.unmet.push(part.clone());
            }
            out.parts.push(CoveredPart { part, met_by });
        }
        out.kinds.sort_by_key(|one| one.kind);
        out
    }

    /// Of 100; all of nothing is everything.
    pub fn percent(&self) -> f64 {
        match self.n_parts {
            0 => 100.0,
            n => self.n_met as f64 * 100.0 / n as f64,
        }
    }
}
