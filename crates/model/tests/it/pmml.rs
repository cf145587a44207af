//! PMML scorecards: what a file becomes, what is refused and where, and that what is written here is
//! read as what it was.

use gradus_model::document::{Bin, Model, Scorecard};
use gradus_model::exchange::{Imported, import, pmml};
use gradus_model::write::model_to_yaml;
use gradus_model::{Lang, Place};
use proptest::prelude::*;
use serde_json::json;

const LOYALTY: &str = include_str!("exchange/loyalty.pmml");

#[track_caller]
fn read(text: &str) -> Model {
    let imported = import("f.pmml", text.as_bytes());
    imported.part.unwrap_or_else(|| panic!("{:#?}", imported.findings))
}

fn write(model: &Model) -> Result<String, Vec<&'static str>> {
    let (name, card) = model.scorecards.iter().next().unwrap();
    let place = Place::default().key("scorecards").key(name);
    pmml::write(name, card, &place).map_err(|findings| findings.iter().map(|finding| finding.code).collect())
}

fn card(json: serde_json::Value) -> Model {
    serde_json::from_value(json!({ "gradus": 1, "scorecards": { "value": json } })).unwrap()
}

#[test]
fn a_file_becomes_a_document() {
    let imported = import("loyalty.pmml", LOYALTY.as_bytes());
    let said: Vec<String> = imported.findings.iter().map(|finding| finding.render(Lang::Zh)).collect();
    let inputs: Vec<String> =
        imported.inputs.iter().map(|input| format!("{}: {}", input.name, input.kind)).collect();
    let text =
        format!("{}\n{}\n\n{}", model_to_yaml(&imported.part.unwrap()), inputs.join("\n"), said.join("\n"));
    insta::assert_snapshot!(text);
}

#[test]
fn what_was_read_is_written_and_read_again() {
    let model = read(LOYALTY);
    let text = write(&model).unwrap();
    insta::assert_snapshot!(text);
    let again = read(&text);
    assert_eq!(write(&again).unwrap(), text, "{}", model_to_yaml(&again));
    assert_eq!(again, model);
}

/// The file with one piece exchanged; the piece must be there.
#[track_caller]
fn changed(from: &str, to: &str) -> Imported {
    assert!(LOYALTY.contains(from), "{from}");
    import("f.pmml", LOYALTY.replacen(from, to, 1).as_bytes())
}

#[test]
fn what_is_outside_the_subset_is_refused_where_it_stands() {
    let cases = [
        ("version=\"4.4\"", "version=\"3.2\""),
        ("<Scorecard modelName=\"loyalty\"", "<Scorecard isScorable=\"false\" modelName=\"loyalty\""),
        ("dataType=\"integer\"", "dataType=\"time\""),
        ("property=\"missing\"/>", "property=\"missing\"/><Value value=\"x\" property=\"missing\"/>"),
        ("invalidValueTreatment=\"asMissing\"", "invalidValueTreatment=\"asValue\""),
        ("outliers=\"asExtremeValues\" lowValue=\"0\"", "outliers=\"asExtremeValues\""),
        ("missingValueReplacement=\"false\"", "missingValueReplacement=\"maybe\""),
        ("reasonCodeAlgorithm=\"pointsBelow\"", "reasonCodeAlgorithm=\"pointsBeside\""),
        ("<MiningField name=\"channel\"/>", "<MiningField name=\"kanal\"/>"),
        ("function=\"/\"", "function=\"round\""),
        ("<FieldRef field=\"spend\"/>", "<FieldRef field=\"money\"/>"),
        ("<FieldRef field=\"spend\"/>", "<Lag field=\"spend\"/>"),
        ("operator=\"equal\" value=\"shop\"", "operator=\"like\" value=\"shop\""),
        ("value=\"18\"", "value=\"eighteen\""),
        (" value=\"18\"", ""),
        ("partialScore=\"25\"", "partialScore=\"many\""),
        (" partialScore=\"25\"", ""),
        ("partialScore=\"25\"", "partialScore=\"100000000\""),
        ("<True/></Attribute>", "</Attribute>"),
        ("<Characteristics>", "<Targets><Target rescaleFactor=\"2\"/></Targets><Characteristics>"),
        ("booleanOperator=\"and\"", "booleanOperator=\"nand\""),
        ("app \"mini program\"", "app \"mini program"),
    ];
    let mut said = String::new();
    for (from, to) in cases {
        let imported = changed(from, to);
        assert!(imported.part.is_none(), "{to} is accepted");
        for finding in imported.findings.iter().filter(|f| f.severity == gradus_model::Severity::Error) {
            said.push_str(&format!("{to}\n  {}\n  {}\n", finding.render(Lang::Zh), finding.render(Lang::En)));
        }
    }
    insta::assert_snapshot!(said);
    let other = "<PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\"><NaiveBayesModel/></PMML>";
    assert_eq!(import("f.pmml", other.as_bytes()).findings.0[0].code, "exchange-unsupported");
    assert_eq!(import("f.xml", b"<html/>").findings.0[0].code, "exchange-format");
    assert_eq!(import("f.xml", b"PK\x03\x04").findings.0[0].code, "exchange-format");
}

#[test]
fn a_digit_too_many_is_rounded_and_said() {
    let imported = changed("partialScore=\"25\"", "partialScore=\"24.99995\"");
    let codes: Vec<_> = imported.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"exchange-digits"), "{codes:?}");
    let model = imported.part.unwrap();
    let attribute = model.scorecards.get("loyalty").unwrap().attributes.get("channel_score").unwrap();
    assert_eq!(attribute.bins.as_ref().unwrap()[0].points.to_string(), "25");
}

#[test]
fn a_row_that_is_never_reached_is_left_out_and_said() {
    let imported = changed("operator=\"isNotMissing\"/>", "operator=\"lessThan\" value=\"20\"/>");
    let codes: Vec<_> = imported.findings.iter().map(|finding| finding.code).collect();
    assert!(
        !codes.contains(&"exchange-unreachable"),
        "not all ages are covered, so the rows stay: {codes:?}"
    );
    let imported = changed(
        "<True/></Attribute>",
        "<True/></Attribute><Attribute partialScore=\"1\"><True/></Attribute>",
    );
    let codes: Vec<_> = imported.findings.iter().map(|finding| finding.code).collect();
    assert!(codes.contains(&"exchange-unreachable"), "{codes:?}");
}

#[test]
fn what_pmml_cannot_say_is_no_file() {
    let bins = json!([{ "below": 3, "points": 1 }, { "from": 3, "points": 5 }]);
    let attribute = |more: serde_json::Value| {
        let mut attribute = json!({ "value": "orders", "bins": bins });
        attribute.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "attributes": { "a": attribute } })
    };
    assert!(write(&card(attribute(json!({})))).is_ok());
    for more in [
        json!({ "unknown": "reweight" }),
        json!({ "not_applicable": 3 }),
        json!({ "value": "orders like 'x%'" }),
        json!({ "bins": null, "quantiles": { "points": [1, 2] } }),
    ] {
        assert_eq!(write(&card(attribute(more.clone()))), Err(vec!["exchange-not-expressible"]), "{more}");
    }
    let mut scaled = attribute(json!({}));
    scaled["combine"] = json!("scaled");
    assert_eq!(write(&card(scaled)), Err(vec!["exchange-not-expressible"]));
    let mut groups = attribute(json!({}));
    groups["groups"] = json!({ "g": { "max": 3 } });
    assert_eq!(write(&card(groups)), Err(vec!["exchange-not-expressible"]));
    for adjustment in [
        json!({ "per_event": { "event": "order" }, "points": 1 }),
        json!({ "when": { "did": { "event": "order" } }, "points": 1 }),
    ] {
        let model = card(json!({ "adjustments": { "a": adjustment } }));
        assert_eq!(write(&model), Err(vec!["exchange-not-expressible"]), "{adjustment}");
    }
    let two_types = json!({ "attributes": {
        "a": { "value": "x", "bins": [{ "below": 3, "points": 1 }, { "from": 3, "points": 5 }] },
        "b": { "value": "x", "bins": [{ "in": ["y"], "points": 1 }, { "else": true, "points": 5 }] } } });
    assert_eq!(write(&card(two_types)), Err(vec!["exchange-not-expressible"]));
}

fn points() -> impl Strategy<Value = serde_json::Value> {
    (-500_000i64..500_000).prop_map(|units| json!(units as f64 / 10_000.0))
}

fn text() -> impl Strategy<Value = String> {
    "[a-z中 <&\"'\\\\]{1,6}".prop_map(|text| text.replace(' ', "_"))
}

fn bins() -> impl Strategy<Value = (serde_json::Value, serde_json::Value)> {
    let cuts = prop::collection::btree_set(-100_000i64..100_000, 1..6);
    let numbers =
        (cuts, prop::collection::vec((points(), prop::option::of(text())), 7)).prop_map(|(cuts, given)| {
            let cuts: Vec<i64> = cuts.into_iter().collect();
            let at = |cut: i64| json!(cut as f64 / 10_000.0);
            let bins: Vec<_> = (0..=cuts.len())
                .map(|index| {
                    let mut bin = json!({ "points": given[index].0 });
                    if index > 0 {
                        bin["from"] = at(cuts[index - 1]);
                    }
                    if let Some(cut) = cuts.get(index) {
                        bin["below"] = at(*cut);
                    }
                    if let Some(reason) = &given[index].1 {
                        bin["reason"] = json!(reason);
                    }
                    bin
                })
                .collect();
            (json!("amount"), json!(bins))
        });
    let texts = (prop::collection::btree_set(text(), 2..6), prop::collection::vec(points(), 7)).prop_map(
        |(texts, given)| {
            let mut bins: Vec<_> = texts
                .iter()
                .zip(&given)
                .map(|(text, points)| json!({ "in": [text], "points": points }))
                .collect();
            bins.push(json!({ "else": true, "points": given[6] }));
            (json!("channel"), json!(bins))
        },
    );
    let truths = (points(), points()).prop_map(|(yes, no)| {
        (json!("member"), json!([{ "in": [true], "points": yes }, { "in": [false], "points": no }]))
    });
    prop_oneof![3 => numbers, 2 => texts, 1 => truths]
}

fn attribute() -> impl Strategy<Value = serde_json::Value> {
    let binned = (bins(), prop::option::of(points()), prop::option::of(text()), prop::option::of(points()))
        .prop_map(|((value, bins), unknown, reason, baseline)| {
            let mut attribute = json!({ "value": value, "bins": bins });
            if let Some(points) = unknown {
                attribute["unknown"] = json!({ "points": points });
                if let Some(reason) = &reason {
                    attribute["unknown_reason"] = json!(format!("{reason}?"));
                }
            }
            if let Some(reason) = reason {
                attribute["reason"] = json!(reason);
            }
            if let Some(baseline) = baseline {
                attribute["baseline"] = baseline;
            }
            attribute
        });
    let cases = (points(), points(), any::<bool>()).prop_map(|(first, second, computed)| {
        let condition = "coalesce(amount < 5 and channel <> 'shop' or member = true, false)";
        let mut cases = vec![
            json!({ "title": { "zh": "甲", "en": "A" }, "when": condition, "points": first }),
            json!({ "when": "case when channel is null then true end", "points": second, "reason": "N" }),
        ];
        let mut attribute = json!({});
        if computed {
            cases[1]["when"] = json!("channel is null");
            cases.push(json!({ "else": true, "points_of": "amount * 0.5 + abs(amount)" }));
            attribute["cap"] = json!({ "min": -1_000_000, "max": 1_000_000 });
        }
        attribute["cases"] = json!(cases);
        attribute
    });
    prop_oneof![4 => binned, 1 => cases]
}

fn any_card() -> impl Strategy<Value = Scorecard> {
    let attributes = prop::collection::vec(attribute(), 1..6);
    let reasons = prop_oneof![
        Just(json!({ "rank": "points_above" })),
        Just(json!({ "rank": "points_below", "baseline": 3.25 })),
    ];
    (attributes, reasons, prop::option::of(points()), any::<bool>()).prop_map(|(attributes, reasons, base, more)| {
        let mut all = serde_json::Map::new();
        for (index, attribute) in attributes.into_iter().enumerate() {
            all.insert(format!("属性 {index}"), attribute);
        }
        let mut card = json!({ "attributes": all, "reasons": reasons });
        if let Some(base) = base.filter(|base| base.as_f64() != Some(0.0)) {
            card["base_points"] = base;
        }
        if more {
            card["title"] = json!({ "zh": "价值<1>", "en": "\"Value\" & more" });
            card["total"] = json!({ "min": 0, "max": 100.5 });
            card["adjustments"] = json!({ "扣分": { "when": "orders = 0 and not (member or amount > 3)", "points": -3, "group": "行为" } });
        }
        serde_json::from_value(card).unwrap()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_document_comes_back_as_it_was(card in any_card()) {
        let text = pmml::write("价值", &card, &Place::default()).unwrap();
        let imported = import("f.pmml", text.as_bytes());
        let Some(part) = imported.part else { panic!("{:#?}\n{text}", imported.findings) };
        let (name, read) = part.scorecards.iter().next().unwrap();
        prop_assert_eq!(name, "价值");
        let text_of = |card: &Scorecard| serde_json::to_string_pretty(card).unwrap();
        let mut expected = card.clone();
        // `not` goes inside the brackets.
        for (_, adjustment) in &mut expected.adjustments.0 {
            adjustment.when = Some(gradus_model::document::Condition::Sql("orders = 0 and member = false and amount <= 3".into()));
        }
        prop_assert_eq!(text_of(read), text_of(&expected), "{}", text);
        prop_assert_eq!(pmml::write("价值", read, &Place::default()).unwrap(), text);
    }

    #[test]
    fn no_bytes_end_in_a_panic(at in 0usize..LOYALTY.len(), bytes in prop::collection::vec(any::<u8>(), 1..4)) {
        let mut file = LOYALTY.as_bytes().to_vec();
        let end = (at + bytes.len()).min(file.len());
        file.splice(at..end, bytes);
        let imported = import("f.pmml", &file);
        prop_assert!(imported.part.is_some() != imported.findings.has_errors());
    }
}

#[test]
fn bins_of_a_cascade_are_disjoint() {
    let model = read(LOYALTY);
    let age = model.scorecards.get("loyalty").unwrap().attributes.get("age_score").unwrap();
    let bins: Vec<(Option<String>, Option<String>, bool)> = age
        .bins
        .as_ref()
        .unwrap()
        .iter()
        .map(|Bin { from, below, otherwise, .. }| {
            (from.map(|n| n.to_string()), below.map(|n| n.to_string()), *otherwise)
        })
        .collect();
    let some = |n: &str| Some(n.to_string());
    assert_eq!(bins, [(None, some("19"), false), (some("19"), some("61"), false), (None, None, true)]);
}

/// A tree that votes `yes` where `a` is above the cut.
fn voter(cut: f64) -> String {
    format!(
        "<TreeModel functionName=\"classification\" noTrueChildStrategy=\"returnLastPrediction\"><MiningSchema><MiningField name=\"y\" usageType=\"target\"/><MiningField name=\"a\"/></MiningSchema><Node score=\"no\"><True/><Node score=\"yes\"><SimplePredicate field=\"a\" operator=\"greaterThan\" value=\"{cut}\"/><ScoreDistribution value=\"yes\" recordCount=\"6\"/><ScoreDistribution value=\"no\" recordCount=\"4\"/></Node><Node score=\"no\"><True/></Node></Node></TreeModel>"
    )
}

fn of_classes(model: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><PMML xmlns=\"http://www.dmg.org/PMML-4_4\" version=\"4.4\"><Header/><DataDictionary><DataField name=\"y\" optype=\"categorical\" dataType=\"string\"><Value value=\"no\"/><Value value=\"yes\"/></DataField><DataField name=\"a\" optype=\"continuous\" dataType=\"double\"/><DataField name=\"c\" optype=\"categorical\" dataType=\"string\"/></DataDictionary>{model}</PMML>"
    )
}

fn ensemble(method: &str, weights: [f64; 3]) -> String {
    let segments: String = weights
        .iter()
        .enumerate()
        .map(|(at, weight)| {
            format!("<Segment id=\"{at}\" weight=\"{weight}\"><True/>{}</Segment>", voter(at as f64))
        })
        .collect();
    of_classes(&format!(
        "<MiningModel functionName=\"classification\"><MiningSchema><MiningField name=\"y\" usageType=\"target\"/><MiningField name=\"a\"/></MiningSchema><Segmentation multipleModelMethod=\"{method}\">{segments}</Segmentation></MiningModel>"
    ))
}

#[test]
fn trees_vote_and_what_is_told_is_their_share() {
    let gives = |method: &str| -> Vec<f64> {
        let trained = read(&ensemble(method, [1.0, 2.0, 1.0])).predictions.0[0].1.trained.clone().unwrap();
        let yes = |tree: &gradus_model::document::TrainedTree| {
            tree.nodes.iter().filter_map(|node| node.gives).fold(0.0, f64::max)
        };
        trained.trees.iter().map(yes).collect()
    };
    // Each tree gives its vote (and not 0.6, the share of its leaf), a third of the whole; or by its weight.
    let third = gives("majorityVote");
    assert!(third.iter().all(|vote| (vote - 1.0 / 3.0).abs() < 1e-12) && third.len() == 3, "{third:?}");
    assert_eq!(gives("weightedMajorityVote"), [0.25, 0.5, 0.25]);
    assert_eq!(gives("selectFirst"), [0.6]);
    for method in ["median", "max"] {
        let refused = import("f.pmml", ensemble(method, [1.0; 3]).as_bytes());
        let finding = refused.findings.iter().find(|one| one.what.en.contains(method)).unwrap();
        // Left out it would be another model: that is no remedy.
        assert!(refused.part.is_none() && finding.right.en.contains("would be another model"), "{finding:?}");
    }
}

/// Of a missing value no predicate is true: a node gives its own score then, be its children opposites or not.
#[test]
fn a_missing_value_stops_at_the_score_of_its_node() {
    let opposite = voter(3.0).replace(
        "<Node score=\"no\"><True/></Node></Node>",
        "<Node score=\"no\"><SimplePredicate field=\"a\" operator=\"lessOrEqual\" value=\"3\"/></Node></Node>",
    );
    for tree in [voter(3.0), opposite] {
        let trained = read(&of_classes(&tree)).predictions.0[0].1.trained.clone().unwrap();
        let questions: Vec<_> = trained.trees[0].nodes.iter().filter(|node| node.input.is_some()).collect();
        assert!(
            !questions.is_empty() && questions.iter().all(|node| node.unknown.is_some()),
            "{questions:?}"
        );
    }
}

#[test]
fn a_regression_as_r_exports_glm_is_read() {
    let glm = |more: &str, cells: &str| {
        of_classes(&format!(
            "<GeneralRegressionModel functionName=\"classification\" modelType=\"generalizedLinear\" {more}><MiningSchema><MiningField name=\"y\" usageType=\"target\"/><MiningField name=\"a\"/><MiningField name=\"c\"/></MiningSchema><ParameterList><Parameter name=\"p0\"/><Parameter name=\"p1\"/><Parameter name=\"p2\"/></ParameterList><FactorList><Predictor name=\"c\"/></FactorList><CovariateList><Predictor name=\"a\"/></CovariateList><PPMatrix><PPCell value=\"1\" predictorName=\"a\" parameterName=\"p1\"/><PPCell value=\"x\" predictorName=\"c\" parameterName=\"p2\"/><PPCell value=\"2\" predictorName=\"a\" parameterName=\"p2\"/></PPMatrix><ParamMatrix>{cells}</ParamMatrix></GeneralRegressionModel>"
        ))
    };
    let cells = |target: &str| {
        format!(
            "<PCell parameterName=\"p0\" beta=\"-1\" {target}/><PCell parameterName=\"p1\" beta=\"0.5\" {target}/><PCell parameterName=\"p2\" beta=\"0.25\" {target}/>"
        )
    };
    let of = |text: &str| read(text).predictions.0[0].1.trained.clone().unwrap();
    let found = of(&glm("linkFunction=\"logit\" distribution=\"binomial\"", &cells("")));
    assert_eq!((found.intercept, found.weights.0.len()), (-1.0, 2));
    assert_eq!(found.weights.0[0], ("a".to_string(), 0.5));
    // A factor's value as 0 or 1, times the square of the covariate.
    let product = &found.inputs.0[1].1;
    assert!(
        product.contains("case") && product.matches(" * ").count() == 2 && found.weights.0[1].1 == 0.25,
        "{product}"
    );
    // Of the other class the signs turn.
    let other = of(&glm("linkFunction=\"logit\"", &cells("targetCategory=\"no\"")));
    assert_eq!((other.intercept, other.weights.0[0].1), (1.0, -0.5));
    let refused = import("f.pmml", glm("linkFunction=\"probit\"", &cells("")).as_bytes());
    assert!(refused.part.is_none() && refused.findings.iter().any(|one| one.what.en.contains("probit")));
}
