//! `gradus test`: the test cases of a model, each one customer, graded by the compiled model itself: by the
//! fold where the case gives events, and by stage B in any case. There is no second evaluator, so what a case
//! proves is what will grade.
//!
//! A case that gives indicators leaves the fold out: what it names is given, what it leaves out is unknown.

mod compared;
mod coverage;
pub(crate) mod given;
mod names;
mod words;

pub use compared::{CaseDifference, CaseResult};
pub use coverage::{Coverage as CasesCoverage, CoverageOf, CoveredPart};
pub use names::check_cases;

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::BoxFuture;
use gradus_grading::fold::{AsOf, FoldPlan, ReferenceFacts, Told, Zone, date_of};
use gradus_grading::grade::{Fit, FitKind, Fits, PartKey, StageB};
use gradus_ledger::table::{EVENTS_TABLE, EventsTable};
use gradus_model::document::{Model, TestCase};
use gradus_model::event_stream::{EventSchema, column};
use gradus_model::{Finding, Findings, Place, Text, closest};
use serde::Serialize;
use serde_json::Value;

use crate::access::{Permission, Principal};
use crate::clock::label;
use crate::compiled::Compiled;
use crate::references::{conversion, over_facts};
use crate::runs::fits_of;
use crate::simulate::What;
use crate::versions::{documents_with, now_in_force};
use crate::{Documents, Workspace, WorkspaceError, facts, instant_of};
use given::{Given, stage_for};

/// Whose cases are run.
#[derive(Debug, Clone)]
pub enum CasesOf {
    /// The draft, the folder or a version.
    Kept(What),
    /// What grades now.
    InForce,
    /// A model document as it is being edited; nothing of it is kept.
    Document(Value),
}

impl CasesOf {
    async fn documents(&self, workspace: &Workspace, who: &Principal) -> Result<Documents, WorkspaceError> {
        match self {
            CasesOf::Kept(what) => what.documents(workspace, who).await,
            CasesOf::InForce => now_in_force(workspace).await,
            CasesOf::Document(document) => documents_with(workspace, "draft", &document.to_string()),
        }
    }
}

/// Whose cases, and how much they shall reach.
#[derive(Debug, Clone)]
pub struct TestOptions {
    pub of: CasesOf,
    /// Names of cases; all if empty.
    pub only: Vec<String>,
    /// Per cent of the parts of the rules that the cases shall meet.
    pub min_coverage: Option<f64>,
}

/// What became of the cases.
#[derive(Debug, Clone, Serialize)]
pub struct Tested {
    /// The published version; none for a draft or the folder.
    pub version: Option<i64>,
    /// The fit whose numbers hold for quantiles and best-percent levels, where the model has any.
    pub fit: Option<u64>,
    pub cases: Vec<CaseResult>,
    pub coverage: CasesCoverage,
    /// What the cases shall reach, and whether they do.
    pub min_coverage: Option<f64>,
    pub reached: bool,
    pub findings: Findings,
}

impl Tested {
    pub fn n_failed(&self) -> usize {
        self.cases.iter().filter(|case| !case.passed).count()
    }

    /// True if every case gives what it expects and the cases reach what they shall.
    pub fn is_fine(&self) -> bool {
        self.n_failed() == 0 && self.reached
    }
}

/// Runs test cases.
///
/// # Errors
/// Findings: the model does not compile, a case names what does not exist, or there is no such case.
pub async fn test_cases(
    workspace: &Workspace,
    who: &Principal,
    options: &TestOptions,
) -> Result<Tested, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let documents = options.of.documents(workspace, who).await?;
    let known: Vec<&str> = documents.model.tests.names().collect();
    for name in &options.only {
        if !known.contains(&name.as_str()) {
            let right = match closest(name, &known) {
                Some(near) => Text::new(format!("是否为「{near}」？"), format!("did you mean “{near}”?")),
                None if known.is_empty() => {
                    Text::new("模型里还没有测试用例", "the model has no test case yet")
                }
                None => {
                    Text::new(format!("有：{}", known.join("、")), format!("there are: {}", known.join(", ")))
                }
            };
            let what =
                Text::new(format!("没有测试用例「{name}」"), format!("there is no test case “{name}”"));
            return Err(Finding::error("unknown-test", Place::document(name.as_str()), what, right).into());
        }
    }
    run(workspace, &documents, &options.only, options.min_coverage).await
}

/// Runs the cases of these documents; all of them if none is named.
pub(crate) async fn run(
    workspace: &Workspace,
    documents: &Documents,
    only: &[String],
    min_coverage: Option<f64>,
) -> Result<Tested, WorkspaceError> {
    let events = documents.event_schema(&workspace.settings);
    let compiled = Compiled::new(documents, &events, &workspace.zone)?;
    let found = check_cases(&documents.model, &events, &compiled).locate(&documents.locations);
    if found.has_errors() {
        return Err(found.into());
    }
    let fits = fits_for(workspace, &compiled.hash, &compiled.stage_b).await?;
    let bench = Bench {
        documents,
        compiled: &compiled,
        fold: fold_for(workspace, documents, &compiled).await?,
        events: &events,
        zone: &workspace.zone,
        now: workspace.as_of(facts(workspace).await?.clock.now_us),
        fits: &fits,
    };
    let tested = bench.run_all(only, min_coverage)?;
    Ok(Tested { findings: found, ..tested })
}

impl Bench<'_> {
    /// Runs the cases of these names; all of them if none is named.
    pub fn run_all(&self, only: &[String], min_coverage: Option<f64>) -> Result<Tested, WorkspaceError> {
        let (documents, fits, stage) = (self.documents, self.fits, &self.compiled.stage_b);
        let mut cases = Vec::new();
        let mut fired: BTreeMap<PartKey, Vec<String>> = BTreeMap::new();
        for (name, case) in documents.model.tests.iter() {
            if only.is_empty() || only.iter().any(|wanted| wanted == name) {
                cases.push(self.run(name, case, &mut fired)?);
            }
        }
        let coverage = CasesCoverage::of(stage.parts(fits), &fired);
        let reached = min_coverage.is_none_or(|least| coverage.percent() >= least);
        let fit = fits.number.filter(|_| !stage.fit_requests().is_empty());
        let findings = Findings::default();
        Ok(Tested { version: documents.version, fit, cases, coverage, min_coverage, reached, findings })
    }
}

/// What fails of the cases of these documents, as findings of that weight: for whoever reviews and publishes.
pub(crate) fn failing<'a>(
    workspace: &'a Workspace,
    documents: &'a Documents,
) -> BoxFuture<'a, Result<Findings, WorkspaceError>> {
    Box::pin(failing_of(workspace, documents))
}

async fn failing_of(workspace: &Workspace, documents: &Documents) -> Result<Findings, WorkspaceError> {
    let mut findings = Findings::default();
    if documents.model.tests.is_empty() {
        return Ok(findings);
    }
    let tested = match run(workspace, documents, &[], None).await {
        Ok(tested) => tested,
        // What is wrong with the cases themselves is said as such.
        Err(WorkspaceError::Findings(found)) => return Ok(found),
        Err(error) => return Err(error),
    };
    let blocks = workspace.settings.failing_tests.blocks();
    for case in tested.cases.iter().filter(|case| !case.passed) {
        let place = Place::default().key("tests").key(&case.name);
        let (what, right) = (case.says(), case.remedy());
        findings.push(match blocks {
            true => Finding::error("test-failed", place, what, right),
            false => Finding::warning("test-failed", place, what, right),
        });
    }
    Ok(findings.locate(&documents.locations))
}

/// All that cases are run with.
pub struct Bench<'a> {
    pub documents: &'a Documents,
    pub compiled: &'a Compiled,
    /// With the facts that it reads.
    pub fold: Arc<FoldPlan>,
    pub events: &'a EventSchema,
    pub zone: &'a Zone,
    /// For cases without an instant.
    pub now: AsOf,
    pub fits: &'a Fits,
}

impl Bench<'_> {
    fn run(
        &self,
        name: &str,
        case: &TestCase,
        fired: &mut BTreeMap<PartKey, Vec<String>>,
    ) -> Result<CaseResult, WorkspaceError> {
        let zone = self.zone;
        let as_of = match &case.as_of {
            Some(text) => AsOf::new(instant_of(text, zone)?, zone),
            None => self.now,
        };
        let mut result = CaseResult::new(name, case, label(as_of, zone));
        let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("a case has no date".into()))?;
        let (given, stage) = match (&case.events, &case.inputs) {
            (Some(events), _) => {
                let given = Given::of_events(events, self.events, &self.fold, as_of, zone)?;
                (given, std::borrow::Cow::Borrowed(&self.compiled.stage_b))
            }
            (None, inputs) => {
                let none = Default::default();
                let inputs = inputs.as_ref().unwrap_or(&none);
                let stage = stage_for(self.documents, self.compiled, inputs)?;
                (Given::of_inputs(inputs, self.compiled)?, std::borrow::Cow::Owned(stage))
            }
        };
        let Some(row) = given.row else {
            result.nothing_by_then();
            return Ok(result);
        };
        let graded = stage.apply(&row, self.fits, date);
        let met = stage.fired(&row, 0, self.fits, date);
        let seen = compared::Seen { stage: &stage, row: &row, fits: self.fits, date, graded: &graded };
        result.compare(case, &seen, &self.documents.model)?;
        // What waits for numbers of a first grading is unknown, and no fault of the case.
        let requests = stage.fit_requests();
        let waits = |path: &str| {
            let own = requests.iter().filter(|request| request.value_path() == Some(path));
            own.into_iter().any(|request| !self.fits.fits.contains_key(&request.key))
        };
        for path in given.faults.keys().chain(graded.faults.keys()).filter(|path| !waits(path)) {
            result.could_not_be_evaluated(path);
        }
        for part in met {
            fired.entry(part).or_default().push(name.to_string());
        }
        Ok(result)
    }
}

/// The numbers of the newest grading that fit this model's quantiles and levels; without one, what needs them is
/// unknown.
async fn fits_for(workspace: &Workspace, hash: &str, stage: &StageB) -> Result<Fits, WorkspaceError> {
    let requests = stage.fit_requests();
    if requests.is_empty() {
        return Ok(Fits::default());
    }
    let runs = workspace.store.runs().list(None, 1_000).await?;
    let graded = || runs.iter().filter(|run| run.is_announced() && !run.fits.is_empty());
    let Some(run) = graded().find(|run| run.model_hash == hash).or_else(|| graded().next()) else {
        return Ok(Fits::default());
    };
    let mut fits = fits_of(workspace, run).await?;
    fits.fits.retain(|key, fit| {
        requests.iter().any(|request| {
            request.key == *key
                && match (&request.kind, &*fit) {
                    (FitKind::Quantiles { parts, .. }, Fit::Quantiles { asked, .. }) => parts == asked,
                    (FitKind::TopPercent { percents }, Fit::Cutoffs { at, .. }) => percents.len() == at.len(),
                    (FitKind::Places { quotas }, Fit::Places { last, .. }) => quotas.len() == last.len(),
                    (FitKind::Mean | FitKind::Median, Fit::Split { .. }) => true,
                    (FitKind::Prediction, Fit::Clusters(_)) => true,
                    _ => false,
                }
        })
    });
    Ok(fits)
}

/// The fold over what the ledger says of products, stores and rates now; over nothing, where there is no ledger.
async fn fold_for(
    workspace: &Workspace,
    documents: &Documents,
    compiled: &Compiled,
) -> Result<Arc<FoldPlan>, WorkspaceError> {
    let own = workspace.settings.currency.as_str();
    let (has_events, foreign) = money_of(&documents.model, own);
    if !has_events {
        return Ok(compiled.fold.clone());
    }
    let told = Told { known_us: i64::MAX, position: i64::MAX };
    if workspace.has_table(EVENTS_TABLE) {
        let snapshot = EventsTable::open(&workspace.storage).await?.snapshot().await?;
        let own = conversion(&workspace.settings, &snapshot).or(foreign.then_some(own));
        return Ok(Arc::new(over_facts(&compiled.fold, &snapshot, own, told).await?));
    }
    let fold = match foreign {
        true => compiled.fold.as_ref().clone().with_currency(own),
        false => compiled.fold.as_ref().clone(),
    };
    let needs = fold.needs();
    if needs.is_empty() {
        return Ok(Arc::new(fold));
    }
    Ok(Arc::new(fold.with_facts(Arc::new(ReferenceFacts::of(&[], &needs, told)?))?))
}

/// Whether any case gives events, and whether one of these is in another currency.
fn money_of(model: &Model, own: &str) -> (bool, bool) {
    let (mut has_events, mut foreign) = (false, false);
    for (_, case) in model.tests.iter() {
        for event in case.events.iter().flatten() {
            has_events = true;
            let currency = event.get(column::CURRENCY).and_then(|currency| currency.as_str());
            foreign |= currency.is_some_and(|other| other != own);
        }
    }
    (has_events, foreign)
}
