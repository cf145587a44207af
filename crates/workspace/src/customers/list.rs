//! Finding and listing customers: by what identifies them, by tier, segment or group, sorted by any
//! column, page by page, over millions of rows.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_grading::grade::OutputKind;
use gradus_model::{Finding, Lang, Place, Text};
use serde::Serialize;

use super::moved::{MovedBetween, moved};
use super::ranges::{NumberRange, within};
use super::{own, unknown, unknown_among};
use crate::access::{DataScope, Permission, Principal};
use crate::base::Base;
use crate::cohorts::{CohortCell, in_cell};
use crate::explain::find_customer;
use crate::kpis::counted_by;
use crate::next;
use crate::{Workspace, WorkspaceError};

/// Whom to find.
#[derive(Debug, Clone, Default)]
pub struct Find {
    /// A customer number, phone, e-mail, name, or # and the ledger's number.
    pub text: Option<String>,
    /// Scheme and level; the level `None` means not graded.
    pub tier: Option<(String, Option<String>)>,
    pub segment: Option<String>,
    /// Grouping and group.
    pub group: Option<(String, String)>,
    /// An indicator that is a category, and its value.
    pub category: Option<(String, String)>,
    /// Indicators and scores between bounds; all of them hold.
    pub ranges: Vec<NumberRange>,
    /// First bought in this month or quarter, and again in a later one.
    pub cohort: Option<CohortCell>,
    /// Counted by this KPI.
    pub kpi: Option<String>,
    /// Went from one level to another since an earlier instant.
    pub moved: Option<MovedBetween>,
    /// Only these: whom something was found out about that no filter says.
    pub among: Option<Arc<BTreeSet<i64>>>,
    /// Columns to show; scores and the first indicators if empty.
    pub columns: Vec<String>,
    pub order: Option<Order>,
    pub limit: usize,
    /// What the page before gave.
    pub cursor: Option<String>,
}

/// By which column, and which way. Customers without a value come last.
#[derive(Debug, Clone)]
pub struct Order {
    pub column: String,
    pub descending: bool,
}

/// One page of customers.
#[derive(Debug, Clone, Serialize)]
pub struct CustomerList {
    pub as_of: String,
    pub columns: Vec<(String, Text)>,
    pub rows: Vec<CustomerRow>,
    pub next_cursor: Option<String>,
    /// How many there are in all.
    pub total: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct CustomerRow {
    /// The ledger's number.
    pub customer: i64,
    /// What they are called, masked.
    pub label: String,
    /// Levels by scheme.
    pub tiers: BTreeMap<String, Option<String>>,
    /// Values of the columns, as people read them.
    pub values: Vec<Option<String>>,
}

/// Longest page.
const MAX_LIMIT: usize = 1_000;
/// Columns of a list if none are asked for.
const SHOWN: usize = 5;

/// Finds customers.
pub async fn search(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    find: &Find,
) -> Result<CustomerList, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let filters = masks(workspace, who, base, find).await?;
    let named = match find.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => Some(who_is(workspace, text).await?),
    };
    let chosen = |id: i64, batch: usize, row: usize| {
        filters.iter().all(|filter| filter[batch].value(row))
            && named.as_ref().is_none_or(|named| named.contains(&id))
    };
    let limit = find.limit.clamp(1, MAX_LIMIT);
    let sorting = find.order.as_ref().map(|order| numbers(base, order)).transpose()?;
    let after = find.cursor.as_deref().map(cursor_of).transpose()?;
    // The first rows after the cursor, found in one walk: the whole base is never sorted.
    let mut heap: BinaryHeap<RowPlace> = BinaryHeap::with_capacity(limit + 2);
    let mut total = 0;
    for (id, batch, row) in base.rows().filter(|(id, batch, row)| chosen(*id, *batch, *row)) {
        total += 1;
        let key = sorting.as_ref().map_or(0.0, |keys| keys[batch][row]);
        let place = RowPlace { key, id, batch, row };
        if after.as_ref().is_some_and(|after| place.cmp_to(after.0, after.1) != Ordering::Greater) {
            continue;
        }
        if heap.len() <= limit {
            heap.push(place);
        } else if heap.peek().is_some_and(|last| place < *last) {
            heap.pop();
            heap.push(place);
        }
    }
    let mut places = heap.into_sorted_vec();
    let more = places.len() > limit;
    places.truncate(limit);
    let columns = shown_columns(base, &find.columns)?;
    let rows = shown_rows(workspace, base, &columns, &places).await?;
    let last = places.last().filter(|_| more);
    Ok(CustomerList {
        as_of: base.graded.as_of.clone(),
        next_cursor: last.map(|place| format!("{:016x}{:016x}", place.key.to_bits(), place.id)),
        columns: columns.into_iter().map(|(name, title, _)| (name, title)).collect(),
        rows,
        total,
    })
}

/// Who is meant by tier, segment and group among those whom somebody may see: for each filter and
/// batch, which rows pass. All of them have to.
pub(crate) async fn masks(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    find: &Find,
) -> Result<Vec<Vec<BooleanArray>>, WorkspaceError> {
    let mut filters: Vec<Vec<BooleanArray>> = Vec::new();
    if let Some(segment) = &find.segment {
        let names = || base.model.segments.names();
        filters.push(base.members(segment).ok_or_else(|| unknown_among("segment", segment, names()))?);
    }
    if let Some((scheme, level)) = &find.tier {
        let known = base.model.tiers.get(scheme);
        let known = known.ok_or_else(|| unknown_among("tier", scheme, base.model.tiers.names()))?;
        if let Some(level) = level.as_deref().filter(|level| known.levels.get(level).is_none()) {
            return Err(unknown_among("tier", level, known.levels.names()));
        }
        filters.push(equal(base, scheme, level.as_deref())?);
    }
    if let Some((grouping, group)) = &find.group {
        let names = || base.model.groupings.names();
        let is_learned = base.model.predictions.get(grouping).is_some_and(|one| one.clusters.is_some());
        if base.model.groupings.get(grouping).is_none() && !is_learned {
            return Err(unknown_among("group", grouping, names()));
        }
        let column = base.graded.columns.iter().find(|column| column.name == *grouping);
        let groups = column.map(|column| column.values.as_slice()).unwrap_or_default();
        if !groups.is_empty() && !groups.iter().any(|(known, _)| known == group) {
            return Err(unknown_among("group", group, groups.iter().map(|(known, _)| known.as_str())));
        }
        filters.push(equal(base, grouping, Some(group))?);
    }
    if let Some((indicator, value)) = &find.category {
        base.model.indicators.get(indicator).ok_or_else(|| unknown("category", indicator))?;
        filters.push(equal(base, indicator, Some(value))?);
    }
    for range in &find.ranges {
        filters.push(within(base, range)?);
    }
    if let Some(cell) = &find.cohort {
        filters.push(in_cell(workspace, base, cell).await?);
    }
    if let Some(flow) = &find.moved {
        filters.push(moved(workspace, base, flow).await?);
    }
    if let Some(kpi) = &find.kpi {
        filters.push(counted_by(workspace, base, kpi).await?);
    }
    if let Some(among) = &find.among {
        let of = |batch: &RecordBatch| -> BooleanArray {
            let ids = crate::moves::customers(std::slice::from_ref(batch));
            ids.into_iter().map(|id| Some(among.contains(&id))).collect()
        };
        filters.push(base.graded.batches.iter().map(of).collect());
    }
    match &who.scope {
        DataScope::Everyone => {}
        DataScope::Segment { segment } => {
            filters.push(base.in_scope(segment).ok_or_else(|| unknown("segment", segment))?);
        }
        DataScope::Own => {
            let mine = own(workspace, &who.account).await?;
            let of = |batch: &RecordBatch| -> BooleanArray {
                let ids = crate::moves::customers(std::slice::from_ref(batch));
                ids.into_iter().map(|id| Some(mine.contains(&id))).collect()
            };
            filters.push(base.graded.batches.iter().map(of).collect());
        }
    }
    Ok(filters)
}

/// A row's place in the order: by key, then by number.
#[derive(Debug, Clone, Copy)]
struct RowPlace {
    key: f64,
    id: i64,
    batch: usize,
    row: usize,
}

impl RowPlace {
    fn cmp_to(&self, key: f64, id: i64) -> Ordering {
        self.key.total_cmp(&key).then(self.id.cmp(&id))
    }
}

impl PartialEq for RowPlace {
    fn eq(&self, other: &RowPlace) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for RowPlace {}

impl PartialOrd for RowPlace {
    fn partial_cmp(&self, other: &RowPlace) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for RowPlace {
    fn cmp(&self, other: &RowPlace) -> Ordering {
        self.cmp_to(other.key, other.id)
    }
}

fn cursor_of(text: &str) -> Result<(f64, i64), WorkspaceError> {
    let parts = text.is_ascii().then(|| text.split_at_checked(16)).flatten();
    let read = parts.and_then(|(key, id)| {
        Some((f64::from_bits(u64::from_str_radix(key, 16).ok()?), i64::from_str_radix(id, 16).ok()?))
    });
    read.ok_or_else(no_cursor)
}

/// The customer after whom a page goes on that is sorted by their numbers.
pub(crate) fn after_of(text: &str) -> Result<i64, WorkspaceError> {
    let read = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 16);
    read.map(u64::cast_signed).ok_or_else(no_cursor)
}

fn no_cursor() -> WorkspaceError {
    Finding::error(
        "cursor",
        Place::default().at("cursor"),
        Text::new("翻页标记无效", "this is no cursor"),
        Text::new("用上一页返回的 next_cursor", "the next_cursor of the page before"),
    )
    .into()
}

/// The customers that a text may mean: by their own number, phone or e-mail, else by exact name.
async fn who_is(workspace: &Workspace, text: &str) -> Result<Vec<i64>, WorkspaceError> {
    match find_customer(workspace, text).await {
        Ok(found) => {
            let links = crate::links::linked(workspace, i64::MAX, i64::MAX).await?;
            Ok(vec![links.get(&found).copied().unwrap_or(found)])
        }
        Err(WorkspaceError::Findings(_)) => {
            let found = workspace.vault.find_by_attribute("name", &crate::names::normalized(text)).await?;
            let links = crate::links::linked(workspace, i64::MAX, i64::MAX).await?;
            let mut customers: Vec<i64> =
                found.into_iter().map(|one| links.get(&one).copied().unwrap_or(one)).collect();
            customers.sort_unstable();
            customers.dedup();
            Ok(customers)
        }
        Err(error) => Err(error),
    }
}

/// Keys of an order that ascend in the wanted direction; customers without a value come last.
fn numbers(base: &Base, order: &Order) -> Result<Vec<Vec<f64>>, WorkspaceError> {
    let known = base.graded.columns.iter().find(|column| column.name == order.column);
    let known = known.filter(|column| !matches!(column.kind, OutputKind::Customer));
    let known = known.ok_or_else(|| unknown("sort", &order.column))?;
    let sign = if order.descending { -1.0 } else { 1.0 };
    let levels: BTreeMap<&str, usize> =
        known.values.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    let of = |batch: &RecordBatch| -> Result<Vec<f64>, WorkspaceError> {
        let column = batch.column_by_name(&order.column).ok_or_else(|| unknown("sort", &order.column))?;
        if column.data_type().is_numeric()
            || matches!(column.data_type(), DataType::Decimal128(_, _) | DataType::Boolean)
        {
            let numbers = cast(column, &DataType::Float64)?;
            let numbers = numbers.as_primitive::<Float64Type>();
            return Ok(numbers
                .iter()
                .map(|value| value.map_or(f64::INFINITY, |value| value * sign + 0.0))
                .collect());
        }
        if levels.is_empty() {
            return Err(unknown("sort", &order.column));
        }
        let texts = cast(column, &DataType::Utf8)?;
        let place = |text: Option<&str>| text.and_then(|text| levels.get(text)).map(|at| *at as f64 * sign);
        Ok(texts.as_string::<i32>().iter().map(|text| place(text).unwrap_or(f64::INFINITY)).collect())
    };
    base.graded.batches.iter().map(of).collect()
}

/// For each batch where a column says this; `None`: where it says nothing.
fn equal(base: &Base, column: &str, value: Option<&str>) -> Result<Vec<BooleanArray>, WorkspaceError> {
    let of = |batch: &RecordBatch| -> Result<BooleanArray, WorkspaceError> {
        let found = batch.column_by_name(column).ok_or_else(|| unknown("column", column))?;
        let texts = cast(found, &DataType::Utf8)?;
        Ok(texts.as_string::<i32>().iter().map(|text| Some(text == value)).collect())
    };
    base.graded.batches.iter().map(of).collect()
}

type Shown = (String, Text, OutputKind);

fn shown_columns(base: &Base, asked: &[String]) -> Result<Vec<Shown>, WorkspaceError> {
    let columns = &base.graded.columns;
    if asked.is_empty() {
        let score = columns.iter().filter(|column| column.kind == OutputKind::Score);
        let indicator = columns.iter().filter(|column| column.kind == OutputKind::Indicator);
        return Ok(score
            .chain(indicator)
            .take(SHOWN)
            .map(|c| (c.name.clone(), c.title.clone(), c.kind))
            .collect());
    }
    let of = |name: &String| {
        let found = columns.iter().find(|column| column.name == *name && column.kind != OutputKind::Customer);
        if found.is_none() && next::is_column(name) {
            return Ok((name.clone(), next::title_of(name), OutputKind::RuleSet));
        }
        found.map(|c| (c.name.clone(), c.title.clone(), c.kind)).ok_or_else(|| unknown("column", name))
    };
    asked.iter().map(of).collect()
}

async fn shown_rows(
    workspace: &Workspace,
    base: &Base,
    columns: &[Shown],
    places: &[RowPlace],
) -> Result<Vec<CustomerRow>, WorkspaceError> {
    let ids: Vec<i64> = places.iter().map(|place| place.id).collect();
    let mut revealed = workspace.vault.reveal_many(&ids).await?;
    let schemes: Vec<String> = base.model.tiers.iter().map(|(name, _)| name.to_string()).collect();
    let mut rows = Vec::with_capacity(places.len());
    for place in places {
        let batch = &base.graded.batches[place.batch];
        let cell = |name: &str| batch.column_by_name(name).and_then(|column| shown(column, place.row));
        let known = revealed.remove(&place.id).unwrap_or_default();
        rows.push(CustomerRow {
            customer: place.id,
            label: label(&known),
            tiers: schemes.iter().map(|scheme| (scheme.clone(), cell(scheme))).collect(),
            values: columns.iter().map(|(name, _, _)| cell(name)).collect(),
        });
    }
    for (at, (name, ..)) in columns.iter().enumerate() {
        if base.graded.has(name) || !next::is_column(name) {
            continue;
        }
        let mut found = next::of_customers(workspace, name, &ids).await?;
        rows.iter_mut().for_each(|row| row.values[at] = found.remove(&row.customer));
    }
    Ok(rows)
}

/// What a customer is called where nobody may see who it is: the name if there is one, masked.
pub fn label(known: &[gradus_store::Revealed]) -> String {
    let name = known.iter().find(|one| one.kind == "name");
    name.or(known.first()).map(|one| one.masked()).unwrap_or_default()
}

/// A value as people read it.
pub fn shown(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    let options = FormatOptions::default();
    ArrayFormatter::try_new(column, &options).ok().map(|formatter| formatter.value(row).to_string())
}

/// A number with more digits than people read, with four after the point.
fn short(value: &str) -> String {
    let is_long = value.split_once('.').is_some_and(|(_, part)| part.len() > 4);
    match value.parse::<f64>() {
        Ok(number) if is_long && number.is_finite() => {
            let text = format!("{:.4}", number + 0.0);
            text.trim_end_matches('0').trim_end_matches('.').to_string()
        }
        _ => value.to_string(),
    }
}

impl CustomerList {
    /// A table for a terminal.
    pub fn render(&self, lang: Lang) -> String {
        let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
        let mut out = String::new();
        for row in &self.rows {
            out.push_str(&format!("  #{}  {}", row.customer, row.label));
            for (scheme, level) in &row.tiers {
                out.push_str(&format!("  {scheme}={}", level.as_deref().unwrap_or("—")));
            }
            for ((name, title), value) in self.columns.iter().zip(&row.values) {
                let title = title.get(lang);
                let label = if title.is_empty() { name } else { title };
                out.push_str(&format!("  {label}: {}", value.as_deref().map_or("—".into(), short)));
            }
            out.push('\n');
        }
        let (shown, total) = (self.rows.len(), self.total);
        out.push_str(&format!(
            "{shown} / {total} {} {}\n",
            say("位客户，截至", "customers as of"),
            self.as_of
        ));
        if let Some(cursor) = &self.next_cursor {
            out.push_str(&format!("{} --cursor {cursor}\n", say("下一页：", "next page:")));
        }
        out
    }
}
