//! `gradus backtest`: were the grades right? Everybody is graded as of a day with only what was known on
//! that day; what came in the horizon after is counted by the ordinary fold; the two are put side by side.
//!
//! Nothing of the later side can reach the earlier one: they are two passes over the ledger, and the first
//! is bounded by the day in both times, when it happened and when it became known, customers' identities,
//! reference facts and undone imports included.

mod customers;
mod leak;
pub(crate) mod sides;
mod text;

use std::sync::Arc;

use gradus_feedback::challenge::{Challenge, compare};
use gradus_feedback::judge::{Judged, Promise, in_short, judge};
use gradus_feedback::sides::{Came, Graded};
use gradus_grading::fold::{AsOf, FoldPlan, Told, date_of, day_of};
use gradus_ledger::table::EventsSnapshot;
use gradus_model::document::{OfWhom, Span, SpanUnit};
use gradus_model::{Finding, Place, Text};
use gradus_store::Job;
use jiff::ToSpan;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::sides::{Folded, aligned, came, graded};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::grade::{Tiers, fold_bounded, fold_now, grade_with, open_events, step_unit};
use crate::jobs::{JobRunner, Work};
use crate::links::linked;
use crate::moves::Customers;
use crate::references::conversion;
use crate::simulate::What;
use crate::stored::processors;
use crate::validation::{self, Asked, horizon_of, span_words};
use crate::{Clock, Documents, GradeOptions, Progress, Workspace, WorkspaceError, parse_instants, versions};

pub use self::customers::{BehindFigure, Figure, OpenedCache, customers};
pub use self::leak::Leak;
pub(crate) use self::leak::leaks;
pub(crate) use self::text::each;
pub use gradus_feedback::members::Behind;

/// So many dates, if that is possible.
pub(crate) fn n_dates(n: u32, most: usize) -> Result<i32, Finding> {
    let fits = (n as usize) >= 1 && (n as usize) <= most;
    i32::try_from(n).ok().filter(|_| fits).ok_or_else(|| {
        Finding::error(
            "instants",
            Place::default().at("dates"),
            Text::new(format!("{n} 个日期不行"), format!("{n} dates are not possible")),
            Text::new(format!("1 到 {most} 个"), format!("from 1 to {most}")),
        )
    })
}

/// Most dates of one back-test.
const MAX_DATES: usize = 60;

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

/// Dates, horizon and outcomes.
struct Plan {
    horizon: Span,
    asked: Vec<Asked>,
    /// Each date with the end of its horizon.
    dates: Vec<(AsOf, AsOf)>,
}

impl Plan {
    async fn of(
        workspace: &Workspace,
        request: &BacktestRequest,
        sides: &Sides,
    ) -> Result<Plan, WorkspaceError> {
        let events = open_events(workspace).await?;
        for documents in std::iter::once(&sides.documents).chain(&sides.champion) {
            Compiled::new(documents, events.event_schema(), &workspace.zone)?;
        }
        let model = &sides.documents.model;
        let horizon = match &request.horizon {
            Some(text) => validation::parse_horizon(text)?,
            None => horizon_of(model),
        };
        let asked = validation::asked(model, horizon)?;
        let last_day = last_day(workspace).await?;
        let step = request.every.as_deref().unwrap_or("month");
        let latest = moved(last_day, horizon, -1);
        let mut days: Vec<i32> = match &request.as_of {
            Some(text) => parse_instants(text, request.every.as_deref(), &workspace.zone)?
                .into_iter()
                .map(|as_of| as_of.day)
                .collect(),
            None => vec![latest],
        };
        days.dedup();
        if let (Some(n), [day]) = (request.dates, &days[..]) {
            let unit = step_unit(step)?;
            let n = n_dates(n, MAX_DATES)?;
            days = (0..n).rev().map(|back| moved(*day, Span { n: 1, unit }, -back)).collect();
        }
        if days.len() > MAX_DATES {
            return Err(Finding::error(
                "instants",
                Place::default().at("as_of"),
                Text::new(format!("{} 个日期太多", days.len()), format!("{} dates are too many", days.len())),
                Text::new(format!("最多 {MAX_DATES} 个"), format!("{MAX_DATES} at most")),
            )
            .into());
        }
        let mut dates = Vec::with_capacity(days.len());
        for day in days {
            let until = moved(day, horizon, 1);
            if until > last_day {
                return Err(not_over(day, until, last_day, latest));
            }
            dates.push((AsOf::close_of(day, &workspace.zone), AsOf::close_of(until, &workspace.zone)));
        }
        Ok(Plan { horizon, asked, dates })
    }
}

/// The last day that is over: where the clock stands, its own; where it runs, the one before.
pub(crate) async fn last_day(workspace: &Workspace) -> Result<i32, WorkspaceError> {
    let last = open_events(workspace).await?.snapshot().await?.last_event().await?;
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, last)?;
    let today = workspace.as_of(clock.now_us).day;
    Ok(if clock.stands { today } else { today - 1 })
}

/// A day moved by so many spans, by the calendar; the end of a month stays one.
pub(crate) fn moved(day: i32, span: Span, times: i32) -> i32 {
    let n = i64::from(span.n) * i64::from(times);
    let by = match span.unit {
        SpanUnit::Day => n.days(),
        SpanUnit::Week => n.weeks(),
        SpanUnit::Month => n.months(),
        SpanUnit::Quarter => (3 * n).months(),
        SpanUnit::Year => n.years(),
    };
    let is_calendar = matches!(span.unit, SpanUnit::Month | SpanUnit::Quarter | SpanUnit::Year);
    let Some(date) = date_of(day) else { return day };
    match date.checked_add(by) {
        Ok(then) if is_calendar && date == date.last_of_month() => day_of(then.last_of_month()),
        Ok(then) => day_of(then),
        Err(_) => day,
    }
}

pub(crate) fn not_over(day: i32, until: i32, last_day: i32, latest: i32) -> WorkspaceError {
    let shown = |day: i32| date_of(day).map(|date| date.to_string()).unwrap_or_default();
    let (day, until, last, latest) = (shown(day), shown(until), shown(last_day), shown(latest));
    Finding::error(
        "horizon-not-over",
        Place::default().at("as_of"),
        Text::new(
            format!("{day} 之后的观察期到 {until} 才结束，而数据只到 {last}：结果还没有发生完"),
            format!("the horizon after {day} ends on {until}, and the clock stands at {last}: not all of it has happened"),
        ),
        Text::new(
            format!("最晚 {latest}；或缩短 --horizon"),
            format!("{latest} at the latest, or a shorter --horizon"),
        ),
    )
    .into()
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

/// What came, by date and customer.
struct Outcomes {
    after: Vec<Folded>,
    before: Vec<Option<Folded>>,
}

impl Outcomes {
    /// Folds the horizons of all dates in one pass, by what is known `now`; and, where an outcome is asked of
    /// active customers only, what they did just before by what was known then.
    async fn count(
        workspace: &Workspace,
        documents: &Documents,
        plan: &Plan,
        now: i64,
        progress: &dyn Progress,
    ) -> Result<Outcomes, WorkspaceError> {
        let documents = Documents { model: validation::folded(&plan.asked), ..documents.clone() };
        let events = open_events(workspace).await?;
        let snapshot = events.snapshot().await?;
        let compiled = over(workspace, &documents, &snapshot, now).await?;
        begins_after(&compiled.fold, workspace, plan)?;
        // Who is one customer is what they were taken for on the day, so that both sides speak of the same.
        let mut links = Vec::with_capacity(plan.dates.len());
        for (as_of, _) in &plan.dates {
            links.push(linked(workspace, as_of.instant_us, as_of.instant_us).await?);
        }
        let until: Vec<AsOf> = plan.dates.iter().map(|(_, until)| *until).collect();
        progress.begin("fold", Some(snapshot.n_rows()));
        let folded = fold_bounded(&compiled, &snapshot, &until, &links, now, progress).await?;
        progress.end();
        let after =
            folded.iter().map(|batches| Folded::of(&plan.asked, batches)).collect::<Result<_, _>>()?;
        let mut before = Vec::with_capacity(plan.dates.len());
        for (as_of, _) in &plan.dates {
            let known = as_of.instant_us;
            before.push(match plan.asked.iter().any(|one| one.of_whom == OfWhom::Active) {
                true => {
                    let compiled = over(workspace, &documents, &snapshot, known).await?;
                    let batches = fold_now(workspace, &compiled, &snapshot, *as_of, known).await?;
                    Some(Folded::of(&plan.asked, &batches)?)
                }
                false => None,
            });
        }
        Ok(Outcomes { after, before })
    }
}

async fn over(
    workspace: &Workspace,
    documents: &Documents,
    snapshot: &EventsSnapshot,
    known_us: i64,
) -> Result<Compiled, WorkspaceError> {
    let told = Told { known_us, position: snapshot.last_position() };
    Compiled::new(documents, snapshot.event_schema(), &workspace.zone)?
        .over(snapshot, conversion(&workspace.settings, snapshot), told)
        .await
}

/// Every outcome begins after its date: what is counted on one side is not counted on the other.
fn begins_after(fold: &FoldPlan, workspace: &Workspace, plan: &Plan) -> Result<(), WorkspaceError> {
    use gradus_grading::fold::dates_of;
    for indicator in fold.indicators() {
        for (as_of, until) in &plan.dates {
            let begins = dates_of(&indicator.window, *until, &workspace.zone).map(|(first, _)| day_of(first));
            if begins.is_none_or(|first| first <= as_of.day) {
                let span = span_words(plan.horizon).en;
                return Err(WorkspaceError::Defect(format!("the horizon of {span} begins before its date")));
            }
        }
    }
    Ok(())
}

/// How steady each score is, and each order of levels.
fn across(dates: &[Date], asked: &[Asked]) -> Vec<Text> {
    use gradus_feedback::order::Standing;
    if dates.len() < 2 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let title = |name: &str| {
        asked.iter().find(|one| one.name == name).map(|one| one.title.clone()).unwrap_or_default()
    };
    let Some(last) = dates.last() else { return out };
    for (at, score) in last.judged.scores.iter().enumerate() {
        for one in &score.separations {
            let of = |date: &Date| {
                let found =
                    date.judged.scores.get(at)?.separations.iter().find(|two| two.outcome == one.outcome);
                found.map(|found| found.auc.value)
            };
            let all: Vec<f64> = dates.iter().filter_map(of).collect();
            let (low, high) =
                all.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
            let (n, outcome) = (all.len(), title(&one.outcome));
            out.push(Text::new(
                format!(
                    "{} · {}：{n} 个日期的 AUC 在 {low:.3} 至 {high:.3} 之间",
                    score.title.zh, outcome.zh
                ),
                format!(
                    "{} · {}: AUC between {low:.3} and {high:.3} over {n} dates",
                    score.title.en, outcome.en
                ),
            ));
        }
    }
    for (at, scheme) in last.judged.tiers.iter().enumerate() {
        for one in &scheme.orders {
            let standing = |date: &Date| {
                let found = date.judged.tiers.get(at)?.orders.iter().find(|two| two.outcome == one.outcome);
                found.map(|found| found.standing)
            };
            let n = |wanted: Standing| dates.iter().filter(|date| standing(date) == Some(wanted)).count();
            let (holds, against, all) = (n(Standing::Holds), n(Standing::Contradicted), dates.len());
            let outcome = title(&one.outcome);
            out.push(Text::new(
                format!(
                    "{} · {}：{all} 个日期中 {holds} 个次序成立，{against} 个与结果矛盾",
                    scheme.title.zh, outcome.zh
                ),
                format!(
                    "{} · {}: of {all} dates the order holds at {holds} and is contradicted at {against}",
                    scheme.title.en, outcome.en
                ),
            ));
        }
    }
    out
}

/// One outcome of these customers, in the order in which they are given.
pub(crate) async fn came_of(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    horizon: &str,
    asked: &Asked,
    customers: &[i64],
) -> Result<Came, WorkspaceError> {
    let horizon = validation::parse_horizon(horizon)?;
    let all = [asked.clone()];
    came_of_all(workspace, documents, as_of, horizon, &all, customers, system_us())
        .await?
        .pop()
        .ok_or_else(|| WorkspaceError::Defect("an outcome was not counted".into()))
}

/// The same of several outcomes, with what was known of them by then.
pub(crate) async fn came_of_all(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    horizon: Span,
    asked: &[Asked],
    customers: &[i64],
    known_us: i64,
) -> Result<Vec<Came>, WorkspaceError> {
    let until = AsOf::close_of(moved(as_of.day, horizon, 1), &workspace.zone);
    let plan = Plan { horizon, asked: asked.to_vec(), dates: vec![(as_of, until)] };
    let seen = Outcomes::count(workspace, documents, &plan, known_us, &()).await?;
    let customers = Customers::given(customers);
    Ok(came(&plan.asked, &customers, &seen.after[0], seen.before[0].as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        day_of(text.parse().unwrap())
    }

    #[test]
    fn dates_move_by_the_calendar() {
        let months = |n| Span { n, unit: SpanUnit::Month };
        for (from, span, times, to) in [
            ("2011-06-30", months(1), -1, "2011-05-31"),
            ("2011-11-30", months(3), 1, "2012-02-29"),
            ("2011-06-15", months(3), 1, "2011-09-15"),
            ("2011-09-10", Span { n: 90, unit: SpanUnit::Day }, 1, "2011-12-09"),
            ("2011-03-31", Span { n: 1, unit: SpanUnit::Quarter }, -1, "2010-12-31"),
        ] {
            assert_eq!(moved(day(from), span, times), day(to), "{from} {times}");
        }
    }
}
