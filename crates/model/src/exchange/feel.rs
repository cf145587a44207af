//! FEEL, the expression language of DMN, to and from formulas. FEEL knows when two things are equal
//! even if one is null, SQL then knows nothing: so equality is written out, except where only the
//! truth counts. The tests of a table's cells are not looked at: a document keeps them as FEEL.

mod parse;

use super::term::{Operator, Term};

pub(crate) use parse::{Known, compared, parse, read};
use parse::{is_place, unknown_if_any};

/// Functions that mean the same in both, with how many arguments.
const FUNCTIONS: [(&str, &str, usize); 12] = [
    ("abs", "abs", 1),
    ("ceiling", "ceil", 1),
    ("contains", "contains", 2),
    ("ends with", "ends_with", 2),
    ("exp", "exp", 1),
    ("floor", "floor", 1),
    ("log", "ln", 1),
    ("lower case", "lower", 1),
    ("sqrt", "sqrt", 1),
    ("starts with", "starts_with", 2),
    ("string length", "len", 1),
    ("upper case", "upper", 1),
];

/// A constant: a number, a text, true, false or null.
pub(crate) fn literal(text: &str) -> Option<serde_json::Value> {
    json(&parse(text, &Known::default(), false)?)
}

/// A constant as JSON; `None` if JSON cannot hold it.
pub(crate) fn json(term: &Term) -> Option<serde_json::Value> {
    match term {
        Term::Null => Some(serde_json::Value::Null),
        Term::Boolean(truth) => Some((*truth).into()),
        Term::Text(text) => Some(text.clone().into()),
        _ => {
            let digits = term.as_number()?;
            let value: serde_json::Value = serde_json::from_str(&digits).ok()?;
            // A number that JSON cannot hold exactly stays an expression.
            (super::term::plain_digits(value.to_string().trim_start_matches('-'))?
                == digits.trim_start_matches('-'))
            .then_some(value)
        }
    }
}

/// A constant as FEEL writes it.
pub(crate) fn written(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::Null => Some("null".into()),
        serde_json::Value::Bool(truth) => Some(truth.to_string()),
        serde_json::Value::String(text) => Some(quoted(text)),
        serde_json::Value::Number(number) => Term::number(&number.to_string())?.as_number(),
        _ => None,
    }
}

pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// True if FEEL reads the name as one name, or as a part of something, wherever it stands.
pub(crate) fn is_name(name: &str) -> bool {
    const WORDS: [&str; 17] = [
        "if",
        "then",
        "else",
        "for",
        "in",
        "return",
        "some",
        "every",
        "satisfies",
        "and",
        "or",
        "not",
        "between",
        "true",
        "false",
        "null",
        "instance",
    ];
    let plain = |word: &str| {
        let mut chars = word.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
            && !WORDS.contains(&word)
    };
    name.split(' ').all(|word| word.split('.').all(plain))
}

/// The formula as FEEL; `None` if FEEL has no form for it. `truth`: only whether it is true counts.
pub(crate) fn write(term: &Term, truth: bool) -> Option<String> {
    Some(written_term(term, truth)?.0)
}

/// The text, and how tightly it binds.
fn written_term(term: &Term, truth: bool) -> Option<(String, u8)> {
    const WHOLE: u8 = 9;
    let part = |term: &Term, at_least: u8, truth: bool| {
        let (text, strength) = written_term(term, truth)?;
        Some(if strength < at_least { format!("({text})") } else { text })
    };
    Some(match term {
        Term::Null => ("null".into(), WHOLE),
        Term::Boolean(value) => (value.to_string(), WHOLE),
        Term::Number(digits) => (digits.clone(), WHOLE),
        Term::Text(text) => (quoted(text), WHOLE),
        Term::Date(date) => (format!("date({})", quoted(date)), WHOLE),
        Term::Name(name) => (is_name(name).then(|| name.clone())?, WHOLE),
        Term::Not(of) => (format!("not({})", part(of, 0, false)?), WHOLE),
        Term::Negate(of) => (format!("-{}", part(of, 8, false)?), 7),
        Term::IsNull(of) => (format!("{} = null", part(of, 5, false)?), 4),
        Term::IsNotNull(of) => (format!("{} != null", part(of, 5, false)?), 4),
        Term::Binary(Operator::Equal | Operator::NotEqual, ..) | Term::In(..) | Term::NotIn(..) => {
            let plain = equality(term)?;
            if truth {
                return Some(plain);
            }
            let (Term::Binary(_, of, _) | Term::In(of, _) | Term::NotIn(of, _)) = term else { return None };
            (format!("if {} = null then null else {}", part(of, 5, false)?, plain.0), 0)
        }
        Term::Binary(operator, left, right) => {
            let (strength, inside) = match operator {
                Operator::Or => (1, truth),
                Operator::And => (2, truth),
                Operator::Add | Operator::Subtract => (5, false),
                Operator::Multiply | Operator::Divide => (6, false),
                _ => (4, false),
            };
            let left = part(left, strength + u8::from(strength == 4), inside)?;
            let right = part(right, strength + 1, inside)?;
            (format!("{left} {} {right}", operator.sql()), strength)
        }
        Term::Case(when, Some(plain)) if is_equality_of_two(when, plain) => {
            let Term::Binary(operator, left, right) = &**plain else { return None };
            let sign = if *operator == Operator::Equal { "=" } else { "!=" };
            (format!("{} {sign} {}", part(left, 5, false)?, part(right, 5, false)?), 4)
        }
        // The least or largest of several values, unknown if one of them is.
        Term::Case(_, Some(extreme))
            if is_extreme(extreme) && unknown_if_any((**extreme).clone()) == *term =>
        {
            listed_call(extreme)?
        }
        Term::Case(when, otherwise) => {
            let mut text = String::new();
            for (condition, result) in when {
                text.push_str(&format!(
                    "if {} then {} else ",
                    part(condition, 1, true)?,
                    part(result, 1, false)?
                ));
            }
            match otherwise {
                Some(otherwise) => text.push_str(&part(otherwise, 1, false)?),
                None => text.push_str("null"),
            }
            (text, 0)
        }
        Term::Call(name, arguments) if name == "coalesce" => match arguments.as_slice() {
            [one] => written_term(one, truth)?,
            [first, Term::Boolean(value)] if equality_default(first) == Some(*value) => equality(first)?,
            [first, rest @ ..] => {
                let rest = part(&Term::call("coalesce", rest.to_vec()), 1, false)?;
                let first = part(first, 5, false)?;
                (format!("if {first} = null then {rest} else {first}"), 0)
            }
            [] => return None,
        },
        Term::Call(..) if is_extreme(term) && unknown_if_any(term.clone()) == *term => listed_call(term)?,
        Term::Call(name, arguments) if name == "round" => match arguments.as_slice() {
            [of, digits] => {
                (format!("round half up({}, {})", part(of, 0, false)?, digits.as_number()?), WHOLE)
            }
            _ => return None,
        },
        Term::Call(name, arguments) if name == "substr" => match arguments.as_slice() {
            [of, Term::Number(start), rest @ ..] if is_place(start) && rest.len() < 2 => {
                let mut listed = vec![part(of, 0, false)?, start.clone()];
                listed.extend(rest.first().map(|count| part(count, 0, false)).into_iter().flatten());
                (format!("substring({})", listed.join(", ")), WHOLE)
            }
            _ => return None,
        },
        Term::Call(name, arguments) => {
            let (feel, ..) =
                FUNCTIONS.into_iter().find(|(_, own, arity)| own == name && *arity == arguments.len())?;
            let arguments = arguments.iter().map(|one| part(one, 0, false)).collect::<Option<Vec<_>>>()?;
            (format!("{feel}({})", arguments.join(", ")), WHOLE)
        }
    })
}

fn is_extreme(term: &Term) -> bool {
    matches!(term, Term::Call(name, values) if matches!(name.as_str(), "min" | "max") && values.len() > 1)
}

/// A call whose name is the same in both.
fn listed_call(term: &Term) -> Option<(String, u8)> {
    let Term::Call(name, values) = term else { return None };
    let values =
        values.iter().map(|value| Some(written_term(value, false)?.0)).collect::<Option<Vec<_>>>()?;
    Some((format!("{name}({})", values.join(", ")), 9))
}

/// FEEL's equality of two things that may both be null, as it is written out.
fn is_equality_of_two(when: &[(Term, Term)], plain: &Term) -> bool {
    let Term::Binary(operator @ (Operator::Equal | Operator::NotEqual), left, right) = plain else {
        return false;
    };
    let null = |of: &Term| of.clone().is_null();
    let both = Term::binary(Operator::And, null(left), null(right));
    let both = if *operator == Operator::Equal { both } else { Term::Not(Box::new(both)) };
    when == [(Term::binary(Operator::Or, null(left), null(right)), both)]
}

/// What FEEL says of an equality where one side is null.
fn equality_default(term: &Term) -> Option<bool> {
    match term {
        Term::Binary(Operator::Equal, _, right) if is_constant(right) => Some(false),
        Term::Binary(Operator::NotEqual, _, right) if is_constant(right) => Some(true),
        Term::In(_, list) if list.iter().all(is_constant) => Some(false),
        Term::NotIn(_, list) if list.iter().all(is_constant) => Some(true),
        _ => None,
    }
}

fn is_constant(term: &Term) -> bool {
    matches!(term, Term::Boolean(_) | Term::Text(_) | Term::Date(_)) || term.as_number().is_some()
}

/// An equality with constants, as FEEL says it.
fn equality(term: &Term) -> Option<(String, u8)> {
    equality_default(term)?;
    let side = |term: &Term| {
        let (text, strength) = written_term(term, false)?;
        Some(if strength < 5 { format!("({text})") } else { text })
    };
    let listed = |list: &[Term]| Some(list.iter().map(side).collect::<Option<Vec<_>>>()?.join(", "));
    Some(match term {
        Term::Binary(operator, left, right) => {
            let sign = if *operator == Operator::Equal { "=" } else { "!=" };
            (format!("{} {sign} {}", side(left)?, side(right)?), 4)
        }
        Term::In(of, list) => (format!("{} in ({})", side(of)?, listed(list)?), 4),
        Term::NotIn(of, list) => (format!("not({} in ({}))", side(of)?, listed(list)?), 9),
        _ => return None,
    })
}

#[cfg(test)]
mod tests;
