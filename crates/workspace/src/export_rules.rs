//! `gradus rules export NAME`: a form of the model as a file that other programs read. What the
//! format cannot say is a finding, and then there is no file.

use std::path::Path;
use std::sync::Arc;

use gradus_ledger::table::{Disk, RealDisk};
use gradus_model::document::Model;
use gradus_model::exchange::{self, Format};
use gradus_model::{Finding, Place, Text};

use crate::access::{Permission, Principal};
use crate::diff::Which;
use crate::export::write_small;
use crate::{Workspace, WorkspaceError};

/// The text of a form of a model, in the format.
///
/// # Errors
/// Findings: there is no such form, or the format cannot say what it says.
pub async fn export_rules(
    workspace: &Workspace,
    who: &Principal,
    which: Which,
    name: &str,
    format: Format,
) -> Result<String, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let document = which.document(workspace, who).await?;
    let model: Model = serde_json::from_value(document).map_err(|_| {
        WorkspaceError::from(Finding::error(
            "draft-shape",
            Place::default(),
            Text::new(
                "草稿还不是一份可读的模型文档",
                "the draft does not have the shape of a model document yet",
            ),
            Text::new("先在网页上改正它", "mend it on the page first"),
        ))
    })?;
    exchange::export(&model, name, format).map_err(WorkspaceError::Findings)
}

/// Writes a file that was exported.
///
/// # Errors
/// A finding if the file is there already.
pub fn write_rules(path: &Path, text: &str) -> Result<(), WorkspaceError> {
    if path.exists() {
        return Err(Finding::error(
            "rules-there",
            Place::document(path.display().to_string()),
            Text::new("这个文件已经存在，没有改动它", "this file is there already; it was not touched"),
            Text::new("--out 写另一个文件", "another file with --out"),
        )
        .into());
    }
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    write_small(&disk, path, false, text.as_bytes()).map_err(|error| WorkspaceError::io(path, error))
}
