//! Who stands elsewhere than before: every tier, group and segment of two graded instants beside each
//! other.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int64Type};
use gradus_grading::fold::CUSTOMER;
use gradus_grading::grade::{Moved, OutputKind};
use serde::{Deserialize, Serialize};

use super::Graded;
use super::cause::Cause;
use crate::{StoredGrades, WorkspaceError};

/// What somebody changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Tier,
    /// A score band, or another group that excludes the others.
    Group,
    Segment,
}

impl Kind {
    pub fn code(self) -> &'static str {
        match self {
            Kind::Tier => "tier",
            Kind::Group => "group",
            Kind::Segment => "segment",
        }
    }

    pub fn from_code(code: &str) -> Option<Kind> {
        [Kind::Tier, Kind::Group, Kind::Segment].into_iter().find(|kind| kind.code() == code)
    }
}

/// How membership in a segment is written.
pub(super) const IN: &str = "in";
const OUT: &str = "out";

/// Where graded rows are.
#[derive(Clone, Copy)]
pub(crate) enum Rows<'a> {
    Memory(&'a [RecordBatch]),
    /// Of an instant.
    Stored(&'a StoredGrades, &'a str),
}

impl Rows<'_> {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Rows::Memory(batches) => batches.iter().all(|batch| batch.column_by_name(name).is_some()),
            Rows::Stored(stored, _) => stored.has(name),
        }
    }

    /// Columns of everybody.
    pub(super) async fn read(&self, columns: &[&str]) -> Result<Vec<RecordBatch>, WorkspaceError> {
        match self {
            Rows::Stored(stored, as_of) => stored.read(as_of, columns).await,
            Rows::Memory(batches) => {
                let mut out = Vec::with_capacity(batches.len());
                for batch in *batches {
                    let at = columns
                        .iter()
                        .map(|name| batch.schema().index_of(name))
                        .collect::<Result<Vec<_>, _>>()?;
                    out.push(batch.project(&at)?);
                }
                Ok(out)
            }
        }
    }
}

/// One change; how it came about is found later.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Move {
    pub customer: i64,
    pub kind: Kind,
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub value_before: Option<String>,
    pub value_after: Option<String>,
    pub cause: Cause,
    pub moved: Moved,
}

/// Something that people stand in.
struct Definition {
    kind: Kind,
    name: String,
    /// The column that is cut, where it is one.
    value: Option<String>,
}

/// Everybody who stands elsewhere than before, by customer; new customers stood nowhere, and who is
/// no customer any more stands nowhere.
pub(super) async fn changes(before: &Graded<'_>, now: &Graded<'_>) -> Result<Vec<Move>, WorkspaceError> {
    let definitions = definitions(before, now);
    let mut columns: Vec<&str> = vec![CUSTOMER];
    columns
        .extend(definitions.iter().flat_map(|one| [Some(one.name.as_str()), one.value.as_deref()]).flatten());
    columns.sort_unstable();
    columns.dedup();
    let (old, new) =
        (together(before.rows.read(&columns).await?)?, together(now.rows.read(&columns).await?)?);
    let mut out = Vec::new();
    let (Some(old_ids), Some(new_ids)) = (customers(&old), customers(&new)) else { return Ok(out) };
    let row_of: HashMap<i64, usize> = old_ids.iter().enumerate().map(|(row, id)| (*id, row)).collect();
    let pairs: Vec<Option<usize>> = new_ids.iter().map(|id| row_of.get(id).copied()).collect();
    let mut gone = vec![true; old_ids.len()];
    pairs.iter().flatten().for_each(|row| gone[*row] = false);
    for one in &definitions {
        let levels = [Levels::of(one.kind, &old, &one.name)?, Levels::of(one.kind, &new, &one.name)?];
        let values = [&old, &new].map(|batch| batch.as_ref()?.column_by_name(one.value.as_deref()?));
        let mut add = |customer: i64, rows: [Option<usize>; 2]| {
            let level = |side: usize| rows[side].and_then(|row| levels[side].at(row));
            let (from, to) = (level(0), level(1));
            let is_same = match one.kind {
                // Out of a segment, unknown or not there: not in it.
                Kind::Segment => (from == Some(IN)) == (to == Some(IN)),
                _ => from == to,
            };
            if !is_same {
                let value = |side: usize| shown(values[side]?, rows[side]?);
                out.push(Move {
                    customer,
                    kind: one.kind,
                    name: one.name.clone(),
                    from: from.map(str::to_string),
                    to: to.map(str::to_string),
                    value_before: value(0),
                    value_after: value(1),
                    cause: match rows {
                        [None, _] => Cause::New,
                        [_, None] => Cause::Gone,
                        _ => Cause::Values,
                    },
                    moved: Moved::default(),
                });
            }
        };
        for (row, (customer, pair)) in new_ids.iter().zip(&pairs).enumerate() {
            add(*customer, [*pair, Some(row)]);
        }
        for (row, customer) in old_ids.iter().enumerate().filter(|(row, _)| gone[*row]) {
            add(*customer, [Some(row), None]);
        }
    }
    out.sort_by(|a, b| (a.customer, a.kind, &a.name).cmp(&(b.customer, b.kind, &b.name)));
    Ok(out)
}

/// What both know, in the order of the later model.
fn definitions(before: &Graded<'_>, now: &Graded<'_>) -> Vec<Definition> {
    let has = |name: &str| before.rows.has(name) && now.rows.has(name);
    let mut out = Vec::new();
    for column in now.compiled.stage_b.output_columns() {
        let kind = match column.kind {
            OutputKind::Tier => Kind::Tier,
            OutputKind::Grouping => Kind::Group,
            OutputKind::Segment => Kind::Segment,
            _ => continue,
        };
        let by = now.compiled.stage_b.decided_by(&column.name).map(str::to_string);
        if has(&column.name) {
            // Only a plain name is a column; what else is cut has no single value to show.
            out.push(Definition { kind, name: column.name, value: by.filter(|by| has(by)) });
        }
    }
    out
}

fn together(batches: Vec<RecordBatch>) -> Result<Option<RecordBatch>, WorkspaceError> {
    // Dictionaries may differ from batch to batch; as texts they are one column.
    let mut plain = Vec::with_capacity(batches.len());
    for batch in batches {
        let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(batch.num_columns());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let column = match column.data_type() {
                DataType::Dictionary(_, _) => cast(column, &DataType::Utf8)?,
                _ => column.clone(),
            };
            columns.push((field.name().clone(), column));
        }
        plain.push(RecordBatch::try_from_iter_with_nullable(
            columns.into_iter().map(|(name, column)| (name, column, true)),
        )?);
    }
    Ok(match plain.first() {
        Some(first) => Some(concat_batches(&first.schema(), &plain)?),
        None => None,
    })
}

fn customers(batch: &Option<RecordBatch>) -> Option<&[i64]> {
    Some(batch.as_ref()?.column_by_name(CUSTOMER)?.as_primitive_opt::<Int64Type>()?.values())
}

/// A value as people read it; nothing where it is null.
fn shown(column: &ArrayRef, row: usize) -> Option<String> {
    if column.is_null(row) {
        return None;
    }
    let text = arrow::util::display::array_value_to_string(column, row).ok()?;
    let numeric = column.data_type().is_decimal() && text.contains('.');
    Some(if numeric { text.trim_end_matches('0').trim_end_matches('.').to_string() } else { text })
}

/// Where everybody stands in one definition.
pub(super) struct Levels(StringArray);

impl Levels {
    pub(super) fn of(kind: Kind, batch: &Option<RecordBatch>, name: &str) -> Result<Levels, WorkspaceError> {
        let Some(column) = batch.as_ref().and_then(|batch| batch.column_by_name(name)) else {
            return Ok(Levels(StringArray::from(Vec::<Option<&str>>::new())));
        };
        if kind == Kind::Segment
            && let Some(members) = column.as_boolean_opt()
        {
            return Ok(Levels(members.iter().map(|member| Some(if member? { IN } else { OUT })).collect()));
        }
        Ok(Levels(cast(column, &DataType::Utf8)?.as_string::<i32>().clone()))
    }

    pub(super) fn at(&self, row: usize) -> Option<&str> {
        (row < self.0.len() && self.0.is_valid(row)).then(|| self.0.value(row))
    }
}
