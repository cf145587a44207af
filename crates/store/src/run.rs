//! Grading runs: what each read, and under which version and fits, which makes it reproducible.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::fit::{NewFit, insert as insert_fits};
use crate::seal::random;
use crate::statement::query;
use crate::store::Store;

/// A run that begins.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    pub model_hash: &'a str,
    /// The published version; `None`: the documents of the folder.
    pub version: Option<i64>,
    /// Microseconds UTC, like the other instants.
    pub as_of: i64,
    pub known_at: i64,
    /// The position in the ledger up to which it reads.
    pub position: i64,
    /// Numbers of the fits it applies.
    pub fits: &'a [i64],
    pub started: i64,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Run {
    /// Number and chance, such as `12-9f3a77c1d2e4b608`: never given twice, not even after the
    /// store was restored from a backup.
    pub id: String,
    pub model_hash: String,
    /// The published version that graded; `None`: the documents of the folder.
    pub version: Option<i64>,
    pub as_of: i64,
    pub known_at: i64,
    pub position: i64,
    pub fits: Vec<i64>,
    pub counts: Option<Value>,
    pub started: i64,
    pub finished: Option<i64>,
}

impl Run {
    /// True unless it was told what to know: then its grades are simulated history, in a chain of
    /// their own.
    pub fn is_announced(&self) -> bool {
        let told = self.counts.as_ref().and_then(|counts| counts.get("simulated"));
        told.and_then(Value::as_bool) != Some(true)
    }
}

/// The runs; see [`Store::runs`].
pub struct Runs<'a> {
    pub(crate) store: &'a Store,
}

type Columns = (String, String, i64, i64, i64, String, Option<String>, i64, Option<i64>, Option<i64>);

impl Runs<'_> {
    /// Records that a run begins.
    pub async fn begin(&self, new: NewRun<'_>) -> Result<Run> {
        self.begin_fitted(new, &[]).await
    }

    /// Records that a run begins which estimated these fits, too, and keeps them: all or nothing.
    pub async fn begin_fitted(&self, new: NewRun<'_>, estimated: &[NewFit<'_>]) -> Result<Run> {
        let chance = u64::from_be_bytes(random::<8>()?);
        let mut transaction = self.store.write().await?;
        let mut numbers = new.fits.to_vec();
        numbers.extend(insert_fits(&mut transaction, estimated).await?);
        let fits = Value::from(numbers.clone()).to_string();
        let number: i64 = query(
            "INSERT INTO grading_run (id, model_hash, as_of, known_at, position, fits, started, version)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number",
        )
        .bind(format!("{chance:016x}"))
        .bind(new.model_hash)
        .bind(new.as_of)
        .bind(new.known_at)
        .bind(new.position)
        .bind(fits)
        .bind(new.started)
        .bind(new.version)
        .fetch_one(&mut *transaction)
        .await?;
        let id = format!("{number}-{chance:016x}");
        query("UPDATE grading_run SET id = $1 WHERE number = $2")
            .bind(&id)
            .bind(number)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(Run {
            id,
            model_hash: new.model_hash.to_string(),
            version: new.version,
            as_of: new.as_of,
            known_at: new.known_at,
            position: new.position,
            fits: numbers,
            counts: None,
            started: new.started,
            finished: None,
        })
    }

    /// Records that a run is complete.
    ///
    /// # Errors
    /// [`StoreError::UnknownRun`] if there is none, or it is finished: a run never changes then.
    pub async fn finish(&self, id: &str, counts: &Value, finished: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        let n = query("UPDATE grading_run SET counts = $1, finished = $2 WHERE id = $3 AND finished IS NULL")
            .bind(counts.to_string())
            .bind(finished)
            .bind(id)
            .execute(&mut *transaction)
            .await?;
        if n == 0 {
            return Err(StoreError::UnknownRun { id: id.to_string() });
        }
        Ok(transaction.commit().await?)
    }

    /// Removes the runs that never finished, and the fits that only they applied; returns the runs'
    /// ids, so that what they wrote elsewhere can go too.
    pub async fn discard_unfinished(&self) -> Result<Vec<String>> {
        let mut transaction = self.store.write().await?;
        let discarded: Vec<(String, String)> =
            query("SELECT id, fits FROM grading_run WHERE finished IS NULL ORDER BY number")
                .fetch_all(&mut *transaction)
                .await?;
        query("DELETE FROM grading_run WHERE finished IS NULL").execute(&mut *transaction).await?;
        let kept: Vec<String> = query("SELECT fits FROM grading_run").fetch_all(&mut *transaction).await?;
        let numbers = |fits: &String| serde_json::from_str::<Vec<i64>>(fits).unwrap_or_default();
        let kept: BTreeSet<i64> = kept.iter().flat_map(numbers).collect();
        for number in discarded.iter().flat_map(|(_, fits)| numbers(fits)).filter(|one| !kept.contains(one)) {
            query("DELETE FROM fit WHERE number = $1").bind(number).execute(&mut *transaction).await?;
        }
        transaction.commit().await?;
        Ok(discarded.into_iter().map(|(id, _)| id).collect())
    }

    /// The runs that began and never finished, oldest first.
    pub async fn unfinished(&self) -> Result<Vec<Run>> {
        let rows: Vec<Columns> = query(
            "SELECT id, model_hash, as_of, known_at, position, fits, counts, started, finished, version
             FROM grading_run WHERE finished IS NULL ORDER BY number",
        )
        .fetch_all(self.store.read())
        .await?;
        rows.into_iter().map(run_of).collect()
    }

    pub async fn get(&self, id: &str) -> Result<Option<Run>> {
        let row: Option<Columns> = query(
            "SELECT id, model_hash, as_of, known_at, position, fits, counts, started, finished, version
             FROM grading_run WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(self.store.read())
        .await?;
        row.map(run_of).transpose()
    }

    /// The finished runs of one model or of all, newest `as_of` first; of one instant the one
    /// started last comes first.
    pub async fn list(&self, model_hash: Option<&str>, limit: u32) -> Result<Vec<Run>> {
        let rows: Vec<Columns> = query(
            "SELECT id, model_hash, as_of, known_at, position, fits, counts, started, finished, version
             FROM grading_run WHERE finished IS NOT NULL AND ($1 IS NULL OR model_hash = $1)
             ORDER BY as_of DESC, number DESC LIMIT $2",
        )
        .bind(model_hash)
        .bind(i64::from(limit))
        .fetch_all(self.store.read())
        .await?;
        rows.into_iter().map(run_of).collect()
    }

    /// Finished runs after one, in the order of [`Runs::list`]; after none the first.
    pub async fn list_after(&self, run: Option<&str>, limit: u32) -> Result<Vec<Run>> {
        let rows: Vec<Columns> = query(
            "SELECT id, model_hash, as_of, known_at, position, fits, counts, started, finished, version
             FROM grading_run WHERE finished IS NOT NULL AND ($1 IS NULL OR (as_of, number) <
                 (SELECT as_of, number FROM grading_run WHERE id = $1))
             ORDER BY as_of DESC, number DESC LIMIT $2",
        )
        .bind(run)
        .bind(i64::from(limit))
        .fetch_all(self.store.read())
        .await?;
        rows.into_iter().map(run_of).collect()
    }
}

fn run_of(columns: Columns) -> Result<Run> {
    let (id, model_hash, as_of, known_at, position, fits, counts, started, finished, version) = columns;
    let malformed = || StoreError::malformed(format!("grading run {id}"));
    let fits = serde_json::from_str(&fits).map_err(|_| malformed())?;
    let counts = counts.map(|text| serde_json::from_str(&text)).transpose().map_err(|_| malformed())?;
    Ok(Run { id, model_hash, version, as_of, known_at, position, fits, counts, started, finished })
}
