//! Drift (漂移): how far indicators, scores and tiers have moved between two gradings, by the
//! population stability index.

use gradus_model::Text;
use gradus_stats::stability::{Band, DEFAULT_EPSILON, Stability};
use serde::Serialize;

use crate::words::percent;

/// Quantile bins of the earlier grading.
const N_BINS: u32 = 10;

/// What moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OfWhat {
    Indicator,
    Score,
    Tier,
}

/// The bands .10 and .25.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftBand {
    Stable,
    Watch,
    Shifted,
}

impl DriftBand {
    pub fn words(self) -> Text {
        match self {
            DriftBand::Stable => Text::new("稳定", "stable"),
            DriftBand::Watch => Text::new("需留意", "to be watched"),
            DriftBand::Shifted => Text::new("明显偏移", "shifted"),
        }
    }
}

/// Values before and after.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Numbers(Vec<Option<f64>>, Vec<Option<f64>>),
    /// What is said of each, with titles in their order; none where nothing is.
    Names(Vec<(String, Text)>, Vec<Option<usize>>, Vec<Option<usize>>),
}

/// One thing that may have moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    pub what: OfWhat,
    pub name: String,
    pub title: Text,
    pub values: Values,
}

/// How far it has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drifted {
    pub what: OfWhat,
    pub name: String,
    pub title: Text,
    pub psi: f64,
    pub band: DriftBand,
    pub bins: Vec<DriftBin>,
    /// Which bin moved most, in words; empty where nothing did.
    pub words: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DriftBin {
    pub label: Text,
    /// Which values it holds; none: those of no name of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holds: Option<Holds>,
    /// Shares of the customers.
    pub base: f64,
    pub current: f64,
    /// What it adds to the index.
    pub part: f64,
}

/// The values of a bin.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    /// Numbers above the one and up to the other.
    Between(Option<f64>, Option<f64>),
    Named(String),
    /// No value.
    Nothing,
}

/// Everything that was watched, the most drifted first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drift {
    pub n_base: u64,
    pub n_current: u64,
    pub all: Vec<Drifted>,
    pub verdict: Text,
}

/// What was measured of each, together.
pub fn drift(mut all: Vec<Drifted>, n_base: u64, n_current: u64) -> Drift {
    all.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.name.cmp(&b.name)));
    let n = |band: DriftBand| all.iter().filter(|one| one.band == band).count();
    let (shifted, watch) = (n(DriftBand::Shifted), n(DriftBand::Watch));
    let most: Vec<&Drifted> = all.iter().filter(|one| one.band != DriftBand::Stable).take(3).collect();
    let named = |of: &dyn Fn(&Drifted) -> String, by: &str| {
        most.iter().map(|one| of(one)).collect::<Vec<_>>().join(by)
    };
    let verdict = match (shifted, watch) {
        (0, 0) => Text::new(
            format!("{} 项都稳定（PSI 均低于 0.10）", all.len()),
            format!("all {} are stable (each PSI below 0.10)", all.len()),
        ),
        _ => Text::new(
            format!(
                "{} 项中 {shifted} 项明显偏移（PSI ≥ 0.25），{watch} 项需留意（≥ 0.10）：{}",
                all.len(),
                named(&|one| format!("{} {:.3}", one.title.zh, one.psi), "，")
            ),
            format!(
                "of {} things {shifted} have shifted (PSI from 0.25), {watch} are to be watched (from 0.10): {}",
                all.len(),
                named(&|one| format!("{} {:.3}", one.title.en, one.psi), ", ")
            ),
        ),
    };
    Drift { n_base, n_current, all, verdict }
}

/// How far one of them moved; `None` if one of the gradings does not have it at all.
pub fn measure(watched: Watched) -> Option<Drifted> {
    let unknown = || Text::new("未知或不适用", "unknown or not applicable");
    let (found, mut labels) = match &watched.values {
        Values::Numbers(base, current) => {
            let found = Stability::of_values(base, current, N_BINS, DEFAULT_EPSILON)?;
            let labels =
                (0..=found.edges.len()).map(|bin| (label(&found.edges, bin), holds(&found.edges, bin)));
            let labels: Vec<(Text, Option<Holds>)> = labels.collect();
            (found, labels)
        }
        Values::Names(titles, base, current) => {
            let has_none = base.iter().chain(current).any(Option::is_none);
            let count = |of: &[Option<usize>]| {
                let mut counts = vec![0.0; titles.len() + usize::from(has_none)];
                of.iter().for_each(|at| counts[at.unwrap_or(titles.len())] += 1.0);
                counts
            };
            let found = Stability::of_counts(count(base), count(current), DEFAULT_EPSILON)?;
            // The others have no name.
            let named = |name: &String| (!name.is_empty()).then(|| Holds::Named(name.clone()));
            (found, titles.iter().map(|(name, title)| (title.clone(), named(name))).collect())
        }
    };
    if found.base.len() > labels.len() {
        let label = match watched.what {
            OfWhat::Tier => Text::new("未定级", "not graded"),
            _ => unknown(),
        };
        labels.push((label, Some(Holds::Nothing)));
    }
    let band = match Band::of(found.psi) {
        Band::Stable => DriftBand::Stable,
        Band::Watch => DriftBand::Watch,
        Band::Shifted => DriftBand::Shifted,
    };
    let (n_base, n_current): (f64, f64) = (found.base.iter().sum(), found.current.iter().sum());
    let bins: Vec<DriftBin> = labels
        .into_iter()
        .zip(found.base.iter().zip(&found.current).zip(&found.parts))
        .map(|((label, holds), ((base, current), part))| DriftBin {
            label,
            holds,
            base: base / n_base,
            current: current / n_current,
            part: *part,
        })
        .collect();
    let most = bins.iter().max_by(|a, b| a.part.total_cmp(&b.part)).filter(|bin| bin.part > 1e-6);
    let words = most.map_or_else(Text::default, |bin| {
        let (from, to) = (percent(bin.base), percent(bin.current));
        Text::new(format!("{}：{from} → {to}", bin.label.zh), format!("{}: {from} → {to}", bin.label.en))
    });
    Some(Drifted {
        what: watched.what,
        name: watched.name,
        title: watched.title,
        psi: found.psi,
        band,
        bins,
        words,
    })
}

fn holds(edges: &[f64], bin: usize) -> Option<Holds> {
    let above = bin.checked_sub(1).and_then(|at| edges.get(at)).copied();
    Some(Holds::Between(above, edges.get(bin).copied()))
}

fn label(edges: &[f64], bin: usize) -> Text {
    let shown = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    let below = bin.checked_sub(1).and_then(|at| edges.get(at)).copied();
    match (below, edges.get(bin).copied()) {
        (None, None) => Text::new("有值", "known"),
        (None, Some(to)) => Text::plain(format!("≤ {}", shown(to))),
        (Some(from), None) => Text::plain(format!("> {}", shown(from))),
        (Some(from), Some(to)) => Text::plain(format!("{} – {}", shown(from), shown(to))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(name: &str, base: Vec<f64>, current: Vec<f64>) -> Watched {
        let some = |values: Vec<f64>| values.into_iter().map(Some).collect();
        Watched {
            what: OfWhat::Indicator,
            name: name.into(),
            title: Text::plain(name),
            values: Values::Numbers(some(base), some(current)),
        }
    }

    #[test]
    fn what_drifted_most_comes_first_and_is_named() {
        let base: Vec<f64> = (0..1000).map(f64::from).collect();
        let moved: Vec<f64> = base.iter().map(|value| value + 400.0).collect();
        let levels = ["low", "high"].map(|name| (name.to_string(), Text::plain(name))).to_vec();
        let tier = Watched {
            what: OfWhat::Tier,
            name: "member".into(),
            title: Text::plain("member"),
            values: Values::Names(
                levels,
                (0..100).map(|at| Some(usize::from(at < 20))).collect(),
                (0..100).map(|at| (at > 1).then(|| usize::from(at < 36))).collect(),
            ),
        };
        let found = drift(
            [numbers("same", base.clone(), base.clone()), tier, numbers("spend", base, moved)]
                .into_iter()
                .filter_map(measure)
                .collect(),
            1000,
            1000,
        );
        let bands: Vec<(&str, DriftBand)> =
            found.all.iter().map(|one| (one.name.as_str(), one.band)).collect();
        assert_eq!(
            bands,
            [("spend", DriftBand::Shifted), ("member", DriftBand::Watch), ("same", DriftBand::Stable)]
        );
        assert_eq!(found.all[1].bins[2].label.zh, "未定级");
        let holds: Vec<_> = found.all[1].bins.iter().map(|bin| bin.holds.clone()).collect();
        let named = |name: &str| Some(Holds::Named(name.into()));
        assert_eq!(holds, [named("low"), named("high"), Some(Holds::Nothing)]);
        let of = |at: usize| found.all[0].bins[at].holds.clone();
        assert!(matches!(of(0), Some(Holds::Between(None, Some(_)))));
        assert!(matches!(of(9), Some(Holds::Between(Some(_), None))));
        assert!(
            found.verdict.zh.starts_with("3 项中 1 项明显偏移（PSI ≥ 0.25），1 项需留意（≥ 0.10）：spend")
        );
        assert_eq!(found.all[2].words, Text::default());
    }

    #[test]
    fn what_one_side_does_not_have_is_left_out() {
        let found = drift(measure(numbers("gone", vec![], vec![1.0])).into_iter().collect(), 0, 1);
        assert!(found.all.is_empty());
        assert_eq!(found.verdict.zh, "0 项都稳定（PSI 均低于 0.10）");
    }
}
