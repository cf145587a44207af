//! Coverage: what an indicator reads, so that whoever knows what the sources have delivered can tell a
//! zero (nothing happened) from unknown (nobody ever delivered it).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::datatypes::{Field, Schema};
use arrow::error::ArrowError;
use gradus_expression::{Expression, columns_left_open, texts_required};
use gradus_model::event_stream::column;

use super::plan::{Argument, FoldPlan};

/// Mark on a column of which nothing was ever delivered: its nulls are unknown, for everybody.
const UNCOVERED: &str = "gradus.uncovered";

/// Events that an indicator cannot do without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The kinds that count; any if none is named.
    pub kinds: Option<BTreeSet<String>>,
    /// The columns that are read, but for those that may be null: `spend is not false` holds where no source says
    /// what is spend.
    pub columns: BTreeSet<String>,
}

impl FoldPlan {
    /// What each indicator reads, in order: all of its needs have to be met.
    pub fn covered_by(&self) -> Vec<Vec<Need>> {
        let of_filter = |filter: &Expression| Need {
            kinds: texts_required(filter.sql(), column::KIND),
            columns: columns_needed(filter),
        };
        let of = |(channel, window): &(usize, usize)| {
            let channel = &self.channels[*channel];
            let mut counted = match channel.filter {
                Some(at) => of_filter(&self.filters[at]),
                None => Need { kinds: None, columns: BTreeSet::new() },
            };
            match channel.argument.map(|at| &self.arguments[at]) {
                Some(Argument::OrderKey) => {
                    counted.columns.insert(column::ORDER_KEY.to_string());
                }
                Some(Argument::Expression { expression, .. }) => {
                    counted.columns.extend(columns_needed(expression));
                }
                None => {}
            }
            let others = channel.steps.iter().copied().chain(self.windows[*window].since);
            std::iter::once(counted).chain(others.map(|at| of_filter(&self.filters[at]))).collect()
        };
        self.uses.iter().map(of).collect()
    }
}

fn columns_needed(expression: &Expression) -> BTreeSet<String> {
    expression.references() - &columns_left_open(expression.sql())
}

/// The same values, with nulls in the columns named, marked as unknown.
pub fn with_uncovered(values: &RecordBatch, uncovered: &BTreeSet<String>) -> Result<RecordBatch, ArrowError> {
    if uncovered.is_empty() {
        return Ok(values.clone());
    }
    let mark = HashMap::from([(UNCOVERED.to_string(), String::new())]);
    let (mut fields, mut columns): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (field, column) in values.schema_ref().fields().iter().zip(values.columns()) {
        if uncovered.contains(field.name()) {
            fields
                .push(Field::new(field.name(), field.data_type().clone(), true).with_metadata(mark.clone()));
            columns.push(new_null_array(field.data_type(), values.num_rows()));
        } else {
            fields.push(field.as_ref().clone());
            columns.push(column.clone());
        }
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

/// True if nothing of this column was ever delivered.
pub fn is_uncovered(field: &Field) -> bool {
    field.metadata().contains_key(UNCOVERED)
}
