//! Accounts of those who work with Gradus, their sessions, keys and one-time codes. Tokens are
//! kept as hashes only; whoever makes or checks one is outside of this room.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Result, StoreError};
use crate::statement::query;
use crate::store::Store;

/// A person who may sign in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Account {
    pub id: String,
    /// Lower case.
    pub email: String,
    pub name: String,
    pub role: String,
    /// Whose data they see, as the room above wrote it.
    pub scope: Value,
    pub language: String,
    /// The password's hash as a PHC string; `None` if they sign in elsewhere.
    #[serde(skip)]
    pub password: Option<String>,
    /// The second factor's secret, sealed by whoever set it.
    #[serde(skip)]
    pub sealed_totp: Option<Vec<u8>>,
    /// The last time step whose code was used, so that no code counts twice.
    #[serde(skip)]
    pub totp_step: i64,
    /// Issuer and subject at an identity provider.
    pub subject: Option<String>,
    /// Microseconds UTC, like all instants here.
    pub created: i64,
    pub disabled: Option<i64>,
}

/// A session as its owner sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Session {
    pub id: String,
    pub account: String,
    pub created: i64,
    pub last_seen: i64,
    pub expires: i64,
    /// How it began, as the room above wrote it.
    pub way: String,
    /// When whoever has it last showed that it is they.
    pub proved: i64,
}

/// A key for programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ApiKey {
    pub id: String,
    pub name: String,
    pub account: String,
    pub scopes: Value,
    /// From where it is taken, as the room above wrote it; empty: from everywhere.
    pub networks: Value,
    pub created: i64,
    pub expires: Option<i64>,
    pub last_used: Option<i64>,
    pub revoked: Option<i64>,
}

/// The accounts; see [`Store::accounts`].
pub struct Accounts<'a> {
    pub(crate) store: &'a Store,
}

type Row = (
    String,
    String,
    String,
    String,
    String,
    String,
    Option<String>,
    Option<Vec<u8>>,
    i64,
    Option<String>,
    i64,
    Option<i64>,
);

const COLUMNS: &str =
    "id, email, name, role, scope, language, password, sealed_totp, totp_step, subject, created, disabled";

impl Accounts<'_> {
    /// Adds an account.
    ///
    /// # Errors
    /// [`StoreError::Taken`] if the e-mail address or the subject belongs to another one.
    pub async fn add(&self, account: &Account) -> Result<()> {
        let mut transaction = self.store.write().await?;
        let result = query(
            "INSERT INTO account (id, email, name, role, scope, language, password, subject, created)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING",
        )
        .bind(&account.id)
        .bind(&account.email)
        .bind(&account.name)
        .bind(&account.role)
        .bind(account.scope.to_string())
        .bind(&account.language)
        .bind(&account.password)
        .bind(&account.subject)
        .bind(account.created)
        .execute(&mut *transaction)
        .await?;
        if result == 0 {
            return Err(StoreError::Taken { what: account.email.clone() });
        }
        Ok(transaction.commit().await?)
    }

    /// Writes name, role, scope, language, password, second factor and whether it is disabled.
    pub async fn update(&self, account: &Account) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query(
            "UPDATE account SET name = $2, role = $3, scope = $4, language = $5, password = $6, sealed_totp = $7,
                 disabled = $8 WHERE id = $1",
        )
        .bind(&account.id)
        .bind(&account.name)
        .bind(&account.role)
        .bind(account.scope.to_string())
        .bind(&account.language)
        .bind(&account.password)
        .bind(&account.sealed_totp)
        .bind(account.disabled)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Makes an account somebody's at a provider of identities; false if it is somebody's already.
    pub async fn link_subject(&self, id: &str, subject: &str) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query("UPDATE account SET subject = $2 WHERE id = $1 AND subject IS NULL")
            .bind(id)
            .bind(subject)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }

    /// Takes a time step of the second factor; false if it or a later one was used before.
    pub async fn use_totp_step(&self, account: &str, step: i64) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query("UPDATE account SET totp_step = $2 WHERE id = $1 AND totp_step < $2")
            .bind(account)
            .bind(step)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }

    /// Makes all codes of a purpose void that belong to an account.
    pub async fn drop_codes(&self, account: &str, purpose: &str) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM entry_code WHERE account = $1 AND purpose = $2")
            .bind(account)
            .bind(purpose)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn get(&self, id: &str) -> Result<Option<Account>> {
        self.one("id", id).await
    }

    pub async fn by_email(&self, email: &str) -> Result<Option<Account>> {
        self.one("email", email).await
    }

    pub async fn by_subject(&self, subject: &str) -> Result<Option<Account>> {
        self.one("subject", subject).await
    }

    async fn one(&self, column: &'static str, value: &str) -> Result<Option<Account>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM account WHERE {column} = $1"));
        let row: Option<Row> = query(sql).bind(value).fetch_optional(self.store.read()).await?;
        row.map(account_of).transpose()
    }

    /// All accounts by e-mail address.
    pub async fn list(&self) -> Result<Vec<Account>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM account ORDER BY email"));
        let rows: Vec<Row> = query(sql).fetch_all(self.store.read()).await?;
        rows.into_iter().map(account_of).collect()
    }

    pub async fn count(&self) -> Result<i64> {
        Ok(query("SELECT COUNT(*) FROM account").fetch_one(self.store.read()).await?)
    }

    pub async fn begin_session(&self, session: &Session, token_hash: &[u8]) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query(
            "INSERT INTO session (token_hash, id, account, created, last_seen, expires, way, proved)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token_hash)
        .bind(&session.id)
        .bind(&session.account)
        .bind(session.created)
        .bind(session.last_seen)
        .bind(session.expires)
        .bind(&session.way)
        .bind(session.proved)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn session(&self, token_hash: &[u8]) -> Result<Option<Session>> {
        let row: Option<SessionRow> = query(
            "SELECT id, account, created, last_seen, expires, way, proved FROM session WHERE token_hash = $1",
        )
        .bind(token_hash)
        .fetch_optional(self.store.read())
        .await?;
        Ok(row.map(session_of))
    }

    pub async fn sessions_of(&self, account: &str) -> Result<Vec<Session>> {
        let rows: Vec<SessionRow> = query(
            "SELECT id, account, created, last_seen, expires, way, proved FROM session
             WHERE account = $1 ORDER BY created DESC, id",
        )
        .bind(account)
        .fetch_all(self.store.read())
        .await?;
        Ok(rows.into_iter().map(session_of).collect())
    }

    pub async fn seen(&self, session: &str, at: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("UPDATE session SET last_seen = $2 WHERE id = $1")
            .bind(session)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Whoever has a session showed that it is they.
    pub async fn proved(&self, session: &str, at: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("UPDATE session SET proved = $2 WHERE id = $1")
            .bind(session)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Ends a session of an account; false if it has none of this id.
    pub async fn end_session(&self, account: &str, session: &str) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query("DELETE FROM session WHERE account = $1 AND id = $2")
            .bind(account)
            .bind(session)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }

    /// Ends all sessions of an account but one.
    pub async fn end_sessions(&self, account: &str, but: Option<&str>) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM session WHERE account = $1 AND id <> $2")
            .bind(account)
            .bind(but.unwrap_or(""))
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn add_key(&self, key: &ApiKey, token_hash: &[u8]) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query(
            "INSERT INTO api_key (token_hash, id, name, account, scopes, networks, created, expires)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(token_hash)
        .bind(&key.id)
        .bind(&key.name)
        .bind(&key.account)
        .bind(key.scopes.to_string())
        .bind(key.networks.to_string())
        .bind(key.created)
        .bind(key.expires)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    pub async fn key(&self, token_hash: &[u8]) -> Result<Option<ApiKey>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {KEY_COLUMNS} FROM api_key WHERE token_hash = $1"));
        let row: Option<KeyRow> = query(sql).bind(token_hash).fetch_optional(self.store.read()).await?;
        row.map(key_of).transpose()
    }

    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        let sql = sqlx::AssertSqlSafe(format!("SELECT {KEY_COLUMNS} FROM api_key ORDER BY created, id"));
        let rows: Vec<KeyRow> = query(sql).fetch_all(self.store.read()).await?;
        rows.into_iter().map(key_of).collect()
    }

    /// Writes name and networks of a key; false if there is none that is still valid.
    pub async fn update_key(&self, id: &str, name: &str, networks: &Value) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query("UPDATE api_key SET name = $2, networks = $3 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(name)
            .bind(networks.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }

    pub async fn key_used(&self, id: &str, at: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("UPDATE api_key SET last_used = $2 WHERE id = $1")
            .bind(id)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Revokes a key; false if there is none that is still valid.
    pub async fn revoke_key(&self, id: &str, at: i64) -> Result<bool> {
        let mut transaction = self.store.write().await?;
        let result = query("UPDATE api_key SET revoked = $2 WHERE id = $1 AND revoked IS NULL")
            .bind(id)
            .bind(at)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(result == 1)
    }

    /// Keeps a one-time code; any other of the same purpose and account is void from now on.
    pub async fn add_code(
        &self,
        code_hash: &[u8],
        purpose: &str,
        account: Option<&str>,
        expires: i64,
    ) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM entry_code WHERE purpose = $1 AND COALESCE(account, '') = COALESCE($2, '')")
            .bind(purpose)
            .bind(account)
            .execute(&mut *transaction)
            .await?;
        query("INSERT INTO entry_code (code_hash, purpose, account, expires) VALUES ($1, $2, $3, $4)")
            .bind(code_hash)
            .bind(purpose)
            .bind(account)
            .bind(expires)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Uses up a code: whose it is, if it is valid now. Nobody can use it again.
    pub async fn use_code(
        &self,
        code_hash: &[u8],
        purpose: &str,
        now: i64,
    ) -> Result<Option<Option<String>>> {
        let mut transaction = self.store.write().await?;
        let found: Option<(Option<String>, i64)> =
            query("DELETE FROM entry_code WHERE code_hash = $1 AND purpose = $2 RETURNING account, expires")
                .bind(code_hash)
                .bind(purpose)
                .fetch_optional(&mut *transaction)
                .await?;
        transaction.commit().await?;
        Ok(found.filter(|(_, expires)| *expires > now).map(|(account, _)| account))
    }

    /// How often signing in failed for this subject, and when last.
    pub async fn failures(&self, subject: &[u8]) -> Result<(i64, i64)> {
        let row: Option<(i64, i64)> = query("SELECT n, last FROM sign_in_failure WHERE subject = $1")
            .bind(subject)
            .fetch_optional(self.store.read())
            .await?;
        Ok(row.unwrap_or((0, 0)))
    }

    /// Counts one more failure. Those whose last one is older than `forget_before` begin anew.
    pub async fn failed(&self, subject: &[u8], at: i64, forget_before: i64) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM sign_in_failure WHERE last < $1")
            .bind(forget_before)
            .execute(&mut *transaction)
            .await?;
        query(
            "INSERT INTO sign_in_failure (subject, n, last) VALUES ($1, 1, $2)
             ON CONFLICT (subject) DO UPDATE SET n = sign_in_failure.n + 1, last = excluded.last",
        )
        .bind(subject)
        .bind(at)
        .execute(&mut *transaction)
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Signing in worked: failures before are forgotten.
    pub async fn forgive(&self, subject: &[u8]) -> Result<()> {
        let mut transaction = self.store.write().await?;
        query("DELETE FROM sign_in_failure WHERE subject = $1")
            .bind(subject)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }
}

type SessionRow = (String, String, i64, i64, i64, String, i64);

type KeyRow = (String, String, String, String, String, i64, Option<i64>, Option<i64>, Option<i64>);

const KEY_COLUMNS: &str = "id, name, account, scopes, networks, created, expires, last_used, revoked";

fn account_of(row: Row) -> Result<Account> {
    let (
        id,
        email,
        name,
        role,
        scope,
        language,
        password,
        sealed_totp,
        totp_step,
        subject,
        created,
        disabled,
    ) = row;
    let scope = serde_json::from_str(&scope).map_err(|_| StoreError::malformed(format!("account {id}")))?;
    Ok(Account {
        id,
        email,
        name,
        role,
        scope,
        language,
        password,
        sealed_totp,
        totp_step,
        subject,
        created,
        disabled,
    })
}

fn session_of((id, account, created, last_seen, expires, way, proved): SessionRow) -> Session {
    Session { id, account, created, last_seen, expires, way, proved }
}

fn key_of(row: KeyRow) -> Result<ApiKey> {
    let (id, name, account, scopes, networks, created, expires, last_used, revoked) = row;
    let read = |text: &str| {
        serde_json::from_str::<Value>(text).map_err(|_| StoreError::malformed(format!("key {id}")))
    };
    let (scopes, networks) = (read(&scopes)?, read(&networks)?);
    Ok(ApiKey { id, name, account, scopes, networks, created, expires, last_used, revoked })
}
