//! `gradus learn cuts`: where a number is cut best, for tiers, RFM and the bins of a scorecard: natural breaks (Jenks),
//! k-means in one dimension, or parts of equal size. What is found is a proposal; written, it is an ordinary part of
//! the draft.

mod draft;
mod parts;
mod rfm;

use std::sync::Arc;

use gradus_grading::grade::EVERYONE;
use gradus_grading::grade::clusters::Alike;
use gradus_model::document::{Clusters, Model, Named, Prediction};
use gradus_model::{Lang, Place, Text};
use serde::{Deserialize, Serialize};

use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::clusters::{Looked, argument, condition_of, documents_of, look};
use crate::moves::numbers;
use crate::preview::prepared;
use crate::stored::processors;
use crate::summary::{grouped, percent};
use crate::{Documents, Progress, Workspace, WorkspaceError};
use parts::cut;

pub use draft::to_draft;

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
    /// What was asked.
    #[serde(skip)]
    asked: CutsRequest,
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
    let mut model = documents.model.that_grades();
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::draft::write_cuts;
    use super::parts::four;
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
