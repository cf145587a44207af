//! Indicators (指标): one number or category per customer as of an instant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, Sql};
use crate::Text;

/// One indicator as written. `kind` says how events become one value; which of the other keys
/// apply follows from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Text>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    pub kind: IndicatorKind,
    /// What is counted, summed or kept: an expression over the columns of the event.
    /// `amount`, `quantity * 2`, `category` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Sql>,
    /// Which events count: an expression over the columns of the event.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<Sql>,
    /// Which stretch of time counts. The whole life if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,
    /// For `share`: the events whose share is asked. For `formula`: see `of`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<Sql>,
    /// For `ratio`: the name of the indicator below the line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over: Option<Sql>,
    /// For `percentile`: which, between 0 and 1. 0.5 is the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<Number>,
    /// For `average`: per what; `event` (default) or `order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Sql>,
    /// For `slope`, `active`, `streak`: the unit of time that makes one step; for `days_since`
    /// and `gap` days always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<SpanUnit>,
    /// For `gap`: `mean` (default), `min`, `max` or `median` of the days between active days; for
    /// `days_since`: `last` (default) or `first`; for `streak`: `current` (default) or `longest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pick: Option<String>,
    /// Compares with another stretch of time: the value becomes the relative change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compare: Option<Compare>,
    /// For `first` and `last`: which event comes first when times are equal is decided by event id.
    /// For `distinct`, `percentile`, `most_frequent`: state is exact up to this many values per
    /// customer; beyond it the customer is refolded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<u32>,
    /// By whose date refunds count: their own (default) or their order's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunds_count_by: Option<RefundDate>,
    /// The value when no event is in the window but a source covers it. Left out: zero for counts
    /// and sums, not applicable otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<Number>,
    /// What the indicator is used for, `service` if left out; consent masks by it.
    #[serde(default = "service", skip_serializing_if = "is_service")]
    pub purpose: String,
    /// Unit shown to people: `GBP`, `天` ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Text>,
}

fn service() -> String {
    "service".into()
}

fn is_service(purpose: &String) -> bool {
    purpose == "service"
}

/// How events become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IndicatorKind {
    /// Number of events.
    Count,
    /// Number of distinct orders.
    Orders,
    /// Sum of `of`.
    Sum,
    /// Mean of `of` per event, or per order.
    Average,
    Min,
    Max,
    /// Number of distinct values of `of`.
    Distinct,
    /// `of` at the first event.
    First,
    /// `of` at the last event: the way to read an attribute.
    Last,
    /// The value of `of` that occurs most often; ties go to the smallest.
    MostFrequent,
    /// Sample standard deviation of `of`.
    Stddev,
    /// Percentile of `of`, linear interpolation between order statistics.
    Percentile,
    /// Local dates from the last (or first) event to the instant. What a back-load left without a date
    /// has none to count, here, in `gap`, `active`, `streak` and sequences.
    DaysSince,
    /// Days between consecutive active days: mean, min, max or median.
    Gap,
    /// Number of local days, weeks or months with an event.
    Active,
    /// Consecutive active days, weeks or months: the current run or the longest.
    Streak,
    /// Least-squares slope of `of`, summed per step, over whole steps of the calendar: `window: 12
    /// months` as of 15 March is March to February, as of 31 March April to March. The step that still
    /// runs is left out, and so is one of which the window holds only a part.
    Slope,
    /// `of` of the events matching `share`, divided by `of` of all.
    Share,
    /// One indicator divided by another: `of` over `over`.
    Ratio,
    /// An SQL expression over other indicators.
    Formula,
}

/// By whose date a refund counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefundDate {
    Own,
    Order,
}

/// A stretch of time by local date. Months, quarters and years end with the same date, N months
/// earlier; as of the last day of a month, N months are N whole months: `6 months` as of 29 February
/// begins on 1 September. Exactly one of `last`, `calendar`, `since` is given, or none of them for
/// the whole life.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Window {
    /// `90 days`: the local dates D-89 … D.
    Short(Span),
    Long(Period),
}

/// The long form of a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    /// A rolling stretch that ends with the local date of the instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<Span>,
    /// Moves a rolling stretch back by this much: `last: 90 days, before: 90 days` is the
    /// stretch before the last 90 days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Span>,
    /// A calendar stretch by local date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<Calendar>,
    /// From the last event that matches this expression, that event included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Sql>,
}

/// A calendar stretch by local date. `this_` stretches end with the instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    ThisMonth,
    LastMonth,
    ThisQuarter,
    LastQuarter,
    ThisYear,
    LastYear,
}

/// With what a value is compared; the result is (value - then) / |then|. A calendar stretch that still
/// runs is compared with as much of the other one: the 1st to the 15th of this month with the 1st to
/// the 15th of the month before, at most to its end; a month that is over with a whole month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compare {
    /// The same stretch just before: the last 90 days with the 90 days before them, this month with
    /// the month before (环比).
    PreviousPeriod,
    /// The same stretch a year earlier (同比).
    LastYear,
}

/// A number of days, weeks, months, quarters or years, written `90 days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    pub n: u32,
    pub unit: SpanUnit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SpanUnit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Span {
    /// How many days it has on average.
    pub fn mean_days(self) -> f64 {
        let unit = match self.unit {
            SpanUnit::Day => 1.0,
            SpanUnit::Week => 7.0,
            SpanUnit::Month => 365.25 / 12.0,
            SpanUnit::Quarter => 365.25 / 4.0,
            SpanUnit::Year => 365.25,
        };
        f64::from(self.n) * unit
    }
}

impl std::str::FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let unit = match text[split..].trim() {
            "day" | "days" | "天" | "日" => SpanUnit::Day,
            "week" | "weeks" | "周" => SpanUnit::Week,
            "month" | "months" | "个月" | "月" => SpanUnit::Month,
            "quarter" | "quarters" | "季度" | "个季度" => SpanUnit::Quarter,
            "year" | "years" | "年" => SpanUnit::Year,
            _ => return Err(SPAN_FORM.into()),
        };
        match text[..split].parse::<u32>() {
            Ok(n) if (1..=36_500).contains(&n) => Ok(Span { n, unit }),
            _ => Err(SPAN_FORM.into()),
        }
    }
}

const SPAN_FORM: &str = "a number of days, weeks, months, quarters or years, such as `90 days`";

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            SpanUnit::Day => "days",
            SpanUnit::Week => "weeks",
            SpanUnit::Month => "months",
            SpanUnit::Quarter => "quarters",
            SpanUnit::Year => "years",
        };
        write!(f, "{} {unit}", self.n)
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9]+ ?(days?|weeks?|months?|quarters?|years?|天|日|周|个?月|个?季度|年)$",
            "description": "A number of days, weeks, months, quarters or years: `90 days`, `12 months`."
        })
    }
}
