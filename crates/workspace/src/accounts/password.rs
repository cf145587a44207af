//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet), at
//! most two at a time, so that a flood of sign-ins cannot fill the memory.

use std::collections::HashSet;
use std::sync::LazyLock;

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use gradus_model::{Finding, Place, Text};
use tokio::sync::Semaphore;

use crate::WorkspaceError;

/// Shortest and longest password, in characters.
const SHORTEST: usize = 10;
const LONGEST: usize = 200;

/// The commonest passwords that are long enough, one a line after the rule; where they are from stands before it.
const COMMON: &str = include_str!("common_passwords.txt");
const AFTER: &str = "\n=====\n";
const OWN_WORDS: &[&str] = &["gradus", "password", "mima"];

static AT_ONCE: Semaphore = Semaphore::const_new(2);

fn common() -> &'static HashSet<&'static str> {
    static COMMONEST: LazyLock<HashSet<&str>> =
        LazyLock::new(|| COMMON.split_once(AFTER).map_or("", |(_, list)| list).lines().collect());
    &COMMONEST
}

/// # Errors
/// A finding if the password is too short, too long or one that everybody tries first.
pub fn check(password: &str, email: &str) -> Result<(), WorkspaceError> {
    let n = password.chars().count();
    let lower = password.to_lowercase();
    let name = email.split('@').next().unwrap_or("");
    let is_own = |word: &str| word.len() >= 4 && lower.trim_matches(|c: char| !c.is_alphabetic()) == word;
    let all_same = password.chars().all(|c| Some(c) == password.chars().next());
    let (zh, en) = if n < SHORTEST {
        (format!("密码只有 {n} 个字符"), format!("the password has only {n} characters"))
    } else if n > LONGEST {
        (format!("密码有 {n} 个字符"), format!("the password has {n} characters"))
    } else if all_same
        || common().contains(lower.as_str())
        || OWN_WORDS.iter().any(|word| is_own(word))
        || is_own(name)
    {
        ("这个密码太容易猜到".to_string(), "this password is guessed at once".to_string())
    } else {
        return Ok(());
    };
    let hint = Text::new(
        format!("至少 {SHORTEST} 个字符，建议 15 个以上；不必混用符号"),
        format!("at least {SHORTEST} characters, better 15 or more; no need for odd signs"),
    );
    Err(Finding::error("weak-password", Place::default().at("password"), Text::new(zh, en), hint).into())
}

/// The hash as it is kept.
pub async fn hash(password: &str) -> Result<String, WorkspaceError> {
    let password = password.to_string();
    blocking(move || {
        let hash = hasher()?.hash_password(password.as_bytes()).map_err(defect)?;
        Ok(hash.to_string())
    })
    .await
}

/// True if it is the password. With no hash at hand it takes as long and is false, so that nobody
/// learns from the time which accounts there are.
pub async fn matches(password: &str, hash: Option<&str>) -> Result<bool, WorkspaceError> {
    let (password, hash) = (password.to_string(), hash.map(str::to_string));
    blocking(move || {
        let Some(hash) = hash else {
            hasher()?.hash_password(password.as_bytes()).map_err(defect)?;
            return Ok(false);
        };
        let parsed = PasswordHash::new(&hash).map_err(defect)?;
        Ok(hasher()?.verify_password(password.as_bytes(), &parsed).is_ok())
    })
    .await
}

fn hasher() -> Result<Argon2<'static>, WorkspaceError> {
    let params = Params::new(19 * 1024, 2, 1, None).map_err(defect)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, WorkspaceError> + Send + 'static,
) -> Result<T, WorkspaceError> {
    let _permit = AT_ONCE.acquire().await.map_err(defect)?;
    tokio::task::spawn_blocking(work).await.map_err(defect)?
}

fn defect(error: impl std::fmt::Display) -> WorkspaceError {
    WorkspaceError::Defect(format!("a password could not be hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_hash_knows_its_password_and_no_other() {
        let kept = hash("正确的密码 很长很长").await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(matches("正确的密码 很长很长", Some(&kept)).await.unwrap());
        assert!(!matches("正确的密码 很长很短", Some(&kept)).await.unwrap());
        assert!(!matches("正确的密码 很长很长", None).await.unwrap());
        assert_ne!(kept, hash("正确的密码 很长很长").await.unwrap());
    }

    #[test]
    fn weak_passwords_are_refused() {
        assert!(common().len() > 1_500 && common().iter().all(|one| one.chars().count() >= SHORTEST));
        let common = ["1234567890", "Password123", "q1w2e3r4t5y6", "Basketball", "woaini1314520"];
        for weak in ["short", "aaaaaaaaaaaa", "gradus2026!", "Lin.Xiaoyu1"].into_iter().chain(common) {
            assert!(check(weak, "lin.xiaoyu@example.com").is_err(), "{weak}");
        }
        for fine in ["correct horse battery", "天地玄黄宇宙洪荒日月"] {
            assert!(check(fine, "lin.xiaoyu@example.com").is_ok(), "{fine}");
        }
    }
}
