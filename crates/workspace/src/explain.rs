//! `gradus explain`: one customer's grades with every line that made them, folded again from the
//! events by the same code that graded everyone.

mod events;
mod lifting;
mod text;

pub use events::EventLine;
pub(crate) use events::cell;
pub use lifting::{LiftingOf, lifting_of};

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{Array, RecordBatch};
use gradus_grading::fold::{AsOf, CUSTOMER, FoldPlan, Told, date_of, with_uncovered};
use gradus_grading::grade::{
    Difference, Fits, OutputKind, PredictionReason, RuleReason, SegmentReason, Standing, Statement,
};
use gradus_ledger::table::{EventsSnapshot, ScanBound, Seen};
use gradus_model::document::Model;
use gradus_model::event_stream::column;
use gradus_model::{Finding, Place, Text};
use jiff::civil::Date;
use serde::Serialize;

use crate::chain::DECIDED_AS_COMPUTED;
use crate::clock::label;
use crate::compiled::Compiled;
use crate::coverage::Coverage;
use crate::decided::{self, Decided, standings, tier_columns, with_decided};
use crate::grade::{open_events, runs_of_customers, scan_columns};
use crate::indicator_notes::{coverage_notes, indicator_notes, read_undated};
use crate::links::linked;
use crate::overrides::{self, Holding, OverrideView};
use crate::references::{conversion, over_facts};
use crate::runs::fits_of;
use crate::transitions::{Change, changes_of};
use crate::ways::{Goal, liftings};
use crate::{StoredGrades, Workspace, WorkspaceError, versions};
use events::{Retracted, kind_titles, lines, with_dates};

/// Whom to explain, as of when, against what.
#[derive(Debug, Clone)]
pub struct ExplainOptions {
    /// A customer number, phone, e-mail, or the ledger's own number.
    pub customer: String,
    pub as_of: Option<AsOf>,
    pub against: Option<Against>,
    /// How many of the newest events are shown.
    pub n_events: usize,
}

/// What a statement is compared with.
#[derive(Debug, Clone)]
pub enum Against {
    AsOf(AsOf),
    Customer(String),
}

/// Why a customer has these grades.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// The ledger's number of the customer; who it is stays in the vault.
    pub customer: i64,
    pub as_of: String,
    pub run: String,
    /// The published version that graded; `None`: the documents of the folder.
    pub version: Option<i64>,
    pub fit: Option<u64>,
    /// Indicators with titles and values as people read them; `None` is unknown or not applicable.
    pub indicators: Vec<(String, Text, Option<String>)>,
    /// What has to be said beside some of them, by name.
    pub notes: Vec<(String, Text)>,
    /// What each prediction says, with the sentences that say why and how sure it is.
    pub predictions: Vec<PredictionReason>,
    pub scores: Vec<Statement>,
    pub differences: Vec<Difference>,
    /// What each rule set, table, tree and flow gave, and which row, rule or branch was hit.
    pub rules: Vec<RuleReason>,
    pub standings: Vec<Standing>,
    /// What would lift or keep the tiers: things that the customer can do by a date.
    pub goals: Vec<Goal>,
    /// Tiers that a person set and that hold then: who asked for them, why, until when.
    pub overrides: Vec<OverrideView>,
    pub segments: Vec<SegmentReason>,
    /// Groupings with titles, and the group's title.
    pub groupings: Vec<(String, Text, Option<Text>)>,
    /// What their tiers, groups and segments changed to by then, newest first.
    pub history: Vec<Change>,
    /// The newest events behind it; those that were taken back are marked.
    pub events: Vec<EventLine>,
    /// How many count.
    pub n_events: usize,
    /// How many were taken back and count no more.
    pub n_retracted: usize,
    /// The zone of the local times of a terminal.
    pub time_zone: String,
}

/// Explains one customer.
pub async fn explain(workspace: &Workspace, options: &ExplainOptions) -> Result<Explanation, WorkspaceError> {
    let documents = versions::graded_by(workspace).await?;
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let compiled = workspace.compiled(&documents, events.event_schema())?;
    let customer = find_customer(workspace, &options.customer).await?;
    let coverage = Coverage::of(&snapshot, &compiled.fold, None).await?;
    let view = View {
        coverage: &coverage,
        workspace,
        model: &documents.model,
        compiled: &compiled,
        snapshot: &snapshot,
        kinds: kind_titles(&documents),
    };
    let here = view.at(customer, options.as_of).await?;
    let mut out = Explanation {
        customer: here.customer,
        as_of: label(here.as_of, &workspace.zone),
        run: here.run.clone(),
        version: here.version,
        fit: here.fits.number,
        indicators: Vec::new(),
        notes: indicator_notes(&documents.model, here.as_of, &workspace.zone),
        predictions: compiled.stage_b.explain_predictions(&here.row, 0, &here.fits, here.date),
        scores: Vec::new(),
        differences: Vec::new(),
        rules: compiled.stage_b.explain_rules(&here.row, 0, &here.fits, here.date),
        standings: Vec::new(),
        goals: Vec::new(),
        overrides: overrides::of_customer(workspace, here.customer, here.as_of, here.known_at).await?,
        segments: Vec::new(),
        groupings: Vec::new(),
        history: changes_of(workspace, &compiled, here.customer, here.as_of).await?,
        events: lines(&here.events, &here.retracted, &view.kinds, workspace.zone.name(), options.n_events)?,
        n_events: here.events.iter().map(RecordBatch::num_rows).sum::<usize>() - here.retracted.n_rows,
        n_retracted: here.retracted.n_events,
        time_zone: workspace.zone.name().to_string(),
    };
    let known = (here.as_of, here.seen);
    out.notes.extend(coverage_notes(&coverage, &compiled, &documents.model, known, &workspace.zone));
    out.notes.extend(crate::tier_holdout::notes(workspace, here.customer, here.as_of).await?);
    let graded = compiled.stage_b.apply(&here.row, &here.fits, here.date).batch;
    let from_dated = match &here.row_of_dated {
        // Nobody is left without what has no date.
        Some(row) => Some(row.as_ref().map(|row| compiled.stage_b.apply(row, &here.fits, here.date).batch)),
        None => None,
    };
    for column in compiled.stage_b.output_columns() {
        let name = column.name.as_str();
        match column.kind {
            OutputKind::Indicator => {
                if let Some(dated) = &from_dated
                    && differs(&graded, dated.as_ref(), name)
                {
                    out.notes.push((name.into(), read_undated()));
                }
                out.indicators.push((name.into(), column.title, shown(&graded, name)?));
            }
            OutputKind::Grouping => {
                let value = shown(&graded, name)?;
                let title = |value: String| {
                    let known = column.values.iter().find(|(name, _)| *name == value);
                    known.map(|(_, title)| title.clone()).unwrap_or_else(|| Text::plain(value))
                };
                out.groupings.push((name.into(), column.title.clone(), value.map(title)));
            }
            OutputKind::Score => {
                out.scores.extend(compiled.stage_b.explain_score(&here.row, 0, name, &here.fits, here.date));
            }
            OutputKind::Tier => {
                out.standings.extend(compiled.stage_b.standing(&here.row, 0, name, &here.fits, here.date));
            }
            OutputKind::Segment => {
                out.segments.extend(compiled.stage_b.why_segment(&here.row, 0, name, &here.fits, here.date));
            }
            _ => {}
        }
    }
    let liftings = liftings(&view.ground(&here), &out.standings)?;
    out.goals = liftings.into_iter().flat_map(|own| own.goals).collect();
    let other = match &options.against {
        None => None,
        Some(Against::AsOf(as_of)) => Some(view.at(customer, Some(*as_of)).await?),
        Some(Against::Customer(other)) => {
            let other = find_customer(workspace, other).await?;
            Some(view.at(other, options.as_of).await?)
        }
    };
    if let Some(other) = other {
        for statement in &out.scores {
            let before =
                compiled.stage_b.explain_score(&other.row, 0, &statement.scorecard, &other.fits, other.date);
            out.differences.extend(before.map(|before| statement.less(&before)));
        }
    }
    Ok(out)
}

/// The ledger's number of a customer, by number, phone, e-mail or the ledger's own number.
pub async fn find_customer(workspace: &Workspace, written: &str) -> Result<i64, WorkspaceError> {
    let rules = gradus_ledger::clean::identity::IdentityRules::new(&workspace.settings.region);
    use gradus_model::document::IdentityKind;
    for (kind, name) in
        [(IdentityKind::Id, "id"), (IdentityKind::Phone, "phone"), (IdentityKind::Email, "email")]
    {
        let normalized = rules.as_ref().and_then(|rules| rules.normalized(kind, written));
        if let Some(normalized) = normalized
            && let Some(found) = workspace.vault.find(name, &normalized).await?
        {
            return Ok(found);
        }
    }
    if let Some(number) = written.strip_prefix('#').and_then(|number| number.parse::<i64>().ok()) {
        return Ok(number);
    }
    Err(Finding::error(
        "unknown-customer",
        Place::default(),
        Text::new("没有这位客户", "no such customer"),
        Text::new(
            "客户编号、手机号、邮箱，或 # 加账本编号",
            "a customer number, phone, e-mail, or # and the ledger's number",
        ),
    )
    .into())
}

struct View<'a> {
    workspace: &'a Workspace,
    model: &'a Model,
    compiled: &'a Compiled,
    snapshot: &'a EventsSnapshot,
    coverage: &'a Coverage,
    kinds: BTreeMap<String, Text>,
}

/// One customer as of one graded instant.
struct Here {
    /// One row: the fold's columns.
    row: RecordBatch,
    /// The same without what has no date, if the customer has such events; none if that is all.
    row_of_dated: Option<Option<RecordBatch>>,
    fits: Fits,
    as_of: AsOf,
    date: Date,
    run: String,
    version: Option<i64>,
    known_at: i64,
    /// What the run saw.
    seen: Seen,
    customer: i64,
    events: Vec<RecordBatch>,
    retracted: Retracted,
    /// The fold over the references' facts, the identities, and what is uncovered.
    plan: FoldPlan,
    owners: BTreeMap<i64, i64>,
    uncovered: BTreeSet<String>,
}

impl View<'_> {
    /// Folds the customer's events as of the instant of a stored run, the newest if none is named.
    async fn at(&self, customer: i64, as_of: Option<AsOf>) -> Result<Here, WorkspaceError> {
        let runs = self.workspace.store.runs().list(Some(&self.compiled.hash), 10_000).await?;
        let run = runs
            .into_iter()
            .find(|run| run.is_announced() && as_of.is_none_or(|as_of| as_of.instant_us == run.as_of));
        let Some(run) = run else {
            let when = as_of.map(|as_of| label(as_of, &self.workspace.zone));
            let when = when.unwrap_or_else(|| "now".into());
            return Err(Finding::error(
                "not-graded-yet",
                Place::default(),
                Text::new(
                    format!("还没有截至 {when} 的评级"),
                    format!("nobody has been graded as of {when} yet"),
                ),
                Text::new(
                    format!("先运行 gradus grade --as-of {when}"),
                    format!("run `gradus grade --as-of {when}` first"),
                ),
            )
            .into());
        };
        let as_of = AsOf::new(run.as_of, &self.workspace.zone);
        let fits = fits_of(self.workspace, &run).await?;
        let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the run has no date".into()))?;
        let bound = ScanBound {
            position: Some(run.position),
            known: Some(run.known_at),
            time: Some(as_of.instant_us),
        };
        let mut columns = scan_columns(self.compiled, true);
        let declared = self.snapshot.event_schema().fields.iter().map(|field| field.name.as_str());
        for shown in events::SHOWN.into_iter().chain(declared) {
            if !columns.iter().any(|known| known == shown) {
                columns.push(shown.to_string());
            }
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        // Whoever is asked for by one of several identities is meant as the customer.
        let links = linked(self.workspace, as_of.instant_us, run.known_at).await?;
        let customer = links.get(&customer).copied().unwrap_or(customer);
        let mut owners: BTreeMap<i64, i64> =
            links.into_iter().filter(|(_, owner)| *owner == customer).collect();
        owners.insert(customer, customer);
        let identities: Vec<i64> = owners.keys().copied().collect();
        let events = self.snapshot.read_identities(&identities, &columns, bound).await?;
        let told = Told { known_us: run.known_at, position: run.position };
        let own = conversion(&self.workspace.settings, self.snapshot);
        let plan = over_facts(&self.compiled.fold, self.snapshot, own, told).await?;
        let seen = Seen { time: as_of.instant_us, known: run.known_at, position: run.position };
        let uncovered = match self.snapshot.undone().is_empty() {
            true => self.coverage.uncovered(seen),
            // What was undone since was there when it was graded.
            false => {
                Coverage::of(self.snapshot, &self.compiled.fold, Some(run.known_at)).await?.uncovered(seen)
            }
        };
        let Some(row) = fold(&plan, &events, &owners, as_of)? else {
            // Whoever never did anything is nobody; whoever did later was nobody yet.
            let later = self.snapshot.read_identities(&identities, &[column::IDENTITY], ScanBound::default());
            return Err(match later.await?.iter().any(|batch| batch.num_rows() > 0) {
                true => no_events_yet(),
                false => WorkspaceError::NotFound { what: "customer" },
            });
        };
        let mut row = with_uncovered(&row, &uncovered)?;
        let row_of_dated = match with_dates(&events)? {
            Some(dated) => {
                let row = fold(&plan, &dated, &owners, as_of)?;
                Some(row.map(|row| with_uncovered(&row, &uncovered)).transpose()?)
            }
            None => None,
        };
        // Between decisions the tier is what was decided: as it was stored.
        for name in standings(self.model, as_of, &self.workspace.zone).into_keys() {
            let Some(scheme) = self.model.tiers.get(&name) else { continue };
            let stored = StoredGrades::open(self.workspace, &self.compiled.hash).await?;
            let own = tier_columns(&name, scheme).into_iter().map(|(column, _)| column);
            let computed = own.clone().map(|column| format!("{DECIDED_AS_COMPUTED}{column}"));
            let columns: Vec<String> =
                own.chain(computed.filter(|column| stored.has(column))).chain([CUSTOMER.into()]).collect();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let when = label(as_of, &self.workspace.zone);
            let stored = stored.of_customer(&when, &columns, customer).await?;
            let decided = Decided::of(&name, scheme, &stored, DECIDED_AS_COMPUTED)?;
            let standing = decided::Standing { at: Some(as_of), decides_now: false };
            row = with_decided(vec![row], standing, &decided)?.remove(0);
        }
        let row = Holding::of(self.workspace, as_of, run.known_at).await?.with(row, self.model)?;
        let (run, version, known_at) = (run.id, run.version, run.known_at);
        let retracted = Retracted::of(&events);
        Ok(Here {
            row,
            row_of_dated,
            fits,
            as_of,
            date,
            run,
            version,
            known_at,
            seen,
            customer,
            events,
            retracted,
            plan,
            owners,
            uncovered,
        })
    }
}

fn fold(
    plan: &FoldPlan,
    events: &[RecordBatch],
    owners: &BTreeMap<i64, i64>,
    as_of: AsOf,
) -> Result<Option<RecordBatch>, WorkspaceError> {
    for runs in runs_of_customers(events, owners)? {
        if let Some(row) = plan.fold(&runs, &[as_of], &mut Default::default())?.into_iter().next() {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn no_events_yet() -> WorkspaceError {
    Finding::error(
        "no-events-yet",
        Place::default(),
        Text::new("这位客户到那时还没有任何事件", "this customer has no events by then"),
        Text::new("换一个较晚的日期", "a later date"),
    )
    .into()
}

/// True if two values of a column differ; one that is not there differs from one that is.
fn differs(a: &RecordBatch, b: Option<&RecordBatch>, name: &str) -> bool {
    let of = |batch: &RecordBatch| batch.column_by_name(name).map(|column| column.to_data());
    match b {
        Some(b) => of(a) != of(b),
        None => a.column_by_name(name).is_some_and(|column| column.is_valid(0)),
    }
}

fn shown(batch: &RecordBatch, name: &str) -> Result<Option<String>, WorkspaceError> {
    cell(batch, name, 0)
}
