//! What the workspace demands of whoever signs in: of whom a second factor, and how often to show that it
//! is still they. Programs with a key are not asked.

use gradus_model::{Finding, Place, Text};
use gradus_store::Account;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{MINUTE_US, audit};
use crate::access::{Permission, Principal, Role};
use crate::{Workspace, WorkspaceError};

const SECOND_FACTOR: &str = "second_factor_demanded";
const PRESENCE: &str = "presence_minutes";
/// A day: whoever wants more does not want it at all.
pub const MOST_MINUTES: u32 = 1_440;
const USUAL_MINUTES: u32 = 15;

/// Of whom a second factor is demanded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Demanded {
    #[default]
    OfNobody,
    /// Of administrators and approvers.
    OfApprovers,
    OfEverybody,
}

impl Demanded {
    pub const ALL: [Demanded; 3] = [Demanded::OfNobody, Demanded::OfApprovers, Demanded::OfEverybody];

    /// As it is written and typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Demanded::OfNobody => "nobody",
            Demanded::OfApprovers => "approvers",
            Demanded::OfEverybody => "everybody",
        }
    }

    pub fn parse(text: &str) -> Option<Demanded> {
        Demanded::ALL.into_iter().find(|one| one.as_str() == text)
    }

    pub fn title(self) -> Text {
        match self {
            Demanded::OfNobody => Text::new("不要求任何人", "nobody"),
            Demanded::OfApprovers => Text::new("管理员与审批人", "administrators and approvers"),
            Demanded::OfEverybody => Text::new("所有人", "everybody"),
        }
    }

    /// Whether it is demanded of somebody of this role; a role that we do not know is looked at as the highest.
    fn holds_for(self, role: &str) -> bool {
        match self {
            Demanded::OfNobody => false,
            Demanded::OfApprovers => !matches!(
                Role::parse(role),
                Some(Role::Operator | Role::Analyst | Role::Service | Role::Viewer)
            ),
            Demanded::OfEverybody => true,
        }
    }
}

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demands {
    pub second_factor: Demanded,
    /// After so many minutes whoever changes something sensitive shows anew that it is they.
    pub presence_minutes: u32,
}

impl Demands {
    /// Whether an account is to have a second factor and has none. Whoever came by the company's provider
    /// of identities showed there what it demands.
    pub(super) fn lacks_second_factor(&self, account: &Account, by_provider: bool) -> bool {
        account.sealed_totp.is_none() && !by_provider && self.second_factor.holds_for(&account.role)
    }

    pub(super) fn presence_us(&self) -> i64 {
        i64::from(self.presence_minutes) * MINUTE_US
    }
}

/// What changes of it; what is left out stays.
#[derive(Debug, Clone, Copy, Default)]
pub struct DemandsChange {
    pub second_factor: Option<Demanded>,
    pub presence_minutes: Option<u32>,
}

pub async fn demands(workspace: &Workspace) -> Result<Demands, WorkspaceError> {
    let settings = workspace.store.settings();
    let demanded = settings.get(SECOND_FACTOR).await?;
    let minutes = settings.get(PRESENCE).await?.as_ref().and_then(Value::as_u64);
    Ok(Demands {
        second_factor: match demanded.as_ref().and_then(Value::as_str) {
            None => Demanded::default(),
            // What we cannot read is not what lets people in.
            Some(text) => Demanded::parse(text).unwrap_or(Demanded::OfEverybody),
        },
        presence_minutes: minutes.and_then(|minutes| u32::try_from(minutes).ok()).unwrap_or(USUAL_MINUTES),
    })
}

/// Demands more or less from now on, also of those who are signed in.
///
/// # Errors
/// A finding if the minutes are none, or more than a day.
pub async fn set_demands(
    workspace: &Workspace,
    who: &Principal,
    change: DemandsChange,
) -> Result<Demands, WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.is_present()?;
    if change.presence_minutes.is_some_and(|minutes| !(1..=MOST_MINUTES).contains(&minutes)) {
        return Err(Finding::error(
            "presence-minutes",
            Place::default().at("presence_minutes"),
            Text::new("确认本人身份的间隔须为 1 至 1440 分钟", "between two proofs lie 1 to 1440 minutes"),
            Text::new("例如 15", "such as 15"),
        )
        .into());
    }
    let settings = workspace.store.settings();
    if let Some(demanded) = change.second_factor {
        settings.set(SECOND_FACTOR, &json!(demanded.as_str())).await?;
        let detail = json!({ "demanded_of": demanded.as_str() });
        audit(workspace, &who.account, "setting.second_factor", "", detail).await?;
    }
    if let Some(minutes) = change.presence_minutes {
        settings.set(PRESENCE, &json!(minutes)).await?;
        audit(workspace, &who.account, "setting.presence", "", json!({ "minutes": minutes })).await?;
    }
    demands(workspace).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_factor_is_demanded_of_the_roles_that_are_named() {
        for role in Role::ALL {
            let high = matches!(role, Role::Administrator | Role::Approver);
            assert!(!Demanded::OfNobody.holds_for(role.as_str()));
            assert_eq!(Demanded::OfApprovers.holds_for(role.as_str()), high, "{role:?}");
            assert!(Demanded::OfEverybody.holds_for(role.as_str()));
        }
        assert!(Demanded::OfApprovers.holds_for("a role of tomorrow"));
        for one in Demanded::ALL {
            assert_eq!(Demanded::parse(one.as_str()), Some(one));
            assert_ne!(one.title().zh, one.title().en);
        }
    }
}
