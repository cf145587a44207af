//! `gradus learn weights`: how much the attributes of a scorecard count. From comparisons in pairs (analytic hierarchy
//! process), with how far the judgements agree and which one fits the others worst; or from the data: an attribute
//! on which customers differ more tells more (entropy).

mod draft;
mod entropy;
mod judgements;

use std::sync::Arc;

use gradus_model::document::Model;
use gradus_model::{Lang, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::TrainingRequest;
use super::job::{begin, may_learn, with_pages};
use super::training::LeftOut;
use super::write::{Write, Written, write};
use crate::access::Principal;
use crate::jobs::{JobRunner, Work};
use crate::{Progress, Workspace, WorkspaceError};
use draft::weighed;
use entropy::of_data;

pub use judgements::{compared, comparison, read_comparisons, text_of_file};

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
    may_learn(who, request.write.is_some())?;
    if let Some(asked) = &request.comparisons {
        compared(asked, request.method, request.later_index)?;
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let done = learn_weights(&owned, &by, &request, progress.as_ref()).await?;
            with_pages(&owned, &done, |title, lang| done.html(title, lang))
        })
    });
    begin(workspace, jobs, who, "learn_weights", input, work).await
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

impl LearnedWeights {
    /// As one self-contained page.
    pub fn html(&self, workspace: &str, lang: Lang) -> String {
        crate::report::learned_weights_page(self, workspace, lang)
    }
}
