//! What is proved of rule flows, against brute force over every input of small ones.

use arrow::array::{Array, AsArray, RecordBatch};
use serde_json::{Value, json};

use crate::proof::{Draw, any, codes, grid, proved, truths};

/// Where a column gives this text.
fn gives(batch: &RecordBatch, column: &str, text: &str) -> Vec<bool> {
    let column = batch.column_by_name(column).unwrap().as_string::<i32>();
    (0..column.len()).map(|row| column.is_valid(row) && column.value(row) == text).collect()
}

/// A test of what comes before a step, or of the inputs.
fn test(draw: &mut Draw, opaque: bool) -> String {
    let k = draw.below(3);
    match draw.below(9) {
        0 => format!("f_first = 'p{k}'"),
        1 => format!("f_first in ('p{k}', 'p1')"),
        2 => format!("f_first <> 'p{k}'"),
        3 => "f_first is null".to_string(),
        4 => format!("kind = '{}'", ["low", "mid", "none"][k as usize]),
        5 => format!("kind <> '{}'", ["low", "mid", "high"][k as usize]),
        6 => format!("care = '{}'", ["call", "visit", "mail"][k as usize]),
        _ => draw.condition(1, opaque),
    }
}

fn joined(draw: &mut Draw, opaque: bool) -> String {
    let (one, two) = (test(draw, opaque), test(draw, opaque));
    match draw.below(4) {
        0 => one,
        1 => format!("({one}) or ({two})"),
        _ => format!("({one}) and ({two})"),
    }
}

/// A tree, a rule set and a flow of two steps; the second reads all that comes before it.
fn random_flow(draw: &mut Draw, opaque: bool) -> (Value, usize, usize) {
    let n_first = 1 + draw.below(3) as usize;
    let n_last = 1 + draw.below(3) as usize;
    let first: Vec<Value> = (0..n_first)
        .map(|at| json!({"when": draw.condition(1, opaque), "use": format!("'p{at}'")}))
        .collect();
    let last: Vec<Value> =
        (0..n_last).map(|at| json!({"when": joined(draw, opaque), "use": format!("'k{at}'")})).collect();
    let mut steps = serde_json::Map::new();
    let mut one = json!({ "branches": first });
    if draw.below(2) == 0 {
        one["else"] = json!(["kind", "'p2'", "care"][draw.below(3) as usize]);
    }
    let mut two = json!({ "branches": last, "else": "'rest'" });
    let when = joined(draw, opaque);
    if draw.below(2) == 0 {
        two["when"] = json!(when);
    }
    steps.insert("first".into(), one);
    steps.insert("last".into(), two);
    let document = json!({
        "decision_trees": { "kind": { "branches": [
            { "when": format!("a >= {}", draw.below(4)), "gives": "low" },
            { "when": draw.condition(1, opaque), "gives": "mid" },
        ], "else": { "gives": "high" } } },
        "rule_sets": { "care": { "rules": {
            "one": { "when": draw.condition(1, opaque), "then": "call" },
            "two": { "when": draw.condition(1, opaque), "then": "visit" },
        }, "otherwise": "none" } },
        "flows": { "f": { "steps": steps } },
        // What the second step needs, by itself.
        "segments": { "runs": { "base": "everyone", "where": when } },
    });
    (document, n_first, n_last)
}

fn agree(seed: u64, opaque: bool) -> [usize; 3] {
    let mut draw = Draw(seed * 86_028_121);
    let (document, n_first, n_last) = random_flow(&mut draw, opaque);
    let (proof, graded) = proved(document.clone());
    let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
    let mut n = [0; 3];
    let hold = |path: &str, never: bool, claimed: bool| {
        assert!(!claimed || never, "{}", told(path));
        assert!(opaque || claimed == never, "{}", told(path));
    };
    let has_when = document["flows"]["f"]["steps"]["last"].get("when").is_some();
    let runs = !has_when || any(&truths(&graded, "runs"));
    let of = |path: &str| codes(&proof.findings, path);
    for (step, n_branches) in [("first", n_first), ("last", n_last)] {
        for at in 0..n_branches {
            let path = format!("flows.f.steps.{step}.branches[{at}]");
            let value = format!("{}{at}", if step == "first" { "p" } else { "k" });
            // The `else` may give the same.
            if value == "p2" && document["flows"]["f"]["steps"]["first"]["else"] == "'p2'" {
                continue;
            }
            let taken = any(&gives(&graded, &format!("f_{step}"), &value));
            let claimed = of(&path);
            n[0] += usize::from(claimed.contains("branch-unreachable"));
            n[1] += usize::from(claimed.contains("steps-contradict"));
            if step == "first" || runs {
                hold(
                    &path,
                    !taken,
                    claimed.contains("branch-unreachable") || claimed.contains("steps-contradict"),
                );
            }
        }
    }
    if has_when {
        let path = "flows.f.steps.last.when";
        let claimed = of(path);
        n[2] += usize::from(claimed.contains("step-never-runs"));
        n[1] += usize::from(claimed.contains("steps-contradict"));
        hold(path, !runs, claimed.contains("step-never-runs") || claimed.contains("steps-contradict"));
    }
    let rest = "flows.f.steps.last.else";
    if runs {
        let taken = any(&gives(&graded, "f_last", "rest"));
        hold(rest, !taken, of(rest).contains("branch-unreachable"));
    }
    n
}

#[test]
fn flows_agree_with_brute_force() {
    assert!(grid().1.len() > 500);
    let mut found = [0; 3];
    for seed in 1..=300 {
        agree(seed, false).into_iter().enumerate().for_each(|(at, n)| found[at] += n);
    }
    assert!(found[0] > 60 && found[1] > 30 && found[2] > 5, "{found:?}");
    // What only evaluation can say is never claimed wrongly.
    for seed in 301..=400 {
        agree(seed, true);
    }
}

#[test]
fn steps_that_contradict_each_other_are_shown_with_an_input() {
    let flow = |when: &str| {
        json!({
            "decision_trees": { "risk": { "branches": [{ "when": "a >= 3", "gives": "low" }], "else": { "gives": "high" } } },
            "flows": { "f": { "steps": {
                "risk": { "use": "risk" },
                "rest": { "use": "b" },
                "last": { "when": when, "use": "1" },
            } } },
        })
    };
    let (proof, _) = proved(flow("f_risk = 'low' and a < 2"));
    let found: Vec<_> = proof
        .findings
        .iter()
        .filter(|one| one.place.path.as_deref() == Some("flows.f.steps.last.when"))
        .collect();
    assert_eq!(found.len(), 1, "{:#?}", proof.findings);
    assert_eq!(found[0].code, "steps-contradict");
    let shown: Vec<(&str, &str)> =
        found[0].example.iter().map(|given| (given.name.as_str(), given.value.en.as_str())).collect();
    assert!(shown.contains(&("f_risk", "high")), "{shown:?}");
    assert!(
        shown.iter().any(|(name, value)| *name == "a" && value.parse::<i64>().is_ok_and(|a| a < 2)),
        "{shown:?}"
    );
    let (proof, _) = proved(flow("f_risk = 'low' and a < 5"));
    assert!(codes(&proof.findings, "flows.f.steps.last.when").is_empty(), "{:#?}", proof.findings);
    let (proof, _) = proved(flow("f_risk = 'lw'"));
    assert!(
        codes(&proof.findings, "flows.f.steps.last.when").contains("step-never-runs"),
        "{:#?}",
        proof.findings
    );
}
