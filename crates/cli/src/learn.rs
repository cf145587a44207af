//! `gradus learn`: each command calls its verb, shows progress, and renders what was learned.

use gradus_model::Lang;
use gradus_workspace::{Workspace, WorkspaceError};

use crate::arguments::LearnCommand;

/// Learns; the exit code.
pub async fn learn(
    _workspace: &Workspace,
    command: &LearnCommand,
    _lang: Lang,
    _as_json: bool,
) -> Result<u8, WorkspaceError> {
    match *command {}
}
