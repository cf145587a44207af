//! Formulas of derived fields and of complex partial scores.

use super::super::term::{Operator, Term};
use super::super::unsupported;
use super::super::xml::Element;
use super::fields::{
    DataType, Fields, MAX_PARTS, bad_constant, bounded, missing_part, times_bounded, too_large,
};
use super::predicate;
use crate::{Finding, Text};

/// Formulas inside each other at most.
const MAX_DEPTH: usize = 40;

/// Functions that mean the same in both, with how many arguments.
pub(super) const FUNCTIONS: [(&str, &str, usize); 11] = [
    ("abs", "abs", 1),
    ("ceil", "ceil", 1),
    ("exp", "exp", 1),
    ("floor", "floor", 1),
    ("ln", "ln", 1),
    ("log10", "log10", 1),
    ("lowercase", "lower", 1),
    ("pow", "power", 2),
    ("sqrt", "sqrt", 1),
    ("trimBlanks", "trim", 1),
    ("uppercase", "upper", 1),
];

pub(super) fn read(formula: Element<'_>, fields: &Fields, depth: usize) -> Result<Term, Finding> {
    if depth > MAX_DEPTH {
        let what = Text::new(
            format!("公式嵌套超过 {MAX_DEPTH} 层"),
            format!("formulas are nested more than {MAX_DEPTH} levels deep"),
        );
        return Err(unsupported(
            formula.place(),
            what,
            Text::new("拆成几个 DerivedField", "several DerivedFields"),
        ));
    }
    let term = match formula.name() {
        "FieldRef" => {
            let field = fields.named(formula, formula.attribute("field").unwrap_or_default())?.clone();
            match formula.attribute("mapMissingTo") {
                Some(text) => {
                    let value = field.data_type.literal(text).ok_or_else(|| bad_constant(formula, text))?;
                    field.term.or_else(value)
                }
                None => field.term,
            }
        }
        "Constant" => constant(formula)?,
        "Apply" => apply(formula, fields, depth)?,
        "NormContinuous" => norm_continuous(formula, fields)?,
        "NormDiscrete" => norm_discrete(formula, fields)?,
        "Discretize" => discretize(formula, fields)?,
        "MapValues" => map_values(formula, fields)?,
        other => {
            return Err(unsupported(
                formula.place(),
                Text::new(format!("不支持公式 `{other}`"), format!("the formula `{other}` is not supported")),
                Text::plain(
                    "FieldRef / Constant / Apply / NormContinuous / NormDiscrete / Discretize / MapValues",
                ),
            ));
        }
    };
    bounded(formula, term)
}

/// A constant says its type, or shows it.
fn constant(element: Element<'_>) -> Result<Term, Finding> {
    if element.attribute("missing") == Some("true") {
        return Ok(Term::Null);
    }
    let text = element.text();
    let term = match element.attribute("dataType") {
        Some(word) => DataType::of(word).and_then(|data_type| data_type.literal(text)),
        None => Some(untyped(text)),
    };
    term.ok_or_else(|| bad_constant(element, text))
}

fn untyped(text: &str) -> Term {
    Term::number(text).unwrap_or_else(|| Term::Text(text.to_owned()))
}

fn apply(element: Element<'_>, fields: &Fields, depth: usize) -> Result<Term, Finding> {
    let function = element.attribute("function").unwrap_or_default();
    if let Some(treatment) = element.attribute("invalidValueTreatment")
        && treatment != "returnInvalid"
    {
        return Err(super::fields::attribute_unsupported(element, "invalidValueTreatment", treatment));
    }
    let (mut arguments, mut n) = (Vec::new(), 0);
    for argument in element.own().filter(|child| child.name() != "Extension") {
        let argument = read(argument, fields, depth + 1)?;
        n += argument.size();
        if n > MAX_PARTS {
            return Err(too_large(element));
        }
        arguments.push(argument);
    }
    let refs = arguments.clone();
    let mut term = called(function, arguments).ok_or_else(|| {
        unsupported(
            element.place(),
            Text::new(
                format!("不支持这样使用函数 `{function}`（{} 个参数）", refs.len()),
                format!("the function `{function}` with {} arguments is not supported", refs.len()),
            ),
            Text::plain("+ - * / min max abs ceil floor exp ln log10 pow sqrt if and or not equal … isIn isMissing uppercase lowercase trimBlanks"),
        )
    })?;
    if let Some(text) = element.attribute("mapMissingTo") {
        let missing = Term::joined(Operator::Or, refs.into_iter().map(Term::is_null));
        term = Term::Case(vec![(missing, untyped(text))], Some(Box::new(term)));
    }
    if let Some(text) = element.attribute("defaultValue") {
        let is_condition = matches!(function, "and" | "or" | "not" | "isIn" | "isNotIn")
            || predicate::comparison(function).is_some();
        let boolean = DataType::Boolean.literal(text).filter(|_| is_condition);
        term = term.or_else(boolean.unwrap_or_else(|| untyped(text)));
    }
    Ok(term)
}

fn called(function: &str, arguments: Vec<Term>) -> Option<Term> {
    let n = arguments.len();
    let arithmetic = match function {
        "+" => Some(Operator::Add),
        "-" => Some(Operator::Subtract),
        "*" => Some(Operator::Multiply),
        "/" => Some(Operator::Divide),
        _ => predicate::comparison(function),
    };
    let mut each = arguments.into_iter();
    if let Some(operator) = arithmetic {
        return (n == 2).then(|| Some(Term::binary(operator, each.next()?, each.next()?)))?;
    }
    match function {
        "and" if n >= 2 => Some(Term::joined(Operator::And, each)),
        "or" if n >= 2 => Some(Term::joined(Operator::Or, each)),
        "not" if n == 1 => each.next().map(|of| Term::Not(Box::new(of))),
        "isMissing" if n == 1 => each.next().map(Term::is_null),
        "isNotMissing" if n == 1 => each.next().map(Term::is_not_null),
        "isIn" if n >= 2 => Some(Term::In(Box::new(each.next()?), each.collect())),
        "isNotIn" if n >= 2 => Some(Term::NotIn(Box::new(each.next()?), each.collect())),
        "if" if n == 2 || n == 3 => Some(chosen(each.next()?, each.next()?, each.next())),
        "min" | "max" if n >= 2 => Some(Term::call(function, each.collect())),
        _ => {
            let (_, name, arity) = FUNCTIONS.into_iter().find(|(name, ..)| *name == function)?;
            (n == arity).then(|| Term::call(name, each.collect()))
        }
    }
}

/// A missing condition chooses neither branch, where SQL takes what follows `else`.
fn chosen(condition: Term, then: Term, otherwise: Option<Term>) -> Term {
    match (condition, otherwise) {
        (Term::IsNull(of), Some(otherwise)) if *of == otherwise => otherwise.or_else(then),
        (condition, otherwise) if condition.is_never_null() => {
            let condition = match condition {
                Term::Call(_, mut parts) if parts.len() == 2 && parts[1] == Term::Boolean(false) => {
                    parts.swap_remove(0)
                }
                other => other,
            };
            match otherwise {
                Some(Term::Case(mut when, otherwise)) => {
                    when.insert(0, (condition, then));
                    Term::Case(when, otherwise)
                }
                otherwise => Term::Case(vec![(condition, then)], otherwise.map(Box::new)),
            }
        }
        (condition, None) => Term::Case(vec![(condition, then)], None),
        (condition, Some(otherwise)) => {
            let not = Term::Not(Box::new(condition.clone()));
            Term::Case(vec![(condition, then), (not, otherwise)], None)
        }
    }
}

/// Straight lines between points; outside of them the line goes on, stops, or gives nothing.
fn norm_continuous(element: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let field = fields.named(element, element.attribute("field").unwrap_or_default())?.clone();
    let mut points = Vec::new();
    for point in element.all("LinearNorm") {
        let number = |name: &str| {
            let text = point.attribute(name).ok_or_else(|| missing_part(point, name))?;
            Term::number(text).ok_or_else(|| bad_constant(point, text))
        };
        points.push((number("orig")?, number("norm")?));
    }
    if points.len() < 2 {
        return Err(missing_part(element, "LinearNorm"));
    }
    let x = field.term;
    times_bounded(element, 2 * points.len(), &x)?;
    let line = |from: &(Term, Term), to: &(Term, Term)| {
        let difference = |a: &Term, b: &Term| Term::binary(Operator::Subtract, a.clone(), b.clone());
        let run = Term::binary(Operator::Multiply, difference(&x, &from.0), difference(&to.1, &from.1));
        let rise = Term::binary(Operator::Divide, run, difference(&to.0, &from.0));
        Term::binary(Operator::Add, from.1.clone(), rise)
    };
    let below = |point: &(Term, Term)| Term::binary(Operator::Less, x.clone(), point.0.clone());
    let above = |point: &(Term, Term)| Term::binary(Operator::Greater, x.clone(), point.0.clone());
    let (first, last) = (points[0].clone(), points[points.len() - 1].clone());
    let mut when = Vec::new();
    let n = points.len();
    match element.attribute("outliers").unwrap_or("asIs") {
        "asIs" => {}
        "asExtremeValues" => {
            when.push((below(&first), first.1.clone()));
            when.push((above(&last), last.1.clone()));
        }
        "asMissingValues" => {
            when.push((below(&first), Term::Null));
            when.push((above(&last), Term::Null));
        }
        other => return Err(super::fields::attribute_unsupported(element, "outliers", other)),
    }
    for pair in points.windows(2).take(n.saturating_sub(2)) {
        let until = Term::binary(Operator::LessOrEqual, x.clone(), pair[1].0.clone());
        when.push((until, line(&pair[0], &pair[1])));
    }
    when.push((x.clone().is_not_null(), line(&points[n - 2], &points[n - 1])));
    let term = Term::Case(when, None);
    match element.attribute("mapMissingTo") {
        Some(text) => Ok(term.or_else(Term::number(text).ok_or_else(|| bad_constant(element, text))?)),
        None => Ok(term),
    }
}

/// 1 if the field has the value, else 0.
fn norm_discrete(element: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let field = fields.named(element, element.attribute("field").unwrap_or_default())?.clone();
    let text = element.attribute("value").ok_or_else(|| missing_part(element, "value"))?;
    let value = field.data_type.literal(text).ok_or_else(|| bad_constant(element, text))?;
    let (one, zero) = (Term::Number("1".into()), Term::Number("0".into()));
    let equal = Term::binary(Operator::Equal, field.term.clone(), value);
    let term = Term::Case(vec![(equal, one), (field.term.is_not_null(), zero)], None);
    match element.attribute("mapMissingTo") {
        Some(text) => Ok(term.or_else(Term::number(text).ok_or_else(|| bad_constant(element, text))?)),
        None => Ok(term),
    }
}

fn discretize(element: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let field = fields.named(element, element.attribute("field").unwrap_or_default())?.clone();
    times_bounded(element, element.all("DiscretizeBin").count(), &field.term)?;
    let result = result_type(element);
    let literal =
        |element: Element<'_>, text: &str| result.literal(text).ok_or_else(|| bad_constant(element, text));
    let mut when = Vec::new();
    if let Some(text) = element.attribute("mapMissingTo") {
        when.push((field.term.clone().is_null(), literal(element, text)?));
    }
    for bin in element.all("DiscretizeBin") {
        let text = bin.attribute("binValue").ok_or_else(|| missing_part(bin, "binValue"))?;
        let inside = bin.child("Interval").ok_or_else(|| missing_part(bin, "Interval"))?;
        when.push((interval(inside, &field.term)?, literal(bin, text)?));
    }
    if let Some(text) = element.attribute("defaultValue") {
        when.push((field.term.is_not_null(), literal(element, text)?));
    }
    if when.is_empty() {
        return Err(missing_part(element, "DiscretizeBin"));
    }
    Ok(Term::Case(when, None))
}

/// The type of the results: as said, else texts.
fn result_type(element: Element<'_>) -> DataType {
    element.attribute("dataType").and_then(DataType::of).unwrap_or(DataType::Text)
}

/// `leftMargin` and `rightMargin`, each open or closed.
pub(super) fn interval(element: Element<'_>, value: &Term) -> Result<Term, Finding> {
    let closure = element.attribute("closure").unwrap_or_default();
    let (low_closed, high_closed) = match closure {
        "openOpen" => (false, false),
        "openClosed" => (false, true),
        "closedOpen" => (true, false),
        "closedClosed" => (true, true),
        other => return Err(super::fields::attribute_unsupported(element, "closure", other)),
    };
    let mut tests = Vec::new();
    let ends = [
        ("leftMargin", if low_closed { Operator::GreaterOrEqual } else { Operator::Greater }),
        ("rightMargin", if high_closed { Operator::LessOrEqual } else { Operator::Less }),
    ];
    for (name, operator) in ends {
        if let Some(text) = element.attribute(name) {
            let limit = Term::number(text).ok_or_else(|| bad_constant(element, text))?;
            tests.push(Term::binary(operator, value.clone(), limit));
        }
    }
    if tests.is_empty() {
        return Ok(value.clone().is_not_null());
    }
    Ok(Term::joined(Operator::And, tests))
}

/// A table from the values of fields to a value.
fn map_values(element: Element<'_>, fields: &Fields) -> Result<Term, Finding> {
    let table = element.child("InlineTable").ok_or_else(|| missing_part(element, "InlineTable"))?;
    let output = element.attribute("outputColumn").ok_or_else(|| missing_part(element, "outputColumn"))?;
    let result = result_type(element);
    let literal = |at: Element<'_>, text: &str| result.literal(text).ok_or_else(|| bad_constant(at, text));
    let mut pairs = Vec::new();
    for pair in element.all("FieldColumnPair") {
        let field = fields.named(pair, pair.attribute("field").unwrap_or_default())?.clone();
        pairs.push((field, pair.attribute("column").unwrap_or_default()));
    }
    for (field, _) in &pairs {
        times_bounded(element, table.all("row").count(), &field.term)?;
    }
    let mut when = Vec::new();
    if let Some(text) = element.attribute("mapMissingTo") {
        let missing = Term::joined(Operator::Or, pairs.iter().map(|(field, _)| field.term.clone().is_null()));
        when.push((missing, literal(element, text)?));
    }
    for row in table.all("row") {
        // Cells may be of any namespace: `<data:from>` is the specification's own example.
        let cell = |name: &str| {
            row.children().find(|cell| cell.name() == name).ok_or_else(|| missing_part(row, name))
        };
        let mut tests = Vec::new();
        for (field, column) in &pairs {
            let cell = cell(column)?;
            let value =
                field.data_type.literal(cell.text()).ok_or_else(|| bad_constant(cell, cell.text()))?;
            tests.push(Term::binary(Operator::Equal, field.term.clone(), value));
        }
        let value = cell(output)?;
        when.push((Term::joined(Operator::And, tests), literal(value, value.text())?));
    }
    if let Some(text) = element.attribute("defaultValue") {
        let known =
            Term::joined(Operator::And, pairs.iter().map(|(field, _)| field.term.clone().is_not_null()));
        when.push((known, literal(element, text)?));
    }
    if when.is_empty() || pairs.is_empty() {
        return Err(missing_part(element, "FieldColumnPair / row"));
    }
    Ok(Term::Case(when, None))
}
