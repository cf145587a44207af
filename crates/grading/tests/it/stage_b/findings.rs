//! Every code once: where it points and what it says in both languages.

use super::*;
use gradus_model::Lang;

/// `code @ path` of every finding.
fn codes(value: Value) -> Vec<String> {
    let found = findings(value);
    for finding in found.iter() {
        for lang in [Lang::Zh, Lang::En] {
            assert!(!finding.what.get(lang).is_empty(), "{finding:?}");
        }
        assert_ne!(finding.what.zh, finding.what.en, "{finding:?}");
    }
    found.iter().map(|f| format!("{} @ {}", f.code, f.place.path.clone().unwrap_or_default())).collect()
}

fn card(attributes: Value) -> Value {
    json!({"scorecards": {"value": {"attributes": attributes}}})
}

#[test]
fn bins_that_overlap_or_leave_gaps_are_named_to_the_bin() {
    let bins = json!([{"below": 30, "points": 1}, {"from": 30, "below": 60, "points": 2}, {"from": 50, "points": 3}]);
    assert_eq!(
        codes(card(json!({"recency": {"value": "recency", "bins": bins}}))),
        ["bins-overlap @ scorecards.value.attributes.recency.bins[2].from"]
    );
    let gap = json!([{"from": 10, "below": 20, "points": 1}, {"from": 30, "points": 2}]);
    let found = findings(card(json!({"recency": {"value": "recency", "bins": gap}})));
    assert!(!found.has_errors());
    assert_eq!(found.0[0].code, "bins-gap");
    assert!(found.0[0].what.en.contains("[-∞, 10) [20, 30)"), "{}", found.0[0].what.en);
    assert_eq!(
        codes(card(
            json!({"r": {"value": "recency", "bins": [{"from": 30, "points": 1}, {"below": 30, "points": 1}]}})
        )),
        ["bins-unordered @ scorecards.value.attributes.r.bins"]
    );
    assert_eq!(
        codes(card(
            json!({"r": {"value": "recency", "bins": [{"from": 30, "below": 30, "points": 1}, {"else": true, "points": 1}, {"else": true, "points": 1}, {"points": 1}]}})
        )),
        [
            "bin-empty @ scorecards.value.attributes.r.bins[0].from",
            "bin-else-twice @ scorecards.value.attributes.r.bins[2].else",
            "bin-form @ scorecards.value.attributes.r.bins[3]"
        ]
    );
}

#[test]
fn categories_and_types() {
    assert_eq!(
        codes(card(
            json!({"c": {"value": "country", "bins": [{"in": ["France", 5], "points": 1}, {"in": ["France"], "points": 2}, {"from": 1, "points": 3}, {"else": true, "points": 0}]}})
        )),
        [
            "bin-type @ scorecards.value.attributes.c.bins[0].in[1]",
            "bin-type @ scorecards.value.attributes.c.bins[2]",
            "bins-overlap @ scorecards.value.attributes.c.bins[1].in"
        ]
    );
    assert_eq!(
        codes(card(json!({"c": {"value": "country", "quantiles": {"points": [1, 2]}}}))),
        ["value-type @ scorecards.value.attributes.c.value"]
    );
    assert_eq!(
        codes(card(json!({"c": {"value": "country", "bins": [{"in": ["France"], "points": 1}]}}))),
        ["bins-gap @ scorecards.value.attributes.c.bins"]
    );
}

#[test]
fn points_are_given_in_exactly_one_form() {
    let mut none = json!({"value": "orders"});
    assert_eq!(codes(card(json!({"a": none}))), ["points-form @ scorecards.value.attributes.a"]);
    none["bins"] = json!([{"else": true, "points": 1}]);
    none["quantiles"] = json!({"points": [1, 2]});
    assert_eq!(codes(card(json!({"a": none}))), ["points-form @ scorecards.value.attributes.a"]);
    assert_eq!(
        codes(json!({"scorecards": {"s": {"adjustments": {"a": {"points": 1}}}}})),
        ["adjustment-form @ scorecards.s.adjustments.a"]
    );
    assert_eq!(codes(json!({"scorecards": {"s": {}}})), ["scorecard-empty @ scorecards.s"]);
}

#[test]
fn weights_caps_and_slopes() {
    let all = json!([{"else": true, "points": 1}]);
    assert_eq!(
        codes(card(json!({"a": {"value": "orders", "weight": 2, "bins": all}}))),
        ["weight-with-sum @ scorecards.value.attributes.a.weight"]
    );
    let mut weighted = card(
        json!({"a": {"value": "orders", "weight": -2, "bins": all, "cap": {"min": 5, "max": 1}, "group": "g"}}),
    );
    weighted["scorecards"]["value"]["combine"] = json!("weighted_sum");
    assert_eq!(
        codes(weighted),
        [
            "unknown-name @ scorecards.value.attributes.a.group",
            "weight-range @ scorecards.value.attributes.a.weight",
            "cap-order @ scorecards.value.attributes.a.cap.min"
        ]
    );
    assert_eq!(
        codes(card(json!({"a": {"value": "orders", "slope": {"points_each": 1, "per": 0}}}))),
        [
            "slope-per @ scorecards.value.attributes.a.slope.per",
            "slope-needs-cap @ scorecards.value.attributes.a.cap"
        ]
    );
    assert_eq!(
        codes(card(json!({"a": {"value": "orders", "bins": [{"else": true, "points": 99999999999u64}]}}))),
        ["points-too-large @ scorecards.value.attributes.a.bins[0].points"]
    );
    let scaled = json!({"scorecards": {"s": {"combine": "scaled",
        "attributes": {"a": {"value": "orders", "bins": all}},
        "adjustments": {"e": {"per_event": {"event": "x"}, "points": 1}}}}});
    assert_eq!(
        codes(scaled),
        ["scaled-needs-cap @ scorecards.s.adjustments.e.cap", "scaled-flat @ scorecards.s.combine"]
    );
}

#[test]
fn cycles_are_spelled_out_and_nothing_else_is_said_of_them() {
    let found = findings(json!({
        "indicators": {"a": {"kind": "formula", "of": "b + 1"}, "b": {"kind": "formula", "of": "c"}, "c": {"kind": "formula", "of": "a"}},
        "scorecards": {"s": {"attributes": {"x": {"value": "a", "bins": [{"else": true, "points": 1}]}}}}
    }));
    assert_eq!(found.0.len(), 1, "{found:#?}");
    assert_eq!(
        (found.0[0].code, found.0[0].what.en.as_str()),
        ("cycle", "these need each other: a → b → c → a")
    );
    assert_eq!(
        codes(json!({"segments": {
            "x": {"base": "y", "where": "orders > 0"}, "y": {"base": "everyone", "where": {"in_segment": "x"}}
        }})),
        ["cycle @ segments.x"]
    );
}

#[test]
fn names_must_exist_come_before_and_be_unique() {
    assert_eq!(
        codes(card(json!({"a": {"value": "frequency_x", "bins": [{"else": true, "points": 1}]}}))).len(),
        1
    );
    assert_eq!(
        codes(json!({
            "scorecards": {"s": {"attributes": {"a": {"value": "orders", "bins": [{"else": true, "points": 1}]}}, "adjustments": {"x": {"when": {"in_segment": "g"}, "points": 1}}}},
            "segments": {"g": {"base": "everyone", "where": "orders > 1"}}
        })),
        ["name-used-too-early @ scorecards.s.adjustments.x.when"]
    );
    let one = json!({"attributes": {"a": {"value": "orders", "bins": [{"else": true, "points": 1}]}}});
    assert_eq!(
        codes(
            json!({"scorecards": {"orders": one, "s": one}, "segments": {"s_low": {"base": "everyone", "where": "orders > 1"}, "_x": {"base": "everyone", "where": "orders > 1"}}})
        ),
        [
            "duplicate-name @ scorecards.orders",
            "duplicate-name @ segments.s_low",
            "name-reserved @ segments._x"
        ]
    );
    assert_eq!(
        codes(json!({"segments": {"g": {"base": "nobody", "where": {"in_segment": "ghost"}}}})),
        ["unknown-name @ segments.g.base", "unknown-name @ segments.g.where.in_segment"]
    );
    assert_eq!(
        codes(json!({"indicators": {"f": {"kind": "formula"}}})),
        ["formula-missing @ indicators.f.of"]
    );
}

#[test]
fn levels_ascend_and_grids_fit_their_axes() {
    let levels = |levels: Value| json!({"tiers": {"t": {"by": "orders", "levels": levels}}});
    assert_eq!(
        codes(levels(json!({"c": {}, "b": {"from": 5}, "a": {"from": 5}}))),
        ["levels-not-ascending @ tiers.t.levels.a.from"]
    );
    assert_eq!(
        codes(levels(json!({"c": {"from": 1}, "b": {"from": 5}}))),
        ["level-lowest @ tiers.t.levels.c"]
    );
    assert_eq!(
        codes(levels(json!({"c": {}, "b": {"from": 5}, "a": {"top_percent": 5}}))),
        ["level-form @ tiers.t.levels.a"]
    );
    assert_eq!(
        codes(levels(json!({"c": {}, "b": {"top_percent": 120}, "a": {"top_percent": 130}}))),
        ["level-percent @ tiers.t.levels.b.top_percent", "level-percent @ tiers.t.levels.a.top_percent"]
    );
    assert_eq!(codes(levels(json!({}))), ["levels-count @ tiers.t.levels"]);
    assert_eq!(codes(json!({"tiers": {"t": {"levels": {"a": {}}}}})), ["tier-form @ tiers.t"]);
    let grid = |cells: Value| {
        json!({"tiers": {"t": {"levels": {"a": {}, "b": {}}, "grid": {
        "rows": {"value": "orders", "cuts": [3, 2]}, "columns": {"value": "monetary", "cuts": [1]}, "cells": cells}}}})
    };
    assert_eq!(
        codes(grid(json!([["a", "b"], ["a", "x", "b"]]))),
        [
            "cuts-not-ascending @ tiers.t.grid.rows.cuts[1]",
            "grid-shape @ tiers.t.grid.cells",
            "grid-shape @ tiers.t.grid.cells[1]",
            "unknown-name @ tiers.t.grid.cells[1][1]"
        ]
    );
}

#[test]
fn groupings_say_what_they_miss() {
    let grouping = |value: Value| json!({"groupings": {"g": value}});
    assert_eq!(
        codes(grouping(json!({"kind": "rfm8", "base": "everyone", "recency": "recency", "cuts": [1]}))),
        [
            "grouping-key-unused @ groupings.g.cuts",
            "grouping-key-missing @ groupings.g.frequency",
            "grouping-key-missing @ groupings.g.monetary"
        ]
    );
    assert_eq!(
        codes(grouping(json!({"kind": "buckets", "base": "everyone", "shares": {"a": 50, "b": 49.5}}))),
        ["shares-total @ groupings.g.shares"]
    );
    assert_eq!(
        codes(grouping(json!({"kind": "bands", "base": "everyone", "value": "orders"}))),
        ["cuts-count @ groupings.g.cuts"]
    );
    assert_eq!(
        codes(grouping(
            json!({"kind": "waterfall", "base": "everyone", "layers": {"all": {}, "never": {"where": "orders > 1"}}})
        )),
        ["layer-unreachable @ groupings.g.layers.never"]
    );
    assert_eq!(
        codes(grouping(json!({"kind": "waterfall", "base": "everyone"}))),
        ["grouping-key-missing @ groupings.g.layers"]
    );
}

#[test]
fn rules_give_one_type_and_dates_are_dates() {
    let rules = |rules: Value| json!({"rule_sets": {"r": {"hit": "sum", "rules": rules}}});
    assert_eq!(
        codes(rules(
            json!({"a": {"when": "orders > 1", "then": 1, "from": "yesterday"}, "b": {"when": "orders > 2", "then": "x"}})
        )),
        ["date-form @ rule_sets.r.rules.a.from", "rule-then-type @ rule_sets.r.rules.b.then"]
    );
    assert_eq!(
        codes(rules(json!({"a": {"when": "orders > 1", "then": "x"}}))),
        ["rule-hit-text @ rule_sets.r.hit"]
    );
    assert_eq!(
        codes(rules(
            json!({"a": {"when": "orders > 1", "then": 1, "from": "2026-02-01", "until": "2026-01-01"}})
        )),
        ["rule-dates @ rule_sets.r.rules.a.until"]
    );
    assert_eq!(codes(rules(json!({}))), ["rules-empty @ rule_sets.r.rules"]);
}

#[test]
fn behaviours_windows_and_tier_tests() {
    let segment = |condition: Value| {
        json!({"segments": {"g": {"base": "everyone", "where": condition}},
        "tiers": {"t": {"by": "orders", "levels": {"b": {}, "a": {"from": 2}}}}})
    };
    assert_eq!(
        codes(segment(
            json!({"did": {"event": "x", "window": {"last": "3 days", "calendar": "this_month"}}})
        )),
        ["window-form @ segments.g.where.did.window"]
    );
    assert_eq!(
        codes(segment(json!({"sequence": {"steps": [{"event": "x", "within": "3 days"}]}}))),
        [
            "sequence-too-short @ segments.g.where.sequence.steps",
            "sequence-first-within @ segments.g.where.sequence.steps[0].within"
        ]
    );
    assert_eq!(
        codes(segment(json!({"tier": {"scheme": "t", "at_least": "zz"}}))),
        ["unknown-name @ segments.g.where.tier.at_least"]
    );
    assert_eq!(codes(segment(json!({"tier": {"scheme": "t"}}))), ["tier-test-form @ segments.g.where.tier"]);
}

#[test]
fn all_mistakes_of_a_document_are_found_at_once() {
    let found = codes(json!({
        "scorecards": {"s": {"attributes": {
            "a": {"value": "orders"},
            "b": {"value": "no_such_name", "bins": [{"else": true, "points": 1}]}
        }}},
        "tiers": {"t": {"by": "s", "levels": {"x": {}, "y": {"from": 3}, "z": {"from": 1}}}},
        "segments": {"g": {"base": "ghosts", "where": "orders > 1"}}
    }));
    assert_eq!(found.len(), 4, "{found:#?}");
}

/// What people read, as a file that a reviewer can read too. `GRADUS_RENEW=1` writes it anew.
#[test]
fn findings_read_as_they_should() {
    let all = json!([{"else": true, "points": 1}]);
    let documents = [
        json!({
            "indicators": {"f": {"kind": "formula"}, "a": {"kind": "formula", "of": "b"}, "b": {"kind": "formula", "of": "a"}},
            "scorecards": {
                "empty": {},
                "s": {"attributes": {
                    "form": {"value": "orders"},
                    "overlap": {"value": "orders", "bins": [{"below": 5, "points": 1}, {"from": 3, "points": 2}]},
                    "gap": {"value": "orders", "bins": [{"from": 5, "points": 1}, {"below": 3, "points": 2}]},
                    "category": {"value": "country", "bins": [{"in": ["CN", 1], "points": 1}, {"from": 1, "points": 1}]},
                    "bin": {"value": "orders", "bins": [{"from": 2, "below": 1, "points": 1}, {"points": 1}, {"else": true, "points": 1}, {"else": true, "points": 100000000000u64}]},
                    "text": {"value": "country", "quantiles": {"points": [1, 2]}},
                    "few": {"value": "orders", "quantiles": {"points": [1]}},
                    "open": {"value": "orders", "slope": {"points_each": 1, "per": -1}},
                    "heavy": {"value": "orders", "weight": 2, "bins": all, "group": "none", "cap": {"min": 2, "max": 1}},
                    "early": {"value": "t", "bins": all}
                }, "adjustments": {"nothing": {"points": 1}}},
                "flat": {"combine": "scaled", "attributes": {"a": {"value": "orders", "bins": all}}, "adjustments": {"e": {"per_event": {"event": "x"}, "points": 1}}},
                "light": {"combine": "weighted_sum", "attributes": {"a": {"value": "orders", "weight": 0, "bins": all}, "b": {"value": "orders", "weight": -1, "bins": all}}}
            },
            "rule_sets": {
                "none": {"rules": {}},
                "r": {"hit": "max", "rules": {"a": {"when": "orders > 1", "then": "x", "from": "soon"}, "b": {"when": "orders > 1", "then": 1, "from": "2026-02-01", "until": "2026-01-01"}}}
            },
            "tiers": {
                "t": {"by": "orders", "levels": {"c": {"from": 1}, "b": {"from": 3}, "a": {"from": 2}, "best": {"top_percent": 3}}},
                "p": {"by": "orders", "levels": {"c": {}, "b": {"top_percent": 200}}},
                "form": {"levels": {"a": {}}},
                "none": {"by": "orders", "levels": {}},
                "g": {"levels": {"a": {"from": 1}}, "grid": {"rows": {"value": "orders", "cuts": [2, 1]}, "columns": {"value": "orders", "cuts": []}, "cells": [["z"]]}}
            }
        }),
        json!({
            "groupings": {
                "rfm": {"kind": "rfm11", "base": "everyone", "cuts": [1]},
                "draw": {"kind": "buckets", "base": "ghosts", "shares": {"a": 100}},
                "shares": {"kind": "buckets", "base": "everyone", "shares": {"a": -1, "b": 2}},
                "layers": {"kind": "waterfall", "base": "everyone", "layers": {"all": {}, "never": {"where": "orders > 1"}}}
            },
            "segments": {
                "orders": {"base": "everyone", "where": "orders > 1"},
                "_hidden": {"base": "everyone", "where": "orders > 1"},
                "window": {"base": "everyone", "where": {"did": {"event": "x", "window": {"last": "3 days", "since": "true"}}}},
                "steps": {"base": "everyone", "where": {"sequence": {"steps": [{"event": "x", "within": "3 days"}]}}},
                "scheme": {"base": "everyone", "where": {"tier": {"scheme": "vip"}}}
            }
        }),
    ];
    let mut text = String::new();
    for document in documents {
        for finding in findings(document).iter() {
            text.push_str(&format!("{}\n{}\n\n", finding.render(Lang::Zh), finding.render(Lang::En)));
        }
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/stage_b/findings.txt");
    if std::env::var_os("GRADUS_RENEW").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(text, kept, "if this is better, renew with GRADUS_RENEW=1 and read the change");
}
