//! What a case gives, as the compiled model reads it: one row of the fold's columns.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    new_null_array,
};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::fold::spec::FoldIndicator;
use gradus_grading::fold::{AS_OF, AsOf, CUSTOMER, Faults, FoldPlan, Zone, with_uncovered};
use gradus_grading::grade::{
    CompileContext, DerivedColumn, Fits, IndicatorColumn, NullMeaning, StageB, compile,
};
use gradus_ledger::table::scan_schema;
use gradus_model::document::{Indicator, IndicatorKind, Named};
use gradus_model::event_stream::{EventSchema, column};
use serde_json::Value;

use crate::compiled::{Compiled, indicator_columns};
use crate::grade::runs_of_customers;
use crate::{Documents, WorkspaceError};

/// The customer of a case.
const SOMEBODY: i64 = 1;

/// One row of the fold's columns; none if nothing happened by then.
pub(crate) struct Given {
    pub row: Option<RecordBatch>,
    pub faults: Faults,
}

/// Stage B for a case that gives these indicators: those that would be put together from columns of the fold
/// are given like any other.
pub(crate) fn stage_for(
    documents: &Documents,
    compiled: &Compiled,
    inputs: &Named<Value>,
) -> Result<StageB, WorkspaceError> {
    let is_given = |name: &str| inputs.get(name).is_some();
    let is_given_formula =
        |(name, own): &(String, Indicator)| own.kind == IndicatorKind::Formula && is_given(name);
    let formulas: Vec<&(String, Indicator)> =
        documents.model.indicators.0.iter().filter(|own| is_given_formula(own)).collect();
    if formulas.is_empty() && !compiled.derived.iter().any(|derived| is_given(&derived.name)) {
        return Ok(compiled.stage_b.clone());
    }
    // What the stage asked the fold for, it asks for again.
    let requested: BTreeSet<&str> =
        compiled.stage_b.fold_requests().iter().map(|own| own.name.as_str()).collect();
    let mut columns = indicator_columns(&compiled.fold, documents);
    columns.retain(|column| !requested.contains(column.name.as_str()));
    let lowered: Vec<FoldIndicator> = compiled
        .fold
        .indicators()
        .iter()
        .filter(|own| !requested.contains(own.name.as_str()))
        .cloned()
        .collect();
    let types = types_of(compiled);
    for derived in compiled.derived.iter().filter(|derived| is_given(&derived.name)) {
        let data_type = types.get(&derived.name).cloned().unwrap_or(DataType::Float64);
        columns.push(IndicatorColumn {
            name: derived.name.clone(),
            data_type,
            null_meaning: NullMeaning::NotApplicable,
            title: derived.title.clone(),
        });
    }
    for (name, own) in &formulas {
        columns.retain(|column| column.name != *name);
        columns.push(IndicatorColumn {
            name: name.clone(),
            data_type: types.get(name).cloned().unwrap_or(DataType::Float64),
            null_meaning: NullMeaning::NotApplicable,
            title: own.title.clone(),
        });
    }
    // What is given is not worked out.
    let mut model = documents.model.clone();
    model.indicators.0.retain(|own| !is_given_formula(own));
    let derived: Vec<DerivedColumn> =
        compiled.derived.iter().filter(|derived| !is_given(&derived.name)).map(DerivedColumn::from).collect();
    let context = CompileContext {
        document: None,
        lowered: &lowered,
        derived: &derived,
        events: Some(&compiled.events),
        plain_cells: false,
    };
    Ok(compile(&model, &columns, &context)?)
}

/// The types of indicators and outcomes, by column.
pub(crate) fn types_of(compiled: &Compiled) -> BTreeMap<String, DataType> {
    let date = jiff::civil::Date::constant(2000, 1, 1);
    let nobody = RecordBatch::new_empty(compiled.fold.output_schema().clone());
    let graded = compiled.stage_b.apply(&nobody, &Fits::default(), date).batch;
    let fields = graded.schema_ref().fields().iter().chain(nobody.schema_ref().fields().iter());
    fields.map(|field| (field.name().clone(), field.data_type().clone())).collect()
}

impl Given {
    /// What is left out is unknown; `null` is that there is nothing to state.
    pub(crate) fn of_inputs(inputs: &Named<Value>, compiled: &Compiled) -> Result<Given, WorkspaceError> {
        let mut fields: Vec<Field> =
            compiled.fold.output_schema().fields().iter().map(|field| field.as_ref().clone()).collect();
        let types = types_of(compiled);
        for (name, _) in inputs.iter() {
            if !fields.iter().any(|field| field.name() == name) {
                let data_type = types.get(name).cloned().unwrap_or(DataType::Float64);
                fields.push(Field::new(name, data_type, true));
            }
        }
        let mut left_out = BTreeSet::new();
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(fields.len());
        for field in &mut fields {
            let name = field.name().clone();
            if name == CUSTOMER {
                columns.push(Arc::new(Int64Array::from(vec![SOMEBODY])));
                continue;
            }
            let value = inputs.get(&name);
            if value.is_none() && name != AS_OF {
                left_out.insert(name);
            }
            *field = field.clone().with_nullable(true);
            columns.push(array_of(value.unwrap_or(&Value::Null), field.data_type())?);
        }
        let row = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        Ok(Given { row: Some(with_uncovered(&row, &left_out)?), faults: Faults::default() })
    }

    /// Events as a scan of the ledger would give them, folded. Kinds that the case has no event of did not
    /// happen.
    pub(super) fn of_events(
        events: &[BTreeMap<String, Value>],
        schema: &EventSchema,
        fold: &FoldPlan,
        as_of: AsOf,
        zone: &Zone,
    ) -> Result<Given, WorkspaceError> {
        let mut faults = Faults::default();
        if events.is_empty() {
            return Ok(Given { row: None, faults });
        }
        let batch = batch_of(events, schema, zone)?;
        for runs in runs_of_customers(&[batch], &BTreeMap::new())? {
            if let Some(row) = fold.fold(&runs, &[as_of], &mut faults)?.into_iter().next() {
                return Ok(Given { row: Some(row), faults });
            }
        }
        Ok(Given { row: None, faults })
    }
}

/// Events of one customer as a scan gives them.
fn batch_of(
    events: &[BTreeMap<String, Value>],
    schema: &EventSchema,
    zone: &Zone,
) -> Result<RecordBatch, WorkspaceError> {
    let texts = |name: &str| -> ArrayRef {
        Arc::new(events.iter().map(|event| event.get(name).and_then(text_of)).collect::<StringArray>())
    };
    let mut times = Vec::with_capacity(events.len());
    for event in events {
        let written = event.get(column::TIME).and_then(text_of).unwrap_or_default();
        let moment = moment(&written, zone).ok_or_else(|| {
            WorkspaceError::Defect(format!("the time {written} of an event of a case was not checked"))
        })?;
        times.push(moment);
    }
    let instants = |of: &[i64]| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from(of.to_vec()).with_timezone("UTC"))
    };
    let n = events.len();
    let scan = scan_schema(schema);
    let columns: Vec<ArrayRef> = scan
        .fields()
        .iter()
        .map(|field| {
            let array: ArrayRef = match field.name().as_str() {
                column::IDENTITY => Arc::new(Int64Array::from(vec![SOMEBODY; n])),
                column::TIME | column::KNOWN => instants(&times),
                column::EVENT_ID => {
                    Arc::new(BinaryArray::from_iter_values((0..n).map(|at| (at as u128).to_be_bytes())))
                }
                column::RETRACTION => Arc::new(BooleanArray::from(vec![false; n])),
                column::POSITION => Arc::new(Int64Array::from_iter_values(0..n as i64)),
                column::KIND => Arc::new(StringArray::from_iter_values(
                    events.iter().map(|event| event.get(column::KIND).and_then(text_of).unwrap_or_default()),
                )),
                column::SOURCE => Arc::new(StringArray::from(vec!["test"; n])),
                column::ORDER_KEY => Arc::new(
                    events
                        .iter()
                        .map(|event| {
                            let order = event.get(column::ORDER_ID).and_then(text_of)?;
                            Some(gradus_ledger::clean::event_id::order_key(&order))
                        })
                        .collect::<Int64Array>(),
                ),
                name => texts(name),
            };
            converted(&array, field.data_type())
        })
        .collect::<Result<_, _>>()?;
    Ok(RecordBatch::try_new(scan, columns)?)
}

/// A value as a column holds it.
pub(super) fn array_of(value: &Value, data_type: &DataType) -> Result<ArrayRef, WorkspaceError> {
    match text_of(value) {
        None => Ok(new_null_array(data_type, 1)),
        Some(text) => {
            let array: ArrayRef = Arc::new(StringArray::from(vec![text]));
            converted(&array, data_type)
        }
    }
}

/// True if a value can stand in a column of this type.
pub(crate) fn fits_in(value: &Value, data_type: &DataType) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_))
        && array_of(value, data_type).is_ok()
}

fn converted(array: &ArrayRef, data_type: &DataType) -> Result<ArrayRef, WorkspaceError> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    // Texts of few values go through plain text.
    Ok(match (array.data_type(), data_type) {
        (own, wanted) if own == wanted => array.clone(),
        _ => cast_with_options(array, data_type, &strict)?,
    })
}

/// A value as it is written.
pub(super) fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// When an event happened: an instant, a local date and time, or a local date's beginning.
pub(super) fn moment(text: &str, zone: &Zone) -> Option<i64> {
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Some(instant.as_microsecond());
    }
    let zone = jiff::tz::TimeZone::get(zone.name()).ok()?;
    let local = match text.parse::<jiff::civil::DateTime>() {
        Ok(local) => local,
        Err(_) => text.parse::<jiff::civil::Date>().ok()?.to_datetime(jiff::civil::Time::midnight()),
    };
    Some(local.to_zoned(zone).ok()?.timestamp().as_microsecond())
}
