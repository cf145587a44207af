//! Beginning with an industry: documents, data, a first version, grades at its own clock.

use std::path::Path;
use std::sync::Arc;

use gradus_grading::fold::{AsOf, date_of};
use gradus_ledger::collect::ExcelProgram;
use gradus_ledger::table::{EVENTS_TABLE, EventsTable, WriterLease};
use gradus_model::{Finding, Findings, Lang, Place, Text};
use gradus_store::Job;
use jiff::ToSpan;
use serde::Serialize;
use serde_json::json;
use tokio::sync::oneshot;

use super::packed::{Packed, packed};
use super::{InUse, Standing, in_use, leave};
use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::clock::{Clock, system_us};
use crate::export::write_small;
use crate::folder::read_models;
use crate::init::with_store;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::stored::processors;
use crate::uploads::private_folder;
use crate::versions::publish_first;
use crate::{
    GradeOptions, ImportOptions, Progress, Workspace, WorkspaceError, grade, import, parse_instants,
};

const SETTINGS: &str = "gradus.yaml";
/// Months of history that are graded beside the clock's own day.
const MONTHS: i64 = 6;

/// What was set up.
#[derive(Debug, Clone, Serialize)]
pub struct SetUp {
    pub industry: String,
    pub with_data: bool,
    pub n_customers: u64,
    pub n_events: u64,
    /// The version that was published; none without data.
    pub version: Option<i64>,
    /// Local dates that were graded.
    pub instants: Vec<String>,
}

/// Begins an empty workspace with an industry; gives what was done, and the workspace with its new settings.
///
/// Without data only sources and model are written, and nothing is published: the operator's own files come next, and
/// time zone, currency and clock stay their own. With data the industry's settings come in the place of the
/// workspace's, its model becomes the first published version, and everybody is graded at the industry's clock.
///
/// # Errors
/// Findings: there is no such industry, or the workspace is not empty. What was written before an error is taken
/// away again.
pub async fn set_up(
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    with_data: bool,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<(SetUp, Workspace), WorkspaceError> {
    let (packed, in_use, lease) = claim(workspace, who, name, with_data).await?;
    drop(lease);
    carry_out(workspace, who, &packed, in_use, excel, progress).await
}

/// As [`set_up`], as a job. `then` gets the workspace with its new settings before the job is over.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    name: &str,
    with_data: bool,
    excel: Option<ExcelProgram>,
    then: impl FnOnce(Workspace) + Send + 'static,
) -> Result<Job, WorkspaceError> {
    let (packed, in_use, lease) = claim(workspace, who, name, with_data).await?;
    let input = json!({ "industry": name, "with_data": with_data });
    let (owned, account, claimed) = (workspace.clone(), who.clone(), in_use.clone());
    let (go, told) = oneshot::channel::<InUse>();
    let work: Work = Box::new(move |progress| {
        Box::pin(async move {
            // Whoever started it has not noted the job yet.
            let in_use = told.await.unwrap_or(claimed);
            let (done, anew) = on_a_thread(move || async move {
                carry_out(&owned, &account, &packed, in_use, excel, progress.as_ref()).await
            })
            .await?;
            then(anew);
            serde_json::to_value(done).map_err(|error| WorkspaceError::Defect(error.to_string()))
        })
    });
    let started = jobs.start(workspace, who, "industry", input, work).await;
    let job = match started {
        Ok(job) => job,
        Err(error) => {
            leave::take_away(workspace, &in_use).await?;
            return Err(error);
        }
    };
    let in_use = InUse { job: Some(job.id.clone()), ..in_use };
    in_use.keep(workspace).await?;
    drop(lease);
    // If nobody listens any more the job was cancelled meanwhile.
    drop(go.send(in_use));
    Ok(job)
}

/// True if nothing was imported, drafted or published, and the folder holds no model.
pub(super) async fn is_empty(workspace: &Workspace) -> Result<bool, WorkspaceError> {
    let store = &workspace.store;
    let has_model = match read_models(&workspace.root) {
        Ok((model, _, findings)) => {
            let definitions = [
                model.indicators.len(),
                model.predictions.len(),
                model.scorecards.len(),
                model.rule_sets.len(),
                model.decision_tables.len(),
                model.cross_tables.len(),
                model.decision_trees.len(),
                model.flows.len(),
                model.tiers.len(),
                model.segments.len(),
                model.groupings.len(),
            ];
            findings.has_errors() || definitions.iter().any(|n| *n > 0)
        }
        Err(WorkspaceError::Findings(_)) => true,
        Err(error) => return Err(error),
    };
    Ok(!has_model
        && !workspace.has_table(EVENTS_TABLE)
        && store.imports().list(1).await?.is_empty()
        && store.versions().draft().await?.is_none()
        && store.versions().list().await?.is_empty())
}

/// Makes sure that nobody else begins with anything, and notes what begins.
async fn claim(
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    with_data: bool,
) -> Result<(Packed, InUse, WriterLease), WorkspaceError> {
    // Time zone, currency and clock of everybody change.
    who.needs(Permission::ManageSystem)?;
    who.sees_everyone()?;
    let packed = packed(name)?;
    let lease = WriterLease::acquire(workspace.root.join("ledger"))?;
    match in_use(workspace).await? {
        // What was cut off goes first.
        Some(before) if before.standing != Standing::There && !before.is_at_work => {
            leave::take_away(workspace, &before).await?;
        }
        Some(_) => return Err(not_empty().into()),
        None => {}
    }
    let documents: Vec<String> = ["sources", "model"]
        .into_iter()
        .flat_map(|folder| packed.part(folder).map(move |(file, _)| format!("{folder}/{file}")))
        .collect();
    let is_taken = documents.iter().any(|path| workspace.root.join(path).exists());
    if is_taken || !is_empty(workspace).await? {
        return Err(not_empty().into());
    }
    let path = workspace.root.join(SETTINGS);
    let settings_before = std::fs::read_to_string(&path).map_err(|error| WorkspaceError::io(&path, error))?;
    let in_use = InUse {
        name: name.to_string(),
        with_data,
        standing: Standing::Begun,
        job: None,
        account: who.account.clone(),
        at: system_us(),
        settings_before,
        documents,
        imports: Vec::new(),
        version: None,
        is_at_work: false,
    };
    in_use.keep(workspace).await?;
    Ok((packed, in_use, lease))
}

fn not_empty() -> Finding {
    Finding::error(
        "workspace-not-empty",
        Place::default(),
        Text::new(
            "这个工作区已经有数据或模型，不能再选行业样例",
            "this workspace has data or a model already; no industry can be chosen any more",
        ),
        Text::new(
            "另建一个工作区；如果现有的是样例数据，先“换成自己的数据”",
            "another workspace; or, if what is here is sample data, start over first",
        ),
    )
}

/// Does what was claimed; takes everything away again if it fails.
async fn carry_out(
    workspace: &Workspace,
    who: &Principal,
    packed: &Packed,
    mut in_use: InUse,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<(SetUp, Workspace), WorkspaceError> {
    match written(workspace, who, packed, &mut in_use, excel, progress).await {
        Ok(done) => {
            in_use.standing = Standing::There;
            in_use.keep(workspace).await?;
            let detail = json!({ "with_data": in_use.with_data });
            audit(workspace, &who.account, "industry.set_up", packed.name, detail).await?;
            Ok(done)
        }
        Err(error) => {
            progress.end();
            leave::take_away(workspace, &in_use).await?;
            Err(error)
        }
    }
}

async fn written(
    workspace: &Workspace,
    who: &Principal,
    packed: &Packed,
    in_use: &mut InUse,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<(SetUp, Workspace), WorkspaceError> {
    let write = |path: &Path, bytes: &[u8]| {
        let folder = path.parent().unwrap_or(&workspace.root);
        let put =
            std::fs::create_dir_all(folder).and_then(|()| write_small(&workspace.disk, path, false, bytes));
        put.map_err(|error| WorkspaceError::io(path, error))
    };
    for folder in ["sources", "model"] {
        for (file, bytes) in packed.part(folder) {
            write(&workspace.root.join(folder).join(file), bytes)?;
        }
    }
    let mut done = SetUp {
        industry: packed.name.to_string(),
        with_data: in_use.with_data,
        n_customers: 0,
        n_events: 0,
        version: None,
        instants: Vec::new(),
    };
    if !in_use.with_data {
        return Ok((done, workspace.anew()?));
    }
    let settings = with_store(&packed.text(SETTINGS), &workspace.settings.store);
    write(&workspace.root.join(SETTINGS), settings.as_bytes())?;
    let anew = workspace.anew()?;
    bring_in(&anew, packed, excel, progress).await?;
    in_use.imports = anew.store.imports().list(u32::MAX).await?.iter().map(|one| one.number.0).collect();
    let note = match who.language {
        Lang::Zh => "行业样例的模型，尚未验证",
        Lang::En => "The model of a sample industry, not yet validated",
    };
    let version = publish_first(&anew, who, note).await?;
    (in_use.version, done.version) = (Some(version), Some(version));
    in_use.keep(workspace).await?;
    let grading = grade(&anew, &instants(&anew).await?, progress).await?;
    done.n_events = grading.n_events;
    done.n_customers = grading.instants.last().map_or(0, |instant| instant.n_customers);
    done.instants = grading.instants.into_iter().map(|instant| instant.date).collect();
    Ok((done, anew))
}

/// Imports the data of an industry.
async fn bring_in(
    workspace: &Workspace,
    packed: &Packed,
    excel: Option<ExcelProgram>,
    progress: &dyn Progress,
) -> Result<(), WorkspaceError> {
    // Not in the scratch folder: an import begins with tidying that. What a process left that was ended in the middle
    // goes with the industry.
    let folder = workspace.own().join("industry").join(token::id()?);
    let io = |error| WorkspaceError::io(&folder, error);
    private_folder(&folder).map_err(io)?;
    let mut files = Vec::new();
    for (file, bytes) in packed.part("data") {
        let path = folder.join(file);
        std::fs::write(&path, bytes).map_err(io)?;
        files.push(path.display().to_string());
    }
    let options = ImportOptions { files, excel, short_names: true, ..ImportOptions::default() };
    let report = import(workspace, &options, progress).await;
    drop(std::fs::remove_dir_all(&folder));
    let report = report?;
    let mut findings = Findings::default();
    for file in report.files.iter().filter(|file| file.findings().has_errors()) {
        findings.extend(file.findings().clone());
    }
    match report.broke {
        Some(error) => Err(error),
        None if findings.has_errors() => Err(findings.into()),
        None => Ok(()),
    }
}

/// The clock's day and the ends of the months before it, so that there are moves to look at.
async fn instants(workspace: &Workspace) -> Result<GradeOptions, WorkspaceError> {
    let last = EventsTable::open(&workspace.storage).await?.snapshot().await?.last_event().await?;
    let clock = Clock::read(&workspace.settings.clock, &workspace.zone, last)?;
    let today = AsOf::new(clock.now_us, &workspace.zone).day;
    let from = date_of(today).and_then(|date| Some((date.checked_sub(MONTHS.months()).ok()?, date)));
    let instants = match from {
        Some((from, to)) => parse_instants(&format!("{from}..{to}"), Some("month"), &workspace.zone)?,
        None => Vec::new(),
    };
    Ok(GradeOptions { instants, known_at_us: None, store: true, reuse: true, n_threads: processors() })
}
