//! Jobs: long work that somebody started.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Queued,
    Running,
    Done,
    Failed,
    Cancelled,
}

impl JobState {
    const ALL: [JobState; 5] =
        [JobState::Queued, JobState::Running, JobState::Done, JobState::Failed, JobState::Cancelled];

    pub fn as_str(self) -> &'static str {
        match self {
            JobState::Queued => "queued",
            JobState::Running => "running",
            JobState::Done => "done",
            JobState::Failed => "failed",
            JobState::Cancelled => "cancelled",
        }
    }

    /// Nothing more happens.
    pub fn is_over(self) -> bool {
        !matches!(self, JobState::Queued | JobState::Running)
    }

    fn parse(text: &str) -> Result<JobState> {
        let found = JobState::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| StoreError::malformed("the state of a job"))
    }
}

/// One job. What it was given and what came of it name no identifiers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Job {
    pub id: String,
    /// `import`, `grade`, `simulate` …
    pub kind: String,
    /// Who started it.
    pub account: String,
    pub input: Value,
    pub state: JobState,
    /// Microseconds UTC, like the other two.
    pub created: i64,
    pub started: Option<i64>,
    pub finished: Option<i64>,
    pub result: Option<Value>,
    /// What went wrong, as it is told to people.
    pub problem: Option<Value>,
}

/// The jobs; see [`Store::jobs`].
pub struct Jobs<'a> {
    pub(crate) store: &'a Store,
}

type Row =
    (String, String, String, String, String, i64, Option<i64>, Option<i64>, Option<String>, Option<String>);

const COLUMNS: &str = "id, kind, account, input, state, created, started, finished, result, problem";

impl Jobs<'_> {
    pub async fn add(&self, job: &Job) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("INSERT INTO job (id, kind, account, input, state, created) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(&job.id)
            .bind(&job.kind)
            .bind(&job.account)
            .bind(job.input.to_string())
            .bind(job.state.as_str())
            .bind(job.created)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn begin(&self, id: &str, at: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("UPDATE job SET state = 'running', started = $2 WHERE id = $1 AND state = 'queued'")
            .bind(id)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Ends a job that is not over; false if it was.
    pub async fn end(
        &self,
        id: &str,
        state: JobState,
        at: i64,
        result: Option<&Value>,
        problem: Option<&Value>,
    ) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE job SET state = $2, finished = $3, result = $4, problem = $5
             WHERE id = $1 AND state IN ('queued', 'running')",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(at)
        .bind(result.map(Value::to_string))
        .bind(problem.map(Value::to_string))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed == 1)
    }

    /// What a process that ended left behind is over: nobody works at it. Returns how many.
    pub async fn interrupt(&self, at: i64, problem: &Value) -> Result<u64> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE job SET state = 'failed', finished = $1, problem = $2 WHERE state IN ('queued', 'running')",
        )
        .bind(at)
        .bind(problem.to_string())
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed)
    }

    pub async fn get(&self, id: &str) -> Result<Option<Job>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM job WHERE id = $1"));
        let row: Option<Row> = query(sql).bind(id).fetch_optional(self.store.read()).await?;
        row.map(job_of).transpose()
    }

    /// Newest first: those created before `before`, of one account if it is given, at most `limit`.
    pub async fn list(&self, before: Option<i64>, account: Option<&str>, limit: u32) -> Result<Vec<Job>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM job WHERE created < $1 AND ($3 = '' OR account = $3)
             ORDER BY created DESC, id LIMIT $2"
        ));
        let rows: Vec<Row> = query(sql)
            .bind(before.unwrap_or(i64::MAX))
            .bind(i64::from(limit))
            .bind(account.unwrap_or_default())
            .fetch_all(self.store.read())
            .await?;
        rows.into_iter().map(job_of).collect()
    }
}

fn job_of(row: Row) -> Result<Job> {
    let (id, kind, account, input, state, created, started, finished, result, problem) = row;
    let json = |text: Option<String>| -> Result<Option<Value>> {
        text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::malformed("a job"))).transpose()
    };
    Ok(Job {
        input: json(Some(input))?.unwrap_or(Value::Null),
        state: JobState::parse(&state)?,
        result: json(result)?,
        problem: json(problem)?,
        id,
        kind,
        account,
        created,
        started,
        finished,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_job_ends_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("store.sqlite")).await.unwrap();
        let job = |id: &str, created: i64| Job {
            id: id.into(),
            kind: "grade".into(),
            account: "a".into(),
            input: json!({ "as_of": "2024-01-31" }),
            state: JobState::Queued,
            created,
            started: None,
            finished: None,
            result: None,
            problem: None,
        };
        let jobs = store.jobs();
        jobs.add(&job("one", 1)).await.unwrap();
        jobs.add(&job("two", 2)).await.unwrap();
        jobs.begin("one", 3).await.unwrap();
        assert!(jobs.end("one", JobState::Done, 4, Some(&json!(7)), None).await.unwrap());
        assert!(!jobs.end("one", JobState::Cancelled, 5, None, None).await.unwrap());
        let one = jobs.get("one").await.unwrap().unwrap();
        assert_eq!(
            (one.state, one.started, one.finished, one.result),
            (JobState::Done, Some(3), Some(4), Some(json!(7)))
        );
        assert_eq!(jobs.interrupt(9, &json!("stopped")).await.unwrap(), 1);
        let listed: Vec<_> =
            jobs.list(None, None, 10).await.unwrap().into_iter().map(|job| (job.id, job.state)).collect();
        assert_eq!(listed, [("two".to_string(), JobState::Failed), ("one".to_string(), JobState::Done)]);
        assert_eq!(jobs.list(Some(2), None, 10).await.unwrap().len(), 1);
        // A page of one's own is full whatever others started in between.
        jobs.add(&Job { account: "b".into(), ..job("three", 6) }).await.unwrap();
        let own = async |before| jobs.list(before, Some("a"), 1).await.unwrap().remove(0);
        let newest = own(None).await;
        assert_eq!((newest.id.as_str(), own(Some(newest.created)).await.id.as_str()), ("two", "one"));
    }
}
