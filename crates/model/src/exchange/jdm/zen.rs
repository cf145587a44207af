//! ZEN, the expressions of JDM, as formulas. Equality with null is as in FEEL: known, and false.

use super::super::feel::compared;
use super::super::grammar::{Cursor, Grammar, continues};
use super::super::term::{Operator, Term, plain_digits};

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
    let mut parser = Parser { cursor: Cursor::at(text), column };
    let term = parser.expression(truth)?;
    parser.cursor.is_done().then_some(term)
}

/// A constant.
pub(super) fn constant(text: &str) -> Option<Term> {
    let term = parse(text, &mut |_| None, false)?;
    let constant =
        matches!(term, Term::Null | Term::Boolean(_) | Term::Text(_)) || term.as_number().is_some();
    constant.then_some(term)
}

struct Parser<'a, 'c> {
    cursor: Cursor<'a>,
    column: &'c mut dyn FnMut(&str) -> Option<Term>,
}

impl<'a> Grammar<'a> for Parser<'a, '_> {
    const OR: &'static str = "||";
    const AND: &'static str = "&&";
    const PLUS_JOINS_TEXTS: bool = true;

    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.cursor
    }

    fn expression(&mut self, truth: bool) -> Option<Term> {
        self.inside(|own| own.chosen(truth))
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
        let start = self.cursor.rest();
        let negated = self.word("not");
        if self.word("in") {
            let list = self.sign("[").then(|| self.list("]"))??;
            let left = Box::new(left);
            let within = if negated { Term::NotIn(left, list) } else { Term::In(left, list) };
            return Some(if truth && !negated { within } else { within.or_else(Term::Boolean(negated)) });
        }
        self.cursor.back_to(start);
        Some(left)
    }

    fn factor(&mut self, truth: bool) -> Option<Term> {
        let minus = self.sign("-");
        let not = !minus && (self.word("not") || (!self.cursor.rest().starts_with("!=") && self.sign("!")));
        if !minus && !not {
            return self.primary(truth);
        }
        self.inside(|own| {
            let of = Box::new(own.factor(false)?);
            Some(if minus { Term::Negate(of) } else { Term::Not(of) })
        })
    }
}

impl Parser<'_, '_> {
    /// `condition ? this : that`, and `??`.
    fn chosen(&mut self, truth: bool) -> Option<Term> {
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
        Some(term)
    }

    fn primary(&mut self, truth: bool) -> Option<Term> {
        let first = self.cursor.rest().chars().next()?;
        if first == '"' || first == '\'' {
            let (text, _) = self.cursor.rest()[1..].split_once(first)?;
            // What a backslash means differs between versions.
            if text.contains('\\') {
                return None;
            }
            self.cursor.skip(text.len() + 2);
            return Some(Term::Text(text.to_owned()));
        }
        if first.is_ascii_digit() {
            let digits = self.cursor.run(|c| c.is_ascii_digit() || c == '.' || c == '_');
            return Some(Term::Number(plain_digits(&digits.replace('_', ""))?));
        }
        if self.sign("(") {
            let inside = self.expression(truth)?;
            return self.sign(")").then_some(inside);
        }
        let path = self.cursor.run(|c| continues(c) || c == '.' || c == '$');
        let starts_well = path.starts_with(|c: char| c.is_alphabetic() || c == '_' || c == '$');
        if !starts_well || path.ends_with('.') || path.contains("..") {
            return None;
        }
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
        if self.cursor.rest().starts_with(['[', '{']) || self.cursor.rest().starts_with("?.") {
            return None;
        }
        (self.column)(path)
    }
}
