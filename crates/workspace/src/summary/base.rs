//! Graded customers of one instant in memory, and their columns as plain vectors.

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, DictionaryArray, Int32Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int32Type, Int64Type};
use gradus_grading::grade::{CUSTOMER, OutputColumn, OutputKind};
use gradus_model::Text;

use super::SummaryError;

/// What grading gave for one instant.
#[derive(Debug, Clone)]
pub struct GradedBase {
    /// The instant as people read it, in the workspace's time zone.
    pub as_of: String,
    /// The instant in UTC microseconds.
    pub as_of_us: i64,
    pub model_title: Text,
    pub columns: Vec<OutputColumn>,
    /// One row per customer; the columns as [`gradus_grading::grade::Graded::batch`] describes them.
    pub batches: Vec<RecordBatch>,
}

/// No level, no group: null in the column.
pub(crate) const NONE: u16 = u16::MAX;

/// Null among ten-thousandths; no amount is that small.
pub(crate) const UNKNOWN: i64 = i64::MIN;

/// A column of names as positions in a list of names.
pub(crate) struct Codes {
    /// Those of the model first, in its order; then whatever else occurs.
    pub names: Vec<(String, Text)>,
    pub codes: Vec<u16>,
}

/// The title of a name that the model does not have.
pub(crate) fn plain(name: &str) -> Text {
    Text::plain(name)
}

impl GradedBase {
    pub fn n_customers(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    /// Only the customers and their tiers: enough for an earlier instant's part in a summary, and
    /// small enough to keep many of them.
    pub fn tiers_only(&self) -> Result<GradedBase, SummaryError> {
        let keep = |kind: OutputKind| matches!(kind, OutputKind::Customer | OutputKind::Tier);
        let columns: Vec<OutputColumn> =
            self.columns.iter().filter(|column| keep(column.kind)).cloned().collect();
        let mut batches = Vec::with_capacity(self.batches.len());
        for batch in &self.batches {
            let schema = batch.schema();
            let positions: Vec<usize> =
                columns.iter().filter_map(|column| schema.index_of(&column.name).ok()).collect();
            batches.push(batch.project(&positions)?);
        }
        Ok(GradedBase { columns, batches, ..self.head() })
    }

    fn head(&self) -> GradedBase {
        GradedBase {
            as_of: self.as_of.clone(),
            as_of_us: self.as_of_us,
            model_title: self.model_title.clone(),
            columns: Vec::new(),
            batches: Vec::new(),
        }
    }

    pub(crate) fn of_kind(&self, kind: OutputKind) -> impl Iterator<Item = &OutputColumn> {
        self.columns.iter().filter(move |column| column.kind == kind)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&OutputColumn> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.batches.iter().all(|batch| batch.column_by_name(name).is_some())
    }

    fn arrays(&self, name: &str) -> Result<Vec<&ArrayRef>, SummaryError> {
        self.batches
            .iter()
            .map(|batch| {
                batch.column_by_name(name).ok_or_else(|| SummaryError::MissingColumn(name.to_string()))
            })
            .collect()
    }

    pub(crate) fn customers(&self) -> Result<Vec<i64>, SummaryError> {
        let mut customers = Vec::with_capacity(self.n_customers());
        for array in self.arrays(CUSTOMER)? {
            let array = cast(array, &DataType::Int64)?;
            customers.extend_from_slice(array.as_primitive::<Int64Type>().values());
        }
        Ok(customers)
    }

    /// A number column in ten-thousandths, [`UNKNOWN`] where it is null or not a number.
    pub(crate) fn fixed(&self, name: &str) -> Result<Vec<i64>, SummaryError> {
        let mut values = Vec::with_capacity(self.n_customers());
        let large = || SummaryError::TooLarge(name.to_string());
        for array in self.arrays(name)? {
            match array.data_type() {
                DataType::Decimal128(_, 4) => {
                    let array = array.as_primitive::<Decimal128Type>();
                    if array.null_count() == 0 {
                        for value in array.values() {
                            values.push(i64::try_from(*value).map_err(|_| large())?);
                        }
                    } else {
                        for value in array {
                            let value = value.map(i64::try_from).transpose().map_err(|_| large())?;
                            values.push(value.unwrap_or(UNKNOWN));
                        }
                    }
                }
                kind if kind.is_integer() => {
                    let array = cast(array, &DataType::Int64)?;
                    for value in array.as_primitive::<Int64Type>() {
                        let value = value.map(|value| value.checked_mul(10_000).ok_or_else(large));
                        values.push(value.transpose()?.unwrap_or(UNKNOWN));
                    }
                }
                DataType::Decimal128(_, _) | DataType::Float32 | DataType::Float64 => {
                    let array = cast(array, &DataType::Float64)?;
                    for value in array.as_primitive::<Float64Type>() {
                        values.push(match value {
                            Some(value) if value.is_finite() => {
                                let scaled = (value * 10_000.0).round();
                                if scaled.abs() >= 9.2e18 {
                                    return Err(large());
                                }
                                scaled as i64
                            }
                            _ => UNKNOWN,
                        });
                    }
                }
                _ => return Err(SummaryError::NotANumber(name.to_string())),
            }
        }
        Ok(values)
    }

    pub(crate) fn booleans(&self, name: &str) -> Result<Vec<BooleanArray>, SummaryError> {
        self.arrays(name)?
            .into_iter()
            .map(|array| match array.data_type() {
                DataType::Boolean => Ok(array.as_boolean().clone()),
                _ => Err(SummaryError::MissingColumn(name.to_string())),
            })
            .collect()
    }

    /// A column of names as codes into the names of its definition.
    pub(crate) fn codes(
        &self,
        name: &str,
        known: &[(String, Text)],
        title: fn(&str) -> Text,
    ) -> Result<Codes, SummaryError> {
        let mut names: Vec<(String, Text)> = known.to_vec();
        let mut positions: HashMap<String, u16> = HashMap::new();
        for (position, (name, _)) in names.iter().enumerate() {
            positions.entry(name.clone()).or_insert(position as u16);
        }
        let many = || SummaryError::TooManyNames(name.to_string());
        let mut codes = Vec::with_capacity(self.n_customers());
        for array in self.arrays(name)? {
            let wide = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
            let array = cast(array, &wide)?;
            let array: &DictionaryArray<Int32Type> = array.as_dictionary();
            let words = cast(array.values(), &DataType::Utf8)?;
            let words = words.as_string::<i32>();
            let keys: &Int32Array = array.keys();
            // A name that no row uses must not appear in a table, so a dictionary's own values
            // get a code only when a row is met that has them.
            let mut code_of: Vec<Option<u16>> = vec![None; words.len()];
            let mut rows = |key: Option<i32>| -> Result<u16, SummaryError> {
                let Some(key) = key.map(|key| key as usize).filter(|key| !words.is_null(*key)) else {
                    return Ok(NONE);
                };
                if let Some(code) = code_of[key] {
                    return Ok(code);
                }
                let word = words.value(key);
                let code = match positions.get(word) {
                    Some(code) => *code,
                    None => {
                        let code = u16::try_from(names.len()).ok().filter(|code| *code < NONE - 1);
                        let code = code.ok_or_else(many)?;
                        names.push((word.to_string(), title(word)));
                        positions.insert(word.to_string(), code);
                        code
                    }
                };
                code_of[key] = Some(code);
                Ok(code)
            };
            for key in keys {
                codes.push(rows(key)?);
            }
        }
        Ok(Codes { names, codes })
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::{Month, base};
    use super::*;

    #[test]
    fn levels_as_text_and_as_a_dictionary_are_the_same_codes() {
        let base = base(Month(0), 100);
        let tier = base.column("tier").unwrap().clone();
        let codes = base.codes("tier", &tier.values, plain).unwrap();
        let mut as_text = base.clone();
        for batch in &mut as_text.batches {
            let schema = batch.schema();
            let position = schema.index_of("tier").unwrap();
            let mut arrays = batch.columns().to_vec();
            arrays[position] = cast(&arrays[position], &DataType::Utf8).unwrap();
            *batch = RecordBatch::try_from_iter_with_nullable(
                schema.fields().iter().zip(arrays).map(|(f, a)| (f.name().clone(), a, true)),
            )
            .unwrap();
        }
        let again = as_text.codes("tier", &tier.values, plain).unwrap();
        assert_eq!(codes.codes, again.codes);
        // Order of the model first, even if the data begins with another level.
        assert_eq!(codes.names, tier.values);
        let open = as_text.codes("tier", &[], plain).unwrap();
        assert_eq!(open.names.len(), 3);
    }

    #[test]
    fn a_number_too_large_is_said_and_never_wrapped() {
        let mut base = base(Month(0), 3);
        let big = arrow::array::Int64Array::from(vec![i64::MAX, 1, 2]);
        base.batches =
            vec![RecordBatch::try_from_iter([("monetary", std::sync::Arc::new(big) as ArrayRef)]).unwrap()];
        assert!(matches!(base.fixed("monetary"), Err(SummaryError::TooLarge(_))));
        assert!(matches!(base.fixed("nothing"), Err(SummaryError::MissingColumn(_))));
    }
}
