//! What a graded base looks like as a whole: counts, shares, distributions and how they moved.
//! Everything is computed from grading's output alone, so the same numbers stand in the terminal,
//! in the report and in JSON.

mod base;
mod distribution;
mod migration;
#[cfg(test)]
#[path = "tests/synthetic.rs"]
pub(crate) mod synthetic;
mod text;

use gradus_grading::grade::{NotGradedReason, OutputKind};
use gradus_model::Text;
use serde::{Deserialize, Serialize};

pub use base::GradedBase;
pub(crate) use base::{Codes, NONE, UNKNOWN, plain};
pub use distribution::{Histogram, RfmCell, RfmMap, ScoreSummary, ValueSummary};
pub use migration::{LevelHistory, LevelPoint, Migration, Mover, level_point, migrate};
pub(crate) use text::{aligned_table, states};
pub use text::{display_width, grouped, percent, render_text};

/// Which indicators the summary may use.
#[derive(Debug, Clone, Default)]
pub struct SummaryOptions {
    /// An indicator in money, whose total is shared out over tiers, segments and groups.
    pub value_indicator: Option<String>,
    /// Indicators of recency (fewer days are better) and frequency for the RFM map.
    pub recency: Option<String>,
    pub frequency: Option<String>,
    /// The money in the RFM map; the value indicator if not given.
    pub monetary: Option<String>,
    /// How many customers to name who rose or fell the most, of each.
    pub n_movers: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum SummaryError {
    #[error("the graded customers have no column `{0}`")]
    MissingColumn(String),
    #[error("the column `{0}` is not a number")]
    NotANumber(String),
    #[error("a number in the column `{0}` is too large to be summed")]
    TooLarge(String),
    #[error("the column `{0}` has more different names than a table can show")]
    TooManyNames(String),
    #[error("there is no instant to summarise")]
    NoInstant,
    #[error("graded customers could not be read: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
}

/// The last instant in full, and how it came about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub latest: InstantSummary,
    /// One per tier scheme: its levels at each instant, ascending.
    pub history: Vec<LevelHistory>,
    /// One per tier scheme, from the last instant but one to the last; empty with one instant.
    pub migrations: Vec<Migration>,
}

/// One instant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstantSummary {
    pub as_of: String,
    pub as_of_us: i64,
    pub model_title: Text,
    pub n_customers: u64,
    pub value: Option<ValueSummary>,
    pub tiers: Vec<TierSummary>,
    pub scores: Vec<ScoreSummary>,
    pub segments: Vec<SegmentSummary>,
    pub groupings: Vec<GroupingSummary>,
    pub rfm: Option<RfmMap>,
}

/// How many customers something holds, and how much of the money.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub title: Text,
    pub count: u64,
    /// Of all customers, 0 to 1.
    pub share: f64,
    /// Sum of the value indicator over those whose value is known; none without that indicator.
    pub value: Option<f64>,
    /// Of the total over all customers; none if that total is not positive.
    pub value_share: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TierSummary {
    pub name: String,
    pub title: Text,
    /// Lowest first; levels without customers included.
    pub levels: Vec<Part>,
    pub n_graded: u64,
    pub n_not_graded: u64,
    /// Graded, but what is unknown could change the level.
    pub n_provisional: u64,
    /// Those without a level, by reason.
    pub not_graded: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentSummary {
    pub members: Part,
    /// Customers of whom it cannot be told.
    pub n_unknown: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupingSummary {
    pub name: String,
    pub title: Text,
    pub groups: Vec<Part>,
    /// In no group.
    pub n_none: u64,
}

/// Summarises instants that ascend in time. Of the earlier ones only `customer` and the tiers are
/// read, so [`GradedBase::tiers_only`] is enough for them.
pub fn summarise(bases: &[GradedBase], options: &SummaryOptions) -> Result<Summary, SummaryError> {
    let last = bases.last().ok_or(SummaryError::NoInstant)?;
    let latest = summarise_instant(last, options)?;
    let history = migration::history(bases)?;
    let migrations = match bases {
        [.., before, after] => migrate(before, after, options)?,
        _ => Vec::new(),
    };
    Ok(Summary { latest, history, migrations })
}

/// Most groups that a table for people shows; the smaller ones are shown as one.
pub const SHOWN_GROUPS: usize = 15;

impl GroupingSummary {
    /// The groups that people are shown: beyond [`SHOWN_GROUPS`] the smallest are put together.
    pub fn shown(&self) -> Vec<Part> {
        if self.groups.len() <= SHOWN_GROUPS {
            return self.groups.clone();
        }
        let (first, rest) = self.groups.split_at(SHOWN_GROUPS - 1);
        let sum = |of: fn(&Part) -> Option<f64>| rest.iter().map(of).sum::<Option<f64>>();
        let mut shown = first.to_vec();
        shown.push(Part {
            name: String::new(),
            title: Text::new(format!("其他 {} 组", rest.len()), format!("{} others", rest.len())),
            count: rest.iter().map(|part| part.count).sum(),
            share: rest.iter().map(|part| part.share).sum(),
            value: sum(|part| part.value),
            value_share: sum(|part| part.value_share),
        });
        shown
    }
}

/// Summarises one instant.
pub fn summarise_instant(
    base: &GradedBase,
    options: &SummaryOptions,
) -> Result<InstantSummary, SummaryError> {
    let value_name = options.value_indicator.as_deref().filter(|name| base.has(name));
    let values = value_name.map(|name| base.fixed(name)).transpose()?;
    let money = Money::new(values.as_deref(), base.n_customers());
    let value =
        value_name.map(|name| distribution::value_summary(base, name, values.as_deref().unwrap_or(&[])));

    let mut tiers = Vec::new();
    for column in base.of_kind(OutputKind::Tier).filter(|column| base.has(&column.name)) {
        tiers.push(tier_summary(base, &column.name, &money)?);
    }
    let mut scores = Vec::new();
    for column in base.of_kind(OutputKind::Score).filter(|column| base.has(&column.name)) {
        scores.push(distribution::score_summary(base, column)?);
    }
    let mut segments = Vec::new();
    for column in base.of_kind(OutputKind::Segment).filter(|column| base.has(&column.name)) {
        segments.push(segment_summary(base, &column.name, &column.title, &money)?);
    }
    let mut groupings = Vec::new();
    // Groups of customers that are alike are a grouping whose names a fit gave.
    let named = base.of_kind(OutputKind::Prediction).filter(|column| !column.values.is_empty());
    let all = base.of_kind(OutputKind::Grouping).chain(named);
    for column in all.filter(|column| base.has(&column.name)) {
        let codes = base.codes(&column.name, &column.values, plain)?;
        let (mut groups, n_none) = money.parts(&codes);
        if column.values.is_empty() {
            // Groups that are named by what occurs have no order of their own: the largest first.
            groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        }
        groupings.push(GroupingSummary {
            name: column.name.clone(),
            title: column.title.clone(),
            groups,
            n_none,
        });
    }
    let rfm = distribution::rfm_map(base, options)?;
    Ok(InstantSummary {
        as_of: base.as_of.clone(),
        as_of_us: base.as_of_us,
        model_title: base.model_title.clone(),
        n_customers: base.n_customers() as u64,
        value,
        tiers,
        scores,
        segments,
        groupings,
        rfm,
    })
}

fn tier_summary(base: &GradedBase, name: &str, money: &Money<'_>) -> Result<TierSummary, SummaryError> {
    let column = base.column(name).ok_or_else(|| SummaryError::MissingColumn(name.to_string()))?;
    let levels = base.codes(name, &column.values, plain)?;
    let (parts, n_not_graded) = money.parts(&levels);
    let reason_name = base
        .of_kind(OutputKind::TierReason)
        .find(|reason| reason.of == column.of && base.has(&reason.name))
        .map(|reason| reason.name.clone());
    let title = |code: &str| -> Text {
        NotGradedReason::from_code(code).map_or_else(|| Text::plain(code), NotGradedReason::title)
    };
    let mut reasons = match reason_name {
        None => Codes { names: Vec::new(), codes: vec![NONE; levels.codes.len()] },
        Some(reason) => base.codes(&reason, &[], title)?,
    };
    // Whoever has no level is shown with a reason, even if none was recorded; and a reason counts
    // only where there is no level. So the parts add up to all customers.
    let unrecorded = reasons.names.len() as u16;
    reasons.names.push(("unrecorded".to_string(), Text::new("原因未记录", "reason not recorded")));
    for (reason, level) in reasons.codes.iter_mut().zip(&levels.codes) {
        *reason = match (*level == NONE, *reason == NONE) {
            (false, _) => NONE,
            (true, true) => unrecorded,
            (true, false) => *reason,
        };
    }
    let mut not_graded = money.parts(&reasons).0;
    not_graded.retain(|part| part.count > 0);
    not_graded.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    let mut n_provisional = 0;
    let provisional = base
        .of_kind(OutputKind::TierProvisional)
        .find(|own| own.of == column.of && base.has(&own.name))
        .map(|own| own.name.clone());
    if let Some(provisional) = provisional {
        n_provisional = base.booleans(&provisional)?.iter().map(|array| array.true_count() as u64).sum();
    }
    Ok(TierSummary {
        name: name.to_string(),
        title: column.title.clone(),
        levels: parts,
        n_graded: base.n_customers() as u64 - n_not_graded,
        n_not_graded,
        n_provisional,
        not_graded,
    })
}

fn segment_summary(
    base: &GradedBase,
    name: &str,
    title: &Text,
    money: &Money<'_>,
) -> Result<SegmentSummary, SummaryError> {
    use arrow::array::Array;
    let (mut count, mut sum, mut n_unknown, mut row) = (0u64, 0i128, 0u64, 0usize);
    for array in base.booleans(name)? {
        n_unknown += array.null_count() as u64;
        let members = match array.nulls() {
            Some(nulls) => array.values() & nulls.inner(),
            None => array.values().clone(),
        };
        count += members.count_set_bits() as u64;
        if let Some(values) = money.values {
            for member in members.set_indices() {
                if let Some(value) = values.get(row + member).filter(|value| **value != UNKNOWN) {
                    sum += i128::from(*value);
                }
            }
        }
        row += array.len();
    }
    Ok(SegmentSummary { members: money.part(name, title, count, sum), n_unknown })
}

/// Shares customers and money out.
pub(crate) struct Money<'v> {
    /// Ten-thousandths by row.
    pub values: Option<&'v [i64]>,
    pub n_customers: usize,
    pub total: i128,
}

impl<'v> Money<'v> {
    pub fn new(values: Option<&'v [i64]>, n_customers: usize) -> Money<'v> {
        let known = values.unwrap_or(&[]).iter().filter(|value| **value != UNKNOWN);
        let total = known.map(|value| i128::from(*value)).sum();
        Money { values, n_customers, total }
    }

    pub fn part(&self, name: &str, title: &Text, count: u64, sum: i128) -> Part {
        Part {
            name: name.to_string(),
            title: title.clone(),
            count,
            share: if self.n_customers == 0 { 0.0 } else { count as f64 / self.n_customers as f64 },
            value: self.values.map(|_| units(sum)),
            value_share: (self.values.is_some() && self.total > 0).then(|| sum as f64 / self.total as f64),
        }
    }

    /// The parts of a column of names, and how many rows are in none.
    pub fn parts(&self, codes: &Codes) -> (Vec<Part>, u64) {
        let mut counts = vec![0u64; codes.names.len()];
        let mut sums = vec![0i128; codes.names.len()];
        let mut n_none = 0;
        match self.values {
            None => {
                for code in &codes.codes {
                    match counts.get_mut(usize::from(*code)) {
                        Some(count) => *count += 1,
                        None => n_none += 1,
                    }
                }
            }
            Some(values) => {
                for (code, value) in codes.codes.iter().zip(values) {
                    let code = usize::from(*code);
                    match (counts.get_mut(code), sums.get_mut(code)) {
                        (Some(count), Some(sum)) => {
                            *count += 1;
                            if *value != UNKNOWN {
                                *sum += i128::from(*value);
                            }
                        }
                        _ => n_none += 1,
                    }
                }
            }
        }
        let parts = codes
            .names
            .iter()
            .zip(counts.iter().zip(&sums))
            .map(|((name, title), (count, sum))| self.part(name, title, *count, *sum))
            .collect();
        (parts, n_none)
    }
}

/// Whole units of ten-thousandths.
pub(crate) fn units(ten_thousandths: i128) -> f64 {
    ten_thousandths as f64 / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::synthetic::{Month, base};
    use super::*;

    pub(crate) fn options() -> SummaryOptions {
        SummaryOptions {
            value_indicator: Some("monetary".into()),
            recency: Some("recency".into()),
            frequency: Some("frequency".into()),
            monetary: None,
            n_movers: 5,
        }
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let summary = summarise_instant(&base(Month(0), 1000), &options()).unwrap();
        let tier = &summary.tiers[0];
        assert_eq!((tier.n_graded, tier.n_not_graded), (900, 100));
        assert_eq!(tier.levels.iter().map(|level| level.count).sum::<u64>(), 900);
        assert_eq!(tier.not_graded.iter().map(|part| part.count).sum::<u64>(), 100);
        assert_eq!(tier.not_graded[0].title.en, "not eligible");
        let shares: f64 =
            tier.levels.iter().chain(&tier.not_graded).filter_map(|part| part.value_share).sum();
        assert!((shares - 1.0).abs() < 1e-12, "{shares}");
        let groups = &summary.groupings[0];
        assert_eq!(groups.groups.iter().map(|group| group.count).sum::<u64>() + groups.n_none, 1000);
        let segment = &summary.segments[0];
        assert_eq!(segment.n_unknown, 111);
        assert!(segment.members.count > 0 && segment.members.value.unwrap() > 0.0);
        let rfm = summary.rfm.unwrap();
        assert_eq!(rfm.cells.iter().flatten().map(|cell| cell.count).sum::<u64>(), 1000);
        let value = summary.value.unwrap();
        assert!(value.top20_share.unwrap() > 0.4 && value.gini.unwrap() > 0.3);
    }

    #[test]
    fn nobody_and_unknown_indicators_are_summarised_too() {
        let empty = summarise_instant(&base(Month(0), 0), &options()).unwrap();
        assert_eq!((empty.n_customers, empty.tiers.len()), (0, 1));
        let mut odd = options();
        odd.value_indicator = Some("no_such".into());
        let summary = summarise(&[base(Month(0), 10)], &odd).unwrap();
        assert!(summary.latest.value.is_none() && summary.migrations.is_empty());
        assert!(summary.latest.tiers[0].levels[0].value.is_none());
        assert!(matches!(summarise(&[], &odd), Err(SummaryError::NoInstant)));
    }

    /// `cargo test -p gradus-workspace five_million -- --ignored --nocapture`.
    #[test]
    #[ignore = "takes a while to build its customers"]
    fn five_million_customers_in_a_few_seconds() {
        let bases = [base(Month(0), 5_000_000), base(Month(1), 5_000_000)];
        let start = std::time::Instant::now();
        let latest = summarise_instant(&bases[1], &options()).unwrap();
        let one = start.elapsed();
        let migrations = migrate(&bases[0], &bases[1], &options()).unwrap();
        eprintln!("one instant {one:?}, migration {:?}", start.elapsed() - one);
        assert_eq!((latest.n_customers, migrations[0].n_up > 0), (5_000_000, true));
        assert!(start.elapsed().as_secs() < 20);
    }

    #[test]
    fn nobody_disappears_without_a_reason() {
        let mut bare = base(Month(0), 100);
        bare.columns.retain(|column| column.kind != OutputKind::TierReason);
        let tier = &summarise_instant(&bare, &options()).unwrap().tiers[0];
        assert_eq!((tier.not_graded.len(), tier.not_graded[0].count), (1, 10));
        assert_eq!(tier.not_graded[0].name, "unrecorded");
    }

    #[test]
    fn a_summary_survives_json() {
        let bases = [base(Month(0), 200), base(Month(1), 220)];
        let summary = summarise(&bases, &options()).unwrap();
        let json = serde_json::to_string(&summary).unwrap();
        assert_eq!(serde_json::from_str::<Summary>(&json).unwrap().history, summary.history);
    }
}
