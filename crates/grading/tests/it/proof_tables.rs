//! What is proved of decision tables and trees, against brute force over every input of small ones; and
//! how long a large one takes.

use std::time::Instant;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Decimal128Type;
use serde_json::{Value, json};

use crate::proof::{Draw, all_within, any, codes, grid, proved};

fn cell(draw: &mut Draw, input: usize) -> String {
    let k = draw.below(4);
    if input == 2 {
        return ["-", "\"x\"", "\"x\", \"y\"", "not(\"x\")", "null", "-"][draw.below(6) as usize].to_string();
    }
    match draw.below(8) {
        0 => format!("< {k}"),
        1 => format!(">= {k}"),
        2 => format!("[{k}..{}]", k + draw.below(3)),
        3 => format!("{k}"),
        4 => format!("not({k})"),
        5 => "null".to_string(),
        _ => "-".to_string(),
    }
}

/// Where each row is hit, by a table of its own.
fn hit(batch: &RecordBatch, at: usize) -> Vec<bool> {
    let column = batch.column_by_name(&format!("t{at}")).unwrap().as_primitive::<Decimal128Type>();
    (0..column.len()).map(|row| column.is_valid(row) && column.value(row) == 10_000).collect()
}

#[test]
fn tables_agree_with_brute_force() {
    let known = grid().1;
    for seed in 1..=250u64 {
        let mut draw = Draw(seed * 49_979_687);
        let n = 2 + draw.below(4) as usize;
        let hit_policy = ["first", "unique", "any", "collect_sum"][draw.below(4) as usize];
        let inputs = json!({"a": {}, "b": {}, "c": {}});
        let mut tables = serde_json::Map::new();
        let mut rows: Vec<Value> = Vec::new();
        for at in 0..n {
            let when: Vec<String> = (0..3).map(|input| cell(&mut draw, input)).collect();
            rows.push(json!({"when": when, "then": [draw.below(2)]}));
            tables.insert(
                format!("t{at}"),
                json!({"hit": "first", "inputs": inputs, "outputs": {"out": {"default": 0}}, "rows": [{"when": when, "then": [1]}]}),
            );
        }
        tables.insert(
            "t".into(),
            json!({"hit": hit_policy, "inputs": inputs, "outputs": {"out": {}}, "rows": rows}),
        );
        let document = json!({"decision_tables": tables});
        let (proof, graded) = proved(document.clone());
        let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
        let hits: Vec<Vec<bool>> = (0..n).map(|at| hit(&graded, at)).collect();
        let mut earlier = vec![false; known.len()];
        for at in 0..n {
            let path = format!("decision_tables.t.rows[{at}]");
            let claimed = codes(&proof.findings, &path);
            assert_eq!(claimed.contains("row-never-hit"), !any(&hits[at]), "{}", told(&path));
            let shadowed = any(&hits[at]) && all_within(&hits[at], &earlier);
            assert_eq!(
                claimed.contains("row-shadowed"),
                hit_policy == "first" && shadowed,
                "{}",
                told(&path)
            );
            let meets = |other: usize| hits[at].iter().zip(&hits[other]).any(|(a, b)| *a && *b);
            let differs = |other: usize| rows[at]["then"] != rows[other]["then"];
            let overlap = hit_policy == "unique" && (0..at).any(meets);
            assert_eq!(claimed.contains("rows-overlap"), overlap, "{}", told(&path));
            let contradict = hit_policy == "any" && (0..at).any(|other| meets(other) && differs(other));
            assert_eq!(claimed.contains("rows-contradict"), contradict, "{}", told(&path));
            earlier.iter_mut().zip(&hits[at]).for_each(|(earlier, own)| *earlier |= own);
        }
        let gap = earlier.iter().zip(&known).any(|(taken, known)| !taken && *known);
        let claimed = codes(&proof.findings, "decision_tables.t");
        assert_eq!(claimed.contains("table-gap"), gap, "{}", told("gap"));
        let unknown = !gap && earlier.iter().any(|taken| !taken);
        assert_eq!(claimed.contains("table-gap-unknown"), unknown, "{}", told("gap where unknown"));
    }
}

/// DMN: of no rows the list is empty, which is a result like any other.
#[test]
fn a_list_of_no_rows_leaves_no_gap() {
    let found = |hit: &str| {
        let mut output = json!({});
        if hit == "output_order" {
            output["values"] = json!(["far", "near"]);
        }
        let rows = json!([{"when": ["< 3"], "then": ["near"]}, {"when": ["> 3"], "then": ["far"]}]);
        let table = json!({"hit": hit, "inputs": {"a": {}}, "outputs": {"out": output}, "rows": rows});
        let (proof, _) = proved(json!({"decision_tables": {"t": table}}));
        codes(&proof.findings, "decision_tables.t")
    };
    for hit in ["rule_order", "output_order", "collect"] {
        assert!(found(hit).is_empty(), "{hit}: {:?}", found(hit));
    }
    assert!(found("first").contains("table-gap"), "3 is in no row");
}

#[test]
fn a_branch_that_is_never_taken_is_found() {
    let tree = |last: &str| {
        json!({"decision_trees": {"tree": {"branches": [
            // Where `a` is unknown a branch below may be looked at, unless that is said.
            {"when": "a is not null and a >= 3", "branches": [{"when": "a >= 1", "gives": 1}, {"when": last, "gives": 2}]},
            {"when": "a < 3", "gives": 3},
        ]}}})
    };
    let (proof, _) = proved(tree("b = 2"));
    let path = "decision_trees.tree.branches[0].branches[1]";
    assert!(codes(&proof.findings, path).contains("branch-unreachable"), "{:#?}", proof.findings);
    // Everybody whose `a` is known takes a branch.
    assert!(!codes(&proof.findings, "decision_trees.tree").contains("tree-gap"));
}

/// 5,000 rows of ten columns that take everybody once, but for one row that is missing and one that is
/// there twice: found within seconds.
#[test]
fn a_large_table_is_checked_within_seconds() {
    let mut rows = Vec::new();
    for at in 0..5_000i64 {
        let (tens, ones) = (at / 50, at % 50);
        let a = if tens == 0 {
            "< 1".to_string()
        } else if tens == 99 {
            ">= 99".into()
        } else {
            format!("[{tens}..{})", tens + 1)
        };
        let b = if ones == 0 {
            "< 1".to_string()
        } else if ones == 49 {
            ">= 49".into()
        } else {
            format!("[{ones}..{})", ones + 1)
        };
        let mut when = vec![a, b];
        when.extend(vec!["-".to_string(); 8]);
        rows.push(json!({"when": when, "then": [at]}));
    }
    rows.remove(4_321);
    rows.push(rows[1_234].clone());
    let mut inputs = serde_json::Map::new();
    for at in 0..10 {
        let value = ["a", "b", "c", "v"][at.min(3)];
        inputs.insert(format!("i{at}"), json!({ "value": value }));
    }
    let document = json!({"decision_tables": {"t": {"hit": "unique", "inputs": inputs, "outputs": {"out": {}}, "rows": rows}}});
    let began = Instant::now();
    let (proof, _) = proved(document);
    let took = began.elapsed();
    println!("5,000 rows: {took:?}");
    let found: Vec<(&str, &str)> = proof
        .findings
        .iter()
        .map(|finding| (finding.code, finding.place.path.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(
        found,
        [("rows-overlap", "decision_tables.t.rows[4999]"), ("table-gap", "decision_tables.t")],
        "{:#?}",
        proof.findings
    );
    // Generous, for a build without optimisation on a busy machine.
    assert!(took.as_secs() < 60, "{took:?}");
}
