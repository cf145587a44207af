//! Who stands elsewhere than before: every tier, group and segment of two graded instants beside each
//! other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, concat_batches, filter_record_batch, take};
use arrow::datatypes::{DataType, Field, Int32Type, Int64Type, Schema};
use arrow::error::ArrowError;
use gradus_grading::fold::CUSTOMER;
use gradus_grading::grade::{Moved, OutputKind};
use serde::{Deserialize, Serialize};

use super::cause::Cause;
use super::{CUSTOMERS, Graded};
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

    /// Columns of these customers at least, ascending; and the names of the columns in which anybody at all has a
    /// value.
    pub(super) async fn read_of(
        &self,
        columns: &[&str],
        customers: &Arc<[i64]>,
    ) -> Result<(Vec<RecordBatch>, BTreeSet<String>), WorkspaceError> {
        let given = Given::default();
        let parts = match self {
            // They are in memory anyway.
            Rows::Memory(_) => {
                let parts = self.read(columns).await?;
                parts.iter().for_each(|part| given.look(part));
                parts
            }
            // Of everybody only those who are asked for stay in memory.
            Rows::Stored(stored, as_of) => {
                let (looked, customers) = (given.clone(), customers.clone());
                let keep = move |batch: RecordBatch| {
                    looked.look(&batch);
                    let ids =
                        batch.column_by_name(CUSTOMER).and_then(|ids| ids.as_primitive_opt::<Int64Type>());
                    let Some(ids) = ids else { return Ok(batch) };
                    let is_asked = ids.values().iter().map(|id| customers.binary_search(id).is_ok());
                    filter_record_batch(&batch, &is_asked.map(Some).collect::<BooleanArray>())
                };
                stored.read_mapped(as_of, columns, Arc::new(keep)).await?
            }
        };
        Ok((parts, given.names()))
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

/// The names of the columns that have a value in any row that was looked at.
#[derive(Clone, Default)]
struct Given(Arc<Mutex<BTreeSet<String>>>);

impl Given {
    fn look(&self, batch: &RecordBatch) {
        let mut names = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            if column.null_count() < column.len() && !names.contains(field.name()) {
                names.insert(field.name().clone());
            }
        }
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
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

/// A customer who stands elsewhere than before, and their rows before and now; new customers stood nowhere,
/// and who is no customer any more stands nowhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Changed {
    pub customer: i64,
    rows: [Option<u32>; 2],
}

impl Changed {
    /// True for who was and is there.
    pub(super) fn is_known(&self) -> bool {
        self.rows.iter().all(Option::is_some)
    }
}

/// Who stands elsewhere than before in any tier, group or segment, by customer. What it is comes of
/// [`Changes::moves`] for some of them at a time: of millions it would fill memory.
pub(super) struct Changes {
    definitions: Vec<Definition>,
    sides: [Option<RecordBatch>; 2],
    /// Ascending.
    pub customers: Vec<Changed>,
}

impl Changes {
    pub(super) async fn find(before: &Graded<'_>, now: &Graded<'_>) -> Result<Changes, WorkspaceError> {
        let definitions = definitions(before, now);
        let mut columns: Vec<&str> = vec![CUSTOMER];
        columns.extend(
            definitions.iter().flat_map(|one| [Some(one.name.as_str()), one.value.as_deref()]).flatten(),
        );
        columns.sort_unstable();
        columns.dedup();
        let sides = [together(before.rows.read(&columns).await?)?, together(now.rows.read(&columns).await?)?];
        let [old, new] = &sides;
        let mut customers_changed = Vec::new();
        if let (Some(old_ids), Some(new_ids)) = (customers(old), customers(new)) {
            let row_of: HashMap<i64, u32> = old_ids.iter().copied().zip(0..).collect();
            let pairs: Vec<Option<u32>> = new_ids.iter().map(|id| row_of.get(id).copied()).collect();
            let mut gone = vec![true; old_ids.len()];
            pairs.iter().flatten().for_each(|row| gone[*row as usize] = false);
            let (mut moved, mut left) = (vec![false; new_ids.len()], vec![false; old_ids.len()]);
            for one in &definitions {
                let mut known = Known::default();
                let [was, is] = [old, new].map(|side| known.codes(one.kind, side, &one.name));
                let (was, is) = (was?, is?);
                let at = |codes: &[u32], row: usize| codes.get(row).copied().unwrap_or(NOWHERE);
                for (row, pair) in pairs.iter().enumerate() {
                    let before = pair.map_or(NOWHERE, |pair| at(&was, pair as usize));
                    moved[row] |= before != at(&is, row);
                }
                for (row, left) in left.iter_mut().enumerate() {
                    *left |= gone[row] && at(&was, row) != NOWHERE;
                }
            }
            let now = new_ids.iter().zip(&pairs).zip(0u32..).filter(|(_, row)| moved[*row as usize]);
            customers_changed.extend(
                now.map(|((customer, pair), row)| Changed { customer: *customer, rows: [*pair, Some(row)] }),
            );
            let gone = old_ids.iter().zip(0u32..).filter(|(_, row)| left[*row as usize]);
            customers_changed
                .extend(gone.map(|(customer, row)| Changed { customer: *customer, rows: [Some(row), None] }));
            customers_changed.sort_by_key(|one| one.customer);
        }
        Ok(Changes { definitions, sides, customers: customers_changed })
    }

    /// Those who were and are there, ascending.
    pub(super) fn known(&self) -> Vec<i64> {
        self.customers.iter().filter(|one| one.is_known()).map(|one| one.customer).collect()
    }

    /// How many changes there are of a kind.
    pub(super) fn count(&self, kind: Kind) -> Result<u64, WorkspaceError> {
        let mut n = 0;
        for some in self.customers.chunks(CUSTOMERS) {
            n += self.moves(some)?.iter().filter(|one| one.kind == kind).count() as u64;
        }
        Ok(n)
    }

    /// What some of them changed, by customer, kind and name.
    pub(super) fn moves(&self, some: &[Changed]) -> Result<Vec<Move>, WorkspaceError> {
        let of_side = |side: usize| -> Result<Option<RecordBatch>, WorkspaceError> {
            let rows: UInt32Array = some.iter().map(|one| one.rows[side]).collect();
            Ok(self.sides[side].as_ref().map(|batch| taken(batch, &rows)).transpose()?)
        };
        let sides = [of_side(0)?, of_side(1)?];
        let mut out = Vec::new();
        for one in &self.definitions {
            let levels =
                [Levels::of(one.kind, &sides[0], &one.name)?, Levels::of(one.kind, &sides[1], &one.name)?];
            let values = [0, 1].map(|side| sides[side].as_ref()?.column_by_name(one.value.as_deref()?));
            for (row, changed) in some.iter().enumerate() {
                let level = |side: usize| changed.rows[side].and_then(|_| levels[side].at(row));
                let (from, to) = (level(0), level(1));
                let is_same = match one.kind {
                    // Out of a segment, unknown or not there: not in it.
                    Kind::Segment => (from == Some(IN)) == (to == Some(IN)),
                    _ => from == to,
                };
                if is_same {
                    continue;
                }
                let value = |side: usize| changed.rows[side].and_then(|_| shown(values[side]?, row));
                out.push(Move {
                    customer: changed.customer,
                    kind: one.kind,
                    name: one.name.clone(),
                    from: from.map(str::to_string),
                    to: to.map(str::to_string),
                    value_before: value(0),
                    value_after: value(1),
                    cause: match changed.rows {
                        [None, _] => Cause::New,
                        [_, None] => Cause::Gone,
                        _ => Cause::Values,
                    },
                    moved: Moved::default(),
                });
            }
        }
        out.sort_by(|a, b| (a.customer, a.kind, &a.name).cmp(&(b.customer, b.kind, &b.name)));
        Ok(out)
    }
}

/// Rows of a batch; nulls where there is none.
fn taken(batch: &RecordBatch, rows: &UInt32Array) -> Result<RecordBatch, ArrowError> {
    let columns =
        batch.columns().iter().map(|column| take(column, rows, None)).collect::<Result<Vec<_>, _>>()?;
    let fields: Vec<Field> =
        batch.schema().fields().iter().map(|field| field.as_ref().clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// The code of standing nowhere: no level, out of a segment, or not there.
const NOWHERE: u32 = 0;

/// Levels by a number of their own, the same on both sides.
#[derive(Default)]
struct Known(HashMap<String, u32>);

impl Known {
    fn codes(
        &mut self,
        kind: Kind,
        side: &Option<RecordBatch>,
        name: &str,
    ) -> Result<Vec<u32>, WorkspaceError> {
        let Some(column) = side.as_ref().and_then(|batch| batch.column_by_name(name)) else {
            return Ok(Vec::new());
        };
        if kind == Kind::Segment
            && let Some(members) = column.as_boolean_opt()
        {
            return Ok(members.iter().map(|member| u32::from(member == Some(true))).collect());
        }
        let mut number = |level: &str| match self.0.get(level) {
            Some(number) => *number,
            None => {
                let number = self.0.len() as u32 + 1;
                self.0.insert(level.to_string(), number);
                number
            }
        };
        let levels = cast(column, &few_texts())?;
        let levels = levels.as_dictionary::<Int32Type>();
        let texts = levels.values().as_string::<i32>();
        let numbers: Vec<u32> = texts.iter().map(|level| level.map_or(NOWHERE, &mut number)).collect();
        let keys = levels.keys().iter();
        Ok(keys.map(|key| key.map_or(NOWHERE, |key| numbers[key as usize])).collect())
    }
}

/// Texts of few different values.
fn few_texts() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
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
    // Dictionaries may differ from batch to batch, and what is read back has plain texts.
    let mut plain = Vec::with_capacity(batches.len());
    for batch in batches {
        let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(batch.num_columns());
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let column = match column.data_type() {
                DataType::Dictionary(_, _) | DataType::Utf8 => {
                    cast(&cast(column, &DataType::Utf8)?, &few_texts())?
                }
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
