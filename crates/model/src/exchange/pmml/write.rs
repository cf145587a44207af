//! A scorecard becomes a PMML 4.4 file. What PMML cannot say is a finding, and then there is no file:
//! a card that scores otherwise elsewhere would be worse than none.

use super::super::not_expressible;
use super::super::term::{Operator, Term};
use super::super::xml::Writer;
use super::NAMESPACE;
use super::rows::{self, Characteristic};
use super::shape::{Score, number};
use super::write_formula::{Form, Names, array, predicate_form, without_not};
use crate::document::{Combine, ReasonRank, Scorecard};
use crate::{Findings, Place, Text};

/// Writes one scorecard under its name. `place` is where it stands in its document.
///
/// ```
/// use gradus_model::{Place, exchange, load};
/// let text = "gradus: 1\nscorecards:\n  value:\n    attributes:\n      orders:\n        value: orders\n        \
///             bins: [{ below: 3, points: 1 }, { from: 3, points: 5 }]\n";
/// let model = load::load_model("m.yaml", text).value.unwrap();
/// let card = model.scorecards.get("value").unwrap();
/// let xml = exchange::pmml::write("value", card, &Place::default()).unwrap();
/// let back = exchange::import("value.pmml", xml.as_bytes()).part.unwrap();
/// assert_eq!(back.scorecards.get("value"), Some(card));
/// ```
pub fn write(name: &str, card: &Scorecard, place: &Place) -> Result<String, Findings> {
    let mut findings = Findings::default();
    if card.combine == Combine::Scaled {
        findings.push(not_expressible(
            place.key("combine"),
            Text::new(
                "PMML 评分卡不能把分值换算到 0–100",
                "a PMML scorecard cannot stretch its points to 0–100",
            ),
            Text::new("combine: sum 或 weighted_sum", "`combine: sum` or `weighted_sum`"),
        ));
    }
    for (group, caps) in card.groups.iter() {
        if caps.min.is_some() || caps.max.is_some() {
            findings.push(not_expressible(
                place.key("groups").key(group),
                Text::new("PMML 没有分组的上下限", "PMML has no limits on groups"),
                Text::new("改用 total，或把上下限写在属性上", "`total`, or limits on the attributes"),
            ));
        }
    }
    let mut characteristics = rows::of(card, place, &mut findings);
    for row in characteristics.iter_mut().flat_map(|characteristic| &mut characteristic.rows) {
        row.when = without_not(std::mem::replace(&mut row.when, Term::Null));
    }
    let mut names = Names::default();
    for characteristic in &characteristics {
        for row in &characteristic.rows {
            if !names.learn_predicate(&row.when, &characteristic.name) {
                findings.push(no_form(characteristic, &row.when));
            }
            if let Score::Formula(formula) = &row.score
                && !names.learn_formula(formula)
            {
                findings.push(no_form(characteristic, formula));
            }
        }
    }
    for name in names.contradictory() {
        findings.push(not_expressible(
            place.clone(),
            Text::new(
                format!("「{name}」一处当作数值、一处当作文本，PMML 的字段只有一种类型"),
                format!(
                    "“{name}” is a number in one place and a text in another: a field of PMML has one type"
                ),
            ),
            Text::new("各用一个指标", "an indicator for each"),
        ));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(file(name, card, &characteristics, &names))
}

fn no_form(characteristic: &Characteristic, term: &Term) -> crate::Finding {
    let shown: String = term.to_string().chars().take(120).collect();
    not_expressible(
        characteristic.place.clone(),
        Text::new(format!("PMML 写不出 `{shown}`"), format!("PMML has no form for `{shown}`")),
        Text::new(
            "先算成一个指标，评分卡引用这个指标",
            "an indicator for it, which the scorecard then reads",
        ),
    )
}

fn file(name: &str, card: &Scorecard, characteristics: &[Characteristic], names: &Names) -> String {
    let mut xml = Writer::new();
    xml.open("PMML", &[("xmlns", NAMESPACE), ("version", "4.4")]);
    xml.open("Header", &[]);
    xml.empty("Application", &[("name", "Gradus")]);
    xml.close();
    let fields: Vec<(&str, &str, &str)> = names.fields().collect();
    let n_fields = (fields.len() + 1).to_string();
    xml.open("DataDictionary", &[("numberOfFields", &n_fields)]);
    for (field, data_type, optype) in &fields {
        xml.empty("DataField", &[("name", field), ("optype", optype), ("dataType", data_type)]);
    }
    let score = names.free("score");
    xml.empty("DataField", &[("name", &score), ("optype", "continuous"), ("dataType", "double")]);
    xml.close();

    let initial = card.base_points.unwrap_or_default().to_string();
    let mut attributes =
        vec![("modelName", name), ("functionName", "regression"), ("initialScore", &initial)];
    let baseline =
        card.reasons.as_ref().and_then(|reasons| reasons.baseline).map(|points| points.to_string());
    match &card.reasons {
        None => attributes.push(("useReasonCodes", "false")),
        Some(reasons) => {
            attributes.push(("useReasonCodes", "true"));
            attributes.push((
                "reasonCodeAlgorithm",
                match reasons.rank {
                    ReasonRank::PointsAbove => "pointsAbove",
                    ReasonRank::PointsBelow => "pointsBelow",
                },
            ));
            if let Some(baseline) = &baseline {
                attributes.push(("baselineScore", baseline));
            }
        }
    }
    xml.open("Scorecard", &attributes);
    titles(&mut xml, "title", card.title.as_ref());
    titles(&mut xml, "description", card.description.as_ref());
    xml.open("MiningSchema", &[]);
    for (field, ..) in &fields {
        xml.empty("MiningField", &[("name", field), ("invalidValueTreatment", "asIs")]);
    }
    xml.empty("MiningField", &[("name", &score), ("usageType", "target")]);
    xml.close();
    xml.open("Output", &[]);
    xml.empty(
        "OutputField",
        &[
            ("name", &names.free("final_score")),
            ("optype", "continuous"),
            ("dataType", "double"),
            ("feature", "predictedValue"),
        ],
    );
    if card.reasons.is_some() {
        for rank in 1..=characteristics.len().min(4) {
            let (rank, reason) = (rank.to_string(), names.free(&format!("reason_{rank}")));
            xml.empty(
                "OutputField",
                &[
                    ("name", &reason),
                    ("optype", "categorical"),
                    ("dataType", "string"),
                    ("feature", "reasonCode"),
                    ("rank", &rank),
                ],
            );
        }
    }
    xml.close();
    if let Some(total) = &card.total {
        let limits = [("min", total.min), ("max", total.max)];
        let limits: Vec<(&str, String)> =
            limits.into_iter().filter_map(|(key, limit)| Some((key, limit?.to_string()))).collect();
        if !limits.is_empty() {
            let mut attributes = vec![("field", score.as_str())];
            attributes.extend(limits.iter().map(|(key, limit)| (*key, limit.as_str())));
            xml.open("Targets", &[]);
            xml.empty("Target", &attributes);
            xml.close();
        }
    }
    names.write_derived(&mut xml);
    xml.open("Characteristics", &[]);
    for characteristic in characteristics {
        write_characteristic(characteristic, card.reasons.is_some(), names, &mut xml);
    }
    xml.finish()
}

pub(super) fn titles(xml: &mut Writer, what: &str, text: Option<&Text>) {
    let Some(text) = text else { return };
    for (lang, text) in [("zh", &text.zh), ("en", &text.en)] {
        let name = format!("{what}.{lang}");
        xml.empty("Extension", &[("extender", "Gradus"), ("name", &name), ("value", text)]);
    }
}

fn write_characteristic(characteristic: &Characteristic, reasons: bool, names: &Names, xml: &mut Writer) {
    let baseline = characteristic.baseline.map(|points| points.to_string());
    let mut attributes = vec![("name", characteristic.name.as_str())];
    if let Some(reason) = characteristic.reason.as_deref().filter(|_| reasons) {
        attributes.push(("reasonCode", reason));
    }
    if let Some(baseline) = baseline.as_deref().filter(|_| reasons) {
        attributes.push(("baselineScore", baseline));
    }
    xml.open("Characteristic", &attributes);
    titles(xml, "title", characteristic.title.as_ref());
    for (name, value) in [("group", characteristic.group.as_deref()), ("form", characteristic.form)] {
        if let Some(value) = value {
            xml.empty("Extension", &[("extender", "Gradus"), ("name", name), ("value", value)]);
        }
    }
    for row in &characteristic.rows {
        let points = match &row.score {
            Score::Points(points) => Some(points.to_string()),
            Score::Formula(_) => None,
        };
        let mut attributes = Vec::new();
        if let Some(points) = &points {
            attributes.push(("partialScore", points.as_str()));
        }
        if let Some(reason) = row.reason.as_deref().filter(|_| reasons) {
            attributes.push(("reasonCode", reason));
        }
        xml.open("Attribute", &attributes);
        titles(xml, "title", row.title.as_ref());
        write_predicate(&row.when, names, xml);
        if let Score::Formula(formula) = &row.score {
            xml.open("ComplexPartialScore", &[]);
            names.write_formula(formula, xml);
            xml.close();
        }
        xml.close();
    }
    xml.close();
}

fn write_predicate(when: &Term, names: &Names, xml: &mut Writer) {
    match predicate_form(when) {
        Some(Form::Constant(truth)) => xml.empty(if truth { "True" } else { "False" }, &[]),
        Some(Form::Simple { of, operator, value }) => {
            let field = names.field(of);
            let mut attributes = vec![("field", field.as_str()), ("operator", operator)];
            if let Some(value) = &value {
                attributes.push(("value", value));
            }
            xml.empty("SimplePredicate", &attributes);
        }
        Some(Form::Set { of, operator, list }) => {
            let (kind, text) = array(list);
            let n = list.len().to_string();
            let field = names.field(of);
            xml.open("SimpleSetPredicate", &[("field", &field), ("booleanOperator", operator)]);
            xml.text("Array", &[("n", &n), ("type", kind)], &text);
            xml.close();
        }
        Some(Form::Compound { operator, parts }) => {
            xml.open("CompoundPredicate", &[("booleanOperator", operator)]);
            for part in parts {
                write_predicate(&part, names, xml);
            }
            xml.close();
        }
        // Learning has refused it before.
        None => xml.empty("False", &[]),
    }
}

/// The score that a formula of points in proportion gives.
pub(super) fn in_proportion(value: Term, each: crate::fixed::Fixed, per: crate::fixed::Fixed) -> Term {
    let one = crate::fixed::Fixed::ONE;
    let times = if each == one { value } else { Term::binary(Operator::Multiply, value, number(each)) };
    if per == one { times } else { Term::binary(Operator::Divide, times, number(per)) }
}
