//! `gradus backtest`: were the grades right? Everybody is graded as of a day with only what was known on
//! that day; what came in the horizon after is counted by the ordinary fold; the two are put side by side.
//!
//! Nothing of the later side can reach the earlier one: they are two passes over the ledger, and the first
//! is bounded by the day in both times, when it happened and when it became known, customers' identities,
//! reference facts and undone imports included.

mod customers;
mod leak;
mod outcomes;
mod plan;
pub(crate) mod sides;
mod steady;
mod text;

use std::sync::Arc;

use gradus_feedback::challenge::{Challenge, compare};
use gradus_feedback::judge::{Judged, Promise, in_short, judge};
use gradus_feedback::sides::Graded;
use gradus_grading::fold::{AsOf, date_of};
use gradus_model::{Finding, Place, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::sides::{aligned, came, graded};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::grade::{Tiers, grade_with, open_events};
use crate::jobs::{JobRunner, Work};
use crate::moves::Customers;
use crate::simulate::What;
use crate::stored::processors;
use crate::validation::{Asked, horizon_of};
use crate::{Documents, GradeOptions, Progress, Workspace, WorkspaceError, versions};
use outcomes::Outcomes;
use plan::Plan;
use steady::across;

pub use self::customers::{BehindFigure, Figure, OpenedCache, customers};
pub use self::leak::Leak;
pub(crate) use self::leak::leaks;
pub(crate) use self::text::each;
pub use gradus_feedback::members::Behind;
pub(crate) use outcomes::{came_of, came_of_all};
pub(crate) use plan::{last_day, moved, n_dates, not_over};

/// What is asked, as it is typed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct BacktestRequest {
    /// A date, or FROM..TO with `every`; the last one whose horizon is over if left out.
    pub as_of: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`.
    pub every: Option<String>,
    /// So many dates, the given one and those before it, by `every`.
    pub dates: Option<u32>,
    /// `90d`, `3 months`; that of the model if left out.
    pub horizon: Option<String>,
    /// `draft`, `folder` or a version; what is in force if left out.
    pub model: Option<String>,
    /// The champion, in the same way: the model is then held against it on the same customers.
    pub against: Option<String>,
}

/// Whether grades were right.
#[derive(Debug, Clone, Serialize)]
pub struct Backtest {
    pub model_title: Text,
    /// The published version; `None`: documents of the folder or the draft.
    pub version: Option<i64>,
    pub against_version: Option<i64>,
    /// What the model and the champion are as documents, and up to when outcomes were counted: by these whoever is
    /// behind a figure is found again.
    pub model_hash: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_hash: Option<String>,
    pub counted_us: i64,
    /// Every group opens its customers.
    pub has_customers: bool,
    pub horizon: String,
    /// What was counted, in words.
    pub outcomes: Vec<Asked>,
    /// The earliest date first.
    pub dates: Vec<Date>,
    /// How steady it is over the dates; empty for a single one.
    pub across: Vec<Text>,
    pub seconds: f64,
}

/// One date.
#[derive(Debug, Clone, Serialize)]
pub struct Date {
    pub as_of: String,
    /// The last day of the horizon.
    pub until: String,
    /// What the model gave, and what came of it.
    pub judged: Judged,
    /// Indicators that may know more than was known on the day.
    pub leaks: Vec<Leak>,
    /// The champion's judgement, and the comparison.
    pub against: Option<Judged>,
    pub challenge: Option<Challenge>,
    /// In one line.
    pub words: Text,
    /// By which score customers are ordered, by its place among the scores.
    #[serde(skip)]
    pub main: Option<usize>,
}

/// Starts a back-test; its result is a [`Backtest`].
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: BacktestRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the request is said at once.
    let sides = Sides::of(workspace, who, &request).await?;
    Plan::of(workspace, &request, &sides).await?;
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let result = backtest(&owned, &by, &request, progress.as_ref()).await?;
            serde_json::to_value(result).map_err(|error| WorkspaceError::Defect(error.to_string()))
        })
    });
    let job = jobs.start(workspace, who, "backtest", input.clone(), work).await?;
    audit(workspace, &who.account, "backtest.start", &job.id, input).await?;
    Ok(job)
}

/// The models that are held against what came.
struct Sides {
    documents: Documents,
    champion: Option<Documents>,
}

impl Sides {
    async fn of(
        workspace: &Workspace,
        who: &Principal,
        request: &BacktestRequest,
    ) -> Result<Sides, WorkspaceError> {
        Ok(Sides {
            documents: match &request.model {
                Some(name) => named(name)?.documents(workspace, who).await?,
                None => versions::now_in_force(workspace).await?,
            },
            champion: match request.against.as_deref() {
                Some("in_force") => Some(versions::now_in_force(workspace).await?),
                Some(name) => Some(named(name)?.documents(workspace, who).await?),
                None => None,
            },
        })
    }
}

fn named(name: &str) -> Result<What, WorkspaceError> {
    What::parse(name).ok_or_else(|| {
        Finding::error(
            "argument",
            Place::default().at("model"),
            Text::new(format!("不认识版本「{name}」"), format!("“{name}” is no version")),
            Text::new("draft、folder 或版本号", "draft, folder or the number of a version"),
        )
        .into()
    })
}

/// Grades with what was known, counts what came, and judges.
pub async fn backtest(
    workspace: &Workspace,
    who: &Principal,
    request: &BacktestRequest,
    progress: &dyn Progress,
) -> Result<Backtest, WorkspaceError> {
    let sides = Sides::of(workspace, who, request).await?;
    let plan = Plan::of(workspace, request, &sides).await?;
    let done = judged(workspace, &sides, plan, progress).await?;
    if sides.champion.is_none() {
        stamp(workspace, who, sides.documents.version, done.dates.last()).await?;
    }
    Ok(done)
}

/// The newest back-test of what is in force that was over by the close of a day; nothing is noted of it.
pub(crate) async fn as_seen_from(workspace: &Workspace, day: i32) -> Result<Backtest, WorkspaceError> {
    let documents = versions::now_in_force(workspace).await?;
    let until = day.min(last_day(workspace).await?);
    let as_of = moved(until, horizon_of(&documents.model), -1);
    let request =
        BacktestRequest { as_of: date_of(as_of).map(|date| date.to_string()), ..Default::default() };
    let sides = Sides { documents, champion: None };
    let plan = Plan::of(workspace, &request, &sides).await?;
    judged(workspace, &sides, plan, &()).await
}

async fn judged(
    workspace: &Workspace,
    sides: &Sides,
    plan: Plan,
    progress: &dyn Progress,
) -> Result<Backtest, WorkspaceError> {
    let began = std::time::Instant::now();
    let counted_us = system_us();
    let seen = Outcomes::count(workspace, &sides.documents, &plan, counted_us, progress).await?;
    let mut dates = Vec::with_capacity(plan.dates.len());
    let mut kept: Vec<(AsOf, Vec<Promise>)> = Vec::new();
    for (at, (as_of, until)) in plan.dates.iter().enumerate() {
        let own = Left::grade(workspace, &sides.documents, *as_of, progress).await?;
        let came = came(&plan.asked, &own.customers, &seen.after[at], seen.before[at].as_ref());
        // A promise counts once its own outcomes were known: on the day, not later.
        let earlier: Vec<Promise> = kept
            .iter()
            .filter(|(known, _)| known.day <= as_of.day)
            .flat_map(|(_, made)| made.clone())
            .collect();
        let date = label(*as_of, &workspace.zone);
        let (judged, promises) = judge(&own.graded, &came, &earlier, &date);
        kept.push((*until, promises));
        let (mut against, mut challenge) = (None, None);
        if let Some(champion) = &sides.champion {
            let other = Left::grade(workspace, champion, *as_of, progress).await?;
            let other = aligned(other.graded, &other.customers, &own.customers);
            challenge = compare(&other, &own.graded, &came);
            against = Some(judge(&other, &came, &[], &date).0);
        }
        let words = in_short(&judged, own.graded.main);
        dates.push(Date {
            as_of: date,
            until: label(*until, &workspace.zone),
            leaks: leak::leaks(workspace, &sides.documents, *as_of).await?,
            judged,
            against,
            challenge,
            words,
            main: own.graded.main,
        });
    }
    let against_hash = match &sides.champion {
        Some(champion) => Some(hash_of(workspace, champion).await?),
        None => None,
    };
    Ok(Backtest {
        model_title: sides.documents.model.title.clone(),
        version: sides.documents.version,
        against_version: sides.champion.as_ref().and_then(|champion| champion.version),
        model_hash: hash_of(workspace, &sides.documents).await?,
        against_hash,
        counted_us,
        has_customers: true,
        horizon: plan.horizon.to_string(),
        across: across(&dates, &plan.asked),
        outcomes: plan.asked,
        dates,
        seconds: began.elapsed().as_secs_f64(),
    })
}

/// What documents are, in one text.
async fn hash_of(workspace: &Workspace, documents: &Documents) -> Result<String, WorkspaceError> {
    let events = open_events(workspace).await?;
    Ok(Compiled::new(documents, events.event_schema(), &workspace.zone)?.hash)
}

/// A published version says from now on what its newest back-test found, wherever its grades are shown.
async fn stamp(
    workspace: &Workspace,
    who: &Principal,
    version: Option<i64>,
    last: Option<&Date>,
) -> Result<(), WorkspaceError> {
    let (Some(number), Some(last)) = (version, last) else { return Ok(()) };
    let (as_of, until) = (&last.as_of, &last.until);
    let words = Text::new(
        format!("回测 {as_of} 至 {until}：{}", last.words.zh),
        format!("back-tested {as_of} to {until}: {}", last.words.en),
    );
    workspace.store.versions().validated(number, &json!(words).to_string()).await?;
    audit(workspace, &who.account, "version.validated", &number.to_string(), json!({ "as_of": as_of })).await
}

/// Everybody as they would have been graded on the day.
struct Left {
    customers: Customers,
    graded: Graded,
}

impl Left {
    async fn grade(
        workspace: &Workspace,
        documents: &Documents,
        as_of: AsOf,
        progress: &dyn Progress,
    ) -> Result<Left, WorkspaceError> {
        let options = GradeOptions {
            instants: vec![as_of],
            known_at_us: Some(as_of.instant_us),
            store: false,
            reuse: true,
            n_threads: processors(),
        };
        let grading = grade_with(workspace, documents, &options, Tiers::Computed, progress).await?;
        let Some(instant) = grading.instants.first() else {
            return Err(WorkspaceError::Defect("a grading without an instant".into()));
        };
        if instant.n_customers == 0 {
            return Err(nothing_known(&instant.date));
        }
        let customers = Customers::of(&instant.batches);
        let graded = graded(&grading.model, &grading.columns, &instant.batches, &customers)?;
        Ok(Left { customers, graded })
    }
}

fn nothing_known(date: &str) -> WorkspaceError {
    Finding::error(
        "nothing-known",
        Place::default().at("as_of"),
        Text::new(format!("到 {date} 还不知道任何客户"), format!("no customer was known by {date}")),
        Text::new(
            "选晚一些的日期；若是补录的历史，在数据源里写 history: true，或映射 known 列",
            "a later date; if the data are a back-load, `history: true` in their source, or a mapped `known` column",
        ),
    )
    .into()
}
