//! Users: who may sign in, as what, and seeing whose data.

use gradus_model::{Finding, Place, Text};
use gradus_store::{Account, Session};
use serde::Deserialize;
use serde_json::json;

use super::presence::Guarded;
use super::{DAY_US, MINUTE_US, audit, email_of, password, token, totp};
use crate::access::{DataScope, Permission, Principal, Role};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// A one-time link is used at once or not at all.
const ENTRY_US: i64 = 15 * MINUTE_US;

/// A user to be made. They choose their password by the link that comes back.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    #[serde(default)]
    pub scope: DataScope,
    #[serde(default)]
    pub language: Option<String>,
}

/// What changes of a user; what is left out stays.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub scope: Option<DataScope>,
    pub disabled: Option<bool>,
    /// True: whoever lost their second factor signs in without it.
    #[serde(default)]
    pub forget_second_factor: bool,
    /// True: they are signed out everywhere.
    #[serde(default)]
    pub end_sessions: bool,
    pub language: Option<String>,
}

/// Ids and names of everybody, and whether they may still sign in: no addresses, no rights.
pub async fn people(
    workspace: &Workspace,
    who: &Principal,
) -> Result<Vec<(String, String, bool)>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let all = workspace.store.accounts().list().await?;
    Ok(all.into_iter().map(|account| (account.id, account.name, account.disabled.is_some())).collect())
}

pub async fn users(workspace: &Workspace, who: &Principal) -> Result<Vec<Account>, WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    Ok(workspace.store.accounts().list().await?)
}

/// The user whom an address of mail, or an account's id, means.
///
/// # Errors
/// A finding if it is nobody's.
pub async fn find_user(
    workspace: &Workspace,
    who: &Principal,
    written: &str,
) -> Result<Account, WorkspaceError> {
    let wanted = written.trim();
    let email = wanted.to_lowercase();
    let found = users(workspace, who).await?.into_iter().find(|one| one.email == email || one.id == wanted);
    found.ok_or_else(|| {
        Finding::error(
            "unknown-user",
            Place::default().at("user"),
            Text::new(format!("没有用户 {wanted}"), format!("there is no user {wanted}")),
            Text::new("gradus user list 列出所有用户", "`gradus user list` names them"),
        )
        .into()
    })
}

/// Makes a user; returns the account and the one-time code with which they set their password.
pub async fn create_user(
    workspace: &Workspace,
    who: &Principal,
    new: NewUser,
) -> Result<(Account, String), WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    who.is_present()?;
    exists(workspace, &new.scope).await?;
    let account = Account {
        id: token::id()?,
        email: email_of(&new.email)?,
        name: new.name.trim().to_string(),
        role: new.role.as_str().into(),
        scope: json!(new.scope),
        language: new.language.unwrap_or_else(|| "zh".into()),
        password: None,
        sealed_totp: None,
        totp_step: 0,
        subject: None,
        created: system_us(),
        disabled: None,
    };
    workspace.store.accounts().add(&account).await?;
    audit(workspace, &who.account, "account.create", &account.id, json!({ "role": account.role })).await?;
    let code = code_for(workspace, &account.id, "reset", 7 * DAY_US).await?;
    Ok((account, code))
}

/// A scope names a segment that there is: whoever saw the customers of none would see nobody, and nobody would
/// know why.
async fn exists(workspace: &Workspace, scope: &DataScope) -> Result<(), WorkspaceError> {
    let DataScope::Segment { segment } = scope else { return Ok(()) };
    let model = crate::versions::now_in_force(workspace).await?.model;
    match model.segments.get(segment) {
        Some(_) => Ok(()),
        None => Err(crate::customers::unknown_among("segment", segment, model.segments.names())),
    }
}

/// Changes a user. Who is disabled, or gets other rights, is signed out at once.
pub async fn update_user(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    change: UserChange,
) -> Result<Account, WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    let accounts = workspace.store.accounts();
    let mut account = accounts.get(id).await?.ok_or(WorkspaceError::NotFound { what: "account" })?;
    let (before, rights_before) = (account.clone(), rights_of(&account));
    let gives = change.role.is_some() || change.scope.is_some() || change.disabled == Some(false);
    if gives || change.forget_second_factor {
        who.is_present()?;
    }
    if let Some(name) = &change.name {
        account.name = name.trim().to_string();
    }
    if let Some(role) = change.role {
        account.role = role.as_str().into();
    }
    if let Some(scope) = &change.scope {
        // What stays as it was may name a segment that is gone.
        if json!(scope) != account.scope {
            exists(workspace, scope).await?;
        }
        account.scope = json!(scope);
    }
    if let Some(language) = &change.language {
        account.language = if language == "en" { "en" } else { "zh" }.into();
    }
    if let Some(disabled) = change.disabled {
        account.disabled = disabled.then(|| account.disabled.unwrap_or_else(system_us));
    }
    if change.forget_second_factor {
        totp::forget_totp(workspace, &mut account).await?;
    }
    let stays_administrator = account.role == Role::Administrator.as_str() && account.disabled.is_none();
    if !stays_administrator && is_last_administrator(workspace, &before).await? {
        return Err(Finding::error(
            "last-administrator",
            Place::default(),
            Text::new("这是最后一位管理员", "this is the last administrator"),
            Text::new("先让另一位用户成为管理员", "make another user an administrator first"),
        )
        .into());
    }
    accounts.update(&account).await?;
    if change.end_sessions || rights_of(&account) != rights_before {
        accounts.end_sessions(id, None).await?;
    }
    let mut detail =
        json!({ "role": account.role, "scope": account.scope, "disabled": account.disabled.is_some() });
    for (what, done) in
        [("second_factor_forgotten", change.forget_second_factor), ("sessions_ended", change.end_sessions)]
    {
        if done {
            detail[what] = json!(true);
        }
    }
    audit(workspace, &who.account, "account.update", id, detail).await?;
    Ok(account)
}

/// What an account may do: whoever it changes for is signed out.
pub(super) fn rights_of(account: &Account) -> (String, serde_json::Value, Option<i64>) {
    (account.role.clone(), account.scope.clone(), account.disabled)
}

/// True if this account is an administrator and no other is left that could sign in.
pub(super) async fn is_last_administrator(
    workspace: &Workspace,
    account: &Account,
) -> Result<bool, WorkspaceError> {
    if account.role != Role::Administrator.as_str() {
        return Ok(false);
    }
    let others = workspace.store.accounts().list().await?.into_iter().any(|other| {
        other.id != account.id && other.role == Role::Administrator.as_str() && other.disabled.is_none()
    });
    Ok(!others)
}

/// A one-time code with which a user sets a new password within a day.
pub async fn reset_password(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
) -> Result<String, WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    who.is_present()?;
    workspace.store.accounts().get(id).await?.ok_or(WorkspaceError::NotFound { what: "account" })?;
    audit(workspace, &who.account, "account.reset_password", id, json!({})).await?;
    code_for(workspace, id, "reset", DAY_US).await
}

/// Sets a password by a one-time code; all sessions end.
pub async fn reset_with_code(workspace: &Workspace, code: &str, new: &str) -> Result<(), WorkspaceError> {
    let accounts = workspace.store.accounts();
    password::check(new, "")?;
    let hash = password::hash(new).await?;
    let id = accounts.use_code(&token::hash(code.trim()), "reset", system_us()).await?.flatten();
    let account = match id {
        Some(id) => accounts.get(&id).await?,
        None => None,
    };
    let Some(mut account) = account else { return Err(WorkspaceError::InvalidCredentials) };
    account.password = Some(hash);
    accounts.update(&account).await?;
    accounts.end_sessions(&account.id, None).await?;
    audit(workspace, &account.id, "account.password", &account.id, json!({})).await
}

/// Changes one's own password; all other sessions end. The old one shows that it is they, so whoever
/// guesses it waits as at the door; `address` is where the request came from.
pub async fn change_password(
    workspace: &Workspace,
    who: &Principal,
    old: &str,
    new: &str,
    address: &str,
) -> Result<(), WorkspaceError> {
    let accounts = workspace.store.accounts();
    let mut account =
        accounts.get(&who.account).await?.ok_or(WorkspaceError::NotFound { what: "account" })?;
    who.is_present()?;
    let guarded = Guarded::begin(workspace, &account, address).await?;
    let fits = password::matches(old, account.password.as_deref()).await?;
    guarded.end(fits).await?;
    if !fits {
        return Err(WorkspaceError::InvalidCredentials);
    }
    password::check(new, &account.email)?;
    account.password = Some(password::hash(new).await?);
    accounts.update(&account).await?;
    accounts.end_sessions(&account.id, who.session.as_deref()).await?;
    audit(workspace, &account.id, "account.password", &account.id, json!({})).await
}

/// One's own sessions, newest first.
pub async fn sessions(workspace: &Workspace, who: &Principal) -> Result<Vec<Session>, WorkspaceError> {
    Ok(workspace.store.accounts().sessions_of(&who.account).await?)
}

/// Ends one of one's own sessions.
pub async fn end_session(workspace: &Workspace, who: &Principal, id: &str) -> Result<(), WorkspaceError> {
    if !workspace.store.accounts().end_session(&who.account, id).await? {
        return Err(WorkspaceError::NotFound { what: "session" });
    }
    Ok(())
}

/// A code that signs an account in once, within a quarter of an hour, from this machine: for whoever
/// sits at it, such as at the end of a demo.
pub async fn entry_link(workspace: &Workspace, email: &str) -> Result<String, WorkspaceError> {
    let account = workspace.store.accounts().by_email(&email_of(email)?).await?;
    let account = account.ok_or(WorkspaceError::NotFound { what: "account" })?;
    code_for(workspace, &account.id, "enter", ENTRY_US).await
}

async fn code_for(
    workspace: &Workspace,
    account: &str,
    purpose: &str,
    valid_us: i64,
) -> Result<String, WorkspaceError> {
    let code = token::new("")?;
    let expires = system_us() + valid_us;
    workspace.store.accounts().add_code(&token::hash(&code), purpose, Some(account), expires).await?;
    Ok(code)
}
