//! DMN decisions: what a file becomes, what is refused and where, and that what is written here is
//! read as what it was.

use gradus_model::document::{DecisionTable, Model};
use gradus_model::exchange::{Format, Imported, export, import};
use gradus_model::write::model_to_yaml;
use gradus_model::{Lang, Severity};
use proptest::prelude::*;
use serde_json::{Value, json};

const LOAN: &str = include_str!("exchange/loan.dmn");

#[track_caller]
fn read(text: &str) -> Model {
    let imported = import("f.dmn", text.as_bytes());
    imported.part.unwrap_or_else(|| panic!("{:#?}\n{text}", imported.findings))
}

fn write(model: &Model, name: &str) -> Result<String, Vec<&'static str>> {
    export(model, name, Format::Dmn).map_err(|findings| findings.iter().map(|finding| finding.code).collect())
}

fn shown(imported: Imported) -> String {
    let said: Vec<String> = imported.findings.iter().map(|finding| finding.render(Lang::Zh)).collect();
    let inputs: Vec<String> =
        imported.inputs.iter().map(|input| format!("{}: {}", input.name, input.kind)).collect();
    format!("{}\n{}\n\n{}", model_to_yaml(&imported.part.unwrap()), inputs.join("\n"), said.join("\n"))
}

#[test]
fn a_file_becomes_tables_and_a_flow() {
    insta::assert_snapshot!(shown(import("loan.dmn", LOAN.as_bytes())));
}

#[test]
fn a_graph_of_jdm_becomes_tables_and_a_flow() {
    insta::assert_snapshot!(shown(import("shipping.json", include_bytes!("exchange/shipping.json"))));
}

#[test]
fn what_was_read_is_written_and_read_again() {
    let model = read(LOAN);
    let text = write(&model, "loan").unwrap();
    insta::assert_snapshot!(text);
    let again = read(&text);
    assert_eq!(model_to_yaml(&again), model_to_yaml(&model));
    assert_eq!(write(&again, "loan").unwrap(), text);
}

#[test]
fn a_table_brings_the_tables_that_it_reads() {
    let model: Model = serde_json::from_value(json!({ "gradus": 1, "decision_tables": {
        "level": { "inputs": { "points_band": {} }, "outputs": { "level": {} }, "rows": [{ "when": ["\"a\""], "then": [1] }] },
        "points": { "inputs": { "spend": {} }, "outputs": { "band": {}, "bonus": {} },
            "rows": [{ "when": ["> 3"], "then": ["a", { "sql": "spend * 2" }] }] } } }))
    .unwrap();
    let text = write(&model, "level").unwrap();
    let again = read(&text);
    assert_eq!(again.decision_tables.get("level"), model.decision_tables.get("level"), "{text}");
    assert_eq!(again.decision_tables.get("points"), model.decision_tables.get("points"));
    assert!(text.contains("<text>points.band</text>"), "{text}");
}

#[test]
fn what_is_outside_the_subset_is_refused_where_it_stands() {
    let cases = [
        ("aggregation=\"MIN\"", "aggregation=\"AVG\""),
        ("hitPolicy=\"COLLECT\" aggregation=\"MIN\"", "hitPolicy=\"UNIQUE\" aggregation=\"MIN\""),
        ("href=\"#d1\"", "href=\"#d9\""),
        ("href=\"#i2\"", "href=\"other.dmn#i2\""),
        ("<dmn:requiredInput href=\"#i1\"/>", "<dmn:requiredDecision href=\"#d3\"/>"),
        (
            "<dmn:literalExpression>",
            "<dmn:literalExpression expressionLanguage=\"http://www.w3.org/1999/XPath\">",
        ),
        ("payment / income", "sum(payment) / income"),
        ("payment / income", "for x in income return x"),
        ("<dmn:text>3.5</dmn:text>", "<dmn:text>unknown thing</dmn:text>"),
        ("\"low\", \"medium\", \"high\"", "\"low\", medium"),
        ("<dmn:inputEntry><dmn:text>-</dmn:text></dmn:inputEntry>", ""),
        ("<dmn:decisionTable id=\"dt1\">", "<dmn:decisionTable id=\"dt1\" hitPolicy=\"X\">"),
        ("<dmn:inputData id=\"i3\"", "<dmn:import/><dmn:inputData id=\"i3\""),
        ("<dmn:inputData id=\"i3\"", "<dmn:businessKnowledgeModel/><dmn:inputData id=\"i3\""),
        ("name=\"Burden\">", "name=\"Risk\">"),
    ];
    let mut said = String::new();
    for (from, to) in cases {
        assert!(LOAN.contains(from), "{from}");
        let imported = import("f.dmn", LOAN.replacen(from, to, 1).as_bytes());
        assert!(imported.part.is_none(), "{to} is accepted");
        for finding in imported.findings.iter().filter(|finding| finding.severity == Severity::Error) {
            said.push_str(&format!("{to}\n  {}\n  {}\n", finding.render(Lang::Zh), finding.render(Lang::En)));
        }
    }
    insta::assert_snapshot!(said);
    let context = LOAN
        .replace("<dmn:literalExpression>", "<dmn:context>")
        .replace("</dmn:literalExpression>", "</dmn:context>");
    assert_eq!(import("f.dmn", context.as_bytes()).findings.0[0].code, "exchange-unsupported");
    let newer = LOAN.replace("20191111/MODEL", "20991111/MODEL");
    assert_eq!(import("f.dmn", newer.as_bytes()).findings.0[0].code, "exchange-format");
}

#[test]
fn what_jdm_says_beyond_the_subset_is_refused_where_it_stands() {
    let text = include_str!("exchange/shipping.json");
    let cases = [
        ("\"type\": \"expressionNode\"", "\"type\": \"functionNode\""),
        ("\"hitPolicy\": \"first\", \"statements\"", "\"hitPolicy\": \"any\", \"statements\""),
        ("customer.country == 'DE'", "len(customer.lines) > 3"),
        ("customer.country == 'DE'", "customer.lines[0] == 3"),
        ("not in ['staff']", "matches($, 'x')"),
        ("not in ['staff']", "some other words"),
        ("total * 0.05", "map(total, # + 1)"),
        ("\"field\": \"carrier\"", "\"field\": \"\""),
        (
            "\"name\": \"Sum\", \"content\": {",
            "\"name\": \"Sum\", \"content\": { \"executionMode\": \"loop\",",
        ),
        ("\"sourceId\": \"in\", \"targetId\": \"sum\"", "\"sourceId\": \"t1\", \"targetId\": \"sum\""),
    ];
    let mut said = String::new();
    for (from, to) in cases {
        assert!(text.contains(from), "{from}");
        let imported = import("f.json", text.replacen(from, to, 1).as_bytes());
        assert!(imported.part.is_none(), "{to} is accepted");
        for finding in imported.findings.iter().filter(|finding| finding.severity == Severity::Error) {
            said.push_str(&format!("{to}\n  {}\n  {}\n", finding.render(Lang::Zh), finding.render(Lang::En)));
        }
    }
    insta::assert_snapshot!(said);
    for hostile in ["{", "{}", "{\"nodes\": 1}", "{\"nodes\": [1], \"edges\": [{}]}"] {
        assert!(import("f.json", hostile.as_bytes()).findings.has_errors(), "{hostile}");
    }
    // What never runs is left out, and that is said; without an input nothing runs at all.
    let alone = text.replacen(
        "{ \"id\": \"3\", \"sourceId\": \"sw\", \"targetId\": \"t1\"",
        "{ \"id\": \"3\", \"sourceId\": \"sw\", \"targetId\": \"t2\"",
        1,
    );
    assert_ne!(alone, text);
    let imported = import("f.json", alone.as_bytes());
    let said: Vec<&str> = imported.findings.iter().map(|finding| finding.code).collect();
    assert!(imported.part.is_some() && said == ["exchange-left-out"], "{said:?}");
    let none = text.replacen("\"type\": \"inputNode\"", "\"type\": \"outputNode\"", 1);
    let imported = import("f.json", none.as_bytes());
    assert!(
        imported.part.is_none()
            && imported.findings.iter().any(|finding| finding.code == "exchange-missing-part")
    );
    let deep = format!("{{\"nodes\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(import("f.json", deep.as_bytes()).findings.has_errors());
}

fn name() -> impl Strategy<Value = String> {
    "[a-z价值][a-z0-9_]{0,5}".prop_filter("no word of FEEL", |name| {
        !["if", "in", "or", "and", "not", "for", "then", "else", "true", "null", "some"]
            .contains(&name.as_str())
    })
}

fn cell() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!("-")),
        (0i64..100).prop_map(|n| json!(format!("< {n}"))),
        (0i64..100, 0i64..100).prop_map(|(a, b)| json!(format!("[{a}..{b})"))),
        "[a-z&<中]{1,4}".prop_map(|text| json!(format!("\"{text}\", \"x\""))),
        Just(json!("not(null)")),
    ]
}

fn outcome() -> impl Strategy<Value = Value> {
    prop_oneof![
        (-10_000i64..10_000).prop_map(|whole| json!(whole as f64 + 0.25)),
        (-100i64..100).prop_map(|n| json!(n)),
        "[a-z\"\\\\<>& 中\n]{0,6}".prop_map(|text| json!(text)),
        any::<bool>().prop_map(|truth| json!(truth)),
        Just(json!({ "sql": "amount * 2 - 1" })),
        Just(json!({ "sql": "case when amount > 3 and coalesce(kind <> 'a', true) then 1 else -0.5 end" })),
        Just(Value::Null),
    ]
}

fn table() -> impl Strategy<Value = DecisionTable> {
    let hits = prop::sample::select(vec![
        "unique",
        "any",
        "priority",
        "first",
        "rule_order",
        "output_order",
        "collect",
        "collect_sum",
        "collect_min",
        "collect_max",
        "collect_count",
    ]);
    let inputs = prop::collection::btree_map(name(), prop::option::of(cell()), 1..4);
    let outputs =
        prop::collection::btree_map(name(), (prop::option::of("[a-z中]{1,5}"), any::<bool>()), 1..3);
    (hits, inputs, outputs)
        .prop_flat_map(|(hit, inputs, outputs)| {
            let row = (
                prop::option::of("[a-z中]{1,5}"),
                prop::collection::vec(cell(), inputs.len()),
                prop::collection::vec(outcome(), outputs.len()),
            );
            (Just(hit), Just(inputs), Just(outputs), prop::collection::vec(row, 1..8))
        })
        .prop_map(|(hit, inputs, outputs, rows)| {
            let mut table = json!({ "title": { "zh": "表", "en": "table" }, "description": "说明", "hit": hit, "inputs": {}, "outputs": {}, "rows": [] });
            for (index, (name, allowed)) in inputs.into_iter().enumerate() {
                let mut input = json!({ "title": "列" });
                if index > 0 {
                    input["value"] = json!(format!("amount + {index}"));
                }
                if let Some(allowed) = allowed {
                    input["allowed"] = allowed;
                }
                table["inputs"][name] = input;
            }
            for (name, (title, listed)) in outputs {
                let mut output = json!({});
                if let Some(title) = title.filter(|title| *title != name) {
                    output["title"] = json!(title);
                }
                if listed {
                    output["values"] = json!(["a, b", "c\"d", 3, true]);
                    output["default"] = json!("a, b");
                }
                table["outputs"][name] = output;
            }
            for (title, when, then) in rows {
                let mut row = json!({ "when": when, "then": then });
                if let Some(title) = title {
                    row["title"] = json!(title);
                }
                table["rows"].as_array_mut().unwrap().push(row);
            }
            serde_json::from_value(table).unwrap()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_table_comes_back_as_it_was(table in table()) {
        let mut model: Model = serde_json::from_value(json!({ "gradus": 1 })).unwrap();
        model.decision_tables.0.push(("表 one".into(), table));
        let text = write(&model, "表 one").unwrap();
        let again = read(&text);
        let as_text = |model: &Model| serde_json::to_string_pretty(&model.decision_tables).unwrap();
        prop_assert_eq!(as_text(&again), as_text(&model), "{}", text);
        prop_assert_eq!(write(&again, "表 one").unwrap(), text);
    }

    #[test]
    fn no_bytes_end_in_a_panic(at in 0usize..LOAN.len(), bytes in prop::collection::vec(any::<u8>(), 1..4)) {
        let mut file = LOAN.as_bytes().to_vec();
        let end = (at + bytes.len()).min(file.len());
        file.splice(at..end, bytes.clone());
        let imported = import("f.dmn", &file);
        prop_assert!(imported.part.is_some() != imported.findings.has_errors());
        let mut file = include_bytes!("exchange/shipping.json").to_vec();
        let at = at.min(file.len());
        let end = (at + bytes.len()).min(file.len());
        file.splice(at..end, bytes);
        let imported = import("f.json", &file);
        prop_assert!(imported.part.is_some() != imported.findings.has_errors());
    }
}

#[test]
fn what_dmn_cannot_say_is_no_file() {
    let table = |more: Value| -> Model {
        let mut table = json!({ "inputs": { "a": {} }, "outputs": { "o": {} }, "rows": [{ "when": ["-"], "then": [1] }] });
        for (key, value) in more.as_object().unwrap() {
            table[key] = value.clone();
        }
        serde_json::from_value(json!({ "gradus": 1, "decision_tables": { "t": table } })).unwrap()
    };
    assert!(write(&table(json!({})), "t").is_ok());
    for more in [
        json!({ "rows": [{ "when": [{ "sql": "a > 3" }], "then": [1] }] }),
        json!({ "rows": [{ "when": ["-"], "if": "b > 3", "then": [1] }] }),
        json!({ "rows": [{ "when": ["-"], "from": "2026-01-01", "then": [1] }] }),
        json!({ "rows": [{ "when": ["-"], "then": [{ "sql": "lpad(a, 2)" }] }] }),
        json!({ "inputs": { "a-b": {} } }),
        json!({ "inputs": { "a": { "value": "b like 'x%'" } } }),
    ] {
        assert_eq!(write(&table(more.clone()), "t"), Err(vec!["exchange-not-expressible"]), "{more}");
    }
    assert_eq!(write(&table(json!({})), "u"), Err(vec!["exchange-no-form"]));
}
