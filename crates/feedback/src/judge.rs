//! The judgement over one grading: outcomes by tier, score band and tenth; how well each score tells
//! customers apart; whether what a score promises comes true.

use gradus_model::Text;
use gradus_model::document::Better;
use gradus_stats::calibration::{Curve, calibration_of};
use gradus_stats::delong;
use gradus_stats::lift::lift;
use gradus_stats::quantile::quantiles_f64;
use gradus_stats::ranked::Ranked;
use gradus_stats::separation::separation_of;
use gradus_stats::tile::{Ties, bins_from_edges};
use serde::Serialize;

use crate::LEVEL;
use crate::interval::Interval;
use crate::order::{Measured, Order, order};
use crate::sides::{BestFirst, Came, Graded, Score};
use crate::words::{amount, percent};

/// Bands of equal size that a score is cut into, and parts of the lift table.
const N_BANDS: u32 = 5;
pub(crate) const N_PARTS: usize = 10;
/// Bins of a calibration curve.
const N_BINS: usize = 10;
/// A group with fewer customers has no say about the order.
pub const AT_LEAST: u64 = 20;

/// What came of everybody who was graded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Judged {
    pub n_customers: u64,
    pub outcomes: Vec<Whole>,
    pub tiers: Vec<Groups>,
    pub scores: Vec<ScoreJudged>,
}

/// One outcome of everybody of whom it is asked.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Whole {
    pub title: Text,
    /// True if it is a share of customers, and not an amount.
    pub is_share: bool,
    pub better: Better,
    #[serde(flatten)]
    pub measured: Measured,
}

/// Groups of customers from the lowest, each with its outcomes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Groups {
    pub name: String,
    pub title: Text,
    pub groups: Vec<Group>,
    pub orders: Vec<Order>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Group {
    /// The level, or the band from 1; empty: not graded.
    pub name: String,
    pub title: Text,
    pub n: u64,
    pub outcomes: Vec<Measured>,
}

/// One score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ScoreJudged {
    pub score: String,
    pub title: Text,
    /// Customers whose score is not known, or only within an interval.
    pub n_unknown: u64,
    pub bands: Groups,
    pub lifts: Vec<Lift>,
    pub separations: Vec<Separates>,
    pub calibrations: Vec<Calibrated>,
}

/// An outcome by tenths of the customers, the best scores first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Lift {
    pub outcome: String,
    pub tenths: Vec<Tenth>,
    pub words: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tenth {
    pub n: u64,
    /// The share, or the mean amount.
    pub each: f64,
    /// Over that of everybody.
    pub lift: f64,
    /// Of all that came, the share of this tenth and the better ones.
    pub captured: f64,
}

/// How well a score tells apart those of whom an outcome came out well.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Separates {
    pub outcome: String,
    pub n: u64,
    pub auc: Interval,
    pub gini: f64,
    pub ks: f64,
    pub words: Text,
}

/// Whether what a score promised came true.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibrated {
    pub outcome: String,
    /// The date whose outcomes gave the promise; none: these very customers', which flatters.
    pub promised_by: Option<String>,
    pub intercept: f64,
    pub slope: f64,
    pub brier: f64,
    pub log_loss: f64,
    pub expected_error: f64,
    pub bins: Vec<CalibrationBin>,
    pub words: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CalibrationBin {
    pub n: u64,
    pub predicted: f64,
    pub observed: Interval,
}

/// A promise: the chance by score, as an earlier back-test found it.
#[derive(Debug, Clone, PartialEq)]
pub struct Promise {
    pub score: String,
    pub outcome: String,
    pub date: String,
    pub curve: Curve,
}

/// Judges. `earlier` are promises whose outcomes were known on the day of the grading; where there is none
/// for a score, its own customers give it, and it is said so. Beside it the promises that these outcomes of
/// `date` give to later back-tests.
pub fn judge(graded: &Graded, came: &[Came], earlier: &[Promise], date: &str) -> (Judged, Vec<Promise>) {
    let n = came.first().map_or(0, |one| one.values.len());
    let outcomes = came
        .iter()
        .map(|one| Whole {
            title: one.title.clone(),
            is_share: one.is_share(),
            better: one.better,
            measured: Measured::of(one, 0..n),
        })
        .collect();
    let tiers = graded
        .schemes
        .iter()
        .map(|scheme| {
            let not_graded = (String::new(), Text::new("未定级", "not graded"));
            let place = |at: usize| scheme.places[at].map_or(scheme.levels.len(), usize::from);
            let named: Vec<(String, Text)> =
                scheme.levels.iter().cloned().chain(std::iter::once(not_graded)).collect();
            groups(&scheme.name, &scheme.title, &named, scheme.levels.len(), came, n, place)
        })
        .collect();
    let mut promises = Vec::new();
    let mut scores = Vec::with_capacity(graded.scores.len());
    for score in &graded.scores {
        scores.push(judge_score(score, came, n, (earlier, date), &mut promises));
    }
    (Judged { n_customers: n as u64, outcomes, tiers, scores }, promises)
}

/// Groups with their outcomes; the first `n_ordered` are compared.
fn groups(
    name: &str,
    title: &Text,
    named: &[(String, Text)],
    n_ordered: usize,
    came: &[Came],
    n: usize,
    place: impl Fn(usize) -> usize,
) -> Groups {
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); named.len()];
    (0..n).for_each(|at| {
        if let Some(own) = members.get_mut(place(at)) {
            own.push(at);
        }
    });
    let groups: Vec<Group> = named
        .iter()
        .zip(&members)
        .map(|((name, title), members)| Group {
            name: name.clone(),
            title: title.clone(),
            n: members.len() as u64,
            outcomes: came.iter().map(|one| Measured::of(one, members.iter().copied())).collect(),
        })
        .collect();
    let orders = came
        .iter()
        .enumerate()
        .map(|(at, one)| {
            let listed: Vec<_> = groups[..n_ordered.min(groups.len())]
                .iter()
                .map(|group| (group.name.as_str(), &group.title, &group.outcomes[at]))
                .collect();
            order(one, &listed, AT_LEAST)
        })
        .collect();
    let groups = groups.into_iter().filter(|group| !group.name.is_empty() || group.n > 0).collect();
    Groups { name: name.to_string(), title: title.clone(), groups, orders }
}

fn judge_score(
    score: &Score,
    came: &[Came],
    n: usize,
    (earlier, date): (&[Promise], &str),
    promises: &mut Vec<Promise>,
) -> ScoreJudged {
    let cuts = band_cuts(score);
    let n_known = score.values.iter().flatten().count();
    let named: Vec<(String, Text)> = (0..=cuts.len())
        .map(|band| {
            let edge = |at: usize| cuts.get(at).map(|cut| format!("{cut:.1}"));
            let words = match (band.checked_sub(1).and_then(edge), edge(band)) {
                (None, None) => Text::new("全部", "all"),
                (None, Some(to)) => Text::plain(format!("≤ {to}")),
                (Some(from), None) => Text::plain(format!("> {from}")),
                (Some(from), Some(to)) => Text::plain(format!("{from} – {to}")),
            };
            ((band + 1).to_string(), words)
        })
        .collect();
    let band = |at: usize| score.values[at].map_or(usize::MAX, |value| band_of(&cuts, value));
    let title = Text::new(format!("{}分段", score.title.zh), format!("bands of {}", score.title.en));
    let bands = groups(&score.name, &title, &named, named.len(), came, n, band);
    let best_first = BestFirst::of(score);
    let (mut separations, mut calibrations) = (Vec::new(), Vec::new());
    for one in came.iter().filter(|one| one.is_share()) {
        let with = best_first.ranked(score, one, |value| value > 0.5);
        let good = match one.better {
            Better::More => separates(&with, one),
            Better::Less => separates(&best_first.ranked(score, one, |value| one.is_good(value)), one),
        };
        separations.extend(good);
        let own = Curve::of(&with).map(|curve| Promise {
            score: score.name.clone(),
            outcome: one.name.clone(),
            date: date.to_string(),
            curve,
        });
        calibrations.extend(calibrated(score, one, &with, earlier, own.as_ref()));
        promises.extend(own);
    }
    ScoreJudged {
        score: score.name.clone(),
        title: score.title.clone(),
        n_unknown: (n - n_known.min(n)) as u64,
        bands,
        lifts: came.iter().filter_map(|one| lift_of(score, &best_first, one)).collect(),
        separations,
        calibrations,
    }
}

/// Upper edges of a score's bands but the last.
pub(crate) fn band_cuts(score: &Score) -> Vec<f64> {
    let known: Vec<f64> = score.values.iter().flatten().copied().collect();
    bins_from_edges(&quantiles_f64(&[&known], N_BANDS).unwrap_or_default(), Ties::Merge).cuts
}

/// The band of a value, from 0.
pub(crate) fn band_of(cuts: &[f64], value: f64) -> usize {
    cuts.partition_point(|cut| *cut < value)
}

fn lift_of(score: &Score, best_first: &BestFirst, came: &Came) -> Option<Lift> {
    let (_, values) = best_first.rows(score, came);
    let order: Vec<usize> = (0..values.len()).collect();
    let outcomes: Vec<bool> = values.iter().map(|value| *value > 0.5).collect();
    let parts = lift(&order, &outcomes, &values, N_PARTS)?;
    if values.len() < N_PARTS {
        return None;
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let tenths: Vec<Tenth> = parts
        .iter()
        .map(|part| {
            let each = part.value / part.n as f64;
            Tenth { n: part.n, each, lift: each / mean, captured: part.value_captured }
        })
        .collect();
    if !(mean > 0.0) {
        return None;
    }
    let (first, third) = (percent(tenths[0].captured), percent(tenths[2].captured));
    let (zh, en) = (&came.title.zh, &came.title.en);
    let words = match came.better {
        Better::More => Text::new(
            format!("{zh}：分数最高的 10% 客户占 {first}，最高的 30% 占 {third}"),
            format!("{en}: the tenth with the best scores has {first} of it, the best three tenths {third}"),
        ),
        Better::Less => {
            let last = percent(1.0 - tenths[6].captured);
            Text::new(
                format!("{zh}：分数最低的 30% 客户占 {last}，最高的 10% 占 {first}"),
                format!(
                    "{en}: the three tenths with the lowest scores have {last} of it, the best tenth {first}"
                ),
            )
        }
    };
    Some(Lift { outcome: came.name.clone(), tenths, words })
}

fn separates(good: &Ranked, came: &Came) -> Option<Separates> {
    let found = separation_of(good)?;
    let auc = delong::auc_of(good, LEVEL)?;
    let auc = Interval { value: found.auc, low: auc.estimate.low, high: auc.estimate.high };
    let (value, low, high) = (found.auc, auc.low, auc.high);
    let chance = if low > 0.5 {
        Text::new("高于碰运气", "better than chance")
    } else if high < 0.5 {
        Text::new("比碰运气还差：分数方向反了", "worse than chance: the score points the wrong way")
    } else {
        Text::new("与碰运气没有可辨的差别", "no better than chance, as far as can be told")
    };
    let (zh, en) = (&came.title.zh, &came.title.en);
    let words = Text::new(
        format!(
            "{zh}：AUC {value:.3}（{low:.3}–{high:.3}），Gini {:.3}，KS {:.3}；结果好的与不好的客户各取一位，前者分数较高的机会是 {}，{}",
            found.gini,
            found.ks,
            percent(value),
            chance.zh
        ),
        format!(
            "{en}: AUC {value:.3} ({low:.3}–{high:.3}), Gini {:.3}, KS {:.3}; of a customer with the good outcome and one without, the former has the higher score in {} of cases, {}",
            found.gini,
            found.ks,
            percent(value),
            chance.en
        ),
    );
    Some(Separates { outcome: came.name.clone(), n: good.n(), auc, gini: found.gini, ks: found.ks, words })
}

fn calibrated(
    score: &Score,
    came: &Came,
    with: &Ranked,
    earlier: &[Promise],
    own: Option<&Promise>,
) -> Option<Calibrated> {
    let made = earlier.iter().rev().find(|one| one.score == score.name && one.outcome == came.name);
    let promise = made.or(own)?;
    let found = calibration_of(&with.by(|score| promise.curve.probability(score)), N_BINS, LEVEL)?;
    let promised_by = made.map(|made| made.date.clone());
    let missed =
        found.bins.iter().filter(|bin| bin.predicted < bin.observed.low || bin.predicted > bin.observed.high);
    let (missed, bins, error) = (missed.count(), found.bins.len(), percent(found.expected_error));
    let (zh, en) = (&came.title.zh, &came.title.en);
    let words = match &promised_by {
        Some(date) => Text::new(
            format!("{zh}：按 {date} 的结果预计，平均相差 {error}；{bins} 段中 {missed} 段落在区间之外"),
            format!(
                "{en}: as {date} promised, off by {error} on average; {missed} of {bins} parts lie outside their interval"
            ),
        ),
        None => Text::new(
            format!(
                "{zh}：用同一批客户拟合的曲线，平均相差 {error}；{bins} 段中 {missed} 段落在区间之外（没有更早的结果可比，偏乐观）"
            ),
            format!(
                "{en}: by a curve through these very customers, off by {error} on average; {missed} of {bins} parts lie outside their interval (no earlier outcome to go by, which flatters)"
            ),
        ),
    };
    Some(Calibrated {
        outcome: came.name.clone(),
        promised_by,
        intercept: promise.curve.intercept,
        slope: promise.curve.slope,
        brier: found.brier,
        log_loss: found.log_loss,
        expected_error: found.expected_error,
        bins: found
            .bins
            .into_iter()
            .map(|bin| CalibrationBin { n: bin.n, predicted: bin.predicted, observed: bin.observed.into() })
            .collect(),
        words,
    })
}

/// Everything that came, in one line: for a version's page.
pub fn in_short(judged: &Judged, main: Option<usize>) -> Text {
    let mut parts: Vec<Text> = Vec::new();
    for whole in &judged.outcomes {
        let Some(each) = whole.measured.each else { continue };
        let (zh, en) = (&whole.title.zh, &whole.title.en);
        parts.push(match whole.is_share {
            true => {
                let share = percent(each.value);
                Text::new(format!("{zh} {share}"), format!("{en} {share}"))
            }
            false => {
                let mean = amount(each.value);
                Text::new(format!("{zh}人均 {mean}"), format!("{en} {mean} each"))
            }
        });
    }
    if let Some(score) = main.and_then(|at| judged.scores.get(at)) {
        for one in &score.separations {
            let title = judged.outcomes.iter().find(|whole| whole.measured.outcome == one.outcome);
            let Some(title) = title.map(|whole| &whole.title) else { continue };
            let auc = one.auc.value;
            parts.push(Text::new(format!("{} AUC {auc:.3}", title.zh), format!("{} AUC {auc:.3}", title.en)));
        }
    }
    let join = |of: &dyn Fn(&Text) -> String, by: &str| parts.iter().map(of).collect::<Vec<_>>().join(by);
    Text::new(join(&|one| one.zh.clone(), "，"), join(&|one| one.en.clone(), ", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sides::Scheme;
    use gradus_model::document::Counts;

    /// 200 customers; the higher the score, the likelier they buy again, and the more.
    fn example() -> (Graded, Vec<Came>) {
        let scores: Vec<Option<f64>> = (0..200).map(|at| (at != 7).then_some(f64::from(at) / 2.0)).collect();
        let again = |at: i32| at * 7919 % 200 < at;
        let revenue = (0..200).map(|at| Some(if again(at) { f64::from(at * at) } else { 0.0 })).collect();
        let graded = Graded {
            schemes: vec![Scheme {
                name: "member".into(),
                title: Text::new("会员", "Member"),
                levels: ["low", "high"].map(|name| (name.to_string(), Text::plain(name))).to_vec(),
                places: (0..200).map(|at| (at != 7).then_some(u16::from(at >= 100))).collect(),
            }],
            scores: vec![Score {
                name: "value".into(), title: Text::new("价值分", "Value"), values: scores
            }],
            main: Some(0),
        };
        let share = |name: &str, counts, better, flip: bool| Came {
            name: name.into(),
            title: Text::plain(name),
            counts,
            better,
            values: (0..200).map(|at| Some(f64::from(again(at) != flip))).collect(),
        };
        let revenue = Came {
            name: "revenue".into(),
            title: Text::new("收入", "Revenue"),
            counts: Counts::Value,
            better: Better::More,
            values: revenue,
        };
        let came = vec![
            revenue,
            share("again", Counts::Happened, Better::More, false),
            share("gone", Counts::NotHappened, Better::Less, true),
        ];
        (graded, came)
    }

    #[test]
    fn everybody_is_in_one_group_and_the_groups_add_up() {
        let (graded, came) = example();
        let judged = judge(&graded, &came, &[], "").0;
        let tiers = &judged.tiers[0];
        let sizes: Vec<(&str, u64)> =
            tiers.groups.iter().map(|group| (group.name.as_str(), group.n)).collect();
        assert_eq!(sizes, [("low", 99), ("high", 100), ("", 1)]);
        let total: f64 = tiers.groups.iter().filter_map(|group| group.outcomes[0].total).sum();
        assert_eq!(Some(total), judged.outcomes[0].measured.total);
        assert!(
            tiers.orders.iter().all(|order| order.standing == crate::order::Standing::Holds),
            "{tiers:?}"
        );
        let score = &judged.scores[0];
        assert_eq!((score.n_unknown, score.bands.groups.len()), (1, 5));
        assert_eq!(score.bands.groups.iter().map(|group| group.n).sum::<u64>(), 199);
        let lift = &score.lifts[1];
        assert_eq!(lift.tenths.iter().map(|tenth| tenth.n).sum::<u64>(), 199);
        assert!((lift.tenths[9].captured - 1.0).abs() < 1e-12 && lift.tenths[0].lift > 1.5);
    }

    #[test]
    fn an_outcome_that_is_bad_is_told_apart_the_right_way_round() {
        let (graded, came) = example();
        let judged = judge(&graded, &came, &[], "").0;
        let [again, gone] = &judged.scores[0].separations[..] else { panic!() };
        assert_eq!(again.auc, gone.auc, "gone is the opposite of again, and less of it is better");
        assert!(again.auc.low > 0.5 && (again.gini - (2.0 * again.auc.value - 1.0)).abs() < 1e-12);
        assert!(judged.scores[0].lifts[2].words.en.contains("lowest scores"));
    }

    #[test]
    fn a_promise_of_an_earlier_day_is_named() {
        let (graded, came) = example();
        let made = judge(&graded, &came, &[], "2024-03-31").1;
        assert_eq!(made.len(), 2, "one for each outcome that is a share");
        let judged = judge(&graded, &came, &made, "").0;
        let found = &judged.scores[0].calibrations[0];
        assert_eq!(found.promised_by.as_deref(), Some("2024-03-31"));
        assert!(found.words.zh.contains("按 2024-03-31 的结果预计"));
        let own = judge(&graded, &came, &[], "").0;
        assert_eq!(own.scores[0].calibrations[0].promised_by, None);
        assert!(own.scores[0].calibrations[0].words.en.contains("flatters"));
        assert!((own.scores[0].calibrations[0].brier - found.brier).abs() < 1e-12);
    }

    #[test]
    fn nobody_is_judged_without_a_word() {
        let judged = judge(&Graded::default(), &[], &[], "").0;
        assert_eq!((judged.n_customers, judged.scores.len()), (0, 0));
        assert_eq!(in_short(&judged, None), Text::default());
    }
}
