//! Where each person is on the guided tour of the workspace's industry.

use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::Principal;
use crate::industries::{in_use, tour_of};
use crate::{Workspace, WorkspaceError};

/// How a tour goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TourState {
    Open,
    /// Put aside; may be taken up again.
    Left,
    Done,
}

/// Where somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TourPlace {
    pub industry: String,
    /// From 0.
    pub step: usize,
    pub state: TourState,
}

fn key(who: &Principal) -> String {
    format!("tour:{}", who.account)
}

/// Where somebody is; at the first step, put aside, if they never began. `None` if the workspace has no tour.
pub async fn place(workspace: &Workspace, who: &Principal) -> Result<Option<TourPlace>, WorkspaceError> {
    let Some(in_use) = in_use(workspace).await?.filter(|in_use| in_use.with_data) else { return Ok(None) };
    let kept = workspace.store.settings().get(&key(who)).await?;
    let kept: Option<TourPlace> = kept.and_then(|kept| serde_json::from_value(kept).ok());
    let n_steps = tour_of(&in_use.name)?.steps.len();
    // A newer program may have another tour.
    let kept = kept.filter(|place| place.industry == in_use.name && place.step < n_steps);
    Ok(Some(kept.unwrap_or(TourPlace { industry: in_use.name, step: 0, state: TourState::Left })))
}

/// Remembers where somebody is.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if the workspace has no tour; a finding if the tour has no such step.
pub async fn go(
    workspace: &Workspace,
    who: &Principal,
    step: usize,
    state: TourState,
) -> Result<TourPlace, WorkspaceError> {
    let in_use = in_use(workspace).await?.filter(|in_use| in_use.with_data);
    let in_use = in_use.ok_or(WorkspaceError::NotFound { what: "tour" })?;
    let n_steps = tour_of(&in_use.name)?.steps.len();
    if step >= n_steps {
        return Err(Finding::error(
            "tour-step",
            Place::default().at("step"),
            Text::new(format!("导览只有 {n_steps} 步"), format!("the tour has {n_steps} steps")),
            Text::new(format!("0 到 {}", n_steps - 1), format!("0 to {}", n_steps - 1)),
        )
        .into());
    }
    let place = TourPlace { industry: in_use.name, step, state };
    workspace.store.settings().set(&key(who), &json!(place)).await?;
    Ok(place)
}
