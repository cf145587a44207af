//! A `GeneralRegressionModel`, as R's `glm` is exported: a coefficient for each parameter, and a matrix that says of which
//! predictors a parameter is the product. <https://dmg.org/pmml/v4-4/GeneralRegression.html>

use std::collections::BTreeMap;

use super::super::term::{Operator, Term};
use super::super::unsupported;
use super::super::xml::Element;
use super::fields::{self, Fields, attribute_unsupported, missing_part};
use super::trained::{Reading, Sum, indicator, number};
use crate::document::Link;
use crate::{Finding, Text};

/// The sum of a general regression.
pub(super) fn read(reading: &mut Reading<'_>, model: Element<'_>, fields: &Fields) -> Result<Sum, Finding> {
    let link = link_of(model)?;
    for name in ["trialsVariable", "trialsValue", "cumulativeLink", "endTimeVariable"] {
        if let Some(said) = model.attribute(name) {
            return Err(attribute_unsupported(model, name, said));
        }
    }
    let names = |list: &str| -> Vec<&str> {
        let list = model.child(list);
        let all = list.into_iter().flat_map(|list| list.all("Predictor"));
        all.filter_map(|one| one.attribute("name")).collect()
    };
    let factors = names("FactorList");
    if let Some(matrix) =
        model.child("FactorList").and_then(|list| list.all("Predictor").find_map(|one| one.child("Matrix")))
    {
        return Err(unsupported(
            matrix.place(),
            Text::new("因子的对比矩阵", "a contrast matrix of a factor"),
            Text::new("哑变量（0 与 1）的因子", "factors as dummies of 0 and 1"),
        ));
    }
    // Of which predictors a parameter is the product.
    let mut parts: BTreeMap<&str, Vec<Element<'_>>> = BTreeMap::new();
    let cells = model.child("PPMatrix");
    for cell in cells.into_iter().flat_map(|matrix| matrix.all("PPCell")) {
        let name = cell.attribute("parameterName").ok_or_else(|| missing_part(cell, "parameterName"))?;
        parts.entry(name).or_default().push(cell);
    }
    let matrix = model.child("ParamMatrix").ok_or_else(|| missing_part(model, "ParamMatrix"))?;
    let (mut sum, mut category): (Sum, Option<&str>) = (Sum { link, ..Sum::default() }, None);
    for cell in matrix.all("PCell") {
        let of = cell.attribute("targetCategory");
        if let (Some(before), Some(now)) = (category, of)
            && before != now
        {
            return Err(unsupported(
                cell.place(),
                Text::new("两个以上类别的分类", "a classification of more than two classes"),
                Text::new("两个类别", "two classes"),
            ));
        }
        category = category.or(of);
        let beta = number(cell, "beta")?.ok_or_else(|| missing_part(cell, "beta"))?;
        let name = cell.attribute("parameterName").ok_or_else(|| missing_part(cell, "parameterName"))?;
        let mut product = Vec::new();
        for part in parts.get(name).into_iter().flatten() {
            product.extend(factors_of(*part, &factors, fields)?);
        }
        if product.is_empty() {
            sum.intercept += beta;
            continue;
        }
        let at = reading.input(&Term::joined(Operator::Multiply, product));
        *sum.weights.entry(at).or_default() += beta;
    }
    if let Some(offset) = number(model, "offsetValue")? {
        sum.intercept += offset;
    }
    if let Some(name) = model.attribute("offsetVariable") {
        let at = reading.input(&fields.named(model, name)?.term);
        *sum.weights.entry(at).or_default() += 1.0;
    }
    if model.attribute("functionName") != Some("classification") {
        return Ok(sum);
    }
    let classes = reading.target.clone().filter(|classes| classes.others.len() == 1);
    let Some(classes) = classes else {
        return Err(unsupported(
            model.place(),
            Text::new("不是两个类别的分类", "a classification of other than two classes"),
            Text::new("两个类别，在 DataDictionary 里写明", "two classes, said in the DataDictionary"),
        ));
    };
    reading.say_class(model, &classes.wanted);
    // The parameters speak of one class; without its name, of the one that is not the reference.
    let reference = model.attribute("targetReferenceCategory");
    let is_wanted = match (category, reference) {
        (Some(category), _) => category == classes.wanted,
        (None, Some(reference)) => reference != classes.wanted,
        (None, None) => true,
    };
    Ok(if is_wanted { sum } else { Sum { link, ..sum.times(-1.0) } })
}

fn link_of(model: Element<'_>) -> Result<Link, Finding> {
    let kind = model.attribute("modelType").unwrap_or_default();
    let function = model.attribute("linkFunction").unwrap_or("identity");
    match (kind, function) {
        ("regression" | "generalLinear", _) => Ok(Link::Identity),
        ("multinomialLogistic", _) => Ok(Link::Logit),
        ("generalizedLinear", "identity") => Ok(Link::Identity),
        ("generalizedLinear", "logit") => Ok(Link::Logit),
        ("generalizedLinear", "log") => Ok(Link::Exp),
        ("generalizedLinear", "power") if number(model, "linkParameter")? == Some(1.0) => Ok(Link::Identity),
        ("generalizedLinear", other) => Err(unsupported(
            model.place(),
            Text::new(
                format!("不支持 linkFunction=\"{other}\""),
                format!("linkFunction=\"{other}\" is not supported"),
            ),
            Text::new(
                "用 identity、logit 或 log 重新拟合",
                "the model fitted anew with identity, logit or log",
            ),
        )),
        (other, _) => Err(unsupported(
            model.place(),
            Text::new(
                format!("不支持 modelType=\"{other}\""),
                format!("modelType=\"{other}\" is not supported"),
            ),
            Text::plain("regression / generalLinear / generalizedLinear / multinomialLogistic"),
        )),
    }
}

/// A predictor of a parameter: a factor's value as 0 or 1, or a number so many times.
fn factors_of(cell: Element<'_>, factors: &[&str], fields: &Fields) -> Result<Vec<Term>, Finding> {
    let name = cell.attribute("predictorName").ok_or_else(|| missing_part(cell, "predictorName"))?;
    let value = cell.attribute("value").ok_or_else(|| missing_part(cell, "value"))?;
    let field = fields.named(cell, name)?;
    if factors.contains(&name) {
        let literal = field.data_type.literal(value).ok_or_else(|| fields::bad_constant(cell, value))?;
        let is = Term::binary(Operator::Equal, field.term.clone(), literal);
        return Ok(vec![indicator(is)]);
    }
    match value.trim().parse::<f64>() {
        Ok(1.0) => Ok(vec![field.term.clone()]),
        Ok(2.0) => Ok(vec![field.term.clone(); 2]),
        Ok(3.0) => Ok(vec![field.term.clone(); 3]),
        _ => Err(attribute_unsupported(cell, "value", value)),
    }
}
