//! What was learned becomes part of the draft, where a person reads and edits it like everything else.

use gradus_model::document::Model;
use gradus_model::{Finding, Findings, Place, Severity, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::versions::{self, canonical, check_document};
use crate::{Workspace, WorkspaceError};

/// Where it is written.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Write {
    /// What it is called in the model.
    pub name: String,
    /// Take the place of what is called so.
    #[serde(default)]
    pub replace: bool,
}

/// Where it was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    pub name: String,
    /// Of the draft.
    pub revision: i64,
    /// What the document says wrong now; no errors.
    pub findings: Findings,
}

/// Puts something into the draft under a name. Nothing is written that the check refuses.
///
/// # Errors
/// Findings: the name is taken, or the document would have errors.
pub(super) async fn write(
    workspace: &Workspace,
    who: &Principal,
    asked: &Write,
    put: impl FnOnce(&mut Model, &str) -> Result<(), Finding>,
) -> Result<Written, WorkspaceError> {
    let name = name_of(&asked.name)?;
    write_part(workspace, who, name, named(asked, name, put)).await
}

/// Whether it could be written, before hours go into learning it. Nothing is written.
///
/// # Errors
/// As of [`write`].
pub(super) async fn check(
    workspace: &Workspace,
    who: &Principal,
    asked: &Write,
    put: impl FnOnce(&mut Model, &str) -> Result<(), Finding>,
) -> Result<(), WorkspaceError> {
    let name = name_of(&asked.name)?;
    proposed(workspace, who, named(asked, name, put)).await.map(drop)
}

/// Puts what has its own place in the model into the draft; `name` is how it is called afterwards.
///
/// # Errors
/// Findings: what `put` refuses, or the document would have errors.
pub(crate) async fn write_part(
    workspace: &Workspace,
    who: &Principal,
    name: &str,
    put: impl FnOnce(&mut Model) -> Result<(), Finding>,
) -> Result<Written, WorkspaceError> {
    let (revision, document) = proposed(workspace, who, put).await?;
    let written = versions::write_draft(workspace, who, revision, &document).await?;
    let (revision, findings) = (written.revision, written.findings);
    audit(workspace, &who.account, "learn.write", name, json!({ "revision": revision })).await?;
    Ok(Written { name: name.to_string(), revision, findings })
}

/// The revision that it rests on, and the document as it would be. Nothing is written.
///
/// # Errors
/// As of [`write_part`].
pub(crate) async fn proposed(
    workspace: &Workspace,
    who: &Principal,
    put: impl FnOnce(&mut Model) -> Result<(), Finding>,
) -> Result<(i64, Value), WorkspaceError> {
    who.needs(Permission::EditModels)?;
    let draft = versions::draft(workspace, who).await?;
    let mut model: Model = serde_json::from_value(draft.document).map_err(|_| unreadable_draft())?;
    put(&mut model)?;
    let document: Value = canonical(&model)?;
    sound(workspace, &document)?;
    Ok((draft.revision, document))
}

/// What is put under a name that is free, or that is to be replaced.
fn named(
    asked: &Write,
    name: &str,
    put: impl FnOnce(&mut Model, &str) -> Result<(), Finding>,
) -> impl FnOnce(&mut Model) -> Result<(), Finding> {
    move |model: &mut Model| {
        if !asked.replace && is_taken(model, name) {
            return Err(taken(name));
        }
        put(model, name)
    }
}

/// A name under which something can be written: whole words are what expressions call it by.
pub(crate) fn name_of(name: &str) -> Result<&str, Finding> {
    let name = name.trim();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(is_word) {
        return Ok(name);
    }
    let what = match name.is_empty() {
        true => Text::new("要写的名称是空的", "the name to write it under is empty"),
        false => Text::new(
            format!("「{name}」不能作名称：只用字母、汉字、数字和下划线"),
            format!("“{name}” cannot be a name: letters, digits and underscores only"),
        ),
    };
    Err(super::ask::argument("write", what, Text::new("例如 churn_card", "such as churn_card")))
}

/// A document is written if nothing is wrong with it: what was learned is not what breaks a draft.
pub(crate) fn sound(workspace: &Workspace, document: &Value) -> Result<(), WorkspaceError> {
    let findings = check_document(workspace, document);
    if !findings.has_errors() {
        return Ok(());
    }
    let errors = findings.0.into_iter().filter(|finding| finding.severity == Severity::Error).collect();
    Err(WorkspaceError::Findings(Findings(errors)))
}

fn unreadable_draft() -> Finding {
    Finding::error(
        "draft-shape",
        Place::default(),
        Text::new(
            "草稿还不是一份可读的模型文档",
            "the draft does not have the shape of a model document yet",
        ),
        Text::new("先改正或丢弃草稿", "mend or drop the draft first"),
    )
}

pub(crate) fn taken(name: &str) -> Finding {
    Finding::error(
        "name-taken",
        Place::default().at("write"),
        Text::new(
            format!("草稿里已经有「{name}」"),
            format!("the draft has something called “{name}” already"),
        ),
        Text::new(
            "换一个名称，或要求取代它（--replace，接口里是 \"replace\": true）",
            "another name, or ask to take its place (--replace; over HTTP \"replace\": true)",
        ),
    )
}

/// Something of the model is called so.
pub(crate) fn is_taken(model: &Model, name: &str) -> bool {
    model.indicators.get(name).is_some()
        || model.scorecards.get(name).is_some()
        || model.rule_sets.get(name).is_some()
        || model.decision_tables.get(name).is_some()
        || model.cross_tables.get(name).is_some()
        || model.decision_trees.get(name).is_some()
        || model.flows.get(name).is_some()
        || model.tiers.get(name).is_some()
        || model.segments.get(name).is_some()
        || model.groupings.get(name).is_some()
        || model.predictions.get(name).is_some()
}
