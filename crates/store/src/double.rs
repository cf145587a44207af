//! Pairs of customers that may be one person, and what people decided about them.

use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::{ROWS_PER_STATEMENT, Store};

/// A pair, the smaller number first.
#[derive(Debug, Clone, PartialEq)]
pub struct DoublePair {
    pub a: i64,
    pub b: i64,
    /// How likely they are one person, in ten-thousandths.
    pub score: i64,
    /// What speaks for it and against it, as the room above wrote it.
    pub reasons: Value,
    /// When it was last found, microseconds UTC.
    pub found: i64,
    /// `open`, `same` or `different`.
    pub state: String,
    /// Who decided, and when.
    pub account: Option<String>,
    pub decided: Option<i64>,
}

/// See [`Store::doubles`].
pub struct Doubles<'a> {
    pub(crate) store: &'a Store,
}

type Row = (i64, i64, i64, String, i64, String, Option<String>, Option<i64>);

const COLUMNS: &str = "a, b, score, reasons, found, state, account, decided";

impl Doubles<'_> {
    /// What was found takes the place of what was open. What was decided stays so.
    pub async fn found(&self, pairs: &[DoublePair]) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM double_pair WHERE state = 'open'").execute(&mut *transaction).await?;
        for chunk in pairs.chunks(ROWS_PER_STATEMENT) {
            let mut statement = query("INSERT INTO double_pair (a, b, score, reasons, found, state) ");
            statement.push_values(chunk, |pair| {
                [
                    pair.a.into(),
                    pair.b.into(),
                    pair.score.into(),
                    pair.reasons.to_string().into(),
                    pair.found.into(),
                    "open".into(),
                ]
            });
            statement.push(" ON CONFLICT (a, b) DO NOTHING");
            statement.execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    /// Those in a state, the likeliest first, behind the one that is named by score and numbers.
    pub async fn list(
        &self,
        state: &str,
        after: Option<(i64, i64, i64)>,
        limit: u32,
    ) -> Result<Vec<DoublePair>> {
        let (score, a, b) = after.unwrap_or((i64::MAX, i64::MIN, i64::MIN));
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM double_pair WHERE state = $1
                 AND (score < $2 OR (score = $2 AND (a > $3 OR (a = $3 AND b > $4))))
             ORDER BY score DESC, a, b LIMIT $5"
        ));
        let rows: Vec<Row> = query(sql)
            .bind(state)
            .bind(score)
            .bind(a)
            .bind(b)
            .bind(i64::from(limit))
            .fetch_all(self.store.read())
            .await?;
        rows.into_iter().map(pair_of).collect()
    }

    pub async fn get(&self, a: i64, b: i64) -> Result<Option<DoublePair>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM double_pair WHERE a = $1 AND b = $2"));
        let row: Option<Row> = query(sql).bind(a).bind(b).fetch_optional(self.store.read()).await?;
        row.map(pair_of).transpose()
    }

    /// How many are in each state, by state.
    pub async fn counts(&self) -> Result<Vec<(String, i64)>> {
        query("SELECT state, COUNT(*) FROM double_pair GROUP BY state ORDER BY state")
            .fetch_all(self.store.read())
            .await
    }

    /// Goes from one state to another; false if it is not in the first.
    pub async fn decide(
        &self,
        (a, b): (i64, i64),
        from: &str,
        to: &str,
        account: &str,
        at: i64,
    ) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query(
            "UPDATE double_pair SET state = $4, account = $5, decided = $6 WHERE a = $1 AND b = $2 AND state = $3",
        )
        .bind(a)
        .bind(b)
        .bind(from)
        .bind(to)
        .bind(account)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }
}

fn pair_of((a, b, score, reasons, found, state, account, decided): Row) -> Result<DoublePair> {
    let reasons =
        serde_json::from_str(&reasons).map_err(|_| StoreError::malformed(format!("pair {a} {b}")))?;
    Ok(DoublePair { a, b, score, reasons, found, state, account, decided })
}
