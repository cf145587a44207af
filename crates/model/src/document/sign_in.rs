//! How people sign in beside with a password: by the company's own provider of identities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// Ways to sign in beside e-mail address and password.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// A provider that speaks OpenID Connect, such as Keycloak, Entra ID, Okta or Authing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openid: Option<OpenidSetting>,
}

/// A provider of identities (OpenID Connect). The client's secret is never in this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenidSetting {
    /// What its button on the page is called, such as 企业微信 or `Acme account`.
    #[serde(default)]
    pub title: Text,
    /// Its issuer as it names itself: an https address, without `/.well-known/…`.
    pub issuer: String,
    /// The id under which it knows Gradus.
    pub client_id: String,
    /// A file with the client's secret, beside this document or anywhere; else it is in the environment, as
    /// GRADUS_OPENID_CLIENT_SECRET. Without either Gradus is a public client.
    #[serde(default)]
    pub client_secret_file: Option<String>,
    /// What is asked for beside `openid`.
    #[serde(default = "default_scopes")]
    pub scopes: Vec<String>,
    /// The claim with the names of somebody's groups.
    #[serde(default = "default_groups_claim")]
    pub groups_claim: String,
    /// The first group here that somebody is in says their role, at each sign-in. Empty: the provider
    /// says who somebody is, and Gradus what they may.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupRole>,
    /// What becomes of somebody who has no account.
    #[serde(default)]
    pub new_people: NewPeople,
    /// Whether an account that was made here belongs to whoever comes with its e-mail address, if the
    /// provider says that the address was verified.
    #[serde(default = "yes")]
    pub link_by_email: bool,
    /// A file with the certificate (PEM) of the authority that issued the provider's, if it is none of
    /// the public ones.
    #[serde(default)]
    pub root_certificate: Option<String>,
}

/// A group, and what those in it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GroupRole {
    /// As the provider writes it.
    pub group: String,
    pub role: RoleSetting,
    #[serde(default)]
    pub sees: SeesSetting,
}

/// Who comes without an account.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NewPeople {
    /// Nobody: an administrator makes the account first.
    #[default]
    Refused,
    /// Whoever is in one of the groups.
    ByGroup,
    /// Everybody whom the provider knows, as this where no group says otherwise.
    Everybody(Rights),
}

/// A role, and whose data it sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    pub role: RoleSetting,
    #[serde(default)]
    pub sees: SeesSetting,
}

/// A role of those who work with Gradus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoleSetting {
    Administrator,
    Operator,
    Approver,
    Analyst,
    Service,
    Viewer,
}

/// Whose data somebody sees.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeesSetting {
    #[default]
    Everyone,
    /// The members of this segment of the published model.
    Segment(String),
    /// The customers that they look after.
    Own,
}

fn default_scopes() -> Vec<String> {
    vec!["profile".into(), "email".into()]
}

fn default_groups_claim() -> String {
    "groups".into()
}

fn yes() -> bool {
    true
}
