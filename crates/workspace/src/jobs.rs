//! Long work in the background: started by somebody, watched by anybody who may, cancelled at will.
//! A job that is cut off leaves what a killed process leaves: every verb tidies that up.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt;
use futures::future::BoxFuture;
use gradus_model::Text;
use gradus_store::{Job, JobState};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};
use tokio::task::AbortHandle;
use tracing::Instrument;

use crate::access::{DataScope, Permission, Principal};
use crate::accounts::token;
use crate::clock::system_us;
use crate::{Progress, Workspace, WorkspaceError};

/// Jobs at work at once; the others wait in line.
const AT_ONCE: usize = 2;
/// Jobs that write to the ledger or to what is graded. There is one writer: of these each waits until the one before
/// it is over, and then for its place in the line.
const WRITING: [&str; 10] =
    ["backup", "grade", "import", "import_undo", "industry", "link", "next", "rebase", "replay", "unlink"];

/// How far a job has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Step {
    /// What it does just now: `fold`, `grade` …; empty before it begins.
    pub step: String,
    pub done: u64,
    pub total: Option<u64>,
    /// True once nothing more happens.
    pub over: bool,
}

/// The jobs of one process.
#[derive(Clone)]
pub struct JobRunner {
    inner: Arc<Inner>,
}

struct Inner {
    line: Semaphore,
    /// One place for all that write.
    writer: Semaphore,
    at_work: Mutex<HashMap<String, AtWork>>,
}

struct AtWork {
    steps: watch::Receiver<Step>,
    abort: AbortHandle,
}

/// What a job does: given the progress to tell, it gives its result.
pub type Work =
    Box<dyn FnOnce(Arc<dyn Progress>) -> BoxFuture<'static, Result<Value, WorkspaceError>> + Send>;

impl JobRunner {
    /// No job at work. Those that an earlier process left are marked as cut off.
    pub async fn new(workspace: &Workspace) -> Result<JobRunner, WorkspaceError> {
        let cut =
            Text::new("服务停止时被中断，请重新开始", "cut off when the server stopped; start it again");
        workspace.store.jobs().interrupt(system_us(), &problem("interrupted", &cut)).await?;
        let inner =
            Inner { line: Semaphore::new(AT_ONCE), writer: Semaphore::new(1), at_work: Mutex::default() };
        Ok(JobRunner { inner: Arc::new(inner) })
    }

    /// Starts a job; returns it as it waits in line.
    pub async fn start(
        &self,
        workspace: &Arc<Workspace>,
        who: &Principal,
        kind: &str,
        input: Value,
        work: Work,
    ) -> Result<Job, WorkspaceError> {
        let job = Job {
            id: token::id()?,
            kind: kind.to_string(),
            account: who.account.clone(),
            input,
            state: JobState::Queued,
            created: system_us(),
            started: None,
            finished: None,
            result: None,
            problem: None,
        };
        workspace.store.jobs().add(&job).await?;
        let (tell, steps) = watch::channel(Step::default());
        let tell = Arc::new(tell);
        let (runner, workspace, id) = (self.clone(), workspace.clone(), job.id.clone());
        let told = tell.clone();
        // What is logged while it works names it, and the request that started it.
        let span = tracing::error_span!("job", job = %job.id, kind);
        let is_writing = WRITING.contains(&kind);
        let run = async move {
            let began = std::time::Instant::now();
            // Who waits to write takes no place in the line from those who only read.
            let writes = match is_writing {
                true => Some(runner.inner.writer.acquire().await),
                false => None,
            };
            let permit = runner.inner.line.acquire().await;
            let _ = workspace.store.jobs().begin(&id, system_us()).await;
            // Work that panics has failed; nobody watches it for ever.
            let outcome = AssertUnwindSafe(async move { work(Arc::new(Told(told))).await })
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(WorkspaceError::Defect("the work panicked".into())));
            drop((permit, writes));
            let state = if outcome.is_ok() { "done" } else { "failed" };
            tracing::info!(state, ms = began.elapsed().as_millis() as u64, "job");
            let ended = match outcome {
                Ok(result) => {
                    workspace.store.jobs().end(&id, JobState::Done, system_us(), Some(&result), None).await
                }
                Err(error) => {
                    let problem = problem_of(&error);
                    workspace.store.jobs().end(&id, JobState::Failed, system_us(), None, Some(&problem)).await
                }
            };
            // Who watches asks the store, which could not be told: they see it running until the
            // next start marks it as cut off.
            let _ = ended;
            runner.at_work().remove(&id);
            tell.send_modify(|step| step.over = true);
        };
        // The job is in the list before it can take itself off it.
        let mut at_work = self.at_work();
        let abort = tokio::spawn(run.instrument(span)).abort_handle();
        at_work.insert(job.id.clone(), AtWork { steps, abort });
        drop(at_work);
        Ok(job)
    }

    /// What a job tells while it is at work; `None` if it is over.
    pub fn watch(&self, id: &str) -> Option<watch::Receiver<Step>> {
        self.at_work().get(id).map(|at_work| at_work.steps.clone())
    }

    /// Cuts a job off; a [`WorkspaceError::Conflict`] if it is over.
    pub async fn cancel(&self, workspace: &Workspace, id: &str) -> Result<(), WorkspaceError> {
        let at_work = self.at_work().remove(id);
        let Some(at_work) = at_work else { return Err(WorkspaceError::Conflict { what: "job" }) };
        at_work.abort.abort();
        if !workspace.store.jobs().end(id, JobState::Cancelled, system_us(), None, None).await? {
            return Err(WorkspaceError::Conflict { what: "job" });
        }
        Ok(())
    }

    /// How many jobs are at work, and how many wait in line.
    pub fn n_at_work(&self) -> (usize, usize) {
        let all = self.at_work().len();
        let running = AT_ONCE.saturating_sub(self.inner.line.available_permits()).min(all);
        (running, all - running)
    }

    fn at_work(&self) -> std::sync::MutexGuard<'_, HashMap<String, AtWork>> {
        self.inner.at_work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs work that stays on one thread. It is cut off when whoever waits for it is gone, so a job that
/// does its work here can be cancelled.
pub(crate) async fn on_a_thread<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, WorkspaceError>
where
    F: Future<Output = Result<T, WorkspaceError>>,
    T: Send + 'static,
{
    let (waits, gone) = tokio::sync::oneshot::channel::<()>();
    let handle = tokio::runtime::Handle::current();
    let task = tokio::task::spawn_blocking(move || {
        handle.block_on(async move {
            tokio::select! {
                done = work() => Some(done),
                _ = gone => None,
            }
        })
    });
    let done = task.await.map_err(|error| WorkspaceError::Defect(format!("the work ended: {error}")))?;
    drop(waits);
    done.unwrap_or_else(|| Err(WorkspaceError::Defect("nobody waits any more".into())))
}

/// Newest first: those created before `before`, at most `limit`. What others started may tell of
/// customers whom somebody does not see: who sees a part of them sees their own jobs.
pub async fn list(
    workspace: &Workspace,
    who: &Principal,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Job>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let own = (who.scope != DataScope::Everyone).then_some(who.account.as_str());
    Ok(workspace.store.jobs().list(before, own, limit).await?)
}

pub async fn get(workspace: &Workspace, who: &Principal, id: &str) -> Result<Job, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    seen(workspace, who, id).await
}

/// A job that somebody wants to end: whoever may run jobs may, also where they see no grades.
pub async fn to_cancel(workspace: &Workspace, who: &Principal, id: &str) -> Result<Job, WorkspaceError> {
    who.needs(Permission::RunJobs)?;
    seen(workspace, who, id).await
}

async fn seen(workspace: &Workspace, who: &Principal, id: &str) -> Result<Job, WorkspaceError> {
    let found = workspace.store.jobs().get(id).await?.filter(|job| is_seen(who, job));
    found.ok_or(WorkspaceError::NotFound { what: "job" })
}

fn is_seen(who: &Principal, job: &Job) -> bool {
    who.scope == DataScope::Everyone || job.account == who.account
}

/// What went wrong, as it is kept with the job.
fn problem_of(error: &WorkspaceError) -> Value {
    match error {
        WorkspaceError::Findings(findings) => {
            let text = error.text();
            json!({ "code": "findings", "zh": text.zh, "en": text.en, "findings": findings })
        }
        other => problem("failed", &other.text()),
    }
}

fn problem(code: &str, text: &Text) -> Value {
    json!({ "code": code, "zh": text.zh, "en": text.en })
}

/// Tells whoever watches.
struct Told(Arc<watch::Sender<Step>>);

impl Progress for Told {
    fn begin(&self, what: &str, total: Option<u64>) {
        self.0.send_replace(Step { step: what.to_string(), done: 0, total, over: false });
    }

    fn at(&self, done: u64) {
        self.0.send_if_modified(|step| {
            let moved = step.done != done;
            step.done = done;
            moved
        });
    }

    fn end(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn house() -> (tempfile::TempDir, Arc<Workspace>, JobRunner) {
        let folder = tempfile::tempdir().unwrap();
        crate::init(folder.path(), None, "UTC", "EUR", None).await.unwrap();
        let workspace = Arc::new(Workspace::open(folder.path(), None).await.unwrap());
        let runner = JobRunner::new(&workspace).await.unwrap();
        (folder, workspace, runner)
    }

    async fn over(runner: &JobRunner, id: &str) {
        if let Some(mut steps) = runner.watch(id) {
            let _ = steps.wait_for(|step| step.over).await;
        }
    }

    #[tokio::test]
    async fn a_job_tells_how_far_it_is_and_how_it_ended() {
        let (_folder, workspace, runner) = house().await;
        let work: Work = Box::new(|progress| {
            Box::pin(async move {
                progress.begin("fold", Some(2));
                progress.at(2);
                Ok(json!({ "customers": 7 }))
            })
        });
        let job = runner.start(&workspace, &Principal::local(), "grade", json!({}), work).await.unwrap();
        over(&runner, &job.id).await;
        let job = workspace.store.jobs().get(&job.id).await.unwrap().unwrap();
        assert_eq!((job.state, job.result), (JobState::Done, Some(json!({ "customers": 7 }))));
        let work: Work = Box::new(|_| Box::pin(async { Err(WorkspaceError::NotFound { what: "model" }) }));
        let job = runner.start(&workspace, &Principal::local(), "grade", json!({}), work).await.unwrap();
        over(&runner, &job.id).await;
        let job = workspace.store.jobs().get(&job.id).await.unwrap().unwrap();
        assert_eq!(job.state, JobState::Failed);
        assert_eq!(job.problem.unwrap()["en"], "there is no such model");
    }

    #[tokio::test]
    async fn a_job_whose_work_panics_has_failed_and_gives_its_place_back() {
        let (_folder, workspace, runner) = house().await;
        let who = Principal::local();
        for _ in 0..2 * AT_ONCE {
            let work: Work = Box::new(|_| Box::pin(async { panic!("out of bounds") }));
            let job = runner.start(&workspace, &who, "grade", json!({}), work).await.unwrap();
            over(&runner, &job.id).await;
            let job = workspace.store.jobs().get(&job.id).await.unwrap().unwrap();
            assert_eq!((job.state, runner.watch(&job.id).is_some()), (JobState::Failed, false));
            assert!(!job.problem.unwrap()["zh"].as_str().unwrap().is_empty());
        }
        assert_eq!(runner.n_at_work(), (0, 0));
    }

    #[tokio::test]
    async fn of_those_that_write_one_waits_for_the_other_and_readers_pass_by() {
        let (_folder, workspace, runner) = house().await;
        let (go, wait) = tokio::sync::oneshot::channel::<()>();
        let first: Work = Box::new(|_| {
            Box::pin(async move {
                let _ = wait.await;
                Ok(json!("first"))
            })
        });
        let at_once =
            |what: &'static str| -> Work { Box::new(move |_| Box::pin(async move { Ok(json!(what)) })) };
        let who = Principal::local();
        let grading = runner.start(&workspace, &who, "grade", json!({}), first).await.unwrap();
        let second = runner.start(&workspace, &who, "grade", json!({}), at_once("second")).await.unwrap();
        let third = runner.start(&workspace, &who, "import", json!({}), at_once("third")).await.unwrap();
        // What only reads does not wait for them.
        let report = runner.start(&workspace, &who, "report", json!({}), at_once("report")).await.unwrap();
        over(&runner, &report.id).await;
        let state = async |id: &str| workspace.store.jobs().get(id).await.unwrap().unwrap().state;
        assert_eq!(state(&report.id).await, JobState::Done);
        assert_eq!(state(&second.id).await, JobState::Queued);
        assert_eq!(state(&third.id).await, JobState::Queued);
        // Somebody who waits may be cancelled, and the next one takes their place.
        runner.cancel(&workspace, &second.id).await.unwrap();
        go.send(()).unwrap();
        over(&runner, &grading.id).await;
        over(&runner, &third.id).await;
        assert_eq!((state(&grading.id).await, state(&third.id).await), (JobState::Done, JobState::Done));
        assert_eq!(state(&second.id).await, JobState::Cancelled);
    }

    #[tokio::test]
    async fn a_cancelled_job_stops_and_the_next_process_marks_what_was_cut_off() {
        let (_folder, workspace, runner) = house().await;
        let forever: Work = Box::new(|_| Box::pin(std::future::pending()));
        let job = runner.start(&workspace, &Principal::local(), "grade", json!({}), forever).await.unwrap();
        runner.cancel(&workspace, &job.id).await.unwrap();
        assert!(runner.cancel(&workspace, &job.id).await.is_err());
        assert_eq!(workspace.store.jobs().get(&job.id).await.unwrap().unwrap().state, JobState::Cancelled);
        let forever: Work = Box::new(|_| Box::pin(std::future::pending()));
        let job = runner.start(&workspace, &Principal::local(), "grade", json!({}), forever).await.unwrap();
        JobRunner::new(&workspace).await.unwrap();
        let cut = workspace.store.jobs().get(&job.id).await.unwrap().unwrap();
        assert_eq!((cut.state, &cut.problem.unwrap()["code"]), (JobState::Failed, &json!("interrupted")));
    }
}
