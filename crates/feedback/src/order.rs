//! Whether a higher group has the better outcome: the order, and where it is contradicted.

use gradus_model::Text;
use gradus_model::document::Better;
use gradus_stats::mean::{Sample, welch};
use gradus_stats::proportion::{two_proportions, wilson};
use serde::Serialize;

use crate::LEVEL;
use crate::interval::Interval;
use crate::sides::Came;
use crate::words::{difference, figure, p_value};

/// A difference counts from here on.
const ALPHA: f64 = 0.05;

/// An outcome of one group of customers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    pub outcome: String,
    /// Customers of whom it is asked.
    pub n: u64,
    /// Of a share, how many; of an amount none.
    pub n_with: Option<u64>,
    /// Of an amount, all of it.
    pub total: Option<f64>,
    /// The share, or the mean of each customer; none without customers, an amount's needs two.
    pub each: Option<Interval>,
    /// The amounts' sample, to compare with.
    #[serde(skip)]
    sample: Option<Sample>,
}

impl Measured {
    /// Of the customers at these places.
    pub fn of(came: &Came, customers: impl Iterator<Item = usize>) -> Measured {
        let values: Vec<f64> = customers.filter_map(|at| came.values[at]).collect();
        let n = values.len() as u64;
        if came.is_share() {
            let n_with = values.iter().filter(|value| **value > 0.5).count() as u64;
            let each = wilson(n_with, n, LEVEL).map(Interval::from);
            return Measured {
                outcome: came.name.clone(),
                n,
                n_with: Some(n_with),
                total: None,
                each,
                sample: None,
            };
        }
        let sample = Sample::of(&values);
        let each = sample.and_then(|sample| sample.interval(LEVEL)).map(Interval::from);
        let total = Some(values.iter().sum());
        Measured { outcome: came.name.clone(), n, n_with: None, total, each, sample }
    }

    /// This group's figure less another's, and how likely chance alone makes as much; none where there is
    /// too little to say.
    pub fn less(&self, other: &Measured) -> Option<(Interval, f64)> {
        match (self.n_with, other.n_with) {
            (Some(own), Some(others)) => {
                let found = two_proportions((own, self.n), (others, other.n), LEVEL)?;
                Some((found.difference.into(), found.p))
            }
            _ => {
                let found = welch(&self.sample?, &other.sample?, LEVEL)?;
                Some((found.difference.into(), found.p))
            }
        }
    }

    fn value(&self) -> Option<f64> {
        self.each.map(|each| each.value).or(self.sample.map(|sample| sample.mean))
    }
}

/// Whether the groups come out in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Each higher group came out better.
    Holds,
    /// Some higher group came out worse, by no more than chance does.
    Unclear,
    /// Some higher group came out clearly worse.
    Contradicted,
    /// There are not two groups to compare.
    Nothing,
}

/// A higher group that came out worse than a lower one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contradiction {
    pub lower: String,
    pub higher: String,
    /// The higher group's figure less the lower one's.
    pub difference: Interval,
    pub p: f64,
    pub words: Text,
}

/// The order of groups by one outcome.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    pub outcome: String,
    pub standing: Standing,
    /// Clear ones, those of neighbours first.
    pub contradictions: Vec<Contradiction>,
    pub words: Text,
}

/// Holds groups, from the lowest, against one outcome. A group with fewer than `at_least` customers of
/// whom it is asked has no say.
pub fn order(came: &Came, groups: &[(&str, &Text, &Measured)], at_least: u64) -> Order {
    let sign = if came.better == Better::More { 1.0 } else { -1.0 };
    let with: Vec<_> = groups
        .iter()
        .filter(|(_, _, measured)| measured.n >= at_least.max(1))
        .filter_map(|(name, title, measured)| Some((*name, *title, *measured, measured.value()?)))
        .collect();
    let mut contradictions = Vec::new();
    let mut is_rising = true;
    for gap in 1..with.len() {
        for at in gap..with.len() {
            let ((lower, lower_title, low, low_value), (higher, higher_title, high, high_value)) =
                (&with[at - gap], &with[at]);
            if sign * (high_value - low_value) >= 0.0 {
                continue;
            }
            is_rising = false;
            let Some((found, p)) = high.less(low) else { continue };
            if p >= ALPHA {
                continue;
            }
            let by = difference(came, &found);
            let (a, b) = (figure(came, *high_value), figure(came, *low_value));
            contradictions.push(Contradiction {
                lower: lower.to_string(),
                higher: higher.to_string(),
                difference: found,
                p,
                words: Text::new(
                    format!(
                        "{}的{}（{a}）不如{}（{b}）：相差 {}，{}",
                        higher_title.zh,
                        came.title.zh,
                        lower_title.zh,
                        by.zh,
                        p_value(p)
                    ),
                    format!(
                        "{} of {} ({a}) is worse than of {} ({b}): {}, {}",
                        came.title.en,
                        higher_title.en,
                        lower_title.en,
                        by.en,
                        p_value(p)
                    ),
                ),
            });
        }
    }
    let chain = with.iter().map(|(.., value)| figure(came, *value)).collect::<Vec<_>>().join(" → ");
    let standing = match (with.len() < 2, contradictions.is_empty(), is_rising) {
        (true, ..) => Standing::Nothing,
        (_, false, _) => Standing::Contradicted,
        (_, true, true) => Standing::Holds,
        (_, true, false) => Standing::Unclear,
    };
    let (zh, en) = (&came.title.zh, &came.title.en);
    let words = match standing {
        Standing::Holds => Text::new(
            format!("{zh}：由低到高 {chain}，次序成立"),
            format!("{en}: {chain} from the lowest up; the order holds"),
        ),
        Standing::Unclear => Text::new(
            format!("{zh}：由低到高 {chain}，个别次序颠倒，但差别在偶然范围内"),
            format!("{en}: {chain} from the lowest up; some are out of order, by no more than chance does"),
        ),
        Standing::Contradicted => Text::new(
            format!("{zh}：由低到高 {chain}，次序与结果矛盾"),
            format!("{en}: {chain} from the lowest up; the order is contradicted"),
        ),
        Standing::Nothing => {
            Text::new(format!("{zh}：可比较的组不足两个"), format!("{en}: fewer than two groups to compare"))
        }
    };
    Order { outcome: came.name.clone(), standing, contradictions, words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gradus_model::document::Counts;

    fn came(counts: Counts, better: Better, values: Vec<f64>) -> Came {
        Came {
            name: "repurchase".into(),
            title: Text::new("复购率", "Repurchase"),
            counts,
            better,
            values: values.into_iter().map(Some).collect(),
        }
    }

    fn judged(came: &Came, sizes: &[usize]) -> Order {
        let titles: Vec<Text> = (0..sizes.len()).map(|at| Text::plain(format!("g{at}"))).collect();
        let mut start = 0;
        let groups: Vec<Measured> = sizes
            .iter()
            .map(|size| {
                start += size;
                Measured::of(came, start - size..start)
            })
            .collect();
        let listed: Vec<_> =
            groups.iter().zip(&titles).map(|(group, title)| (title.en.as_str(), title, group)).collect();
        order(came, &listed, 1)
    }

    fn shares(parts: &[(usize, usize)]) -> (Vec<f64>, Vec<usize>) {
        let mut values = Vec::new();
        for (with, n) in parts {
            values.extend((0..*n).map(|at| f64::from(at < *with)));
        }
        (values, parts.iter().map(|(_, n)| *n).collect())
    }

    #[test]
    fn the_order_holds_is_unclear_or_contradicted() {
        let of = |parts: &[(usize, usize)], better| {
            let (values, sizes) = shares(parts);
            judged(&came(Counts::Happened, better, values), &sizes)
        };
        let holds = of(&[(10, 100), (30, 100), (60, 100)], Better::More);
        assert_eq!(holds.standing, Standing::Holds);
        assert_eq!(holds.words.zh, "复购率：由低到高 10.0% → 30.0% → 60.0%，次序成立");
        let unclear = of(&[(30, 100), (28, 100)], Better::More);
        assert_eq!((unclear.standing, unclear.contradictions.len()), (Standing::Unclear, 0));
        let against = of(&[(60, 100), (10, 100), (80, 100)], Better::More);
        assert_eq!(against.standing, Standing::Contradicted);
        let found = &against.contradictions[0];
        assert_eq!((found.lower.as_str(), found.higher.as_str()), ("g0", "g1"));
        assert!(
            found.words.zh.starts_with("g1的复购率（10.0%）不如g0（60.0%）：相差 -50.0 个百分点，95% 区间")
        );
        // Where less is better the same shares are the other way round.
        assert_eq!(of(&[(60, 100), (30, 100), (10, 100)], Better::Less).standing, Standing::Holds);
        assert_eq!(of(&[(60, 100)], Better::More).standing, Standing::Nothing);
    }

    #[test]
    fn amounts_are_compared_by_their_spread() {
        let spread = |middle: f64| (0..50).map(move |at| middle + f64::from(at % 11));
        let values: Vec<f64> = spread(100.0).chain(spread(20.0)).collect();
        let found = judged(&came(Counts::Value, Better::More, values), &[50, 50]);
        assert_eq!(found.standing, Standing::Contradicted);
        assert!((found.contradictions[0].difference.value + 80.0).abs() < 1e-9);
    }
}
