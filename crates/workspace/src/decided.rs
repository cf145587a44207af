//! Tiers between decision instants: a scheme that decides at month ends keeps its tier until the
//! next, whatever happens in between, whoever runs a grading meanwhile.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::{cast, concat_batches, take};
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

/// Adds to the fold's rows what a scheme decided earlier. Customers who were not there then have
/// no tier yet.
pub fn with_decided(
    batches: Vec<RecordBatch>,
    scheme: &str,
    decided: &[RecordBatch],
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let names = tier_columns(scheme);
    let mut parts = Vec::with_capacity(decided.len());
    for batch in decided {
        let mut fields = vec![Field::new(CUSTOMER, DataType::Int64, false)];
        let mut columns: Vec<ArrayRef> = Vec::new();
        columns.extend(batch.column_by_name(CUSTOMER).cloned());
        for (name, data_type) in names.iter().zip([DataType::Utf8, DataType::Boolean, DataType::Utf8]) {
            if let Some(column) = batch.column_by_name(name) {
                columns.push(cast(column, &data_type)?);
                fields.push(Field::new(name, data_type, true));
            }
        }
        parts.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?);
    }
    let schema = match parts.first() {
        Some(part) => part.schema(),
        None => Arc::new(Schema::new(vec![
            Field::new(CUSTOMER, DataType::Int64, false),
            Field::new(&names[0], DataType::Utf8, true),
            Field::new(&names[1], DataType::Boolean, true),
            Field::new(&names[2], DataType::Utf8, true),
        ])),
    };
    let decided = concat_batches(&schema, &parts)?;
    let customers = decided.column(0).as_primitive::<Int64Type>().values();
    let row_of: HashMap<i64, u32> = customers.iter().enumerate().map(|(row, id)| (*id, row as u32)).collect();
    let mut out = Vec::with_capacity(batches.len());
    for batch in batches {
        let ids = match batch.column_by_name(CUSTOMER) {
            Some(ids) => ids.as_primitive::<Int64Type>().values().to_vec(),
            None => Vec::new(),
        };
        let rows: UInt32Array = ids.iter().map(|id| row_of.get(id).copied()).collect();
        let level = take(decided.column(1), &rows, None)?;
        let provisional = take(decided.column(2), &rows, None)?;
        let reasons = take(decided.column(3), &rows, None)?;
        let reasons: StringArray = reasons
            .as_string::<i32>()
            .iter()
            .zip(rows.iter())
            .map(|(reason, row)| if row.is_some() { reason } else { Some(NotGradedReason::NotDecidedYet.code()) })
            .collect();
        let mut fields: Vec<Field> = batch.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let mut columns = batch.columns().to_vec();
        for (name, column) in names.iter().zip([level, provisional, Arc::new(reasons) as ArrayRef]) {
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
