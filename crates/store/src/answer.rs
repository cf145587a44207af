//! Answers that were given: a request that creates or starts something and is sent again with its key is
//! answered as the first time, and nothing happens twice. Answers may speak of customers, so they are sealed.

use std::fmt::Write;

use crate::error::Result;
use crate::seal::{open, place, seal};
use crate::statement::query;
use crate::vault::Vault;

/// How long an answer is kept: seven days, in microseconds.
const KEPT_US: i64 = 7 * 86_400_000_000;
/// After so long nobody works at a request any more that was not answered: its process is gone.
const GIVEN_UP_US: i64 = 120_000_000;

/// What is known of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asked {
    /// It comes for the first time; whoever hears this answers it.
    First,
    /// It was answered.
    Before { status: u16, body: String },
    /// It is being worked at.
    Now,
    /// The key was used for another request.
    Other,
}

/// The answers; see [`Vault::answers`].
pub struct Answers<'a> {
    pub(crate) vault: &'a Vault,
}

impl Answers<'_> {
    /// Notes a request of an account. `asked` names it whole: method, address and body.
    pub async fn begin(&self, account: &str, key: &str, asked: &str, now: i64) -> Result<Asked> {
        let mut transaction = self.vault.store().write().await?;
        query("DELETE FROM idempotency_key WHERE created <= $1")
            .bind(now - KEPT_US)
            .execute(&mut *transaction)
            .await?;
        let row: Option<(String, Option<i64>, Option<String>, i64)> =
            query("SELECT asked, status, body, created FROM idempotency_key WHERE account = $1 AND key = $2")
                .bind(account)
                .bind(key)
                .fetch_optional(&mut *transaction)
                .await?;
        let found = match row {
            None => {
                query("INSERT INTO idempotency_key (account, key, asked, created) VALUES ($1, $2, $3, $4)")
                    .bind(account)
                    .bind(key)
                    .bind(asked)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
                Asked::First
            }
            Some((before, ..)) if before != asked => Asked::Other,
            Some((_, Some(status), Some(body), _)) => match self.opened(account, key, &body) {
                Some(body) => Asked::Before { status: u16::try_from(status).unwrap_or(500), body },
                None => Asked::Other,
            },
            Some((.., created)) if now - created < GIVEN_UP_US => Asked::Now,
            Some(_) => {
                query("UPDATE idempotency_key SET created = $1 WHERE account = $2 AND key = $3")
                    .bind(now)
                    .bind(account)
                    .bind(key)
                    .execute(&mut *transaction)
                    .await?;
                Asked::First
            }
        };
        transaction.commit().await?;
        Ok(found)
    }

    /// Keeps the answer.
    pub async fn keep(&self, account: &str, key: &str, status: u16, body: &str) -> Result<()> {
        let sealed = seal(&self.vault.quarantine_key, &belongs_to(account, key), body.as_bytes())?;
        let mut text = String::with_capacity(2 * sealed.len());
        for byte in sealed {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
        }
        let mut transaction = self.vault.store().write().await?;
        query("UPDATE idempotency_key SET status = $1, body = $2 WHERE account = $3 AND key = $4")
            .bind(i64::from(status))
            .bind(text)
            .bind(account)
            .bind(key)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Nothing came of it: it may be tried again, also with another body.
    pub async fn forget(&self, account: &str, key: &str) -> Result<()> {
        let mut transaction = self.vault.store().write().await?;
        query("DELETE FROM idempotency_key WHERE account = $1 AND key = $2 AND status IS NULL")
            .bind(account)
            .bind(key)
            .execute(&mut *transaction)
            .await?;
        Ok(transaction.commit().await?)
    }

    fn opened(&self, account: &str, key: &str, body: &str) -> Option<String> {
        let digit = |at: usize| char::from(*body.as_bytes().get(at)?).to_digit(16);
        let sealed: Option<Vec<u8>> =
            (0..body.len() / 2).map(|at| Some((digit(2 * at)? * 16 + digit(2 * at + 1)?) as u8)).collect();
        let plain = open(&self.vault.quarantine_key, &belongs_to(account, key), &sealed?)?;
        String::from_utf8(plain.to_vec()).ok()
    }
}

fn belongs_to(account: &str, key: &str) -> Vec<u8> {
    place(&[b"answer", account.as_bytes(), key.as_bytes()])
}
