//! Condition trees become SQL, and findings carry the path of their leaf.

use gradus_expression::{Resolver, condition_sql};
use gradus_model::document::{Behaviour, Condition, Sequence, TierTest};
use gradus_model::{Finding, Findings, Place, Text};

use crate::house::*;

struct Names;

impl Resolver for Names {
    fn behaviour(&mut self, behaviour: &Behaviour, _: &Place) -> Result<String, Findings> {
        Ok(format!("n_{}", behaviour.event))
    }

    fn sequence(&mut self, _: &Sequence, _: &Place) -> Result<String, Findings> {
        Ok("n_sequence".into())
    }

    fn segment(&mut self, name: &str, place: &Place) -> Result<String, Findings> {
        if name == "missing" {
            let finding = Finding::error("unknown-segment", place.clone(), Text::plain("?"), Text::default());
            return Err(Findings(vec![finding]));
        }
        Ok(format!("in_{name}"))
    }

    fn list(&mut self, name: &str, _: &Place) -> Result<String, Findings> {
        Ok(format!("on_{name}"))
    }

    fn tier(&mut self, test: &TierTest, _: &Place) -> Result<String, Findings> {
        Ok(format!("tier_{}", test.scheme))
    }
}

fn translate(json: &str) -> Result<String, Findings> {
    let condition: Condition = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    condition_sql(&condition, &scope(), &mut Names, &Place::document("m.yaml").at("where"))
}

fn found(json: &str) -> Vec<(String, &'static str)> {
    match translate(json) {
        Ok(sql) => panic!("accepted: {sql}"),
        Err(findings) => {
            findings.iter().map(|f| (f.place.path.clone().unwrap_or_default(), f.code)).collect()
        }
    }
}

#[test]
fn each_node_has_its_sql() {
    for (json, sql) in [
        (r#""orders>=3""#, "orders >= 3"),
        (r#"{"sql": "orders>=3"}"#, "orders >= 3"),
        (r#"{"value": "orders", "at_least": 3}"#, "orders >= 3"),
        (r#"{"value": "orders", "more_than": 1, "less_than": 9.5}"#, "orders > 1 and orders < 9.5"),
        (r#"{"value": "spend", "at_most": -3.25}"#, "spend <= -3.25"),
        (r#"{"value": "country", "equals": "O'Hara"}"#, "country = 'O''Hara'"),
        (r#"{"value": "vip", "equals": true}"#, "vip = true"),
        (r#"{"value": "country", "one_of": ["a", "b'); drop"]}"#, "country in ('a', 'b''); drop')"),
        (r#"{"value": "order lines", "known": true}"#, "\"order lines\" is not null"),
        (r#"{"value": "orders", "known": false}"#, "orders is null"),
        (
            r#"{"all": ["vip", {"any": ["orders > 1", "orders < 0"]}]}"#,
            "(vip) and ((orders > 1) or (orders < 0))",
        ),
        (r#"{"not": {"value": "orders", "equals": -1}}"#, "not (orders = -1)"),
        (r#"{"did": {"event": "visit"}}"#, "(n_visit) >= 1"),
        (
            r#"{"did": {"event": "visit", "times": {"at_least": 2, "at_most": 5}}}"#,
            "(n_visit) >= 2 and (n_visit) <= 5",
        ),
        (r#"{"did_not": {"event": "visit", "times": {"exactly": 3}}}"#, "not ((n_visit) = 3)"),
        (r#"{"sequence": {"steps": [{"event": "a"}, {"event": "b"}]}}"#, "(n_sequence) >= 1"),
        (r#"{"in_segment": "loyal"}"#, "in_loyal"),
        (r#"{"in_list": "vips"}"#, "on_vips"),
        (r#"{"tier": {"scheme": "value", "at_least": "gold"}}"#, "tier_value"),
    ] {
        assert_eq!(translate(json).map_err(|f| shown(&f)).unwrap(), sql, "{json}");
    }
}

#[test]
fn findings_carry_the_path_of_their_leaf_and_come_together() {
    assert_eq!(
        found(
            r#"{"all": ["orders >= 3", {"any": ["order > 1", {"value": "contry", "equals": "x"}, {"in_segment": "missing"}]}]}"#
        ),
        [
            ("where.all[1].any[0]".to_string(), "unknown-name"),
            ("where.all[1].any[1].value".to_string(), "unknown-name"),
            ("where.all[1].any[2].in_segment".to_string(), "unknown-segment"),
        ]
    );
    assert_eq!(
        found(r#"{"value": "country", "at_least": 3}"#),
        [("where.at_least".to_string(), "expression-type")]
    );
}

#[test]
fn half_written_nodes_are_findings() {
    for (json, code) in [
        (r#"{}"#, "condition-one-key"),
        (r#"{"all": ["vip"], "any": ["vip"]}"#, "condition-one-key"),
        (r#"{"all": []}"#, "condition-empty"),
        (r#"{"any": []}"#, "condition-empty"),
        (r#"{"at_least": 3}"#, "condition-one-key"),
        (r#"{"sql": "vip", "at_least": 3}"#, "condition-test-alone"),
        (r#"{"value": "orders"}"#, "condition-no-test"),
        (r#"{"value": "orders", "equals": [1]}"#, "condition-value"),
        (r#"{"value": "orders", "one_of": []}"#, "condition-list"),
        (r#"{"value": "orders", "equals": 1e300}"#, "condition-value"),
        (r#"{"did": {"event": "x", "times": {"at_least": 5, "at_most": 2}}}"#, "condition-times"),
        (r#"{"did": {"event": "x", "times": {"at_least": 5, "exactly": 2}}}"#, "condition-times"),
        (r#""orders""#, "expression-type"),
    ] {
        assert_eq!(found(json)[0].1, code, "{json}");
    }
    let mut condition = Condition::Sql("vip".into());
    for _ in 0..100 {
        let node = gradus_model::document::ConditionNode { not: Some(condition), ..Default::default() };
        condition = Condition::Node(Box::new(node));
    }
    let findings = condition_sql(&condition, &scope(), &mut Names, &place()).unwrap_err();
    assert_eq!(findings.0[0].code, "expression-too-deep");
}
