//! Transitions as people look through them: newest first, page by page, of those whom they may see.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::datatypes::Int64Type;
use gradus_grading::fold::CUSTOMER;
use gradus_ledger::table::PlainTable;
use gradus_model::{Finding, Place, Text};
use serde::Serialize;

use super::cause::Cause;
use super::compare::Kind;
use super::table::{AS_OF, FORMAT, Transition, row_of};
use super::words::{cause_text, lead, render, standing};
use super::{Change, TABLE, changes_of};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::customers::{Find, label, masks, visible};
use crate::grades::Chain;
use crate::stored::Stored;
use crate::{Workspace, WorkspaceError};

/// Which changes are meant; all that is given holds.
#[derive(Debug, Clone, Default)]
pub struct TransitionFilter {
    pub kind: Option<Kind>,
    /// Of the tier scheme, grouping or segment.
    pub name: Option<String>,
    /// Where they came from; `Some(None)`: not graded, in no group, or not there.
    pub from: Option<Option<String>>,
    pub to: Option<Option<String>>,
    pub cause: Option<Cause>,
    /// Graded instants: no earlier than, no later than.
    pub since: Option<String>,
    pub until: Option<String>,
}

/// One page of changes.
#[derive(Debug, Clone, Serialize)]
pub struct TransitionList {
    pub items: Vec<ListedTransition>,
    pub next_cursor: Option<String>,
}

/// A change in words.
#[derive(Debug, Clone, Serialize)]
pub struct ListedTransition {
    pub transition: Transition,
    /// What the customer is called, masked.
    pub label: String,
    pub title: Text,
    pub from: Text,
    pub to: Text,
    pub cause: Text,
    /// The lines that moved, the furthest first.
    pub lines: Vec<Text>,
}

/// How many changed alike for one cause.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TransitionCount {
    pub kind: Kind,
    pub name: String,
    pub title: Text,
    pub from: Option<String>,
    pub to: Option<String>,
    pub from_title: Text,
    pub to_title: Text,
    pub cause: Cause,
    pub cause_title: Text,
    pub n_customers: u64,
}

/// Longest page.
const MOST: usize = 200;

/// Lists changes, the newest instant first; within one, corrections last, by customer.
///
/// # Errors
/// A finding if the cursor is none of ours; nobody was graded yet.
pub async fn list(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    filter: &TransitionFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<TransitionList, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let stored = Stored::open(workspace).await?;
    let seen = masks(workspace, who, base, &Find::default()).await?;
    let limit = limit.clamp(1, MOST);
    let (from, mut skip) = match cursor {
        None => (None, 0),
        Some(text) => {
            let (instant, skip) = cursor_of(text)?;
            (Some(instant), skip)
        }
    };
    let within = |instant: &&String| {
        filter.since.as_ref().is_none_or(|since| *instant >= since)
            && filter.until.as_ref().is_none_or(|until| *instant <= until)
            && from.as_ref().is_none_or(|from| *instant <= from)
    };
    let mut found: Vec<Transition> = Vec::new();
    let mut next_cursor = None;
    for instant in stored.instants.iter().rev().filter(within) {
        if from.as_ref() != Some(instant) {
            skip = 0;
        }
        let part = Part::read(workspace, &stored.compiled.hash, instant).await?;
        let places = part.places(filter, base, &seen);
        let wanted = limit - found.len();
        for (batch, row, customer) in places.iter().skip(skip).take(wanted) {
            found.push(row_of(&part.batches[*batch], *row, *customer, &stored.compiled.hash)?);
        }
        if places.len() > skip + wanted {
            next_cursor = Some(format!("{instant}~{}", skip + wanted));
            break;
        }
        if found.len() == limit {
            // The next page begins with the instant before, if it has any.
            next_cursor = Some(format!("{instant}~{}", places.len()));
            break;
        }
    }
    let ids: Vec<i64> = found.iter().map(|one| one.customer).collect();
    let known = workspace.vault.reveal_many(&ids).await?;
    let items = found.into_iter().map(|one| {
        let label = label(known.get(&one.customer).map(Vec::as_slice).unwrap_or_default());
        listed(one, label, &stored)
    });
    Ok(TransitionList { items: items.collect(), next_cursor })
}

/// The changes of one customer, newest first, from version to version of the model.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if there is no such customer, or whoever asks may not see them.
pub async fn of_one(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: i64,
) -> Result<Vec<ListedTransition>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    visible(workspace, who, base, customer).await?;
    let stored = Stored::open(workspace).await?;
    let Some(last) = stored.instants.last() else { return Ok(Vec::new()) };
    let last = workspace.as_of(crate::instant_of(last, &workspace.zone)?);
    let all = changes_of(workspace, &stored.compiled, customer, last).await?;
    let name = label(&workspace.vault.reveal(customer).await?);
    let told = |change: Change| {
        let mut one = listed(change.transition, name.clone(), &stored);
        one.cause = lead(&one.cause, &change.said);
        one
    };
    Ok(all.into_iter().map(told).collect())
}

/// How many changed at an instant, the newest if none is named, by where from, where to and why; most first.
/// Corrections are left out.
pub async fn counts(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    as_of: Option<&str>,
) -> Result<(String, Vec<TransitionCount>), WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let stored = Stored::open(workspace).await?;
    let newest = stored.instants.last().cloned().unwrap_or_default();
    let instant = as_of.map_or(newest, String::from);
    if !stored.instants.contains(&instant) {
        return Err(Finding::error(
            "not-graded-yet",
            Place::default().at("as_of"),
            Text::new(format!("没有 {instant} 的评级"), format!("nobody has been graded as of {instant}")),
            Text::new(
                format!("可选：{}", stored.instants.join("、")),
                format!("one of {}", stored.instants.join(", ")),
            ),
        )
        .into());
    }
    let seen = masks(workspace, who, base, &Find::default()).await?;
    let part = Part::read(workspace, &stored.compiled.hash, &instant).await?;
    type Key = (Kind, String, Option<String>, Option<String>, Cause);
    let mut counts: BTreeMap<Key, u64> = BTreeMap::new();
    for (batch, row, _) in part.places(&TransitionFilter::default(), base, &seen) {
        let texts = &part.texts[batch];
        if texts.is_correction(row) {
            continue;
        }
        let own = |column: &Option<StringArray>| text(column, row).map(String::from);
        let kind = text(&texts.kind, row).and_then(Kind::from_code).unwrap_or(Kind::Tier);
        let cause = text(&texts.cause, row).and_then(Cause::from_code).unwrap_or(Cause::Values);
        let name = own(&texts.name).unwrap_or_default();
        *counts.entry((kind, name, own(&texts.from), own(&texts.to), cause)).or_default() += 1;
    }
    let columns = stored.compiled.stage_b.output_columns();
    let mut out: Vec<TransitionCount> = counts
        .into_iter()
        .map(|((kind, name, from, to, cause), n_customers)| {
            let column = columns.iter().find(|column| column.name == name);
            TransitionCount {
                kind,
                title: column.map_or_else(|| Text::plain(&name), |column| column.title.clone()),
                from_title: standing(kind, column, from.as_deref()),
                to_title: standing(kind, column, to.as_deref()),
                cause,
                cause_title: cause_text(cause),
                n_customers,
                name,
                from,
                to,
            }
        })
        .collect();
    // The sort keeps the order of kind and name among equals.
    out.sort_by_key(|one| std::cmp::Reverse(one.n_customers));
    Ok((instant, out))
}

fn listed(one: Transition, label: String, stored: &Stored) -> ListedTransition {
    let columns = stored.compiled.stage_b.output_columns();
    let column = columns.iter().find(|column| column.name == one.name);
    ListedTransition {
        title: column.map_or_else(|| Text::plain(&one.name), |column| column.title.clone()),
        from: standing(one.kind, column, one.from.as_deref()),
        to: standing(one.kind, column, one.to.as_deref()),
        cause: cause_text(one.cause),
        lines: render(&one, &stored.compiled).split_off(1),
        label,
        transition: one,
    }
}

fn cursor_of(text: &str) -> Result<(String, usize), WorkspaceError> {
    let read = text.split_once('~').and_then(|(instant, n)| Some((instant.to_string(), n.parse().ok()?)));
    read.ok_or_else(|| {
        Finding::error(
            "cursor",
            Place::default().at("cursor"),
            Text::new("翻页标记无效", "this is no cursor"),
            Text::new("用上一页返回的 next_cursor", "the next_cursor of the page before"),
        )
        .into()
    })
}

/// What is stored of one instant.
struct Part {
    batches: Vec<RecordBatch>,
    texts: Vec<Texts>,
}

/// The columns that filters read.
struct Texts {
    kind: Option<StringArray>,
    name: Option<StringArray>,
    from: Option<StringArray>,
    to: Option<StringArray>,
    cause: Option<StringArray>,
    corrections: Option<BooleanArray>,
}

fn text(column: &Option<StringArray>, row: usize) -> Option<&str> {
    column.as_ref().filter(|column| column.is_valid(row)).map(|column| column.value(row))
}

impl Texts {
    fn is_correction(&self, row: usize) -> bool {
        self.corrections.as_ref().is_some_and(|flags| flags.is_valid(row) && flags.value(row))
    }

    fn passes(&self, row: usize, filter: &TransitionFilter) -> bool {
        // Where no kind or cause is written, an older program wrote a change of tier.
        filter.kind.is_none_or(|kind| text(&self.kind, row).unwrap_or(Kind::Tier.code()) == kind.code())
            && filter.name.as_deref().is_none_or(|name| text(&self.name, row) == Some(name))
            && filter.from.as_ref().is_none_or(|from| text(&self.from, row) == from.as_deref())
            && filter.to.as_ref().is_none_or(|to| text(&self.to, row) == to.as_deref())
            && filter
                .cause
                .is_none_or(|cause| text(&self.cause, row).unwrap_or(Cause::Values.code()) == cause.code())
    }
}

impl Part {
    async fn read(workspace: &Workspace, model_hash: &str, instant: &str) -> Result<Part, WorkspaceError> {
        let name = Chain::Announced.table(TABLE, model_hash);
        if !workspace.has_table(&name) {
            return Ok(Part { batches: Vec::new(), texts: Vec::new() });
        }
        let table = PlainTable::open(&workspace.storage, &name, FORMAT).await?;
        let columns: Vec<&str> = table.schema().fields().iter().map(|field| field.name().as_str()).collect();
        let values = BTreeMap::from([(AS_OF.to_string(), Some(instant.to_string()))]);
        let batches = table.read(&columns, &values).await?;
        let texts = batches.iter().map(|batch| {
            let column = |name: &str| batch.column_by_name(name)?.as_string_opt::<i32>().cloned();
            Texts {
                kind: column("kind"),
                name: column("scheme"),
                from: column("from"),
                to: column("to"),
                cause: column("cause"),
                corrections: batch
                    .column_by_name("is_correction")
                    .and_then(|one| one.as_boolean_opt())
                    .cloned(),
            }
        });
        let texts = texts.collect();
        Ok(Part { batches, texts })
    }

    /// Batch, row and customer of what passes, in the order of the list.
    fn places(
        &self,
        filter: &TransitionFilter,
        base: &Base,
        seen: &[Vec<BooleanArray>],
    ) -> Vec<(usize, usize, i64)> {
        // Who is not in the base any more is shown to those who see everybody.
        let is_seen = |customer: i64| match base.find(customer) {
            Some((batch, row)) => seen.iter().all(|filter| filter[batch].value(row)),
            None => seen.is_empty(),
        };
        let mut out = Vec::new();
        for (at, (batch, texts)) in self.batches.iter().zip(&self.texts).enumerate() {
            let ids = batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
            let Some(ids) = ids else { continue };
            for (row, customer) in ids.values().iter().enumerate() {
                if texts.passes(row, filter) && is_seen(*customer) {
                    out.push((at, row, *customer));
                }
            }
        }
        out.sort_by_key(|(batch, row, customer)| {
            (self.texts[*batch].is_correction(*row), *customer, *batch, *row)
        });
        out
    }
}
