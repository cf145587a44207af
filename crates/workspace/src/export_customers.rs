//! `gradus export`: customers, a tier or a segment as a file. Identifiers only on request, and
//! then in the audit log before they leave.

use std::path::Path;

use gradus_model::{Finding, Place, Text};
use gradus_store::NewAuditEntry;

use crate::clock::system_us;
use crate::export::{ExportError, ExportOptions, ExportReport, IdentifierError, export};
use crate::next::with_columns;
use crate::stored::Stored;
use crate::summary::GradedBase;
use crate::{Workspace, WorkspaceError};

/// Writes the chosen customers of an instant, the newest if none is named.
pub async fn export_customers(
    workspace: &Workspace,
    as_of: Option<&str>,
    to: &Path,
    options: &ExportOptions,
    with_identifiers: bool,
    actor: &str,
) -> Result<ExportReport, WorkspaceError> {
    let stored = Stored::open(workspace).await?;
    let date = match as_of {
        Some(date) => date.to_string(),
        None => stored.instants.last().cloned().unwrap_or_default(),
    };
    let base = stored.base(workspace, &date, false).await?;
    let base = with_columns(workspace, base, &options.columns).await?;
    write_base(workspace, &base, to, options, with_identifiers, actor).await
}

/// Writes customers to a file. With identifiers that is in the audit log before they leave.
pub(crate) async fn write_base(
    workspace: &Workspace,
    base: &GradedBase,
    to: &Path,
    options: &ExportOptions,
    with_identifiers: bool,
    actor: &str,
) -> Result<ExportReport, WorkspaceError> {
    if !with_identifiers {
        return export(&workspace.disk, base, to, options, None).map_err(|error| wrong(error, to));
    }
    let entry =
        NewAuditEntry::new(system_us(), actor, "customers.export", &base.as_of).detail(serde_json::json!({
            "with_identifiers": true, "who": format!("{:?}", options.who), "columns": options.columns,
        }));
    workspace.store.audit().append(entry).await?;
    let vault = &workspace.vault;
    // The file is written on this thread; the vault is asked from within it.
    let handle = tokio::runtime::Handle::current();
    let identifiers = |customers: &[i64]| -> Result<Vec<Vec<(String, String)>>, IdentifierError> {
        let mut revealed = handle.block_on(vault.reveal_many(customers))?;
        let of = |customer: &i64| {
            let known = revealed.remove(customer).unwrap_or_default();
            known.into_iter().map(|one| (one.kind.clone(), one.value.clone())).collect()
        };
        Ok(customers.iter().map(of).collect())
    };
    tokio::task::block_in_place(|| export(&workspace.disk, base, to, options, Some(&identifiers)))
        .map_err(|error| wrong(error, to))
}

fn wrong(error: ExportError, to: &Path) -> WorkspaceError {
    let known = |what: Text| {
        WorkspaceError::from(Finding::error(
            "export-choice",
            Place::default(),
            what,
            Text::new("模型里有的名字", "a name that the model has"),
        ))
    };
    match error {
        ExportError::UnknownColumn(name) => {
            known(Text::new(format!("没有名为 {name} 的列"), format!("there is no column {name}")))
        }
        ExportError::UnknownLevel { scheme, level } => {
            known(Text::new(format!("{scheme} 没有等级 {level}"), format!("{scheme} has no level {level}")))
        }
        ExportError::NotASegment(name) => {
            known(Text::new(format!("没有名为 {name} 的分群"), format!("there is no segment {name}")))
        }
        ExportError::File(source) => WorkspaceError::io(to, source),
        ExportError::Arrow(error) => WorkspaceError::Arrow(error),
        other => WorkspaceError::Defect(other.to_string()),
    }
}
