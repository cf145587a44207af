//! A version over a stretch of history: the tiers as they would have been, instant by instant, who would have
//! moved, how often back and forth, and what the benefits would have cost; beside the version in force. Nothing
//! is kept, and what was announced is not touched: a simulation has a chain of its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use gradus_model::document::{Decide, Model, TierScheme};
use gradus_model::{Lang, Text};
use gradus_store::Job;
use serde::Serialize;
use serde_json::{Value, json};

use super::{What, stepped, yearly_cost};
use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grade::{Tiers, grade_tiers, open_events, parse_instants};
use crate::jobs::{JobRunner, Work};
use crate::moves::{self, Customers, NOT_GRADED};
use crate::stored::{Stored, processors};
use crate::{Documents, GradeOptions, Grading, Progress, Workspace, WorkspaceError, versions};

/// Which stretch, in which steps.
#[derive(Debug, Clone, Default)]
pub struct Stretch {
    /// Local dates; the year up to the newest graded instant if left out.
    pub from: Option<String>,
    pub to: Option<String>,
    /// `day`, `week`, `month`, `quarter` or `year`; month if left out.
    pub every: Option<String>,
    /// Compare with the same model without keep rules.
    pub flapping: bool,
}

/// What a version would have done.
#[derive(Debug, Clone, Serialize)]
pub struct SimulatedHistory {
    /// Under which its customers are listed for a week; `None` if they were not kept.
    pub id: Option<String>,
    /// The instants, as people write them.
    pub as_of: Vec<String>,
    /// The version in force; `None`: the documents of the folder.
    pub before_version: Option<i64>,
    pub version: Option<i64>,
    pub schemes: Vec<SchemeHistory>,
    /// Instants whose indicators were read from stored grades, of both versions together.
    pub n_reused: usize,
    pub seconds: f64,
}

/// One scheme over the stretch.
#[derive(Debug, Clone, Serialize)]
pub struct SchemeHistory {
    pub scheme: String,
    pub title: Text,
    pub steps: Vec<Step>,
    /// How often customers moved back and forth: with the keep rules, without them if asked for, and by the
    /// version in force.
    pub flapping: Vec<Flapping>,
}

/// One instant.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    pub as_of: String,
    pub levels: Vec<LevelStep>,
    /// Moves since the instant before.
    pub moves: Moves,
    /// From which level to which since the instant before; none at the first.
    pub matrix: Vec<Went>,
    /// By the version in force, where it has the scheme.
    pub moves_before: Option<Moves>,
    /// What the benefits cost for the time since the instant before, where the model says what they cost.
    pub benefit_cost: Option<f64>,
    pub benefit_cost_before: Option<f64>,
}

/// One level at an instant.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LevelStep {
    /// Empty: not graded.
    pub level: String,
    pub title: Text,
    pub count: u64,
    /// By the version in force, where it has the level.
    pub before: Option<u64>,
}

/// How many went from one level to another, or stayed. An empty level is not graded, or not there yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Went {
    pub from: String,
    pub to: String,
    pub count: u64,
}

/// Who moved between two instants.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Moves {
    pub up: u64,
    pub down: u64,
    /// Graded for the first time, or again; and no longer graded.
    pub entered: u64,
    pub left: u64,
}

/// How often customers moved back and forth.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Flapping {
    /// `with_rules`, `without_rules` or `in_force`.
    pub of: &'static str,
    /// Rises and falls together, and customers who had one.
    pub moves: u64,
    pub customers_moved: u64,
    /// Moves against the direction of the customer's move before, and customers who had one.
    pub back_and_forth: u64,
    pub customers_back_and_forth: u64,
}

/// Simulates over a stretch of history, for whoever sits at the machine.
pub async fn simulate_history(
    workspace: &Workspace,
    what: What,
    stretch: &Stretch,
    progress: &dyn Progress,
) -> Result<SimulatedHistory, WorkspaceError> {
    let documents = what.documents(workspace, &Principal::local()).await?;
    Ok(over_history(workspace, &documents, stretch, progress).await?.history)
}

/// Starts a simulation over a stretch of history; its result is a [`SimulatedHistory`]. `edited` is the
/// model as it is being edited, in the place of what is saved.
pub async fn start_history(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    what: What,
    edited: Option<&Value>,
    stretch: Stretch,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the document or the dates is said at once.
    let documents = what.or_edited(workspace, who, edited).await?;
    instants(workspace, &stretch).await?;
    let asked = json!({
        "version": what.name(), "from": stretch.from, "to": stretch.to, "every": stretch.every,
        "flapping": stretch.flapping, "edited": edited.is_some(),
    });
    let owned = workspace.clone();
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let mut course = over_history(&owned, &documents, &stretch, progress.as_ref()).await?;
            let id = token::id()?;
            course.history.id = Some(id.clone());
            let keep = move || {
                stepped::keep(&owned, &id, &course.graded, course.before.as_ref()).map(|()| course.history)
            };
            let history = tokio::task::spawn_blocking(keep)
                .await
                .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
            serde_json::to_value(history).map_err(|error| WorkspaceError::Defect(error.to_string()))
        })
    });
    let job = jobs.start(workspace, who, "simulate", asked, work).await?;
    audit(workspace, &who.account, "simulate.start", &job.id, json!({ "version": what.name() })).await?;
    Ok(job)
}

/// A simulation over history, and everybody at each of its steps.
struct Simulated {
    history: SimulatedHistory,
    graded: Grading,
    before: Option<Grading>,
}

async fn over_history(
    workspace: &Workspace,
    documents: &Documents,
    stretch: &Stretch,
    progress: &dyn Progress,
) -> Result<Simulated, WorkspaceError> {
    let began = std::time::Instant::now();
    let in_force = versions::now_in_force(workspace).await?;
    let options = GradeOptions {
        instants: instants(workspace, stretch).await?,
        known_at_us: Some(system_us()),
        store: false,
        reuse: true,
        n_threads: processors(),
    };
    let events = open_events(workspace).await?;
    // What does not compile says so before anybody is graded.
    let compiled = Compiled::new(documents, events.event_schema(), &workspace.zone)?;
    let same = Compiled::new(&in_force, events.event_schema(), &workspace.zone)?.hash == compiled.hash;
    let graded = grade_tiers(workspace, documents, &options, Tiers::AsSet, progress).await?;
    let before = match same {
        true => None,
        false => Some(grade_tiers(workspace, &in_force, &options, Tiers::AsSet, progress).await?),
    };
    let plain = match stretch.flapping && documents.model.tiers.iter().any(|(_, one)| one.remembers()) {
        true => {
            let plain = without_rules(documents);
            Some(grade_tiers(workspace, &plain, &options, Tiers::AsSet, progress).await?)
        }
        false => None,
    };
    let n_reused = [Some(&graded), before.as_ref(), plain.as_ref()].into_iter().flatten();
    let n_reused = n_reused.map(|grading| grading.n_reused).sum();
    let mut schemes = Vec::new();
    for (name, scheme) in documents.model.tiers.iter() {
        let now = Course::of(&graded, name)?;
        let then = before.as_ref().map(|grading| Course::of(grading, name)).transpose()?.flatten();
        let alone = plain.as_ref().map(|grading| Course::of(grading, name)).transpose()?.flatten();
        let Some(now) = now else { continue };
        schemes.push(SchemeHistory {
            scheme: name.to_string(),
            title: moves::title(scheme.title.as_ref(), name),
            steps: steps(&graded, before.as_ref(), name, &now, then.as_ref()),
            flapping: [
                ("with_rules", Some(&now)),
                ("without_rules", alone.as_ref()),
                ("in_force", then.as_ref()),
            ]
            .into_iter()
            .filter_map(|(of, course)| Some(Flapping { of, ..course?.flapping.clone() }))
            .collect(),
        });
    }
    let history = SimulatedHistory {
        id: None,
        as_of: graded.instants.iter().map(|instant| instant.date.clone()).collect(),
        before_version: in_force.version,
        version: documents.version,
        schemes,
        n_reused,
        seconds: began.elapsed().as_secs_f64(),
    };
    Ok(Simulated { history, graded, before })
}

async fn instants(
    workspace: &Workspace,
    stretch: &Stretch,
) -> Result<Vec<gradus_grading::fold::AsOf>, WorkspaceError> {
    let newest = match &stretch.to {
        Some(to) => to.clone(),
        None => Stored::open(workspace).await?.instants.last().cloned().unwrap_or_default(),
    };
    let from = match &stretch.from {
        Some(from) => from.clone(),
        None => {
            let last = workspace.as_of(crate::instant_of(&newest, &workspace.zone)?);
            let year = gradus_model::document::Span { n: 1, unit: gradus_model::document::SpanUnit::Year };
            let first = gradus_grading::fold::back(last.day, year);
            gradus_grading::fold::date_of(first).map(|date| date.to_string()).unwrap_or_default()
        }
    };
    Ok(parse_instants(&format!("{from}..{newest}"), stretch.every.as_deref(), &workspace.zone)?)
}

/// The same documents with schemes that look at the value of each decision alone.
fn without_rules(documents: &Documents) -> Documents {
    let mut plain = documents.clone();
    for (_, scheme) in &mut plain.model.tiers.0 {
        (scheme.promote, scheme.keep, scheme.start) = (None, None, None);
        scheme.freeze.clear();
        if matches!(scheme.decide, Decide::Anniversary | Decide::TierAnniversary) {
            scheme.decide = Decide::Daily;
        }
        scheme.levels.0.iter_mut().for_each(|(_, level)| level.demote = None);
    }
    plain
}

/// A scheme over all instants of a grading.
struct Course {
    /// By instant: how many are in each level, those who are not graded last.
    counts: Vec<Vec<u64>>,
    /// By instant: who moved since the one before.
    moves: Vec<Moves>,
    /// By instant: from which place to which.
    went: Vec<BTreeMap<(u16, u16), u64>>,
    flapping: Flapping,
}

/// Where a customer was last, and which way they moved last.
#[derive(Clone, Copy)]
struct Last {
    place: u16,
    up: Option<bool>,
    moved: bool,
    flapped: bool,
}

impl Last {
    /// Of whom nothing was seen yet.
    const NEW: Last = Last { place: NOT_GRADED, up: None, moved: false, flapped: false };
}

/// Everybody who was there at some instant, in ascending order, so that the next instant's customers, who come in
/// that order, too, are found in one pass: a table by customer costs more than the grading.
#[derive(Default)]
struct Everybody {
    ids: Vec<i64>,
    last: Vec<Last>,
}

impl Everybody {
    /// Makes room for those who are new. `ids` ascends.
    fn enter(&mut self, ids: &[i64]) {
        let all = moves::united(&self.ids, ids);
        if all.len() == self.ids.len() {
            return;
        }
        let mut row = 0;
        let known = all.iter().map(|id| {
            let is_known = self.ids.get(row) == Some(id);
            row += usize::from(is_known);
            if is_known { self.last[row - 1] } else { Last::NEW }
        });
        self.last = known.collect();
        self.ids = all;
    }
}

impl Course {
    /// `None` if the model has no such scheme.
    fn of(grading: &Grading, name: &str) -> Result<Option<Course>, WorkspaceError> {
        let Some(scheme) = grading.model.tiers.get(name) else { return Ok(None) };
        let n = scheme.levels.len();
        let mut everybody = Everybody::default();
        let mut course = Course {
            counts: Vec::new(),
            moves: Vec::new(),
            went: Vec::new(),
            flapping: Flapping {
                of: "",
                moves: 0,
                customers_moved: 0,
                back_and_forth: 0,
                customers_back_and_forth: 0,
            },
        };
        for (at, instant) in grading.instants.iter().enumerate() {
            let places = moves::levels(&instant.batches, name, scheme)?;
            let (mut counts, mut moved) = (vec![0; n + 1], Moves::default());
            let mut went = vec![0u64; (n + 1) * (n + 1)];
            let customers = Customers::of(&instant.batches);
            let places = customers.sorted(&places);
            everybody.enter(&customers.ids);
            let mut row = 0;
            for (customer, place) in customers.ids.iter().zip(places) {
                let to = usize::from(place).min(n);
                counts[to] += 1;
                while everybody.ids[row] < *customer {
                    row += 1;
                }
                let known = &mut everybody.last[row];
                let from = std::mem::replace(&mut known.place, place);
                if at > 0 {
                    went[usize::from(from).min(n) * (n + 1) + to] += 1;
                }
                if from == place || at == 0 {
                    continue;
                }
                match (from, place) {
                    (NOT_GRADED, _) => moved.entered += 1,
                    (_, NOT_GRADED) => moved.left += 1,
                    _ => {
                        let up = place > from;
                        *(if up { &mut moved.up } else { &mut moved.down }) += 1;
                        let back = known.up.is_some_and(|before| before != up);
                        course.flapping.moves += 1;
                        course.flapping.back_and_forth += u64::from(back);
                        (known.up, known.moved, known.flapped) = (Some(up), true, known.flapped || back);
                    }
                }
            }
            course.counts.push(counts);
            course.moves.push(moved);
            let level = |at: usize| if at == n { NOT_GRADED } else { at as u16 };
            let went = went.into_iter().enumerate().filter(|(_, count)| *count > 0);
            course
                .went
                .push(went.map(|(at, count)| ((level(at / (n + 1)), level(at % (n + 1))), count)).collect());
        }
        let n_of = |which: fn(&Last) -> bool| everybody.last.iter().filter(|one| which(one)).count() as u64;
        course.flapping.customers_moved = n_of(|one| one.moved);
        course.flapping.customers_back_and_forth = n_of(|one| one.flapped);
        Ok(Some(course))
    }

    /// What the benefits cost from one instant to the next, by who was in which level at its end.
    fn cost(&self, model: &Model, scheme: &str, at: usize, days: i32) -> Option<f64> {
        let levels = model.tiers.get(scheme)?.levels.names();
        let costs: Vec<Option<f64>> = levels.map(|level| yearly_cost(model, scheme, level)).collect();
        if costs.iter().all(Option::is_none) {
            return None;
        }
        let all = costs.iter().zip(&self.counts[at]).map(|(each, n)| each.unwrap_or(0.0) * *n as f64);
        let cost = all.sum::<f64>() * f64::from(days) / 365.0;
        Some((cost * 100.0).round() / 100.0)
    }
}

fn steps(
    graded: &Grading,
    before: Option<&Grading>,
    name: &str,
    now: &Course,
    then: Option<&Course>,
) -> Vec<Step> {
    let Some(scheme) = graded.model.tiers.get(name) else { return Vec::new() };
    let older = before.and_then(|grading| Some((grading, grading.model.tiers.get(name)?)));
    let not_graded = Text::new("未定级", "Not graded");
    let titles = scheme.levels.iter().map(|(level, one)| (level, moves::title(one.title.as_ref(), level)));
    let titles: Vec<(&str, Text)> = titles.chain([("", not_graded)]).collect();
    let mut out = Vec::with_capacity(graded.instants.len());
    for (at, instant) in graded.instants.iter().enumerate() {
        let days = match at.checked_sub(1).and_then(|at| graded.instants.get(at)) {
            Some(earlier) => instant.as_of.day - earlier.as_of.day,
            None => 0,
        };
        let level = |(place, (level, title)): (usize, &(&str, Text))| LevelStep {
            level: level.to_string(),
            title: title.clone(),
            count: now.counts[at][place],
            before: then.zip(older).and_then(|(then, (_, scheme))| {
                let place = match level.is_empty() {
                    true => Some(scheme.levels.len()),
                    false => scheme.levels.position(level),
                };
                then.counts[at].get(place?).copied()
            }),
        };
        out.push(Step {
            as_of: instant.date.clone(),
            levels: titles.iter().enumerate().map(level).collect(),
            moves: now.moves[at],
            matrix: now.went[at].iter().map(|((from, to), n)| went(scheme, *from, *to, *n)).collect(),
            moves_before: then.map(|then| then.moves[at]),
            benefit_cost: now.cost(&graded.model, name, at, days),
            benefit_cost_before: then
                .zip(older)
                .and_then(|(then, (grading, _))| then.cost(&grading.model, name, at, days)),
        });
    }
    out
}

fn went(scheme: &TierScheme, from: u16, to: u16, count: u64) -> Went {
    let name = |place: u16| match scheme.levels.0.get(usize::from(place)) {
        Some((name, _)) if place != NOT_GRADED => name.clone(),
        _ => String::new(),
    };
    Went { from: name(from), to: name(to), count }
}

impl SimulatedHistory {
    /// The whole of it for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = String::new();
        for scheme in &self.schemes {
            out.push_str(&format!(
                "{}: {}\n",
                scheme.title.get(lang),
                say(
                    "日期，各等级人数（括号内为现行版本），升级，降级，进入，离开，权益成本",
                    "date, customers by tier (in brackets: the version in force), up, down, entered, left, benefits"
                )
            ));
            for step in &scheme.steps {
                let levels: Vec<String> = step
                    .levels
                    .iter()
                    .filter(|level| level.count > 0 || level.before.is_some_and(|n| n > 0))
                    .map(|level| match level.before {
                        Some(before) => format!("{} {} ({before})", level.title.get(lang), level.count),
                        None => format!("{} {}", level.title.get(lang), level.count),
                    })
                    .collect();
                let Moves { up, down, entered, left } = step.moves;
                let both = |now: u64, before: Option<u64>| match before {
                    Some(before) => format!("{now} ({before})"),
                    None => now.to_string(),
                };
                let earlier = step.moves_before;
                let moves = [
                    format!("↑ {}", both(up, earlier.map(|one| one.up))),
                    format!("↓ {}", both(down, earlier.map(|one| one.down))),
                    format!("+ {}", both(entered, earlier.map(|one| one.entered))),
                    format!("− {}", both(left, earlier.map(|one| one.left))),
                ];
                let cost = step.benefit_cost.map(|cost| format!("  {cost:.0}")).unwrap_or_default();
                out.push_str(&format!(
                    "  {}  {}  {}{cost}\n",
                    step.as_of,
                    levels.join(", "),
                    moves.join("  ")
                ));
            }
            for one in &scheme.flapping {
                let of = match one.of {
                    "with_rules" => say("此版本", "this version"),
                    "without_rules" => say("去掉保级规则", "without keep rules"),
                    _ => say("现行版本", "the version in force"),
                };
                let Flapping { moves, customers_moved, back_and_forth, customers_back_and_forth, .. } = one;
                out.push_str(&match lang {
                    Lang::Zh => format!(
                        "  {of}：{customers_moved} 位客户变动 {moves} 次；其中 {customers_back_and_forth} 位来回 {back_and_forth} 次\n"
                    ),
                    Lang::En => format!(
                        "  {of}: {customers_moved} customers moved {moves} times; {customers_back_and_forth} of them {back_and_forth} times back and forth\n"
                    ),
                });
            }
            out.push('\n');
        }
        out
    }
}
