//! Predicates and formulas as PMML writes them, and the fields that they need.

use std::collections::BTreeSet;

use super::super::term::{Operator, Term};
use super::super::xml::Writer;
use super::formula::FUNCTIONS;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Number,
    Text,
    Boolean,
    Date,
}

impl Kind {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Kind::Number => ("double", "continuous"),
            Kind::Text => ("string", "categorical"),
            Kind::Boolean => ("boolean", "categorical"),
            Kind::Date => ("date", "ordinal"),
        }
    }
}

/// One predicate.
pub(super) enum Form<'t> {
    Constant(bool),
    Simple { of: &'t Term, operator: &'static str, value: Option<String> },
    Set { of: &'t Term, operator: &'static str, list: &'t [Term] },
    Compound { operator: &'static str, parts: Vec<Term> },
}

/// The predicate that a condition is; `None` if it compares with null.
pub(super) fn predicate_form(when: &Term) -> Option<Form<'_>> {
    let holds = |of, truth: bool| Form::Simple { of, operator: "equal", value: Some(truth.to_string()) };
    Some(match when {
        Term::Boolean(truth) => Form::Constant(*truth),
        Term::IsNull(of) => Form::Simple { of, operator: "isMissing", value: None },
        Term::IsNotNull(of) => Form::Simple { of, operator: "isNotMissing", value: None },
        Term::In(of, list) | Term::NotIn(of, list) if list.iter().all(|one| literal_text(one).is_some()) => {
            let operator = if matches!(when, Term::In(..)) { "isIn" } else { "isNotIn" };
            Form::Set { of, operator, list }
        }
        Term::Binary(operator @ (Operator::And | Operator::Or), ..) => {
            let mut parts = Vec::new();
            flatten(when, *operator, &mut parts);
            Form::Compound { operator: operator.sql(), parts }
        }
        Term::Binary(Operator::NotEqual, left, right) if is_condition(left) && is_condition(right) => {
            Form::Compound { operator: "xor", parts: vec![(**left).clone(), (**right).clone()] }
        }
        Term::Binary(operator, left, right) if operator.is_comparison() => {
            if matches!((&**left, &**right), (Term::Null, _) | (_, Term::Null)) {
                return None;
            }
            match (literal_text(left), literal_text(right)) {
                (None, Some(value)) => {
                    Form::Simple { of: left, operator: word(*operator)?, value: Some(value) }
                }
                (Some(value), None) => {
                    Form::Simple { of: right, operator: word(operator.turned())?, value: Some(value) }
                }
                _ => holds(when, true),
            }
        }
        Term::Not(of) => match negated(of) {
            Some(term) => Form::Compound { operator: "and", parts: vec![term, Term::Boolean(true)] },
            None => holds(of, false),
        },
        Term::Call(name, parts) if name == "coalesce" => {
            Form::Compound { operator: "surrogate", parts: parts.clone() }
        }
        Term::Name(_) | Term::Case(..) | Term::In(..) | Term::NotIn(..) => holds(when, true),
        _ => return None,
    })
}

/// PMML has no `not` around predicates: it goes inside, where null stays null.
pub(super) fn without_not(when: Term) -> Term {
    match when {
        Term::Not(of) => match negated(&of) {
            Some(term) => without_not(term),
            None => Term::Not(of),
        },
        Term::Binary(operator @ (Operator::And | Operator::Or), left, right) => {
            Term::binary(operator, without_not(*left), without_not(*right))
        }
        other => other,
    }
}

fn negated(of: &Term) -> Option<Term> {
    let not = |term: &Term| Term::Not(Box::new(term.clone()));
    Some(match of {
        Term::Not(inside) => (**inside).clone(),
        Term::Boolean(truth) => Term::Boolean(!truth),
        Term::IsNull(inside) => Term::IsNotNull(inside.clone()),
        Term::IsNotNull(inside) => Term::IsNull(inside.clone()),
        Term::In(inside, list) => Term::NotIn(inside.clone(), list.clone()),
        Term::NotIn(inside, list) => Term::In(inside.clone(), list.clone()),
        Term::Binary(Operator::And, left, right) => Term::binary(Operator::Or, not(left), not(right)),
        Term::Binary(Operator::Or, left, right) => Term::binary(Operator::And, not(left), not(right)),
        Term::Binary(operator, left, right) => {
            let inverse = match operator {
                Operator::Equal => Operator::NotEqual,
                Operator::NotEqual => Operator::Equal,
                Operator::Less => Operator::GreaterOrEqual,
                Operator::LessOrEqual => Operator::Greater,
                Operator::Greater => Operator::LessOrEqual,
                Operator::GreaterOrEqual => Operator::Less,
                _ => return None,
            };
            Term::Binary(inverse, left.clone(), right.clone())
        }
        _ => return None,
    })
}

fn flatten(term: &Term, operator: Operator, parts: &mut Vec<Term>) {
    match term {
        Term::Binary(own, left, right) if *own == operator => {
            flatten(left, operator, parts);
            flatten(right, operator, parts);
        }
        other => parts.push(other.clone()),
    }
}

fn is_condition(term: &Term) -> bool {
    match term {
        Term::Binary(operator, ..) => {
            operator.is_comparison() || matches!(operator, Operator::And | Operator::Or)
        }
        Term::Not(_) | Term::IsNull(_) | Term::IsNotNull(_) | Term::In(..) | Term::NotIn(..) => true,
        _ => false,
    }
}

fn word(operator: Operator) -> Option<&'static str> {
    Some(match operator {
        Operator::Equal => "equal",
        Operator::NotEqual => "notEqual",
        Operator::Less => "lessThan",
        Operator::LessOrEqual => "lessOrEqual",
        Operator::Greater => "greaterThan",
        Operator::GreaterOrEqual => "greaterOrEqual",
        _ => return None,
    })
}

/// A constant as an attribute's text.
fn literal_text(term: &Term) -> Option<String> {
    match term {
        Term::Text(text) | Term::Date(text) => Some(text.clone()),
        Term::Boolean(truth) => Some(truth.to_string()),
        _ => term.as_number(),
    }
}

fn literal_kind(term: &Term) -> Option<Kind> {
    match term {
        Term::Text(_) => Some(Kind::Text),
        Term::Date(_) => Some(Kind::Date),
        Term::Boolean(_) => Some(Kind::Boolean),
        _ => term.as_number().map(|_| Kind::Number),
    }
}

/// Type and text of an `Array`.
pub(super) fn array(list: &[Term]) -> (&'static str, String) {
    let number = list.iter().all(|one| one.as_number().is_some());
    let words = list.iter().filter_map(literal_text).map(|text| {
        if number { text } else { format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")) }
    });
    (if number { "real" } else { "string" }, words.collect::<Vec<_>>().join(" "))
}

/// The fields of a file, in the order in which they are first read, and formulas that predicates
/// read as fields.
#[derive(Default)]
pub(super) struct Names {
    fields: Vec<(String, BTreeSet<Kind>)>,
    derived: Vec<(String, Term)>,
}

impl Names {
    /// Notes what a predicate reads. False if PMML has no form for it.
    pub(super) fn learn_predicate(&mut self, when: &Term, hint: &str) -> bool {
        match predicate_form(when) {
            None => false,
            Some(Form::Constant(_)) => true,
            Some(Form::Simple { of, value, .. }) => {
                let kind = match when {
                    Term::Binary(_, left, right) if value.is_some() && of != when => {
                        literal_kind(left).or_else(|| literal_kind(right))
                    }
                    Term::IsNull(_) | Term::IsNotNull(_) => None,
                    _ => Some(Kind::Boolean),
                };
                self.learn_subject(of, kind, hint)
            }
            Some(Form::Set { of, list, .. }) => {
                let kinds: BTreeSet<Kind> = list.iter().filter_map(literal_kind).collect();
                kinds.len() == 1 && self.learn_subject(of, kinds.into_iter().next(), hint)
            }
            Some(Form::Compound { parts, .. }) => parts.iter().all(|part| self.learn_predicate(part, hint)),
        }
    }

    pub(super) fn learn_formula(&mut self, formula: &Term) -> bool {
        self.learn(formula, Some(Kind::Number))
    }

    /// Notes a number that a field holds: its own, or one that is derived. False if PMML has no form for it.
    pub(super) fn learn_number(&mut self, of: &Term, hint: &str) -> bool {
        self.learn_subject(of, Some(Kind::Number), hint)
    }

    fn learn_subject(&mut self, of: &Term, kind: Option<Kind>, hint: &str) -> bool {
        if !self.learn(of, kind) {
            return false;
        }
        if !matches!(of, Term::Name(_)) && !self.derived.iter().any(|(_, own)| own == of) {
            let name = self.free(&format!("{hint}_value"));
            self.derived.push((name, of.clone()));
        }
        true
    }

    fn learn(&mut self, term: &Term, expected: Option<Kind>) -> bool {
        match term {
            Term::Name(name) => {
                let at = self.fields.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
                    self.fields.push((name.clone(), BTreeSet::new()));
                    self.fields.len() - 1
                });
                self.fields[at].1.extend(expected);
                true
            }
            Term::Null => expected.is_some(),
            Term::Not(of) => self.learn(of, Some(Kind::Boolean)),
            Term::Negate(of) => self.learn(of, Some(Kind::Number)),
            Term::IsNull(of) | Term::IsNotNull(of) => self.learn(of, None),
            Term::In(of, list) | Term::NotIn(of, list) => {
                let kind = list.iter().find_map(literal_kind);
                self.learn(of, kind) && list.iter().all(|one| self.learn(one, kind))
            }
            Term::Binary(operator, left, right) => {
                let kind = match operator {
                    Operator::And | Operator::Or => Some(Kind::Boolean),
                    operator if operator.is_comparison() => {
                        literal_kind(left).or_else(|| literal_kind(right))
                    }
                    _ => Some(Kind::Number),
                };
                self.learn(left, kind) && self.learn(right, kind)
            }
            Term::Case(when, otherwise) => {
                when.iter().all(|(condition, result)| {
                    self.learn(condition, Some(Kind::Boolean)) && self.learn(result, expected)
                }) && otherwise.as_ref().is_none_or(|result| self.learn(result, expected))
            }
            Term::Call(name, arguments) => {
                let kind = match name.as_str() {
                    "coalesce" => expected.or_else(|| arguments.iter().find_map(literal_kind)),
                    "lower" | "upper" | "trim" => Some(Kind::Text),
                    _ => Some(Kind::Number),
                };
                is_function(name, arguments.len()) && arguments.iter().all(|one| self.learn(one, kind))
            }
            _ => true,
        }
    }

    /// Names that are used as if they had two types.
    pub(super) fn contradictory(&self) -> Vec<&str> {
        self.fields.iter().filter(|(_, kinds)| kinds.len() > 1).map(|(name, _)| name.as_str()).collect()
    }

    /// Name, data type and kind of measure of every field.
    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &'static str, &'static str)> {
        self.fields.iter().map(|(name, kinds)| {
            let (data_type, optype) = kinds.first().copied().unwrap_or(Kind::Number).words();
            (name.as_str(), data_type, optype)
        })
    }

    /// A name that no field has.
    pub(super) fn free(&self, name: &str) -> String {
        let taken = |name: &str| {
            self.fields.iter().any(|(own, _)| own == name) || self.derived.iter().any(|(own, _)| own == name)
        };
        super::super::free_name(name, taken)
    }

    /// The field that a predicate names for what it looks at.
    pub(super) fn field(&self, of: &Term) -> String {
        match of {
            Term::Name(name) => name.clone(),
            other => {
                let found = self.derived.iter().find(|(_, own)| own == other);
                found.map(|(name, _)| name.clone()).unwrap_or_default()
            }
        }
    }

    pub(super) fn write_derived(&self, xml: &mut Writer) {
        if self.derived.is_empty() {
            return;
        }
        xml.open("LocalTransformations", &[]);
        for (name, term) in &self.derived {
            let (data_type, optype) = self.kind(term).words();
            xml.open("DerivedField", &[("name", name), ("optype", optype), ("dataType", data_type)]);
            self.write_formula(term, xml);
            xml.close();
        }
        xml.close();
    }

    fn kind(&self, term: &Term) -> Kind {
        match term {
            Term::Name(name) => {
                let known =
                    self.fields.iter().find(|(own, _)| own == name).and_then(|(_, kinds)| kinds.first());
                known.copied().unwrap_or(Kind::Number)
            }
            Term::Case(when, otherwise) => {
                let results = when.iter().map(|(_, result)| result).chain(otherwise.as_deref());
                let mut kinds =
                    results.filter(|result| **result != Term::Null).map(|result| self.kind(result));
                kinds.next().unwrap_or(Kind::Number)
            }
            Term::Call(name, arguments) => match name.as_str() {
                "lower" | "upper" | "trim" => Kind::Text,
                "coalesce" => arguments.first().map_or(Kind::Number, |first| self.kind(first)),
                _ => Kind::Number,
            },
            term if is_condition(term) => Kind::Boolean,
            term => literal_kind(term).unwrap_or(Kind::Number),
        }
    }

    pub(super) fn write_formula(&self, term: &Term, xml: &mut Writer) {
        match term {
            Term::Name(name) => xml.empty("FieldRef", &[("field", name)]),
            Term::Null => xml.text("Constant", &[("missing", "true")], ""),
            Term::Negate(of) if term.as_number().is_none() => {
                self.apply("-", &[&Term::Number("0".into()), of], None, xml);
            }
            Term::Not(_) | Term::IsNull(_) | Term::IsNotNull(_) | Term::In(..) | Term::NotIn(..) => {
                self.write_call(term, None, xml);
            }
            Term::Binary(..) => self.write_call(term, None, xml),
            Term::Case(when, otherwise) => self.write_case(when, otherwise.as_deref(), xml),
            Term::Call(name, arguments) if name == "coalesce" => self.write_coalesce(arguments, xml),
            Term::Call(name, arguments) => {
                let known = FUNCTIONS.into_iter().find(|(_, own, _)| own == name);
                let arguments: Vec<&Term> = arguments.iter().collect();
                self.apply(known.map_or(name.as_str(), |(name, ..)| name), &arguments, None, xml);
            }
            constant => {
                let kind = literal_kind(constant).unwrap_or(Kind::Number);
                let text = literal_text(constant).unwrap_or_default();
                xml.text("Constant", &[("dataType", kind.words().0)], &text);
            }
        }
    }

    /// An operator with what it is applied to.
    fn write_call(&self, term: &Term, default: Option<bool>, xml: &mut Writer) {
        let (function, arguments): (&str, Vec<&Term>) = match term {
            Term::Not(of) => ("not", vec![of]),
            Term::IsNull(of) => ("isMissing", vec![of]),
            Term::IsNotNull(of) => ("isNotMissing", vec![of]),
            Term::In(of, list) => ("isIn", std::iter::once(&**of).chain(list).collect()),
            Term::NotIn(of, list) => ("isNotIn", std::iter::once(&**of).chain(list).collect()),
            Term::Binary(operator, left, right) => {
                (word(*operator).unwrap_or(operator.sql()), vec![left, right])
            }
            other => return self.write_formula(other, xml),
        };
        self.apply(function, &arguments, default, xml);
    }

    fn apply(&self, function: &str, arguments: &[&Term], default: Option<bool>, xml: &mut Writer) {
        let default = default.map(|truth| truth.to_string());
        let mut attributes = vec![("function", function)];
        attributes.extend(default.as_deref().map(|truth| ("defaultValue", truth)));
        xml.open("Apply", &attributes);
        arguments.iter().for_each(|argument| self.write_formula(argument, xml));
        xml.close();
    }

    /// `if` inside `if`. In SQL an unknown condition is passed over, in PMML it makes everything
    /// missing: so it is said to be false.
    fn write_case(&self, when: &[(Term, Term)], otherwise: Option<&Term>, xml: &mut Writer) {
        let Some(((condition, result), rest)) = when.split_first() else {
            return otherwise.map_or((), |otherwise| self.write_formula(otherwise, xml));
        };
        xml.open("Apply", &[("function", "if")]);
        self.write_condition(condition, xml);
        self.write_formula(result, xml);
        if !rest.is_empty() || otherwise.is_some() {
            self.write_case(rest, otherwise, xml);
        }
        xml.close();
    }

    fn write_condition(&self, condition: &Term, xml: &mut Writer) {
        if condition.is_never_null() {
            return self.write_formula(condition, xml);
        }
        self.write_coalesce(&[condition.clone(), Term::Boolean(false)], xml);
    }

    fn write_coalesce(&self, arguments: &[Term], xml: &mut Writer) {
        match arguments {
            [Term::Name(name), constant] if literal_text(constant).is_some() => {
                let text = literal_text(constant).unwrap_or_default();
                xml.empty("FieldRef", &[("field", name), ("mapMissingTo", &text)]);
            }
            [condition, Term::Boolean(truth)] if is_condition(condition) => {
                self.write_call(condition, Some(*truth), xml);
            }
            [one] => self.write_formula(one, xml),
            [first, rest @ ..] => {
                xml.open("Apply", &[("function", "if")]);
                self.apply("isMissing", &[first], None, xml);
                self.write_coalesce(rest, xml);
                self.write_formula(first, xml);
                xml.close();
            }
            [] => {}
        }
    }
}

fn is_function(name: &str, n_arguments: usize) -> bool {
    match name {
        "coalesce" => n_arguments >= 1,
        "min" | "max" => n_arguments >= 2,
        _ => FUNCTIONS.into_iter().any(|(_, own, arity)| own == name && arity == n_arguments),
    }
}
