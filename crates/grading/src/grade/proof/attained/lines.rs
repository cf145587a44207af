//! What one line of a scorecard gives, before the limits.

use gradus_model::fixed::round_div;

use super::super::space::{Ordered, Space};
use super::Gives;
use super::together::{all_codes, cell_codes};
use crate::grade::number::LARGEST_POINTS;
use crate::grade::scorecard::{AttributeTerm, Limits, Method, Term, TermKind, Weights};

/// The column of an attribute may have no value.
pub(super) fn may_be_null(attribute: &AttributeTerm, space: &Space) -> bool {
    let dim = attribute.value.bare().and_then(|name| space.find(name));
    dim.is_none_or(|dim| space.dim(dim).null)
}

pub(super) fn attribute_gives(
    term: &Term,
    attribute: &AttributeTerm,
    space: &Space,
    weights: Weights,
    gone: bool,
    nothing_known: bool,
) -> Gives {
    let points = |code: u16| -> Option<i64> {
        let dropped = attribute.dropped.contains(&code);
        if dropped != gone {
            return None;
        }
        if dropped && !nothing_known {
            return Some(0);
        }
        Some(term.contribution(attribute.raw[usize::from(code)].0, weights))
    };
    let dim = attribute.value.bare().and_then(|name| space.find(name));
    match (&attribute.method, dim) {
        (Method::Bins(binner), Some(dim)) => {
            let codes = cell_codes(attribute, binner, space.dim(dim));
            Gives::Cells(
                dim,
                codes.into_iter().filter_map(|(set, code)| Some((set, points(code)?))).collect(),
            )
        }
        (Method::Bins(binner), None) => {
            Gives::Any(all_codes(attribute, Some(binner)).into_iter().filter_map(points).collect())
        }
        (Method::Quantiles { .. }, _) => {
            Gives::Any(all_codes(attribute, None).into_iter().filter_map(points).collect())
        }
        (Method::Slope { each, per, .. }, dim) => {
            if gone {
                return Gives::Any(all_codes(attribute, None).into_iter().filter_map(points).collect());
            }
            let (low, high) = slope_range((*each, *per), dim.map(|dim| space.dim(dim)));
            let others = all_codes(attribute, None).into_iter().filter_map(points);
            let (least, greatest) = others.fold((i64::MAX, i64::MIN), |(least, greatest), points| {
                (least.min(points), greatest.max(points))
            });
            let end = |value: Option<i64>, limit: Option<i64>| match value {
                Some(value) => Some(term.contribution(value, weights)),
                None => limit,
            };
            let (from, to) = (end(low, term.cap.min), end(high, term.cap.max));
            Gives::Between(from.map(|from| from.min(least)), to.map(|to| to.max(greatest)))
        }
    }
}

/// Points of the ends of a column; `None` where it has none.
fn slope_range(
    (each, per): (i64, i64),
    dim: Option<&super::super::space::Dim>,
) -> (Option<i64>, Option<i64>) {
    let Some(dim) = dim else { return (None, None) };
    let at = |cell: u32, low: bool| -> Option<i64> {
        let (from, to) = dim.units(cell)?;
        let super::super::space::Cells::Ordered { kind, .. } = &dim.cells else { return None };
        let fixed = kind.fixed(if low { from } else { to })?;
        let points = round_div(i128::from(fixed) * i128::from(each), i128::from(per))?;
        i64::try_from(points).ok().filter(|points| points.abs() <= LARGEST_POINTS)
    };
    let ends = (at(0, true), dim.n_values().checked_sub(1).and_then(|last| at(last, false)));
    if each >= 0 { ends } else { (ends.1, ends.0) }
}

/// Least and greatest points of a line before its cap; `None` where there is no end, or where its weight
/// may grow.
pub(super) fn before_cap(term: &Term, space: &Space) -> Option<(i64, i64)> {
    let points: Vec<i64> = match &term.kind {
        TermKind::When { points, .. } => vec![0, *points],
        TermKind::PerEvent { .. } => return None,
        TermKind::Attribute(attribute) => {
            let codes: Vec<u16> =
                match (&attribute.method, attribute.value.bare().and_then(|name| space.find(name))) {
                    (Method::Slope { .. }, _) => return None,
                    (Method::Bins(binner), Some(dim)) => cell_codes(attribute, binner, space.dim(dim))
                        .into_iter()
                        .map(|(_, code)| code)
                        .collect(),
                    (Method::Bins(binner), None) => all_codes(attribute, Some(binner)),
                    (Method::Quantiles { .. }, _) => all_codes(attribute, None),
                };
            let weights = Weights { all: 1, known: 1 };
            let of = |code: u16| {
                let (low, high) = attribute.raw[usize::from(code)];
                [term.weighted(low, weights), term.weighted(high, weights)]
            };
            codes.into_iter().flat_map(of).collect()
        }
    };
    points.iter().copied().min().zip(points.iter().copied().max())
}

/// True if the limits never change anything between these ends: the lower, the upper.
pub(crate) fn idle(limits: &Limits, range: (i64, i64)) -> (bool, bool) {
    (limits.min.is_some_and(|min| min < range.0), limits.max.is_some_and(|max| max > range.1))
}

impl Ordered {
    /// A value in ten-thousandths, as slopes see it; `None` beyond what points can be.
    fn fixed(self, units: i128) -> Option<i64> {
        let one = super::super::space::ordered_array(self, &self.data_type(), std::iter::once(Some(units)));
        crate::grade::number::Numbers::of(&one).and_then(|numbers| numbers.fixed(0))
    }
}
