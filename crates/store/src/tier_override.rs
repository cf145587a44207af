//! Overrides (人工调整): tiers that a person sets, from when and until when they hold, and what was
//! known of that at which instant.

use serde::Serialize;

use crate::error::{Result, StoreError};
use crate::statement::{FromRow, Row, query};
use crate::store::Store;

/// How far an override came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideState {
    Waiting,
    Approved,
    Rejected,
}

impl OverrideState {
    const ALL: [OverrideState; 3] =
        [OverrideState::Waiting, OverrideState::Approved, OverrideState::Rejected];

    pub fn as_str(self) -> &'static str {
        match self {
            OverrideState::Waiting => "waiting",
            OverrideState::Approved => "approved",
            OverrideState::Rejected => "rejected",
        }
    }
}

/// A tier that a person sets. Instants are microseconds UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TierOverride {
    /// 32 hexadecimal digits; the reason lies in the vault under it.
    pub id: String,
    pub customer: i64,
    pub scheme: String,
    pub level: String,
    /// Who asked for it.
    pub account: String,
    pub at: i64,
    pub state: OverrideState,
    /// The last instant at which it holds, by the workspace's clock; `None`: until somebody ends it.
    pub expires: Option<i64>,
    pub decided_by: Option<String>,
    pub decided: Option<i64>,
    /// From when it holds, by the workspace's clock.
    pub holds_from: Option<i64>,
    pub ended_by: Option<String>,
    pub ended: Option<i64>,
    /// When it was ended, by the workspace's clock.
    pub holds_until: Option<i64>,
}

impl TierOverride {
    /// Whether it holds as of an instant, by what was known at another.
    pub fn holds(&self, as_of: i64, known_at: i64) -> bool {
        let told =
            self.state == OverrideState::Approved && self.decided.is_some_and(|decided| decided <= known_at);
        let ended = self.ended.filter(|ended| *ended <= known_at).and(self.holds_until);
        told && self.holds_from.is_some_and(|from| from <= as_of)
            && self.expires.is_none_or(|last| as_of <= last)
            && ended.is_none_or(|ended| as_of < ended)
    }
}

/// The overrides; see [`Store::overrides`].
pub struct Overrides<'a> {
    pub(crate) store: &'a Store,
}

const COLUMNS: &str = "id, customer, scheme, level, account, at, state, expires, decided_by, decided, holds_from, \
                       ended_by, ended, holds_until";

impl Overrides<'_> {
    /// Records that somebody asks for a tier.
    pub async fn add(&self, new: &TierOverride) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query(
            "INSERT INTO tier_override (id, customer, scheme, level, account, at, state, expires)
             VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7)",
        )
        .bind(&new.id)
        .bind(new.customer)
        .bind(&new.scheme)
        .bind(&new.level)
        .bind(&new.account)
        .bind(new.at)
        .bind(new.expires)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await
    }

    pub async fn get(&self, id: &str) -> Result<Option<TierOverride>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM tier_override WHERE id = $1"));
        query(sql).bind(id).fetch_optional(self.store.read()).await
    }

    /// All of them, newest first; of one customer, or of all.
    pub async fn list(&self, customer: Option<i64>, limit: u32) -> Result<Vec<TierOverride>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM tier_override WHERE $1 IS NULL OR customer = $1 ORDER BY at DESC, id LIMIT $2"
        ));
        query(sql).bind(customer).bind(i64::from(limit)).fetch_all(self.store.read()).await
    }

    /// Overrides after one, in the order of [`Overrides::list`]; after none the first.
    pub async fn list_after(&self, id: Option<&str>, limit: u32) -> Result<Vec<TierOverride>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM tier_override WHERE $1 IS NULL
                 OR at < (SELECT at FROM tier_override WHERE id = $1)
                 OR (at = (SELECT at FROM tier_override WHERE id = $1) AND id > $1)
             ORDER BY at DESC, id LIMIT $2"
        ));
        query(sql).bind(id).bind(i64::from(limit)).fetch_all(self.store.read()).await
    }

    /// Those that may hold as of an instant, oldest first: the last one of a customer and scheme wins.
    pub async fn holding(&self, as_of: i64, known_at: i64) -> Result<Vec<TierOverride>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM tier_override WHERE state = 'approved' AND holds_from <= $1
             ORDER BY holds_from, decided, id"
        ));
        let mut found: Vec<TierOverride> = query(sql).bind(as_of).fetch_all(self.store.read()).await?;
        found.retain(|one| one.holds(as_of, known_at));
        Ok(found)
    }

    /// All that were approved, oldest first: for whoever looks at many instants.
    pub async fn approved(&self) -> Result<Vec<TierOverride>> {
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT {COLUMNS} FROM tier_override WHERE state = 'approved' ORDER BY holds_from, decided, id"
        ));
        query(sql).fetch_all(self.store.read()).await
    }

    /// Decides over one that waits; false if it no longer does.
    pub async fn decide(
        &self,
        id: &str,
        state: OverrideState,
        by: &str,
        at: i64,
        holds_from: Option<i64>,
    ) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE tier_override SET state = $2, decided_by = $3, decided = $4, holds_from = $5
             WHERE id = $1 AND state = 'waiting'",
        )
        .bind(id)
        .bind(state.as_str())
        .bind(by)
        .bind(at)
        .bind(holds_from)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed == 1)
    }

    /// Ends one that holds, or takes back one that waits; false if it is over already.
    pub async fn end(&self, id: &str, by: &str, at: i64, holds_until: i64) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let changed = query(
            "UPDATE tier_override SET ended_by = $2, ended = $3, holds_until = $4
             WHERE id = $1 AND state = 'approved' AND ended IS NULL",
        )
        .bind(id)
        .bind(by)
        .bind(at)
        .bind(holds_until)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(changed == 1)
    }
}

impl FromRow for TierOverride {
    fn from_row(row: &Row) -> Result<TierOverride, sqlx::Error> {
        let state: String = row.get("state")?;
        let state = OverrideState::ALL.into_iter().find(|known| known.as_str() == state);
        let malformed = || sqlx::Error::Decode(StoreError::malformed("the state of an override").into());
        Ok(TierOverride {
            id: row.get("id")?,
            customer: row.get("customer")?,
            scheme: row.get("scheme")?,
            level: row.get("level")?,
            account: row.get("account")?,
            at: row.get("at")?,
            state: state.ok_or_else(malformed)?,
            expires: row.get("expires")?,
            decided_by: row.get("decided_by")?,
            decided: row.get("decided")?,
            holds_from: row.get("holds_from")?,
            ended_by: row.get("ended_by")?,
            ended: row.get("ended")?,
            holds_until: row.get("holds_until")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_between_its_ends_and_only_for_who_knew() {
        let one = TierOverride {
            id: "x".into(),
            customer: 1,
            scheme: "member".into(),
            level: "gold".into(),
            account: "a".into(),
            at: 5,
            state: OverrideState::Approved,
            expires: Some(100),
            decided_by: Some("b".into()),
            decided: Some(7),
            holds_from: Some(50),
            ended_by: None,
            ended: None,
            holds_until: None,
        };
        for (as_of, known_at, holds) in
            [(49, 9, false), (50, 9, true), (100, 9, true), (101, 9, false), (60, 6, false)]
        {
            assert_eq!(one.holds(as_of, known_at), holds, "as of {as_of}, known at {known_at}");
        }
        let ended = TierOverride {
            ended_by: Some("c".into()),
            ended: Some(20),
            holds_until: Some(70),
            ..one.clone()
        };
        // Who looks from before it was ended still sees it.
        for (as_of, known_at, holds) in [(69, 20, true), (70, 20, false), (80, 20, false), (80, 19, true)] {
            assert_eq!(ended.holds(as_of, known_at), holds, "as of {as_of}, known at {known_at}");
        }
        assert!(!TierOverride { state: OverrideState::Rejected, ..one.clone() }.holds(60, 9));
        assert!(!TierOverride { state: OverrideState::Waiting, ..one }.holds(60, 9));
    }
}
