//! Which customers are meant: one set of filters for lists and exports.

use gradus_workspace::cohorts::CohortCell;
use gradus_workspace::customers::{MovedBetween, NumberRange};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cohorts::step_of;
use crate::Problem;

/// Most ranges at once.
pub const MAX_RANGES: usize = 20;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TierFilter {
    pub scheme: String,
    /// Left out: not graded.
    #[serde(default)]
    pub level: Option<String>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupFilter {
    pub grouping: String,
    pub group: String,
}

/// An indicator that is a category, and its value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CategoryFilter {
    pub indicator: String,
    pub value: String,
}

/// An indicator or a score between bounds: a bar of a histogram, a row or column of the RFM map. Without
/// bounds: whoever has a value.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeFilter {
    /// An indicator or a score.
    pub name: String,
    /// At least this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// More than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub above: Option<f64>,
    /// Less than this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub below: Option<f64>,
    /// At most this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub up_to: Option<f64>,
    /// Those without a value instead: unknown, or not applicable.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unknown: bool,
    /// With `unknown`: those without a value of any of these as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 20)]
    pub or: Vec<String>,
}

impl From<NumberRange> for RangeFilter {
    fn from(range: NumberRange) -> RangeFilter {
        let NumberRange { name, from, above, below, up_to, unknown, or } = range;
        RangeFilter { name, from, above, below, up_to, unknown, or }
    }
}

impl From<RangeFilter> for NumberRange {
    fn from(range: RangeFilter) -> NumberRange {
        let RangeFilter { name, from, above, below, up_to, unknown, or } = range;
        NumberRange { name, from, above, below, up_to, unknown, or }
    }
}

/// A flow of the migration of `/summary`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MovedFilter {
    pub scheme: String,
    /// The earlier graded instant.
    pub since: String,
    /// A level, `$not_graded`, or `$new`: was not there yet.
    pub from: String,
    /// A level, or `$not_graded`.
    pub to: String,
}

impl MovedFilter {
    pub fn flow(self) -> MovedBetween {
        MovedBetween::read(self.scheme, self.since, &self.from, &self.to)
    }
}

/// A cell of `/cohorts`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CohortFilter {
    /// `month` or `quarter`.
    pub by: String,
    /// The month or quarter of the first purchase: `2011-03`, `2011-Q1`.
    pub cohort: String,
    /// Bought in this period after it; left out: the whole cohort.
    #[serde(default)]
    #[schema(maximum = 59)]
    pub period: Option<u32>,
}

impl CohortFilter {
    pub fn cell(self) -> Result<CohortCell, Problem> {
        Ok(CohortCell { by: step_of(&self.by)?, cohort: self.cohort, period: self.period })
    }
}

/// The ranges, if they are not too many.
pub fn ranges_of(given: Vec<RangeFilter>) -> Result<Vec<NumberRange>, Problem> {
    if given.len() > MAX_RANGES || given.iter().any(|range| range.or.len() > MAX_RANGES) {
        return Err(Problem::invalid(
            format!("ranges 最多 {MAX_RANGES} 个"),
            format!("ranges are {MAX_RANGES} at most"),
        ));
    }
    Ok(given.into_iter().map(NumberRange::from).collect())
}

/// A body that says whom, with fields of its own beside it. The filters are fields of the body itself and
/// not of an object inside it, and an unknown one is refused; serde flattens no body that refuses.
macro_rules! with_filters {
    ($(#[$about:meta])* struct $name:ident { $($(#[$field_about:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$about])*
        #[derive(serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        struct $name {
            #[serde(default)]
            tier: Option<$crate::routes::filters::TierFilter>,
            #[serde(default)]
            segment: Option<String>,
            #[serde(default)]
            group: Option<$crate::routes::filters::GroupFilter>,
            #[serde(default)]
            category: Option<$crate::routes::filters::CategoryFilter>,
            /// Indicators and scores between bounds; all of them hold.
            #[serde(default)]
            #[schema(max_items = 20)]
            ranges: Vec<$crate::routes::filters::RangeFilter>,
            #[serde(default)]
            cohort: Option<$crate::routes::filters::CohortFilter>,
            /// Counted by this KPI of `/kpis`.
            #[serde(default)]
            kpi: Option<String>,
            #[serde(default)]
            moved: Option<$crate::routes::filters::MovedFilter>,
            /// A graded instant; the newest if left out. 409 if its grading is not stored.
            #[serde(default)]
            as_of: Option<String>,
            $($(#[$field_about])* $field: $kind,)*
        }

        impl $name {
            /// Takes the filters out of the body; what remains is its own.
            fn take_filters(&mut self) -> Result<gradus_workspace::customers::Find, $crate::Problem> {
                use $crate::routes::filters::{CohortFilter, MovedFilter, ranges_of};
                Ok(gradus_workspace::customers::Find {
                    tier: self.tier.take().map(|tier| (tier.scheme, tier.level)),
                    segment: self.segment.take(),
                    group: self.group.take().map(|group| (group.grouping, group.group)),
                    category: self.category.take().map(|one| (one.indicator, one.value)),
                    ranges: ranges_of(std::mem::take(&mut self.ranges))?,
                    cohort: self.cohort.take().map(CohortFilter::cell).transpose()?,
                    kpi: self.kpi.take(),
                    moved: self.moved.take().map(MovedFilter::flow),
                    ..gradus_workspace::customers::Find::default()
                })
            }
        }
    };
}
pub(crate) use with_filters;
