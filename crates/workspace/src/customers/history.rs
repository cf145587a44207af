//! What was graded of one customer, instant by instant: every stored value with how fresh it was.

use arrow::array::AsArray;
use arrow::datatypes::TimestampMicrosecondType;
use gradus_grading::grade::{CUSTOMER, OutputColumn};
use gradus_ledger::table::ScanBound;
use gradus_model::event_stream::column;
use gradus_model::{Finding, Place, Text};
use jiff::Timestamp;
use serde::Serialize;

use super::history_text::Form;
use super::list::shown;
use super::profile::kind;
use super::{unknown, visible};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::explain::find_customer;
use crate::grade::open_events;
use crate::links::linked;
use crate::stored::Stored;
use crate::transitions::{Change, changes_of};
use crate::{Workspace, WorkspaceError};

/// A customer's grades by instant, oldest first.
#[derive(Debug, Clone, Serialize)]
pub struct History {
    pub customer: i64,
    /// What is shown: name, title, and `indicator`, `score`, `tier`, `segment` or `grouping`.
    pub columns: Vec<(String, Text, &'static str)>,
    pub points: Vec<HistoryPoint>,
    /// What their tiers, groups and segments changed to, newest first, and why.
    pub changes: Vec<Change>,
    /// How each column's numbers are written for people.
    #[serde(skip)]
    pub(super) forms: Vec<Form>,
}

/// A customer as of one graded instant.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryPoint {
    pub as_of: String,
    pub run: String,
    /// The customer's last event that counted; none if there was none yet.
    pub last_event: Option<String>,
    /// In the order of the columns; `None` is unknown or not applicable.
    pub values: Vec<Option<String>>,
    /// Titles of levels and groups in the place of their names.
    pub titles: Vec<Option<Text>>,
    /// Which of the values are numbers.
    #[serde(skip)]
    pub(super) numeric: Vec<bool>,
}

/// Which columns a history is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryOf<'a> {
    Everything,
    /// Scores, tiers and groups: what stands at the end of grading.
    Grades,
    /// One indicator, score, tier, segment or grouping.
    Named(&'a str),
}

/// Finds what was stored of a customer. With `name` one indicator, score, tier, segment or grouping;
/// else all of them.
///
/// # Errors
/// As [`history_of`].
pub async fn history(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: &str,
    name: Option<&str>,
) -> Result<History, WorkspaceError> {
    history_of(workspace, who, base, customer, name.map_or(HistoryOf::Everything, HistoryOf::Named)).await
}

/// Finds what was stored of a customer.
///
/// # Errors
/// Findings: no such customer or name; nobody was graded yet. [`WorkspaceError::NotFound`] if whoever
/// asks may not see the customer.
pub async fn history_of(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    customer: &str,
    which: HistoryOf<'_>,
) -> Result<History, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let asked = find_customer(workspace, customer).await?;
    let links = linked(workspace, i64::MAX, i64::MAX).await?;
    let customer = links.get(&asked).copied().unwrap_or(asked);
    visible(workspace, who, base, customer).await?;
    let stored = Stored::open(workspace).await?;
    let known = stored.compiled.stage_b.output_columns().into_iter();
    let columns: Vec<(OutputColumn, &'static str)> =
        known.filter_map(|one| kind(one.kind).map(|kind| (one, kind))).collect();
    let columns: Vec<(OutputColumn, &'static str)> = match which {
        HistoryOf::Everything => columns,
        HistoryOf::Grades => {
            columns.into_iter().filter(|(_, kind)| !["indicator", "segment"].contains(kind)).collect()
        }
        HistoryOf::Named(name) => {
            let found: Vec<_> = columns.into_iter().filter(|(one, _)| one.name == name).collect();
            if found.is_empty() { return Err(unknown("indicator", name)) } else { found }
        }
    };
    let mut names: Vec<&str> = vec![CUSTOMER];
    names.extend(columns.iter().map(|(one, _)| one.name.as_str()));
    let runs = workspace.store.runs().list(Some(&stored.compiled.hash), u32::MAX).await?;
    let snapshot = open_events(workspace).await?.snapshot().await?;
    let mut out = History {
        customer,
        columns: columns.iter().map(|(one, kind)| (one.name.clone(), one.title.clone(), *kind)).collect(),
        points: Vec::new(),
        changes: Vec::new(),
        forms: columns.iter().map(|(one, _)| Form::of(one, &stored.model)).collect(),
    };
    for date in &stored.instants {
        let as_of_us = crate::instant_of(date, &workspace.zone)?;
        let Some(run) = runs.iter().find(|run| run.is_announced() && run.as_of == as_of_us) else { continue };
        // Who is whom changes with time: a link may say that they were another one then.
        let links = linked(workspace, as_of_us, run.known_at).await?;
        let then = links.get(&asked).copied().unwrap_or(asked);
        let Some((values, numeric)) = row_of(&stored, date, &names, then).await? else { continue };
        let mut identities: Vec<i64> =
            links.iter().filter(|(_, owner)| **owner == then).map(|(id, _)| *id).collect();
        identities.push(then);
        let bound =
            ScanBound { position: Some(run.position), known: Some(run.known_at), time: Some(as_of_us) };
        let events = snapshot.read_identities(&identities, &[column::IDENTITY, column::TIME], bound).await?;
        let times = events.iter().filter_map(|batch| {
            let times = batch.column_by_name(column::TIME)?.as_primitive_opt::<TimestampMicrosecondType>()?;
            times.values().iter().copied().max()
        });
        // What groups are called belongs to the fit of their day.
        let called = stored.columns(workspace, date).await?;
        let title = |(value, (one, _)): (&Option<String>, &(OutputColumn, &str))| {
            let value = value.as_deref()?;
            let one = called.iter().find(|own| own.name == one.name).unwrap_or(one);
            one.values.iter().find(|(name, _)| name == value).map(|(_, title)| title.clone())
        };
        out.points.push(HistoryPoint {
            as_of: date.clone(),
            run: run.id.clone(),
            last_event: times
                .max()
                .and_then(|us| Timestamp::from_microsecond(us).ok())
                .map(|at| at.to_string()),
            titles: values.iter().zip(&columns).map(title).collect(),
            values,
            numeric,
        });
    }
    if out.points.is_empty() {
        return Err(Finding::error(
            "not-graded-yet",
            Place::default(),
            Text::new("这位客户还没有评级", "this customer has not been graded yet"),
            Text::new("先运行 gradus grade", "run `gradus grade` first"),
        )
        .into());
    }
    if let Some(last) = stored.instants.last() {
        let last = workspace.as_of(crate::instant_of(last, &workspace.zone)?);
        out.changes = changes_of(workspace, &stored.compiled, customer, last).await?;
        out.changes.retain(|one| out.columns.iter().any(|(name, _, _)| *name == one.transition.name));
    }
    Ok(out)
}

/// A customer's values as of an instant, and which of them are numbers; `None` if they were not there.
async fn row_of(
    stored: &Stored,
    date: &str,
    names: &[&str],
    customer: i64,
) -> Result<Option<(Vec<Option<String>>, Vec<bool>)>, WorkspaceError> {
    // Only the pages of the files that may hold them are read.
    let found = stored.grades.of_customer(date, names, customer).await?;
    let Some(batch) = found.iter().find(|batch| batch.num_rows() > 0) else { return Ok(None) };
    let column = |name: &&str| batch.column_by_name(name);
    let values = names.iter().skip(1).map(|name| column(name).and_then(|column| plain(column, 0)));
    let numeric =
        names.iter().skip(1).map(|name| column(name).is_some_and(|one| one.data_type().is_numeric()));
    Ok(Some((values.collect(), numeric.collect())))
}

/// A value as people read it, without zeros that tell nothing.
pub(super) fn plain(column: &arrow::array::ArrayRef, row: usize) -> Option<String> {
    let text = shown(column, row)?;
    let numeric = column.data_type().is_decimal() && text.contains('.');
    Some(if numeric { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text })
}
