//! What the fold computes: one entry per value per customer, in a form that can be stored and
//! sent. Everything an operator writes as an indicator, a behaviour or a decaying point rule is
//! lowered to these.

use gradus_model::document::{Calendar, Decay, Span, SpanUnit, Sql};
use gradus_model::fixed::Fixed;
use serde::{Deserialize, Serialize};

/// One value that the fold computes from a customer's events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FoldIndicator {
    /// Output column. Hidden ones start with `_`.
    pub name: String,
    pub aggregate: Aggregate,
    /// Which events count: SQL over the event columns.
    pub filter: Option<Sql>,
    pub window: FoldWindow,
}

/// How the events of one customer become one value. `of` is SQL over the event columns.
///
/// An attribute without a date ([`gradus_model::event_stream::UNDATED`]) comes before everything that
/// has one, and never counts where the date is what counts: see [`Aggregate::reads_dates`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregate {
    /// Number of events. Int64, never null.
    Count,
    /// Number of distinct orders. Int64, never null.
    Orders,
    /// Decimal128(38,4); zero if there are no events.
    Sum {
        of: Sql,
    },
    /// What there was on the first local date with a value: Decimal128(38,4), zero if there are none.
    FirstDay {
        of: Sql,
    },
    /// Same type as `of`; null if there are no events.
    Min {
        of: Sql,
    },
    Max {
        of: Sql,
    },
    /// Number of distinct values. Int64, never null.
    Distinct {
        of: Sql,
    },
    /// Same type as `of`; null if there are no events with a value.
    First {
        of: Sql,
    },
    Last {
        of: Sql,
    },
    MostFrequent {
        of: Sql,
    },
    /// Sample standard deviation. Float64, null below two values.
    Stddev {
        of: Sql,
    },
    /// Linear interpolation between order statistics (type 7). Float64, null if empty.
    Percentile {
        of: Sql,
        q: Fixed,
    },
    /// Local dates from the first or last event to the instant. Int64, null if empty.
    DaysSince {
        first: bool,
    },
    /// Days between consecutive active days. Float64, null below two active days.
    Gap {
        pick: GapPick,
    },
    /// Number of active local days, weeks (Monday first), months, quarters, years. Int64.
    Active {
        step: SpanUnit,
    },
    /// Consecutive active steps: the longest run, or the one that reaches the instant's step or
    /// the one before it. Int64.
    Streak {
        step: SpanUnit,
        longest: bool,
    },
    /// Least-squares slope of the per-step sums of `of` over the steps that lie whole in the
    /// window. Float64 per step; null without a bounded window of at least two such steps.
    Slope {
        of: Sql,
        step: SpanUnit,
    },
    /// Points of events that fade with age, each rounded half away from zero to four digits.
    /// Decimal128(38,4).
    Decayed {
        points: Fixed,
        decay: Option<Decay>,
    },
    /// How often the steps were completed in order, without overlap. Int64.
    Sequence {
        steps: Vec<SequenceStep>,
    },
}

impl Aggregate {
    /// True if the value is made of dates or of what came after what: what has no date cannot say.
    pub fn reads_dates(&self) -> bool {
        matches!(
            self,
            Aggregate::DaysSince { .. }
                | Aggregate::FirstDay { .. }
                | Aggregate::Gap { .. }
                | Aggregate::Active { .. }
                | Aggregate::Streak { .. }
                | Aggregate::Sequence { .. }
        )
    }
}

/// Which of the gaps between active days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapPick {
    Mean,
    Min,
    Max,
    Median,
}

/// One step of a sequence: which events take it, and how long after the step before at most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SequenceStep {
    pub filter: Sql,
    pub within: Option<Span>,
}

/// The stretch of time that counts, by local date of the instant.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FoldWindow {
    Lifetime,
    /// With D the local date of the instant moved back by `before`: the `last` ending with D.
    Rolling {
        last: Span,
        before: Option<Span>,
    },
    /// The stretch as of the date of the instant moved back by `back`. One that is still running
    /// ends with that date: days 1 … n of this month, moved back, are days 1 … n of an earlier one.
    Calendar {
        stretch: Calendar,
        back: Option<Span>,
    },
    /// From the last event in the lifetime that matches, that event included.
    Since {
        filter: Sql,
    },
    /// An event that names an order counts by the date of the order's first event: a refund in
    /// March of an order of January counts in January.
    ByOrder {
        window: Box<FoldWindow>,
    },
    /// The window as of the last step of the calendar that is over: with D in a step that still
    /// runs, as of the day before it began. A step whose last day is D is over.
    Whole {
        step: SpanUnit,
        window: Box<FoldWindow>,
    },
}

impl FoldIndicator {
    /// True if both compute the same value, whatever it is called.
    pub fn is_same_as(&self, other: &FoldIndicator) -> bool {
        (&self.aggregate, &self.filter, &self.window) == (&other.aggregate, &other.filter, &other.window)
    }

    /// What a null of this column means: nothing happened, so there is nothing to state (true), or
    /// it was never given (false). Counts and sums are null only where no source covers them.
    pub fn null_is_not_applicable(&self) -> bool {
        matches!(
            self.aggregate,
            Aggregate::Min { .. }
                | Aggregate::Max { .. }
                | Aggregate::Stddev { .. }
                | Aggregate::Percentile { .. }
                | Aggregate::DaysSince { .. }
                | Aggregate::Gap { .. }
                | Aggregate::Slope { .. }
        )
    }
}
