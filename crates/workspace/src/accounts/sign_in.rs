//! Signing in: by password and second factor, by a one-time link; and the first administrator.

use gradus_store::{Account, Session};
use serde_json::json;

use super::presence::{BY_LINK, BY_PASSWORD};
use super::{DAY_US, HOUR_US, MINUTE_US, audit, email_of, language, password, principal_in, token, totp};
use crate::access::{Principal, Role};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// A session ends so long after its start, and so long after it was last used.
const SESSION_US: i64 = 7 * DAY_US;
const IDLE_US: i64 = 12 * HOUR_US;
/// The use of a session is written down at most this often.
const SEEN_EVERY_US: i64 = MINUTE_US;
/// Failures are forgotten after this long.
const FORGET_US: i64 = HOUR_US;
/// So many failures in a row cost nothing; each further one doubles the wait.
pub(super) const FREE_FAILURES: i64 = 5;
const LONGEST_WAIT_US: i64 = 15 * MINUTE_US;

/// What somebody types to sign in.
#[derive(Clone)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// Six digits of the second factor, where the account has one.
    pub totp: Option<String>,
    /// Where the request came from.
    pub address: String,
}

/// A new session. The token goes into a cookie and nowhere else.
pub struct SignedIn {
    pub token: String,
    pub principal: Principal,
    pub expires_us: i64,
}

/// True as long as there is no account at all.
pub async fn needs_set_up(workspace: &Workspace) -> Result<bool, WorkspaceError> {
    Ok(workspace.store.accounts().count().await? == 0)
}

/// A code that makes the first administrator, once, within a day; the one before is void. It is for
/// the console. `None` if there is an account already.
pub async fn set_up_code(workspace: &Workspace) -> Result<Option<String>, WorkspaceError> {
    if !needs_set_up(workspace).await? {
        return Ok(None);
    }
    let code = token::new("")?[..20].to_string();
    let expires = system_us() + DAY_US;
    workspace.store.accounts().add_code(&token::hash(&code), "setup", None, expires).await?;
    Ok(Some(code))
}

/// Makes the first administrator and signs them in.
pub async fn set_up(
    workspace: &Workspace,
    code: &str,
    email: &str,
    name: &str,
    new_password: &str,
    lang: &str,
) -> Result<SignedIn, WorkspaceError> {
    if !needs_set_up(workspace).await? {
        return Err(WorkspaceError::Conflict { what: "setup" });
    }
    // What was typed wrong is said before the code is used up.
    let email = email_of(email)?;
    password::check(new_password, &email)?;
    let now = system_us();
    let hash = password::hash(new_password).await?;
    if workspace.store.accounts().use_code(&token::hash(code.trim()), "setup", now).await?.is_none() {
        return Err(WorkspaceError::InvalidCredentials);
    }
    let account = Account {
        id: token::id()?,
        email,
        name: name.trim().to_string(),
        role: Role::Administrator.as_str().into(),
        scope: json!({ "kind": "everyone" }),
        language: if matches!(language(lang), gradus_model::Lang::En) { "en" } else { "zh" }.into(),
        password: Some(hash),
        sealed_totp: None,
        totp_step: 0,
        subject: None,
        created: now,
        disabled: None,
    };
    workspace.store.accounts().add(&account).await?;
    audit(workspace, &account.id, "account.set_up", &account.id, json!({ "role": account.role })).await?;
    begin(workspace, &account, BY_PASSWORD).await
}

/// Signs in. The answer is the same, and takes as long, whether the account does not exist, is
/// disabled, or the password is wrong.
pub async fn sign_in(workspace: &Workspace, given: &SignIn) -> Result<SignedIn, WorkspaceError> {
    let accounts = workspace.store.accounts();
    let now = system_us();
    let email = given.email.trim().to_lowercase();
    let subjects =
        [token::hash(&format!("email:{email}")), token::hash(&format!("address:{}", given.address))];
    for (at, subject) in subjects.iter().enumerate() {
        // Many people may share one address, so it takes more to slow it down.
        let free = if at == 0 { FREE_FAILURES } else { FREE_FAILURES * 10 };
        has_to_wait(workspace, subject, free, now).await?;
    }
    let account = accounts.by_email(&email).await?.filter(|account| account.disabled.is_none());
    let hash = account.as_ref().and_then(|account| account.password.as_deref());
    let fits = password::matches(&given.password, hash).await?;
    let Some(account) = account.filter(|_| fits) else {
        for subject in &subjects {
            count_failure(workspace, subject, now).await?;
        }
        audit(workspace, "system", "session.refused", "", json!({})).await?;
        return Err(WorkspaceError::InvalidCredentials);
    };
    if account.sealed_totp.is_some() {
        let Some(code) = given.totp.as_deref().filter(|code| !code.trim().is_empty()) else {
            return Err(WorkspaceError::SecondFactorNeeded);
        };
        if !totp::fits(workspace, &account, code).await? {
            for subject in &subjects {
                count_failure(workspace, subject, now).await?;
            }
            audit(workspace, "system", "session.refused", &account.id, json!({ "second_factor": true }))
                .await?;
            return Err(WorkspaceError::InvalidCredentials);
        }
    }
    accounts.forgive(&subjects[0]).await?;
    begin(workspace, &account, BY_PASSWORD).await
}

/// Signs in by a one-time link. It is for whoever sits at the machine: from another address it is
/// refused, and not used up.
pub async fn enter(workspace: &Workspace, code: &str, address: &str) -> Result<SignedIn, WorkspaceError> {
    let is_here =
        address.parse::<std::net::IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback());
    if !is_here {
        return Err(WorkspaceError::InvalidCredentials);
    }
    let accounts = workspace.store.accounts();
    let found = accounts.use_code(&token::hash(code.trim()), "enter", system_us()).await?.flatten();
    let account = match found {
        Some(id) => accounts.get(&id).await?.filter(|account| account.disabled.is_none()),
        None => None,
    };
    match account {
        Some(account) => begin(workspace, &account, BY_LINK).await,
        None => Err(WorkspaceError::InvalidCredentials),
    }
}

/// Who a session's token stands for; `None` if it has ended.
pub async fn principal_of_session(
    workspace: &Workspace,
    token: &str,
) -> Result<Option<Principal>, WorkspaceError> {
    let accounts = workspace.store.accounts();
    let now = system_us();
    let Some(session) = accounts.session(&token::hash(token)).await? else { return Ok(None) };
    if session.expires <= now || now - session.last_seen > IDLE_US {
        accounts.end_session(&session.account, &session.id).await?;
        return Ok(None);
    }
    let Some(account) = accounts.get(&session.account).await?.filter(|account| account.disabled.is_none())
    else {
        return Ok(None);
    };
    if now - session.last_seen > SEEN_EVERY_US {
        accounts.seen(&session.id, now).await?;
    }
    Ok(Some(principal_in(workspace, &account, &session).await?))
}

/// Ends the session of whoever asks.
pub async fn sign_out(workspace: &Workspace, who: &Principal) -> Result<(), WorkspaceError> {
    if let Some(session) = &who.session {
        workspace.store.accounts().end_session(&who.account, session).await?;
    }
    Ok(())
}

/// # Errors
/// [`WorkspaceError::Throttled`] after more than `free` failures, each with a longer wait.
pub(super) async fn has_to_wait(
    workspace: &Workspace,
    subject: &[u8],
    free: i64,
    now: i64,
) -> Result<(), WorkspaceError> {
    let (n, last) = workspace.store.accounts().failures(subject).await?;
    if n < free || now - last >= FORGET_US {
        return Ok(());
    }
    let wait = (MINUTE_US / 4).saturating_mul(1 << (n - free).min(10)).min(LONGEST_WAIT_US);
    if now - last >= wait {
        return Ok(());
    }
    Err(WorkspaceError::Throttled { retry_after_s: ((wait - (now - last)) / 1_000_000).max(1) })
}

pub(super) async fn count_failure(
    workspace: &Workspace,
    subject: &[u8],
    now: i64,
) -> Result<(), WorkspaceError> {
    Ok(workspace.store.accounts().failed(subject, now, now - FORGET_US).await?)
}

async fn begin(workspace: &Workspace, account: &Account, way: &str) -> Result<SignedIn, WorkspaceError> {
    begin_by(workspace, account, way, system_us(), json!({})).await
}

/// Begins a session; `proved` is when they showed that it is they, `detail` says in the audit log how.
pub(super) async fn begin_by(
    workspace: &Workspace,
    account: &Account,
    way: &str,
    proved: i64,
    detail: serde_json::Value,
) -> Result<SignedIn, WorkspaceError> {
    let now = system_us();
    let (token, id) = (token::new("")?, token::id()?);
    let session = Session {
        id: id.clone(),
        account: account.id.clone(),
        created: now,
        last_seen: now,
        expires: now + SESSION_US,
        way: way.into(),
        proved,
    };
    workspace.store.accounts().begin_session(&session, &token::hash(&token)).await?;
    audit(workspace, &account.id, "session.begin", &id, detail).await?;
    let principal = principal_in(workspace, account, &session).await?;
    Ok(SignedIn { token, principal, expires_us: session.expires })
}
