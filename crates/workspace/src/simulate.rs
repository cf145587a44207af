//! `gradus simulate`: everybody graded by another version beside the one in force, as of one instant
//! and from one state of the ledger; nothing is kept. It is the grading itself that is made, so after
//! publishing it is exactly so.

mod history;
mod kept;
mod stepped;
mod words;

pub use history::{
    Flapping, LevelStep, Moves, SchemeHistory, SimulatedHistory, Step, Stretch, Went, simulate_history,
    start_history,
};
pub use kept::{SimulatedCustomer, SimulatedFilter, SimulatedList, SimulatedOf, simulated_customers};
pub use stepped::{How, SteppedFilter, stepped_customers};

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use gradus_model::document::Model;
use gradus_model::{Lang, Text};
use gradus_store::Job;
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grade::{Tiers, grade_with, open_events};
use crate::jobs::{JobRunner, Work};
use crate::moves::{self, Edge, Moved, Side};
use crate::stored::{Stored, processors, summary_options};
use crate::{
    Documents, GradeOptions, GradedInstant, Grading, Progress, Workspace, WorkspaceError, instant_of,
    versions,
};

/// Customers at the edges that are shown of each scheme.
const EDGES: usize = 10;

/// What is simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The draft as it was saved.
    Draft,
    /// The documents of the workspace's folder.
    Folder,
    Version(i64),
}

impl What {
    /// As it is written: `draft`, `folder`, or the number of a version.
    pub fn parse(text: &str) -> Option<What> {
        match text {
            "draft" => Some(What::Draft),
            "folder" => Some(What::Folder),
            number => number.parse().ok().map(What::Version),
        }
    }

    fn name(self) -> serde_json::Value {
        match self {
            What::Draft => json!("draft"),
            What::Folder => json!("folder"),
            What::Version(number) => json!(number),
        }
    }

    /// The model as it is being edited, if it is given; else what this names.
    async fn or_edited(
        self,
        workspace: &Workspace,
        who: &Principal,
        edited: Option<&Value>,
    ) -> Result<Documents, WorkspaceError> {
        match edited {
            Some(document) => versions::documents_with(workspace, "draft", &document.to_string()),
            None => self.documents(workspace, who).await,
        }
    }

    pub(crate) async fn documents(
        self,
        workspace: &Workspace,
        who: &Principal,
    ) -> Result<Documents, WorkspaceError> {
        match self {
            What::Folder => workspace.documents(),
            What::Version(number) => {
                versions::documents_of(workspace, &workspace.store.versions().get(number).await?).await
            }
            What::Draft => {
                let draft = versions::draft(workspace, who).await?;
                versions::documents_with(workspace, "draft", &draft.document.to_string())
            }
        }
    }
}

/// What a version would do.
#[derive(Debug, Clone, Serialize)]
pub struct Simulation {
    /// Under which its customers are listed for a week; `None` if they were not kept.
    pub id: Option<String>,
    pub as_of: String,
    pub customers: u64,
    pub seconds: f64,
    /// The version in force; `None`: the documents of the folder.
    pub before_version: Option<i64>,
    pub version: Option<i64>,
    pub matrix: Vec<Moved>,
    pub edges: Vec<Edge>,
    pub tiers: Vec<TierEffect>,
    pub segments: Vec<SegmentEffect>,
    pub moved_in_words: Text,
}

/// What becomes of one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TierEffect {
    pub scheme: String,
    /// Empty: not graded.
    pub level: String,
    pub title: Text,
    pub count: u64,
    pub before: u64,
    /// What its customers are worth by the value indicator, where the model has one.
    pub revenue: Option<f64>,
    pub revenue_before: Option<f64>,
    /// What its benefits cost in a year, where the model says what they cost.
    pub benefit_cost: Option<f64>,
    pub benefit_cost_before: Option<f64>,
}

/// What becomes of one segment.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SegmentEffect {
    pub name: String,
    pub title: Text,
    pub before: u64,
    pub after: u64,
    pub entered: u64,
    pub left: u64,
}

/// Starts a simulation; its result is a [`Simulation`]. `edited` is the model as it is being edited, in the
/// place of what is saved.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    what: What,
    edited: Option<&Value>,
    as_of: Option<String>,
) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    who.sees_everyone()?;
    // What is wrong with the document is said at once.
    let documents = what.or_edited(workspace, who, edited).await?;
    let (owned, asker) = (workspace.clone(), as_of.clone());
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            let mut compared = compared(&owned, &documents, asker.as_deref(), progress.as_ref()).await?;
            let id = token::id()?;
            compared.simulation.id = Some(id.clone());
            let keep = move || kept::keep(&owned, &id, &compared).map(|()| compared.simulation);
            let simulation = tokio::task::spawn_blocking(keep)
                .await
                .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
            serde_json::to_value(simulation).map_err(|error| WorkspaceError::Defect(error.to_string()))
        })
    });
    let name = what.name();
    let asked = json!({ "version": name, "as_of": as_of, "edited": edited.is_some() });
    let job = jobs.start(workspace, who, "simulate", asked, work).await?;
    audit(workspace, &who.account, "simulate.start", &job.id, json!({ "version": name })).await?;
    Ok(job)
}

/// Simulates for whoever sits at the machine.
pub async fn simulate_what(
    workspace: &Workspace,
    what: What,
    as_of: Option<&str>,
    progress: &dyn Progress,
) -> Result<Simulation, WorkspaceError> {
    let documents = what.documents(workspace, &Principal::local()).await?;
    simulate(workspace, &documents, as_of, progress).await
}

/// Grades everybody by these documents and by those in force, and says what is different.
pub async fn simulate(
    workspace: &Workspace,
    documents: &Documents,
    as_of: Option<&str>,
    progress: &dyn Progress,
) -> Result<Simulation, WorkspaceError> {
    Ok(compared(workspace, documents, as_of, progress).await?.simulation)
}

/// A simulation, and everybody on both sides of it.
struct Compared {
    simulation: Simulation,
    before: Grading,
    after: Grading,
}

impl Compared {
    fn sides(&self) -> Result<(Side<'_>, Side<'_>), WorkspaceError> {
        let (Some(now), Some(then)) = (self.before.instants.first(), self.after.instants.first()) else {
            return Err(WorkspaceError::Defect("a grading without an instant".into()));
        };
        Ok((
            Side { model: &self.before.model, batches: &now.batches },
            Side { model: &self.after.model, batches: &then.batches },
        ))
    }
}

async fn compared(
    workspace: &Workspace,
    documents: &Documents,
    as_of: Option<&str>,
    progress: &dyn Progress,
) -> Result<Compared, WorkspaceError> {
    let began = std::time::Instant::now();
    let in_force = versions::now_in_force(workspace).await?;
    let instant = match as_of {
        Some(date) => workspace.as_of(instant_of(date, &workspace.zone)?),
        None => {
            let newest = Stored::open(workspace).await?.instants.last().cloned().unwrap_or_default();
            workspace.as_of(instant_of(&newest, &workspace.zone)?)
        }
    };
    let options = GradeOptions {
        instants: vec![instant],
        known_at_us: Some(system_us()),
        store: false,
        reuse: true,
        n_threads: processors(),
    };
    // A version that does not compile says so before anybody is graded.
    let events = open_events(workspace).await?;
    Compiled::new(documents, events.event_schema(), &workspace.zone)?;
    let mut before = grade_with(workspace, &in_force, &options, Tiers::AsSet, progress).await?;
    let after = grade_with(workspace, documents, &options, Tiers::AsSet, progress).await?;
    if before.position != after.position {
        // Events came in between: both sides have to see the same.
        before = grade_with(workspace, &in_force, &options, Tiers::AsSet, progress).await?;
    }
    let (Some(then), Some(now)) = (after.instants.first(), before.instants.first()) else {
        return Err(WorkspaceError::Defect("a grading without an instant".into()));
    };
    let compiled = Compiled::new(documents, events.event_schema(), &workspace.zone)?;
    let mut simulation = compare((&before.model, now), (&after.model, then), &compiled)?;
    moves::named(workspace, &mut simulation.edges).await?;
    simulation.seconds = began.elapsed().as_secs_f64();
    simulation.before_version = in_force.version;
    simulation.version = documents.version;
    Ok(Compared { simulation, before, after })
}

fn compare(
    (old, now): (&Model, &GradedInstant),
    (new, then): (&Model, &GradedInstant),
    compiled: &Compiled,
) -> Result<Simulation, WorkspaceError> {
    let (before, after) =
        (Side { model: old, batches: &now.batches }, Side { model: new, batches: &then.batches });
    let mut out = Simulation {
        id: None,
        as_of: then.date.clone(),
        customers: then.n_customers,
        seconds: 0.0,
        before_version: None,
        version: None,
        matrix: Vec::new(),
        edges: Vec::new(),
        tiers: Vec::new(),
        segments: Vec::new(),
        moved_in_words: Text::default(),
    };
    let mut said: Vec<Text> = Vec::new();
    let gone = old.tiers.iter().filter(|(name, _)| new.tiers.get(name).is_none());
    for (name, scheme) in new.tiers.iter().chain(gone) {
        let pairs = moves::pairs(name, &before, &after)?;
        let moved = moves::matrix(name, &pairs, &before, &after);
        let title = moves::title(scheme.title.as_ref(), name);
        said.extend(words::scheme(&title, &moved, moves::up_and_down(&moved, scheme)));
        out.tiers.extend(tier_effects(name, &before, &after)?);
        if let Some(by) = scheme.by.as_deref().filter(|_| new.tiers.get(name).is_some()) {
            let cuts = compiled.stage_b.tier_cuts(name, &then.fits);
            out.edges.extend(moves::edges(name, by, &cuts, &then.batches, EDGES)?);
        }
        out.matrix.extend(moved);
    }
    out.segments = segment_effects(&before, &after)?;
    said.extend(out.segments.iter().filter_map(words::segment));
    out.moved_in_words = words::sentence(&out.as_of, out.customers, &said);
    Ok(out)
}

fn tier_effects(name: &str, before: &Side<'_>, after: &Side<'_>) -> Result<Vec<TierEffect>, WorkspaceError> {
    /// Customers and money by level; those of no level under the empty name.
    type Sums = Vec<(String, Text, u64, Option<f64>)>;
    let of = |side: &Side<'_>| -> Result<Sums, WorkspaceError> {
        let Some(scheme) = side.model.tiers.get(name) else { return Ok(Vec::new()) };
        let places = moves::levels(side.batches, name, scheme)?;
        let n = scheme.levels.len();
        let value = value_indicator(side.model);
        let money = match &value {
            Some(value) => moves::numbers(side.batches, value)?,
            None => None,
        };
        let mut sums = vec![(0u64, 0f64); n + 1];
        for (at, place) in places.iter().enumerate() {
            let sum = &mut sums[usize::from(*place).min(n)];
            sum.0 += 1;
            sum.1 += money.as_ref().and_then(|money| money[at]).unwrap_or(0.0);
        }
        let titles = scheme
            .levels
            .iter()
            .map(|(level, one)| (level.to_string(), moves::title(one.title.as_ref(), level)));
        let not_graded = (String::new(), Text::new("未定级", "Not graded"));
        let named = titles.chain(std::iter::once(not_graded));
        let cents = |value: f64| (value * 100.0).round() / 100.0;
        Ok(named
            .zip(sums)
            .map(|((level, title), (n, sum))| (level, title, n, money.as_ref().map(|_| cents(sum))))
            .collect())
    };
    let (old, new) = (of(before)?, of(after)?);
    let find = |sums: &Sums, level: &str| sums.iter().find(|one| one.0 == level).cloned();
    let gone: Sums = old.iter().filter(|one| find(&new, &one.0).is_none()).cloned().collect();
    let mut out = Vec::new();
    for (level, title, _, _) in new.iter().chain(&gone) {
        let (now, then) = (find(&old, level), find(&new, level));
        let count = |sum: &Option<(String, Text, u64, Option<f64>)>| sum.as_ref().map_or(0, |sum| sum.2);
        let cost = |side: &Side<'_>, n: u64| yearly_cost(side.model, name, level).map(|each| each * n as f64);
        out.push(TierEffect {
            scheme: name.to_string(),
            level: level.clone(),
            title: title.clone(),
            count: count(&then),
            before: count(&now),
            revenue: then.as_ref().and_then(|sum| sum.3),
            revenue_before: now.as_ref().and_then(|sum| sum.3),
            benefit_cost: cost(after, count(&then)),
            benefit_cost_before: cost(before, count(&now)),
        });
    }
    Ok(out)
}

/// The indicator that says what a customer is worth: the money of the RFM grouping, else the first
/// that adds amounts up.
pub(crate) fn value_indicator(model: &Model) -> Option<String> {
    summary_options(model).value_indicator.or_else(|| {
        let sums = |one: &gradus_model::document::Indicator| {
            one.kind == gradus_model::document::IndicatorKind::Sum && one.of.as_deref() == Some("amount")
        };
        model.indicators.iter().find(|(_, one)| sums(one)).map(|(name, _)| name.to_string())
    })
}

/// What the benefits of a level cost a year for each customer; `None` if nothing is said.
fn yearly_cost(model: &Model, scheme: &str, level: &str) -> Option<f64> {
    let level = model.tiers.get(scheme)?.levels.get(level)?;
    let costs: Vec<f64> = level.benefits.iter().filter_map(|benefit| benefit.cost_a_year()).collect();
    (!costs.is_empty()).then(|| costs.iter().sum())
}

/// Who is in a segment, ascending; `None` if the model has none of this name.
fn members(side: &Side<'_>, name: &str) -> Option<Vec<i64>> {
    side.model.segments.get(name)?;
    let mut out = Vec::new();
    for batch in side.batches {
        let column = batch.column_by_name(name)?.as_boolean_opt()?;
        let ids = moves::customers(std::slice::from_ref(batch)).into_iter().enumerate();
        out.extend(ids.filter(|(row, _)| column.is_valid(*row) && column.value(*row)).map(|(_, id)| id));
    }
    out.sort_unstable();
    Some(out)
}

fn segment_effects(before: &Side<'_>, after: &Side<'_>) -> Result<Vec<SegmentEffect>, WorkspaceError> {
    let gone = before.model.segments.iter().filter(|(name, _)| after.model.segments.get(name).is_none());
    let mut out = Vec::new();
    for (name, segment) in after.model.segments.iter().chain(gone) {
        let (now, then) =
            (members(before, name).unwrap_or_default(), members(after, name).unwrap_or_default());
        let stayed = both(&now, &then);
        out.push(SegmentEffect {
            name: name.to_string(),
            title: moves::title(segment.title.as_ref(), name),
            before: now.len() as u64,
            after: then.len() as u64,
            entered: then.len() as u64 - stayed,
            left: now.len() as u64 - stayed,
        });
    }
    Ok(out)
}

/// How many are in both of two ascending lists.
fn both(one: &[i64], other: &[i64]) -> u64 {
    let (mut i, mut j, mut n) = (0, 0, 0);
    while i < one.len() && j < other.len() {
        match one[i].cmp(&other[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => (i, j, n) = (i + 1, j + 1, n + 1),
        }
    }
    n
}

impl Simulation {
    /// The whole of it for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = format!("{}\n", self.moved_in_words.get(lang));
        let mut last = "";
        for tier in &self.tiers {
            if tier.scheme != last {
                last = &tier.scheme;
                out.push_str(&format!(
                    "\n{last}: {}\n",
                    say("等级，现在 → 之后，收入，权益成本/年", "tier, now → then, revenue, benefits a year")
                ));
            }
            let money = |value: Option<f64>| value.map_or("–".to_string(), |value| format!("{value:.0}"));
            let change = tier.count as i64 - tier.before as i64;
            out.push_str(&format!(
                "  {}  {} → {}  ({change:+})  {}  {}\n",
                tier.title.get(lang),
                tier.before,
                tier.count,
                money(tier.revenue),
                money(tier.benefit_cost)
            ));
        }
        let changed = |one: &&Moved| one.from != one.to;
        let name = |level: &Option<String>| match level.as_deref() {
            None => say("（无）", "(none)").to_string(),
            Some("") => say("未定级", "not graded").to_string(),
            Some(level) => level.to_string(),
        };
        if self.matrix.iter().any(|one| changed(&one)) {
            out.push_str(&format!("\n{}\n", say("迁移", "moves")));
        }
        for one in self.matrix.iter().filter(changed) {
            out.push_str(&format!(
                "  {}: {} → {}: {}\n",
                one.scheme,
                name(&one.from),
                name(&one.to),
                one.count
            ));
        }
        if !self.edges.is_empty() {
            out.push_str(&format!("\n{}\n", say("离门槛最近的客户", "customers at the edges")));
        }
        for edge in &self.edges {
            out.push_str(&format!(
                "  #{} {}  {} {} {}: {:+}\n",
                edge.customer, edge.label, edge.scheme, edge.level, edge.cut, edge.distance
            ));
        }
        out
    }
}
