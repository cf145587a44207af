//! Whether it is still they: a session is open for hours, and whoever finds it open must not change rights
//! with it. By their password or a code of their second factor they show that it is they.

use gradus_store::{Account, Session};
use serde_json::json;

use super::admit::subjects_of;
use super::demands::{Demands, demands};
use super::sign_in::{FREE_FAILURES, count_failure, has_to_wait};
use super::{audit, password, token, totp};
use crate::access::{Presence, Principal, Proof};
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// How a session began, as it is written down.
pub(super) const BY_PASSWORD: &str = "password";
pub(super) const BY_LINK: &str = "link";
pub(super) const BY_PROVIDER: &str = "provider";

/// What somebody shows: one of both is enough.
#[derive(Clone, Default)]
pub struct Shown {
    pub password: Option<String>,
    /// Six digits of the second factor, or a recovery code.
    pub totp: Option<String>,
    /// Where the request came from.
    pub address: String,
}

/// Shows that whoever asks is the person whose session it is.
///
/// # Errors
/// [`WorkspaceError::InvalidCredentials`] if nothing fits, [`WorkspaceError::Throttled`] after some of these.
pub async fn prove(workspace: &Workspace, who: &Principal, shown: &Shown) -> Result<(), WorkspaceError> {
    let session = who.session.as_deref().ok_or(WorkspaceError::NotFound { what: "session" })?;
    let found = workspace.store.accounts().get(&who.account).await?;
    let account = found.ok_or(WorkspaceError::NotFound { what: "account" })?;
    let guarded = Guarded::begin(workspace, &account, &shown.address).await?;
    let fits = match (&shown.password, &shown.totp) {
        (Some(typed), _) if account.password.is_some() => {
            password::matches(typed, account.password.as_deref()).await?
        }
        (_, Some(code)) if account.sealed_totp.is_some() => totp::fits(workspace, &account, code).await?,
        _ => false,
    };
    guarded.end(fits).await?;
    if !fits {
        return Err(WorkspaceError::InvalidCredentials);
    }
    workspace.store.accounts().proved(session, system_us()).await?;
    audit(workspace, &account.id, "session.proved", session, json!({})).await
}

/// What is known of the person behind a session.
pub(super) async fn presence(
    workspace: &Workspace,
    account: &Account,
    session: &Session,
) -> Result<Presence, WorkspaceError> {
    let demands: Demands = demands(workspace).await?;
    let by_provider = session.way == BY_PROVIDER;
    Ok(Presence {
        is_recent: system_us() - session.proved < demands.presence_us(),
        ways: ways(account, issuer(workspace)),
        lacks_second_factor: demands.lacks_second_factor(account, by_provider),
    })
}

/// The provider of identities that people may sign in by, where there is one.
fn issuer(workspace: &Workspace) -> Option<&str> {
    workspace.settings.sign_in.openid.as_ref().map(|setting| setting.issuer.as_str())
}

/// How somebody can show that it is they. A provider that they came by once is a way only as long as it is the one
/// that is asked now.
fn ways(account: &Account, issuer: Option<&str>) -> Vec<Proof> {
    let known_there = |subject: &str| issuer.is_some_and(|issuer| subject.starts_with(&subjects_of(issuer)));
    let all = [
        (Proof::Password, account.password.is_some()),
        (Proof::Totp, account.sealed_totp.is_some()),
        (Proof::Provider, account.subject.as_deref().is_some_and(known_there)),
    ];
    let mut ways: Vec<Proof> = all.into_iter().filter(|(_, has)| *has).map(|(way, _)| way).collect();
    if ways.is_empty() {
        ways.push(Proof::Link);
    }
    ways
}

/// What is typed into an open session is guessed no faster than at the door.
pub(super) struct Guarded<'a> {
    workspace: &'a Workspace,
    subjects: [Vec<u8>; 2],
    account: String,
}

impl<'a> Guarded<'a> {
    /// # Errors
    /// [`WorkspaceError::Throttled`] after too many failures.
    pub(super) async fn begin(
        workspace: &'a Workspace,
        account: &Account,
        address: &str,
    ) -> Result<Guarded<'a>, WorkspaceError> {
        let subjects =
            [token::hash(&format!("proof:{}", account.id)), token::hash(&format!("address:{address}"))];
        for (at, subject) in subjects.iter().enumerate() {
            let free = if at == 0 { FREE_FAILURES } else { FREE_FAILURES * 10 };
            has_to_wait(workspace, subject, free, system_us()).await?;
        }
        Ok(Guarded { workspace, subjects, account: account.id.clone() })
    }

    /// Counts a failure; what fits forgives those before.
    pub(super) async fn end(self, fits: bool) -> Result<(), WorkspaceError> {
        if fits {
            return Ok(self.workspace.store.accounts().forgive(&self.subjects[0]).await?);
        }
        for subject in &self.subjects {
            count_failure(self.workspace, subject, system_us()).await?;
        }
        audit(self.workspace, &self.account, "session.not_proved", &self.account, json!({})).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_that_is_asked_no_more_proves_nothing() {
        let mut account = Account {
            id: "a".into(),
            name: "Wang".into(),
            email: "wang@example.com".into(),
            role: "operator".into(),
            scope: json!({ "kind": "everyone" }),
            language: "zh".into(),
            password: None,
            sealed_totp: None,
            totp_step: 0,
            subject: Some("https://login.example.com 17".into()),
            created: 0,
            disabled: None,
        };
        assert!(ways(&account, Some("https://login.example.com")) == [Proof::Provider]);
        for other in [None, Some("https://login.example"), Some("https://other.example.com")] {
            assert!(ways(&account, other) == [Proof::Link], "{other:?}");
        }
        account.password = Some("hash".into());
        assert!(ways(&account, None) == [Proof::Password]);
    }
}
