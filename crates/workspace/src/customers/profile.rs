//! One customer: who it is (masked), where they stand, and why.

use gradus_grading::fold::AsOf;
use gradus_grading::grade::OutputKind;
use gradus_model::Text;
use serde::Serialize;
use serde_json::json;

use super::list::{label, shown};
use super::{owner_key, visible};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::base::Base;
use crate::explain::{LiftingOf, lifting_of};
use crate::{ExplainOptions, Explanation, Workspace, WorkspaceError, explain};

/// A first look at a customer.
#[derive(Debug, Clone, Serialize)]
pub struct Profile {
    pub customer: i64,
    pub label: String,
    /// Kind and masked value of everything that identifies them.
    pub identities: Vec<(String, String)>,
    /// Who looks after them.
    pub owner: Option<String>,
    pub as_of: String,
    pub run: String,
    /// Name, title, kind and value of each column of the newest grades.
    pub values: Vec<(String, Text, &'static str, Option<String>)>,
}

/// Opens a customer.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if there is none, or whoever asks may not see them.
pub async fn profile(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<Profile, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    let (batch, row) = base.find(customer).ok_or(WorkspaceError::NotFound { what: "customer" })?;
    let known = workspace.vault.reveal(customer).await?;
    let owner = workspace.store.settings().get(&owner_key(customer)).await?;
    let batch = &base.graded.batches[batch];
    let value = |column: &gradus_grading::grade::OutputColumn| {
        let kind = kind(column.kind)?;
        let cell = batch.column_by_name(&column.name).and_then(|found| shown(found, row));
        Some((column.name.clone(), column.title.clone(), kind, cell))
    };
    Ok(Profile {
        customer,
        label: label(&known),
        identities: known.iter().map(|one| (one.kind.clone(), one.masked())).collect(),
        owner: owner.and_then(|value| value.as_str().map(str::to_string)),
        as_of: base.graded.as_of.clone(),
        run: base.run.clone(),
        values: base.graded.columns.iter().filter_map(value).collect(),
    })
}

/// What identifies a customer, in clear: logged before it is shown.
pub async fn reveal(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
    reason: &str,
) -> Result<Vec<(String, String)>, WorkspaceError> {
    who.needs(Permission::SeeIdentities)?;
    visible(workspace, who, base, customer).await?;
    audit(workspace, &who.account, "vault.reveal", &customer.to_string(), json!({ "reason": reason }))
        .await?;
    let known = workspace.vault.reveal(customer).await?;
    Ok(known.into_iter().map(|one| (one.kind.clone(), one.value.clone())).collect())
}

/// Why a customer has their grades.
pub async fn explain_customer(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
    mut options: ExplainOptions,
) -> Result<Explanation, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    options.customer = format!("#{customer}");
    explain(workspace, &options).await
}

/// What would lift or keep a customer's tiers, as of the newest grading or of one that is stored.
pub async fn ways(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
    as_of: Option<AsOf>,
) -> Result<LiftingOf, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    lifting_of(workspace, customer, as_of).await
}

pub(super) fn kind(kind: OutputKind) -> Option<&'static str> {
    Some(match kind {
        OutputKind::Indicator => "indicator",
        OutputKind::Prediction | OutputKind::PredictionPart => "prediction",
        OutputKind::Score => "score",
        OutputKind::Tier => "tier",
        OutputKind::Segment => "segment",
        OutputKind::Grouping => "grouping",
        _ => return None,
    })
}
