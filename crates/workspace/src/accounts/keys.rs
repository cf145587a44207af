//! Keys for programs: shown once, kept as a hash, never wider than the rights of their owner.

use gradus_model::{Finding, Place, Text};
use gradus_store::ApiKey;
use serde::Deserialize;
use serde_json::json;

use super::network::{is_allowed, networks_of};
use super::{audit, email_of, principal, token};
use crate::access::{Permission, Principal};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// What a key begins with, so that a leaked one is recognised.
const PREFIX: &str = "gra_";

/// A key to be made.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    pub name: String,
    /// What it may do; each must be among the rights of whoever makes it.
    pub scopes: Vec<Permission>,
    /// Microseconds UTC; never if left out.
    #[serde(default)]
    pub expires_us: Option<i64>,
    /// From where it is taken, such as 203.0.113.0/24; from everywhere if there is none.
    #[serde(default)]
    pub networks: Vec<String>,
}

/// What changes of a key; what is left out stays. What it may do does not change: another key is made.
#[derive(Debug, Clone, Default)]
pub struct KeyChange {
    pub name: Option<String>,
    pub networks: Option<Vec<String>>,
}

pub async fn keys(workspace: &Workspace, who: &Principal) -> Result<Vec<ApiKey>, WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    Ok(workspace.store.accounts().keys().await?)
}

/// Makes a key of one's own; returns it with its token, which is shown this once.
pub async fn create_key(
    workspace: &Workspace,
    who: &Principal,
    new: NewKey,
) -> Result<(ApiKey, String), WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    who.is_present()?;
    add(workspace, who, who, new).await
}

/// Makes a key of the user with this address, as whoever sits at the machine may.
///
/// # Errors
/// Findings: there is no such user, they may not sign in, or lack a right that the key shall have.
pub async fn create_key_for(
    workspace: &Workspace,
    who: &Principal,
    email: &str,
    new: NewKey,
) -> Result<(ApiKey, String), WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    let email = email_of(email)?;
    let all = workspace.store.accounts().list().await?;
    let owner = all.iter().find(|account| account.email == email && account.disabled.is_none());
    let Some(owner) = owner.map(|account| principal(account, None)) else {
        return Err(Finding::error(
            "unknown-user",
            Place::default().at("for"),
            Text::new(format!("没有可登录的用户 {email}"), format!("no user {email} may sign in")),
            Text::new("gradus user list 列出所有用户", "`gradus user list` names them"),
        )
        .into());
    };
    let lacks: Vec<&Permission> = new.scopes.iter().filter(|scope| owner.needs(**scope).is_err()).collect();
    if let Some(first) = lacks.first() {
        let title = first.title();
        return Err(Finding::error(
            "key-beyond-owner",
            Place::default().at("scope"),
            Text::new(
                format!("{email} 自己没有权限「{}」", title.zh),
                format!("{email} has no right to {} themselves", title.en),
            ),
            Text::new(
                "密钥的权限不能超出所属用户；换一位用户，或先调整其角色",
                "a key never has more rights than its user: another user, or another role for this one",
            ),
        )
        .into());
    }
    add(workspace, who, &owner, new).await
}

/// Makes a key of `owner`; `who` did it.
async fn add(
    workspace: &Workspace,
    who: &Principal,
    owner: &Principal,
    new: NewKey,
) -> Result<(ApiKey, String), WorkspaceError> {
    if new.scopes.is_empty() || new.name.trim().is_empty() {
        return Err(Finding::error(
            "key-form",
            Place::default().at(if new.scopes.is_empty() { "scopes" } else { "name" }),
            Text::new("密钥需要名称和至少一项权限", "a key needs a name and at least one right"),
            Text::new("例如 scopes: [\"see_grades\"]", "such as scopes: [\"see_grades\"]"),
        )
        .into());
    }
    for scope in &new.scopes {
        owner.needs(*scope)?;
    }
    let networks = networks_of(&new.networks)?;
    let token = token::new(PREFIX)?;
    let key = ApiKey {
        id: token::id()?,
        name: new.name.trim().to_string(),
        account: owner.account.clone(),
        scopes: json!(new.scopes),
        networks: json!(networks),
        created: system_us(),
        expires: new.expires_us,
        last_used: None,
        revoked: None,
    };
    workspace.store.accounts().add_key(&key, &token::hash(&token)).await?;
    audit(
        workspace,
        &who.account,
        "key.create",
        &key.id,
        json!({ "scopes": key.scopes, "networks": key.networks }),
    )
    .await?;
    Ok((key, token))
}

/// Changes what a key is called and from where it is taken, from its next request on.
pub async fn update_key(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    change: KeyChange,
) -> Result<ApiKey, WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    who.is_present()?;
    let accounts = workspace.store.accounts();
    let missing = || WorkspaceError::NotFound { what: "key" };
    let mut key = accounts.keys().await?.into_iter().find(|key| key.id == id).ok_or_else(missing)?;
    if let Some(name) = change.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        key.name = name.to_string();
    }
    if let Some(networks) = &change.networks {
        key.networks = json!(networks_of(networks)?);
    }
    if !accounts.update_key(id, &key.name, &key.networks).await? {
        return Err(missing());
    }
    audit(workspace, &who.account, "key.update", id, json!({ "networks": key.networks })).await?;
    Ok(key)
}

pub async fn revoke_key(workspace: &Workspace, who: &Principal, id: &str) -> Result<(), WorkspaceError> {
    who.needs(Permission::ManageUsers)?;
    if !workspace.store.accounts().revoke_key(id, system_us()).await? {
        return Err(WorkspaceError::NotFound { what: "key" });
    }
    audit(workspace, &who.account, "key.revoke", id, json!({})).await
}

/// Who a key stands for: its owner with the rights that both have. `None` if it is not valid now.
/// `address` is where the request came from.
///
/// # Errors
/// [`WorkspaceError::WrongNetwork`] if the key is not taken from there.
pub async fn principal_of_key(
    workspace: &Workspace,
    token: &str,
    address: &str,
) -> Result<Option<Principal>, WorkspaceError> {
    let accounts = workspace.store.accounts();
    let now = system_us();
    let Some(key) = accounts.key(&token::hash(token)).await? else { return Ok(None) };
    if key.revoked.is_some() || key.expires.is_some_and(|expires| expires <= now) {
        return Ok(None);
    }
    let Some(account) = accounts.get(&key.account).await?.filter(|account| account.disabled.is_none()) else {
        return Ok(None);
    };
    if !is_allowed(&key.networks, address) {
        return Err(refused(workspace, &key, address, now).await?);
    }
    if key.last_used.is_none_or(|used| now - used > super::MINUTE_US) {
        accounts.key_used(&key.id, now).await?;
    }
    let scopes: Vec<Permission> = serde_json::from_value(key.scopes).unwrap_or_default();
    let mut who = principal(&account, None);
    who.permissions.retain(|permission| scopes.contains(permission));
    Ok(Some(who))
}

/// A key came from where it is not taken: somebody may have found it. Each address is written down once
/// an hour at most, so that nobody fills the log.
async fn refused(
    workspace: &Workspace,
    key: &ApiKey,
    address: &str,
    now: i64,
) -> Result<WorkspaceError, WorkspaceError> {
    let subject = token::hash(&format!("network:{}:{address}", key.id));
    let (n, last) = workspace.store.accounts().failures(&subject).await?;
    if n == 0 || now - last > super::HOUR_US {
        workspace.store.accounts().failed(&subject, now, now - super::HOUR_US).await?;
        audit(workspace, &key.account, "key.refused", &key.id, json!({ "address": address })).await?;
    }
    Ok(WorkspaceError::WrongNetwork)
}
