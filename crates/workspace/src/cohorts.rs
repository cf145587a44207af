//! Cohorts (同期群): customers by the month or quarter of their first purchase, how many of them bought
//! again in each one after, and for how much. One pass of the fold over the ledger as the newest grading
//! read it: what a purchase is, is what the model's own indicators say, and memory holds one number a customer.
//! What was counted is kept beside the store until somebody grades again.

mod count;
mod grid;
mod kept;
mod pass;
mod stretches;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use arrow::array::BooleanArray;
use gradus_grading::fold::{date_of, first_day};
use gradus_model::document::{GroupingKind, Indicator, IndicatorKind, Model, SpanUnit};
use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};

pub(crate) use self::count::CohortBase;
use crate::access::{DataScope, Permission, Principal};
use crate::base::Base;
use crate::customers::{Find, masks};
use crate::{Workspace, WorkspaceError};

/// Most months or quarters that are told apart; who first bought earlier is counted and not shown.
pub const MOST_PERIODS: usize = 60;

/// By which step of the calendar customers are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CohortStep {
    Month,
    Quarter,
}

impl CohortStep {
    pub fn parse(text: &str) -> Option<CohortStep> {
        match text {
            "month" => Some(CohortStep::Month),
            "quarter" => Some(CohortStep::Quarter),
            _ => None,
        }
    }

    pub(crate) fn unit(self) -> SpanUnit {
        match self {
            CohortStep::Month => SpanUnit::Month,
            CohortStep::Quarter => SpanUnit::Quarter,
        }
    }

    /// What a step is called: `2011-03`, `2011-Q1`.
    pub(crate) fn name(self, step: i64) -> String {
        let Some(date) = date_of(first_day(step, self.unit())) else { return String::new() };
        match self {
            CohortStep::Month => format!("{:04}-{:02}", date.year(), date.month()),
            CohortStep::Quarter => format!("{:04}-Q{}", date.year(), (date.month() + 2) / 3),
        }
    }
}

/// All cohorts as of the newest grading, the earliest first.
#[derive(Debug, Clone, Serialize)]
pub struct Cohorts {
    pub as_of: String,
    pub by: CohortStep,
    /// The indicators that say what a purchase is and what it is worth, by name and title.
    pub purchase: (String, Text),
    pub value: Option<(String, Text)>,
    pub cohorts: Vec<Cohort>,
    /// Customers whose first purchase lies before the first cohort.
    pub n_earlier: u64,
    /// Customers without any purchase.
    pub n_without: u64,
}

/// Who first bought in one month or quarter.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cohort {
    pub cohort: String,
    pub size: u64,
    /// The period of the first purchase and each one after, up to the one that still runs.
    pub periods: Vec<CohortPeriod>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CohortPeriod {
    /// The period by the calendar.
    pub period: String,
    pub n_active: u64,
    /// The share of the cohort that bought in it.
    pub active: f64,
    /// What the whole cohort brought in it; none if the model has no such sum.
    pub value: Option<f64>,
    /// True if it goes on beyond the grading: its figures are not yet whole.
    pub runs: bool,
}

/// A cell that somebody opens: a cohort, and the period after it in which they bought; without one the
/// whole cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortCell {
    pub by: CohortStep,
    pub cohort: String,
    pub period: Option<u32>,
}

/// Counts the cohorts of those whom somebody may see.
///
/// # Errors
/// A finding if the model has no indicator that counts orders or events.
pub async fn cohorts(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    by: CohortStep,
) -> Result<Cohorts, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    match who.scope {
        DataScope::Everyone => Ok(of_everybody(workspace, base, by).await?.told.clone()),
        // Each person sees a part of their own: counted for them and not kept.
        _ => {
            let seen = masks(workspace, who, base, &Find::default()).await?;
            Ok(CohortBase::of_some(workspace, base, by, &seen).await?.told)
        }
    }
}

/// The cohorts of everybody, counted once for a grading.
async fn of_everybody(
    workspace: &Workspace,
    base: &Base,
    by: CohortStep,
) -> Result<Arc<CohortBase>, WorkspaceError> {
    // Whoever comes second waits for the first instead of reading everything once more.
    let mut kept = base.cohorts.lock().await;
    if let Some(found) = kept.iter().find(|one| one.told.by == by) {
        return Ok(found.clone());
    }
    let counted = Arc::new(CohortBase::of_everybody(workspace, base, by).await?);
    kept.push(counted.clone());
    Ok(counted)
}

/// For each batch of the base who is in a cell.
pub(crate) async fn in_cell(
    workspace: &Workspace,
    base: &Base,
    cell: &CohortCell,
) -> Result<Vec<BooleanArray>, WorkspaceError> {
    let counted = of_everybody(workspace, base, cell.by).await?;
    let known = counted.told.cohorts.iter().find(|one| one.cohort == cell.cohort);
    let period = cell.period.unwrap_or(0) as usize;
    if known.is_none_or(|one| period >= one.periods.len()) {
        return Err(Finding::error(
            "unknown-cohort",
            Place::default().at("cohort"),
            Text::new(
                format!("没有同期群「{}」或它还没有第 {period} 期", cell.cohort),
                format!("there is no cohort “{}”, or no period {period} of it yet", cell.cohort),
            ),
            Text::new("/cohorts 里有的同期群与期数", "a cohort and a period that /cohorts has"),
        )
        .into());
    }
    Ok(counted.members(base, &cell.cohort, cell.period))
}

/// What the model says a purchase is: the frequency of its RFM grouping, else its first number of
/// orders, else its first number of events; and the sum that goes with it.
pub(crate) struct Purchases {
    pub name: String,
    pub counted: Indicator,
    pub value: Option<(String, Indicator)>,
}

impl Purchases {
    pub fn of(model: &Model) -> Option<Purchases> {
        let rfm = model
            .groupings
            .iter()
            .map(|(_, grouping)| grouping)
            .find(|grouping| matches!(grouping.kind, GroupingKind::Rfm8 | GroupingKind::Rfm11));
        let is = |name: Option<&String>, kinds: &[IndicatorKind]| -> Option<(String, Indicator)> {
            let name = name?;
            let one = model.indicators.get(name).filter(|one| kinds.contains(&one.kind))?;
            Some((name.clone(), one.clone()))
        };
        let first = |kind: IndicatorKind| {
            let found = model.indicators.iter().find(|(_, one)| one.kind == kind && one.compare.is_none());
            found.map(|(name, one)| (name.to_string(), one.clone()))
        };
        let counts = [IndicatorKind::Orders, IndicatorKind::Count];
        let (name, counted) = is(rfm.and_then(|rfm| rfm.frequency.as_ref()), &counts)
            .or_else(|| first(IndicatorKind::Orders))
            .or_else(|| first(IndicatorKind::Count))?;
        let sums = |one: &Indicator| one.kind == IndicatorKind::Sum && one.compare.is_none();
        let value = is(rfm.and_then(|rfm| rfm.monetary.as_ref()), &[IndicatorKind::Sum]).or_else(|| {
            // Without an RFM grouping the sum has to be over the same events.
            let found = model.indicators.iter().find(|(_, one)| sums(one) && one.filter == counted.filter);
            found.map(|(name, one)| (name.to_string(), one.clone()))
        });
        Some(Purchases { name, counted, value })
    }
}

pub(crate) fn no_purchases() -> WorkspaceError {
    Finding::error(
        "no-purchases",
        Place::default().at("indicators"),
        Text::new("现行模型没有说明什么算一次购买", "the model in force does not say what a purchase is"),
        Text::new(
            "加一个统计订单数（orders）或事件数（count）的指标",
            "an indicator that counts orders (`orders`) or events (`count`)",
        ),
    )
    .into()
}
