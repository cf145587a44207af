//! The workspace document `gradus.yaml`: one company, one time zone, one currency.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

fn default_region() -> String {
    "CN".into()
}

fn default_buckets() -> u32 {
    16
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
