//! Tiers between decision instants: a scheme that decides at month ends keeps its tier until the
//! next, whatever happens in between, whoever runs a grading meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array, new_empty_array};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_grading::fold::{AsOf, CUSTOMER, Zone, closes_step};
use gradus_grading::grade::{DECIDED, NotGradedReason};
use gradus_model::document::{Decide, Model, SpanUnit};

use crate::WorkspaceError;

/// The three columns of a scheme.
pub fn tier_columns(scheme: &str) -> [String; 3] {
    [scheme.to_string(), format!("{scheme}_provisional"), format!("{scheme}_reason")]
}

/// The last decision instant of each scheme at or before `as_of`, where it is not `as_of` itself.
pub fn decision_instants(model: &Model, as_of: AsOf, zone: &Zone) -> BTreeMap<String, AsOf> {
    let mut out = BTreeMap::new();
    for (name, scheme) in model.tiers.iter() {
        let unit = match scheme.decide {
            Decide::Daily => SpanUnit::Day,
            Decide::Monthly => SpanUnit::Month,
            Decide::Quarterly => SpanUnit::Quarter,
            Decide::Yearly => SpanUnit::Year,
        };
        let closes = |day: i32| closes_step(day, unit) && zone.close_of(day) <= as_of.instant_us;
        let longest = 367;
        if let Some(day) = (as_of.day - longest..=as_of.day).rev().find(|day| closes(*day)) {
            let decided = AsOf::close_of(day, zone);
            if decided != as_of {
                out.insert(name.to_string(), decided);
            }
        }
    }
    out
}

/// What a scheme decided earlier, customer by customer.
#[derive(Debug)]
pub struct Decided {
    names: [String; 3],
    /// Level, whether it is provisional, reason.
    columns: [ArrayRef; 3],
    row_of: HashMap<i64, u32>,
}

impl Decided {
    /// Reads it from the grades as of the decision instant.
    pub fn of(scheme: &str, graded: &[RecordBatch]) -> Result<Decided, WorkspaceError> {
        let names = tier_columns(scheme);
        let types = [DataType::Utf8, DataType::Boolean, DataType::Utf8];
        let mut parts: [Vec<ArrayRef>; 3] = types.clone().map(|data_type| vec![new_empty_array(&data_type)]);
        let mut row_of = HashMap::new();
        for batch in graded {
            let missing = || WorkspaceError::Defect(format!("the grades have no tier {scheme}"));
            let ids =
                batch.column_by_name(CUSTOMER).ok_or_else(missing)?.as_primitive::<Int64Type>().values();
            for id in ids {
                row_of.insert(*id, row_of.len() as u32);
            }
            for ((name, data_type), part) in names.iter().zip(&types).zip(&mut parts) {
                part.push(cast(batch.column_by_name(name).ok_or_else(missing)?, data_type)?);
            }
        }
        let together =
            |parts: &[ArrayRef]| concat(&parts.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>());
        Ok(Decided {
            names,
            columns: [together(&parts[0])?, together(&parts[1])?, together(&parts[2])?],
            row_of,
        })
    }

    /// The three columns of these customers. Who was not there then has no tier yet.
    pub fn columns(&self, customers: &[i64]) -> Result<[ArrayRef; 3], WorkspaceError> {
        let rows: UInt32Array = customers.iter().map(|id| self.row_of.get(id).copied()).collect();
        decided_at(&self.columns, &rows)
    }
}

/// Decided columns at some rows; where there is no row, nothing was decided yet.
pub fn decided_at(columns: &[ArrayRef; 3], rows: &UInt32Array) -> Result<[ArrayRef; 3], WorkspaceError> {
    let reasons = take(&columns[2], rows, None)?;
    let reasons: StringArray = reasons
        .as_string::<i32>()
        .iter()
        .zip(rows.iter())
        .map(|(reason, row)| if row.is_some() { reason } else { Some(NotGradedReason::NotDecidedYet.code()) })
        .collect();
    Ok([take(&columns[0], rows, None)?, take(&columns[1], rows, None)?, Arc::new(reasons)])
}

/// Adds to the fold's rows what a scheme decided earlier.
pub fn with_decided(
    batches: Vec<RecordBatch>,
    scheme: &str,
    decided: &[RecordBatch],
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let decided = Decided::of(scheme, decided)?;
    let mut out = Vec::with_capacity(batches.len());
    for batch in batches {
        let ids =
            batch.column_by_name(CUSTOMER).map_or(&[][..], |ids| ids.as_primitive::<Int64Type>().values());
        let mut fields: Vec<Field> =
            batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = batch.columns().to_vec();
        for (name, column) in decided.names.iter().zip(decided.columns(ids)?) {
            fields.push(Field::new(format!("{DECIDED}{name}"), column.data_type().clone(), true));
            columns.push(column);
        }
        out.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monthly_scheme_decides_at_the_last_month_close() {
        let zone = Zone::new("Europe/London").unwrap();
        let model: Model = serde_json::from_str(
            r#"{"gradus": 1, "tiers": {"m": {"by": "x", "decide": "monthly", "levels": {"a": {}}},
                "d": {"by": "x", "levels": {"a": {}}}}}"#,
        )
        .unwrap();
        let day = |text: &str| gradus_grading::fold::day_of(text.parse().unwrap());
        let mid = decision_instants(&model, AsOf::close_of(day("2011-12-10"), &zone), &zone);
        assert_eq!(mid.len(), 1);
        assert_eq!(mid["m"], AsOf::close_of(day("2011-11-30"), &zone));
        assert!(decision_instants(&model, AsOf::close_of(day("2011-11-30"), &zone), &zone).is_empty());
        // Half past noon: the day is not over, so even a daily scheme stands as of yesterday.
        let noon = AsOf::new(zone.start_of(day("2011-11-30")) + 45_000_000_000, &zone);
        assert_eq!(decision_instants(&model, noon, &zone)["d"], AsOf::close_of(day("2011-11-29"), &zone));
    }
}
