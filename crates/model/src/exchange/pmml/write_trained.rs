//! Predictions become PMML 4.4: weighted sums a `RegressionModel`, sums of trees a `MiningModel`, groups of customers a
//! `ClusteringModel`.

use super::super::not_expressible;
use super::super::term::{Operator, Term, parse};
use super::super::xml::Writer;
use super::NAMESPACE;
use super::write::titles;
use super::write_formula::Names;
use crate::document::{Link, Prediction, Trained, TrainedNode, TrainedTree};
use crate::{Findings, Place, Text};

/// Questions in a row at most: what an XML reader takes.
const MOST_DEPTH: usize = 100;

/// Groups of customers as a run found them.
#[derive(Debug, Clone, PartialEq)]
pub struct Centres {
    pub title: Option<Text>,
    pub features: Vec<CentredFeature>,
    /// The largest first.
    pub clusters: Vec<Centre>,
}

/// A feature, and how it was brought to a scale: (x - centre) / width, of logarithms if `log`.
#[derive(Debug, Clone, PartialEq)]
pub struct CentredFeature {
    pub sql: String,
    pub log: bool,
    pub centre: f64,
    pub width: f64,
}

/// A group and its centre on the scale of the features.
#[derive(Debug, Clone, PartialEq)]
pub struct Centre {
    pub name: String,
    pub title: Text,
    pub n: u64,
    pub at: Vec<f64>,
}

/// Writes a model that was trained elsewhere, as it stands in the document.
///
/// # Errors
/// Findings: it is another kind of prediction, or PMML has no form for what it reads.
pub fn write_trained(name: &str, prediction: &Prediction) -> Result<String, Findings> {
    let place = Place::default().key("predictions").key(name);
    let Some(trained) = &prediction.trained else {
        return Err(Findings(vec![not_expressible(
            place,
            Text::new(
                "这种预测的参数在拟合里，不在文档里",
                "what this prediction has learned is a fit and not in the document",
            ),
            Text::new("trained 或 clusters 的预测", "a prediction of kind `trained` or `clusters`"),
        )]));
    };
    let place = place.key("trained");
    let (names, fields) = read_names(
        trained.inputs.iter().map(|(input, sql)| (input, sql.as_str(), place.key("inputs").key(input))),
    )?;
    if trained.trees.is_empty() {
        return Ok(regression(name, prediction, trained, &names, &fields));
    }
    for (at, tree) in trained.trees.iter().enumerate() {
        if depth(tree) > MOST_DEPTH {
            let place = place.key("trees").index(at);
            let what =
                Text::new(format!("树超过 {MOST_DEPTH} 层"), format!("the tree is deeper than {MOST_DEPTH}"));
            return Err(Findings(vec![not_expressible(
                place,
                what,
                Text::new("更浅的树", "a shallower tree"),
            )]));
        }
    }
    let questions = || trained.trees.iter().flat_map(|tree| &tree.nodes).filter(|node| node.gives.is_none());
    let strategy = match (
        questions().all(|node| node.unknown.is_some()),
        questions().any(|node| node.unknown.is_some()),
    ) {
        (true, true) => "defaultChild",
        (_, false) => "nullPrediction",
        _ => {
            let what = Text::new(
                "有的节点写了未知值的去向，有的没有写，PMML 只有一种办法",
                "some nodes say where what is unknown goes and some do not: PMML has one way for all",
            );
            let right = Text::new("每个节点都写 unknown，或都不写", "`unknown` at every node, or at none");
            return Err(Findings(vec![not_expressible(place.key("trees"), what, right)]));
        }
    };
    Ok(ensemble(name, prediction, trained, strategy, &names, &fields))
}

/// Writes groups of customers with their centres.
///
/// # Errors
/// PMML has no form for a feature.
pub fn write_clusters(name: &str, centres: &Centres) -> Result<String, Findings> {
    let place = Place::default().key("predictions").key(name).key("clusters").key("features");
    let scaled = centres.features.iter().map(scale);
    let texts: Vec<String> =
        scaled.map(|term| term.map(|term| term.to_string()).unwrap_or_default()).collect();
    let (names, fields) =
        read_names(texts.iter().enumerate().map(|(at, sql)| ("feature", sql.as_str(), place.index(at))))?;
    let mut xml = begun(&names, None);
    let n_clusters = centres.clusters.len().to_string();
    let model = [
        ("modelName", name),
        ("functionName", "clustering"),
        ("modelClass", "centerBased"),
        ("numberOfClusters", n_clusters.as_str()),
    ];
    xml.open("ClusteringModel", &model);
    titles(&mut xml, "title", centres.title.as_ref());
    schema(&mut xml, &names, None);
    xml.open("Output", &[]);
    let output = names.free("cluster");
    xml.empty(
        "OutputField",
        &[
            ("name", &output),
            ("optype", "categorical"),
            ("dataType", "string"),
            ("feature", "predictedValue"),
        ],
    );
    xml.close();
    names.write_derived(&mut xml);
    xml.open("ComparisonMeasure", &[("kind", "distance"), ("compareFunction", "absDiff")]);
    xml.empty("squaredEuclidean", &[]);
    xml.close();
    for field in &fields {
        xml.empty("ClusteringField", &[("field", field), ("compareFunction", "absDiff")]);
    }
    for cluster in &centres.clusters {
        let size = cluster.n.to_string();
        xml.open("Cluster", &[("id", &cluster.name), ("name", &cluster.name), ("size", &size)]);
        titles(&mut xml, "title", Some(&cluster.title));
        let at: Vec<String> = cluster.at.iter().map(f64::to_string).collect();
        let n = at.len().to_string();
        xml.text("Array", &[("n", &n), ("type", "real")], &at.join(" "));
        xml.close();
    }
    Ok(xml.finish())
}

/// A feature on its scale, as a formula.
fn scale(feature: &CentredFeature) -> Option<Term> {
    let of = parse(&feature.sql)?;
    let digits = |value: f64| Term::number(&value.to_string());
    let of = match feature.log {
        false => of,
        true => {
            let size = Term::binary(Operator::Add, digits(1.0)?, Term::call("abs", vec![of.clone()]));
            let log = Term::call("ln", vec![size]);
            let minus = Term::binary(Operator::Subtract, digits(0.0)?, log.clone());
            let below = Term::binary(Operator::Less, of, digits(0.0)?);
            Term::Case(vec![(below, minus)], Some(Box::new(log)))
        }
    };
    let apart = Term::binary(Operator::Subtract, of, digits(feature.centre)?);
    Some(Term::binary(Operator::Divide, apart, digits(feature.width)?))
}

/// The fields of inputs, in their order.
fn read_names<'n>(
    inputs: impl Iterator<Item = (&'n str, &'n str, Place)>,
) -> Result<(Names, Vec<String>), Findings> {
    let (mut names, mut terms, mut findings) = (Names::default(), Vec::new(), Findings::default());
    for (hint, sql, place) in inputs {
        match parse(sql).filter(|term| names.learn_number(term, hint)) {
            Some(term) => terms.push(term),
            None => {
                let shown: String = sql.chars().take(120).collect();
                let what =
                    Text::new(format!("PMML 写不出 `{shown}`"), format!("PMML has no form for `{shown}`"));
                let right = Text::new("先算成一个指标", "an indicator for it");
                findings.push(not_expressible(place, what, right));
            }
        }
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    let fields = terms.iter().map(|term| names.field(term)).collect();
    Ok((names, fields))
}

/// A file up to its model; a model that gives a number has a field for it.
fn begun(names: &Names, target: Option<&str>) -> Writer {
    let mut xml = Writer::new();
    xml.open("PMML", &[("xmlns", NAMESPACE), ("version", "4.4")]);
    xml.open("Header", &[]);
    xml.empty("Application", &[("name", "Gradus")]);
    xml.close();
    let n = (names.fields().count() + usize::from(target.is_some())).to_string();
    xml.open("DataDictionary", &[("numberOfFields", &n)]);
    for (field, data_type, optype) in names.fields() {
        xml.empty("DataField", &[("name", field), ("optype", optype), ("dataType", data_type)]);
    }
    if let Some(target) = target {
        xml.empty("DataField", &[("name", target), ("optype", "continuous"), ("dataType", "double")]);
    }
    xml.close();
    xml
}

fn schema(xml: &mut Writer, names: &Names, target: Option<&str>) {
    xml.open("MiningSchema", &[]);
    for (field, ..) in names.fields() {
        xml.empty("MiningField", &[("name", field), ("invalidValueTreatment", "asIs")]);
    }
    if let Some(target) = target {
        xml.empty("MiningField", &[("name", target), ("usageType", "target")]);
    }
    xml.close();
}

fn normalization(link: Option<Link>) -> &'static str {
    match link.unwrap_or_default() {
        Link::Identity => "none",
        Link::Logit => "logit",
        Link::Exp => "exp",
    }
}

fn regression(
    name: &str,
    prediction: &Prediction,
    trained: &Trained,
    names: &Names,
    fields: &[String],
) -> String {
    let target = names.free("prediction");
    let mut xml = begun(names, Some(&target));
    let attributes = [
        ("modelName", name),
        ("functionName", "regression"),
        ("normalizationMethod", normalization(trained.link)),
    ];
    xml.open("RegressionModel", &attributes);
    titles(&mut xml, "title", prediction.title.as_ref());
    schema(&mut xml, names, Some(&target));
    names.write_derived(&mut xml);
    xml.open("RegressionTable", &[("intercept", &trained.intercept.to_string())]);
    for ((input, _), field) in trained.inputs.iter().zip(fields) {
        let weight = trained.weights.get(input).copied().unwrap_or(0.0).to_string();
        xml.empty("NumericPredictor", &[("name", field), ("coefficient", &weight)]);
    }
    xml.finish()
}

/// The trees summed; a link is a regression behind them.
fn ensemble(
    name: &str,
    prediction: &Prediction,
    trained: &Trained,
    strategy: &str,
    names: &Names,
    fields: &[String],
) -> String {
    let target = names.free("prediction");
    let mut xml = begun(names, Some(&target));
    let linked = trained.link.unwrap_or_default() != Link::Identity;
    xml.open("MiningModel", &[("modelName", name), ("functionName", "regression")]);
    titles(&mut xml, "title", prediction.title.as_ref());
    schema(&mut xml, names, Some(&target));
    let intercept = trained.intercept.to_string();
    let sum = names.free("sum");
    if linked {
        names.write_derived(&mut xml);
        xml.open("Segmentation", &[("multipleModelMethod", "modelChain")]);
        xml.open("Segment", &[("id", "sum")]);
        xml.empty("True", &[]);
        xml.open("MiningModel", &[("functionName", "regression")]);
        schema(&mut xml, names, None);
        xml.open("Output", &[]);
        let output = [
            ("name", sum.as_str()),
            ("optype", "continuous"),
            ("dataType", "double"),
            ("feature", "predictedValue"),
        ];
        xml.empty("OutputField", &output);
        xml.close();
    } else {
        xml.open("Targets", &[]);
        xml.empty("Target", &[("field", &target), ("rescaleConstant", &intercept)]);
        xml.close();
        names.write_derived(&mut xml);
    }
    xml.open("Segmentation", &[("multipleModelMethod", "sum")]);
    for (at, tree) in trained.trees.iter().enumerate() {
        let id = (at + 1).to_string();
        xml.open("Segment", &[("id", &id)]);
        xml.empty("True", &[]);
        let attributes = [
            ("functionName", "regression"),
            ("missingValueStrategy", strategy),
            ("noTrueChildStrategy", "returnNullPrediction"),
            ("splitCharacteristic", "binarySplit"),
        ];
        xml.open("TreeModel", &attributes);
        schema(&mut xml, names, None);
        let field_of = |input: &str| {
            let at = trained.inputs.position(input);
            at.and_then(|at| fields.get(at)).map(String::as_str).unwrap_or_default()
        };
        write_node(&mut xml, tree, 0, None, &field_of);
        xml.close();
        xml.close();
    }
    xml.close();
    if linked {
        xml.close();
        xml.close();
        xml.open("Segment", &[("id", "link")]);
        xml.empty("True", &[]);
        let attributes =
            [("functionName", "regression"), ("normalizationMethod", normalization(trained.link))];
        xml.open("RegressionModel", &attributes);
        xml.open("MiningSchema", &[]);
        xml.empty("MiningField", &[("name", &sum)]);
        xml.close();
        xml.open("RegressionTable", &[("intercept", &intercept)]);
        xml.empty("NumericPredictor", &[("name", &sum), ("coefficient", "1")]);
    }
    xml.finish()
}

/// A node with all below it; `asked` is what led here: field, operator, value.
fn write_node<'t>(
    xml: &mut Writer,
    tree: &'t TrainedTree,
    at: usize,
    asked: Option<(&str, &str, String)>,
    field_of: &impl Fn(&str) -> &'t str,
) {
    let Some(node) = tree.nodes.get(at) else { return };
    let id = at.to_string();
    let gives = node.gives.map(|gives| gives.to_string());
    let default = default_child(node).map(|child| child.to_string());
    let mut attributes = vec![("id", id.as_str())];
    attributes.extend(gives.iter().map(|gives| ("score", gives.as_str())));
    attributes.extend(default.iter().map(|child| ("defaultChild", child.as_str())));
    xml.open("Node", &attributes);
    match asked {
        None => xml.empty("True", &[]),
        Some((field, operator, value)) => {
            xml.empty("SimplePredicate", &[("field", field), ("operator", operator), ("value", &value)]);
        }
    }
    if let (Some(input), Some(cut), Some(yes), Some(no)) = (&node.input, node.cut, node.yes, node.no) {
        let (holds, not) = match node.below {
            true => ("lessThan", "greaterOrEqual"),
            false => ("lessOrEqual", "greaterThan"),
        };
        let field = field_of(input);
        write_node(xml, tree, yes as usize, Some((field, holds, cut.to_string())), field_of);
        write_node(xml, tree, no as usize, Some((field, not, cut.to_string())), field_of);
    }
    xml.close();
}

fn default_child(node: &TrainedNode) -> Option<u32> {
    if node.unknown? { node.yes } else { node.no }
}

/// Questions on the longest way; nodes come before those that they lead to.
fn depth(tree: &TrainedTree) -> usize {
    let mut depths = vec![0usize; tree.nodes.len()];
    for (at, node) in tree.nodes.iter().enumerate() {
        for child in [node.yes, node.no].into_iter().flatten() {
            // What leads back is no tree, and is said where it is compiled.
            if child as usize <= at {
                return usize::MAX;
            }
            if let Some(depth) = depths.get(at).map(|depth| depth + 1)
                && let Some(own) = depths.get_mut(child as usize)
            {
                *own = (*own).max(depth);
            }
        }
    }
    depths.into_iter().max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::import;
    use serde_json::{Value, json};

    fn round_trip(trained: Value) {
        let own: Prediction = serde_json::from_value(json!({ "trained": trained })).unwrap();
        let xml = write_trained("p", &own).unwrap();
        let back = import("p.pmml", xml.as_bytes());
        let part = back.part.unwrap_or_else(|| panic!("{:#?}\n{xml}", back.findings));
        let found = part.predictions.get("p").unwrap().trained.clone().unwrap();
        let wanted = Trained { from: found.from.clone(), ..own.trained.unwrap() };
        assert_eq!(found, wanted, "{xml}");
    }

    #[test]
    fn what_is_written_is_read_back() {
        round_trip(
            json!({ "inputs": { "x": "x", "y": "y" }, "intercept": -1.5, "weights": { "x": 0.25, "y": 2.0 } }),
        );
        round_trip(
            json!({ "inputs": { "x": "x" }, "intercept": 1e-7, "weights": { "x": 0.1 }, "link": "logit" }),
        );
        round_trip(json!({ "inputs": { "x": "x" }, "weights": { "x": 1.0 }, "link": "exp" }));
        let nodes = |unknown: Value| {
            let mut root = json!({ "input": "x", "cut": 0.3, "yes": 1, "no": 2 });
            let mut other = json!({ "input": "y", "cut": -2.0, "below": true, "yes": 3, "no": 4 });
            if !unknown.is_null() {
                root["unknown"] = unknown;
                other["unknown"] = json!(false);
            }
            json!([{ "nodes": [root, { "gives": 1.5 }, other, { "gives": -3.0 }, { "gives": 0.0 }] }])
        };
        let inputs = json!({ "x": "x", "y": "y" });
        round_trip(json!({ "inputs": inputs, "intercept": 10.0, "trees": nodes(Value::Null) }));
        round_trip(
            json!({ "inputs": inputs, "intercept": -0.5, "trees": nodes(json!(true)), "link": "logit" }),
        );
    }

    #[test]
    fn what_pmml_cannot_say_is_a_finding() {
        let own: Prediction = serde_json::from_value(json!({ "lifetime": {} })).unwrap();
        assert_eq!(write_trained("p", &own).unwrap_err().0[0].code, "exchange-not-expressible");
        let mixed = json!({ "trained": { "inputs": { "x": "x" }, "trees": [{ "nodes": [
            { "input": "x", "cut": 1.0, "yes": 1, "no": 2, "unknown": true }, { "gives": 1.0 },
            { "input": "x", "cut": 2.0, "yes": 3, "no": 4 }, { "gives": 2.0 }, { "gives": 3.0 }] }] } });
        let refused = write_trained("p", &serde_json::from_value(mixed).unwrap()).unwrap_err();
        assert_eq!(refused.0[0].place.path.as_deref(), Some("predictions.p.trained.trees"));
    }

    #[test]
    fn groups_are_written_with_their_scales() {
        let feature = |log: bool| CentredFeature { sql: "spend".into(), log, centre: 5.0, width: 2.0 };
        let centre =
            |name: &str, at: f64| Centre { name: name.into(), title: Text::plain(name), n: 3, at: vec![at] };
        let mut centres = Centres {
            title: None,
            features: vec![feature(false)],
            clusters: vec![centre("c1", -1.5), centre("c2", 1e-9)],
        };
        let xml = write_clusters("kind", &centres).unwrap();
        assert!(
            xml.contains("numberOfClusters=\"2\"")
                && xml.contains("<Array n=\"1\" type=\"real\">0.000000001</Array>"),
            "{xml}"
        );
        assert!(xml.contains("<Apply function=\"/\">") && xml.contains("field=\"spend\""), "{xml}");
        assert!(super::super::super::xml::read("kind.pmml", xml.as_bytes()).is_ok());
        centres.features = vec![feature(true)];
        assert!(write_clusters("kind", &centres).unwrap().contains("function=\"ln\""));
    }
}
