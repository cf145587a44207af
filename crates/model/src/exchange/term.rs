//! Formulas between formats: what PMML writes as elements and a document as SQL. Nothing is
//! evaluated here, and what this cannot read is simply not exchanged: the expressions themselves
//! are read and judged by the room `expression`.

mod parse;

use std::fmt;

pub(crate) use parse::parse;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Term {
    Null,
    Boolean(bool),
    /// Digits as they are written, without a sign.
    Number(String),
    Text(String),
    /// `2026-01-31`
    Date(String),
    Name(String),
    Not(Box<Term>),
    Negate(Box<Term>),
    Binary(Operator, Box<Term>, Box<Term>),
    IsNull(Box<Term>),
    IsNotNull(Box<Term>),
    In(Box<Term>, Vec<Term>),
    NotIn(Box<Term>, Vec<Term>),
    /// The first condition that holds; what follows `else`.
    Case(Vec<(Term, Term)>, Option<Box<Term>>),
    Call(String, Vec<Term>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Operator {
    pub(crate) fn sql(self) -> &'static str {
        match self {
            Operator::Or => "or",
            Operator::And => "and",
            Operator::Equal => "=",
            Operator::NotEqual => "<>",
            Operator::Less => "<",
            Operator::LessOrEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterOrEqual => ">=",
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
        }
    }

    /// How tightly it binds: SQL's order, `not` between `and` and the comparisons.
    fn strength(self) -> u8 {
        match self {
            Operator::Or => 1,
            Operator::And => 2,
            Operator::Add | Operator::Subtract => 5,
            Operator::Multiply | Operator::Divide => 6,
            _ => 4,
        }
    }

    /// The same comparison with its sides exchanged.
    pub(crate) fn turned(self) -> Operator {
        match self {
            Operator::Less => Operator::Greater,
            Operator::LessOrEqual => Operator::GreaterOrEqual,
            Operator::Greater => Operator::Less,
            Operator::GreaterOrEqual => Operator::LessOrEqual,
            other => other,
        }
    }

    pub(crate) fn is_comparison(self) -> bool {
        self.strength() == 4
    }
}

impl Term {
    pub(crate) fn name(name: &str) -> Term {
        Term::Name(name.to_owned())
    }

    pub(crate) fn binary(operator: Operator, left: Term, right: Term) -> Term {
        Term::Binary(operator, Box::new(left), Box::new(right))
    }

    /// All of them joined; nothing joined with `and` is true, with `or` false.
    pub(crate) fn joined(operator: Operator, terms: impl IntoIterator<Item = Term>) -> Term {
        terms
            .into_iter()
            .reduce(|left, right| Term::binary(operator, left, right))
            .unwrap_or(Term::Boolean(operator == Operator::And))
    }

    pub(crate) fn is_null(self) -> Term {
        Term::IsNull(Box::new(self))
    }

    pub(crate) fn is_not_null(self) -> Term {
        Term::IsNotNull(Box::new(self))
    }

    pub(crate) fn call(name: &str, arguments: Vec<Term>) -> Term {
        Term::Call(name.to_owned(), arguments)
    }

    pub(crate) fn or_else(self, otherwise: Term) -> Term {
        Term::call("coalesce", vec![self, otherwise])
    }

    /// A number as it is written, perhaps with a sign.
    pub(crate) fn number(text: &str) -> Option<Term> {
        let text = text.trim();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let number = Term::Number(plain_digits(digits)?);
        Some(if negative { Term::Negate(Box::new(number)) } else { number })
    }

    /// The number that a literal with its sign says.
    pub(crate) fn as_number(&self) -> Option<String> {
        match self {
            Term::Number(digits) => Some(digits.clone()),
            Term::Negate(inside) => match &**inside {
                Term::Number(digits) => Some(format!("-{digits}")),
                _ => None,
            },
            _ => None,
        }
    }

    /// Every part of it, itself the first.
    pub(crate) fn visit(&self, look: &mut impl FnMut(&Term)) {
        look(self);
        match self {
            Term::Not(of) | Term::Negate(of) | Term::IsNull(of) | Term::IsNotNull(of) => of.visit(look),
            Term::Binary(_, left, right) => {
                left.visit(look);
                right.visit(look);
            }
            Term::In(of, list) | Term::NotIn(of, list) => {
                of.visit(look);
                list.iter().for_each(|one| one.visit(look));
            }
            Term::Case(when, otherwise) => {
                for (condition, result) in when {
                    condition.visit(look);
                    result.visit(look);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.visit(look);
                }
            }
            Term::Call(_, arguments) => arguments.iter().for_each(|one| one.visit(look)),
            _ => {}
        }
    }

    /// The same with other names; those that get none stay.
    pub(crate) fn renamed(&self, name: &impl Fn(&str) -> Option<String>) -> Term {
        let one = |of: &Term| Box::new(of.renamed(name));
        let all = |list: &[Term]| list.iter().map(|of| of.renamed(name)).collect();
        match self {
            Term::Name(own) => Term::Name(name(own).unwrap_or_else(|| own.clone())),
            Term::Not(of) => Term::Not(one(of)),
            Term::Negate(of) => Term::Negate(one(of)),
            Term::IsNull(of) => Term::IsNull(one(of)),
            Term::IsNotNull(of) => Term::IsNotNull(one(of)),
            Term::Binary(operator, left, right) => Term::Binary(*operator, one(left), one(right)),
            Term::In(of, list) => Term::In(one(of), all(list)),
            Term::NotIn(of, list) => Term::NotIn(one(of), all(list)),
            Term::Case(when, otherwise) => {
                let when =
                    when.iter().map(|(condition, result)| (condition.renamed(name), result.renamed(name)));
                Term::Case(when.collect(), otherwise.as_deref().map(one))
            }
            Term::Call(function, arguments) => Term::Call(function.clone(), all(arguments)),
            constant => constant.clone(),
        }
    }

    /// Parts, counted: substitution can make many of few.
    pub(crate) fn size(&self) -> usize {
        let mut n = 0;
        self.visit(&mut |_| n += 1);
        n
    }

    /// True if a condition is true or false, whatever is missing.
    pub(crate) fn is_never_null(&self) -> bool {
        match self {
            Term::IsNull(_) | Term::IsNotNull(_) | Term::Boolean(_) => true,
            Term::Not(of) => of.is_never_null(),
            Term::Binary(Operator::And | Operator::Or, left, right) => {
                left.is_never_null() && right.is_never_null()
            }
            Term::Call(name, arguments) => {
                name == "coalesce" && matches!(arguments.last(), Some(Term::Boolean(_)))
            }
            _ => false,
        }
    }

    fn strength(&self) -> u8 {
        match self {
            Term::Binary(operator, ..) => operator.strength(),
            Term::Not(_) => 3,
            Term::IsNull(_) | Term::IsNotNull(_) | Term::In(..) | Term::NotIn(..) => 4,
            Term::Negate(_) => 7,
            _ => 9,
        }
    }

    fn write(&self, at_least: u8, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.strength() < at_least {
            out.write_str("(")?;
            self.write(0, out)?;
            return out.write_str(")");
        }
        match self {
            Term::Null => out.write_str("null"),
            Term::Boolean(truth) => write!(out, "{truth}"),
            Term::Number(digits) => out.write_str(digits),
            Term::Text(text) => write!(out, "'{}'", text.replace('\'', "''")),
            Term::Date(text) => write!(out, "date '{text}'"),
            Term::Name(name) => out.write_str(&quoted(name)),
            Term::Not(of) => {
                out.write_str("not ")?;
                of.write(3, out)
            }
            Term::Negate(of) => {
                out.write_str("-")?;
                of.write(8, out)
            }
            Term::Binary(operator, left, right) => {
                let strength = operator.strength();
                // Comparisons do not chain; the others lean to the left.
                left.write(strength + u8::from(operator.is_comparison()), out)?;
                write!(out, " {} ", operator.sql())?;
                right.write(strength + 1, out)
            }
            Term::IsNull(of) => {
                of.write(5, out)?;
                out.write_str(" is null")
            }
            Term::IsNotNull(of) => {
                of.write(5, out)?;
                out.write_str(" is not null")
            }
            Term::In(of, list) | Term::NotIn(of, list) => {
                of.write(5, out)?;
                out.write_str(if matches!(self, Term::In(..)) { " in (" } else { " not in (" })?;
                write_list(list, out)
            }
            Term::Case(when, otherwise) => {
                out.write_str("case")?;
                for (condition, result) in when {
                    write!(out, " when {condition} then {result}")?;
                }
                if let Some(otherwise) = otherwise {
                    write!(out, " else {otherwise}")?;
                }
                out.write_str(" end")
            }
            Term::Call(name, arguments) => {
                write!(out, "{name}(")?;
                write_list(arguments, out)
            }
        }
    }
}

fn write_list(list: &[Term], out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (index, one) in list.iter().enumerate() {
        if index > 0 {
            out.write_str(", ")?;
        }
        one.write(0, out)?;
    }
    out.write_str(")")
}

impl fmt::Display for Term {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, out)
    }
}

/// Digits without exponent, zeros that say nothing cut: `1.50` and `15e-1` are `1.5`.
pub(crate) fn plain_digits(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: String = format!("{whole}{part}");
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) || digits.len() > 60 {
        return None;
    }
    if !(-40..=40).contains(&exponent) {
        return None;
    }
    let point = whole.len() as i32 + exponent;
    let padded =
        if point < 0 { format!("{}{digits}", "0".repeat(point.unsigned_abs() as usize)) } else { digits };
    let point = point.max(0) as usize;
    let padded = format!("{padded:0<point$}");
    let (whole, part) = padded.split_at(point);
    let whole = whole.trim_start_matches('0');
    let part = part.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") })
}

/// A name as it stands in SQL: quoted unless nobody could take it for something else.
pub(crate) fn quoted(name: &str) -> String {
    const WORDS: [&str; 26] = [
        "and",
        "or",
        "not",
        "is",
        "null",
        "true",
        "false",
        "in",
        "like",
        "ilike",
        "between",
        "case",
        "when",
        "then",
        "else",
        "end",
        "cast",
        "try_cast",
        "as",
        "escape",
        "distinct",
        "from",
        "select",
        "unknown",
        "date",
        "timestamp",
    ];
    let plain = |part: &str| {
        let mut chars = part.chars();
        chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && chars.all(|c| c.is_alphanumeric() || c == '_')
            && !WORDS.contains(&part.to_lowercase().as_str())
    };
    if name.split('.').all(plain) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests;
