//! `gradus init`: a new workspace, empty or from an example.

use std::path::Path;

use gradus_model::{Finding, Place, Text};

use crate::{Workspace, WorkspaceError};

/// Creates a workspace in `root`. With `example`, its documents are copied from there (its data
/// stay where they are); without, a `gradus.yaml` with the given zone and currency is written.
/// Documents that exist are never overwritten.
pub async fn init(
    root: &Path,
    example: Option<&Path>,
    time_zone: &str,
    currency: &str,
    key: Option<&str>,
) -> Result<Workspace, WorkspaceError> {
    let settings = root.join("gradus.yaml");
    if settings.exists() {
        return Err(Finding::error(
            "workspace-exists",
            Place::document(settings.display().to_string()),
            Text::new("这里已经有一个工作区", "there is a workspace here already"),
            Text::new("另选一个文件夹", "another folder"),
        )
        .into());
    }
    for folder in ["sources", "model"] {
        let path = root.join(folder);
        std::fs::create_dir_all(&path).map_err(|error| WorkspaceError::io(&path, error))?;
    }
    match example {
        Some(example) => {
            crate::folder::read_settings(example)?;
            for folder in ["sources", "model"] {
                let from = example.join(folder);
                let entries = std::fs::read_dir(&from).map_err(|error| WorkspaceError::io(&from, error))?;
                for entry in entries {
                    let file = entry.map_err(|error| WorkspaceError::io(&from, error))?.path();
                    let Some(name) = file.file_name() else { continue };
                    copy(&file, &root.join(folder).join(name))?;
                }
            }
            copy(&example.join("gradus.yaml"), &settings)?;
        }
        None => {
            let text = format!("gradus: 1\ntime_zone: {time_zone}\ncurrency: {currency}\n");
            std::fs::write(&settings, text).map_err(|error| WorkspaceError::io(&settings, error))?;
        }
    }
    // Our own files are not for git: the master key above all.
    let ignore = root.join(".gitignore");
    if !ignore.exists() {
        std::fs::write(&ignore, ".gradus/\nledger/\nreports/\n").map_err(|error| WorkspaceError::io(&ignore, error))?;
    }
    Workspace::open(root, key).await
}

fn copy(from: &Path, to: &Path) -> Result<(), WorkspaceError> {
    std::fs::copy(from, to).map(|_| ()).map_err(|error| WorkspaceError::io(from, error))
}
