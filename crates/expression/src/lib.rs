//! Expressions: SQL scalar expressions over named columns, condition trees, and our functions.

mod scope;

use std::collections::BTreeSet;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::DataType;
use gradus_model::document::{Behaviour, Condition, Sequence, TierTest};
use gradus_model::{Finding, Findings, Lang, Place, Text};

pub use scope::Scope;

/// What the caller needs an expression to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    Boolean,
    Number,
    Text,
    Any,
}

/// A parsed, type-checked expression, bound to its scope.
#[derive(Debug, Clone)]
pub struct Expression {
    sql: String,
    data_type: DataType,
    references: BTreeSet<String>,
}

impl Expression {
    pub fn sql(&self) -> &str {
        &self.sql
    }

    pub fn data_type(&self) -> &DataType {
        &self.data_type
    }

    pub fn references(&self) -> &BTreeSet<String> {
        &self.references
    }

    pub fn evaluate(&self, batch: &RecordBatch) -> Evaluated {
        let rows = batch.num_rows();
        Evaluated { values: arrow::array::new_null_array(&self.data_type, rows), faults: Vec::new() }
    }

    pub fn words(&self, _lang: Lang) -> String {
        self.sql.clone()
    }
}

/// One value per row; rows whose evaluation failed are null and listed.
#[derive(Debug, Clone)]
pub struct Evaluated {
    pub values: ArrayRef,
    pub faults: Vec<u32>,
}

/// Translates the leaves of a condition tree that speak of other things than values.
pub trait Resolver {
    /// SQL of a number: how many times.
    fn behaviour(&mut self, behaviour: &Behaviour, place: &Place) -> Result<String, Findings>;
    /// SQL of a number: how many times the sequence was completed.
    fn sequence(&mut self, sequence: &Sequence, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean.
    fn segment(&mut self, name: &str, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean.
    fn list(&mut self, name: &str, place: &Place) -> Result<String, Findings>;
    /// SQL of a boolean.
    fn tier(&mut self, test: &TierTest, place: &Place) -> Result<String, Findings>;
}

pub fn compile(_sql: &str, _scope: &Scope, _want: Want, place: &Place) -> Result<Expression, Findings> {
    Err(not_yet(place))
}

pub fn condition_sql(
    _condition: &Condition,
    _scope: &Scope,
    _resolver: &mut dyn Resolver,
    place: &Place,
) -> Result<String, Findings> {
    Err(not_yet(place))
}

/// Quotes an identifier for SQL.
pub fn quote_name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn not_yet(place: &Place) -> Findings {
    let what = Text::new("表达式尚不可用", "expressions are not available yet");
    Findings(vec![Finding::error("expression-unavailable", place.clone(), what, Text::default())])
}
