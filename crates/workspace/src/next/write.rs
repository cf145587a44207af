//! How lists are learned becomes part of the draft: from then on it is read, reviewed and published like every rule.

use gradus_model::document::{Model, Next};
use gradus_model::{Finding, Place, Text};

use super::NextWrite;
use crate::access::Principal;
use crate::learn::{Written, proposed, write_part};
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
            return Err(another());
        }
        model.next = Some(recipe.clone());
        Ok(())
    }
}

/// The draft says already how they are learned, and another way.
fn another() -> Finding {
    Finding::error(
        "name-taken",
        Place::default().at("write"),
        Text::new("草稿里已经写了另一种做法", "the draft says already how they are learned, in another way"),
        Text::new(
            "要求取代它（--replace，接口里是 \"replace\": true）",
            "ask to take its place (--replace; over HTTP \"replace\": true)",
        ),
    )
}
