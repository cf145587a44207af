//! `gradus learn weights`: how much the attributes of a scorecard count. From comparisons in pairs (analytic hierarchy
//! process), with how far the judgements agree and which one fits the others worst; or from the data: an attribute
//! on which customers differ more tells more (entropy).

use std::sync::Arc;

use gradus_model::document::{Attribute, Combine, Model, Scorecard};
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_stats::ahp::{Method, Priorities as StatsPriorities, RandomIndex, priorities};
use gradus_stats::entropy_weights::{Form, Indicator, entropy_weights};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::TrainingRequest;
use super::ask::argument;
use super::columns::Values;
use super::described::described;
use super::training::LeftOut;
use super::write::{Write, Written, write};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::jobs::{JobRunner, Work};
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// Judgements that agree less well are better thought over (Saaty 1980).
const CONSISTENT: f64 = 0.1;
/// Nobody can say of two things that one is more important than so many of the other (Saaty's scale ends at 9).
const MOST_TIMES: f64 = 1e6;
/// Criteria of one matrix at most: beyond ten no random index is stated.
const MOST_CRITERIA: usize = 30;

/// Judgements: entry i, j says how many times as important i is as j.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparisons {
    pub criteria: Vec<String>,
    pub matrix: Vec<Vec<f64>>,
}

/// How weights come out of the judgements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AhpMethod {
    #[default]
    Eigenvector,
    GeometricMean,
    NormalisedColumns,
}

/// What is asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WeightsRequest {
    /// The scorecard whose attributes are weighed.
    pub card: Option<String>,
    /// Judgements; left out, the weights come from the data.
    pub comparisons: Option<Comparisons>,
    pub method: AhpMethod,
    /// Saaty's random indices of 1980, or the later ones.
    pub later_index: bool,
    /// Model, base and day of the data.
    pub training: TrainingRequest,
    /// Into the card of this name in the draft.
    pub write: Option<Write>,
}

/// A criterion and its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weight {
    pub criterion: String,
    pub title: Text,
    pub weight: f64,
    /// How evenly customers are spread on it: 1 is all alike. Only from data.
    pub entropy: Option<f64>,
}

/// The judgement that fits the others worst.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doubt {
    pub first: String,
    pub second: String,
    pub said: f64,
    /// What the weights would say.
    pub implied: f64,
    /// The nearest on Saaty's scale from 1/9 to 9.
    pub suggested: f64,
    pub words: Text,
}

/// Weights, and how they came about.
#[derive(Debug, Clone, Serialize)]
pub struct LearnedWeights {
    pub card: Option<String>,
    /// `comparisons` or `entropy`.
    pub from: &'static str,
    pub weights: Vec<Weight>,
    pub lambda_max: Option<f64>,
    pub consistency_index: Option<f64>,
    pub consistency_ratio: Option<f64>,
    /// True below 0.1; none beyond ten criteria and of entropy.
    pub consistent: Option<bool>,
    pub doubt: Option<Doubt>,
    /// Customers that the data are of, and as of which day.
    pub n: Option<u64>,
    pub as_of: Option<String>,
    pub left_out: Vec<LeftOut>,
    pub words: Text,
    pub written: Option<Written>,
}

/// Starts the work; its result is a [`LearnedWeights`].
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: WeightsRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    if request.write.is_some() {
        who.needs(Permission::EditModels)?;
    }
    if let Some(asked) = &request.comparisons {
        compared(asked, request.method, request.later_index)?;
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_weights(&owned, &by, &request, progress.as_ref()).await?;
            let pages = |lang: Lang| done.html(owned.settings.title.get(lang), lang);
            let mut value =
                serde_json::to_value(&done).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
            value["pages"] = json!({ "zh": pages(Lang::Zh), "en": pages(Lang::En) });
            Ok(value)
        })
    });
    let job = jobs.start(workspace, who, "learn_weights", input.clone(), work).await?;
    audit(workspace, &who.account, "learn.start", &job.id, input).await?;
    Ok(job)
}

/// Finds weights, and writes them into the draft's card if asked to.
///
/// # Errors
/// Findings: judgements that are none, no such card, a card whose points are only added.
pub async fn learn_weights(
    workspace: &Workspace,
    who: &Principal,
    request: &WeightsRequest,
    progress: &dyn Progress,
) -> Result<LearnedWeights, WorkspaceError> {
    let mut done = match &request.comparisons {
        Some(asked) => compared(asked, request.method, request.later_index)?,
        None => {
            let documents = request.training.documents(workspace, who).await?;
            of_data(workspace, &documents, request, progress).await?
        }
    };
    done.card = request.card.clone();
    if let Some(to) = &request.write {
        let name = request.card.clone().unwrap_or_else(|| to.name.trim().to_string());
        let found = done.weights.clone();
        let put = |model: &mut Model, _: &str| weighed(model, &name, &found);
        // The card is there already; its weights are what is replaced.
        let to = Write { name: name.clone(), replace: true };
        done.written = Some(write(workspace, who, &to, put).await?);
        done.card = Some(name.clone());
    }
    Ok(done)
}

/// Weights from judgements; nothing is read and nothing written.
///
/// # Errors
/// A finding with the place of the judgement that is none.
pub fn compared(asked: &Comparisons, method: AhpMethod, later: bool) -> Result<LearnedWeights, Finding> {
    let n = asked.criteria.len();
    if n == 0 || n > MOST_CRITERIA {
        return Err(wrong(
            "criteria",
            format!("比较 1 至 {MOST_CRITERIA} 项"),
            format!("1 to {MOST_CRITERIA} criteria are compared"),
        ));
    }
    for (at, name) in asked.criteria.iter().enumerate() {
        if name.trim().is_empty() || asked.criteria[..at].contains(name) {
            return Err(wrong(
                &format!("criteria[{at}]"),
                format!("「{name}」为空或重复"),
                format!("“{name}” is empty or there twice"),
            ));
        }
    }
    if asked.matrix.len() != n || asked.matrix.iter().any(|row| row.len() != n) {
        return Err(wrong(
            "matrix",
            format!("须是 {n} 行 {n} 列"),
            format!("the matrix has {n} rows and {n} columns"),
        ));
    }
    let (criteria, matrix) = (&asked.criteria, &asked.matrix);
    for i in 0..n {
        for j in 0..=i {
            let (own, other) = (matrix[i][j], matrix[j][i]);
            let is_positive = |value: f64| value > 0.0 && value.is_finite();
            let is_said = |value: f64| (1.0 / MOST_TIMES..=MOST_TIMES).contains(&value);
            let (first, second) = (&criteria[i], &criteria[j]);
            if !is_positive(own) || !is_positive(other) {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!("「{first}」与「{second}」的比较须是正数"),
                    format!("the comparison of “{first}” with “{second}” must be a positive number"),
                ));
            }
            if !is_said(own) || !is_said(other) {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!(
                        "「{first}」与「{second}」相差超过 {MOST_TIMES} 倍（{own} 与 {other}），不是可比的判断"
                    ),
                    format!(
                        "“{first}” and “{second}” are more than {MOST_TIMES} times apart ({own} and {other}): that is no comparison"
                    ),
                ));
            }
            if (own * other - 1.0).abs() > 0.025 {
                return Err(wrong(
                    &format!("matrix[{i}][{j}]"),
                    format!("「{first}」与「{second}」两个方向的比较不互为倒数（{own} 与 {other}）"),
                    format!(
                        "“{first}” against “{second}” is not the reciprocal of the other way round ({own} and {other})"
                    ),
                ));
            }
        }
    }
    // What is nearly reciprocal is made so: 0.33 means a third.
    let entry = |i: usize, j: usize| match i.cmp(&j) {
        std::cmp::Ordering::Less => (matrix[i][j] / matrix[j][i]).sqrt(),
        std::cmp::Ordering::Equal => 1.0,
        std::cmp::Ordering::Greater => (matrix[i][j] / matrix[j][i]).sqrt(),
    };
    let flat: Vec<f64> = (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).map(|(i, j)| entry(i, j)).collect();
    let method = match method {
        AhpMethod::Eigenvector => Method::Eigenvector,
        AhpMethod::GeometricMean => Method::GeometricMean,
        AhpMethod::NormalisedColumns => Method::NormalisedColumns,
    };
    let index = if later { RandomIndex::Later } else { RandomIndex::Saaty1980 };
    let found = priorities(&flat, n, method, index).map_err(|_| {
        wrong(
            "matrix",
            "判断之间相差太大，算不出权重".into(),
            "the judgements lie too far apart for weights to be found".into(),
        )
    })?;
    Ok(told(criteria, &found))
}

fn wrong(at: &str, zh: String, en: String) -> Finding {
    Finding::error(
        "comparisons",
        Place::default().at(format!("comparisons.{at}")),
        Text::new(zh, en),
        Text::new(
            "每个格子写行比列重要多少倍：3 或 1/3；对角线为 1",
            "each cell says how many times as important its row is as its column: 3, or 1/3; 1 on the diagonal",
        ),
    )
}

fn told(criteria: &[String], found: &StatsPriorities) -> LearnedWeights {
    let consistent = found.consistency_ratio.map(|ratio| ratio < CONSISTENT);
    let doubt = found.doubt.filter(|_| found.consistency_index > 1e-9).map(|doubt| {
        let (first, second) = (criteria[doubt.first].clone(), criteria[doubt.second].clone());
        let suggested = on_the_scale(doubt.implied);
        let words = Text::new(
            format!(
                "「{first}」比「{second}」：说的是 {}，其余判断意味着 {}",
                ratio(doubt.said),
                ratio(doubt.implied)
            ),
            format!(
                "“{first}” against “{second}”: said {}, while the others imply {}",
                ratio(doubt.said),
                ratio(doubt.implied)
            ),
        );
        Doubt { first, second, said: doubt.said, implied: doubt.implied, suggested, words }
    });
    let words = match (found.consistency_ratio, consistent) {
        (Some(ratio), Some(true)) => Text::new(
            format!("一致性比率 {ratio:.3}，低于 0.1：判断彼此吻合"),
            format!("consistency ratio {ratio:.3}, below 0.1: the judgements agree"),
        ),
        (Some(ratio), _) => Text::new(
            format!("一致性比率 {ratio:.3}，不低于 0.1：先想一想最不吻合的那个判断"),
            format!("consistency ratio {ratio:.3}, not below 0.1: think over the judgement that fits worst"),
        ),
        (None, _) => Text::new(
            format!("超过十项，没有公布的随机指数；一致性指数 {:.3}", found.consistency_index),
            format!(
                "beyond ten criteria no random index is published; consistency index {:.3}",
                found.consistency_index
            ),
        ),
    };
    let weight = |(criterion, weight): (&String, &f64)| Weight {
        criterion: criterion.clone(),
        title: Text::plain(criterion),
        weight: *weight,
        entropy: None,
    };
    LearnedWeights {
        card: None,
        from: "comparisons",
        weights: criteria.iter().zip(&found.weights).map(weight).collect(),
        lambda_max: Some(found.lambda_max),
        consistency_index: Some(found.consistency_index),
        consistency_ratio: found.consistency_ratio,
        consistent,
        doubt,
        n: None,
        as_of: None,
        left_out: Vec::new(),
        words,
        written: None,
    }
}

/// The nearest of 1/9 … 1/2, 1, 2 … 9, in proportion.
fn on_the_scale(value: f64) -> f64 {
    let scale = (2..=9).rev().map(|n| 1.0 / f64::from(n)).chain((1..=9).map(f64::from));
    scale.min_by(|a, b| (a / value).ln().abs().total_cmp(&(b / value).ln().abs())).unwrap_or(1.0)
}

/// `3`, `1/3`, `2.4`.
fn ratio(value: f64) -> String {
    let shown = |value: f64| {
        let text = format!("{value:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    if value < 1.0 { format!("1/{}", shown(1.0 / value)) } else { shown(value) }
}

/// A comparison as people write it: `3`, `0.5`, `1/3`.
///
/// # Errors
/// The text, if it is none.
pub fn comparison(text: &str) -> Result<f64, String> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|value| value.is_finite());
    let value = match text.split_once('/') {
        Some((above, below)) => number(above).zip(number(below)).map(|(above, below)| above / below),
        None => number(text),
    };
    value.filter(|value| *value > 0.0 && value.is_finite()).ok_or_else(|| text.trim().to_string())
}

/// Judgements as a table with the criteria in its first line: `recency,frequency,money`, and then one line of
/// comparisons for each; lines also end at `;`. A first cell that repeats the criterion may stand before each line.
///
/// # Errors
/// A finding that names the line.
pub fn read_comparisons(text: &str) -> Result<Comparisons, Finding> {
    let mut lines: Vec<Vec<&str>> = text
        .split(['\n', ';'])
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.trim_start_matches('\u{feff}').split([',', '\t', '，']).map(str::trim).collect())
        .collect();
    if lines.is_empty() {
        return Err(wrong("criteria", "没有内容".into(), "there is nothing in it".into()));
    }
    let mut criteria: Vec<String> = lines.remove(0).into_iter().map(String::from).collect();
    // A corner above the names of the lines.
    if criteria.len() > 1 && criteria[0].is_empty() {
        criteria.remove(0);
    }
    let mut matrix = Vec::with_capacity(lines.len());
    for (at, mut cells) in lines.into_iter().enumerate() {
        if cells.len() == criteria.len() + 1 && criteria.get(at).is_some_and(|name| name == cells[0]) {
            cells.remove(0);
        }
        let read = cells.iter().map(|cell| comparison(cell)).collect::<Result<Vec<f64>, String>>();
        let row = read.map_err(|cell| {
            wrong(
                &format!("matrix[{at}]"),
                format!("「{cell}」不是比较"),
                format!("“{cell}” is no comparison"),
            )
        })?;
        matrix.push(row);
    }
    Ok(Comparisons { criteria, matrix })
}

/// The text of a file of comparisons, as a spreadsheet writes it: UTF-8 or GBK.
///
/// # Errors
/// There is no such file, or it is no text.
pub fn text_of_file(path: &std::path::Path) -> std::io::Result<String> {
    let bytes = std::fs::read(path)?;
    gradus_ledger::collect::text_of(&bytes).ok_or_else(|| std::io::ErrorKind::InvalidData.into())
}

/// Weights from how much customers differ on each attribute of a card.
async fn of_data(
    workspace: &Workspace,
    documents: &Documents,
    request: &WeightsRequest,
    progress: &dyn Progress,
) -> Result<LearnedWeights, WorkspaceError> {
    let model = &documents.model;
    let name = request.card.clone().or_else(|| request.write.as_ref().map(|write| write.name.clone()));
    let card = name.as_deref().and_then(|name| model.scorecards.get(name.trim()));
    let Some(card) = card else { return Err(no_card(name.as_deref().unwrap_or_default(), model).into()) };
    let mut left_out = Vec::new();
    let mut asked = Vec::new();
    for (name, attribute) in card.attributes.iter() {
        match attribute.value.trim().is_empty() {
            true => left_out.push(of_attribute(
                name,
                attribute,
                "由多个条件给分，没有一个数值",
                "points by conditions over several values, and no number",
            )),
            false => asked.push((name.to_string(), attribute)),
        }
    }
    let training = TrainingRequest {
        features: asked.iter().map(|(_, attribute)| attribute.value.trim().to_string()).collect(),
        ..request.training.clone()
    };
    let found = described(workspace, documents, &training, None, progress).await?;
    let mut columns: Vec<(String, Text, &[f64], bool)> = Vec::new();
    for (name, attribute) in &asked {
        let feature = found.features.iter().find(|feature| feature.name == attribute.value.trim());
        match feature.map(|feature| &feature.values) {
            Some(Values::Numbers(values)) => {
                let title = attribute.title.clone().or(feature.map(|feature| feature.title.clone()));
                columns.push((
                    name.clone(),
                    title.unwrap_or_else(|| Text::plain(name)),
                    values,
                    is_cost(attribute),
                ));
            }
            _ => left_out.push(of_attribute(name, attribute, "不是数值", "no number")),
        }
    }
    let n = found.customers.len();
    let known: Vec<usize> =
        (0..n).filter(|row| columns.iter().all(|(_, _, values, _)| values[*row].is_finite())).collect();
    if columns.is_empty() || known.len() < 2 {
        return Err(Finding::error(
            "nothing-left",
            Place::default().at("card"),
            Text::new(
                "没有两位以上的客户在所有数值属性上都有值",
                "fewer than two customers have a value of every attribute that is a number",
            ),
            Text::new("换一个人群，或先补齐数据", "another base, or the missing data first"),
        )
        .into());
    }
    let owned: Vec<Vec<f64>> =
        columns.iter().map(|(_, _, values, _)| known.iter().map(|row| values[*row]).collect()).collect();
    let indicators: Vec<Indicator<'_>> = owned
        .iter()
        .zip(&columns)
        .map(|(values, (_, _, _, cost))| Indicator { values, cost: *cost })
        .collect();
    let result = entropy_weights(&indicators, Form::MinMax)
        .map_err(|refusal| WorkspaceError::Defect(format!("entropy weights refused: {refusal}")))?;
    let weights = columns.iter().zip(&result.weights).zip(&result.entropy).map(
        |(((name, title, _, _), weight), entropy)| Weight {
            criterion: name.clone(),
            title: title.clone(),
            weight: *weight,
            entropy: Some(*entropy),
        },
    );
    let (used, missing) = (known.len(), n - known.len());
    Ok(LearnedWeights {
        card: name,
        from: "entropy",
        weights: weights.collect(),
        lambda_max: None,
        consistency_index: None,
        consistency_ratio: None,
        consistent: None,
        doubt: None,
        n: Some(used as u64),
        words: Text::new(
            format!(
                "截至 {} 的 {used} 位客户（{missing} 位有未知值，不计）：客户差别越大的属性权重越大",
                found.as_of
            ),
            format!(
                "{used} customers as of {} ({missing} with something unknown do not count): attributes on which customers differ more weigh more",
                found.as_of
            ),
        ),
        as_of: Some(found.as_of),
        left_out,
        written: None,
    })
}

fn of_attribute(name: &str, attribute: &Attribute, zh: &str, en: &str) -> LeftOut {
    LeftOut {
        feature: name.to_string(),
        title: attribute.title.clone().unwrap_or_else(|| Text::plain(name)),
        reason: Text::new(zh, en),
    }
}

/// True if less of the value gives more points.
fn is_cost(attribute: &Attribute) -> bool {
    let ends = match (&attribute.bins, &attribute.quantiles) {
        (Some(bins), _) => bins.first().zip(bins.last()).map(|(first, last)| (first.points, last.points)),
        (None, Some(quantiles)) => quantiles.points.first().copied().zip(quantiles.points.last().copied()),
        (None, None) => None,
    };
    let falls = attribute.slope.as_ref().is_some_and(|slope| slope.points_each < Fixed::ZERO);
    ends.map_or(falls, |(first, last)| last < first)
}

fn no_card(name: &str, model: &Model) -> Finding {
    let all = model.scorecards.names().collect::<Vec<_>>().join(", ");
    let right = match all.is_empty() {
        true => Text::new("模型里还没有评分卡", "the model has no scorecard yet"),
        false => Text::new(format!("可选：{all}"), format!("one of: {all}")),
    };
    let what = match name.is_empty() {
        true => Text::new(
            "没有说是哪张评分卡：从数据求权重要有 --card",
            "it is not said of which scorecard: weights from data want `--card`",
        ),
        false => Text::new(format!("没有名为「{name}」的评分卡"), format!("no scorecard is called “{name}”")),
    };
    Finding::error("unknown-name", Place::default().at("card"), what, right)
}

/// Sets the weights of a card; they add up to 1 exactly.
fn weighed(model: &mut Model, name: &str, weights: &[Weight]) -> Result<(), Finding> {
    let Some(at) = model.scorecards.position(name) else { return Err(no_card(name, model)) };
    let card: &mut Scorecard = &mut model.scorecards.0[at].1;
    if card.combine == Combine::Sum {
        return Err(Finding::error(
            "weights-not-used",
            Place::default().at(format!("scorecards.{name}.combine")),
            Text::new(
                "这张评分卡把分值直接相加（combine: sum），权重不起作用",
                "this card only adds its points (`combine: sum`), where weights do nothing",
            ),
            Text::new("先改为 weighted_sum 或 scaled", "`weighted_sum` or `scaled` first"),
        ));
    }
    let mut units: Vec<i64> =
        weights.iter().map(|one| (one.weight * FIXED_ONE as f64).round() as i64).collect();
    let over = units.iter().sum::<i64>() - FIXED_ONE;
    if let Some(greatest) = (0..units.len()).max_by_key(|at| units[*at]) {
        units[greatest] -= over;
    }
    for (one, units) in weights.iter().zip(&units) {
        let attribute = card.attributes.0.iter_mut().find(|(own, _)| *own == one.criterion);
        let Some((_, attribute)) = attribute else {
            let all = card.attributes.names().collect::<Vec<_>>().join(", ");
            return Err(argument(
                "comparisons.criteria",
                Text::new(
                    format!("评分卡里没有属性「{}」", one.criterion),
                    format!("the card has no attribute “{}”", one.criterion),
                ),
                Text::new(format!("可选：{all}"), format!("one of: {all}")),
            ));
        };
        attribute.weight = Some(Fixed(*units));
    }
    // Those that were not weighed would count beside the whole.
    let is_weighed = |name: &str| weights.iter().any(|one| one.criterion == name);
    if let Some((other, _)) = card
        .attributes
        .0
        .iter()
        .find(|(own, one)| !is_weighed(own) && one.weight.unwrap_or(Fixed::ONE) != Fixed::ZERO)
    {
        return Err(argument(
            "comparisons.criteria",
            Text::new(
                format!("属性「{other}」没有参与，它的权重会加在总和之外"),
                format!("the attribute “{other}” was not weighed and would count beside the whole"),
            ),
            Text::new(
                "把它也比较进来，或先把它的权重设为 0",
                "compare it, too, or set its weight to 0 first",
            ),
        ));
    }
    Ok(())
}

impl LearnedWeights {
    /// As one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        crate::report::learned_weights_page(self, workspace, lang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saatys_school_comes_out_and_the_worst_judgement_is_named() {
        // Satty's choice of a school: printed weights .32 .14 .03 .13 .24 .14.
        let text = "learning,friends,school life,training,preparation,music\n\
                    1,4,3,1,3,4\n1/4,1,7,3,1/5,1\n1/3,1/7,1,1/5,1/5,1/6\n1,1/3,5,1,1,1/3\n1/3,5,5,1,1,3\n1/4,1,6,3,1/3,1";
        let found = compared(&read_comparisons(text).unwrap(), AhpMethod::Eigenvector, false).unwrap();
        for (weight, printed) in found.weights.iter().zip([0.32, 0.14, 0.03, 0.13, 0.24, 0.14]) {
            assert!((weight.weight - printed).abs() < 6e-3, "{weight:?} {printed}");
        }
        assert_eq!(found.consistent, Some(false));
        assert!((found.lambda_max.unwrap() - 7.4199).abs() < 1e-3);
        let doubt = found.doubt.unwrap();
        assert!(doubt.words.en.contains(&doubt.first) && (1.0 / 9.0..=9.0).contains(&doubt.suggested));
    }

    #[test]
    fn judgements_that_are_none_are_said_with_their_place() {
        let code = |text: &str| {
            let read =
                read_comparisons(text).and_then(|asked| compared(&asked, AhpMethod::Eigenvector, false));
            let finding = read.unwrap_err();
            (finding.code, finding.place.path.unwrap_or_default())
        };
        assert_eq!(code("a,b\n1,3\n3,1"), ("comparisons", "comparisons.matrix[1][0]".into()));
        assert_eq!(code("a,b\n1,x\n1,1").1, "comparisons.matrix[0]");
        assert_eq!(code("a,a\n1,1\n1,1").1, "comparisons.criteria[1]");
        assert_eq!(code("a,b\n1,1").1, "comparisons.matrix");
        assert_eq!(code("").1, "comparisons.criteria");
        assert_eq!(code("a,b\n1,0\n0,1").1, "comparisons.matrix[0]");
        let fine =
            compared(&read_comparisons(",a,b\na,1,0.33\nb,3,1").unwrap(), AhpMethod::Eigenvector, true)
                .unwrap();
        assert!(
            (fine.weights[1].weight - 0.75).abs() < 0.01
                && fine.consistent == Some(true)
                && fine.doubt.is_none()
        );
        assert_eq!(on_the_scale(0.3), 1.0 / 3.0);
        assert_eq!(ratio(0.25), "1/4");
    }
}
