//! ZEN, the expressions of JDM, as formulas. Equality with null is as in FEEL: known, and false.

use super::super::feel::compared;
use super::super::term::{Operator, Term, plain_digits};

/// Parts inside each other at most.
const MAX_DEPTH: usize = 60;

/// Bytes of one expression at most.
const MAX_BYTES: usize = 20_000;

/// Functions that mean the same in both, with how many arguments.
const FUNCTIONS: [(&str, &str, usize); 9] = [
    ("abs", "abs", 1),
    ("ceil", "ceil", 1),
    ("contains", "contains", 2),
    ("endsWith", "ends_with", 2),
    ("floor", "floor", 1),
    ("lower", "lower", 1),
    ("startsWith", "starts_with", 2),
    ("trim", "trim", 1),
    ("upper", "upper", 1),
];

/// Reads an expression; `column` says what a path such as `customer.age` or `$` is called here.
pub(super) fn parse(text: &str, column: &mut dyn FnMut(&str) -> Option<Term>, truth: bool) -> Option<Term> {
    if text.len() > MAX_BYTES {
        return None;
    }
    let mut parser = Parser { rest: text.trim_start(), column, depth: 0 };
    let term = parser.expression(truth)?;
    parser.rest.is_empty().then_some(term)
}

/// A constant.
pub(super) fn constant(text: &str) -> Option<Term> {
    let term = parse(text, &mut |_| None, false)?;
    let constant =
        matches!(term, Term::Null | Term::Boolean(_) | Term::Text(_)) || term.as_number().is_some();
    constant.then_some(term)
}

struct Parser<'a, 'c> {
    rest: &'a str,
    column: &'c mut dyn FnMut(&str) -> Option<Term>,
    depth: usize,
}

fn continues(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl Parser<'_, '_> {
    fn skip(&mut self, n: usize) {
        self.rest = self.rest[n..].trim_start();
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = self.rest.starts_with(sign);
        if found {
            self.skip(sign.len());
        }
        found
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.rest.strip_prefix(word).is_some_and(|after| !after.starts_with(continues));
        if found {
            self.skip(word.len());
        }
        found
    }

    fn expression(&mut self, truth: bool) -> Option<Term> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut term = self.or(truth)?;
        // How tightly `??` binds is not the same everywhere: it stands alone, or in brackets.
        let mut alone = match &term {
            Term::Name(_) => true,
            Term::Call(name, _) => name != "coalesce",
            _ => false,
        };
        while self.sign("??") {
            if !std::mem::replace(&mut alone, true) {
                return None;
            }
            term = term.or_else(self.primary(false)?);
        }
        if self.sign("?") {
            let then = self.expression(false)?;
            let otherwise = self.sign(":").then(|| self.expression(false))??;
            term = match otherwise {
                Term::Case(mut when, otherwise) => {
                    when.insert(0, (term, then));
                    Term::Case(when, otherwise)
                }
                otherwise => Term::Case(vec![(term, then)], Some(Box::new(otherwise))),
            };
        }
        self.depth -= 1;
        Some(term)
    }

    fn or(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.and(truth)?;
        while self.word("or") || self.sign("||") {
            left = Term::binary(Operator::Or, left, self.and(truth)?);
        }
        Some(left)
    }

    fn and(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.comparison(truth)?;
        while self.word("and") || self.sign("&&") {
            left = Term::binary(Operator::And, left, self.comparison(truth)?);
        }
        Some(left)
    }

    fn comparison(&mut self, truth: bool) -> Option<Term> {
        let left = self.sum(truth)?;
        for (sign, operator) in [
            ("==", Operator::Equal),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.sign(sign) {
                return Some(compared(operator, left, self.sum(false)?, truth));
            }
        }
        let start = self.rest;
        let negated = self.word("not");
        if self.word("in") {
            let list = self.sign("[").then(|| self.list("]"))??;
            let left = Box::new(left);
            let within = if negated { Term::NotIn(left, list) } else { Term::In(left, list) };
            return Some(if truth && !negated { within } else { within.or_else(Term::Boolean(negated)) });
        }
        self.rest = start;
        Some(left)
    }

    fn list(&mut self, end: &str) -> Option<Vec<Term>> {
        let mut list = Vec::new();
        loop {
            list.push(self.expression(false)?);
            if self.sign(end) {
                return Some(list);
            }
            if !self.sign(",") {
                return None;
            }
        }
    }

    fn sum(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.product(truth)?;
        loop {
            let operator = if self.sign("+") {
                Operator::Add
            } else if self.sign("-") {
                Operator::Subtract
            } else {
                return Some(left);
            };
            let right = self.product(false)?;
            // Texts are joined by `+`, too: that is another function.
            if matches!(left, Term::Text(_)) || matches!(right, Term::Text(_)) {
                return None;
            }
            left = Term::binary(operator, left, right);
        }
    }

    fn product(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.unary(truth)?;
        loop {
            let operator = if self.sign("*") {
                Operator::Multiply
            } else if self.sign("/") {
                Operator::Divide
            } else {
                return Some(left);
            };
            left = Term::binary(operator, left, self.unary(false)?);
        }
    }

    fn unary(&mut self, truth: bool) -> Option<Term> {
        let minus = self.sign("-");
        let not = !minus && (self.word("not") || (!self.rest.starts_with("!=") && self.sign("!")));
        if !minus && !not {
            return self.primary(truth);
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let of = Box::new(self.unary(false)?);
        self.depth -= 1;
        Some(if minus { Term::Negate(of) } else { Term::Not(of) })
    }

    fn primary(&mut self, truth: bool) -> Option<Term> {
        let first = self.rest.chars().next()?;
        if first == '"' || first == '\'' {
            let (text, _) = self.rest[1..].split_once(first)?;
            // What a backslash means differs between versions.
            if text.contains('\\') {
                return None;
            }
            self.skip(text.len() + 2);
            return Some(Term::Text(text.to_owned()));
        }
        if first.is_ascii_digit() {
            let end = self.rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_');
            let end = end.unwrap_or(self.rest.len());
            let digits = plain_digits(&self.rest[..end].replace('_', ""))?;
            self.skip(end);
            return Some(Term::Number(digits));
        }
        if self.sign("(") {
            let inside = self.expression(truth)?;
            return self.sign(")").then_some(inside);
        }
        let end = self.rest.find(|c: char| !continues(c) && c != '.' && c != '$').unwrap_or(self.rest.len());
        let path = &self.rest[..end];
        let starts_well = path.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
        if !starts_well || path.ends_with('.') || path.contains("..") {
            return None;
        }
        self.skip(end);
        match path {
            "true" => return Some(Term::Boolean(true)),
            "false" => return Some(Term::Boolean(false)),
            "null" => return Some(Term::Null),
            "and" | "or" | "not" | "in" => return None,
            _ => {}
        }
        if self.sign("(") {
            let arguments = self.list(")")?;
            let known =
                FUNCTIONS.into_iter().find(|(own, _, arity)| *own == path && *arity == arguments.len());
            return known.map(|(_, name, _)| Term::call(name, arguments));
        }
        // `a[0]`, `a?.b`: lists and what may be missing have no column.
        if self.rest.starts_with(['[', '{']) || self.rest.starts_with("?.") {
            return None;
        }
        (self.column)(path)
    }
}
