//! Customers as people look at them: found, listed, opened; identifiers masked.

mod history;
mod history_text;
mod list;
mod moved;
mod notes;
mod profile;
mod ranges;
mod segment;

pub use history::{History, HistoryOf, HistoryPoint, history, history_of};
pub use list::{CustomerList, CustomerRow, Find, Order, search};
pub(crate) use list::{after_of, label, masks, shown};
pub use moved::MovedBetween;
pub use notes::{Note, notes, set_owner, write_note};
pub use profile::{Profile, explain_customer, profile, reveal, ways};
pub use ranges::NumberRange;
pub use segment::{SegmentView, segment};

use std::collections::BTreeSet;

use gradus_model::{Finding, Place, Text, closest};

use crate::access::{DataScope, Principal};
use crate::base::Base;
use crate::{Workspace, WorkspaceError};

/// The setting that says who looks after whom.
fn owner_key(customer: i64) -> String {
    format!("owner:{customer}")
}

/// The model has nothing of this name.
pub(crate) fn unknown(what: &'static str, name: &str) -> WorkspaceError {
    unknown_among(what, name, [])
}

/// The model has nothing of this name; the nearest one that it has is named.
pub(crate) fn unknown_among<'a>(
    what: &'static str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> WorkspaceError {
    let known: Vec<&str> = known.into_iter().collect();
    let right = match closest(name, &known) {
        Some(near) => Text::new(format!("是否为「{near}」？"), format!("did you mean “{near}”?")),
        None if known.is_empty() => Text::new("模型里有的名称", "a name that the model has"),
        None => {
            let some: Vec<&str> = known.iter().take(LISTED_NAMES).copied().collect();
            let more = if known.len() > LISTED_NAMES { " …" } else { "" };
            Text::new(format!("可选：{}{more}", some.join("、")), format!("one of {}{more}", some.join(", ")))
        }
    };
    Finding::error(
        "unknown-name",
        Place::default().at(what),
        Text::new(format!("现行模型里没有「{name}」"), format!("the model in force has no “{name}”")),
        right,
    )
    .into()
}

/// The ledger's number of whoever a customer number, phone, e-mail, or # and the ledger's number means now.
///
/// # Errors
/// A finding if it means nobody.
pub async fn number_of(workspace: &Workspace, written: &str) -> Result<i64, WorkspaceError> {
    let found = crate::explain::find_customer(workspace, written).await?;
    let links = crate::links::linked(workspace, i64::MAX, i64::MAX).await?;
    Ok(links.get(&found).copied().unwrap_or(found))
}

/// Names that a finding lists at most.
const LISTED_NAMES: usize = 12;

/// The customers that somebody looks after.
async fn own(workspace: &Workspace, account: &str) -> Result<BTreeSet<i64>, WorkspaceError> {
    let all = workspace.store.settings().all().await?;
    let of = |(key, value): (String, serde_json::Value)| {
        let customer = key.strip_prefix("owner:")?.parse().ok()?;
        (value.as_str() == Some(account)).then_some(customer)
    };
    Ok(all.into_iter().filter_map(of).collect())
}

/// Whether somebody may see a customer.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if not, or if there is none: what is outside of one's scope is not there.
pub(crate) async fn visible(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<(), WorkspaceError> {
    let seen = match &who.scope {
        // Who is not graded yet is known to the vault.
        DataScope::Everyone => {
            base.find(customer).is_some() || !workspace.vault.known_among(&[customer]).await?.is_empty()
        }
        DataScope::Segment { segment } => base.sees(segment, customer),
        DataScope::Own => own(workspace, &who.account).await?.contains(&customer),
    };
    if seen { Ok(()) } else { Err(WorkspaceError::NotFound { what: "customer" }) }
}
