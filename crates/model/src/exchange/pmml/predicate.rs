//! Predicates (条件). Unknown, where a value is missing, is SQL's null, and neither is true.

use super::super::term::{Operator, Term};
use super::super::unsupported;
use super::super::xml::Element;
use super::fields::{Fields, MAX_PARTS, attribute_unsupported, bad_constant, missing_part, too_large};
use crate::{Finding, Text};

const NAMES: [&str; 5] = ["SimplePredicate", "CompoundPredicate", "SimpleSetPredicate", "True", "False"];

/// The predicate of an attribute.
pub(super) fn of<'x>(attribute: Element<'x>) -> Result<Element<'x>, Finding> {
    let found = attribute.own().find(|child| NAMES.contains(&child.name()));
    found.ok_or_else(|| {
        missing_part(attribute, "SimplePredicate / CompoundPredicate / SimpleSetPredicate / True")
    })
}

pub(super) fn read(predicate: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    match predicate.name() {
        "True" => Ok(Term::Boolean(true)),
        "False" => Ok(Term::Boolean(false)),
        "SimplePredicate" => simple(predicate, fields),
        "SimpleSetPredicate" => set(predicate, fields),
        "CompoundPredicate" => compound(predicate, fields),
        other => Err(unsupported(
            predicate.place(),
            Text::new(format!("不支持条件 `{other}`"), format!("the predicate `{other}` is not supported")),
            Text::plain(NAMES.join(" / ")),
        )),
    }
}

pub(super) fn comparison(word: &str) -> Option<Operator> {
    Some(match word {
        "equal" => Operator::Equal,
        "notEqual" => Operator::NotEqual,
        "lessThan" => Operator::Less,
        "lessOrEqual" => Operator::LessOrEqual,
        "greaterThan" => Operator::Greater,
        "greaterOrEqual" => Operator::GreaterOrEqual,
        _ => return None,
    })
}

fn simple(predicate: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let field = fields.named(predicate, predicate.attribute("field").unwrap_or_default())?;
    let word = predicate.attribute("operator").unwrap_or_default();
    match word {
        "isMissing" => return Ok(field.term.clone().is_null()),
        "isNotMissing" => return Ok(field.term.clone().is_not_null()),
        _ => {}
    }
    let operator = comparison(word).ok_or_else(|| attribute_unsupported(predicate, "operator", word))?;
    let text = predicate.attribute("value").ok_or_else(|| missing_part(predicate, "value"))?;
    let value = field.data_type.literal(text).ok_or_else(|| bad_constant(predicate, text))?;
    Ok(Term::binary(operator, field.term.clone(), value))
}

fn set(predicate: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let field = fields.named(predicate, predicate.attribute("field").unwrap_or_default())?;
    let array = predicate.child("Array").ok_or_else(|| missing_part(predicate, "Array"))?;
    let mut list = Vec::new();
    for text in words(array.text()).ok_or_else(|| bad_constant(array, array.text()))? {
        list.push(field.data_type.literal(&text).ok_or_else(|| bad_constant(array, &text))?);
    }
    if list.is_empty() || list.len() > MAX_PARTS {
        return Err(bad_constant(array, array.text()));
    }
    let of = Box::new(field.term.clone());
    match predicate.attribute("booleanOperator").unwrap_or_default() {
        "isIn" => Ok(Term::In(of, list)),
        "isNotIn" => Ok(Term::NotIn(of, list)),
        other => Err(attribute_unsupported(predicate, "booleanOperator", other)),
    }
}

fn compound(predicate: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let (mut parts, mut n) = (Vec::new(), 0);
    for part in predicate.own().filter(|child| child.name() != "Extension") {
        let part = read(part, fields)?;
        n += part.size();
        if n > MAX_PARTS {
            return Err(too_large(predicate));
        }
        parts.push(part);
    }
    if parts.is_empty() {
        return Err(missing_part(predicate, "SimplePredicate"));
    }
    match predicate.attribute("booleanOperator").unwrap_or_default() {
        "and" => Ok(Term::joined(Operator::And, parts)),
        "or" => Ok(Term::joined(Operator::Or, parts)),
        // Unknown as soon as one is: what `<>` between truths is.
        "xor" => Ok(Term::joined(Operator::NotEqual, parts)),
        // The first that is not unknown.
        "surrogate" => Ok(Term::call("coalesce", parts)),
        other => Err(attribute_unsupported(predicate, "booleanOperator", other)),
    }
}

/// The entries of an `Array`: separated by blanks; quotes around those with blanks, `\"` inside.
pub(super) fn words(text: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let Some(quoted) = rest.strip_prefix('"') else {
            let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            found.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
            continue;
        };
        let mut word = String::new();
        let mut chars = quoted.char_indices();
        let end = loop {
            match chars.next()? {
                (at, '"') => break at + 1,
                (_, '\\') => match chars.next()? {
                    (_, c @ ('"' | '\\')) => word.push(c),
                    (_, c) => word.extend(['\\', c]),
                },
                (_, c) => word.push(c),
            }
        };
        found.push(word);
        rest = quoted[end..].trim_start();
    }
    Some(found)
}
