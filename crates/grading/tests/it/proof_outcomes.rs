//! What is proved of levels and segments that read tables, rule sets, trees and flows, against brute force over
//! every input of small ones.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Decimal128Type, Int32Type, Int64Type};
use gradus_grading::grade::Fits;
use jiff::civil::date;
use serde_json::{Value, json};

use crate::proof::{Draw, codes, compiled, grid, proved};

/// A cell whose tests tell apart no two inputs that the grid does not hold.
fn cell(draw: &mut Draw, input: &str) -> String {
    let k = draw.below(4);
    if input == "c" {
        return ["-", "\"x\"", "\"x\", \"y\"", "not(\"x\")", "null", "-"][draw.below(6) as usize].to_string();
    }
    match draw.below(8) {
        0 => format!("< {k}"),
        1 => format!(">= {k}"),
        2 => format!("[{k}..{}]", (k + draw.below(3)).min(4)),
        3 => format!("{k}"),
        4 => format!("not({k})"),
        5 => "null".to_string(),
        _ => "-".to_string(),
    }
}

/// A form that gives numbers from 0 to 3 under the name `form`, and what the schemes and segments read of it.
fn random_form(draw: &mut Draw, sql: bool) -> (Value, &'static str) {
    let points = |draw: &mut Draw| draw.below(4);
    let mut document = json!({});
    let mut by = "form";
    match draw.below(6) {
        0..=2 => {
            let hit = [
                "first",
                "unique",
                "any",
                "priority",
                "collect_sum",
                "collect_min",
                "collect_max",
                "collect_count",
            ][draw.below(8) as usize];
            let mut rows: Vec<Value> = Vec::new();
            for _ in 0..1 + draw.below(4) {
                // Now and then the same row once more.
                if !rows.is_empty() && draw.below(6) == 0 {
                    rows.push(rows[0].clone());
                    continue;
                }
                let when: Vec<String> = ["a", "b", "c"].iter().map(|input| cell(draw, input)).collect();
                let mut row = json!({"when": when, "then": [points(draw)]});
                if sql && draw.below(3) == 0 {
                    row["if"] = json!(draw.condition(1, true));
                }
                if draw.below(6) == 0 {
                    row["until"] = json!("2023-12-31");
                }
                rows.push(row);
            }
            let mut output = json!({});
            if draw.below(2) == 0 {
                output["default"] = json!(points(draw));
            }
            if hit == "priority" {
                output["values"] = json!([2, 0, 3, 1]);
            }
            let mut inputs = json!({"a": {}, "b": {}, "c": {}});
            if draw.below(4) == 0 {
                inputs["a"]["allowed"] = json!("[0..4]");
            }
            document["decision_tables"] =
                json!({"form": {"hit": hit, "inputs": inputs, "outputs": {"out": output}, "rows": rows}});
        }
        3 => {
            let axis = |draw: &mut Draw, input: &str, n: u64| {
                let bands: Vec<Value> = (0..n).map(|_| json!({"when": [cell(draw, input)]})).collect();
                json!({"inputs": {input: {}}, "bands": bands})
            };
            let (n, m) = (1 + draw.below(3), 1 + draw.below(3));
            let cells: Vec<Vec<u64>> = (0..n).map(|_| (0..m).map(|_| points(draw)).collect()).collect();
            let mut cross =
                json!({"rows": axis(draw, "a", n), "columns": axis(draw, "c", m), "cells": cells});
            if draw.below(2) == 0 {
                cross["otherwise"] = json!(points(draw));
            }
            document["cross_tables"] = json!({"form": cross});
        }
        4 => {
            let mut rules = serde_json::Map::new();
            for at in 0..1 + draw.below(3) {
                let mut rule = json!({"when": draw.condition(1, sql), "then": points(draw)});
                if draw.below(5) == 0 {
                    rule["from"] = json!("2025-01-01");
                }
                rules.insert(format!("r{at}"), rule);
            }
            let hit = ["first", "sum", "max", "min"][draw.below(4) as usize];
            document["rule_sets"] = json!({"form": {"hit": hit, "rules": rules}});
            if draw.below(2) == 0 {
                document["rule_sets"]["form"]["otherwise"] = json!(points(draw));
            }
        }
        _ => {
            document["decision_trees"] = json!({"form": {"branches": [
                {"when": draw.condition(1, sql), "gives": points(draw)},
                {"when": draw.condition(1, sql), "gives": points(draw)},
            ], "else": {"gives": points(draw)}}});
        }
    }
    if draw.below(3) == 0 {
        // A flow reckons with it.
        document["flows"] = json!({"flow": {"steps": {"twice": {"use": "form * 2 - 3"}}}});
        by = "flow";
    }
    (document, by)
}

fn numbers(batch: &RecordBatch, column: &str) -> Vec<Option<i128>> {
    let column =
        arrow::compute::cast(batch.column_by_name(column).unwrap(), &DataType::Decimal128(38, 4)).unwrap();
    let column = column.as_primitive::<Decimal128Type>();
    (0..column.len()).map(|row| column.is_valid(row).then(|| column.value(row))).collect()
}

fn agree(seed: u64, sql: bool) -> [usize; 4] {
    let mut draw = Draw(seed * 67_867_967);
    let (mut document, by) = random_form(&mut draw, sql);
    let cut = draw.below(3) as i64;
    document["tiers"] = json!({"tier": {"by": by, "levels": {
        "low": {}, "mid": {"from": cut}, "high": {"from": cut + 1 + draw.below(2) as i64}, "top": {"from": cut + 3},
    }}});
    let k = draw.below(4);
    document["segments"] = json!({
        "equal": {"base": "everyone", "where": format!("{by} = {k}")},
        "least": {"base": "everyone", "where": format!("{by} >= {k} and a >= 1")},
        "always": {"base": "everyone", "where": format!("({by} >= 0) is not false")},
    });
    let (proof, _) = proved(document.clone());
    let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
    let mut n = [0; 4];
    // What is claimed is so; and it is claimed, where nothing has to be computed.
    let mut hold = |at: usize, path: &str, so: bool, claimed: bool| {
        assert!(!claimed || so, "{}", told(path));
        assert!(sql || claimed == so, "{}", told(path));
        n[at] += usize::from(claimed);
    };
    // Every input on a date of each kind: rows and rules may be over, or still to come.
    let stage = compiled(document.clone()).1;
    let dates = [date(2023, 6, 30), date(2024, 6, 30), date(2025, 6, 30)];
    let graded: Vec<RecordBatch> =
        dates.into_iter().map(|date| stage.apply(&grid().0, &Fits::default(), date).batch).collect();
    let mut reached: BTreeSet<i32> = BTreeSet::new();
    for batch in &graded {
        let tier = batch.column_by_name("tier").unwrap().as_dictionary::<Int32Type>();
        reached.extend((0..tier.len()).filter(|row| tier.is_valid(*row)).map(|row| tier.keys().value(row)));
    }
    for (at, level) in ["low", "mid", "high", "top"].into_iter().enumerate() {
        let claimed =
            codes(&proof.findings, &format!("tiers.tier.levels.{level}")).contains("level-unreachable");
        hold(0, level, !reached.contains(&(at as i32)), claimed);
    }
    let values: Vec<Option<i128>> = graded.iter().flat_map(|batch| numbers(batch, by)).collect();
    let units = i128::from(k) * 10_000;
    let a = grid().0.column_by_name("a").unwrap().as_primitive::<Int64Type>().clone();
    let equal: Vec<bool> = values.iter().map(|value| *value == Some(units)).collect();
    let large = |row: usize| a.is_valid(row % a.len()) && a.value(row % a.len()) >= 1;
    let least: Vec<bool> =
        (0..values.len()).map(|row| values[row].is_some_and(|value| value >= units) && large(row)).collect();
    for (name, inside) in [("equal", equal), ("least", least)] {
        let claimed = codes(&proof.findings, &format!("segments.{name}.where"));
        let (nobody, everybody) = (!inside.contains(&true), inside.iter().all(|inside| *inside));
        hold(1, name, nobody, claimed.contains("segment-empty"));
        hold(2, name, everybody, claimed.contains("segment-constant"));
    }
    let always = values.iter().all(|value| value.is_none_or(|value| value >= 0));
    let claimed = codes(&proof.findings, "segments.always.where").contains("segment-constant");
    hold(2, "always", always, claimed);
    // Rows that are written alike are found, and those that are found are hit alike.
    let hit = document.pointer("/decision_tables/form/hit").and_then(Value::as_str).unwrap_or_default();
    if hit == "any" || hit.starts_with("collect") {
        let rows = document["decision_tables"]["form"]["rows"].as_array().unwrap();
        for (at, row) in rows.iter().enumerate() {
            let claimed = codes(&proof.findings, &format!("decision_tables.form.rows[{at}]"));
            if claimed.contains("row-never-hit") {
                continue;
            }
            let same = rows[..at].contains(row);
            assert!(!same || claimed.contains("row-duplicate"), "{}", told("rows"));
            n[3] += usize::from(claimed.contains("row-duplicate"));
        }
    }
    n
}

/// How many models are drawn; more of them if `PROPTEST_CASES` asks for more.
fn seeds(usual: u64) -> u64 {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(usual).max(usual)
}

#[test]
fn levels_and_segments_by_other_forms_agree_with_brute_force() {
    let mut n = [0; 4];
    for seed in 1..=seeds(600) {
        n.iter_mut().zip(agree(seed, false)).for_each(|(all, own)| *all += own);
    }
    println!("levels, empty, constant, doubled: {n:?}");
    assert!(n.iter().all(|n| *n > 3), "nothing of the kind was drawn: {n:?}");
}

/// Where something has to be computed, a claim that is made is true; some may be missing.
#[test]
fn nothing_false_is_said_of_levels_where_something_is_computed() {
    let mut n = [0; 4];
    for seed in 1..=seeds(400) {
        n.iter_mut().zip(agree(seed, true)).for_each(|(all, own)| *all += own);
    }
    assert!(n[0] > 20, "{n:?}");
}

#[test]
fn a_doubled_row_is_found_with_what_becomes_of_it() {
    let said = |hit: &str| {
        let rows = json!([
            {"when": ["< 3", "-"], "then": [1]}, {"when": ["-", "\"x\""], "then": [1]}, {"when": ["< 3", "-"], "then": [1]},
            {"when": ["< 3", "-"], "then": [2]},
        ]);
        let table = json!({"hit": hit, "inputs": {"a": {}, "c": {}}, "outputs": {"out": {"default": 0}}, "rows": rows});
        let (proof, _) = proved(json!({"decision_tables": {"t": table}}));
        let found = proof.findings.iter().filter(|finding| finding.code == "row-duplicate");
        found.map(|finding| finding.render(gradus_model::Lang::En)).collect::<Vec<_>>()
    };
    assert_eq!(
        said("collect_sum"),
        [
            "decision_tables.t.rows[2]: warning [row-duplicate] row 3 and row 1 are hit by the same customers and give the same: \
          both are added\n    instead: one of them\n    for example: a = 1"
        ]
    );
    assert_eq!(said("collect").len(), 1);
    assert!(said("first").is_empty());
}
