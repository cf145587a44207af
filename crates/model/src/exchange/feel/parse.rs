//! The expressions of FEEL that have a form as formulas.

use super::super::grammar::{Cursor, Grammar, continues};
use super::super::term::{Operator, Term, plain_digits};
use super::{FUNCTIONS, equality_default, is_constant};

/// Bytes of one expression at most.
const MAX_BYTES: usize = 20_000;

/// Names in scope, and what each is called in a document. Names of FEEL may have blanks: the longest
/// that fits is meant.
#[derive(Debug, Default, Clone)]
pub(crate) struct Known(Vec<(String, String)>);

impl Known {
    pub(crate) fn add(&mut self, name: &str, column: &str) {
        self.0.push((name.to_owned(), column.to_owned()));
        self.0.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    }

    /// Names as the file writes them.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

/// `None` if it says something that has no form here. `truth`: only whether it is true counts.
pub(crate) fn parse(text: &str, known: &Known, truth: bool) -> Option<Term> {
    read(text, known, truth).ok()
}

/// The formula, or what is left of the text from the first thing on that has no form here.
pub(crate) fn read<'a>(text: &'a str, known: &'a Known, truth: bool) -> Result<Term, &'a str> {
    if text.len() > MAX_BYTES {
        return Err(text);
    }
    let mut parser = Parser { cursor: Cursor::at(text), known };
    match parser.expression(truth) {
        Some(term) if parser.cursor.is_done() => Ok(term),
        _ => Err(parser.cursor.furthest()),
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
    known: &'a Known,
}

impl<'a> Grammar<'a> for Parser<'a> {
    const OR: &'static str = "";
    const AND: &'static str = "";
    const PLUS_JOINS_TEXTS: bool = true;

    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.cursor
    }

    fn expression(&mut self, truth: bool) -> Option<Term> {
        self.inside(|own| if own.word("if") { own.chosen() } else { own.or(truth) })
    }

    fn comparison(&mut self, truth: bool) -> Option<Term> {
        let left = self.sum(truth)?;
        for (sign, operator) in [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ] {
            if self.sign(sign) {
                let right = self.sum(false)?;
                return Some(compared(operator, left, right, truth));
            }
        }
        if self.word("between") {
            return self.between(left);
        }
        if self.word("in") {
            if let Some(low_closed) = self.opens_interval() {
                return self.within(left, low_closed);
            }
            let list = self.sign("(").then(|| self.list(")"))??;
            let within = Term::In(Box::new(left), list);
            equality_default(&within)?;
            return Some(if truth { within } else { within.or_else(Term::Boolean(false)) });
        }
        Some(left)
    }

    fn factor(&mut self, truth: bool) -> Option<Term> {
        if self.sign("-") {
            return self.inside(|own| Some(Term::Negate(Box::new(own.factor(false)?))));
        }
        let left = self.primary(truth)?;
        if self.sign("**") {
            return Some(Term::call("power", vec![left, self.primary(false)?]));
        }
        Some(left)
    }
}

impl Parser<'_> {
    /// `if … then … else …`: what is not true takes `else`, as in SQL.
    fn chosen(&mut self) -> Option<Term> {
        let condition = self.expression(true)?;
        let then = self.word("then").then(|| self.expression(false))??;
        let otherwise = self.word("else").then(|| self.expression(false))??;
        if let Term::IsNull(of) = &condition {
            // What SQL says of an equality, and the first that is not null.
            if then == Term::Null && is_equality_of(&otherwise, of) {
                let Term::Call(_, mut parts) = otherwise else { return None };
                return Some(parts.swap_remove(0));
            }
            if **of == otherwise {
                return Some(otherwise.or_else(then));
            }
        }
        Some(match otherwise {
            Term::Case(mut when, otherwise) => {
                when.insert(0, (condition, then));
                Term::Case(when, otherwise)
            }
            Term::Null => Term::Case(vec![(condition, then)], None),
            otherwise => Term::Case(vec![(condition, then)], Some(Box::new(otherwise))),
        })
    }

    fn primary(&mut self, truth: bool) -> Option<Term> {
        let first = self.cursor.rest().chars().next()?;
        if first == '"' {
            return self.text().map(Term::Text);
        }
        if first.is_ascii_digit() || first == '.' {
            // `1..5` is an interval of two numbers.
            let rest = self.cursor.rest();
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
            let digits = &rest[..rest.find("..").unwrap_or(end).min(end)];
            let number = Term::Number(plain_digits(digits)?);
            self.cursor.skip(digits.len());
            return Some(number);
        }
        if self.sign("(") {
            let inside = self.expression(truth)?;
            return self.sign(")").then_some(inside);
        }
        let known = self.known;
        for (name, column) in &known.0 {
            if self
                .cursor
                .rest()
                .strip_prefix(name.as_str())
                .is_some_and(|after| !after.starts_with(continues))
            {
                self.cursor.skip(name.len());
                return (!self.cursor.rest().starts_with('.')).then(|| Term::name(column));
            }
        }
        for (word, term) in
            [("true", Term::Boolean(true)), ("false", Term::Boolean(false)), ("null", Term::Null)]
        {
            if self.word(word) {
                return Some(term);
            }
        }
        let start = self.cursor.rest();
        let call = self.call(truth);
        if call.is_none() {
            self.cursor.refuse_call(start);
        }
        call
    }

    /// A function of its arguments.
    fn call(&mut self, truth: bool) -> Option<Term> {
        if self.called("not") {
            let of = self.expression(false)?;
            let not = Term::Not(Box::new(of));
            return self.sign(")").then(|| simpler_not(not, truth));
        }
        if self.called("date") {
            let text = self.text()?;
            let date = text.parse::<jiff::civil::Date>().ok()?;
            return self.sign(")").then(|| Term::Date(date.to_string()));
        }
        for (name, own, arity) in FUNCTIONS {
            if self.called(name) {
                let arguments = self.list(")")?;
                return (arguments.len() == arity).then(|| Term::call(own, arguments));
            }
        }
        self.made_of_others()
    }

    /// The bracket before an interval, and whether its end belongs to it. `(` opens one only if `..` follows.
    fn opens_interval(&mut self) -> Option<bool> {
        if self.sign("[") {
            return Some(true);
        }
        if self.sign("]") {
            return Some(false);
        }
        let before = self.cursor.rest();
        if self.sign("(") {
            if self.sum(false).is_some() && self.cursor.rest().starts_with("..") {
                self.cursor.back_to(before);
                self.sign("(");
                return Some(false);
            }
            self.cursor.back_to(before);
        }
        None
    }

    /// `1..5)`: the bracket before it was read.
    fn within(&mut self, of: Term, low_closed: bool) -> Option<Term> {
        let low = self.sum(false)?;
        if !self.sign("..") {
            return None;
        }
        let high = self.sum(false)?;
        let high_closed = self.sign("]");
        if !high_closed && !self.sign(")") && !self.sign("[") {
            return None;
        }
        let from = if low_closed { Operator::GreaterOrEqual } else { Operator::Greater };
        let to = if high_closed { Operator::LessOrEqual } else { Operator::Less };
        Some(Term::binary(Operator::And, Term::binary(from, of.clone(), low), Term::binary(to, of, high)))
    }

    /// Functions whose meaning takes more than another name.
    fn made_of_others(&mut self) -> Option<Term> {
        for name in ["min", "max"] {
            if self.called(name) {
                let listed = self.sign("[");
                let values = self.list(if listed { "]" } else { ")" })?;
                if listed && !self.sign(")") {
                    return None;
                }
                return (values.len() > 1).then(|| unknown_if_any(Term::call(name, values)));
            }
        }
        if self.called("modulo") {
            // The sign is the divisor's.
            let [dividend, divisor] = self.list(")")?.try_into().ok()?;
            let whole =
                Term::call("floor", vec![Term::binary(Operator::Divide, dividend.clone(), divisor.clone())]);
            return Some(Term::binary(
                Operator::Subtract,
                dividend,
                Term::binary(Operator::Multiply, divisor, whole),
            ));
        }
        if self.called("round half up") {
            let [of, digits] = self.list(")")?.try_into().ok()?;
            return digits.as_number().is_some().then(|| Term::call("round", vec![of, digits]));
        }
        if self.called("substring") {
            // A start that counts from the end has no form in SQL.
            let arguments = self.list(")")?;
            let forward = matches!(arguments.get(1), Some(Term::Number(digits)) if is_place(digits));
            return (forward && arguments.len() <= 3).then(|| Term::call("substr", arguments));
        }
        None
    }

    /// A function's name with its opening bracket.
    fn called(&mut self, name: &str) -> bool {
        let found = self
            .cursor
            .rest()
            .strip_prefix(name)
            .map(str::trim_start)
            .is_some_and(|after| after.starts_with('('));
        if found {
            self.cursor.skip(name.len());
            self.cursor.skip(1);
        }
        found
    }

    fn text(&mut self) -> Option<String> {
        let mut out = String::new();
        let mut chars = self.cursor.rest().strip_prefix('"')?.char_indices();
        loop {
            match chars.next()? {
                (at, '"') => {
                    self.cursor.skip(at + 2);
                    return Some(out);
                }
                (_, '\\') => out.push(match chars.next()?.1 {
                    'n' => '\n',
                    'r' => '\r',
                    't' => '\t',
                    c @ ('"' | '\\' | '\'') => c,
                    'u' => {
                        let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                        char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
                    }
                    _ => return None,
                }),
                (_, c) => out.push(c),
            }
        }
    }
}

/// A place in a text, counted from its beginning.
pub(super) fn is_place(digits: &str) -> bool {
    digits.parse::<u32>().is_ok_and(|place| place > 0)
}

/// FEEL knows the least of several values only if it knows all of them; SQL passes over the unknown ones.
pub(super) fn unknown_if_any(extreme: Term) -> Term {
    let Term::Call(_, values) = &extreme else { return extreme };
    let unknown = values.iter().filter(|value| !is_constant(value)).map(|value| value.clone().is_null());
    match unknown.reduce(|some, one| Term::binary(Operator::Or, some, one)) {
        Some(any) => Term::Case(vec![(any, Term::Null)], Some(Box::new(extreme))),
        None => extreme,
    }
}

/// `not (x in (…))` is one test in SQL.
fn simpler_not(not: Term, truth: bool) -> Term {
    if let Term::Not(of) = &not
        && let Term::Call(name, parts) = &**of
        && name == "coalesce"
        && let [Term::In(of, list), Term::Boolean(false)] = parts.as_slice()
    {
        let outside = Term::NotIn(of.clone(), list.clone());
        return if truth { outside } else { outside.or_else(Term::Boolean(true)) };
    }
    not
}

/// A comparison with FEEL's meaning of null.
pub(crate) fn compared(operator: Operator, left: Term, right: Term, truth: bool) -> Term {
    let equal = match operator {
        Operator::Equal => true,
        Operator::NotEqual => false,
        _ => return Term::binary(operator, left, right),
    };
    match (left, right) {
        (left, Term::Null) | (Term::Null, left) => {
            if equal {
                left.is_null()
            } else {
                left.is_not_null()
            }
        }
        (left, right) => {
            let plain = Term::binary(operator, left.clone(), right.clone());
            match equality_default(&plain) {
                Some(_) if truth && equal => plain,
                Some(when_null) => plain.or_else(Term::Boolean(when_null)),
                // Two nulls are equal, one null is not.
                None => {
                    let some_null =
                        Term::binary(Operator::Or, left.clone().is_null(), right.clone().is_null());
                    let both = Term::binary(Operator::And, left.is_null(), right.is_null());
                    let both = if equal { both } else { Term::Not(Box::new(both)) };
                    Term::Case(vec![(some_null, both)], Some(Box::new(plain)))
                }
            }
        }
    }
}

/// FEEL's equality of just this thing, as it was read.
fn is_equality_of(term: &Term, of: &Term) -> bool {
    let Term::Call(name, parts) = term else { return false };
    let [first, Term::Boolean(value)] = parts.as_slice() else { return false };
    let subject = match first {
        Term::Binary(_, subject, _) | Term::In(subject, _) | Term::NotIn(subject, _) => subject,
        _ => return false,
    };
    name == "coalesce" && **subject == *of && equality_default(first) == Some(*value)
}
