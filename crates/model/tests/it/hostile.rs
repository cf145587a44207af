//! Text made to hurt, and random edits of good documents: findings or a model, in bounded time and
//! memory, never a panic.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use gradus_model::load::{MAX_BYTES, MAX_DEPTH, load_model, load_source, load_workspace};
use proptest::prelude::*;

const RETAIL: &str = include_str!("../../../../examples/retail/model/retail.yaml");
const RETAIL_SOURCE: &str = include_str!("../../../../examples/retail/sources/online_retail.yaml");
const RETAIL_WORKSPACE: &str = include_str!("../../../../examples/retail/gradus.yaml");

fn codes(text: &str) -> Vec<&'static str> {
    let started = Instant::now();
    let codes = load_model("m.yaml", text).findings.iter().map(|finding| finding.code).collect();
    assert!(started.elapsed() < Duration::from_secs(30), "{:?} for {:.60}", started.elapsed(), text);
    codes
}

#[test]
fn bombs_are_refused() {
    let mut laughs = String::from("gradus: 1\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..30 {
        let previous = n - 1;
        writeln!(laughs, "a{n}: &a{n} [{}]", vec![format!("*a{previous}"); 10].join(", ")).unwrap();
    }
    assert_eq!(codes(&laughs), ["document-aliases"]);

    let deep = "[".repeat(100_000);
    assert_eq!(codes(&format!("gradus: 1\na: {deep}")), ["document-too-deep"]);
    assert_eq!(codes(&format!("gradus: 1\na:\n  {}x", "- ".repeat(100_000))), ["document-too-deep"]);
    assert_eq!(
        load_model("m.json", &deep).findings.iter().map(|f| f.code).collect::<Vec<_>>(),
        ["document-too-deep"]
    );

    assert_eq!(codes(&" ".repeat(MAX_BYTES + 1)), ["document-too-big"]);
    let many = format!("gradus: 1\na: [{}]", "1,".repeat(MAX_BYTES / 2 - 20));
    assert_eq!(codes(&many), ["document-too-big"]);
}

#[test]
fn many_names_and_long_texts_take_no_longer_than_they_must() {
    let mut names = String::from("gradus: 1\nindicators:\n");
    for n in 0..50_000 {
        writeln!(names, "  i{n}: {{kind: count}}").unwrap();
    }
    assert_eq!(codes(&names), Vec::<&str>::new());
    let long = format!("gradus: 1\nindicators:\n  a: {{kind: {}}}\n", "x".repeat(1_000_000));
    assert_eq!(codes(&long), ["unknown-choice"]);
    let long = format!("gradus: 1\n{}: 1\n", "x".repeat(1000));
    assert_eq!(codes(&long), ["unknown-key"]);
}

/// The deepest condition that is allowed is also read: on a thread with the smallest usual stack.
#[test]
fn the_deepest_condition_is_read() {
    let read = |n: usize| {
        let mut json = String::from("{\"gradus\":1,\"segments\":{\"s\":{\"base\":\"everyone\",\"where\":");
        json.push_str(&"{\"not\":".repeat(n));
        json.push_str("\"true\"");
        json.push_str(&"}".repeat(n));
        json.push_str("}}}");
        load_model("m.json", &json).findings.iter().map(|f| f.code).collect::<Vec<_>>()
    };
    let thread = std::thread::Builder::new().stack_size(2 * 1024 * 1024);
    let handle = thread.spawn(move || (read(MAX_DEPTH - 3), read(MAX_DEPTH - 2))).unwrap();
    let (allowed, refused) = handle.join().unwrap();
    assert_eq!(allowed, Vec::<&str>::new());
    assert_eq!(refused, ["document-too-deep"]);
}

/// One random edit of a text: by characters, so that it stays text.
#[derive(Debug, Clone)]
enum Edit {
    Delete(usize, usize),
    Insert(usize, String),
    Copy(usize, usize, usize),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let snippets = prop::sample::select(vec![
        ":",
        ": ",
        "- ",
        "\n",
        "\n  ",
        "  ",
        "\t",
        "\"",
        "'",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "!x ",
        "|\n",
        ">\n",
        "#",
        "~",
        "null",
        "true",
        "yes",
        "-1",
        "1.23456",
        "1e9",
        "99999999999999999999",
        "0012",
        "：",
        "“",
        "\u{0}",
        "\u{FEFF}",
        "title",
        "points",
        "unknown",
        "<<",
        "---\n",
        "...\n",
        "%YAML 1.2\n",
        "? ",
        "\r",
        "\u{2028}",
        "😀",
        "",
        "gradus: 2",
        "not",
        "all",
        "window",
        "last",
    ]);
    let edit = prop_oneof![
        (any::<usize>(), 0usize..40).prop_map(|(at, n)| Edit::Delete(at, n)),
        (any::<usize>(), snippets).prop_map(|(at, text)| Edit::Insert(at, text.to_owned())),
        (any::<usize>(), "[ -~\n中]{0,6}").prop_map(|(at, text)| Edit::Insert(at, text)),
        (any::<usize>(), 0usize..60, any::<usize>()).prop_map(|(from, n, to)| Edit::Copy(from, n, to)),
    ];
    prop::collection::vec(edit, 1..6)
}

fn edited(text: &str, edits: &[Edit]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for edit in edits {
        let at = |position: usize, chars: &Vec<char>| position % (chars.len() + 1);
        match edit {
            Edit::Delete(position, n) => {
                let from = at(*position, &chars);
                let to = (from + n).min(chars.len());
                chars.drain(from..to);
            }
            Edit::Insert(position, text) => {
                let from = at(*position, &chars);
                chars.splice(from..from, text.chars());
            }
            Edit::Copy(from, n, to) => {
                let from = at(*from, &chars);
                let piece: Vec<char> = chars[from..(from + n).min(chars.len())].to_vec();
                let to = at(*to, &chars);
                chars.splice(to..to, piece);
            }
        }
    }
    chars.into_iter().collect()
}

/// Findings with a place, or a value; and never the finding that says the checks are wrong.
macro_rules! findings_or_value {
    ($load:ident, $text:expr) => {
        let text = $text;
        let loaded = $load("m.yaml", &text);
        prop_assert_eq!(loaded.value.is_none(), loaded.findings.has_errors());
        for finding in loaded.findings.iter() {
            prop_assert_ne!(finding.code, "bug-document-shape", "{}", text);
            prop_assert!(finding.place.document.is_some());
            prop_assert!(finding.place.line.is_some() || finding.code == "document-too-big", "{:?}", finding);
            prop_assert!(!finding.what.zh.is_empty() && !finding.what.en.is_empty());
        }
    };
}

/// A short document with every construct, so that an edit often meets a line that matters.
const SMALL: &str = r#"
gradus: 1
title: { zh: 值, en: Value }
indicators:
  a: { kind: sum, of: amount, window: { last: 90 days, before: 1 month }, cap: 10, empty: 0 }
  b: { kind: percentile, of: amount, q: 0.5, compare: last_year, refunds_count_by: order, step: month }
scorecards:
  s:
    combine: scaled
    base_points: 10
    attributes:
      x: { value: a, weight: 2, bins: [{ from: 0, below: 1, points: 3 }, { in: [NO, 7], points: 1.5 }, { else: true, points: 0 }], unknown: { points: 1 }, cap: { max: 5 } }
      y: { value: b, quantiles: { points: [1, 2, 3] }, unknown: reweight, special: [{ in: [-1], points: 0 }] }
      z: { value: b, slope: { points_each: 1, per: 100 }, not_applicable: 0 }
    adjustments:
      c: { per_event: { event: complaint, window: 90 days, decay: { half_life: 30 days } }, points: -2, group: g }
    groups: { g: { min: -10 } }
    total: { min: 0, max: 100 }
rule_sets:
  r: { hit: first, rules: { one: { when: a > 1, then: hi, priority: 1, from: 2011-01-01 } }, otherwise: 0 }
tiers:
  t: { by: s, levels: { low: {}, high: { from: 50, benefits: [x] } }, eligible: a > 0, not_graded: { reason: x }, decide: monthly }
  g: { grid: { rows: { value: a, cuts: [1] }, columns: { value: b, cuts: [2] }, cells: [[low, high], [low, high]] }, levels: { low: , high: } }
segments:
  p: { base: everyone, where: { all: [a > 1, { any: [{ did: { event: v, where: x = 1, times: { at_least: 2 }, window: { calendar: this_month } } }, { not: { in_segment: q } }] }, { sequence: { steps: [{ event: a }, { event: b, within: 7 days }] } }, { value: a, one_of: [1, x], known: true }, { tier: { scheme: t, at_least: high } }] } }
groupings:
  f: { base: everyone, kind: rfm8, recency: a, frequency: a, monetary: b, split: { fixed: [1, 2, 3] } }
  w: { base: everyone, kind: waterfall, layers: { one: { where: a > 1 }, rest: } }
  k: { base: everyone, kind: buckets, seed: 7, shares: { test: 50, control: 50 } }
"#;

#[test]
fn the_small_document_is_right() {
    assert_eq!(codes(SMALL), Vec::<&str>::new());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn edits_of_a_model_give_findings_or_a_model(edits in edits()) {
        findings_or_value!(load_model, edited(SMALL, &edits));
    }

    #[test]
    fn edits_of_a_source_give_findings_or_a_source(edits in edits()) {
        findings_or_value!(load_source, edited(RETAIL_SOURCE, &edits));
    }

    #[test]
    fn edits_of_a_workspace_give_findings_or_a_workspace(edits in edits()) {
        findings_or_value!(load_workspace, edited(RETAIL_WORKSPACE, &edits));
    }

    #[test]
    fn any_text_gives_findings(text in "(?s).{0,200}") {
        findings_or_value!(load_model, text.clone());
        findings_or_value!(load_workspace, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn edits_of_the_example_give_findings_or_a_model(edits in edits()) {
        findings_or_value!(load_model, edited(RETAIL, &edits));
    }
}
