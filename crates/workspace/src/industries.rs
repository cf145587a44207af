//! Industries (行业样例): whole workspaces with documents, invented data, expected grades and a guided tour, for
//! somebody who sees Gradus for the first time. A *template* is one model document; an industry is a workspace.

mod leave;
mod packed;
mod set_up;

use gradus_model::document::{Named, Tour};
use gradus_model::{Lang, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

pub use leave::{Effect, Left, start_over};
pub use set_up::{SetUp, set_up, start};

use crate::access::{Permission, Principal};
use crate::{Workspace, WorkspaceError};

/// Under which name the store's settings tell of the industry in use.
const IN_USE: &str = "industry";

/// An industry, and what it brings.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Industry {
    pub name: &'static str,
    pub title: Text,
    pub summary: Text,
    /// Customers of the sample data, and its rows.
    pub n_customers: u64,
    pub n_rows: u64,
    pub n_indicators: usize,
    /// Titles in both languages.
    pub scorecards: Vec<Text>,
    pub tiers: Vec<Text>,
    pub segments: Vec<Text>,
    pub groupings: Vec<Text>,
    /// Stops of the guided tour.
    pub n_steps: usize,
}

/// All industries, by name.
pub fn industries() -> Vec<Industry> {
    fn titles<T>(all: &Named<T>, title: impl Fn(&T) -> &Option<Text>) -> Vec<Text> {
        all.iter().map(|(name, one)| title(one).clone().unwrap_or_else(|| Text::plain(name))).collect()
    }
    let of = |known: &packed::Known| Industry {
        name: known.name,
        title: known.tour.title.clone(),
        summary: known.tour.summary.clone(),
        n_customers: known.n_customers,
        n_rows: known.n_rows,
        n_indicators: known.model.indicators.len(),
        scorecards: titles(&known.model.scorecards, |one| &one.title),
        tiers: titles(&known.model.tiers, |one| &one.title),
        segments: titles(&known.model.segments, |one| &one.title),
        groupings: titles(&known.model.groupings, |one| &one.title),
        n_steps: known.tour.steps.len(),
    };
    packed::known().iter().map(of).collect()
}

/// The guided tour of an industry.
///
/// # Errors
/// A finding if there is none of this name.
pub fn tour_of(name: &str) -> Result<&'static Tour, WorkspaceError> {
    packed::known_of(name).map(|known| &known.tour)
}

/// True if an industry is called so.
pub fn is_industry(name: &str) -> bool {
    packed::known_of(name).is_ok()
}

impl Industry {
    /// One line, and what it brings.
    pub fn render(&self, lang: Lang) -> String {
        let (customers, rows) = (self.n_customers, self.n_rows);
        let head = match lang {
            Lang::Zh => format!("{}：{customers} 位客户，{rows} 行数据", self.title.zh),
            Lang::En => format!("{}: {customers} customers, {rows} rows of data", self.title.en),
        };
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = format!("{:<11} {head}", self.name);
        for (word, titles) in [
            (say("评分卡", "scorecards"), &self.scorecards),
            (say("等级", "tiers"), &self.tiers),
            (say("分群", "segments"), &self.segments),
        ] {
            let names: Vec<&str> = titles.iter().map(|text| text.get(lang)).collect();
            if !names.is_empty() {
                out.push_str(&format!("; {word} {}", names.join(say("、", ", "))));
            }
        }
        out
    }
}

/// How the industry of a workspace stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Being set up, or cut off while it was: see [`InUse::is_at_work`].
    Begun,
    There,
    /// Being taken away, or cut off while it was.
    Leaving,
}

/// The industry that a workspace was begun with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct InUse {
    pub name: String,
    /// True while what is graded is invented.
    pub with_data: bool,
    pub standing: Standing,
    /// The job that sets it up; none from the command line.
    pub job: Option<String>,
    pub account: String,
    pub at: i64,
    /// `gradus.yaml` as it was before, to be put back.
    settings_before: String,
    /// Paths of the documents that came with it.
    documents: Vec<String>,
    /// Imports of its data, and the version that it published.
    imports: Vec<i64>,
    version: Option<i64>,
    /// Whether the job that sets it up is still at work.
    #[serde(skip)]
    pub is_at_work: bool,
}

impl InUse {
    /// What people call the industry.
    pub fn title(&self) -> Text {
        packed::known_of(&self.name)
            .map_or_else(|_| Text::plain(&self.name), |known| known.tour.title.clone())
    }

    async fn keep(&self, workspace: &Workspace) -> Result<(), WorkspaceError> {
        Ok(workspace.store.settings().set(IN_USE, &json!(self)).await?)
    }
}

/// The industry that the workspace was begun with, if it was.
pub async fn in_use(workspace: &Workspace) -> Result<Option<InUse>, WorkspaceError> {
    let Some(kept) = workspace.store.settings().get(IN_USE).await? else { return Ok(None) };
    let mut in_use: InUse = serde_json::from_value(kept)
        .map_err(|error| WorkspaceError::Defect(format!("the setting {IN_USE}: {error}")))?;
    if let (Standing::Begun, Some(job)) = (in_use.standing, &in_use.job) {
        let job = workspace.store.jobs().get(job).await?;
        in_use.is_at_work = job.is_some_and(|job| job.finished.is_none());
    }
    Ok(Some(in_use))
}

/// What a newcomer may do with the workspace.
#[derive(Debug, Clone)]
pub struct Beginning {
    /// Nothing was imported and nothing was modelled: an industry may be chosen.
    pub is_empty: bool,
    pub in_use: Option<InUse>,
    /// What starting over would take away; there if there is anything to take away.
    pub effect: Option<Effect>,
}

/// How far the workspace is from its beginning.
pub async fn beginning(workspace: &Workspace, who: &Principal) -> Result<Beginning, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let in_use = in_use(workspace).await?;
    let effect = match &in_use {
        Some(in_use) if !in_use.is_at_work => Some(leave::effect(workspace, in_use).await?),
        _ => None,
    };
    Ok(Beginning { is_empty: in_use.is_none() && set_up::is_empty(workspace).await?, in_use, effect })
}
