//! What an operator reads when a document is wrong: every finding at once, in both languages.
//! `INSTA_UPDATE=always cargo test -p gradus-model` rewrites the snapshots; read them then.

use gradus_model::Lang;
use gradus_model::document::{Condition, Unknown, Window};
use gradus_model::load::{Document, Loaded, load, load_model, load_source, load_workspace};

fn rendered<T: Document>(name: &str, text: &str) -> String {
    let loaded: Loaded<T> = load(name, text);
    assert_eq!(loaded.value.is_none(), loaded.findings.has_errors());
    let lines =
        |lang| loaded.findings.iter().map(|finding| finding.render(lang)).collect::<Vec<_>>().join("\n");
    format!("{}\n\n{}", lines(Lang::En), lines(Lang::Zh))
}

fn codes(text: &str) -> Vec<(&'static str, Option<u64>)> {
    load_model("m.yaml", text).findings.iter().map(|finding| (finding.code, finding.place.line)).collect()
}

#[test]
fn a_model_full_of_slips() {
    let text = r#"gradus: 1
titel: 会员价值
indicators:
  recency:
    kind: day_since
    filter: spend
  orders: count
  monetary:
    kind: sum
    of: amount
    window: 90
    cap: -1
  late:
    title: [a, b]
    window: { last: 90 days, calendar: this_month }
scorecards:
  value:
    combine: weighted
    attributes:
      recency:
        value: recency
        weight: 10%
        bins:
          - { from: 0, below: 30, points: 1.23456 }
          - { from: １０, points: "20" }
          - { else: yes }
        unknown: points
      orders:
        value: orders
        unknown: { score: 3 }
        quantiles: { points: 5 }
    adjustments:
      complaint:
        points: 99999999999999999
        per_event: { event: complaint, decay: half_life }
tiers:
  member:
    levels:
      gold: { min: 80 }
    eligible: [orders > 0]
segments:
  loyal:
    where:
      all:
        - { value: orders, at_least: 3, tier: { scheme: member } }
        - { at_least: 3 }
        - orders: 3
groupings:
  rfm: { base: everyone, kind: rfm, split: { fixed: [1, 2] } }
"#;
    insta::assert_snapshot!(rendered::<gradus_model::document::Model>("model/value.yaml", text));
}

#[test]
fn a_source_and_a_workspace_full_of_slips() {
    let source = "gradus: 1\nfiles: orders_*.csv\nmapping:\n  identity:\n    - { kind: mobile, value: 手机 }\n    - phone\n  kind: \"'order'\"\n  line: { spend: \"true\" }\nfields:\n  城市: { type: string, value: 城市, titel: 城市 }\ncleaning:\n  outliers: { amount: { max: 1e5, then: drop } }\n";
    insta::assert_snapshot!(
        "source",
        rendered::<gradus_model::document::Source>("sources/orders.yaml", source)
    );
    let workspace =
        "gradus: 3\ntimezone: Asia/Shanghai\ncurrency:\nclock: fixed\nlanguage: cn\nbuckets: 16.5\n";
    insta::assert_snapshot!(
        "workspace",
        rendered::<gradus_model::document::Workspace>("gradus.yaml", workspace)
    );
}

#[test]
fn text_that_is_not_yaml_says_where_and_what_to_do() {
    let cases: &[(&str, &[(&str, Option<u64>)])] = &[
        ("", &[("document-empty", Some(1))]),
        ("# only a comment\n", &[("document-empty", Some(1))]),
        ("---\n---\ngradus: 1\n", &[("document-several", Some(2))]),
        ("gradus: 1\n---\ngradus: 1\n", &[("document-several", Some(2))]),
        ("gradus: 1\nindicators:\n\torders: {kind: orders}\n", &[("document-tab", Some(3))]),
        ("gradus: 1\ntitle: \"open\nindicators: {}\n", &[("document-not-yaml", Some(2))]),
        ("gradus: 1\ntitle: @home\n", &[("document-not-yaml", Some(2))]),
        ("gradus: 1\nindicators: {orders: {kind: orders}\n", &[("document-not-yaml", Some(2))]),
        ("gradus: 1\ntitle: a: b\n", &[("document-not-yaml", Some(2))]),
        ("gradus: 1\ntitle: *nobody\n", &[("document-not-yaml", Some(2))]),
        ("gradus: 1\ngradus: 1\n", &[("duplicate-key", Some(2))]),
        (
            "gradus: 1\nindicators:\n  a: {kind: count}\n  b: {kind: count}\n  a: {kind: orders}\n",
            &[("duplicate-key", Some(5))],
        ),
        ("gradus: 1\n? [a]\n: b\n", &[("key-not-text", Some(2))]),
        ("gradus: 1\nindicators: &a\n  x: *a\n", &[("alias-to-itself", Some(3))]),
        (
            "gradus: 1\nindicators:\n  a: &a {kind: count}\n  b:\n    <<: *a\n",
            &[("missing-key", Some(4)), ("merge-key", Some(5))],
        ),
        ("gradus: !!binary 1\n", &[("unknown-tag", Some(1))]),
        ("标题：会员\n", &[("wrong-type", Some(1))]),
        ("[1, 2]\n", &[("wrong-type", Some(1))]),
        ("just words\n", &[("wrong-type", Some(1))]),
        ("indicators: {}\n", &[("missing-key", Some(1))]),
        ("gradus:\n", &[("missing-key", Some(1))]),
        ("gradus: 1\nindicators:\n  '': {kind: count}\n", &[("empty-name", Some(3))]),
    ];
    for (text, expected) in cases {
        assert_eq!(codes(text), *expected, "{text}");
    }
}

#[test]
fn json_is_read_with_its_lines() {
    let text = "{\n  \"gradus\": 1,\n  \"title\": \"\\u4f1a\\u5458 \\ud83d\\ude00\",\n  \"indicators\": {\n    \"a\": {\"kind\": \"count\", \"knd\": 1},\n    \"a\": {\"kind\": \"count\"}\n  }\n}";
    let loaded = load_model("m.json", text);
    let found: Vec<_> = loaded.findings.iter().map(|f| (f.code, f.place.line)).collect();
    assert_eq!(found, [("unknown-key", Some(5)), ("duplicate-key", Some(6))]);
    let good = load_model("m.json", "\t{\"gradus\": 1e0, \"title\": \"a\\/b\"}\n");
    assert_eq!(good.value.unwrap().title.en, "a/b");
    for text in [
        "{\"gradus\": 1,}",
        "{\"gradus\": 01}",
        "{\"gradus\": 1} x",
        "{\"a\": \"\\ud800x\"}",
        "{'gradus': 1}",
        "{\"gradus\": 1 // c\n}",
    ] {
        let loaded = load_model("m.json", text);
        assert_eq!(
            loaded.findings.iter().map(|f| f.code).collect::<Vec<_>>(),
            ["document-not-json"],
            "{text}"
        );
    }
}

#[test]
fn scalars_are_read_as_the_schema_wants_them() {
    let text = r#"
gradus: 1
title: 2011-12-10
rule_sets:
  r:
    rules:
      a: { when: orders > 1, then: 2011, from: 2011-12-10 }
      b: { when: "true", then: 0012, priority: -3 }
      c: { when: { value: country, equals: NO }, then: 1e3 }
      d: { when: { value: x, one_of: [1, 1.5, 012, "7", true, 2011-12-10, ~] }, then: "12" }
scorecards:
  s:
    base_points: 922337203685477.5807
    attributes:
      a:
        value: 1
        bins:
          - { from: -0.50000, below: +3, points: 1e1 }
          - { in: [NO, 012], points: 0 }
        unknown: { points: 2 }
indicators:
  近90天消费金额: { kind: sum, of: amount, window: 90天 }
  b: { kind: count, window: { last: 3 个月, before: 1 年 } }
tiers:
  t: { by: s, levels: { low: , high: { from: 10, title: { zh: 高 } } } }
"#;
    let loaded = load_model("m.yaml", text);
    assert_eq!(loaded.findings.iter().map(|f| f.render(Lang::En)).collect::<Vec<_>>(), Vec::<String>::new());
    let model = loaded.value.unwrap();
    assert_eq!(model.title.en, "2011-12-10");
    let rules = &model.rule_sets.get("r").unwrap().rules;
    assert_eq!(rules.get("a").unwrap().then, serde_json::json!(2011));
    assert_eq!(rules.get("a").unwrap().from.as_deref(), Some("2011-12-10"));
    assert_eq!(rules.get("b").unwrap().then, serde_json::json!("0012"));
    assert_eq!(rules.get("b").unwrap().when, Condition::Sql("true".into()));
    assert_eq!(rules.get("c").unwrap().then, serde_json::json!("1e3"));
    let Condition::Node(node) = &rules.get("d").unwrap().when else { panic!() };
    assert_eq!(
        serde_json::json!(node.one_of),
        serde_json::json!([1, 1.5, "012", "7", true, "2011-12-10", null])
    );
    let scorecard = model.scorecards.get("s").unwrap();
    assert_eq!(scorecard.base_points.unwrap().0, i64::MAX, "no digit is lost");
    let attribute = scorecard.attributes.get("a").unwrap();
    assert_eq!(attribute.value, "1");
    let bins = attribute.bins.as_ref().unwrap();
    assert_eq!(
        (bins[0].from.unwrap().0, bins[0].below.unwrap().0, bins[0].points.0),
        (-5000, 30_000, 100_000)
    );
    assert_eq!(serde_json::json!(bins[1].one_of), serde_json::json!(["NO", "012"]));
    assert!(matches!(attribute.unknown, Unknown::Points(points) if points.0 == 20_000));
    assert!(
        matches!(model.indicators.get("近90天消费金额").unwrap().window, Some(Window::Short(span)) if span.n == 90)
    );
    assert_eq!(model.tiers.get("t").unwrap().levels.len(), 2);
}

#[test]
fn a_document_written_from_the_types_is_read_back_the_same() {
    let text = include_str!("../../../../examples/retail/model/retail.yaml");
    let model = load_model("retail.yaml", text).value.expect("the example is right");
    let json = serde_json::to_string_pretty(&model).unwrap();
    assert_eq!(load_model("retail.json", &json).value.as_ref(), Some(&model));
}

#[test]
fn the_examples_are_right() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut n_documents = 0;
    for example in ["retail", "retail-zh"] {
        if !folder.join(example).exists() {
            continue;
        }
        for (part, is) in [(".", "workspace"), ("sources", "source"), ("model", "model")] {
            for entry in std::fs::read_dir(folder.join(example).join(part)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "yaml") {
                    continue;
                }
                let (name, text) = (path.display().to_string(), std::fs::read_to_string(&path).unwrap());
                let findings = match is {
                    "workspace" => load_workspace(&name, &text).findings,
                    "source" => load_source(&name, &text).findings,
                    _ => load_model(&name, &text).findings,
                };
                assert!(
                    findings.is_empty(),
                    "{}",
                    findings.iter().map(|f| f.render(Lang::En)).collect::<Vec<_>>().join("\n")
                );
                n_documents += 1;
            }
        }
    }
    assert!(n_documents >= 11);
}

#[test]
fn what_was_trained_elsewhere_has_all_its_digits() {
    let text = "gradus: 1\npredictions:\n  p:\n    trained:\n      inputs: { recency: recency }\n      intercept: 19.68884671501721\n      weights: { recency: -2.012e-2 }\n";
    assert_eq!(codes(text), []);
    let trained = load_model("m.yaml", text).value.unwrap().predictions.0[0].1.trained.clone().unwrap();
    assert_eq!((trained.intercept, trained.weights.0[0].1), (19.68884671501721, -0.02012));
    let wrong = "gradus: 1\npredictions:\n  p:\n    trained: { inputs: { a: a }, intercept: many, weights: { a: 1e999 } }\n";
    assert_eq!(codes(wrong).len(), 2, "{:?}", codes(wrong));
}
