//! The columns of a training set: numbers or categories, one entry a customer and date.

use std::collections::HashMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use gradus_model::Text;
use serde::Serialize;

use crate::WorkspaceError;
use crate::moves::numbers;

/// What is learned from.
#[derive(Debug, Clone, Serialize)]
pub struct Feature {
    /// The indicator, or the expression as it was written.
    pub name: String,
    pub title: Text,
    /// `number`, `category` or `flag`.
    pub kind: &'static str,
    #[serde(skip)]
    pub values: Values,
}

/// The entries of a feature, by row.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// `NAN` is missing. What grading cuts is this number.
    Numbers(Vec<f64>),
    /// By place in `words`, `None` being missing; the words ascend.
    Categories { codes: Vec<Option<u32>>, words: Vec<String>, is_flag: bool },
}

/// A part of a feature's entries.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Column<'a> {
    Numbers(&'a [f64]),
    Categories { codes: &'a [Option<u32>], words: &'a [String], is_flag: bool },
}

impl Values {
    pub fn part(&self, rows: std::ops::Range<usize>) -> Column<'_> {
        match self {
            Values::Numbers(values) => Column::Numbers(&values[rows]),
            Values::Categories { codes, words, is_flag } => {
                Column::Categories { codes: &codes[rows], words, is_flag: *is_flag }
            }
        }
    }

    /// True if two entries say the same; missing is like missing.
    pub(super) fn is_same(&self, one: usize, other: usize) -> bool {
        match self {
            Values::Numbers(values) => values[one].total_cmp(&values[other]).is_eq(),
            Values::Categories { codes, .. } => codes[one] == codes[other],
        }
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Values::Numbers(_) => "number",
            Values::Categories { is_flag: true, .. } => "flag",
            Values::Categories { .. } => "category",
        }
    }
}

/// A feature while rows come in.
#[derive(Debug, Default)]
pub(super) struct Growing {
    numbers: Vec<f64>,
    codes: Vec<Option<u32>>,
    words: Vec<String>,
    place: HashMap<String, u32>,
    kind: Option<Kind>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Number,
    Category,
    Flag,
}

/// Why a column is nothing to learn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// There is no such column.
    Missing,
    /// A date or something else that is neither a number nor a category.
    Type,
}

impl Growing {
    /// Adds the entries at these places of a column.
    pub(super) fn add(
        &mut self,
        batches: &[RecordBatch],
        name: &str,
        rows: &[usize],
    ) -> Result<Result<(), Unfit>, WorkspaceError> {
        if batches.iter().any(|batch| batch.column_by_name(name).is_none()) {
            return Ok(Err(Unfit::Missing));
        }
        if let Some(values) = numbers(batches, name)? {
            self.kind = Some(Kind::Number);
            self.numbers.extend(rows.iter().map(|row| values[*row].map_or(f64::NAN, finite)));
            return Ok(Ok(()));
        }
        let mut all: Vec<Option<u32>> = Vec::new();
        for batch in batches {
            let Some(column) = batch.column_by_name(name) else { continue };
            match column.data_type() {
                DataType::Boolean => {
                    self.kind = Some(Kind::Flag);
                    let flags = column.as_boolean();
                    for row in 0..flags.len() {
                        let word = match (flags.is_valid(row), flags.is_valid(row) && flags.value(row)) {
                            (false, _) => None,
                            (true, true) => Some(self.code("true")),
                            (true, false) => Some(self.code("false")),
                        };
                        all.push(word);
                    }
                }
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(_, _) => {
                    self.kind = Some(Kind::Category);
                    let texts = cast(column, &DataType::Utf8)?;
                    let texts = texts.as_string::<i32>();
                    for text in texts.iter() {
                        let code = text.map(|text| self.code(text));
                        all.push(code);
                    }
                }
                _ => return Ok(Err(Unfit::Type)),
            }
        }
        self.codes.extend(rows.iter().map(|row| all[*row]));
        Ok(Ok(()))
    }

    fn code(&mut self, word: &str) -> u32 {
        if let Some(code) = self.place.get(word) {
            return *code;
        }
        let code = self.words.len() as u32;
        self.words.push(word.to_string());
        self.place.insert(word.to_string(), code);
        code
    }

    /// What came in; categories in an order that does not depend on that of the rows.
    pub(super) fn finish(self) -> Values {
        if self.kind == Some(Kind::Number) {
            return Values::Numbers(self.numbers);
        }
        let mut order: Vec<u32> = (0..self.words.len() as u32).collect();
        order.sort_by(|a, b| self.words[*a as usize].cmp(&self.words[*b as usize]));
        let mut place = vec![0u32; order.len()];
        order.iter().zip(0u32..).for_each(|(old, new)| place[*old as usize] = new);
        Values::Categories {
            codes: self.codes.into_iter().map(|code| code.map(|code| place[code as usize])).collect(),
            words: order.iter().map(|old| self.words[*old as usize].clone()).collect(),
            is_flag: self.kind == Some(Kind::Flag),
        }
    }
}

/// A number beyond all numbers falls where the greatest number falls.
fn finite(value: f64) -> f64 {
    if value.is_nan() { value } else { value.clamp(-f64::MAX, f64::MAX) }
}
