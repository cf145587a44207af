//! `gradus learn cuts`: where a number is cut best, for tiers, RFM and the bins of a scorecard: natural breaks (Jenks),
//! k-means in one dimension, or parts of equal size. What is found is a proposal; written, it is an ordinary part of
//! the draft.

use std::sync::Arc;

use gradus_grading::grade::EVERYONE;
use gradus_grading::grade::clusters::Alike;
use gradus_model::document::{Clusters, Model, Named, Prediction};
use gradus_model::{Finding, Lang, Place, Text};
use gradus_stats::jenks::breaks;
use gradus_stats::quantile::quantiles_f64;
use gradus_stats::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::clusters::{Drafted, Looked, argument, condition_of, documents_of, look, roundest};
use crate::learn::write::sound;
use crate::moves::numbers;
use crate::preview::prepared;
use crate::stored::processors;
use crate::summary::{grouped, percent};
use crate::{Documents, Progress, Workspace, WorkspaceError, versions};

/// Parts at most.
const MOST: u32 = 100;
/// The name under which the number is looked at; never stored.
const LOOKED_AT: &str = "learned_cuts";

/// How a number is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CutMethod {
    /// Natural breaks: each cut is a round number between the classes.
    Jenks,
    /// The same classes, cut halfway between their means.
    KMeans,
    /// About equally many customers in each part.
    Quantiles,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutsRequest {
    /// An indicator, an expression over indicators, or a score of the newest grading.
    pub value: String,
    pub parts: u32,
    pub method: CutMethod,
    /// `everyone`, or a condition over indicators.
    pub base: Option<String>,
    /// `draft`, `folder` or the number of a version; what is in force if left out.
    pub model: Option<String>,
    pub as_of: Option<String>,
}

/// Where a number is cut.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cuts {
    pub as_of: String,
    pub value: String,
    pub title: Text,
    pub method: CutMethod,
    /// Parts are `[a, b)`: one more than cuts, the lowest first.
    pub cuts: Vec<f64>,
    pub counts: Vec<u64>,
    /// None of a part that holds nobody.
    pub means: Vec<Option<f64>>,
    /// The share of the variance between the parts (goodness of variance fit); none where nobody differs.
    pub goodness: Option<f64>,
    pub n: u64,
    /// Customers whose value is unknown.
    pub n_unknown: u64,
    pub words: Text,
}

/// Cuts by what a fold gives.
///
/// # Errors
/// Findings: the value is no number, or there are more parts than different values.
pub async fn learn_cuts(
    workspace: &Workspace,
    who: &Principal,
    request: &CutsRequest,
    progress: &dyn Progress,
) -> Result<Cuts, WorkspaceError> {
    who.sees_everyone()?;
    checked(request)?;
    let documents = documents_of(workspace, who, request.model.as_deref()).await?;
    if is_decided(&documents.model, &request.value) {
        let base = Base::as_of(workspace, request.as_of.as_deref()).await?;
        return of_grading(&base, request);
    }
    let prediction = looking(&documents.model, request);
    let looked =
        look(workspace, &documents, LOOKED_AT, &prediction, request.as_of.as_deref(), progress).await;
    let Looked { as_of, alike, options, .. } = looked.map_err(|error| at_the_value(error))?;
    cut(request, as_of, &alike, options.features.first().cloned())
}

/// Cuts by the newest grading, while somebody waits.
///
/// # Errors
/// As [`learn_cuts`]; and if the value was never graded and there are too many events to fold them now.
pub async fn cuts_at_once(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    request: &CutsRequest,
) -> Result<Cuts, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    checked(request)?;
    let documents = documents_of(workspace, who, request.model.as_deref()).await?;
    if is_decided(&documents.model, &request.value) {
        return of_grading(&base, request);
    }
    let documents = with(&documents, looking(&documents.model, request));
    let then = prepared(workspace, &base, documents, &[LOOKED_AT]).await;
    let then = then.map_err(|error| at_the_value(error))?;
    let Some(rows) = &then.rows else {
        return Err(argument(
            "value",
            Text::new(
                "这个值还没有评级过，事件又太多，不能当场计算",
                "this value was never graded, and there are too many events to count it while you wait",
            ),
            Text::new(
                "先把它加为指标并评级，或用 gradus learn cuts",
                "an indicator that was graded, or `gradus learn cuts`",
            ),
        )
        .into());
    };
    let found = then.compiled.stage_b.alike(LOOKED_AT, rows, then.kept.clone(), then.date, processors());
    let (alike, options) =
        found.ok_or_else(|| WorkspaceError::Defect("a value that was compiled is not there".into()))?;
    cut(request, base.graded.as_of.clone(), &alike, options.features.first().cloned())
}

/// Whether a value is known only once customers were graded: a score, or what rules, tables or trees give. It is what
/// tiers are cut by.
fn is_decided(model: &Model, value: &str) -> bool {
    let value = value.trim();
    model.indicators.get(value).is_none()
        && (model.scorecards.get(value).is_some()
            || model.rule_sets.get(value).is_some()
            || model.decision_tables.get(value).is_some()
            || model.cross_tables.get(value).is_some()
            || model.decision_trees.get(value).is_some()
            || model.flows.get(value).is_some()
            || model.predictions.get(value).is_some())
}

/// Cuts by what the last grading gave.
fn of_grading(base: &Base, request: &CutsRequest) -> Result<Cuts, WorkspaceError> {
    let value = request.value.trim();
    let values = match base.graded.has(value) {
        true => numbers(&base.graded.batches, value)?,
        false => None,
    };
    let Some(mut values) = values else {
        return Err(argument(
            "value",
            Text::new(
                format!("「{value}」在最近一次评级里不是数值"),
                format!("`{value}` is no number of the newest grading"),
            ),
            Text::new(
                "先用这份模型评级（gradus grade），或换一个值",
                "this model graded first (`gradus grade`), or another value",
            ),
        )
        .into());
    };
    let among =
        request.base.as_deref().map(str::trim).filter(|among| !among.is_empty() && *among != EVERYONE);
    if let Some(segment) = among {
        let Some(members) = base.members(segment) else {
            return Err(argument(
                "base",
                Text::new(
                    format!("「{segment}」不是评过级的分群"),
                    format!("`{segment}` is no segment of the newest grading"),
                ),
                Text::new(
                    "分数按最近一次评级切：范围是 everyone 或一个分群",
                    "a score is cut by the newest grading: `everyone`, or a segment",
                ),
            )
            .into());
        };
        let inside: Vec<bool> = members.iter().flat_map(|flags| flags.values().iter()).collect();
        let mut at = 0;
        values.retain(|_| {
            at += 1;
            inside.get(at - 1).copied().unwrap_or(false)
        });
    }
    let rows =
        values.into_iter().map(|value| value.filter(|value| value.is_finite()).map(|value| vec![value]));
    let alike = Alike::of(rows, 1);
    let own = base.graded.columns.iter().find(|column| column.name == value);
    cut(request, base.graded.as_of.clone(), &alike, own.map(|column| column.title.clone()))
}

fn checked(request: &CutsRequest) -> Result<(), WorkspaceError> {
    if (2..=MOST).contains(&request.parts) {
        return Ok(());
    }
    let parts = request.parts;
    let what = Text::new(format!("{parts} 段不行"), format!("{parts} parts are not possible"));
    Err(argument("parts", what, Text::new(format!("2 到 {MOST}"), format!("from 2 to {MOST}"))).into())
}

/// The value as the only feature of a prediction, which knows how everybody's value is found.
fn looking(model: &Model, request: &CutsRequest) -> Prediction {
    let among = request.base.as_deref().map(str::trim).filter(|base| !base.is_empty() && *base != EVERYONE);
    let clusters = Clusters {
        features: vec![request.value.clone()],
        k: None,
        most: None,
        method: None,
        scale: None,
        seed: None,
        refit: None,
        names: Named::default(),
    };
    Prediction {
        title: None,
        description: None,
        among: among.map(|base| condition_of(model, base)),
        lifetime: None,
        contract: None,
        propensity: None,
        clusters: Some(clusters),
        trained: None,
    }
}

fn with(documents: &Documents, prediction: Prediction) -> Documents {
    let mut model = documents.model.without_tests();
    model.predictions.0.push((LOOKED_AT.to_string(), prediction));
    Documents {
        sources: documents.sources.clone(),
        model,
        locations: documents.locations.clone(),
        version: documents.version,
        findings: Default::default(),
    }
}

/// What is wrong with the value or the base is said of them, not of what was made of them.
fn at_the_value(error: WorkspaceError) -> WorkspaceError {
    let WorkspaceError::Findings(mut findings) = error else { return error };
    for finding in &mut findings.0 {
        let path = finding.place.path.clone().unwrap_or_default();
        if let Some(rest) = path.strip_prefix(&format!("predictions.{LOOKED_AT}.")) {
            let name = if rest.starts_with("among") { "base" } else { "value" };
            finding.place = Place::default().at(name);
        }
    }
    WorkspaceError::Findings(findings)
}

fn cut(
    request: &CutsRequest,
    as_of: String,
    alike: &Alike,
    title: Option<Text>,
) -> Result<Cuts, WorkspaceError> {
    // They ascend.
    let values = alike.columns.first().map(Vec::as_slice).unwrap_or_default();
    let parts = request.parts as usize;
    let found = match request.method {
        CutMethod::Quantiles => quantiles(values, request.parts),
        method => breaks(values, parts).map(|found| match method {
            CutMethod::KMeans => found.means.windows(2).map(|pair| four((pair[0] + pair[1]) / 2.0)).collect(),
            _ => found.cuts.iter().map(|start| between(values, *start)).collect(),
        }),
    };
    let mut cuts: Vec<f64> = found.map_err(|refusal| refused(refusal, alike))?;
    cuts.dedup();
    let n_parts = cuts.len() + 1;
    let (mut counts, mut sums) = (vec![0u64; n_parts], vec![0.0; n_parts]);
    let part_of = |value: f64| cuts.partition_point(|cut| *cut <= value);
    for value in values {
        counts[part_of(*value)] += 1;
        sums[part_of(*value)] += value;
    }
    let means: Vec<Option<f64>> =
        counts.iter().zip(&sums).map(|(n, sum)| (*n > 0).then(|| sum / *n as f64)).collect();
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let all: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let within: f64 =
        values.iter().map(|value| (value - means[part_of(*value)].unwrap_or(mean)).powi(2)).sum();
    let goodness = (all > 0.0).then(|| 1.0 - within / all);
    let title = title.unwrap_or_else(|| Text::plain(&request.value));
    let told = |lang: Lang| {
        let cuts: Vec<String> = cuts.iter().map(|cut| crate::clusters::number(*cut)).collect();
        cuts.join(if lang == Lang::Zh { "、" } else { ", " })
    };
    let good = goodness.map(|good| percent(good, 1)).unwrap_or_else(|| "–".into());
    let mut words = Text::new(
        format!("在 {} 处切成 {n_parts} 段；段间解释了差异的 {good}", told(Lang::Zh)),
        format!(
            "cut at {} into {n_parts} parts, which hold {good} of the variance between them",
            told(Lang::En)
        ),
    );
    if n_parts < parts {
        words = Text::new(
            format!("{}；有相同的值，只能切成 {n_parts} 段", words.zh),
            format!("{}; values repeat, so that there are no more than {n_parts}", words.en),
        );
    }
    Ok(Cuts {
        as_of,
        value: request.value.clone(),
        title,
        method: request.method,
        counts,
        means,
        goodness,
        n: values.len() as u64,
        n_unknown: alike.n_unknown,
        words,
        cuts,
    })
}

/// Where about equally many lie between; equal values are never parted.
fn quantiles(values: &[f64], parts: u32) -> Result<Vec<f64>, Refusal> {
    if values.is_empty() {
        return Err(Refusal::Empty);
    }
    let edges = quantiles_f64(&[values], parts).unwrap_or_default();
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    // The part above an edge begins with the next greater value: `[a, b)` holds what is at most the edge.
    let next = |edge: &f64| {
        let above = values.partition_point(|value| value <= edge);
        values.get(above).map(|start| between(values, *start))
    };
    let mut cuts: Vec<f64> = inner.iter().filter_map(next).collect();
    cuts.dedup();
    if cuts.is_empty() {
        Err(Refusal::TooFewDistinct { wanted: parts as usize, distinct: 1 })
    } else {
        Ok(cuts)
    }
}

/// The roundest number above the value before `start` and at most `start`, with four digits at most.
fn between(values: &[f64], start: f64) -> f64 {
    let below = values.partition_point(|value| *value < start);
    let Some(below) = below.checked_sub(1).map(|at| values[at]) else { return start };
    // From the other side of nought, because here the upper end belongs to it.
    let round = roundest(-start, -below).map(|found| -found).filter(|found| four(*found) == *found);
    round.map_or(start, |found| found + 0.0)
}

fn four(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

fn refused(refusal: Refusal, alike: &Alike) -> WorkspaceError {
    match refusal {
        Refusal::TooFewDistinct { distinct, .. } if distinct < 2 => argument(
            "value",
            Text::new(
                "所有客户的值都一样，没有可切的地方",
                "the value is the same for everybody: there is nothing to cut",
            ),
            Text::new("换一个有差别的值，或放宽范围", "a value in which customers differ, or a wider base"),
        )
        .into(),
        Refusal::TooFewDistinct { distinct, .. } => argument(
            "parts",
            Text::new(
                format!("只有 {distinct} 种不同的值，切不出这么多段"),
                format!("there are only {distinct} different values, and more parts than that are asked"),
            ),
            Text::new(format!("不超过 {distinct} 段"), format!("{distinct} parts at most")),
        )
        .into(),
        Refusal::Empty => argument(
            "value",
            Text::new(
                format!("没有客户的值是已知的（未知 {}）", alike.n_unknown),
                format!("the value is known of nobody ({} unknown)", alike.n_unknown),
            ),
            Text::new("换一个值，或放宽范围", "another value, or a wider base"),
        )
        .into(),
        other => WorkspaceError::Defect(other.to_string()),
    }
}

impl Cuts {
    /// For the terminal.
    pub fn render(&self, lang: Lang) -> String {
        let mut out = format!("{}  {}\n", self.title.get(lang), self.words.get(lang));
        let shown = |cut: &f64| crate::clusters::number(*cut);
        for (at, n) in self.counts.iter().enumerate() {
            let from = at.checked_sub(1).and_then(|at| self.cuts.get(at)).map_or("−∞".into(), shown);
            let to = self.cuts.get(at).map_or("∞".into(), shown);
            let share = percent(*n as f64 / self.n.max(1) as f64, 1);
            let mean = self.means[at].map(|mean| format!("{mean:.2}")).unwrap_or_default();
            out += &format!("  [{from}, {to})  {} ({share})  ⌀ {mean}\n", grouped(*n as f64, 0));
        }
        if self.n_unknown > 0 {
            let n = grouped(self.n_unknown as f64, 0);
            out += &match lang {
                Lang::Zh => format!("  未知 {n}\n"),
                Lang::En => format!("  unknown {n}\n"),
            };
        }
        out
    }
}

/// Writes the cuts into the draft: into the bins of `scorecards.CARD.attributes.NAME` or the cuts of `groupings.NAME`.
/// Bins that are there keep their points, from the lowest; where there are more, the last one's are repeated.
///
/// # Errors
/// A finding if the draft has nothing there that takes cuts; somebody changed the draft meanwhile.
pub async fn to_draft(
    workspace: &Workspace,
    who: &Principal,
    found: &Cuts,
    path: &str,
) -> Result<Drafted, WorkspaceError> {
    let draft = versions::draft(workspace, who).await?;
    let mut document = draft.document;
    let written = write_cuts(&mut document, path, found);
    written.map_err(WorkspaceError::from)?;
    sound(workspace, &document)?;
    let written = versions::write_draft(workspace, who, draft.revision, &document).await?;
    Ok(Drafted { revision: written.revision, paths: vec![path.to_string()], removed: Vec::new() })
}

fn write_cuts(document: &mut Value, path: &str, found: &Cuts) -> Result<(), Finding> {
    let nowhere = || {
        argument(
            "write",
            Text::new(
                format!("草稿里没有可以写入切点的 {path}"),
                format!("nothing at {path} of the draft takes cuts"),
            ),
            Text::new(
                "scorecards.评分卡.attributes.项目、groupings.方案（kind: bands），或 tiers.方案（由 from 切分，段数等于等级数）",
                "scorecards.CARD.attributes.NAME, groupings.NAME of kind `bands`, or tiers.NAME whose levels have `from`, as many as there are parts",
            ),
        )
    };
    let keys: Vec<&str> = path.split('.').collect();
    let mut at = document;
    for key in &keys {
        at = at.get_mut(*key).ok_or_else(nowhere)?;
    }
    let place = at.as_object_mut().ok_or_else(nowhere)?;
    let numbers: Vec<Value> = found.cuts.iter().map(|cut| number_value(*cut)).collect();
    match keys[..] {
        ["groupings", _] if place.get("kind") == Some(&json!("bands")) => {
            place.insert("cuts".into(), json!(numbers));
            place.insert("value".into(), json!(found.value));
        }
        ["scorecards", _, "attributes", _] if !place.contains_key("cases") => {
            let before = place.get("bins").and_then(Value::as_array).cloned().unwrap_or_default();
            // An `else` stays what it is.
            let is_else = |bin: &Value| bin.get("else") == Some(&json!(true));
            let points: Vec<Value> = before
                .iter()
                .filter(|bin| !is_else(bin))
                .filter_map(|bin| bin.get("points").cloned())
                .collect();
            let mut bins: Vec<Value> = (0..=numbers.len())
                .map(|at| {
                    let mut bin = serde_json::Map::new();
                    if let Some(from) = at.checked_sub(1).and_then(|at| numbers.get(at)) {
                        bin.insert("from".into(), from.clone());
                    }
                    if let Some(below) = numbers.get(at) {
                        bin.insert("below".into(), below.clone());
                    }
                    let own = points.get(at).or(points.last()).cloned().unwrap_or_else(|| json!(at));
                    bin.insert("points".into(), own);
                    Value::Object(bin)
                })
                .collect();
            bins.extend(before.into_iter().filter(is_else));
            place.remove("quantiles");
            place.insert("bins".into(), json!(bins));
            place.insert("value".into(), json!(found.value));
        }
        ["tiers", _] => {
            let levels = place.get_mut("levels").and_then(Value::as_object_mut).ok_or_else(nowhere)?;
            let is_cut = |level: &Value| {
                ["top_percent", "quota", "quota_percent"].iter().all(|key| level.get(key).is_none())
            };
            if levels.len() != numbers.len() + 1 || !levels.values().all(is_cut) {
                return Err(nowhere());
            }
            // Whoever reaches the least value of a level rises; the lowest level has none.
            let lowest_first = levels.values().next().is_some_and(|level| level.get("from").is_none());
            let mut all: Vec<&mut Value> = levels.values_mut().collect();
            if !lowest_first {
                all.reverse();
            }
            for (level, from) in all.into_iter().skip(1).zip(&numbers) {
                let level = level.as_object_mut().ok_or_else(nowhere)?;
                level.insert("from".into(), from.clone());
                // Below which one falls was said of another cut.
                level.remove("demote");
            }
            place.insert("by".into(), json!(found.value));
        }
        _ => return Err(nowhere()),
    }
    Ok(())
}

/// A whole number without a point.
fn number_value(cut: f64) -> Value {
    match cut.fract() == 0.0 && cut.abs() < 1e15 {
        true => json!(cut as i64),
        false => json!(cut),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts_of(values: &[f64], parts: u32, method: CutMethod) -> Result<Cuts, WorkspaceError> {
        let rows = values.iter().map(|value| Some(vec![*value])).chain([None]);
        let alike = Alike::of(rows, 1);
        let request =
            CutsRequest { value: "spend".into(), parts, method, base: None, model: None, as_of: None };
        cut(&request, "2026-01-01".into(), &alike, Some(Text::new("消费", "Spend")))
    }

    #[test]
    fn natural_breaks_are_round_numbers_between_the_classes() {
        let values = [1.0, 2.0, 2.5, 93.7, 96.0, 501.0, 530.0, 540.0];
        let found = cuts_of(&values, 3, CutMethod::Jenks).unwrap();
        assert_eq!((found.cuts.as_slice(), found.counts.as_slice()), (&[50.0, 300.0][..], &[3, 2, 3][..]));
        assert_eq!((found.n, found.n_unknown), (8, 1));
        assert!(found.goodness.unwrap() > 0.99);
        let halfway = cuts_of(&values, 3, CutMethod::KMeans).unwrap();
        assert_eq!(halfway.counts, found.counts);
        assert_eq!(halfway.cuts[0], four((5.5 / 3.0 + 94.85) / 2.0));
        // Equal values are never parted.
        let same = cuts_of(&[1.0, 1.0, 1.0, 1.0, 2.0, 3.0], 3, CutMethod::Quantiles).unwrap();
        assert_eq!(same.counts.iter().sum::<u64>(), 6);
        assert_eq!(same.counts[0], 4);
        let few = cuts_of(&[4.0, 4.0], 3, CutMethod::Jenks).unwrap_err();
        assert!(
            matches!(few, WorkspaceError::Findings(found) if found.0[0].what.en.contains("same for everybody"))
        );
        assert!(matches!(cuts_of(&[], 3, CutMethod::Jenks), Err(WorkspaceError::Findings(_))));
    }

    #[test]
    fn cuts_become_bins_that_keep_their_points() {
        let found = cuts_of(&[1.0, 2.0, 2.5, 93.7, 96.0, 501.0, 530.0, 540.0], 3, CutMethod::Jenks).unwrap();
        let mut document = json!({
            "gradus": 1,
            "scorecards": { "value": { "attributes": { "spend": { "value": "old", "bins": [
                { "below": 10, "points": 5 }, { "from": 10, "points": 9 }, { "else": true, "points": 0 } ] } } } },
            "groupings": { "band": { "base": "everyone", "kind": "bands", "value": "old", "cuts": [1] } },
        });
        write_cuts(&mut document, "scorecards.value.attributes.spend", &found).unwrap();
        write_cuts(&mut document, "groupings.band", &found).unwrap();
        let attribute = &document["scorecards"]["value"]["attributes"]["spend"];
        assert_eq!(
            attribute,
            &json!({ "value": "spend", "bins": [
                { "below": 50, "points": 5 }, { "from": 50, "below": 300, "points": 9 },
                { "from": 300, "points": 9 }, { "else": true, "points": 0 } ] })
        );
        assert_eq!(document["groupings"]["band"]["cuts"], json!([50, 300]));
        let there: Model = serde_json::from_value(document.clone()).unwrap();
        assert_eq!(there.groupings.names().next(), Some("band"));
        for nowhere in ["tiers.x", "groupings.none", "scorecards.value"] {
            assert_eq!(write_cuts(&mut document, nowhere, &found).unwrap_err().code, "argument");
        }
    }
}
