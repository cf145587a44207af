//! The figures: of everybody who answered, of each group, and as they would be had everybody answered.

use gradus_feedback::interval::Interval;
use gradus_model::Text;
use gradus_stats::proportion::wilson;
use gradus_stats::reweight::{Margin, Weights, rake};
use gradus_stats::survey::{Scale, ces, csat, nps};
use serde::Serialize;

use super::groups::Groups;
use super::question::{Measure, Question};
use super::{Answered, LEVEL};

/// A weight speaks for so many times the mean at most: a few answers shall not speak for all.
const GREATEST_WEIGHT: f64 = 5.0;

/// A figure with its interval.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// NPS from -100 to 100; of the others the share of satisfied customers in per cent.
    pub value: Interval,
    /// The mean answer; none for NPS, and without bounds for a single answer.
    pub mean: Option<f64>,
    pub mean_low: Option<f64>,
    pub mean_high: Option<f64>,
    /// Customers by band, the least content first.
    pub low: u64,
    pub middle: u64,
    pub high: u64,
    /// The effective number of answers.
    pub n: f64,
    /// In one line.
    pub words: Text,
}

/// The figure of these answers; none without any.
pub(super) fn measured(question: &Question, answers: &[f64], weights: Option<&[f64]>) -> Option<Measured> {
    let bounded = |value: f64| value.is_finite().then_some(value);
    let (value, mean, n) = match question.measure {
        Measure::Nps => {
            let found = nps(answers, weights, LEVEL).ok()?;
            (found.score, None, found.n)
        }
        Measure::Csat => {
            let scale = match question.to {
                5 => Scale::Five,
                7 => Scale::Seven,
                _ => Scale::Ten,
            };
            let found = csat(answers, weights, scale, LEVEL).ok()?;
            (found.share, Some(found.mean), found.n)
        }
        Measure::Ces => {
            let found = ces(answers, weights, LEVEL).ok()?;
            (found.share, Some(found.mean), found.n)
        }
    };
    let mut bands = [0u64; 3];
    answers.iter().filter_map(|answer| question.band(*answer)).for_each(|band| bands[band] += 1);
    let value = Interval::from(value);
    Some(Measured {
        value,
        mean: mean.map(|mean| mean.value),
        mean_low: mean.and_then(|mean| bounded(mean.low)),
        mean_high: mean.and_then(|mean| bounded(mean.high)),
        low: bands[0],
        middle: bands[1],
        high: bands[2],
        n,
        words: words(question, &value, bands),
    })
}

/// How a figure is told: `NPS 23.4 (15.2 to 31.6)`.
pub(super) fn figure(question: &Question, value: &Interval) -> Text {
    let Interval { value, low, high } = *value;
    match question.measure {
        Measure::Nps => Text::new(
            format!("NPS {value:.1}（95% 区间 {low:.1} 至 {high:.1}）"),
            format!("NPS {value:.1} (95% interval {low:.1} to {high:.1})"),
        ),
        Measure::Csat if question.of_customers => Text::new(
            format!("评价好 {value:.1}%（95% 区间 {low:.1}% 至 {high:.1}%）"),
            format!("{value:.1}% well rated (95% interval {low:.1}% to {high:.1}%)"),
        ),
        Measure::Csat => Text::new(
            format!("满意 {value:.1}%（95% 区间 {low:.1}% 至 {high:.1}%）"),
            format!("{value:.1}% satisfied (95% interval {low:.1}% to {high:.1}%)"),
        ),
        Measure::Ces => Text::new(
            format!("轻松 {value:.1}%（95% 区间 {low:.1}% 至 {high:.1}%）"),
            format!("{value:.1}% found it easy (95% interval {low:.1}% to {high:.1}%)"),
        ),
    }
}

fn words(question: &Question, value: &Interval, bands: [u64; 3]) -> Text {
    let n: u64 = bands.iter().sum();
    let told = figure(question, value);
    let alike = bands.contains(&n);
    let few = match (n, alike && question.measure == Measure::Nps) {
        (1, _) => Text::new(
            "；只有一位客户回答，说明不了别人",
            "; one customer alone answered, which says nothing of the others",
        ),
        (_, true) => Text::new(
            "；回答都在同一类，区间没有宽度，并不说明有把握",
            "; all answers are of one band, so the interval has no width, which is not certainty",
        ),
        _ => Text::new("", ""),
    };
    let [low, middle, high] = bands;
    Text::new(
        format!(
            "{}：{} {high}，{} {middle}，{} {low}，共 {n} 位客户{}",
            told.zh,
            question.band_title(2).zh,
            question.band_title(1).zh,
            question.band_title(0).zh,
            few.zh
        ),
        format!(
            "{}: {} {high}, {} {middle}, {} {low}, {n} customers in all{}",
            told.en,
            question.band_title(2).en,
            question.band_title(1).en,
            question.band_title(0).en,
            few.en
        ),
    )
}

/// One group: who answered, and what.
#[derive(Debug, Clone, Serialize)]
pub struct GroupMeasured {
    /// A level, value or band; none: there is no value.
    pub name: Option<String>,
    pub title: Text,
    pub n_customers: u64,
    pub n_answered: u64,
    /// The share that answered; none of an empty group.
    pub rate: Option<Interval>,
    /// None where nobody answered.
    pub measured: Option<Measured>,
    /// Filters that list the group; none where no filter says it.
    pub opens: Option<super::Opens>,
}

/// The figures of each group, of those whom somebody may see.
pub(super) fn by_group(
    question: &Question,
    groups: &Groups,
    seen: &[bool],
    answers: &[Option<f64>],
) -> Vec<GroupMeasured> {
    let n = groups.heads.len();
    let (mut customers, mut given) = (vec![0u64; n], vec![Vec::new(); n]);
    for (at, group) in groups.of.iter().enumerate().filter(|(at, _)| seen[*at]) {
        customers[*group as usize] += 1;
        given[*group as usize].extend(answers[at]);
    }
    let heads = groups.heads.iter().enumerate();
    heads
        .map(|(at, head)| GroupMeasured {
            name: head.name.clone(),
            title: head.title.clone(),
            n_customers: customers[at],
            n_answered: given[at].len() as u64,
            rate: wilson(given[at].len() as u64, customers[at], LEVEL).map(Interval::from),
            measured: measured(question, &given[at], None),
            opens: head.opens.clone(),
        })
        .collect()
}

/// The figure as it would be had each group answered as often as the others.
#[derive(Debug, Clone, Serialize)]
pub struct Bias {
    /// What the answers were weighted by.
    pub by: Vec<BiasBy>,
    pub weighted: Measured,
    /// Weighted less as it was answered.
    pub difference: f64,
    /// How many times as many answers the weights cost.
    pub design_effect: f64,
    /// False where weights were held below their limit, or groups are at odds.
    pub converged: bool,
    pub words: Text,
}

#[derive(Debug, Clone, Serialize)]
pub struct BiasBy {
    pub name: String,
    pub title: Text,
    /// Groups of which nobody answered: no weight speaks for them.
    pub unheard: Vec<Text>,
}

/// Weights the answers to the customers; none without an answer.
pub(super) fn bias(
    question: &Question,
    by: &[Groups],
    answered: &Answered,
    plain: &Measured,
) -> Option<Bias> {
    let given: Vec<usize> =
        (0..answered.last.len()).filter(|at| answered.seen[*at] && answered.last[*at].is_some()).collect();
    let answers: Vec<f64> = given.iter().filter_map(|at| answered.last[*at]).collect();
    let shares: Vec<Vec<f64>> = by
        .iter()
        .map(|groups| {
            let mut all = vec![0.0; groups.heads.len()];
            let seen = groups.of.iter().zip(&answered.seen).filter(|(_, seen)| **seen);
            seen.for_each(|(group, _)| all[*group as usize] += 1.0);
            all
        })
        .collect();
    let own: Vec<Vec<usize>> =
        by.iter().map(|groups| given.iter().map(|at| groups.of[*at] as usize).collect()).collect();
    let margins: Vec<Margin<'_>> =
        own.iter().zip(&shares).map(|(groups, population)| Margin { groups, population }).collect();
    let Weights { weights, design_effect, unheard, converged, .. } =
        rake(&margins, Some(GREATEST_WEIGHT)).ok()?;
    let weighted = measured(question, &answers, Some(&weights))?;
    let told: Vec<BiasBy> = by
        .iter()
        .enumerate()
        .map(|(at, groups)| BiasBy {
            name: groups.name.clone(),
            title: groups.title.clone(),
            unheard: unheard
                .iter()
                .filter(|(margin, _)| *margin == at)
                .map(|(_, group)| groups.heads[*group].title.clone())
                .collect(),
        })
        .collect();
    let difference = weighted.value.value - plain.value.value;
    let words = bias_words(question, &told, &weighted, difference, design_effect, converged);
    Some(Bias { by: told, weighted, difference, design_effect, converged, words })
}

fn bias_words(
    question: &Question,
    by: &[BiasBy],
    weighted: &Measured,
    difference: f64,
    design_effect: f64,
    converged: bool,
) -> Text {
    let joined = |of: &dyn Fn(&BiasBy) -> Vec<String>, with: &str| {
        by.iter().flat_map(of).collect::<Vec<_>>().join(with)
    };
    let told = figure(question, &weighted.value);
    let mut zh = format!(
        "按{}加权后 {}，与未加权相差 {difference:+.1}；加权使同样的把握需要 {design_effect:.2} 倍的回答",
        joined(&|one| vec![one.title.zh.clone()], "、"),
        told.zh
    );
    let mut en = format!(
        "weighted by {}: {}, {difference:+.1} from unweighted; the weights cost as much certainty as if it took {design_effect:.2} times the answers",
        joined(&|one| vec![one.title.en.clone()], ", "),
        told.en
    );
    let unheard = joined(&|one| one.unheard.iter().map(|title| title.zh.clone()).collect(), "、");
    if !unheard.is_empty() {
        zh += &format!("；没有人回答、因而无法代表的组：{unheard}");
        let unheard = joined(&|one| one.unheard.iter().map(|title| title.en.clone()).collect(), ", ");
        en += &format!("; nobody answered of: {unheard}, for whom no weight speaks");
    }
    if !converged {
        zh += &format!("；单个回答的权重以平均的 {GREATEST_WEIGHT} 倍为限，各组比例未能完全对齐");
        en += &format!(
            "; no answer weighs more than {GREATEST_WEIGHT} times the mean, so the groups are not quite in proportion"
        );
    }
    Text::new(zh, en)
}
