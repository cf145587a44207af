//! Customers as people look at them: found, listed, opened; identifiers masked.

mod history;
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
pub use profile::{Profile, explain_customer, profile, reveal};
pub use ranges::NumberRange;
pub use segment::{SegmentView, segment};

use std::collections::BTreeSet;

use gradus_model::{Finding, Place, Text};

use crate::access::{DataScope, Principal};
use crate::base::Base;
use crate::{Workspace, WorkspaceError};

/// The setting that says who looks after whom.
fn owner_key(customer: i64) -> String {
    format!("owner:{customer}")
}

/// The model has nothing of this name.
pub(crate) fn unknown(what: &'static str, name: &str) -> WorkspaceError {
    Finding::error(
        "unknown-name",
        Place::default().at(what),
        Text::new(format!("现行模型里没有「{name}」"), format!("the model in force has no “{name}”")),
        Text::new("模型里有的名称", "a name that the model has"),
    )
    .into()
}

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
/// [`WorkspaceError::NotFound`] if not: what is outside of one's scope is not there.
pub(crate) async fn visible(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<(), WorkspaceError> {
    let seen = match &who.scope {
        DataScope::Everyone => true,
        DataScope::Segment { segment } => base.sees(segment, customer),
        DataScope::Own => own(workspace, &who.account).await?.contains(&customer),
    };
    if seen { Ok(()) } else { Err(WorkspaceError::NotFound { what: "customer" }) }
}
