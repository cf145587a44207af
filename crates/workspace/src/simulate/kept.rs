//! Who goes from where to where in a simulation: kept beside its figures, so that every cell of the
//! matrix and every segment opens its customers. Surrogates and levels only; gone after a week.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringDictionaryBuilder,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Float64Type, Int16Type, Int64Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Serialize;

use super::{Compared, members};
use crate::access::{Permission, Principal};
use crate::clock::system_us;
use crate::customers::label;
use crate::export::Part;
use crate::moves::{self, NOT_GRADED, Side};
use crate::uploads::private_folder;
use crate::{Workspace, WorkspaceError};

/// How long they are kept.
const KEPT_US: i64 = 7 * 86_400_000_000;
pub(super) const CUSTOMER: &str = "customer";
const AS_OF: &str = "as_of";
/// Not graded, as filters name it.
pub(super) const NOT: &str = "$not_graded";
/// Was not there in the grading before, is not there in the one after.
pub(super) const NEW: &str = "$new";
const GONE: &str = "$gone";
const IN: &str = "in";
const OUT: &str = "out";

/// Which of the customers of a simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct SimulatedFilter {
    pub of: SimulatedOf,
    /// A level, `$not_graded` or `$new`; for a segment `in` or `out`. From anywhere if `None`.
    pub from: Option<String>,
    /// A level, `$not_graded` or `$gone`; for a segment `in` or `out`. To anywhere if `None`.
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum SimulatedOf {
    Scheme(String),
    Segment(String),
}

/// One page of them.
#[derive(Debug, Clone, Serialize)]
pub struct SimulatedList {
    pub as_of: String,
    pub items: Vec<SimulatedCustomer>,
    pub next_cursor: Option<String>,
    pub total: u64,
}

#[derive(Debug, Clone, Serialize)]
pub struct SimulatedCustomer {
    pub customer: i64,
    /// What they are called, masked.
    pub label: String,
    pub from: String,
    pub to: String,
    /// What the scheme cuts, before and after.
    pub value_before: Option<f64>,
    pub value_after: Option<f64>,
}

/// The customers of both sides, ascending, with their rows on each.
struct Together {
    ids: Vec<i64>,
    before: Vec<Option<usize>>,
    after: Vec<Option<usize>>,
}

impl Together {
    fn of(before: &[RecordBatch], after: &[RecordBatch]) -> Together {
        let mut rows: HashMap<i64, (Option<usize>, Option<usize>)> = HashMap::new();
        for (row, id) in moves::customers(before).into_iter().enumerate() {
            rows.entry(id).or_default().0 = Some(row);
        }
        for (row, id) in moves::customers(after).into_iter().enumerate() {
            rows.entry(id).or_default().1 = Some(row);
        }
        let mut all: Vec<_> = rows.into_iter().collect();
        all.sort_unstable_by_key(|(id, _)| *id);
        Together {
            ids: all.iter().map(|one| one.0).collect(),
            before: all.iter().map(|one| one.1.0).collect(),
            after: all.iter().map(|one| one.1.1).collect(),
        }
    }
}

/// Keeps the customers of a simulation under an id.
pub(super) fn keep(workspace: &Workspace, id: &str, compared: &Compared) -> Result<(), WorkspaceError> {
    let (before, after) = compared.sides()?;
    let together = Together::of(before.batches, after.batches);
    let mut columns: Vec<(String, ArrayRef)> =
        vec![(CUSTOMER.into(), Arc::new(Int64Array::from(together.ids.clone())))];
    let rows = [&together.before, &together.after];
    let both = |name: &str| {
        [(0, &before, "before"), (1, &after, "after")]
            .map(|(at, side, when)| (rows[at], side, when, format!("{name}.{when}")))
    };
    let schemes = after.model.tiers.iter().chain(before.model.tiers.iter());
    let mut seen = std::collections::BTreeSet::new();
    for (name, _) in schemes.filter(|(name, _)| seen.insert(name.to_string())) {
        for (rows, side, when, column) in both(&format!("tier.{name}")) {
            columns.push((column, tiers(name, side, rows, if when == "before" { NEW } else { GONE })?));
        }
        for (rows, side, _, column) in both(&format!("by.{name}")) {
            let by = side.model.tiers.get(name).and_then(|scheme| scheme.by.as_deref());
            let values = by.map(|by| moves::numbers(side.batches, by)).transpose()?.flatten();
            let value = |row: &Option<usize>| row.and_then(|row| values.as_ref().and_then(|all| all[row]));
            columns.push((column, Arc::new(rows.iter().map(value).collect::<Float64Array>())));
        }
    }
    let segments = after.model.segments.iter().chain(before.model.segments.iter());
    let mut seen = std::collections::BTreeSet::new();
    for (name, _) in segments.filter(|(name, _)| seen.insert(name.to_string())) {
        for (_, side, _, column) in both(&format!("segment.{name}")) {
            let members = members(side, name).unwrap_or_default();
            let is = |id: &i64| if members.binary_search(id).is_ok() { IN } else { OUT };
            columns.push((column, coded(together.ids.iter().map(is))));
        }
    }
    let as_of = compared.simulation.as_of.clone();
    write(workspace, id, HashMap::from([(AS_OF.into(), as_of)]), columns)
}

/// A customer's level by row of a side, in words of the filter.
fn tiers(
    name: &str,
    side: &Side<'_>,
    rows: &[Option<usize>],
    absent: &'static str,
) -> Result<ArrayRef, WorkspaceError> {
    let scheme = side.model.tiers.get(name);
    let places = scheme.map(|scheme| moves::levels(side.batches, name, scheme)).transpose()?;
    let names: Vec<&str> =
        scheme.map(|scheme| scheme.levels.iter().map(|(level, _)| level).collect()).unwrap_or_default();
    let level = |row: &Option<usize>| match row.and_then(|row| places.as_ref().map(|places| places[row])) {
        None => absent,
        Some(NOT_GRADED) => NOT,
        Some(place) => names.get(usize::from(place)).copied().unwrap_or(NOT),
    };
    Ok(coded(rows.iter().map(level)))
}

fn coded<'a>(texts: impl Iterator<Item = &'a str>) -> ArrayRef {
    let mut builder = StringDictionaryBuilder::<Int16Type>::new();
    texts.for_each(|text| builder.append_value(text));
    Arc::new(builder.finish())
}

/// Writes the columns of a simulation under its id, after what is too old has been removed.
pub(super) fn write(
    workspace: &Workspace,
    id: &str,
    notes: HashMap<String, String>,
    columns: Vec<(String, ArrayRef)>,
) -> Result<(), WorkspaceError> {
    sweep(workspace);
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let schema = Schema::new_with_metadata(fields, notes);
    let batch = RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|one| one.1).collect())?;
    let path = place(workspace, id);
    let io = |error| WorkspaceError::io(&path, error);
    let written = |error: parquet::errors::ParquetError| io(std::io::Error::other(error));
    private_folder(&folder(workspace)).map_err(io)?;
    let mut part = Part::begin(&workspace.disk, &path, true).map_err(io)?;
    let mut put = || {
        let mut writer = parquet::arrow::ArrowWriter::try_new(part.file(), batch.schema(), None)?;
        writer.write(&batch)?;
        writer.close().map(drop)
    };
    match put() {
        Ok(()) => part.finish().map(drop).map_err(io),
        Err(error) => {
            part.give_up();
            Err(written(error))
        }
    }
}

/// The customers of a simulation that a filter means, by number, page by page.
///
/// # Errors
/// [`WorkspaceError::NotFound`] for a simulation, scheme or segment that is not kept;
/// [`WorkspaceError::OutOfScope`] for those who see a part of the customers.
pub async fn simulated_customers(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    filter: &SimulatedFilter,
    cursor: Option<&str>,
    limit: usize,
) -> Result<SimulatedList, WorkspaceError> {
    let filter = filter.clone();
    let read = move |path: &std::path::Path, after| page(path, &filter, after, limit);
    listed(workspace, who, id, cursor, read).await
}

/// One page of what is kept under an id, with what the customers are called.
pub(super) async fn listed(
    workspace: &Workspace,
    who: &Principal,
    id: &str,
    cursor: Option<&str>,
    read: impl FnOnce(&std::path::Path, Option<i64>) -> Result<Page, WorkspaceError> + Send + 'static,
) -> Result<SimulatedList, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let missing = || WorkspaceError::NotFound { what: "simulation" };
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(missing());
    }
    let after = cursor.map(crate::customers::after_of).transpose()?;
    let path = place(workspace, id);
    let (as_of, mut items, total, more) = tokio::task::spawn_blocking(move || read(&path, after))
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    let ids: Vec<i64> = items.iter().map(|one| one.customer).collect();
    let known = workspace.vault.reveal_many(&ids).await?;
    for one in &mut items {
        one.label = label(known.get(&one.customer).map_or(&[], Vec::as_slice));
    }
    let next_cursor = items.last().filter(|_| more).map(|one| format!("{:016x}", one.customer));
    Ok(SimulatedList { as_of, items, next_cursor, total })
}

/// The instant, the customers, how many there are in all, and whether some come after.
pub(super) type Page = (String, Vec<SimulatedCustomer>, u64, bool);

fn page(
    path: &std::path::Path,
    filter: &SimulatedFilter,
    after: Option<i64>,
    limit: usize,
) -> Result<Page, WorkspaceError> {
    let missing = |what| WorkspaceError::NotFound { what };
    let file = std::fs::File::open(path).map_err(|_| missing("simulation"))?;
    let wrong = |error: parquet::errors::ParquetError| WorkspaceError::io(path, std::io::Error::other(error));
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(wrong)?;
    let as_of = builder.schema().metadata().get(AS_OF).cloned().unwrap_or_default();
    let (prefix, name, what) = match &filter.of {
        SimulatedOf::Scheme(name) => ("tier", name, "tier"),
        SimulatedOf::Segment(name) => ("segment", name, "segment"),
    };
    let of = |prefix: &str, when: &str| format!("{prefix}.{name}.{when}");
    let (from, to) = (of(prefix, "before"), of(prefix, "after"));
    if builder.schema().index_of(&from).is_err() {
        return Err(missing(what));
    }
    let wanted = [CUSTOMER.to_string(), from.clone(), to.clone(), of("by", "before"), of("by", "after")];
    let places = builder.schema().fields().iter().enumerate();
    let places: Vec<usize> =
        places.filter(|(_, field)| wanted.contains(field.name())).map(|(at, _)| at).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), places);
    let mut picked = Picked::new(after, limit);
    for batch in builder.with_projection(mask).build().map_err(wrong)? {
        let batch = batch?;
        let text = |name: &str| -> Result<ArrayRef, WorkspaceError> {
            let column = batch.column_by_name(name).ok_or_else(|| missing(what))?;
            Ok(cast(column, &DataType::Utf8)?)
        };
        let (from, to) = (text(&from)?, text(&to)?);
        let (from, to) = (from.as_string::<i32>(), to.as_string::<i32>());
        let ids = batch.column_by_name(CUSTOMER).ok_or_else(|| missing("simulation"))?;
        let ids = ids.as_primitive::<Int64Type>();
        let value = |when: &str, row: usize| {
            let values = batch.column_by_name(&of("by", when))?.as_primitive_opt::<Float64Type>()?;
            values.is_valid(row).then(|| values.value(row))
        };
        let is = |wanted: &Option<String>, found: &str| wanted.as_ref().is_none_or(|wanted| wanted == found);
        for (row, id) in ids.values().iter().enumerate() {
            if !is(&filter.from, from.value(row)) || !is(&filter.to, to.value(row)) {
                continue;
            }
            picked.take(*id, || SimulatedCustomer {
                customer: *id,
                label: String::new(),
                from: from.value(row).to_string(),
                to: to.value(row).to_string(),
                value_before: value("before", row),
                value_after: value("after", row),
            });
        }
    }
    Ok(picked.page(as_of))
}

/// Picks the customers of one page out of a list that is read in the order of their ids, and counts them all.
pub(super) struct Picked {
    after: Option<i64>,
    limit: usize,
    items: Vec<SimulatedCustomer>,
    total: u64,
    more: bool,
}

impl Picked {
    pub(super) fn new(after: Option<i64>, limit: usize) -> Picked {
        Picked { after, limit, items: Vec::new(), total: 0, more: false }
    }

    pub(super) fn take(&mut self, id: i64, customer: impl FnOnce() -> SimulatedCustomer) {
        self.total += 1;
        if self.after.is_some_and(|after| id <= after) {
            return;
        }
        if self.items.len() == self.limit {
            self.more = true;
        } else {
            self.items.push(customer());
        }
    }

    pub(super) fn page(self, as_of: String) -> Page {
        (as_of, self.items, self.total, self.more)
    }
}

/// Removes what is too old.
fn sweep(workspace: &Workspace) {
    let Ok(entries) = std::fs::read_dir(folder(workspace)) else { return };
    for entry in entries.flatten() {
        let made = entry.metadata().ok().and_then(|about| about.modified().ok());
        let since = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
        let at = since.and_then(|since| i64::try_from(since.as_micros()).ok());
        if at.is_some_and(|at| system_us() - at > KEPT_US) {
            drop(workspace.disk.remove(&entry.path()));
        }
    }
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.own().join("simulations")
}

fn place(workspace: &Workspace, id: &str) -> PathBuf {
    folder(workspace).join(format!("{id}.parquet"))
}
