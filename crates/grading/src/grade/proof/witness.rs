//! Inputs that show a claim: drawn from a region, made possible by what is known of how indicators hang
//! together, and evaluated through the compiled stage. What does not come out as claimed is never shown.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_model::Text;
use jiff::civil::Date;

use super::Input;
use super::region::Cuboid;
use super::related::{Relation, settle};
use super::set::Set;
use super::space::{Cells, Ordered, Space, ordered_array};
use crate::grade::CUSTOMER;
use crate::grade::fit::Fits;
use crate::grade::frame::{Frame, plain_type, show};
use crate::grade::stage::StageB;

/// One value of an input: units of an ordered column, number of a text or boolean; `None` is no value.
pub(crate) type Cell = Option<i128>;

/// Everything that drawing needs.
pub(crate) struct Draw<'a> {
    pub stage: &'a StageB,
    pub inputs: &'a [Input],
    pub relations: &'a [Relation],
    /// Values that an input may be given, by input.
    pub pools: &'a [Vec<Cell>],
    /// Inputs that are the same by how they are made, by the first of them.
    pub same: &'a [usize],
    pub fits: &'a Fits,
}

/// An input that was evaluated and came out as claimed, with everything that the stage made of it.
#[derive(Debug)]
pub(crate) struct Witness {
    pub frame: Frame,
    pub as_of: Date,
}

/// Says for each row of a frame whether it shows the claim.
pub(crate) type Holds<'h> = &'h dyn Fn(&mut Frame, Date) -> Vec<bool>;

/// The dimension of the date of the grading.
pub(crate) const AS_OF: &str = "_as_of";

/// A date on which what is asked for can be seen.
fn as_of(space: &Space, part: &Cuboid) -> Date {
    let ordinary = jiff::civil::date(2024, 6, 30);
    let days = |date: Date| i128::from(date.duration_since(jiff::civil::date(1970, 1, 1)).as_hours() / 24);
    let Some(dim) = space.find(AS_OF) else { return ordinary };
    let Some(set) = part.get(dim) else { return ordinary };
    let own = space.dim(dim);
    if own.cell_of_units(days(ordinary)).is_some_and(|cell| set.holds(cell)) {
        return ordinary;
    }
    // The last stretch that is asked for, as it is nearest to today.
    let units = set.cells().last().and_then(|cell| own.representative(cell)).unwrap_or_default();
    let span = jiff::Span::new().try_days(units as i64);
    span.ok().and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span).ok()).unwrap_or(ordinary)
}

/// Rows per attempt: first few, then many.
const ATTEMPTS: [usize; 2] = [48, 1500];

/// How many parts of a region are tried.
const PARTS: usize = 6;

impl Draw<'_> {
    /// An input in one of the boxes for which `holds` says yes after the stage ran on it.
    pub fn find(&self, space: &Space, boxes: &[Cuboid], holds: Holds<'_>) -> Option<Witness> {
        for n_rows in ATTEMPTS {
            for part in boxes.iter().take(PARTS) {
                let as_of = as_of(space, part);
                let batch = self.batch(space, part, n_rows)?;
                let mut frame = self.evaluated(&batch, as_of);
                let found = holds(&mut frame, as_of).into_iter().position(|holds| holds);
                if let Some(row) = found {
                    return Some(Witness { frame: self.evaluated(&batch.slice(row, 1), as_of), as_of });
                }
            }
        }
        None
    }

    fn evaluated(&self, batch: &RecordBatch, as_of: Date) -> Frame {
        let mut frame = self.stage.frame(batch);
        self.stage.nodes.iter().for_each(|node| node.evaluate(&mut frame, self.fits, as_of));
        frame
    }

    fn batch(&self, space: &Space, part: &Cuboid, n_rows: usize) -> Option<RecordBatch> {
        let mut seed = 0x9e37_79b9_7f4a_7c15u64;
        let wanted: Vec<Option<(u32, &Set)>> = self
            .inputs
            .iter()
            .map(|input| {
                let dim = space.find(&input.name)?;
                part.get(dim).map(|set| (dim, set))
            })
            .collect();
        let fixed: Vec<bool> = wanted.iter().map(Option::is_some).collect();
        let mut columns: Vec<Vec<Cell>> = vec![Vec::with_capacity(n_rows); self.inputs.len()];
        let mut tried = 0;
        while columns.first().is_some_and(|column| column.len() < n_rows) && tried < 4 * n_rows {
            let mut row: Vec<Cell> = (0..self.inputs.len())
                .map(|at| match wanted[at] {
                    Some((dim, set)) => within(space, dim, set, tried, &mut seed),
                    None => free(&self.pools[at], tried, &mut seed),
                })
                .collect();
            for at in 0..row.len() {
                // The same thing under two names: what is asked for goes first.
                let first = self.same[at];
                if first != at {
                    if fixed[at] && !fixed[first] {
                        row[first] = row[at];
                    }
                    row[at] = row[first];
                }
            }
            tried += 1;
            if !settle(&mut row, &fixed, self.relations) {
                continue;
            }
            if !self.same.iter().enumerate().all(|(at, first)| row[at] == row[*first]) {
                continue;
            }
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let n = columns.first().map_or(1, Vec::len);
        self.record(space, &columns, n)
    }

    fn record(&self, space: &Space, columns: &[Vec<Cell>], n: usize) -> Option<RecordBatch> {
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=n as i64));
        let (mut fields, mut arrays) = (vec![Field::new(CUSTOMER, DataType::Int64, true)], vec![ids]);
        for (input, values) in self.inputs.iter().zip(columns) {
            let array = input_array(space, input, values);
            fields.push(Field::new(&input.name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(n));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).ok()
    }
}

/// A value of a cell that is asked for: first those with values, then any.
fn within(space: &Space, dim: u32, set: &Set, tried: usize, seed: &mut u64) -> Cell {
    let own = space.dim(dim);
    let known = set.and(&own.values());
    let of = if known.is_empty() || (tried > 40 && draw(seed).is_multiple_of(8)) { set } else { &known };
    let n = u64::from(of.len());
    let nth = if tried == 0 || n == 0 { 0 } else { draw(seed) % n };
    let cell = of.cells().nth(nth as usize)?;
    if own.null_cell() == Some(cell) {
        return None;
    }
    match &own.cells {
        Cells::Ordered { .. } => own.representative(cell),
        _ => Some(i128::from(cell)),
    }
}

fn free(pool: &[Cell], tried: usize, seed: &mut u64) -> Cell {
    // The first rows are plain: everything at the first value of its pool.
    let at = if tried == 0 { 0 } else { draw(seed) as usize % pool.len().max(1) };
    pool.get(at).copied().flatten()
}

/// Xorshift: the same model gives the same example, always.
fn draw(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed >> 11
}

/// The column of an input. Texts and booleans are numbers of cells.
fn input_array(space: &Space, input: &Input, values: &[Cell]) -> ArrayRef {
    if let Some(kind) = Ordered::of(&input.data_type) {
        return ordered_array(kind, &input.data_type, values.iter().copied());
    }
    let cells: Vec<u32> = values
        .iter()
        .map(|value| value.and_then(|value| u32::try_from(value).ok()).unwrap_or(u32::MAX))
        .collect();
    match space.find(&input.name) {
        Some(dim) => space.dim(dim).array(&cells),
        None => arrow::array::new_null_array(&plain_type(&input.data_type), values.len()),
    }
}

impl Witness {
    /// A value as people read it; in which words depends on what no value means there.
    /// The value as a test case gives it: none if it is unknown, null if there is nothing to state.
    pub fn input(&self, name: &str) -> Option<serde_json::Value> {
        let column = self.frame.columns.get(name)?;
        match show(&column.array, 0) {
            Some(shown) => Some(serde_json::Value::String(shown)),
            None if column.is_unknown(0) || *column.array.data_type() == DataType::Null => None,
            None => Some(serde_json::Value::Null),
        }
    }

    pub fn value(&self, name: &str, other: Option<&str>) -> Text {
        let Some(column) = self.frame.columns.get(name) else { return Text::new("未知", "unknown") };
        let Some(shown) = show(&column.array, 0) else {
            return match column.is_unknown(0) || *column.array.data_type() == DataType::Null {
                true => Text::new("未知", "unknown"),
                false => Text::new("不适用（没有发生过）", "not applicable (nothing happened)"),
            };
        };
        match *column.array.data_type() == DataType::Boolean {
            true if shown == "true" => Text::new("是", "yes"),
            true => Text::new("否", "no"),
            false if other == Some(shown.as_str()) => {
                Text::new("任何未列出的值", "any value that is not listed")
            }
            false => Text::plain(shown),
        }
    }
}

/// The pools of the inputs: the values that stand for their cells, and some ordinary ones.
pub(crate) fn pools(space: &Space, inputs: &[Input], more: &BTreeMap<String, Vec<i128>>) -> Vec<Vec<Cell>> {
    inputs
        .iter()
        .map(|input| {
            let dim = space.find(&input.name).map(|dim| space.dim(dim));
            let mut pool: Vec<Cell> = Vec::new();
            if let Some(kind) = Ordered::of(&input.data_type) {
                let allowed = |units: &i128| {
                    input.domain.least.is_none_or(|least| *units >= least)
                        && input.domain.greatest.is_none_or(|greatest| *units <= greatest)
                };
                let ordinary = [1, 0, 2, 3, 5, 10, 50, 100, 1000].map(|n| kind.ordinary(n));
                pool.extend(ordinary.into_iter().filter(allowed).map(Some));
                let cells = dim
                    .iter()
                    .flat_map(|dim| (0..dim.n_values().min(400)).map(|cell| dim.representative(cell)));
                pool.extend(cells.flatten().map(Some));
                let more = more.get(&input.name).into_iter().flatten().copied();
                pool.extend(more.filter(allowed).map(Some));
                if pool.is_empty() {
                    pool.extend(input.domain.least.or(input.domain.greatest).map(Some));
                }
            } else if let Some(dim) = dim {
                pool.extend((0..dim.n_values()).map(|cell| Some(i128::from(cell))));
            }
            if input.domain.null || pool.is_empty() {
                pool.push(None);
            }
            pool
        })
        .collect()
}
