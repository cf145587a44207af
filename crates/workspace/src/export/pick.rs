//! Which customers and which columns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, StringArray};
use arrow::compute::{cast, filter_record_batch};
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int64Type, Schema};
use gradus_grading::grade::{CUSTOMER, NotGradedReason, OutputColumn, OutputKind};
use gradus_model::Text;

use super::{ExportError, ExportOptions, ExportReport, FileKind, Identifiers};
use crate::summary::GradedBase;

/// Whom to export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    Everyone,
    /// The customers of one level of a tier scheme.
    Level {
        scheme: String,
        level: String,
    },
    /// Those who are in a segment; not those of whom it cannot be told.
    Segment(String),
}

/// The chosen rows and columns.
pub(crate) struct Table {
    pub headings: Vec<String>,
    pub batches: Vec<RecordBatch>,
}

pub(crate) fn pick(
    base: &GradedBase,
    options: &ExportOptions,
    identifiers: Option<&Identifiers<'_>>,
) -> Result<Table, ExportError> {
    check(base, &options.who)?;
    let columns = chosen(base, options)?;
    let mut kept = Vec::new();
    for batch in &base.batches {
        kept.push(match mask(batch, &options.who)? {
            Some(mask) => filter_record_batch(batch, &mask)?,
            None => batch.clone(),
        });
    }
    let known = identifiers.map(|identifiers| identified(&kept, identifiers)).transpose()?;
    let kinds: Vec<String> = known
        .iter()
        .flatten()
        .flatten()
        .flat_map(|own| own.keys().cloned())
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();

    let heading = |column: &OutputColumn| match options.titles {
        true => column.title.get(options.lang).to_string(),
        false => column.name.clone(),
    };
    let mut headings = Vec::new();
    let mut batches = Vec::new();
    for column in &columns {
        headings.push(heading(column));
        if column.kind == OutputKind::Customer {
            headings.extend(kinds.iter().cloned());
        }
    }
    for (index, batch) in kept.iter().enumerate() {
        let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
        for column in &columns {
            let missing = || ExportError::UnknownColumn(column.name.clone());
            let array = batch.column_by_name(&column.name).ok_or_else(missing)?;
            let array = worded(array, column, options)?;
            fields.push(Field::new(&column.name, array.data_type().clone(), true));
            arrays.push(array);
            if column.kind == OutputKind::Customer {
                for kind in &kinds {
                    let own = known.as_ref().and_then(|known| known.get(index));
                    let values: StringArray = match own {
                        Some(own) => own.iter().map(|own| own.get(kind).map(String::as_str)).collect(),
                        None => StringArray::new_null(batch.num_rows()),
                    };
                    // In a file for programs a kind must not hide a column of the model.
                    fields.push(Field::new(format!("identifier_{kind}"), DataType::Utf8, true));
                    arrays.push(Arc::new(values));
                }
            }
        }
        batches.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)?);
    }
    Ok(Table { headings, batches })
}

fn check(base: &GradedBase, who: &Who) -> Result<(), ExportError> {
    let of = |name: &str, kind: OutputKind| {
        base.columns.iter().find(|column| column.name == name && column.kind == kind)
    };
    match who {
        Who::Everyone => Ok(()),
        Who::Level { scheme, level } => {
            let column =
                of(scheme, OutputKind::Tier).ok_or_else(|| ExportError::UnknownColumn(scheme.clone()))?;
            match column.values.is_empty() || column.values.iter().any(|(name, _)| name == level) {
                true => Ok(()),
                false => Err(ExportError::UnknownLevel { scheme: scheme.clone(), level: level.clone() }),
            }
        }
        Who::Segment(name) => match of(name, OutputKind::Segment) {
            Some(_) => Ok(()),
            None => Err(ExportError::NotASegment(name.clone())),
        },
    }
}

fn chosen<'b>(base: &'b GradedBase, options: &ExportOptions) -> Result<Vec<&'b OutputColumn>, ExportError> {
    let find = |name: &str| {
        let found = base.columns.iter().find(|column| column.name == name);
        found.ok_or_else(|| ExportError::UnknownColumn(name.to_string()))
    };
    if options.columns.is_empty() {
        return Ok(base.columns.iter().collect());
    }
    let mut columns = vec![find(CUSTOMER)?];
    for name in options.columns.iter().filter(|name| *name != CUSTOMER) {
        let column = find(name)?;
        if !columns.iter().any(|own| own.name == column.name) {
            columns.push(column);
        }
    }
    Ok(columns)
}

fn mask(batch: &RecordBatch, who: &Who) -> Result<Option<BooleanArray>, ExportError> {
    let column =
        |name: &str| batch.column_by_name(name).ok_or_else(|| ExportError::UnknownColumn(name.to_string()));
    match who {
        Who::Everyone => Ok(None),
        Who::Level { scheme, level } => {
            let words = cast(column(scheme)?, &DataType::Utf8)?;
            Ok(Some(words.as_string::<i32>().iter().map(|word| Some(word == Some(level.as_str()))).collect()))
        }
        Who::Segment(name) => match column(name)?.as_boolean_opt() {
            Some(members) => Ok(Some(members.clone())),
            None => Err(ExportError::NotASegment(name.clone())),
        },
    }
}

/// Identifiers by batch and row; several of one kind stand behind each other.
fn identified(
    batches: &[RecordBatch],
    identifiers: &Identifiers<'_>,
) -> Result<Vec<Vec<BTreeMap<String, String>>>, ExportError> {
    let mut all = Vec::new();
    for batch in batches {
        let missing = || ExportError::UnknownColumn(CUSTOMER.to_string());
        let customers = cast(batch.column_by_name(CUSTOMER).ok_or_else(missing)?, &DataType::Int64)?;
        let customers = customers.as_primitive::<Int64Type>().values();
        let found = identifiers(customers).map_err(ExportError::IdentifierSource)?;
        if found.len() != customers.len() {
            return Err(ExportError::Identifiers { expected: customers.len(), found: found.len() });
        }
        let own = |pairs: Vec<(String, String)>| {
            let mut own: BTreeMap<String, String> = BTreeMap::new();
            for (kind, value) in pairs {
                let text = own.entry(kind).or_default();
                if !text.is_empty() {
                    text.push_str("; ");
                }
                text.push_str(&value);
            }
            own
        };
        all.push(found.into_iter().map(own).collect());
    }
    Ok(all)
}

/// Names as text, and as their titles if people are to read them.
fn worded(array: &ArrayRef, column: &OutputColumn, options: &ExportOptions) -> Result<ArrayRef, ExportError> {
    if !matches!(array.data_type(), DataType::Dictionary(_, _) | DataType::Utf8 | DataType::Utf8View) {
        return Ok(array.clone());
    }
    let words = cast(array, &DataType::Utf8)?;
    if !options.titles || options.kind == FileKind::Parquet {
        return Ok(words);
    }
    let titles: BTreeMap<&str, &Text> =
        column.values.iter().map(|(name, title)| (name.as_str(), title)).collect();
    let title = |word: &str| match (titles.get(word), column.kind) {
        (Some(title), _) => title.get(options.lang).to_string(),
        (None, OutputKind::TierReason) => NotGradedReason::from_code(word)
            .map_or_else(|| word.to_string(), |reason| reason.title().get(options.lang).to_string()),
        (None, _) => word.to_string(),
    };
    let titled: StringArray = words.as_string::<i32>().iter().map(|word| word.map(title)).collect();
    Ok(Arc::new(titled))
}

impl Table {
    pub fn n_rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    pub fn cells<'b>(&self, batch: &'b RecordBatch) -> Result<Vec<Cells<'b>>, ExportError> {
        batch.columns().iter().map(Cells::new).collect()
    }
}

/// A column, ready to be written cell by cell.
pub(crate) enum Cells<'b> {
    Whole(ArrayRef),
    Decimal(&'b ArrayRef, usize),
    Float(ArrayRef),
    Truth(&'b ArrayRef),
    Words(ArrayRef),
}

impl<'b> Cells<'b> {
    fn new(array: &'b ArrayRef) -> Result<Cells<'b>, ExportError> {
        Ok(match array.data_type() {
            kind if kind.is_integer() => Cells::Whole(cast(array, &DataType::Int64)?),
            DataType::Decimal128(_, scale) => Cells::Decimal(array, usize::try_from(*scale).unwrap_or(0)),
            kind if kind.is_floating() => Cells::Float(cast(array, &DataType::Float64)?),
            DataType::Boolean => Cells::Truth(array),
            _ => Cells::Words(cast(array, &DataType::Utf8)?),
        })
    }

    pub fn is_text(&self) -> bool {
        matches!(self, Cells::Words(_))
    }

    /// The text of a cell; nothing for null.
    pub fn text(&self, row: usize, out: &mut String) {
        match self {
            Cells::Whole(array) if array.is_valid(row) => {
                out.push_str(&array.as_primitive::<Int64Type>().value(row).to_string());
            }
            Cells::Decimal(array, scale) if array.is_valid(row) => {
                let value = array.as_primitive::<Decimal128Type>().value(row);
                decimal(value, *scale, out);
            }
            Cells::Float(array) if array.is_valid(row) => {
                let value = array.as_primitive::<Float64Type>().value(row);
                if value.is_finite() {
                    out.push_str(&value.to_string());
                }
            }
            Cells::Truth(array) if array.is_valid(row) => {
                out.push_str(if array.as_boolean().value(row) { "true" } else { "false" });
            }
            Cells::Words(array) if array.is_valid(row) => out.push_str(array.as_string::<i32>().value(row)),
            _ => (),
        }
    }

    /// The number of a cell, if it is one that a spreadsheet holds exactly enough: whole numbers
    /// above 2^53 stay text, so that a customer's number is not rounded.
    pub fn number(&self, row: usize) -> Option<f64> {
        match self {
            Cells::Whole(array) if array.is_valid(row) => {
                let value = array.as_primitive::<Int64Type>().value(row);
                (value.unsigned_abs() <= 1 << 53).then_some(value as f64)
            }
            Cells::Decimal(array, scale) if array.is_valid(row) => {
                let value = array.as_primitive::<Decimal128Type>().value(row);
                Some(value as f64 / 10f64.powi(*scale as i32))
            }
            Cells::Float(array) if array.is_valid(row) => {
                Some(array.as_primitive::<Float64Type>().value(row)).filter(|value| value.is_finite())
            }
            _ => None,
        }
    }

    pub fn truth(&self, row: usize) -> Option<bool> {
        match self {
            Cells::Truth(array) if array.is_valid(row) => Some(array.as_boolean().value(row)),
            _ => None,
        }
    }
}

/// A decimal without the zeros that say nothing: 12.5000 is 12.5.
fn decimal(value: i128, scale: usize, out: &mut String) {
    let digits = value.unsigned_abs().to_string();
    let digits = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = digits.split_at(digits.len() - scale);
    let part = part.trim_end_matches('0');
    if value < 0 {
        out.push('-');
    }
    out.push_str(whole);
    if !part.is_empty() {
        out.push('.');
        out.push_str(part);
    }
}

pub(crate) fn write_parquet(table: &Table, file: &mut File) -> Result<ExportReport, ExportError> {
    let schema = table.batches.first().map_or_else(|| Arc::new(Schema::empty()), RecordBatch::schema);
    let properties = parquet::file::properties::WriterProperties::builder()
        .set_compression(parquet::basic::Compression::ZSTD(Default::default()))
        .build();
    let mut writer = parquet::arrow::ArrowWriter::try_new(file, schema, Some(properties))?;
    for batch in &table.batches {
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(ExportReport::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_sign_and_digits() {
        let text = |value, scale| {
            let mut out = String::new();
            decimal(value, scale, &mut out);
            out
        };
        assert_eq!(
            (text(125_000, 4), text(-5, 4), text(0, 4), text(7, 0)),
            ("12.5".into(), "-0.0005".into(), "0".into(), "7".into())
        );
    }

    #[test]
    fn negative_numbers_are_numbers_and_never_guarded() {
        let array: ArrayRef = Arc::new(arrow::array::Int64Array::from(vec![-5, i64::MAX]));
        let cells = Cells::new(&array).unwrap();
        assert!(!cells.is_text());
        assert_eq!((cells.number(0), cells.number(1)), (Some(-5.0), None));
    }
}
