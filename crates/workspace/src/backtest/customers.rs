//! Who is behind a figure of a back-test. A back-test keeps no customers: they are graded once more with what was
//! known on the day, which gives the same grades, and the newest of such gradings stays in memory, so that from
//! one figure to the next nobody waits.

use std::sync::Arc;

use gradus_feedback::members::{Behind, members};
use gradus_feedback::sides::{Came, Graded};
use gradus_grading::fold::AsOf;
use gradus_model::{Finding, Place, Text};
use gradus_store::JobState;
use serde::{Deserialize, Serialize, Serializer};
use tokio::sync::Mutex;

use super::sides::{aligned, came};
use super::{BacktestRequest, Left, Outcomes, Plan, Sides, moved};
use crate::access::{Permission, Principal};
use crate::clock::label;
use crate::customers::unknown_among;
use crate::jobs::{self, on_a_thread};
use crate::versions::documents_of;
use crate::{Documents, Workspace, WorkspaceError, validation};

/// Longest page.
const MAX_LIMIT: usize = 1_000;

/// Which figure of a back-test.
#[derive(Debug, Clone)]
pub struct Figure {
    /// One of its dates.
    pub as_of: String,
    /// The champion's figure instead.
    pub against: bool,
    pub behind: Behind,
    pub limit: usize,
    /// What the page before gave.
    pub after: Option<String>,
}

/// The customers behind a figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BehindFigure {
    pub as_of: String,
    /// The last day of the horizon.
    pub until: String,
    /// How many there are in all.
    pub n: usize,
    pub customers: Vec<OneBehind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// One of them, with the grade of the day and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OneBehind {
    #[serde(serialize_with = "as_text")]
    pub customer: i64,
    /// What they are called, masked.
    pub label: String,
    /// By the scheme that is asked about, else the first; none: not graded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// That score, else the one by which customers are ordered; none: not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<f64>,
    pub outcomes: Vec<OutcomeOf>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutcomeOf {
    pub name: String,
    /// An amount, or 1 for what happened; none: it is not asked of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

fn as_text<S: Serializer>(customer: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(customer)
}

/// The newest grading that a figure opened.
#[derive(Default)]
pub struct OpenedCache(Mutex<Option<Arc<Opened>>>);

/// Everybody as of one date of a back-test.
struct Opened {
    job: String,
    as_of: String,
    against: bool,
    until: String,
    customers: Vec<i64>,
    graded: Graded,
    came: Vec<Came>,
}

/// What a finished back-test says of itself, as its result was kept.
#[derive(Deserialize)]
struct Kept {
    version: Option<i64>,
    against_version: Option<i64>,
    model_hash: Option<String>,
    against_hash: Option<String>,
    counted_us: Option<i64>,
    horizon: String,
    dates: Vec<KeptDate>,
}

#[derive(Deserialize)]
struct KeptDate {
    as_of: String,
}

/// Lists who is behind a figure of a back-test that somebody ran.
///
/// # Errors
/// There is no such back-test, or it was made before its customers could be opened; findings: it has no such date or
/// group, or the draft that it judged is another one by now.
pub async fn customers(
    workspace: &Arc<Workspace>,
    who: &Principal,
    cache: &OpenedCache,
    job: &str,
    figure: &Figure,
) -> Result<BehindFigure, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let opened = opened(workspace, who, cache, job, figure).await?;
    let all =
        members(&opened.graded, &opened.came, &figure.behind).ok_or_else(|| no_group(&figure.behind))?;
    let from = match &figure.after {
        Some(text) => text.parse::<usize>().map_err(|_| wrong_mark())?,
        None => 0,
    };
    let limit = figure.limit.clamp(1, MAX_LIMIT);
    let page: Vec<usize> = all.iter().skip(from).take(limit).copied().collect();
    let (graded, end) = (&opened.graded, from.saturating_add(page.len()));
    let scheme = match &figure.behind {
        Behind::Tier { scheme, .. } => graded.schemes.iter().find(|one| one.name == *scheme),
        _ => graded.schemes.first(),
    };
    let score = match &figure.behind {
        Behind::Band { score, .. } | Behind::Tenth { score, .. } => {
            graded.scores.iter().find(|one| one.name == *score)
        }
        Behind::Tier { .. } => graded.main.and_then(|at| graded.scores.get(at)),
    };
    let ids: Vec<i64> = page.iter().map(|at| opened.customers[*at]).collect();
    let known = workspace.vault.reveal_many(&ids).await?;
    let one = |at: usize| {
        let customer = opened.customers[at];
        let level = scheme.and_then(|scheme| scheme.levels.get(usize::from(scheme.places[at]?)));
        OneBehind {
            customer,
            label: known.get(&customer).map(|known| crate::customers::label(known)).unwrap_or_default(),
            level: level.map(|(name, _)| name.clone()),
            score: score.and_then(|score| score.values[at]),
            outcomes: opened
                .came
                .iter()
                .map(|came| OutcomeOf { name: came.name.clone(), value: came.values[at] })
                .collect(),
        }
    };
    Ok(BehindFigure {
        as_of: opened.as_of.clone(),
        until: opened.until.clone(),
        n: all.len(),
        customers: page.into_iter().map(one).collect(),
        next: (end < all.len()).then(|| end.to_string()),
    })
}

async fn opened(
    workspace: &Arc<Workspace>,
    who: &Principal,
    cache: &OpenedCache,
    id: &str,
    figure: &Figure,
) -> Result<Arc<Opened>, WorkspaceError> {
    let gone = WorkspaceError::NotFound { what: "backtest" };
    let job = jobs::get(workspace, who, id).await?;
    if job.kind != "backtest" || job.state != JobState::Done {
        return Err(gone);
    }
    let kept: Option<Kept> = job.result.and_then(|result| serde_json::from_value(result).ok());
    let request: Option<BacktestRequest> = serde_json::from_value(job.input).ok();
    let (Some(kept), Some(request)) = (kept, request) else { return Err(gone) };
    if figure.against && kept.against_hash.is_none() {
        return Err(gone);
    }
    if !kept.dates.iter().any(|date| date.as_of == figure.as_of) {
        return Err(unknown_among("as_of", &figure.as_of, kept.dates.iter().map(|date| date.as_of.as_str())));
    }
    // Whoever comes second waits for the first instead of grading everybody once more.
    let mut newest = cache.0.lock().await;
    if let Some(there) = newest.as_ref()
        && there.job == id
        && there.as_of == figure.as_of
        && there.against == figure.against
    {
        return Ok(there.clone());
    }
    // Two of them at once would take the memory of both.
    *newest = None;
    let (owned, by, as_of) = (workspace.clone(), who.clone(), figure.as_of.clone());
    let against = figure.against;
    let made = on_a_thread(move || async move { made(&owned, &by, &request, &kept, as_of, against).await });
    let made = Arc::new(Opened { job: id.to_string(), ..made.await? });
    *newest = Some(made.clone());
    Ok(made)
}

/// Grades everybody of one date once more.
async fn made(
    workspace: &Workspace,
    who: &Principal,
    request: &BacktestRequest,
    kept: &Kept,
    as_of: String,
    against: bool,
) -> Result<Opened, WorkspaceError> {
    let Some((hash, counted_us)) = kept.model_hash.as_deref().zip(kept.counted_us) else {
        return Err(WorkspaceError::NotFound { what: "backtest" });
    };
    let documents = match kept.version {
        Some(version) => by_version(workspace, version).await?,
        None => Sides::of(workspace, who, request).await?.documents,
    };
    is_the_same(workspace, &documents, hash).await?;
    let horizon = validation::parse_horizon(&kept.horizon)?;
    let day = workspace.as_of(crate::instant_of(&as_of, &workspace.zone)?).day;
    let (from, until) =
        (AsOf::close_of(day, &workspace.zone), AsOf::close_of(moved(day, horizon, 1), &workspace.zone));
    let plan =
        Plan { horizon, asked: validation::asked(&documents.model, horizon)?, dates: vec![(from, until)] };
    let own = Left::grade(workspace, &documents, from, &()).await?;
    let seen = Outcomes::count(workspace, &documents, &plan, counted_us, &()).await?;
    let came = came(&plan.asked, &own.customers, &seen.after[0], seen.before[0].as_ref());
    let graded = match (against, &kept.against_hash) {
        (true, Some(hash)) => {
            let champion = match kept.against_version {
                Some(version) => Some(by_version(workspace, version).await?),
                None => Sides::of(workspace, who, request).await?.champion,
            };
            let gone = WorkspaceError::NotFound { what: "backtest" };
            let champion = champion.ok_or(gone)?;
            is_the_same(workspace, &champion, hash).await?;
            let other = Left::grade(workspace, &champion, from, &()).await?;
            aligned(other.graded, &other.customers, &own.customers)
        }
        _ => own.graded,
    };
    let until = label(until, &workspace.zone);
    Ok(Opened { job: String::new(), as_of, against, until, customers: own.customers.ids, graded, came })
}

async fn by_version(workspace: &Workspace, number: i64) -> Result<Documents, WorkspaceError> {
    let version = workspace.store.versions().get(number).await?;
    documents_of(workspace, &version).await
}

/// A draft, or the folder, is still what was judged.
async fn is_the_same(workspace: &Workspace, documents: &Documents, hash: &str) -> Result<(), WorkspaceError> {
    if super::hash_of(workspace, documents).await? == hash {
        return Ok(());
    }
    Err(Finding::error(
        "backtest-outdated",
        Place::default(),
        Text::new(
            "这次回测之后模型改过，背后的客户已列不出来",
            "the model has been changed since this back-test; who was behind its figures can no longer be told",
        ),
        Text::new("重新运行回测，再打开客户", "run the back-test again, and open the customers from there"),
    )
    .into())
}

fn no_group(behind: &Behind) -> WorkspaceError {
    let name = match behind {
        Behind::Tier { scheme, level } => format!("{scheme} {level}"),
        Behind::Band { score, band } => format!("{score} {band}"),
        Behind::Tenth { score, outcome, tenth } => format!("{score} {outcome} {tenth}"),
    };
    Finding::error(
        "unknown-name",
        Place::default().at("group"),
        Text::new(format!("这次回测里没有「{name}」"), format!("the back-test has no “{name}”")),
        Text::new("照回测结果里的名称写", "names as they are in the result of the back-test"),
    )
    .into()
}

fn wrong_mark() -> WorkspaceError {
    let what = Text::new("翻页标记不对", "the mark of the page is not right");
    let right = Text::new("上一页给的 next", "the `next` of the page before");
    Finding::error("cursor", Place::default().at("after"), what, right).into()
}
