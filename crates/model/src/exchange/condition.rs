//! Conditions of a document as formulas; those over events have no form elsewhere.

use super::not_expressible;
use super::pmml::number;
use super::term::{self, Operator, Term};
use crate::document::{Condition, ConditionNode};
use crate::{Finding, Place, Text};

/// A condition of a document as a formula.
pub(crate) fn as_term(condition: &Condition, place: &Place) -> Result<Term, Finding> {
    match condition {
        Condition::Sql(sql) => term::parse(sql).ok_or_else(|| no_form(place, sql)),
        Condition::Node(node) => node_condition(node, place),
    }
}

pub(crate) fn no_form(place: &Place, what: &str) -> Finding {
    let shown: String = what.chars().take(120).collect();
    not_expressible(
        place.clone(),
        Text::new(
            format!("PMML 写不出条件 `{shown}`"),
            format!("PMML has no form for the condition `{shown}`"),
        ),
        Text::new(
            "先算成一个指标，条件里引用这个指标",
            "an indicator for it, which the condition then reads",
        ),
    )
}

fn node_condition(node: &ConditionNode, place: &Place) -> Result<Term, Finding> {
    let each = |list: &[Condition], key: &str| {
        let place = place.key(key);
        let parts = list.iter().enumerate().map(|(index, part)| as_term(part, &place.index(index)));
        parts.collect::<Result<Vec<_>, _>>()
    };
    if let Some(list) = &node.all {
        return Ok(Term::joined(Operator::And, each(list, "all")?));
    }
    if let Some(list) = &node.any {
        return Ok(Term::joined(Operator::Or, each(list, "any")?));
    }
    if let Some(of) = &node.not {
        return Ok(Term::Not(Box::new(as_term(of, &place.key("not"))?)));
    }
    if let Some(sql) = &node.sql {
        return term::parse(sql).ok_or_else(|| no_form(place, sql));
    }
    let Some(name) = &node.value else {
        let json = serde_json::to_string(node).unwrap_or_default();
        return Err(no_form(place, &json));
    };
    let value = || Term::name(name);
    let limits = [
        (Operator::GreaterOrEqual, node.at_least),
        (Operator::LessOrEqual, node.at_most),
        (Operator::Greater, node.more_than),
        (Operator::Less, node.less_than),
    ];
    let mut tests: Vec<Term> = limits
        .into_iter()
        .filter_map(|(operator, limit)| Some(Term::binary(operator, value(), number(limit?))))
        .collect();
    if let Some(equals) = &node.equals {
        tests.push(Term::binary(Operator::Equal, value(), literal(equals, place)?));
    }
    if let Some(list) = &node.one_of {
        let list = list.iter().map(|value| literal(value, place)).collect::<Result<_, _>>()?;
        tests.push(Term::In(Box::new(value()), list));
    }
    match node.known {
        Some(true) => tests.push(value().is_not_null()),
        Some(false) => tests.push(value().is_null()),
        None => {}
    }
    Ok(Term::joined(Operator::And, tests))
}

/// A value of a document as a constant.
pub(crate) fn literal(value: &serde_json::Value, place: &Place) -> Result<Term, Finding> {
    let term = match value {
        serde_json::Value::String(text) => Some(Term::Text(text.clone())),
        serde_json::Value::Bool(truth) => Some(Term::Boolean(*truth)),
        serde_json::Value::Number(number) => Term::number(&number.to_string()),
        _ => None,
    };
    term.ok_or_else(|| {
        not_expressible(
            place.clone(),
            Text::new(
                format!("这种格式写不出值 {value}"),
                format!("the format has no form for the value {value}"),
            ),
            Text::new("数字、文本或 true/false", "a number, a text, or true/false"),
        )
    })
}
