//! How lists are learned becomes part of the draft: from then on it is read, reviewed and published like every rule.

use gradus_model::Finding;
use gradus_model::document::{Model, Next};

use super::NextWrite;
use crate::access::Principal;
use crate::learn::{Written, proposed, taken, write_part};
use crate::{Workspace, WorkspaceError};

/// Where it stands in the model document.
const PLACE: &str = "next";

/// Writes a recipe into the draft.
///
/// # Errors
/// Findings: the draft has another recipe that is not to be replaced, or the document would have errors.
pub(super) async fn write(
    workspace: &Workspace,
    who: &Principal,
    to: NextWrite,
    recipe: &Next,
) -> Result<Written, WorkspaceError> {
    write_part(workspace, who, PLACE, put(to, recipe)).await
}

/// Whether it could be written, before time goes into learning. Nothing is written.
///
/// # Errors
/// As of [`write`].
pub(super) async fn check(
    workspace: &Workspace,
    who: &Principal,
    to: NextWrite,
    recipe: &Next,
) -> Result<(), WorkspaceError> {
    proposed(workspace, who, put(to, recipe)).await.map(drop)
}

fn put(to: NextWrite, recipe: &Next) -> impl FnOnce(&mut Model) -> Result<(), Finding> {
    move |model: &mut Model| {
        if !to.replace && model.next.as_ref().is_some_and(|own| own != recipe) {
            return Err(taken(PLACE));
        }
        model.next = Some(recipe.clone());
        Ok(())
    }
}
