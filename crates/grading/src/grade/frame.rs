//! The columns of some customers while they are graded, and the evaluation of expressions on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Field, Schema};
use gradus_expression::Expression;
use gradus_model::Text;
use serde::{Deserialize, Serialize};

use crate::fold::is_uncovered;

/// What a null in a column means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NullMeaning {
    /// Nothing happened, so there is nothing to state: the average of no orders.
    NotApplicable,
    /// Never given, or no source covers it.
    Unknown,
}

/// Why the nulls of a column are null.
#[derive(Debug, Clone)]
pub(crate) enum NullReason {
    All(NullMeaning),
    /// True where a null is unknown.
    Unknown(BooleanBuffer),
}

/// One column with the reason of its nulls.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub array: ArrayRef,
    pub reason: NullReason,
}

impl Column {
    pub(crate) fn new(array: ArrayRef) -> Column {
        Column { array, reason: NullReason::All(NullMeaning::Unknown) }
    }

    /// True if the value is null because it is unknown.
    pub(crate) fn is_unknown(&self, row: usize) -> bool {
        self.array.is_null(row)
            && match &self.reason {
                NullReason::All(meaning) => *meaning == NullMeaning::Unknown,
                NullReason::Unknown(unknown) => unknown.value(row),
            }
    }

    /// Rows that are null because they are unknown; `None` if there are none for sure.
    fn unknown_rows(&self) -> Option<BooleanBuffer> {
        let nulls = self.array.logical_nulls()?;
        if nulls.null_count() == 0 {
            return None;
        }
        match &self.reason {
            NullReason::All(NullMeaning::NotApplicable) => None,
            NullReason::All(NullMeaning::Unknown) => Some(!nulls.inner()),
            NullReason::Unknown(unknown) => Some(&!nulls.inner() & unknown),
        }
    }
}

/// An expression that is ready to be evaluated. A bare name is taken as it is.
#[derive(Debug, Clone)]
pub(crate) struct Formula {
    pub sql: String,
    pub data_type: DataType,
    pub references: BTreeSet<String>,
    /// Where it stands in the document: under this path its faults are counted.
    pub path: String,
    pub expression: Option<Expression>,
    /// How people say it, where that is not the expression read back: the title of what a bare name
    /// names, a list, the titles of levels.
    pub said: Option<Text>,
}

impl Formula {
    /// The name, if the expression is nothing but a name.
    pub(crate) fn bare(&self) -> Option<&str> {
        if self.expression.is_none() { self.references.first().map(String::as_str) } else { None }
    }

    pub(crate) fn words(&self, lang: gradus_model::Lang) -> String {
        match (&self.said, &self.expression) {
            (Some(said), _) => said.get(lang).to_string(),
            (None, Some(expression)) => expression.words(lang),
            (None, None) => self.sql.clone(),
        }
    }
}

/// How many rows failed, by the path of the expression that failed.
pub type Faults = BTreeMap<String, u64>;

/// Some customers with every column known of them so far.
#[derive(Debug)]
pub(crate) struct Frame {
    pub rows: usize,
    pub columns: BTreeMap<String, Column>,
    /// Those of which no source ever delivered anything: unknown for everybody.
    pub uncovered: BTreeSet<String>,
    pub faults: Faults,
}

impl Frame {
    pub(crate) fn new(batch: &RecordBatch, meanings: &BTreeMap<String, NullMeaning>) -> Frame {
        let column = |(field, array): (&Arc<Field>, &ArrayRef)| {
            let meaning = match is_uncovered(field) {
                true => NullMeaning::Unknown,
                false => meanings.get(field.name()).copied().unwrap_or(NullMeaning::Unknown),
            };
            (field.name().clone(), Column { array: array.clone(), reason: NullReason::All(meaning) })
        };
        let columns = batch.schema_ref().fields().iter().zip(batch.columns()).map(column).collect();
        let uncovered = batch.schema_ref().fields().iter().filter(|field| is_uncovered(field));
        let uncovered = uncovered.map(|field| field.name().clone()).collect();
        Frame { rows: batch.num_rows(), columns, uncovered, faults: Faults::new() }
    }

    pub(crate) fn put(&mut self, name: &str, column: Column) {
        self.columns.insert(name.to_string(), column);
    }

    pub(crate) fn fault(&mut self, path: &str, rows: u64) {
        if rows > 0 {
            *self.faults.entry(path.to_string()).or_default() += rows;
        }
    }

    /// The values of an indicator that is put together from columns of the fold: if one of them is
    /// uncovered so is the indicator, whatever stands for nothing having happened.
    pub(crate) fn put_together(&mut self, name: &str, formula: &Formula) -> Column {
        if formula.references.is_disjoint(&self.uncovered) {
            return self.evaluate(formula);
        }
        self.uncovered.insert(name.to_string());
        Column::new(new_null_array(&formula.data_type, self.rows))
    }

    /// The values of a formula. Rows that fail are unknown and counted.
    pub(crate) fn evaluate(&mut self, formula: &Formula) -> Column {
        let (column, faults) = self.attempt(formula);
        if let Some(faults) = faults {
            self.fault(&formula.path, faults.count_set_bits() as u64);
        }
        column
    }

    /// The values of a formula and the rows that fail, which are unknown and not counted yet: whether they
    /// matter is not known here.
    pub(crate) fn attempt(&self, formula: &Formula) -> (Column, Option<BooleanBuffer>) {
        let Some(expression) = &formula.expression else {
            let name = formula.references.first().map(String::as_str).unwrap_or_default();
            return match self.columns.get(name) {
                Some(column) => (column.clone(), None),
                None => self.missing(formula),
            };
        };
        let Some(batch) = self.batch_of(&formula.references) else { return self.missing(formula) };
        let evaluated = expression.evaluate(&batch);
        if evaluated.values.logical_null_count() == 0 && evaluated.faults.is_empty() {
            return (Column::new(evaluated.values), None);
        }
        let mut unknown = BooleanBuffer::new_unset(self.rows);
        for name in &formula.references {
            if let Some(rows) = self.columns.get(name).and_then(Column::unknown_rows) {
                unknown = &unknown | &rows;
            }
        }
        let mut faults = None;
        if !evaluated.faults.is_empty() {
            let mut failed = vec![false; self.rows];
            for &row in &evaluated.faults {
                if let Some(slot) = failed.get_mut(row as usize) {
                    *slot = true;
                }
            }
            let failed = BooleanBuffer::from(failed);
            unknown = &unknown | &failed;
            faults = Some(failed);
        }
        (Column { array: evaluated.values, reason: NullReason::Unknown(unknown) }, faults)
    }

    /// A condition: true, false, or null where it cannot be told.
    pub(crate) fn condition(&mut self, formula: &Formula) -> (BooleanArray, NullReason) {
        let column = self.evaluate(formula);
        let values = column.array.as_any().downcast_ref::<BooleanArray>().cloned();
        (values.unwrap_or_else(|| BooleanArray::new_null(self.rows)), column.reason)
    }

    /// A column that the batch should have had: every row is a fault, never a silent "no".
    fn missing(&self, formula: &Formula) -> (Column, Option<BooleanBuffer>) {
        let column = Column::new(new_null_array(&formula.data_type, self.rows));
        (column, Some(BooleanBuffer::new_set(self.rows)))
    }

    fn batch_of(&self, names: &BTreeSet<String>) -> Option<RecordBatch> {
        let (mut fields, mut arrays) = (Vec::new(), Vec::new());
        for name in names {
            let array = plain_text(&self.columns.get(name)?.array);
            fields.push(Field::new(name, array.data_type().clone(), true));
            arrays.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), arrays, &options).ok()
    }
}

/// Text columns as plain Utf8, which is the type that expressions were checked against.
pub(crate) fn plain_text(array: &ArrayRef) -> ArrayRef {
    match array.data_type() {
        DataType::Dictionary(_, _) | DataType::LargeUtf8 | DataType::Utf8View => {
            arrow::compute::cast(array, &DataType::Utf8).unwrap_or_else(|_| array.clone())
        }
        _ => array.clone(),
    }
}

/// The type under which an expression sees a column.
pub(crate) fn plain_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, value) => plain_type(value),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

impl Frame {
    /// A value as people read it; `None` if it is null. Decimals lose trailing zeros.
    pub(crate) fn show(&self, name: &str, row: usize) -> Option<String> {
        show(&self.columns.get(name)?.array, row)
    }
}

/// A value of a column as people read it; `None` if it is null.
pub(crate) fn show(array: &ArrayRef, row: usize) -> Option<String> {
    if row >= array.len() || array.is_null(row) {
        return None;
    }
    let text = arrow::util::display::array_value_to_string(array, row).ok()?;
    let is_decimal = matches!(array.data_type(), DataType::Decimal128(_, _) | DataType::Decimal256(_, _));
    if is_decimal && text.contains('.') {
        return Some(text.trim_end_matches('0').trim_end_matches('.').to_string());
    }
    Some(text)
}
