//! Overrides (人工调整): a tier that a person sets for a customer, with reason, approver and expiry.
//! The computed tier goes on below it, so afterwards the customer is where they would have been.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_grading::fold::{AsOf, CUSTOMER};
use gradus_grading::grade::OVERRIDDEN;
use gradus_model::document::Model;
use gradus_model::{Finding, Place, Text};
use gradus_store::{EventText, OverrideState, TierOverride};
use serde::Serialize;
use serde_json::json;

use crate::access::{DataScope, Permission, Principal};
use crate::accounts::{audit, token};
use crate::base::Base;
use crate::clock::{Clock, system_us};
use crate::customers::{label, visible};
use crate::links::linked;
use crate::versions::{four_eyes, now_in_force};
use crate::{Workspace, WorkspaceError, facts, instant_of};

/// The vault's field of the reason.
const REASON: &str = "override";
/// Most that a list shows.
const LISTED: u32 = 1_000;

/// The tiers that persons set and that hold as of one instant: by scheme and customer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holding(BTreeMap<String, BTreeMap<i64, String>>);

impl Holding {
    /// Those that hold as of an instant, by what was known at another.
    pub(crate) async fn of(
        workspace: &Workspace,
        as_of: AsOf,
        known_at: i64,
    ) -> Result<Holding, WorkspaceError> {
        let found = workspace.store.overrides().holding(as_of.instant_us, known_at).await?;
        let held = crate::tier_holdout::held(workspace, as_of).await?;
        if found.is_empty() {
            return Ok(Holding::default().and_held(&held));
        }
        let links = linked(workspace, as_of.instant_us, known_at).await?;
        let owner = |id| links.get(&id).copied().unwrap_or(id);
        Ok(Holding::among(&found, as_of.instant_us, known_at, owner).and_held(&held))
    }

    /// Those among many that hold.
    pub(crate) fn among(
        all: &[TierOverride],
        as_of: i64,
        known_at: i64,
        owner: impl Fn(i64) -> i64,
    ) -> Holding {
        let mut out = Holding::default();
        for one in all.iter().filter(|one| one.holds(as_of, known_at)) {
            out.0.entry(one.scheme.clone()).or_default().insert(owner(one.customer), one.level.clone());
        }
        out
    }

    /// With the tiers that a hold-out keeps, where no person set one.
    pub(crate) fn and_held(mut self, held: &BTreeMap<String, BTreeMap<i64, String>>) -> Holding {
        for (scheme, levels) in held {
            let own = self.0.entry(scheme.clone()).or_default();
            for (customer, level) in levels {
                own.entry(*customer).or_insert_with(|| level.clone());
            }
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds to the fold's rows which tier a person set. A level that the model no longer has says nothing.
    pub(crate) fn with(&self, batch: RecordBatch, model: &Model) -> Result<RecordBatch, WorkspaceError> {
        if self.0.is_empty() {
            return Ok(batch);
        }
        let Some(ids) =
            batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>()).cloned()
        else {
            return Ok(batch);
        };
        let mut fields: Vec<Field> =
            batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = batch.columns().to_vec();
        for (name, scheme) in model.tiers.iter() {
            let Some(set) = self.0.get(name) else { continue };
            let level =
                |id: &i64| set.get(id).filter(|level| scheme.levels.get(level).is_some()).map(String::as_str);
            let levels: StringArray = ids.values().iter().map(level).collect();
            fields.push(Field::new(format!("{OVERRIDDEN}{name}"), DataType::Utf8, true));
            columns.push(Arc::new(levels) as ArrayRef);
        }
        Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
    }
}

/// An override as people see it.
#[derive(Debug, Clone, Serialize)]
pub struct OverrideView {
    #[serde(flatten)]
    pub one: TierOverride,
    /// What the customer is called, masked.
    pub label: String,
    pub reason: String,
    /// `waiting`, `active`, `rejected`, `ended` or `expired`.
    pub standing: &'static str,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct NewOverride {
    pub customer: i64,
    pub scheme: String,
    pub level: String,
    /// Why; it lies in the vault.
    pub reason: String,
    /// A date up to which it holds, that day included: at its end the computed tier stands again.
    pub expires: Option<String>,
}

/// Asks for a tier. Another person has to approve it, unless the workspace says that one is enough.
pub async fn ask(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    new: NewOverride,
) -> Result<OverrideView, WorkspaceError> {
    who.needs(Permission::OverrideTiers)?;
    visible(workspace, who, base, new.customer).await?;
    let model = now_in_force(workspace).await?.model;
    let wrong = |path: &str, zh: &str, en: &str, right: Text| {
        WorkspaceError::from(Finding::error(
            "override-form",
            Place::default().at(path),
            Text::new(zh, en),
            right,
        ))
    };
    let names = |names: Vec<&str>| {
        let names = names.join(", ");
        Text::new(format!("可选：{names}"), format!("one of {names}"))
    };
    let Some(scheme) = model.tiers.get(&new.scheme) else {
        return Err(wrong(
            "scheme",
            "没有这个等级体系",
            "there is no such tier scheme",
            names(model.tiers.names().collect()),
        ));
    };
    if scheme.levels.get(&new.level).is_none() {
        return Err(wrong(
            "level",
            "没有这个等级",
            "there is no such level",
            names(scheme.levels.names().collect()),
        ));
    }
    let reason = new.reason.trim();
    if reason.is_empty() || reason.chars().count() > 2_000 {
        let right = Text::new("写明原因，最多 2000 字", "the reason, at most 2000 characters");
        return Err(wrong("reason", "须说明原因", "a reason is needed", right));
    }
    let now = facts(workspace).await?.clock.now_us;
    let right = || Text::new("将来的日期，例如一年后的今天", "a date to come, such as today in a year");
    let Some(expires) = new.expires.as_deref().filter(|text| !text.is_empty()) else {
        return Err(wrong("expires", "须写明到期日", "the day on which it ends is needed", right()));
    };
    let expires = instant_of(expires, &workspace.zone)?;
    if expires <= now {
        return Err(wrong("expires", "到期日已经过去", "this date is past", right()));
    }
    let known = workspace.store.overrides().list(Some(new.customer), LISTED).await?;
    let waits = |one: &&TierOverride| {
        one.state == OverrideState::Waiting
            && one.scheme == new.scheme
            && one.expires.is_none_or(|expires| expires > now)
    };
    if let Some(first) = known.iter().find(waits) {
        return Err(Finding::error(
            "override-waiting",
            Place::default().at("scheme"),
            Text::new(
                format!("这位客户已有一项调整在等待审批（{}）", first.level),
                format!("another tier for this customer waits for approval already ({})", first.level),
            ),
            Text::new("先批准或驳回那一项", "approve or reject that one first"),
        )
        .into());
    }
    let id = format!("{}{}", token::id()?, token::id()?);
    let text = EventText { surrogate: new.customer, event_id: bytes_of(&id)?, field: REASON, text: reason };
    // The reason first: an override without one must not exist.
    workspace.vault.remember_texts(None, &[text]).await?;
    let one = TierOverride {
        id: id.clone(),
        customer: new.customer,
        scheme: new.scheme,
        level: new.level,
        account: who.account.clone(),
        at: system_us(),
        state: OverrideState::Waiting,
        expires: Some(expires),
        decided_by: None,
        decided: None,
        holds_from: None,
        ended_by: None,
        ended: None,
        holds_until: None,
    };
    workspace.store.overrides().add(&one).await?;
    let detail = json!({ "customer": one.customer.to_string(), "scheme": one.scheme, "level": one.level });
    audit(workspace, &who.account, "override.ask", &id, detail).await?;
    if !four_eyes(workspace).await? {
        workspace
            .store
            .overrides()
            .decide(&id, OverrideState::Approved, &who.account, system_us(), Some(now))
            .await?;
    }
    see(workspace, who, base, &id).await
}

/// Approves or rejects an override that waits. Nobody decides over what they asked for themselves.
pub async fn decide(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    id: &str,
    approve: bool,
) -> Result<OverrideView, WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    let one = get(workspace, who, base, id).await?;
    if one.account == who.account && four_eyes(workspace).await? {
        return Err(Finding::error(
            "four-eyes",
            Place::default(),
            Text::new("不能审批自己申请的调整", "nobody approves what they asked for themselves"),
            Text::new("请另一位有审批权限的同事处理", "another person with the right to approve"),
        )
        .into());
    }
    let (state, action) = match approve {
        true => (OverrideState::Approved, "override.approve"),
        false => (OverrideState::Rejected, "override.reject"),
    };
    let from = facts(workspace).await?.clock.now_us;
    if !workspace
        .store
        .overrides()
        .decide(id, state, &who.account, system_us(), approve.then_some(from))
        .await?
    {
        return Err(WorkspaceError::Conflict { what: "override" });
    }
    audit(workspace, &who.account, action, id, json!({})).await?;
    see(workspace, who, base, id).await
}

/// Ends an override: from now on the computed tier stands again.
pub async fn end(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    id: &str,
) -> Result<OverrideView, WorkspaceError> {
    who.needs(Permission::OverrideTiers)?;
    get(workspace, who, base, id).await?;
    let now = facts(workspace).await?.clock.now_us;
    if !workspace.store.overrides().end(id, &who.account, system_us(), now).await? {
        return Err(WorkspaceError::Conflict { what: "override" });
    }
    audit(workspace, &who.account, "override.end", id, json!({})).await?;
    see(workspace, who, base, id).await
}

async fn get(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    id: &str,
) -> Result<TierOverride, WorkspaceError> {
    let found = workspace.store.overrides().get(id).await?;
    let one = found.ok_or(WorkspaceError::NotFound { what: "override" })?;
    visible(workspace, who, base, one.customer)
        .await
        .map_err(|_| WorkspaceError::NotFound { what: "override" })?;
    Ok(one)
}

async fn see(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    id: &str,
) -> Result<OverrideView, WorkspaceError> {
    let one = get(workspace, who, base, id).await?;
    let mut views = viewed(workspace, vec![one]).await?;
    views.pop().ok_or(WorkspaceError::NotFound { what: "override" })
}

/// Overrides of one customer, or of all whom somebody sees; newest first.
pub async fn list(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: Option<i64>,
) -> Result<Vec<OverrideView>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    if let Some(customer) = customer {
        visible(workspace, who, base, customer).await?;
    }
    let mut found = workspace.store.overrides().list(customer, LISTED).await?;
    if who.scope != DataScope::Everyone {
        let mut seen = Vec::new();
        for one in found {
            if visible(workspace, who, base, one.customer).await.is_ok() {
                seen.push(one);
            }
        }
        found = seen;
    }
    viewed(workspace, found).await
}

/// A part of all whom somebody sees, newest first: `limit` of them after one, only those that stand so if `state`
/// is given; and the one after whom the next part begins.
pub async fn part(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    state: Option<&str>,
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<OverrideView>, Option<String>), WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let clock = facts(workspace).await?.clock;
    let mut found: Vec<TierOverride> = Vec::new();
    let mut after = after.map(str::to_string);
    loop {
        let some = workspace.store.overrides().list_after(after.as_deref(), LISTED).await?;
        let is_end = some.len() < LISTED as usize;
        after = some.last().map(|one| one.id.clone());
        for one in some {
            if state.is_some_and(|state| state != standing(&one, &clock)) {
                continue;
            }
            let is_seen =
                who.scope == DataScope::Everyone || visible(workspace, who, base, one.customer).await.is_ok();
            if is_seen && found.len() == limit {
                let next = found.last().map(|last| last.id.clone());
                return Ok((viewed(workspace, found).await?, next));
            }
            found.extend(is_seen.then_some(one));
        }
        if is_end {
            return Ok((viewed(workspace, found).await?, None));
        }
    }
}

async fn viewed(
    workspace: &Workspace,
    found: Vec<TierOverride>,
) -> Result<Vec<OverrideView>, WorkspaceError> {
    let now = facts(workspace).await?.clock;
    let ids: Vec<i64> = found.iter().map(|one| one.customer).collect();
    let known = workspace.vault.reveal_many(&ids).await?;
    let labels: BTreeMap<i64, String> =
        ids.iter().map(|id| (*id, label(&known.get(id).cloned().unwrap_or_default()))).collect();
    let mut out = Vec::with_capacity(found.len());
    for one in found {
        let texts =
            workspace.vault.texts_of_event(one.customer, bytes_of(&one.id)?).await.unwrap_or_default();
        let reason =
            texts.into_iter().find(|text| text.field == REASON).map(|text| text.text).unwrap_or_default();
        let label = labels.get(&one.customer).cloned().unwrap_or_default();
        out.push(OverrideView { standing: standing(&one, &now), label, reason, one });
    }
    Ok(out)
}

/// How an override can stand.
pub const STANDINGS: [&str; 5] = ["waiting", "active", "expired", "ended", "rejected"];

/// How an override stands by the workspace's clock: one of [`STANDINGS`].
fn standing(one: &TierOverride, clock: &Clock) -> &'static str {
    match one.state {
        OverrideState::Waiting => "waiting",
        OverrideState::Rejected => "rejected",
        OverrideState::Approved if one.ended.is_some() => "ended",
        OverrideState::Approved if one.expires.is_some_and(|expires| expires <= clock.now_us) => "expired",
        OverrideState::Approved => "active",
    }
}

/// Those of a customer that were ever approved, oldest first: what changes of tier came from.
pub(crate) async fn ever_of(
    workspace: &Workspace,
    customer: i64,
) -> Result<Vec<OverrideView>, WorkspaceError> {
    let links = linked(workspace, i64::MAX, i64::MAX).await?;
    let mut found = workspace.store.overrides().approved().await?;
    found.retain(|one| {
        one.customer == customer || links.get(&one.customer).is_some_and(|owner| *owner == customer)
    });
    viewed(workspace, found).await
}

/// Those of a customer that hold as of an instant, for whoever explains the tier.
pub(crate) async fn of_customer(
    workspace: &Workspace,
    customer: i64,
    as_of: AsOf,
    known_at: i64,
) -> Result<Vec<OverrideView>, WorkspaceError> {
    let links = linked(workspace, as_of.instant_us, known_at).await?;
    let owner = |one: &TierOverride| links.get(&one.customer).copied().unwrap_or(one.customer);
    let found = workspace.store.overrides().holding(as_of.instant_us, known_at).await?;
    viewed(workspace, found.into_iter().filter(|one| owner(one) == customer).collect()).await
}

fn bytes_of(id: &str) -> Result<[u8; 16], WorkspaceError> {
    let mut bytes = [0u8; 16];
    let pair = |at: usize| id.get(2 * at..2 * at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = pair(at).ok_or(WorkspaceError::NotFound { what: "override" })?;
    }
    Ok(bytes)
}
