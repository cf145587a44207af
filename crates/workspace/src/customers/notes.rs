//! Notes on a customer, who looks after them: written by people, kept in the vault with the customer.

use gradus_model::{Finding, Place, Text};
use gradus_store::EventText;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{owner_key, visible};
use crate::access::{Permission, Principal};
use crate::accounts::{audit, token};
use crate::base::Base;
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// The vault's field of notes.
const NOTE: &str = "note";
/// Characters of a note at most.
const LONGEST: usize = 5_000;

/// What somebody wrote about a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    pub id: String,
    pub by: String,
    /// Microseconds UTC.
    pub at: i64,
    pub text: String,
}

/// As it lies in the vault.
#[derive(Serialize, Deserialize)]
struct Kept {
    by: String,
    at: i64,
    text: String,
}

/// The notes on a customer, newest first.
pub async fn notes(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<Vec<Note>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    let texts = workspace.vault.texts_of(customer).await?;
    let note = |text: gradus_store::RevealedText| {
        let kept: Kept = serde_json::from_str(&text.text).ok()?;
        let id = text.event_id.iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Note { id, by: kept.by, at: kept.at, text: kept.text })
    };
    let mut all: Vec<Note> = texts.into_iter().filter(|text| text.field == NOTE).filter_map(note).collect();
    all.sort_by_key(|note| (std::cmp::Reverse(note.at), note.id.clone()));
    Ok(all)
}

/// Writes a note.
pub async fn write_note(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
    text: &str,
) -> Result<Note, WorkspaceError> {
    who.needs(Permission::WriteNotes)?;
    visible(workspace, who, base, customer).await?;
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST {
        return Err(Finding::error(
            "note-form",
            Place::default().at("text"),
            Text::new(format!("备注须有 1 至 {LONGEST} 字"), format!("a note has 1 to {LONGEST} characters")),
            Text::new("写一点内容，或分成几条", "write something, or several notes"),
        )
        .into());
    }
    let mut id = [0u8; 16];
    token::fill(&mut id)?;
    let kept = Kept { by: who.account.clone(), at: system_us(), text: text.to_string() };
    let sealed = serde_json::to_string(&kept).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    let new = EventText { surrogate: customer, event_id: id, field: NOTE, text: &sealed };
    workspace.vault.remember_texts(None, &[new]).await?;
    audit(workspace, &who.account, "customer.note", &customer.to_string(), json!({})).await?;
    let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Note { id, by: kept.by, at: kept.at, text: kept.text })
}

/// Says who looks after a customer; nobody if no account is named.
pub async fn set_owner(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
    owner: Option<&str>,
) -> Result<(), WorkspaceError> {
    who.needs(Permission::WriteNotes)?;
    visible(workspace, who, base, customer).await?;
    let settings = workspace.store.settings();
    match owner {
        Some(account) => {
            let known =
                workspace.store.accounts().get(account).await?.filter(|known| known.disabled.is_none());
            known.ok_or(WorkspaceError::NotFound { what: "account" })?;
            settings.set(&owner_key(customer), &json!(account)).await?;
        }
        None => settings.remove(&owner_key(customer)).await?,
    }
    audit(workspace, &who.account, "customer.owner", &customer.to_string(), json!({ "owner": owner })).await
}
