//! `gradus learn next`: what each customer may want next, and what they will want again and when. Every method is
//! held against what customers bought in a month that it did not see, and against what everybody buys.

mod basis;
mod columns;
mod due;
mod judge;
mod kept;
mod notes;
mod plan;
mod rank;
mod renew;
mod request;
mod text;
mod told;
mod why;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use gradus_model::document::{Next, NextMethod};
use gradus_model::{Finding, Findings, Severity, Text};
use gradus_store::Job;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use self::judge::DueVerdict;
use self::kept::{Kept, List, Row};
use self::plan::Plan;
use self::rank::{Fitted, each};
use self::request::{Settings, no_method};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::base::Base;
use crate::clock::label;
use crate::customers::visible;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::learn::Written;
use crate::{Progress, Workspace, WorkspaceError};
use notes::{due_off, nothing_to_have, one_item, sets_left_out, words};
use told::{due, everybody, rows_of, rules};

pub(crate) use self::columns::{is_column, of_customers, title_of, with_columns};
pub use self::judge::{DueJudged, NextJudged, Ranked, Told};
pub(crate) use self::renew::renew;
pub(crate) use self::request::findings;
pub use self::request::{NextRequest, NextWrite};

/// Customers whose lists are made at a time, so that memory does not grow with their number.
const CUSTOMERS_AT_A_TIME: usize = 20_000;

/// Rules and items that are kept with the result.
const MOST_TOLD: usize = 100;

/// What is less likely than this within the horizon is not called due.
const DUE_FROM: f64 = 0.05;

/// What was learned.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NextLearned {
    pub as_of: String,
    /// The expression of an item.
    pub of: String,
    pub of_title: Text,
    /// Which events count.
    #[serde(rename = "where")]
    pub filter: Option<String>,
    pub n_customers: u64,
    pub n_items: u64,
    pub n_lines: u64,
    /// Items beyond the most that are looked at.
    pub n_items_left_out: u64,
    /// Items that nobody is shown: not available, or excluded.
    pub n_blocked: u64,
    /// The method of the lists.
    pub method: NextMethod,
    /// The newest stretch first; empty where nobody could judge.
    pub judged: Vec<NextJudged>,
    /// The greatest lift first.
    pub rules: Vec<NextRule>,
    pub n_rules: u64,
    /// Items with a rhythm, those of most customers due first.
    pub due: Vec<ItemDue>,
    /// For whoever has bought nothing yet.
    pub everybody: Vec<NextItem>,
    pub seed: u64,
    /// What was asked, else what the model said, else what was found.
    #[serde(default)]
    pub recipe: Next,
    pub words: Vec<Text>,
    #[serde(default)]
    pub findings: Notes,
    pub seconds: f64,
}

/// What could not be told.
pub type Notes = Vec<Note>;

/// What was not kept with an earlier result was one.
fn warning() -> Severity {
    Severity::Warning
}

/// A finding, as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Note {
    pub code: String,
    #[serde(default = "warning")]
    pub severity: Severity,
    /// Which option it is about.
    #[serde(default)]
    pub place: Option<String>,
    pub what: Text,
    pub right: Text,
}

impl From<Finding> for Note {
    fn from(finding: Finding) -> Note {
        let place = Some(finding.place.to_string()).filter(|place| !place.is_empty());
        Note {
            code: finding.code.to_string(),
            severity: finding.severity,
            place,
            what: finding.what,
            right: finding.right,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Named {
    pub item: String,
    pub title: Text,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextRule {
    pub left: Vec<Named>,
    pub right: Named,
    /// Orders, or customers, with all of them.
    pub count: u64,
    pub support: f64,
    pub confidence: Told,
    pub lift: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemDue {
    pub item: String,
    pub title: Text,
    /// Customers who have bought it.
    pub n_customers: u64,
    /// Of whom it is rather to be expected than not within the horizon.
    pub n_due: u64,
    /// The usual days between two purchases.
    pub days: f64,
}

/// One item of a customer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NextItem {
    pub item: String,
    pub title: Text,
    pub score: f64,
    pub how: NextMethod,
    pub why: Text,
    pub due: Option<DueDate>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DueDate {
    pub date: String,
    pub low: String,
    pub high: String,
}

/// What one customer may want.
#[derive(Debug, Clone, Serialize)]
pub struct NextFor {
    #[serde(serialize_with = "as_text")]
    pub customer: i64,
    pub as_of: String,
    pub items: Vec<NextItem>,
    /// What they buy again, the likeliest first.
    pub due: Vec<NextItem>,
    pub words: Text,
}

fn as_text<S: Serializer>(customer: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(customer)
}

/// What was learned, and where it was written.
#[derive(Debug, Clone, Serialize)]
pub struct NextDone {
    #[serde(flatten)]
    pub learned: NextLearned,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
}

/// Starts learning; its result is a [`NextDone`].
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    request: NextRequest,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the request is said at once.
    let plan = Plan::of(workspace, &request).await?;
    if let Some(to) = request.write {
        write::check(workspace, who, to, &plan.recipe).await?;
    }
    let (owned, by) = (workspace.clone(), who.clone());
    let input = json!(request);
    let work: Work = Box::new(move |progress| {
        Box::pin(on_a_thread(move || async move {
            let done = learn(&owned, &by, &request, progress.as_ref()).await?;
            serde_json::to_value(done).map_err(|error| WorkspaceError::Defect(error.to_string()))
        }))
    });
    let job = jobs.start(workspace, who, "next", input.clone(), work).await?;
    audit(workspace, &who.account, "next.learn", &job.id, input).await?;
    Ok(job)
}

/// Learns, keeps each customer's items, and writes the recipe into the draft if asked to.
///
/// # Errors
/// Findings: an expression is wrong, nothing says what an item is, nothing was bought, or the draft has another
/// recipe already.
pub async fn learn(
    workspace: &Workspace,
    who: &Principal,
    request: &NextRequest,
    progress: &dyn Progress,
) -> Result<NextDone, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    let plan = Plan::of(workspace, request).await?;
    if let Some(to) = request.write {
        write::check(workspace, who, to, &plan.recipe).await?;
    }
    let learned = learn_by(workspace, &plan, progress).await?;
    let written = match request.write {
        Some(to) => Some(write::write(workspace, who, to, &plan.recipe).await?),
        None => None,
    };
    Ok(NextDone { learned, written })
}

/// Learns by a plan, and keeps each customer's items.
async fn learn_by(
    workspace: &Workspace,
    plan: &Plan,
    progress: &dyn Progress,
) -> Result<NextLearned, WorkspaceError> {
    let began = std::time::Instant::now();
    let settings = &plan.settings;
    progress.begin("read", None);
    let basis = plan.read(workspace, plan.as_of, None, progress).await?;
    progress.end();
    if basis.lines.is_empty() {
        return Err(plan.nothing_bought());
    }
    let mut findings = Findings::default();
    progress.begin("judge", Some(u64::from(settings.stretches)));
    let judged = plan.judged(workspace, &basis, &mut findings, progress).await?;
    progress.end();
    progress.begin("fit", None);
    let horizon = plan.horizon_days();
    let fitted = Fitted::of(&basis, settings, plan.as_of.day, horizon)?;
    let method = method(settings, &fitted, &judged)?;
    progress.end();
    if basis.items.len() == 1 {
        findings.push(one_item(&basis.items[0]));
    }
    findings.0.extend(sets_left_out(&fitted, settings));
    let blocked = basis.blocked(&settings.exclude);
    if blocked.iter().all(|blocked| *blocked) {
        findings.push(nothing_to_have(blocked.len()));
    }
    let due_judged = DueJudged::sum(&judged);
    let verdict = due_judged.map_or(DueVerdict::Fine, |one| one.verdict());
    findings.0.extend(due_judged.and_then(|one| due_off(&one)));
    let refused = plan.refused(workspace, &basis, plan.as_of, None).await?;
    let n = basis.customers.len();
    progress.begin("list", Some(n as u64));
    let learned = NextLearned {
        as_of: label(plan.as_of, &workspace.zone),
        of: plan.item.clone(),
        of_title: plan.item_title.clone(),
        filter: plan.recipe.filter.clone(),
        n_customers: n as u64,
        n_items: basis.items.len() as u64,
        n_lines: basis.lines.len() as u64,
        n_items_left_out: basis.n_left_out as u64,
        n_blocked: blocked.iter().filter(|blocked| **blocked).count() as u64,
        method,
        words: words(&basis, &judged, method),
        judged,
        rules: rules(&basis, &fitted),
        n_rules: fitted.rules.as_ref().map_or(0, |found| found.rules.len() as u64),
        due: if verdict == DueVerdict::Useless { Vec::new() } else { due(&basis, &fitted, &blocked) },
        everybody: everybody(&basis, &fitted, settings, &blocked),
        seed: settings.seed,
        recipe: plan.recipe.clone(),
        findings: findings.0.into_iter().map(Note::from).collect(),
        seconds: began.elapsed().as_secs_f64(),
    };
    let mut batches = Vec::new();
    for begin in (0..n).step_by(CUSTOMERS_AT_A_TIME) {
        let end = (begin + CUSTOMERS_AT_A_TIME).min(n);
        let rows: Vec<Vec<Row>> = each(end - begin, |at| {
            let customer = (begin + at) as u32;
            let shut = |item: u32| blocked[item as usize] || refused.contains(&(customer, item));
            rows_of(&basis, &fitted, settings, (method, verdict), customer, &shut)
        });
        batches.push(kept::batch(&learned.as_of, &rows.concat())?);
        progress.at(end as u64);
    }
    kept::write(workspace, &learned, &batches).await?;
    progress.end();
    Ok(NextLearned { seconds: began.elapsed().as_secs_f64(), ..learned })
}

/// The method of the lists: as asked for, else that with the best NDCG over all stretches.
fn method(settings: &Settings, fitted: &Fitted, judged: &[NextJudged]) -> Result<NextMethod, WorkspaceError> {
    let there = fitted.methods();
    if let Some(wanted) = settings.method {
        return match there.contains(&wanted) {
            true => Ok(wanted),
            false => Err(no_method(wanted.name(), &there).into()),
        };
    }
    let ndcg = |how: &NextMethod| {
        let of = |one: &NextJudged| {
            one.methods.iter().find(|ranked| ranked.method == how.name()).map_or(0.0, |ranked| ranked.ndcg)
        };
        judged.iter().map(of).sum::<f64>()
    };
    // Nobody could judge: what sells lately promises least.
    if judged.is_empty() {
        return Ok(NextMethod::Recent);
    }
    let best = there.into_iter().rev().max_by(|a, b| ndcg(a).total_cmp(&ndcg(b)));
    Ok(best.unwrap_or(NextMethod::Recent))
}

/// What a customer may want next, as it was learned last.
///
/// # Errors
/// [`WorkspaceError::NotFound`] outside of one's scope; a finding if nothing was learned yet.
pub async fn next_of(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<NextFor, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    base.find(customer).ok_or(WorkspaceError::NotFound { what: "customer" })?;
    let kept = Kept::needed(workspace).await?;
    let found = kept.of(&BTreeSet::from([customer])).await?.remove(&customer);
    let as_of = kept.learned.as_of.clone();
    let Some(found) = found else {
        let words = Text::new(
            format!("截至 {as_of} 还没有买过；下面是大家近来买的"),
            format!("had bought nothing by {as_of}; this is what others bought lately"),
        );
        return Ok(NextFor { customer, as_of, items: kept.learned.everybody, due: Vec::new(), words });
    };
    let (items, due): (Vec<_>, Vec<_>) = found.into_iter().partition(|(list, _)| *list == List::Next);
    let of = |list: Vec<(List, NextItem)>| list.into_iter().map(|(_, item)| item).collect::<Vec<_>>();
    let words = match (items.is_empty() && due.is_empty(), kept.learned.judged.first()) {
        (true, _) => Text::new(
            "除了已经有的、拒绝过的和没有货的，没有别的可推荐",
            "beside what they have, have refused or cannot have there is nothing to recommend",
        ),
        (false, Some(judged)) => judged.words.clone(),
        (false, None) => Text::new("还没有检验过", "not yet held against what was bought"),
    };
    Ok(NextFor { customer, as_of, items: of(items), due: of(due), words })
}

/// What was learned last; none if nothing was.
pub async fn learned(workspace: &Workspace, who: &Principal) -> Result<Option<NextLearned>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    Ok(Kept::newest(workspace).await?.map(|kept| kept.learned))
}
