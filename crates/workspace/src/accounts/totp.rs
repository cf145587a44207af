//! The second factor (TOTP, RFC 6238): six digits of an authenticator, or one of ten recovery codes
//! that each open the door once.

use gradus_model::{Finding, Place, Text};
use gradus_store::Account;
use serde_json::json;
use totp_rs::{Builder, Secret, Totp};

use super::demands::demands;
use super::presence::Guarded;
use super::{DAY_US, audit, token};
use crate::access::Principal;
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Recovery codes that are given.
const RECOVERY_CODES: usize = 10;
/// They are good for so long.
const RECOVERY_US: i64 = 3_650 * DAY_US;
/// Bytes of a secret, as the RFC advises.
const SECRET_BYTES: usize = 20;

/// What an authenticator has to be told, or that it is set up.
#[derive(Debug, Clone, Default)]
pub struct SecondFactor {
    pub enabled: bool,
    /// To type or to scan; only while it is being set up.
    pub secret: Option<String>,
    pub uri: Option<String>,
    /// Shown this once.
    pub recovery_codes: Vec<String>,
}

/// Whether whoever asks has a second factor.
pub async fn has_totp(workspace: &Workspace, who: &Principal) -> Result<bool, WorkspaceError> {
    let account = workspace.store.accounts().get(&who.account).await?;
    Ok(account.is_some_and(|account| account.sealed_totp.is_some()))
}

/// Begins to set the second factor up: a new secret, which counts once a code of it was typed.
pub async fn begin_totp(workspace: &Workspace, who: &Principal) -> Result<SecondFactor, WorkspaceError> {
    let account = own(workspace, who).await?;
    if account.sealed_totp.is_some() {
        return Ok(SecondFactor { enabled: true, ..SecondFactor::default() });
    }
    let mut bytes = [0u8; SECRET_BYTES];
    token::fill(&mut bytes)?;
    let totp = totp_of(&bytes, &account)?;
    let sealed = workspace.vault.seal_secret(&place(&account.id), &bytes)?;
    let hex: String = sealed.iter().map(|byte| format!("{byte:02x}")).collect();
    workspace.store.settings().set(&pending(&account.id), &json!(hex)).await?;
    let uri = totp.to_url().map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let secret = Secret::from(bytes.to_vec()).to_base32();
    Ok(SecondFactor { secret: Some(secret), uri: Some(uri), ..SecondFactor::default() })
}

/// Finishes setting it up; from then on signing in asks for it.
pub async fn confirm_totp(
    workspace: &Workspace,
    who: &Principal,
    code: &str,
) -> Result<SecondFactor, WorkspaceError> {
    let mut account = own(workspace, who).await?;
    let settings = workspace.store.settings();
    let waiting = settings.get(&pending(&account.id)).await?;
    let sealed = waiting.as_ref().and_then(|hex| hex.as_str()).and_then(bytes_of);
    let Some(sealed) = sealed else { return Err(WorkspaceError::Conflict { what: "second factor" }) };
    let secret = workspace.vault.open_secret(&place(&account.id), &sealed)?;
    let step = totp_of(&secret, &account)?.check(code.trim(), now_s()).ok_or_else(wrong_code)?;
    account.sealed_totp = Some(sealed);
    workspace.store.accounts().update(&account).await?;
    workspace.store.accounts().use_totp_step(&account.id, as_step(step)).await?;
    settings.remove(&pending(&account.id)).await?;
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for number in 0..RECOVERY_CODES {
        let code = token::new("")?[..16].to_string();
        let hash = token::hash(&format!("{}:{code}", account.id));
        workspace
            .store
            .accounts()
            .add_code(&hash, &purpose(number), Some(&account.id), system_us() + RECOVERY_US)
            .await?;
        codes.push(format!("{}-{}-{}-{}", &code[..4], &code[4..8], &code[8..12], &code[12..]));
    }
    workspace.store.accounts().end_sessions(&account.id, who.session.as_deref()).await?;
    audit(workspace, &account.id, "account.totp_on", &account.id, json!({})).await?;
    Ok(SecondFactor { enabled: true, recovery_codes: codes, ..SecondFactor::default() })
}

/// Takes the second factor away; that takes a code, too. `address` is where the request came from.
pub async fn remove_totp(
    workspace: &Workspace,
    who: &Principal,
    code: &str,
    address: &str,
) -> Result<SecondFactor, WorkspaceError> {
    let mut account = own(workspace, who).await?;
    if account.sealed_totp.is_none() {
        return Ok(SecondFactor::default());
    }
    let without = Account { sealed_totp: None, ..account.clone() };
    if demands(workspace).await?.lacks_second_factor(&without, false) {
        return Err(Finding::error(
            "second-factor-demanded",
            Place::default().at("enable"),
            Text::new(
                "管理员要求您使用两步验证，不能关闭",
                "an administrator demands a second factor of you",
            ),
            Text::new(
                "换新手机时，请管理员先取消，再重新设置",
                "for a new authenticator, have an administrator forget it and set it up anew",
            ),
        )
        .into());
    }
    who.is_present()?;
    let guarded = Guarded::begin(workspace, &account, address).await?;
    let right = fits(workspace, &account, code).await?;
    guarded.end(right).await?;
    if !right {
        return Err(wrong_code());
    }
    account.sealed_totp = None;
    workspace.store.accounts().update(&account).await?;
    drop_recovery_codes(workspace, &account.id).await?;
    audit(workspace, &account.id, "account.totp_off", &account.id, json!({})).await?;
    Ok(SecondFactor::default())
}

/// Takes somebody's second factor away who has lost it, as an administrator.
pub(super) async fn forget_totp(workspace: &Workspace, account: &mut Account) -> Result<(), WorkspaceError> {
    account.sealed_totp = None;
    drop_recovery_codes(workspace, &account.id).await
}

/// The purpose of a recovery code: an account has one code of each purpose.
fn purpose(number: usize) -> String {
    format!("recovery {number}")
}

async fn drop_recovery_codes(workspace: &Workspace, account: &str) -> Result<(), WorkspaceError> {
    for number in 0..RECOVERY_CODES {
        workspace.store.accounts().drop_codes(account, &purpose(number)).await?;
    }
    Ok(())
}

/// Whether the code is right and was not used before; a recovery code is used up by it.
pub(super) async fn fits(
    workspace: &Workspace,
    account: &Account,
    code: &str,
) -> Result<bool, WorkspaceError> {
    let Some(sealed) = &account.sealed_totp else { return Ok(true) };
    let code: String = code.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
    let accounts = workspace.store.accounts();
    if code.len() != 6 {
        let hash = token::hash(&format!("{}:{code}", account.id));
        for number in 0..RECOVERY_CODES {
            if accounts.use_code(&hash, &purpose(number), system_us()).await?.is_some() {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    let secret = workspace.vault.open_secret(&place(&account.id), sealed)?;
    match totp_of(&secret, account)?.check(&code, now_s()) {
        // Whoever looked over a shoulder is too late.
        Some(step) => Ok(accounts.use_totp_step(&account.id, as_step(step)).await?),
        None => Ok(false),
    }
}

async fn own(workspace: &Workspace, who: &Principal) -> Result<Account, WorkspaceError> {
    // A key has no second factor, and must not be able to set one.
    if who.session.is_none() {
        return Err(WorkspaceError::NotFound { what: "session" });
    }
    let found = workspace.store.accounts().get(&who.account).await?;
    found.ok_or(WorkspaceError::NotFound { what: "account" })
}

fn totp_of(secret: &[u8], account: &Account) -> Result<Totp, WorkspaceError> {
    // A colon would end the name.
    let name = account.email.replace(':', "_");
    Builder::new()
        .with_secret(secret.to_vec())
        .with_issuer(Some("Gradus"))
        .with_account_name(name)
        .build()
        .map_err(|error| WorkspaceError::Defect(error.to_string()))
}

fn wrong_code() -> WorkspaceError {
    Finding::error(
        "wrong-code",
        Place::default().at("code"),
        Text::new("验证码不对或已用过", "the code is wrong, or was used already"),
        Text::new("输入身份验证器上现在显示的六位数字", "the six digits that the authenticator shows now"),
    )
    .into()
}

fn pending(account: &str) -> String {
    format!("totp_pending:{account}")
}

fn place(account: &str) -> String {
    format!("totp:{account}")
}

fn now_s() -> u64 {
    u64::try_from(system_us() / 1_000_000).unwrap_or(0)
}

fn as_step(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

fn bytes_of(hex: &str) -> Option<Vec<u8>> {
    (0..hex.len() / 2).map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()).collect()
}
