//! The workspace document `gradus.yaml`: one company, one time zone, one currency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Named, Purpose, SignIn};
use crate::{Lang, Text};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workspace {
    /// Format number of this document: 1.
    pub gradus: u32,
    #[serde(default)]
    pub title: Text,
    /// IANA name, such as `Asia/Shanghai`: local dates are counted in it.
    pub time_zone: String,
    /// ISO 4217 code in which amounts are summed.
    pub currency: String,
    /// What "now" means: the system's clock, or the last event of the data, or a fixed instant.
    #[serde(default)]
    pub clock: ClockSetting,
    /// The language of printed texts when nothing else says.
    #[serde(default)]
    pub language: Lang,
    /// Calling code region of phone numbers written without one, such as `CN`.
    #[serde(default = "default_region")]
    pub region: String,
    /// Number of hash buckets of the ledger, set once when it is created.
    #[serde(default = "default_buckets")]
    pub buckets: u32,
    /// What data may be used for (用途), beside `service`, `marketing` and `research`.
    #[serde(default, skip_serializing_if = "Named::is_empty")]
    pub purposes: Named<Purpose>,
    /// Where models, users, jobs, the audit log and the vault are kept.
    #[serde(default)]
    pub store: StoreSetting,
    /// What a failing test case of the model does: keeps it from being submitted and published, or is told only.
    #[serde(default)]
    pub failing_tests: FailingTests,
    /// How people sign in beside with a password.
    #[serde(default)]
    pub sign_in: SignIn,
}

fn default_region() -> String {
    "CN".into()
}

fn default_buckets() -> u32 {
    16
}

/// The store of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StoreSetting {
    /// A file in the workspace.
    #[default]
    Sqlite,
    /// A schema in a PostgreSQL database, version 13 or newer.
    Postgresql(PostgresqlSetting),
}

/// Where the database is. The password is never in this document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PostgresqlSetting {
    /// A name, an address, or the folder of a Unix socket such as `/run/postgresql`.
    pub host: String,
    #[serde(default = "default_port")]
    pub port: u16,
    pub database: String,
    pub user: String,
    /// The schema that holds the store and nothing else; it is created if there is none.
    #[serde(default = "default_schema")]
    pub schema: String,
    /// A file with the password, beside this document or anywhere; else it is in the environment, as
    /// GRADUS_STORE_PASSWORD.
    #[serde(default)]
    pub password_file: Option<String>,
    /// By default required, unless the host is this machine.
    #[serde(default)]
    pub encryption: Option<EncryptionSetting>,
    /// A file with the certificate (PEM) of the authority that issued the server's, if it is none of
    /// the public ones.
    #[serde(default)]
    pub root_certificate: Option<String>,
}

/// How the connection to the database is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EncryptionSetting {
    /// TLS with a certificate that names the host.
    Required,
    /// None: only for a network that you answer for.
    Off,
}

fn default_port() -> u16 {
    5432
}

fn default_schema() -> String {
    "gradus".into()
}

/// What a failing test case of the model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FailingTests {
    /// The model is not submitted and not published.
    #[default]
    Block,
    /// It is a warning.
    Warn,
}

impl FailingTests {
    pub fn blocks(self) -> bool {
        self == FailingTests::Block
    }
}

/// The workspace's clock.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockSetting {
    #[default]
    System,
    /// Stands still at the last event: for data sets of the past.
    LastEvent,
    /// Stands still at this local date or instant.
    Fixed(String),
}
