//! Somebody for whom the company's provider of identities vouches: found or made, given the rights of
//! their group, and signed in.

use gradus_model::Text;
use gradus_store::Account;
use serde_json::json;

use super::presence::BY_PROVIDER;
use super::provider::{IdentityProvider, Newcomers};
use super::sign_in::{FREE_FAILURES, SignedIn, begin_by, count_failure, has_to_wait};
use super::users::{is_last_administrator, rights_of};
use super::{audit, email_of, token};
use crate::access::{DataScope, Role};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Who the provider says it is. All of it was verified before.
#[derive(Debug, Clone, Default)]
pub struct Person {
    /// The provider's own name for them, which never becomes somebody else's.
    pub subject: String,
    pub email: Option<String>,
    /// What the provider says of the address; `None` if it says nothing.
    pub email_verified: Option<bool>,
    pub name: Option<String>,
    /// Such as `zh-CN`.
    pub locale: Option<String>,
    pub groups: Vec<String>,
    /// When the provider last asked them who they are, microseconds UTC; `None` if it does not say.
    pub authenticated_us: Option<i64>,
}

/// Why somebody is not let in, although the provider knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdmitted {
    /// An administrator shut the account.
    Disabled,
    /// There is no account, and none is made for newcomers.
    NoAccount,
    /// They are in none of the groups that may work here.
    NoGroup,
    /// An account is known by its address, and the provider gives none, or one that nobody verified.
    NoEmail,
    /// The address is that of an account which belongs to somebody else, or might.
    EmailTaken,
    /// Whoever is signed in was to show that it is they, and somebody else came back.
    AnotherPerson,
}

impl NotAdmitted {
    /// The code that programs and the page know it by.
    pub fn code(self) -> &'static str {
        match self {
            NotAdmitted::Disabled => "account_disabled",
            NotAdmitted::NoAccount => "no_account",
            NotAdmitted::NoGroup => "no_group",
            NotAdmitted::NoEmail => "no_email",
            NotAdmitted::EmailTaken => "email_taken",
            NotAdmitted::AnotherPerson => "another_person",
        }
    }

    /// What they are told, and what to do about it.
    pub fn text(self) -> Text {
        match self {
            NotAdmitted::Disabled => {
                Text::new("您的账号已停用，请联系管理员", "your account is disabled; ask an administrator")
            }
            NotAdmitted::NoAccount => Text::new(
                "身份已确认，但您在 Gradus 还没有账号，请管理员先添加",
                "we know who you are, and you have no account here yet: ask an administrator to add you",
            ),
            NotAdmitted::NoGroup => Text::new(
                "身份已确认，但您不在可使用 Gradus 的用户组中，请联系管理员",
                "we know who you are, and you are in none of the groups that work here: ask an administrator",
            ),
            NotAdmitted::NoEmail => Text::new(
                "身份提供方没有给出已验证的邮箱，请联系其管理员",
                "the provider gives no verified e-mail address of yours; ask whoever runs it",
            ),
            NotAdmitted::EmailTaken => Text::new(
                "这个邮箱已属于另一个账号，请管理员核对",
                "this e-mail address is another account's; ask an administrator to look at it",
            ),
            NotAdmitted::AnotherPerson => Text::new(
                "在身份提供方登录的是另一个人。请用当前账号重新核实，或先退出登录",
                "somebody else signed in at the provider: show there that it is you, or sign out first",
            ),
        }
    }
}

/// Whether somebody at this address may try to come back from the provider.
///
/// # Errors
/// [`WorkspaceError::Throttled`] after many returns that were refused.
pub async fn may_return(workspace: &Workspace, address: &str) -> Result<(), WorkspaceError> {
    has_to_wait(workspace, &subject_of(address), FREE_FAILURES * 10, system_us()).await
}

/// Counts and records a return from the provider that was refused; `why` is a code of ours, nothing
/// that was sent.
pub async fn return_refused(workspace: &Workspace, address: &str, why: &str) -> Result<(), WorkspaceError> {
    count_failure(workspace, &subject_of(address), system_us()).await?;
    audit(workspace, "system", "session.refused", "", json!({ "by": "openid", "why": why })).await
}

/// Signs somebody in whom the provider knows. Where groups are named, they say role and data at each
/// sign-in; the last administrator stays one. `expected` is the account that shows that it is still they, where
/// that is why they went there.
///
/// # Errors
/// [`WorkspaceError::NotAdmitted`].
pub async fn admit(
    workspace: &Workspace,
    provider: &IdentityProvider,
    person: &Person,
    expected: Option<&str>,
) -> Result<SignedIn, WorkspaceError> {
    match let_in(workspace, provider, person, expected).await {
        Err(WorkspaceError::NotAdmitted(why)) => {
            audit(workspace, "system", "session.refused", "", json!({ "by": "openid", "why": why.code() }))
                .await?;
            Err(WorkspaceError::NotAdmitted(why))
        }
        other => other,
    }
}

async fn let_in(
    workspace: &Workspace,
    provider: &IdentityProvider,
    person: &Person,
    expected: Option<&str>,
) -> Result<SignedIn, WorkspaceError> {
    let key = format!("{}{}", subjects_of(&provider.issuer), person.subject);
    let found = find(workspace, provider, person, &key).await?;
    if expected.is_some_and(|expected| found.as_ref().is_none_or(|account| account.id != expected)) {
        return Err(WorkspaceError::NotAdmitted(NotAdmitted::AnotherPerson));
    }
    let account = match found {
        Some(account) if account.disabled.is_some() => {
            return Err(WorkspaceError::NotAdmitted(NotAdmitted::Disabled));
        }
        Some(account) => with_rights(workspace, provider, person, account).await?,
        None => make(workspace, provider, person, key).await?,
    };
    // A provider that let them through unasked has not seen who sits there now.
    let proved = person.authenticated_us.unwrap_or(0).min(system_us());
    begin_by(workspace, &account, BY_PROVIDER, proved, json!({ "by": "openid" })).await
}

/// What the keys of everybody whom an issuer knows begin with. No issuer has a space in it, so no two pairs of
/// issuer and subject read alike.
pub(super) fn subjects_of(issuer: &str) -> String {
    format!("{issuer} ")
}

/// The account that is theirs already, or becomes theirs by its verified address.
async fn find(
    workspace: &Workspace,
    provider: &IdentityProvider,
    person: &Person,
    key: &str,
) -> Result<Option<Account>, WorkspaceError> {
    let accounts = workspace.store.accounts();
    if let Some(account) = accounts.by_subject(key).await? {
        return Ok(Some(account));
    }
    let Some(email) = person.email.as_deref().and_then(|email| email_of(email).ok()) else { return Ok(None) };
    let Some(account) = accounts.by_email(&email).await? else { return Ok(None) };
    let may = provider.rules.link_by_email && person.email_verified == Some(true);
    if account.disabled.is_some() && may {
        return Ok(Some(account));
    }
    if !may || !accounts.link_subject(&account.id, key).await? {
        return Err(WorkspaceError::NotAdmitted(NotAdmitted::EmailTaken));
    }
    audit(workspace, &account.id, "account.link", &account.id, json!({ "by": "openid" })).await?;
    Ok(Some(account))
}

/// What their groups give them; `None` if groups say nothing about anybody.
fn granted(
    provider: &IdentityProvider,
    person: &Person,
) -> Result<Option<(Role, DataScope)>, WorkspaceError> {
    let rules = &provider.rules;
    if let Some((_, role, scope)) = rules.groups.iter().find(|(group, _, _)| person.groups.contains(group)) {
        return Ok(Some((*role, scope.clone())));
    }
    match &rules.new_people {
        _ if rules.groups.is_empty() => Ok(None),
        Newcomers::Everybody(role, scope) => Ok(Some((*role, scope.clone()))),
        Newcomers::Refused | Newcomers::ByGroup => Err(WorkspaceError::NotAdmitted(NotAdmitted::NoGroup)),
    }
}

async fn with_rights(
    workspace: &Workspace,
    provider: &IdentityProvider,
    person: &Person,
    mut account: Account,
) -> Result<Account, WorkspaceError> {
    let Some((role, scope)) = granted(provider, person)? else { return Ok(account) };
    let before = rights_of(&account);
    let was = account.clone();
    account.role = role.as_str().into();
    account.scope = json!(scope);
    if rights_of(&account) == before {
        return Ok(account);
    }
    if role != Role::Administrator && is_last_administrator(workspace, &was).await? {
        return Ok(was);
    }
    let accounts = workspace.store.accounts();
    accounts.update(&account).await?;
    accounts.end_sessions(&account.id, None).await?;
    let detail = json!({ "role": account.role, "scope": account.scope, "by": "openid" });
    audit(workspace, &account.id, "account.update", &account.id, detail).await?;
    Ok(account)
}

async fn make(
    workspace: &Workspace,
    provider: &IdentityProvider,
    person: &Person,
    key: String,
) -> Result<Account, WorkspaceError> {
    let (role, scope) = match (&provider.rules.new_people, granted(provider, person)) {
        (Newcomers::Refused, _) => return Err(WorkspaceError::NotAdmitted(NotAdmitted::NoAccount)),
        (_, Err(why)) => return Err(why),
        (_, Ok(Some(given))) => given,
        (Newcomers::Everybody(role, scope), Ok(None)) => (*role, scope.clone()),
        (Newcomers::ByGroup, Ok(None)) => return Err(WorkspaceError::NotAdmitted(NotAdmitted::NoGroup)),
    };
    let email = person.email.as_deref().filter(|_| person.email_verified != Some(false));
    let Some(email) = email.and_then(|email| email_of(email).ok()) else {
        return Err(WorkspaceError::NotAdmitted(NotAdmitted::NoEmail));
    };
    let name = person.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| email.split('@').next().unwrap_or_default());
    let account = Account {
        id: token::id()?,
        name: name.chars().filter(|c| !c.is_control()).take(100).collect(),
        email,
        role: role.as_str().into(),
        scope: json!(scope),
        language: match person.locale.as_deref().map(str::to_ascii_lowercase) {
            Some(locale) if locale.starts_with("en") => "en".into(),
            Some(locale) if locale.starts_with("zh") => "zh".into(),
            _ if workspace.settings.language == gradus_model::Lang::En => "en".into(),
            _ => "zh".into(),
        },
        password: None,
        sealed_totp: None,
        totp_step: 0,
        subject: Some(key),
        created: system_us(),
        disabled: None,
    };
    workspace.store.accounts().add(&account).await?;
    let detail = json!({ "role": account.role, "scope": account.scope, "by": "openid" });
    audit(workspace, &account.id, "account.create", &account.id, detail).await?;
    Ok(account)
}

fn subject_of(address: &str) -> Vec<u8> {
    token::hash(&format!("openid:{address}"))
}
