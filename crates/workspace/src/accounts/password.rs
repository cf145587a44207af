//! Passwords: Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet), at
//! most two at a time, so that a flood of sign-ins cannot fill the memory.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash};
use argon2::{Algorithm, Argon2, Params, Version};
use gradus_model::{Finding, Place, Text};
use tokio::sync::Semaphore;

use crate::WorkspaceError;

/// Shortest and longest password, in characters.
const SHORTEST: usize = 10;
const LONGEST: usize = 200;

/// The most common passwords of that length and longer; the product's own words are added.
const COMMON: &[&str] = &[
    "1234567890",
    "12345678910",
    "0123456789",
    "0987654321",
    "9876543210",
    "1111111111",
    "0000000000",
    "qwertyuiop",
    "qwerty12345",
    "1q2w3e4r5t",
    "1qaz2wsx3edc",
    "password12",
    "password123",
    "password1234",
    "iloveyou123",
    "administrator",
    "admin12345",
    "admin123456",
    "letmein1234",
    "welcome123",
    "welcome1234",
    "abcdefghij",
    "abc1234567",
    "woaini1314",
    "woaini1314520",
    "5201314520",
    "a123456789",
    "aa12345678",
    "zxcvbnm123",
    "asdfghjkl1",
    "football123",
];
const OWN_WORDS: &[&str] = &["gradus", "password", "mima"];

static AT_ONCE: Semaphore = Semaphore::const_new(2);

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
        || COMMON.contains(&lower.as_str())
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
        for weak in ["short", "1234567890", "aaaaaaaaaaaa", "Password123", "gradus2026!", "Lin.Xiaoyu1"] {
            assert!(check(weak, "lin.xiaoyu@example.com").is_err(), "{weak}");
        }
        for fine in ["correct horse battery", "天地玄黄宇宙洪荒日月"] {
            assert!(check(fine, "lin.xiaoyu@example.com").is_ok(), "{fine}");
        }
    }
}
