//! A guided tour (导览): what an industry shows somebody who sees Gradus for the first time, screen by screen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Text;

/// `tour.yaml` of an industry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tour {
    /// Format number of this document: 1, also if it is left out.
    #[serde(default = "one")]
    pub gradus: u32,
    /// What the industry is called.
    pub title: Text,
    /// Whose customers these are and what they are graded for, in a sentence or two.
    pub summary: Text,
    pub steps: Vec<TourStep>,
}

/// One stop.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TourStep {
    /// The page's own path, such as `/tiers/member`, or its first word alone; `home` is `/`.
    pub screen: String,
    pub title: Text,
    /// What is to be seen there.
    pub text: Text,
}

impl TourStep {
    /// The path of the page.
    ///
    /// ```
    /// use gradus_model::document::TourStep;
    /// let step = |screen: &str| TourStep { screen: screen.into(), title: Default::default(), text: Default::default() };
    /// assert_eq!(step("tiers").path(), "/tiers");
    /// assert_eq!(step("home").path(), "/");
    /// ```
    pub fn path(&self) -> String {
        match self.screen.trim().trim_start_matches('/') {
            "" | "home" | "start" => "/".into(),
            other => format!("/{other}"),
        }
    }
}

fn one() -> u32 {
    1
}
