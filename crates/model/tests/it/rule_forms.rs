//! Decision tables, cross tables, trees and flows as written: what is read, and what is refused.

use gradus_model::Lang;
use gradus_model::document::{Cell, Condition, Outcome, SqlCell, TableHit, Undecided};
use gradus_model::load::load_model;
use serde_json::json;

const FORMS: &str = r#"
gradus: 1
decision_tables:
  discount:
    hit: collect_max
    inputs:
      age: { allowed: "[0..120]" }
      country:
      spend: { value: monetary / orders }
    outputs:
      rate: { default: 0, values: [10, 5, 0] }
    rows:
      - { when: [<18, '"France"', "-"], then: [5] }
      - { when: [18, '', null], then: [{ sql: orders * 2 }], from: 2026-01-01, title: 成人 }
      - { when: ["[18..65)", { sql: country = 'Italy' }, ~], if: orders > 3, then: [gold] }
cross_tables:
  care:
    rows: { inputs: { age: }, bands: [{ when: [<18] }, { when: ["-"] }] }
    columns: { inputs: { country: }, bands: [{ when: ['"A"'] }] }
    cells: [[1], [~]]
    otherwise: 2.5
decision_trees:
  risk:
    value: age
    undecided: does_not_hold
    branches:
      - { is: <18, gives: low }
      - when: orders > 3
        branches: [{ when: orders > 9, gives: high }]
        else: { gives: mid }
flows:
  all:
    steps:
      first: { use: risk }
      second: { when: orders > 1, branches: [{ when: all_first = 'low', use: discount }], else: "0" }
    gives: second
scorecards:
  s:
    attributes:
      a: { cases: [{ when: orders > 1 and age < 30, points: 5 }, { points_of: orders * 2, else: true }] }
rule_sets:
  r: { rules: { a: { when: x > 1, then: 1, group: g, excludes: [b] }, b: { when: x > 2, then: 2 } } }
"#;

#[test]
fn every_form_of_rule_is_read_as_it_is_written() {
    let loaded = load_model("m.yaml", FORMS);
    assert_eq!(loaded.findings.iter().map(|f| f.render(Lang::En)).collect::<Vec<_>>(), Vec::<String>::new());
    let model = loaded.value.unwrap();
    let table = model.decision_tables.get("discount").unwrap();
    assert_eq!((table.hit, table.undecided), (TableHit::CollectMax, Undecided::Unknown));
    assert_eq!(table.inputs.names().collect::<Vec<_>>(), ["age", "country", "spend"]);
    assert_eq!(table.inputs.get("age").unwrap().allowed, Some(Cell::Feel("[0..120]".into())));
    let feel = |text: &str| Cell::Feel(text.into());
    assert_eq!(table.rows[0].when, [feel("<18"), feel("\"France\""), feel("-")]);
    // What is left empty tests nothing; `null` is FEEL's.
    assert_eq!(table.rows[1].when, [feel("18"), feel("-"), feel("null")]);
    assert_eq!(table.rows[1].then, [Outcome::Sql(SqlCell { sql: "orders * 2".into() })]);
    assert_eq!(table.rows[2].when[1], Cell::Sql(SqlCell { sql: "country = 'Italy'".into() }));
    assert_eq!(table.rows[2].when[2], feel("-"));
    assert_eq!(table.rows[2].condition, Some(Condition::Sql("orders > 3".into())));
    assert_eq!(table.rows[2].then, [Outcome::Value(json!("gold"))]);
    let cross = model.cross_tables.get("care").unwrap();
    assert_eq!(cross.cells, [[Outcome::Value(json!(1))], [Outcome::Value(json!(null))]]);
    let tree = model.decision_trees.get("risk").unwrap();
    let mut seen = Vec::new();
    tree.visit(&gradus_model::Place::default(), &mut |branch, place| {
        seen.push((place.to_string(), branch.gives.clone()));
    });
    let gives = |text: &str| Some(Outcome::Value(json!(text)));
    assert_eq!(
        seen,
        [
            ("branches[0]".into(), gives("low")),
            ("branches[1]".into(), None),
            ("branches[1].branches[0]".into(), gives("high")),
        ]
    );
    // Written out and read again it is the same document.
    let again = load_model("m.json", &serde_json::to_string(&model).unwrap());
    assert_eq!(again.value.unwrap(), model);
}

#[test]
fn a_cell_or_outcome_that_is_neither_text_nor_sql_is_refused_with_its_place() {
    let text = r#"
gradus: 1
decision_tables:
  d:
    inputs: { a: }
    outputs: { o: }
    rows:
      - { when: [[1, 2]], then: [[3]] }
      - { when: [{ feel: 1 }], than: [1] }
"#;
    let loaded = load_model("m.yaml", text);
    let found: Vec<String> = loaded.findings.iter().map(|f| format!("{} @ {}", f.code, f.place)).collect();
    assert_eq!(
        found,
        [
            "no-form @ m.yaml:8 decision_tables.d.rows[0].when[0]",
            "no-form @ m.yaml:8 decision_tables.d.rows[0].then[0]",
            "unknown-key @ m.yaml:9 decision_tables.d.rows[1].when[0].feel",
            "missing-key @ m.yaml:9 decision_tables.d.rows[1].when[0]",
            "unknown-key @ m.yaml:9 decision_tables.d.rows[1].than",
            "missing-key @ m.yaml:9 decision_tables.d.rows[1]",
        ]
    );
}
