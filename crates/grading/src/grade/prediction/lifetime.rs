//! Lifetime value without a contract: how often a customer will buy within the horizon, times what a purchase
//! brings, discounted.
//!
//! - purchases: [`gradus_stats::lifetime::bgnbd`], MBG/NBD or Pareto/NBD on active local days;
//! - what one brings: the value after the first active day over the purchases after it, as the gamma-gamma model
//!   has it, times the margin, less the costs to serve, which are spread evenly over all purchases;
//! - discounted by months (or the nearest equal parts of the horizon).

mod base;
mod engine;
mod fit;
mod say;

use std::any::Any;
use std::sync::{Arc, Mutex};

use arrow::array::ArrayRef;
use gradus_expression::Want;
use gradus_model::Place;
use gradus_model::document::{Lifetime as Written, LifetimeModel, Span, SpanUnit};
use gradus_stats::lifetime::bgnbd::{BgNbd, MbgNbd};
use gradus_stats::lifetime::pareto_nbd::ParetoNbd;
use gradus_stats::lifetime::value::Horizon;

use self::base::Customers;
pub use self::fit::{LifetimeFit, SpendFit, SpendKind};
use super::Given;
use super::asked::{event_expression, input, share, stretch};
use crate::fold::spec::{Aggregate, GapPick};
use crate::grade::compile::Compiler;
use crate::grade::frame::Formula;

pub(super) const SUFFIXES: &[&str] = &["", "_low", "_high", "_alive", "_purchases", "_to_date"];

/// Days in the unit of the models: a week.
pub(super) const WEEK: f64 = 7.0;

const YEAR: Span = Span { n: 12, unit: SpanUnit::Month };

#[derive(Debug, Clone)]
pub(crate) struct Lifetime {
    /// See [`Customers`].
    pub inputs: Vec<Formula>,
    model: LifetimeModel,
    span: Span,
    /// A year's rate, as written.
    discount: f64,
    /// In weeks.
    horizon: Horizon,
    margin: f64,
    /// What was worked out for the fit that was applied last; other frames and runs go on from it.
    kept: Arc<Mutex<Option<Box<dyn Any + Send>>>>,
}

impl Lifetime {
    pub(super) fn compile(compiler: &mut Compiler<'_>, written: &Written, place: &Place) -> Option<Lifetime> {
        let purchases = written.purchases.clone().unwrap_or_else(|| "spend".to_string());
        let worth =
            written.value.clone().unwrap_or_else(|| format!("case when ({purchases}) then amount end"));
        let mut fine = event_expression(compiler, &purchases, Want::Boolean, &place.key("purchases"));
        if written.value.is_some() {
            fine &= event_expression(compiler, &worth, Want::Number, &place.key("value"));
        }
        if let Some(costs) = &written.costs {
            fine &= event_expression(compiler, costs, Want::Number, &place.key("costs"));
        }
        let margin = share(compiler, written.margin, 1.0, &place.key("margin"));
        let discount = share(compiler, written.discount, 0.1, &place.key("discount"));
        let span = stretch(compiler, written.horizon, YEAR, &place.key("horizon"));
        let (true, Some(margin), Some(discount), Some(span)) = (fine, margin, discount, span) else {
            return None;
        };
        let bought = Some(purchases.as_str());
        let mut asked = vec![
            input(compiler, Aggregate::Active { step: SpanUnit::Day }, bought, place)?,
            input(compiler, Aggregate::DaysSince { first: true }, bought, place)?,
            input(compiler, Aggregate::DaysSince { first: false }, bought, place)?,
            input(compiler, Aggregate::Sum { of: worth.clone() }, None, place)?,
            input(compiler, Aggregate::FirstDay { of: worth }, bought, place)?,
            input(compiler, Aggregate::Gap { pick: GapPick::Min }, bought, place)?,
            input(compiler, Aggregate::Gap { pick: GapPick::Max }, bought, place)?,
        ];
        if let Some(costs) = &written.costs {
            asked.push(input(compiler, Aggregate::Sum { of: costs.clone() }, None, place)?);
        }
        let model = written.model.unwrap_or_default();
        let horizon = monthly(span, discount);
        let kept = Arc::default();
        Some(Lifetime { inputs: asked, model, span, discount, horizon, margin, kept })
    }

    pub(super) fn given() -> Vec<Given> {
        vec![
            Given::number("", "", ""),
            Given::number("_low", "（至少）", " (at least)"),
            Given::number("_high", "（至多）", " (at most)"),
            Given::number("_alive", "（仍活跃概率）", " (chance of being a customer still)"),
            Given::number("_purchases", "（预期购买次数）", " (purchases to expect)"),
            Given::number("_to_date", "（迄今）", " (to date)"),
        ]
    }

    pub(super) fn estimate(&self, pieces: &[Vec<ArrayRef>]) -> LifetimeFit {
        let all: Vec<Customers> = pieces.iter().map(|piece| Customers::of(piece, self.margin)).collect();
        match self.model {
            LifetimeModel::BgNbd => fit::estimate::<BgNbd>(self.model, &all, &self.horizon),
            LifetimeModel::MbgNbd => fit::estimate::<MbgNbd>(self.model, &all, &self.horizon),
            LifetimeModel::ParetoNbd => fit::estimate::<ParetoNbd>(self.model, &all, &self.horizon),
        }
    }

    pub(super) fn evaluate(&self, inputs: &[ArrayRef], fit: &LifetimeFit) -> Vec<ArrayRef> {
        let customers = Customers::of(inputs, self.margin);
        match fit.model {
            LifetimeModel::BgNbd => engine::evaluate::<BgNbd>(&customers, fit, &self.horizon, &self.kept),
            LifetimeModel::MbgNbd => engine::evaluate::<MbgNbd>(&customers, fit, &self.horizon, &self.kept),
            LifetimeModel::ParetoNbd => {
                engine::evaluate::<ParetoNbd>(&customers, fit, &self.horizon, &self.kept)
            }
        }
    }
}

/// The horizon in months, or in the nearest number of equal parts; in weeks.
pub(super) fn monthly(span: Span, discount: f64) -> Horizon {
    const MONTH: f64 = 365.25 / 12.0;
    let length = span.mean_days();
    let n_periods = match span.unit {
        SpanUnit::Month => span.n,
        SpanUnit::Quarter => span.n.saturating_mul(3),
        SpanUnit::Year => span.n.saturating_mul(12),
        SpanUnit::Day | SpanUnit::Week => (length / MONTH).round() as u32,
    };
    let n_periods = n_periods.max(1);
    let period = length / f64::from(n_periods);
    Horizon { n_periods, period: period / WEEK, rate: Horizon::rate_per_period(discount, 365.25 / period) }
}

#[cfg(test)]
mod tests;
