//! Fits: numbers estimated on a stated population, dated and numbered, never changed.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;
use crate::writing::Writing;

/// A fit as it is estimated.
#[derive(Debug, Clone)]
pub struct NewFit<'a> {
    /// Hash of the model it was estimated under.
    pub model_hash: &'a str,
    /// Such as `quantile_cuts`, `range`.
    pub kind: &'a str,
    /// What it was estimated for: the path of the attribute or tier scheme in the model.
    pub subject: &'a str,
    pub numbers: &'a Value,
    /// The population in words, as the model states it.
    pub population: &'a str,
    /// Customers in it.
    pub n: u64,
    /// Microseconds UTC, like `created`.
    pub as_of: i64,
    pub created: i64,
}

/// A fit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Fit {
    /// From 1, over all models, never given twice.
    pub number: i64,
    pub model_hash: String,
    pub kind: String,
    pub subject: String,
    pub numbers: Value,
    pub population: String,
    pub n: u64,
    pub as_of: i64,
    pub created: i64,
}

/// The fits; see [`Store::fits`].
pub struct Fits<'a> {
    pub(crate) store: &'a Store,
}

type Columns = (i64, String, String, String, String, String, i64, i64, i64);

impl Fits<'_> {
    /// Keeps fits in one transaction; returns their numbers in the same order.
    pub async fn add(&self, fits: &[NewFit<'_>]) -> Result<Vec<i64>> {
        let mut transaction = self.store.write().await?;
        let numbers = insert(&mut transaction, fits).await?;
        transaction.commit().await?;
        Ok(numbers)
    }

    pub async fn get(&self, number: i64) -> Result<Option<Fit>> {
        let row: Option<Columns> = query("SELECT * FROM fit WHERE number = $1")
            .bind(number)
            .fetch_optional(self.store.read())
            .await?;
        row.map(fit_of).transpose()
    }

    /// The newest fit for a subject under a model as of `as_of` or before, of those that were there by
    /// `created_by`.
    pub async fn latest(
        &self,
        model_hash: &str,
        kind: &str,
        subject: &str,
        as_of: i64,
        created_by: i64,
    ) -> Result<Option<Fit>> {
        let row: Option<Columns> = query(
            "SELECT * FROM fit WHERE model_hash = $1 AND kind = $2 AND subject = $3 AND as_of <= $4
             AND created <= $5 ORDER BY as_of DESC, number DESC LIMIT 1",
        )
        .bind(model_hash)
        .bind(kind)
        .bind(subject)
        .bind(as_of)
        .bind(created_by)
        .fetch_optional(self.store.read())
        .await?;
        row.map(fit_of).transpose()
    }

    /// The oldest fit for a subject under a model as of later than `as_of`.
    pub async fn earliest(
        &self,
        model_hash: &str,
        kind: &str,
        subject: &str,
        as_of: i64,
    ) -> Result<Option<Fit>> {
        let row: Option<Columns> = query(
            "SELECT * FROM fit WHERE model_hash = $1 AND kind = $2 AND subject = $3 AND as_of > $4
             ORDER BY as_of, number DESC LIMIT 1",
        )
        .bind(model_hash)
        .bind(kind)
        .bind(subject)
        .bind(as_of)
        .fetch_optional(self.store.read())
        .await?;
        row.map(fit_of).transpose()
    }

    /// All fits under a model, by number.
    pub async fn list(&self, model_hash: &str) -> Result<Vec<Fit>> {
        let rows: Vec<Columns> = query("SELECT * FROM fit WHERE model_hash = $1 ORDER BY number")
            .bind(model_hash)
            .fetch_all(self.store.read())
            .await?;
        rows.into_iter().map(fit_of).collect()
    }
}

/// Puts fits into the store; their numbers in the same order.
pub(crate) async fn insert(transaction: &mut Writing, fits: &[NewFit<'_>]) -> Result<Vec<i64>> {
    let mut numbers = Vec::with_capacity(fits.len());
    for fit in fits {
        let number: i64 = query(
            "INSERT INTO fit (model_hash, kind, subject, numbers, population, n, as_of, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING number",
        )
        .bind(fit.model_hash)
        .bind(fit.kind)
        .bind(fit.subject)
        .bind(fit.numbers.to_string())
        .bind(fit.population)
        .bind(i64::try_from(fit.n).unwrap_or(i64::MAX))
        .bind(fit.as_of)
        .bind(fit.created)
        .fetch_one(&mut **transaction)
        .await?;
        numbers.push(number);
    }
    Ok(numbers)
}

fn fit_of(columns: Columns) -> Result<Fit> {
    let (number, model_hash, kind, subject, numbers, population, n, as_of, created) = columns;
    let numbers =
        serde_json::from_str(&numbers).map_err(|_| StoreError::malformed(format!("fit {number}")))?;
    let n = u64::try_from(n).unwrap_or(0);
    Ok(Fit { number, model_hash, kind, subject, numbers, population, n, as_of, created })
}
