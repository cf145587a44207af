//! Pairs of customers that may be one person (疑似重复): found by what they share, weighed, and decided by
//! people. Nothing is joined by itself. What people say is kept, and can be taken back.

mod chances;
mod compare;
mod find;

use std::sync::Arc;

use gradus_model::{Finding, Place, Text};
use gradus_store::{DoublePair, Job};
use serde_json::json;

pub use compare::{Reason, ReasonCode};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::system_us;
use crate::jobs::{JobRunner, Work, on_a_thread};
use crate::link::{LinkOptions, link, unlink};
use crate::{Workspace, WorkspaceError};

/// Setting: when pairs were last looked for, and how many were left out.
const LOOKED: &str = "doubles.looked";

const OPEN: &str = "open";
const SAME: &str = "same";
const DIFFERENT: &str = "different";

/// What people say of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// One person: their identities are linked.
    Same,
    /// Two people: the pair is not proposed again.
    Different,
    /// Nothing, after all: what was said is taken back.
    Open,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Same => SAME,
            Verdict::Different => DIFFERENT,
            Verdict::Open => OPEN,
        }
    }

    pub fn parse(text: &str) -> Option<Verdict> {
        [Verdict::Same, Verdict::Different, Verdict::Open].into_iter().find(|one| one.as_str() == text)
    }
}

/// One side of a pair, masked.
#[derive(Debug, Clone)]
pub struct Side {
    pub customer: i64,
    /// Kind and masked value of what the customer is known by.
    pub known_by: Vec<(String, String)>,
}

/// A pair as people see it.
#[derive(Debug, Clone)]
pub struct Double {
    pub pair: DoublePair,
    pub sides: [Side; 2],
    pub reasons: Vec<Reason>,
}

/// Part of a list.
#[derive(Debug, Clone)]
pub struct Doubles {
    pub items: Vec<Double>,
    pub next_cursor: Option<String>,
    /// How many are open, the same, different.
    pub counts: [i64; 3],
    /// When pairs were last looked for; none: never.
    pub looked_us: Option<i64>,
    /// How many less likely ones were left out then.
    pub left_out: i64,
    /// Whether what speaks for a pair was weighed by what the data say, in words; none: never looked.
    pub weights: Option<Text>,
}

/// Whoever may link identities, and sees everybody.
fn may(who: &Principal) -> Result<(), WorkspaceError> {
    who.needs(Permission::ImportData)?;
    who.sees_everyone()
}

/// Starts to look for pairs; what was open before gives way to what is found.
pub async fn start(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
) -> Result<Job, WorkspaceError> {
    may(who)?;
    let owned = workspace.clone();
    let work: Work = Box::new(move |_| {
        Box::pin(on_a_thread(move || async move {
            let found = find::find(&owned).await?;
            let now = system_us();
            let pairs: Vec<DoublePair> = found.pairs.iter().map(|pair| pair.stored(now)).collect();
            owned.store.doubles().found(&pairs).await?;
            let looked = json!({ "at": now, "left_out": found.left_out, "weights": found.weights });
            owned.store.settings().set(LOOKED, &looked).await?;
            Ok(json!({ "pairs": pairs.len(), "left_out": found.left_out, "weights": found.weights }))
        }))
    });
    let job = jobs.start(workspace, who, "doubles", json!({}), work).await?;
    audit(workspace, &who.account, "identity.doubles", &job.id, json!({})).await?;
    Ok(job)
}

/// Pairs in a state, the likeliest first.
pub async fn list(
    workspace: &Workspace,
    who: &Principal,
    state: Verdict,
    cursor: Option<&str>,
    limit: usize,
) -> Result<Doubles, WorkspaceError> {
    may(who)?;
    let after = cursor.map(after_of).transpose()?;
    let doubles = workspace.store.doubles();
    let mut pairs = doubles.list(state.as_str(), after, u32::try_from(limit + 1).unwrap_or(u32::MAX)).await?;
    let is_end = pairs.len() <= limit;
    pairs.truncate(limit);
    let next_cursor =
        pairs.last().filter(|_| !is_end).map(|last| format!("{}.{}.{}", last.score, last.a, last.b));
    let wanted: Vec<i64> = pairs.iter().flat_map(|pair| [pair.a, pair.b]).collect();
    let known = find::known_by(workspace, &wanted).await?;
    let side = |customer: i64| Side {
        customer,
        known_by: known
            .get(&customer)
            .into_iter()
            .flatten()
            .map(|one| (one.kind.clone(), one.masked()))
            .collect(),
    };
    let items = pairs
        .into_iter()
        .map(|pair| Double {
            sides: [side(pair.a), side(pair.b)],
            reasons: serde_json::from_value(pair.reasons.clone()).unwrap_or_default(),
            pair,
        })
        .collect();
    let counted = doubles.counts().await?;
    let count = |state: &str| counted.iter().find(|(name, _)| name == state).map_or(0, |(_, n)| *n);
    let looked = workspace.store.settings().get(LOOKED).await?.unwrap_or_default();
    Ok(Doubles {
        items,
        next_cursor,
        counts: [count(OPEN), count(SAME), count(DIFFERENT)],
        looked_us: looked["at"].as_i64(),
        left_out: looked["left_out"].as_i64().unwrap_or(0),
        weights: serde_json::from_value(looked["weights"].clone()).ok(),
    })
}

/// What became of a verdict.
#[derive(Debug, Clone)]
pub enum Decided {
    Now,
    /// Links are written by a job, because the ledger has one writer at a time.
    ByJob(Box<Job>),
}

/// Says that a pair is one person, or two, or takes that back.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if there is no such pair, [`WorkspaceError::Conflict`] if that was said
/// already, findings if one person lacks a reason.
pub async fn decide(
    workspace: &Arc<Workspace>,
    jobs: &JobRunner,
    who: &Principal,
    (a, b): (i64, i64),
    verdict: Verdict,
    reason: &str,
) -> Result<Decided, WorkspaceError> {
    may(who)?;
    let (a, b) = (a.min(b), a.max(b));
    let found = workspace.store.doubles().get(a, b).await?;
    let pair = found.ok_or(WorkspaceError::NotFound { what: "pair" })?;
    let before = Verdict::parse(&pair.state).unwrap_or(Verdict::Open);
    let allowed = match verdict {
        Verdict::Open => before != Verdict::Open,
        _ => before == Verdict::Open,
    };
    if !allowed {
        return Err(WorkspaceError::Conflict { what: "pair" });
    }
    let joins = verdict == Verdict::Same;
    if !joins && before != Verdict::Same {
        settle(workspace, (a, b), before, verdict, &who.account).await?;
        return Ok(Decided::Now);
    }
    if reason.trim().is_empty() {
        return Err(Finding::error(
            "reason-missing",
            Place::default().at("reason"),
            Text::new("没有写明理由", "no reason is given"),
            Text::new("例如 电话核实为同一人", "such as: asked by telephone, one person"),
        )
        .into());
    }
    let options = LinkOptions {
        a: format!("#{a}"),
        b: format!("#{b}"),
        from: None,
        reason: reason.trim().to_string(),
        actor: who.account.clone(),
    };
    let owned = workspace.clone();
    let work: Work = Box::new(move |_| {
        Box::pin(on_a_thread(move || async move {
            let done = if joins { link(&owned, &options).await } else { unlink(&owned, &options).await }?;
            settle(&owned, (a, b), before, verdict, &options.actor).await?;
            Ok(json!({
                "customers": done.customers.map(|customer| customer.to_string()),
                "link_changes": done.link_changes, "audit": done.audit, "findings": done.findings,
            }))
        }))
    });
    let kind = if joins { "link" } else { "unlink" };
    Ok(Decided::ByJob(Box::new(jobs.start(workspace, who, kind, json!({}), work).await?)))
}

/// Writes down what was said.
async fn settle(
    workspace: &Workspace,
    (a, b): (i64, i64),
    before: Verdict,
    verdict: Verdict,
    account: &str,
) -> Result<(), WorkspaceError> {
    let (from, to) = (before.as_str(), verdict.as_str());
    if !workspace.store.doubles().decide((a, b), from, to, account, system_us()).await? {
        return Err(WorkspaceError::Conflict { what: "pair" });
    }
    let detail = json!({ "before": from, "verdict": to });
    audit(workspace, account, "identity.verdict", &format!("#{a} #{b}"), detail).await
}

/// Score and numbers of the last one of a page.
fn after_of(cursor: &str) -> Result<(i64, i64, i64), WorkspaceError> {
    let parts: Option<Vec<i64>> = cursor.split('.').map(|part| part.parse().ok()).collect();
    match parts.as_deref() {
        Some([score, a, b]) => Ok((*score, *a, *b)),
        _ => Err(Finding::error(
            "cursor",
            Place::default().at("cursor"),
            Text::new("翻页标记无效", "this is no cursor"),
            Text::new("用上一页返回的 next_cursor", "the next_cursor of the page before"),
        )
        .into()),
    }
}
