//! Models that were trained elsewhere, against what their own libraries predict (`trained/make.py` says how the files
//! were made), and what must hold of any.

use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema};
use gradus_grading::grade::trained::{TrainedProblem, TrainedSum};
use gradus_grading::grade::{CompileContext, Fits, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_model::document::{Model, Trained};
use gradus_model::exchange::{Imported, import};
use serde_json::{Value, json};

use crate::stage_b::{column, day};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/trained")
}

fn file(name: &str) -> Imported {
    import(name, &std::fs::read(folder().join(name)).unwrap())
}

/// The only prediction of a file.
fn trained(name: &str) -> (Model, Trained) {
    let imported = file(name);
    let part = imported.part.unwrap_or_else(|| panic!("{name}: {:#?}", imported.findings));
    let (_, prediction) = part.predictions.iter().next().unwrap();
    let own = prediction.trained.clone().unwrap();
    (part, own)
}

/// The values of an input in a row: indicators by their own name, columns of an ONNX input by their number.
fn value(sql: &str, names: &[String], row: &[f64]) -> Option<f64> {
    let plain = sql.trim_matches('"');
    let at = match plain.strip_prefix("X_") {
        Some(number) => number.parse().ok()?,
        None => names.iter().position(|name| name == plain)?,
    };
    row.get(at).copied()
}

struct Expected {
    names: Vec<String>,
    rows: Vec<Vec<f64>>,
    models: Vec<(String, Value)>,
}

fn expected() -> Expected {
    let text = std::fs::read_to_string(folder().join("expected.json")).unwrap();
    let value: Value = serde_json::from_str(&text).unwrap();
    let numbers =
        |row: &Value| row.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect::<Vec<f64>>();
    Expected {
        names: value["names"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one.as_str().unwrap().to_string())
            .collect(),
        rows: value["rows"].as_array().unwrap().iter().map(numbers).collect(),
        models: value["models"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
    }
}

fn close(name: &str, found: &[f64], wanted: &[f64]) {
    for (row, (found, wanted)) in found.iter().zip(wanted).enumerate() {
        let apart = (found - wanted).abs() / wanted.abs().max(1.0);
        assert!(apart < 1e-6, "{name}, row {row}: {found} and {wanted}");
    }
}

/// A stage with the file's prediction over the three indicators.
fn stage(mut model: Model) -> (StageB, String) {
    let float = |name: &str| IndicatorColumn {
        name: name.into(),
        data_type: DataType::Float64,
        null_meaning: NullMeaning::Unknown,
        title: None,
    };
    model.gradus = 1;
    let names = ["recency", "orders", "monetary", "X_0", "X_1", "X_2"];
    let stage = compile(&model, &names.map(float), &CompileContext::default());
    let name = model.predictions.names().next().unwrap().to_string();
    (stage.unwrap_or_else(|findings| panic!("{findings:#?}")), name)
}

fn batch(rows: &[Vec<f64>]) -> RecordBatch {
    let of =
        |at: usize| -> ArrayRef { Arc::new(rows.iter().map(|row| Some(row[at])).collect::<Float64Array>()) };
    let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(1..=rows.len() as i64));
    let mut columns = vec![("customer", ids)];
    for (at, pair) in [["recency", "X_0"], ["orders", "X_1"], ["monetary", "X_2"]].into_iter().enumerate() {
        pair.into_iter().for_each(|name| columns.push((name, of(at))));
    }
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let arrays = columns.into_iter().map(|(_, array)| array).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap()
}

#[test]
fn files_predict_what_their_libraries_do() {
    let Expected { names, rows, models } = expected();
    assert_eq!((models.len(), rows.len()), (10, 40));
    for (name, wanted) in models {
        let numbers = |key: &str| -> Vec<f64> {
            wanted[key].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        for ending in ["onnx", "pmml"] {
            let file = format!("{name}.{ending}");
            let (model, own) = trained(&file);
            let sum = TrainedSum::of(&own).unwrap();
            let found: Vec<f64> = rows
                .iter()
                .map(|row| {
                    let inputs = own.inputs.iter().map(|(_, sql)| value(sql, &names, row));
                    let inputs: Vec<f64> =
                        inputs.map(|x| x.unwrap_or_else(|| panic!("{file}: {own:#?}"))).collect();
                    sum.predict(&inputs).unwrap()
                })
                .collect();
            close(&file, &found, &numbers("own"));
            if ending == "onnx" {
                close(&file, &found, &numbers("onnxruntime"));
            }
            // In the stage, rounded to four digits, live as in a run.
            let (stage, prediction) = stage(model);
            let graded = stage.grade(&[batch(&rows)], None, day(), std::num::NonZeroUsize::MIN);
            let live = stage.apply(&batch(&rows), &Fits::default(), day());
            let given = column(&graded.0[0], &prediction);
            assert_eq!(given, column(&live, &prediction), "{file}");
            for (given, found) in given.iter().zip(&found) {
                assert!(
                    (given.parse::<f64>().unwrap() - found).abs() <= 0.5001e-4,
                    "{file}: {given}, {found}"
                );
            }
            // What each input adds leads from the usual to this one's sum.
            let (fits, rows) = (graded.1, batch(&rows));
            for row in 0..5 {
                let reason = stage.explain_predictions(&rows, row, &fits, day()).remove(0);
                let told: Vec<f64> = reason.lines[0]
                    .en
                    .split_whitespace()
                    .filter_map(|word| word.trim_end_matches(',').parse().ok())
                    .collect();
                let parts: f64 = reason.factors.iter().map(|factor| factor.amount).sum();
                assert!((told[0] + parts - told[1]).abs() < 2e-3, "{file}: {told:?} {parts}");
            }
        }
    }
}

/// LightGBM and XGBoost call a missing number `NaN` in their PMML, and each knows where it goes.
#[test]
fn a_missing_input_goes_where_the_library_sends_it() {
    let Expected { names, rows, .. } = expected();
    let predict = |(own, sum): &(Trained, TrainedSum), row: &[f64]| -> Option<f64> {
        let inputs = own.inputs.iter().map(|(_, sql)| value(sql, &names, row).unwrap());
        sum.predict(&inputs.collect::<Vec<f64>>())
    };
    let read = |file: &str| {
        let (model, own) = trained(file);
        let sum = TrainedSum::of(&own).unwrap();
        (model, (own, sum))
    };
    let (model, light) = read("lightgbm.pmml");
    let (_, boost) = read("xgboost.pmml");
    let (_, boost_onnx) = read("xgboost.onnx");
    let mut differs = 0;
    for row in &rows {
        for at in 0..3 {
            let mut missing = row.clone();
            missing[at] = f64::NAN;
            // LightGBM, which saw nothing missing in training, takes it for 0 (its parameter `zero_as_missing` aside).
            let mut zero = row.clone();
            zero[at] = 0.0;
            let found = predict(&light, &missing).unwrap();
            assert!((found - predict(&light, &zero).unwrap()).abs() < 1e-12, "{missing:?}");
            differs += usize::from((found - predict(&light, row).unwrap()).abs() > 1e-9);
            // XGBoost, which saw nothing missing either, sends it where great numbers go; its ONNX file says nothing.
            let mut great = row.clone();
            great[at] = 1e300;
            let (found, wanted) = (predict(&boost, &missing).unwrap(), predict(&boost, &great).unwrap());
            assert!((found - wanted).abs() < 1e-12, "{missing:?}: {found} {wanted}");
            assert!((wanted - predict(&boost_onnx, &great).unwrap()).abs() < 1e-4, "{great:?}");
        }
    }
    assert!(differs > 40, "{differs}");
    // In the stage a null is what is missing.
    let (stage, prediction) = stage(model);
    let mut columns = batch(&rows[..1]).columns().to_vec();
    let schema = batch(&rows[..1]).schema();
    let place = schema.index_of("recency").unwrap();
    columns[place] = arrow::array::new_null_array(&DataType::Float64, 1);
    let unknown = RecordBatch::try_new(schema, columns).unwrap();
    let given = column(&stage.apply(&unknown, &Fits::default(), day()), &prediction);
    let mut zero = rows[0].clone();
    zero[0] = 0.0;
    let wanted = predict(&light, &zero).unwrap();
    assert!((given[0].parse::<f64>().unwrap() - wanted).abs() <= 0.5001e-4, "{given:?} {wanted}");
}

#[test]
fn the_usual_is_the_mean_of_the_base_and_parts_are_shapleys() {
    // Two questions: x, then y where x is great. Of eight customers each way is gone by two.
    let own: Trained = serde_json::from_value(json!({
        "inputs": {"x": "x", "y": "y"}, "intercept": 1.0,
        "trees": [{"nodes": [
            {"input": "x", "cut": 5.0, "yes": 1, "no": 2},
            {"gives": 10.0},
            {"input": "y", "cut": 3.0, "below": true, "yes": 3, "no": 4, "unknown": true},
            {"gives": 20.0}, {"gives": 40.0}
        ]}]
    }))
    .unwrap();
    let sum = TrainedSum::of(&own).unwrap();
    let base =
        [[1.0, 1.0], [1.0, 9.0], [5.0, 3.0], [2.0, 2.0], [6.0, 2.9], [7.0, 1.0], [8.0, 3.0], [9.0, 4.0]];
    let fit = sum.fit(base.iter().map(|row| row.to_vec()));
    assert_eq!((fit.n, &fit.covers[0]), (8, &vec![8, 4, 4, 2, 2]));
    let (usual, parts) = sum.contributions(&[9.0, 9.0], &fit).unwrap();
    // By hand: E = 1 + 20; v(x) = 31, v(y) = (10 + 40)/2 + 1 = 26, v(x, y) = 41.
    assert!((usual - 21.0).abs() < 1e-12);
    assert!((parts[0] - 12.5).abs() < 1e-12 && (parts[1] - 7.5).abs() < 1e-12, "{parts:?}");
    // Exactly at a cut: at most 5 is yes, below 3 is not.
    assert_eq!((sum.predict(&[5.0, 0.0]), sum.predict(&[5.1, 3.0])), (Some(11.0), Some(41.0)));
    // Unknown: the second question says where it goes, the first does not.
    assert_eq!((sum.predict(&[9.0, f64::NAN]), sum.predict(&[f64::NAN, 9.0])), (Some(21.0), None));
    let stored = serde_json::from_str(&serde_json::to_string(&fit).unwrap()).unwrap();
    assert_eq!(fit, stored);
}

#[test]
fn forms_that_are_none_are_refused_with_their_place() {
    let problem = |value: Value| -> TrainedProblem {
        TrainedSum::of(&serde_json::from_value(value).unwrap()).unwrap_err()
    };
    let leaf = json!({"gives": 1.0});
    let asks = |yes: u32, no: u32| json!({"input": "x", "cut": 1.0, "yes": yes, "no": no});
    let trees = |nodes: Value| json!({"inputs": {"x": "x"}, "trees": [{"nodes": nodes}]});
    assert_eq!(problem(json!({"inputs": {}, "weights": {"x": 1.0}})), TrainedProblem::NoInputs);
    assert_eq!(problem(json!({"inputs": {"x": "x"}})), TrainedProblem::Form);
    let node = |node: usize| TrainedProblem::Node { tree: 0, node };
    assert_eq!(problem(trees(json!([]))), node(0));
    assert_eq!(problem(trees(json!([asks(0, 1), leaf]))), node(0), "back to itself");
    assert_eq!(problem(trees(json!([asks(1, 9), leaf]))), node(0), "to nowhere");
    assert_eq!(problem(trees(json!([{"input": "x", "cut": 1.0}]))), node(0));
    let twice = problem(trees(json!([asks(1, 2), asks(2, 3), leaf, leaf])));
    assert_eq!(twice, TrainedProblem::Shared { tree: 0, node: 2 });
    let named = problem(json!({"inputs": {"x": "x"}, "weights": {"z": 1.0}}));
    assert_eq!(named, TrainedProblem::UnknownInput { tree: None, node: 0, name: "z".into() });
    // The stage says it as a finding.
    let model: Model = serde_json::from_value(json!({"gradus": 1, "predictions": {"p": {"trained":
        {"inputs": {"x": "1.0"}, "weights": {"z": 1.0}}}}}))
    .unwrap();
    let findings = compile(&model, &[], &CompileContext::default()).unwrap_err();
    let places: Vec<_> = findings.0.iter().map(|one| (one.code, one.place.path.as_deref())).collect();
    assert_eq!(places, [("trained-form", Some("predictions.p.trained.weights.z"))]);
}

#[test]
fn what_a_file_says_beyond_that_is_refused_by_its_name() {
    let whole = std::fs::read(folder().join("tree_classes.onnx")).unwrap();
    // The name of the node as well as its operator.
    let mut other = whole.clone();
    let places: Vec<usize> =
        (0..whole.len()).filter(|at| whole[*at..].starts_with(b"TreeEnsembleClassifier")).collect();
    assert_eq!(places.len(), 2);
    for at in places {
        other[at..at + 22].copy_from_slice(b"TreeEnsembleNobodyKnew");
    }
    let refused = import("m.onnx", &other);
    assert!(refused.part.is_none());
    assert!(
        refused.findings.0.iter().any(|one| one.what.en.contains("`TreeEnsembleNobodyKnew`")),
        "{:#?}",
        refused.findings
    );
    // Cut off or changed anywhere: a finding or a model, never a panic.
    for n in (0..whole.len()).step_by(37) {
        let cut = import("m.onnx", &whole[..n]);
        assert!(cut.part.is_none() && cut.findings.has_errors(), "cut at {n}");
        let mut changed = whole.clone();
        changed[n] ^= 0x55;
        if let Some(part) = import("m.onnx", &changed).part {
            for (_, prediction) in part.predictions.iter() {
                let _ = TrainedSum::of(prediction.trained.as_ref().unwrap());
            }
        }
    }
    let pmml = std::fs::read_to_string(folder().join("forest.pmml")).unwrap();
    for (from, to, said) in [
        ("multipleModelMethod=\"average\"", "multipleModelMethod=\"median\"", "median"),
        (
            "missingValueStrategy=\"nullPrediction\"",
            "missingValueStrategy=\"weightedConfidence\"",
            "weightedConfidence",
        ),
        ("operator=\"lessOrEqual\"", "operator=\"about\"", "about"),
        ("<MiningModel ", "<NeuralNetwork ", "NeuralNetwork"),
    ] {
        let changed = pmml.replace(from, to).replace(
            "</MiningModel>",
            if said == "NeuralNetwork" { "</NeuralNetwork>" } else { "</MiningModel>" },
        );
        assert_ne!(changed, pmml);
        let refused = import("m.pmml", changed.as_bytes());
        assert!(refused.part.is_none(), "{said}");
        assert!(
            refused.findings.0.iter().any(|one| one.what.en.contains(said)),
            "{said}: {:#?}",
            refused.findings
        );
    }
}
