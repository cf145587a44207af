//! What a customer's tier gives them: asked by shops, tills and call centres.

use gradus_grading::grade::NotGradedReason;
use gradus_model::document::Benefit;
use gradus_model::{Finding, Place, Text};

use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers::{shown, visible};
use crate::explain::find_customer;
use crate::links::linked;
use crate::moves;
use crate::{Workspace, WorkspaceError};

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// A customer number, phone, e-mail, or # and the ledger's number.
    pub customer: String,
    /// The scheme; the only one if left out.
    pub scheme: Option<String>,
    /// Whether the customer stands at least there.
    pub at_least: Option<String>,
    /// Whether the customer has this benefit: its key or title.
    pub benefit: Option<String>,
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Entitlement {
    pub customer: i64,
    pub scheme: String,
    pub level: Option<String>,
    pub level_title: Option<Text>,
    /// Only a part of what the tier is made from is known.
    pub provisional: bool,
    /// Why there is no level.
    pub not_graded: Option<Text>,
    /// Everything that was asked for holds.
    pub entitled: bool,
    pub benefits: Vec<Benefit>,
    pub as_of: String,
    pub run: String,
    pub version: Option<i64>,
}

/// Says what a customer is entitled to, by the newest grades.
pub async fn check(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    asked: &Asked,
) -> Result<Entitlement, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let found = find_customer(workspace, &asked.customer).await?;
    let links = linked(workspace, i64::MAX, i64::MAX).await?;
    let customer = links.get(&found).copied().unwrap_or(found);
    visible(workspace, who, base, customer).await?;
    let (batch, row) = base.find(customer).ok_or(WorkspaceError::NotFound { what: "customer" })?;
    let name = scheme_of(base, asked.scheme.as_deref())?;
    let Some(scheme) = base.model.tiers.get(&name) else { return Err(unknown("scheme", &name)) };
    let cell = |column: &str| {
        base.graded.batches[batch].column_by_name(column).and_then(|column| shown(column, row))
    };
    let level = cell(&name);
    let written = level.as_deref().and_then(|level| scheme.levels.get(level));
    let benefits = written.map(|level| level.benefits.clone()).unwrap_or_default();
    let place = |level: &str| scheme.levels.position(level);
    let stands = match &asked.at_least {
        None => level.is_some(),
        Some(wanted) => {
            let wanted = place(wanted).ok_or_else(|| unknown("at_least", wanted))?;
            level.as_deref().and_then(place).is_some_and(|own| own >= wanted)
        }
    };
    let has = match &asked.benefit {
        None => true,
        Some(wanted) => {
            let exists =
                scheme.levels.iter().any(|(_, level)| level.benefits.iter().any(|one| one.is_called(wanted)));
            if !exists {
                return Err(unknown("benefit", wanted));
            }
            benefits.iter().any(|one| one.is_called(wanted))
        }
    };
    let reason = cell(&format!("{name}_reason")).as_deref().and_then(NotGradedReason::from_code);
    let told = scheme.not_graded.as_ref().map(|told| told.reason.clone());
    Ok(Entitlement {
        customer,
        level_title: level
            .as_deref()
            .map(|level| moves::title(written.and_then(|own| own.title.as_ref()), level)),
        provisional: cell(&format!("{name}_provisional")).as_deref() == Some("true"),
        not_graded: if level.is_none() { told.or(reason.map(NotGradedReason::title)) } else { None },
        entitled: stands && has,
        scheme: name,
        level,
        benefits,
        as_of: base.graded.as_of.clone(),
        run: base.run.clone(),
        version: base.version,
    })
}

/// A benefit that a customer has, and the level that gives it.
#[derive(Debug, Clone)]
pub struct Given {
    pub benefit: Benefit,
    pub level: Text,
}

/// Everything that a customer's tiers give.
pub async fn of_customer(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<Vec<Given>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    let (batch, row) = base.find(customer).ok_or(WorkspaceError::NotFound { what: "customer" })?;
    let mut out = Vec::new();
    for (name, scheme) in base.model.tiers.iter() {
        let level = base.graded.batches[batch].column_by_name(name).and_then(|column| shown(column, row));
        let Some(level) = level else { continue };
        let Some(written) = scheme.levels.get(&level) else { continue };
        let title = moves::title(written.title.as_ref(), &level);
        out.extend(
            written.benefits.iter().map(|benefit| Given { benefit: benefit.clone(), level: title.clone() }),
        );
    }
    Ok(out)
}

fn scheme_of(base: &Base, named: Option<&str>) -> Result<String, WorkspaceError> {
    let names: Vec<&str> = base.model.tiers.names().collect();
    match (named, names.as_slice()) {
        (Some(name), _) if names.contains(&name) => Ok(name.to_string()),
        (Some(name), _) => Err(unknown("scheme", name)),
        (None, [only]) => Ok(only.to_string()),
        (None, _) => Err(Finding::error(
            "which-scheme",
            Place::default().at("scheme"),
            Text::new("须说明是哪个等级体系", "which tier scheme is meant has to be said"),
            Text::new(format!("可选：{}", names.join(", ")), format!("one of {}", names.join(", "))),
        )
        .into()),
    }
}

fn unknown(what: &str, name: &str) -> WorkspaceError {
    Finding::error(
        "unknown-name",
        Place::default().at(what),
        Text::new(format!("现行模型里没有「{name}」"), format!("the model in force has no “{name}”")),
        Text::new("模型里有的名称", "a name that the model has"),
    )
    .into()
}
