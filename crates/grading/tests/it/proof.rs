//! What is proved of a model, against brute force over every input of small models.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Decimal128Type, Field, Int32Type, Schema};
use gradus_grading::grade::proof::{Input, Proof, prove};
use gradus_grading::grade::{CompileContext, Fits, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_model::Findings;
use gradus_model::document::Model;
use serde_json::{Value, json};

fn columns() -> Vec<IndicatorColumn> {
    let column = |name: &str, data_type: DataType| IndicatorColumn {
        name: name.into(),
        data_type,
        null_meaning: NullMeaning::Unknown,
        title: None,
    };
    vec![
        column("a", DataType::Int64),
        column("b", DataType::Int64),
        column("c", DataType::Utf8),
        column("v", DataType::Boolean),
    ]
}

const NUMBERS: [Option<i64>; 8] = [Some(-1), Some(0), Some(1), Some(2), Some(3), Some(4), Some(5), None];
const TEXTS: [Option<&str>; 5] = [Some("x"), Some("y"), Some("z"), Some("other"), None];
const TRUTHS: [Option<bool>; 3] = [Some(false), Some(true), None];

/// Every input, with whether all of it is known.
pub fn grid() -> (RecordBatch, Vec<bool>) {
    let (mut a, mut b, mut c, mut v, mut known) = (vec![], vec![], vec![], vec![], vec![]);
    for one in NUMBERS {
        for two in NUMBERS {
            for three in TEXTS {
                for four in TRUTHS {
                    known.push(one.is_some() && two.is_some() && three.is_some() && four.is_some());
                    a.push(one);
                    b.push(two);
                    c.push(three);
                    v.push(four);
                }
            }
        }
    }
    let n = a.len() as i64;
    let arrays: Vec<(&str, ArrayRef)> = vec![
        ("customer", Arc::new(Int64Array::from_iter_values(1..=n))),
        ("a", Arc::new(Int64Array::from(a))),
        ("b", Arc::new(Int64Array::from(b))),
        ("c", Arc::new(StringArray::from(c))),
        ("v", Arc::new(BooleanArray::from(v))),
    ];
    let fields: Vec<Field> =
        arrays.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    let batch =
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays.into_iter().map(|(_, a)| a).collect());
    (batch.unwrap(), known)
}

pub fn compiled(value: Value) -> (Model, StageB) {
    let mut value = value;
    value["gradus"] = json!(1);
    let model: Model = serde_json::from_value(value).unwrap();
    let stage =
        compile(&model, &columns(), &CompileContext::default()).unwrap_or_else(|found| panic!("{found:?}"));
    (model, stage)
}

pub fn proved(value: Value) -> (Proof, RecordBatch) {
    let (model, stage) = compiled(value);
    let inputs = columns().into_iter().map(|column| Input::new(column, None)).collect();
    let proof = prove(&stage, &model, inputs, None, None);
    let graded = stage.apply(&grid().0, &Fits::default(), jiff::civil::date(2024, 6, 30));
    (proof, graded.batch)
}

pub fn codes(findings: &Findings, path: &str) -> BTreeSet<&'static str> {
    findings
        .iter()
        .filter(|finding| finding.place.path.as_deref() == Some(path))
        .map(|finding| finding.code)
        .collect()
}

/// A seeded draw.
pub struct Draw(pub u64);

impl Draw {
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn test(&mut self, opaque: bool) -> String {
        let k = self.below(5);
        let name = ["a", "b"][self.below(2) as usize];
        if opaque && self.below(3) == 0 {
            return format!("a + b > {k}");
        }
        match self.below(12) {
            0 => format!("{name} >= {k}"),
            1 => format!("{name} < {k}"),
            2 => format!("{name} = {k}"),
            3 => format!("{name} <> {k}"),
            4 => format!("{name} between {} and {k}", self.below(4)),
            5 => format!("{name} in ({k}, {})", self.below(5)),
            6 => format!("{name} is null"),
            7 => format!("{name} <= {k}.5"),
            8 => "c = 'x'".to_string(),
            9 => "c not in ('x', 'y')".to_string(),
            10 => "v".to_string(),
            _ => "c is not null".to_string(),
        }
    }

    pub fn condition(&mut self, depth: u64, opaque: bool) -> String {
        if depth == 0 || self.below(4) == 0 {
            return self.test(opaque);
        }
        let (left, right) = (self.condition(depth - 1, opaque), self.condition(depth - 1, opaque));
        match self.below(9) {
            0..=3 => format!("({left}) and ({right})"),
            4..=6 => format!("({left}) or ({right})"),
            7 => format!("not ({left})"),
            _ => format!("if({left}, {right}, v) is true"),
        }
    }
}

pub fn truths(batch: &RecordBatch, name: &str) -> Vec<bool> {
    let column = batch.column_by_name(name).unwrap().as_boolean();
    (0..column.len()).map(|row| column.is_valid(row) && column.value(row)).collect()
}

pub fn all_within(a: &[bool], b: &[bool]) -> bool {
    a.iter().zip(b).all(|(a, b)| !a || *b)
}

pub fn any(a: &[bool]) -> bool {
    a.iter().any(|a| *a)
}

/// A rule set whose conditions are segments, too, so that brute force sees each by itself.
fn random_rules(draw: &mut Draw, opaque: bool) -> (Value, usize, &'static str) {
    let n = 2 + draw.below(4) as usize;
    let hit = ["first", "sum", "max", "min"][draw.below(4) as usize];
    let (mut rules, mut segments) = (serde_json::Map::new(), serde_json::Map::new());
    let mut before: Vec<String> = Vec::new();
    for index in 0..n {
        // Now and then the same condition once more.
        let condition = match before.is_empty() || draw.below(4) > 0 {
            true => draw.condition(2, opaque),
            false => before[draw.below(before.len() as u64) as usize].clone(),
        };
        before.push(condition.clone());
        rules.insert(format!("r{index}"), json!({"when": condition, "then": draw.below(3)}));
        segments.insert(format!("s{index}"), json!({"base": "everyone", "where": condition}));
    }
    (json!({"rule_sets": {"set": {"hit": hit, "rules": rules}}, "segments": segments}), n, hit)
}

#[test]
fn rules_agree_with_brute_force() {
    let known = grid().1;
    for seed in 1..=400u64 {
        let mut draw = Draw(seed * 7919);
        let (document, n, hit) = random_rules(&mut draw, false);
        let (proof, graded) = proved(document.clone());
        let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
        let holds: Vec<Vec<bool>> = (0..n).map(|at| truths(&graded, &format!("s{at}"))).collect();
        let points: Vec<i64> = (0..n)
            .map(|at| document["rule_sets"]["set"]["rules"][format!("r{at}")]["then"].as_i64().unwrap())
            .collect();
        for at in 0..n {
            let path = format!("rule_sets.set.rules.r{at}");
            let never = !any(&holds[at]);
            assert_eq!(
                codes(&proof.findings, &format!("{path}.when")).contains("rule-never-holds"),
                never,
                "{}",
                told(&path)
            );
            let claimed = codes(&proof.findings, &path);
            if never {
                assert!(claimed.is_empty(), "{}", told(&path));
                continue;
            }
            let union = |others: &mut dyn Iterator<Item = usize>| {
                let mut out = vec![false; known.len()];
                others.for_each(|other| out.iter_mut().zip(&holds[other]).for_each(|(out, own)| *out |= own));
                out
            };
            let idle = match hit {
                "first" => all_within(&holds[at], &union(&mut (0..at))),
                "sum" => (0..at).any(|other| holds[other] == holds[at]),
                _ => {
                    let better = |other: &usize| {
                        let ahead = if hit == "max" {
                            points[*other] > points[at]
                        } else {
                            points[*other] < points[at]
                        };
                        *other != at && (ahead || (points[*other] == points[at] && *other < at))
                    };
                    all_within(&holds[at], &union(&mut (0..n).filter(better)))
                }
            };
            assert_eq!(!claimed.is_empty(), idle, "{}", told(&path));
            if hit == "first" && idle {
                let first = (0..at).find(|other| all_within(&holds[at], &holds[*other]));
                let expected = match first {
                    Some(other) if holds[other] == holds[at] && points[other] == points[at] => {
                        "rule-duplicate"
                    }
                    Some(other) if holds[other] == holds[at] => "rules-contradict",
                    _ => "rule-shadowed",
                };
                assert_eq!(claimed, BTreeSet::from([expected]), "{}", told(&path));
            }
        }
        let none: Vec<bool> = (0..known.len()).map(|row| (0..n).all(|at| !holds[at][row])).collect();
        let gap = none.iter().zip(&known).any(|(none, known)| *none && *known);
        let claimed = codes(&proof.findings, "rule_sets.set");
        assert_eq!(claimed.contains("rules-gap"), gap, "{}", told("gap"));
        assert_eq!(
            claimed.contains("rules-gap-unknown"),
            !gap && any(&none),
            "{}",
            told("gap with unknown values")
        );
        assert!(!claimed.contains("proof-bound"), "{}", told("bound"));
        // What can be seen is shown.
        for finding in proof.findings.iter().filter(|finding| finding.code != "rule-never-holds") {
            let nobody = ["segment-empty"].contains(&finding.code);
            assert_eq!(finding.example.is_empty(), nobody, "{}", told(finding.code));
        }
    }
}

#[test]
fn segments_and_layers_agree_with_brute_force() {
    for seed in 1..=300u64 {
        let mut draw = Draw(seed * 104_729);
        let n = 3 + draw.below(3) as usize;
        let (mut segments, mut layers, mut checks) =
            (serde_json::Map::new(), serde_json::Map::new(), serde_json::Map::new());
        for index in 0..n {
            let base = match index {
                0 => "everyone".to_string(),
                index if draw.below(2) == 0 => format!("s{}", draw.below(index as u64)),
                _ => "everyone".to_string(),
            };
            let depth = draw.below(3);
            let condition = draw.condition(depth, false);
            layers.insert(format!("l{index}"), json!({"where": condition}));
            checks.insert(format!("k{index}"), json!({"base": "everyone", "where": condition}));
            segments.insert(format!("s{index}"), json!({"base": base, "where": condition}));
        }
        let mut all = segments.clone();
        all.extend(checks);
        let document = json!({
            "segments": all,
            "groupings": {"cycle": {"kind": "waterfall", "base": "everyone", "layers": layers}},
        });
        let (proof, graded) = proved(document.clone());
        let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
        let holds: Vec<Vec<bool>> = (0..n).map(|at| truths(&graded, &format!("s{at}"))).collect();
        for at in 0..n {
            let path = format!("segments.s{at}");
            let base = segments[&format!("s{at}")]["base"].as_str().unwrap();
            let of_base: Vec<bool> =
                if base == "everyone" { vec![true; holds[at].len()] } else { truths(&graded, base) };
            let claimed = codes(&proof.findings, &format!("{path}.where"));
            let empty = !any(&holds[at]);
            assert_eq!(claimed.contains("segment-empty"), empty, "{}", told(&path));
            let constant = !empty && all_within(&of_base, &holds[at]);
            assert_eq!(claimed.contains("segment-constant"), constant, "{}", told(&path));
            let same = (0..at).any(|other| holds[other] == holds[at] && base != format!("s{other}"));
            let duplicate = codes(&proof.findings, &path).contains("segment-duplicate");
            assert_eq!(duplicate, !empty && !constant && same, "{}", told(&path));
        }
        let mut taken = vec![false; holds[0].len()];
        for at in 0..n {
            let own = truths(&graded, &format!("k{at}"));
            let path = format!("groupings.cycle.layers.l{at}");
            let claimed = codes(&proof.findings, &path).contains("layer-shadowed");
            assert_eq!(claimed, all_within(&own, &taken), "{}", told(&path));
            taken.iter_mut().zip(own).for_each(|(taken, own)| *taken |= own);
        }
    }
}

fn random_card(draw: &mut Draw) -> Value {
    let mut attributes = serde_json::Map::new();
    for (at, name) in ["a", "b", "a", "c"].into_iter().enumerate().take(1 + draw.below(4) as usize) {
        let mut points = || draw.below(9) as i64 - 2;
        let bins = match name {
            "c" => {
                json!([{"in": ["x"], "points": points()}, {"in": ["y", "z"], "points": points()}, {"else": true, "points": points()}])
            }
            _ => {
                json!([{"below": 1, "points": points()}, {"from": 1, "below": 3, "points": points()}, {"from": 3, "points": points()}])
            }
        };
        let mut attribute = json!({"value": name, "bins": bins});
        match draw.below(4) {
            0 => attribute["unknown"] = json!({"points": draw.below(7) as i64 - 3}),
            1 => attribute["unknown"] = json!("reweight"),
            _ => {}
        }
        if draw.below(3) == 0 {
            attribute["cap"] = json!({"max": draw.below(8)});
        }
        if draw.below(3) == 0 {
            attribute["group"] = json!("g");
        }
        attributes.insert(format!("t{at}"), attribute);
    }
    let mut adjustments = serde_json::Map::new();
    for at in 0..draw.below(3) {
        let condition = draw.condition(1, false);
        let mut adjustment = json!({"when": condition, "points": draw.below(9) as i64 - 4});
        if draw.below(3) == 0 {
            adjustment["group"] = json!("g");
        }
        adjustments.insert(format!("j{at}"), adjustment);
    }
    let mut card =
        json!({"attributes": attributes, "adjustments": adjustments, "groups": {"g": {"min": 0, "max": 5}}});
    if draw.below(3) == 0 {
        card["total"] = json!({"min": -1, "max": draw.below(12)});
    }
    card
}

#[test]
fn scores_and_levels_agree_with_brute_force() {
    for seed in 1..=400u64 {
        let mut draw = Draw(seed * 15_485_863);
        let card = random_card(&mut draw);
        let first = draw.below(6) as i64 - 2;
        let levels =
            json!({"low": {}, "mid": {"from": first}, "high": {"from": first + 1 + draw.below(12) as i64}});
        let document = json!({
            "scorecards": {"card": card},
            "tiers": {"tier": {"by": "card", "levels": levels}},
        });
        let (proof, graded) = proved(document.clone());
        let told = |what: &str| format!("{what}: {document:#} {:#?} {:#?}", proof.findings, proof.attainable);
        let low = graded.column_by_name("card_low").unwrap().as_primitive::<Decimal128Type>();
        let (least, greatest) = (low.values().iter().min().unwrap(), low.values().iter().max().unwrap());
        let one = &proof.attainable[0];
        assert_eq!(i128::from(one.least.score.0), *least, "{}", told("least"));
        assert_eq!(i128::from(one.greatest.score.0), *greatest, "{}", told("greatest"));
        assert!(one.least.exact && one.greatest.exact, "{}", told("an input for each"));
        let tier = graded.column_by_name("tier").unwrap().as_dictionary::<Int32Type>();
        let reached: BTreeSet<i32> = tier.keys().values().iter().copied().collect();
        for (at, level) in ["low", "mid", "high"].into_iter().enumerate() {
            let claimed =
                codes(&proof.findings, &format!("tiers.tier.levels.{level}")).contains("level-unreachable");
            assert_eq!(claimed, !reached.contains(&(at as i32)), "{}", told(level));
        }
    }
}

/// Where something has to be computed, a claim that is made is true; some may be missing.
#[test]
fn nothing_false_is_said_of_what_is_computed() {
    let known = grid().1;
    for seed in 1..=200u64 {
        let mut draw = Draw(seed * 32_452_843);
        let (mut document, n, _) = random_rules(&mut draw, true);
        document["rule_sets"]["set"]["hit"] = json!("first");
        let (proof, graded) = proved(document.clone());
        let told = |what: &str| format!("{what}: {document:#} {:#?}", proof.findings);
        let holds: Vec<Vec<bool>> = (0..n).map(|at| truths(&graded, &format!("s{at}"))).collect();
        let mut earlier = vec![false; known.len()];
        for at in 0..n {
            let path = format!("rule_sets.set.rules.r{at}");
            if codes(&proof.findings, &format!("{path}.when")).contains("rule-never-holds") {
                assert!(!any(&holds[at]), "{}", told(&path));
            }
            if !codes(&proof.findings, &path).is_empty() {
                assert!(all_within(&holds[at], &earlier), "{}", told(&path));
            }
            earlier.iter_mut().zip(&holds[at]).for_each(|(earlier, own)| *earlier |= own);
        }
        if codes(&proof.findings, "rule_sets.set").contains("rules-gap") {
            let gap = earlier.iter().zip(&known).any(|(taken, known)| !taken && *known);
            assert!(gap, "{}", told("gap"));
        }
    }
}

#[test]
fn points_go_the_way_that_is_written() {
    let card = |points: [i64; 3], monotone: &str| {
        let bins = json!([
            {"below": 1, "points": points[0]}, {"from": 1, "below": 3, "points": points[1]}, {"from": 3, "points": points[2]}
        ]);
        let attribute = json!({"value": "a", "bins": bins, "monotone": monotone});
        let (proof, _) = proved(json!({"scorecards": {"card": {"attributes": {"t": attribute}}}}));
        let found: Vec<String> = proof
            .findings
            .iter()
            .filter(|finding| finding.code == "points-not-monotone")
            .map(|finding| finding.render(gradus_model::Lang::En))
            .collect();
        found
    };
    assert!(card([0, 5, 5], "increasing").is_empty());
    assert!(card([9, 5, 5], "decreasing").is_empty());
    assert_eq!(
        card([0, 9, 5], "increasing"),
        [
            "scorecards.card.attributes.t.bins[2].points: warning [points-not-monotone] “a”: a greater value must not \
          have fewer points, but 1 has 9 points and 3 has 5\n    instead: other points, or another `monotone`\n    \
          for example: a = 1, a = 3"
        ]
    );
}

#[test]
fn a_limit_beyond_what_can_come_out_is_a_note() {
    let bins = json!([{"below": 1, "points": 0}, {"from": 1, "points": 10}]);
    let card = json!({
        "attributes": {"t": {"value": "a", "bins": bins, "cap": {"min": 0, "max": 20}}, "u": {"value": "b", "bins": bins}},
        "total": {"min": -5, "max": 20},
    });
    let (proof, _) = proved(json!({"scorecards": {"card": card}}));
    let paths: Vec<&str> = proof
        .findings
        .iter()
        .filter(|finding| finding.code == "cap-never-binds")
        .filter_map(|finding| finding.place.path.as_deref())
        .collect();
    assert_eq!(paths, ["scorecards.card.attributes.t.cap.max", "scorecards.card.total.min"]);
}

#[test]
fn a_rule_that_is_over_leaves_room_for_the_next() {
    let rules = |until: Value| {
        json!({"rule_sets": {"set": {"otherwise": 0, "rules": {
            "old": {"when": "a >= 1", "then": 1, "until": until},
            "new": {"when": "a >= 2", "then": 2},
        }}}})
    };
    let path = "rule_sets.set.rules.new";
    let (proof, _) = proved(rules(json!("2024-12-31")));
    assert!(codes(&proof.findings, path).is_empty(), "{:#?}", proof.findings);
    let (proof, _) = proved(rules(Value::Null));
    assert_eq!(codes(&proof.findings, path), BTreeSet::from(["rule-shadowed"]));
}
