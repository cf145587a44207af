//! Decisions of the DMN TCK and the sample scorecard of PMML (`tck/README.md` says where they are from): imported as
//! an operator would, graded as customers are, and held against what they say themselves. What is outside the
//! subset is refused where it stands.

use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::{DataType, Decimal128Type, Field, Float64Type, Int64Type, Schema};
use gradus_grading::grade::{CompileContext, IndicatorColumn, NullMeaning, compile};
use gradus_model::Severity;
use gradus_model::document::Model;
use gradus_model::exchange::Format;
use gradus_model::exchange::{Imported, Input, export, import};
use serde_json::{Map, Value, json};

/// Inputs and results by name.
type Case = (Map<String, Value>, Map<String, Value>);

/// The kit's test cases.
fn cases(file: &str) -> Vec<Case> {
    let all: Map<String, Value> = serde_json::from_str(include_str!("tck/expected.json")).unwrap();
    serde_json::from_value(all[file].clone()).unwrap()
}

fn bytes(file: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/it/tck/{file}.dmn", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// One column for each name that the rules read, one row for each case.
fn batch(inputs: &[Input], cases: &[Case]) -> RecordBatch {
    let n = cases.len() as i64;
    let mut columns: Vec<(String, ArrayRef)> =
        vec![("customer".into(), Arc::new(Int64Array::from_iter_values(1..=n)))];
    for input in inputs {
        let given = cases.iter().map(|(inputs, _)| &inputs[&input.name]);
        let column: ArrayRef = match input.kind.as_str() {
            "number" | "double" | "integer" => Arc::new(given.map(Value::as_f64).collect::<Float64Array>()),
            "string" => Arc::new(given.map(Value::as_str).collect::<StringArray>()),
            "boolean" => Arc::new(given.map(Value::as_bool).collect::<BooleanArray>()),
            other => panic!("{} is {other}", input.name),
        };
        columns.push((input.name.clone(), column));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

fn agrees(array: &ArrayRef, row: usize, expected: &Value) -> Result<(), String> {
    let found = match array.data_type() {
        _ if array.is_null(row) => Value::Null,
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row) as f64;
            (units / 10f64.powi(i32::from(*scale))).into()
        }
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).into(),
        DataType::Float64 => array.as_primitive::<Float64Type>().value(row).into(),
        DataType::Boolean => array.as_boolean().value(row).into(),
        _ => arrow::util::display::array_value_to_string(array, row).unwrap().into(),
    };
    let is_same = match (&found, expected) {
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            // Numbers of a decision are kept with four digits.
            (found - expected).abs() < 1e-4
        }
        // A list is a JSON array of the values of the rows that were hit.
        (Value::String(found), Value::Array(_)) => {
            serde_json::from_str::<Value>(found).is_ok_and(|found| found == *expected)
        }
        (found, expected) => found == expected,
    };
    if is_same { Ok(()) } else { Err(format!("{found} instead of {expected}")) }
}

/// Grades the cases by a model; what is different from the kit's results.
fn differences(file: &str, cases: &[Case], model: &Model, inputs: &[Input]) -> Vec<String> {
    let batch = batch(inputs, cases);
    let indicators: Vec<IndicatorColumn> = batch
        .schema()
        .fields()
        .iter()
        .skip(1)
        .map(|field| IndicatorColumn {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            null_meaning: NullMeaning::Unknown,
            title: None,
        })
        .collect();
    let stage = match compile(model, &indicators, &CompileContext::default()) {
        Ok(stage) => stage,
        Err(findings) => panic!("{file}: {findings:#?}"),
    };
    let day = "2026-06-30".parse().unwrap();
    let (mut graded, _) = stage.grade(std::slice::from_ref(&batch), None, day, NonZeroUsize::MIN);
    let graded = graded.remove(0).batch;
    let mut different = Vec::new();
    for (name, _) in &cases[0].1 {
        // A table of one result is called as the decision, others and steps have their own name at the end.
        let column = graded.schema();
        let column = column.fields().iter().map(|field| field.name());
        let mut found = column.filter(|column| *column == name || column.ends_with(&format!("_{name}")));
        let Some(column) = found.next() else { panic!("{file} has no {name}: {:?}", graded.schema()) };
        let values = graded.column_by_name(column).unwrap();
        let values = match values.data_type() {
            DataType::Dictionary(_, _) => arrow::compute::cast(values, &DataType::Utf8).unwrap(),
            _ => values.clone(),
        };
        for (row, (inputs, expected)) in cases.iter().enumerate() {
            if let Err(what) = agrees(&values, row, &expected[name]) {
                different.push(format!("{file} {name} of {inputs:?}: {what}"));
            }
        }
    }
    different
}

const INSIDE: [&str; 20] = [
    "0002", "0004", "0005", "0006", "0007", "0010", "0106", "0107", "0108", "0109", "0110", "0111", "0112",
    "0113", "0114", "0115", "0116", "0117", "0118", "0119",
];

#[test]
fn what_is_inside_the_subset_has_the_results_of_the_kit() {
    let mut different = Vec::new();
    for file in INSIDE {
        let imported = import(&format!("{file}.dmn"), &bytes(file));
        let Some(model) = imported.part else {
            different.push(format!("{file} is refused: {:#?}", imported.findings));
            continue;
        };
        different.extend(differences(file, &cases(file), &model, &imported.inputs));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_is_outside_is_refused_where_it_stands() {
    for (file, path, says) in [
        // Texts are joined by `+`.
        ("0001", "/definitions/decision/literalExpression", "Hello"),
        // Parts of a structure, and a power of a negative number.
        ("0008", "/definitions/decision/literalExpression", "loan.principal"),
        ("0009", "/definitions/decision/knowledgeRequirement", "business knowledge models"),
    ] {
        let imported = import(&format!("{file}.dmn"), &bytes(file));
        assert!(imported.part.is_none(), "{file}: {imported:#?}");
        let refused = imported.findings.iter().any(|one| {
            one.severity == Severity::Error
                && one.code == "exchange-unsupported"
                && one.place.path.as_deref() == Some(path)
                && one.what.en.contains(says)
        });
        assert!(refused, "{file}: {:#?}", imported.findings);
    }
}

/// The sample scorecard of the PMML standard: its own result (29 for an engineer of 25 with 500), and others by its
/// tables of points.
#[test]
fn the_sample_scorecard_of_pmml_has_the_points_that_it_says() {
    let imported = import("scorecard.pmml", include_bytes!("tck/scorecard.pmml"));
    let Some(model) = imported.part else { panic!("{:#?}", imported.findings) };
    let name = model.scorecards.names().next().unwrap().to_string();
    let cases: Vec<Case> = [
        (json!("engineering"), json!(25), json!(500), 29.0),
        (json!("marketing"), json!(35), json!(null), 34.0),
        (json!("business"), json!(41), json!(2000), 29.0),
        (json!("law"), json!(10), json!(3000), 9.0),
        (json!(null), json!(null), json!(null), -7.0),
    ]
    .into_iter()
    .map(|(department, age, income, score)| {
        let inputs = json!({ "department": department, "age": age, "income": income });
        let score = Map::from_iter([(name.clone(), json!(score))]);
        (inputs.as_object().unwrap().clone(), score)
    })
    .collect();
    let different = differences("scorecard", &cases, &model, &imported.inputs);
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn what_is_written_again_has_the_same_results() {
    let mut different = Vec::new();
    for file in INSIDE {
        // What is written does not say what its inputs are: a model knows them by name.
        let Imported { part: Some(model), inputs, .. } = import(&format!("{file}.dmn"), &bytes(file)) else {
            continue;
        };
        let name = model.flows.names().chain(model.decision_tables.names()).next().unwrap();
        let text = match export(&model, name, Format::Dmn) {
            Ok(text) => text,
            Err(findings) => {
                different.push(format!("{file} is not written: {findings:#?}"));
                continue;
            }
        };
        let again = import("again.dmn", text.as_bytes());
        let Some(model) = again.part else { panic!("{file}: {:#?}", again.findings) };
        different.extend(differences(file, &cases(file), &model, &inputs));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
