//! Accounts: setting up the first, signing in and out, users, keys and one-time links.

mod admit;
mod demands;
mod keys;
mod network;
mod password;
mod presence;
mod provider;
mod sign_in;
pub(crate) mod token;
mod totp;
mod users;

pub use admit::{NotAdmitted, Person, admit, may_return, return_refused};
pub use demands::{Demanded, Demands, DemandsChange, MOST_MINUTES, demands, set_demands};
pub use keys::{
    KeyChange, NewKey, create_key, create_key_for, keys, principal_of_key, revoke_key, update_key,
};
pub use presence::{Shown, prove};
pub use provider::{IdentityProvider, Secret, identity_provider, is_private_address};
pub use sign_in::{
    SignIn, SignedIn, enter, needs_set_up, principal_of_session, set_up, set_up_code, sign_in, sign_out,
};
pub use totp::{SecondFactor, begin_totp, confirm_totp, has_totp, remove_totp};
pub use users::{
    NewUser, UserChange, change_password, create_user, end_session, entry_link, find_user, people,
    reset_password, reset_with_code, sessions, update_user, users,
};

use gradus_model::Lang;
use gradus_store::{Account, NewAuditEntry, Session};
use serde_json::Value;

use crate::access::{DataScope, Permission, Principal, Role};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// Writes what somebody did into the audit log.
pub(crate) async fn audit(
    workspace: &Workspace,
    actor: &str,
    action: &str,
    subject: &str,
    detail: Value,
) -> Result<(), WorkspaceError> {
    let entry = NewAuditEntry::new(system_us(), actor, action, subject).detail(detail);
    workspace.store.audit().append(entry).await?;
    Ok(())
}

/// Who an account is, with its rights. A role or scope that this program does not know gives none.
fn principal(account: &Account, session: Option<String>) -> Principal {
    let role = Role::parse(&account.role);
    let scope = serde_json::from_value::<DataScope>(account.scope.clone()).ok();
    let permissions: &[Permission] = match (&role, &scope) {
        (Some(role), Some(_)) => role.permissions(),
        _ => &[],
    };
    Principal {
        account: account.id.clone(),
        name: account.name.clone(),
        role: role.unwrap_or(Role::Viewer),
        permissions: permissions.to_vec(),
        scope: scope.unwrap_or(DataScope::Own),
        language: language(&account.language),
        session,
        presence: None,
    }
}

/// Who has a session, and what is known of them.
async fn principal_in(
    workspace: &Workspace,
    account: &Account,
    session: &Session,
) -> Result<Principal, WorkspaceError> {
    let presence = presence::presence(workspace, account, session).await?;
    Ok(Principal { presence: Some(presence), ..principal(account, Some(session.id.clone())) })
}

fn language(written: &str) -> Lang {
    if written == "en" { Lang::En } else { Lang::Zh }
}

/// An e-mail address as it is kept.
fn email_of(written: &str) -> Result<String, WorkspaceError> {
    let email = written.trim().to_lowercase();
    let fine = email.len() <= 254
        && email.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty() && host.contains('.') && !host.starts_with('.') && !host.ends_with('.')
        })
        && !email.contains(|c: char| {
            c.is_whitespace() || c.is_control() || ['<', '>', ',', ';', '"'].contains(&c)
        });
    if fine {
        return Ok(email);
    }
    Err(gradus_model::Finding::error(
        "email-form",
        gradus_model::Place::default().at("email"),
        gradus_model::Text::new("这不是邮箱地址", "this is no e-mail address"),
        gradus_model::Text::new("例如 lin@example.com", "such as lin@example.com"),
    )
    .into())
}
