//! What FEEL, ZEN and the SQL that is exchanged have in common: a place in a text that moves on over what was
//! understood, and the operators, which bind alike in all three. Each says for itself what its words, comparisons
//! and smallest parts are. `None` everywhere: it says something that has no form here.

use super::term::{Operator, Term};

/// Parts inside each other at most.
const MAX_DEPTH: usize = 60;

/// Signs, words, numbers and texts at most: a long chain of `or` is as deep as it is long.
const MAX_PARTS: usize = 6000;

/// Where one is in a text; blanks are passed over.
pub(super) struct Cursor<'a> {
    rest: &'a str,
    /// What was left where reading got furthest: what stands there is what was not understood.
    furthest: &'a str,
    /// A call that was read to its end and has no form.
    refused: Option<&'a str>,
    depth: usize,
    n_parts: usize,
}

/// True if a name goes on with it.
pub(super) fn continues(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

impl<'a> Cursor<'a> {
    pub fn at(text: &'a str) -> Cursor<'a> {
        let rest = text.trim_start();
        Cursor { rest, furthest: rest, refused: None, depth: 0, n_parts: 0 }
    }

    /// What is still to be read.
    pub fn rest(&self) -> &'a str {
        self.rest
    }

    /// What begins with what was not understood.
    pub fn furthest(&self) -> &'a str {
        self.refused.unwrap_or(self.furthest)
    }

    /// If what was read since `start` is a whole call, that call is what was not understood; the innermost of them.
    pub fn refuse_call(&mut self, start: &'a str) {
        let read = &start[..start.len() - self.rest.len().min(start.len())];
        if read.trim_end().ends_with(')') {
            self.refused.get_or_insert(start);
        }
    }

    /// All of it was read, and it was not too much.
    pub fn is_done(&self) -> bool {
        self.rest.is_empty() && self.n_parts <= MAX_PARTS
    }

    /// On over so many bytes and the blanks after them.
    pub fn skip(&mut self, n: usize) {
        // What is too long is read no further.
        self.n_parts += 1;
        self.rest = if self.n_parts > MAX_PARTS { "" } else { self.rest[n..].trim_start() };
        if self.rest.len() < self.furthest.len() {
            self.furthest = self.rest;
        }
    }

    /// Back to where `rest` was.
    pub fn back_to(&mut self, rest: &'a str) {
        self.rest = rest;
    }

    pub fn sign(&mut self, sign: &str) -> bool {
        let found = self.rest.starts_with(sign);
        if found {
            self.skip(sign.len());
        }
        found
    }

    pub fn word(&mut self, word: &str) -> bool {
        let found = self.rest.strip_prefix(word).is_some_and(|after| !after.starts_with(continues));
        if found {
            self.skip(word.len());
        }
        found
    }

    /// The bytes up to the first character that is none of these, and on over them.
    pub fn run(&mut self, of: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c: char| !of(c)).unwrap_or(self.rest.len());
        let found = &self.rest[..end];
        self.skip(end);
        found
    }
}

/// A notation for expressions. `truth`: only whether the result is true counts, so that false and unknown are one.
pub(super) trait Grammar<'a> {
    /// How “or” and “and” may be written other than by word.
    const OR: &'static str;
    const AND: &'static str;
    /// `+` joins texts, too: that is another function, and has no form here.
    const PLUS_JOINS_TEXTS: bool;

    fn cursor(&mut self) -> &mut Cursor<'a>;

    /// The whole of what stands in brackets or as an argument.
    fn expression(&mut self, truth: bool) -> Option<Term>;

    /// What `and` joins.
    fn comparison(&mut self, truth: bool) -> Option<Term>;

    /// What `*` and `/` join.
    fn factor(&mut self, truth: bool) -> Option<Term>;

    fn sign(&mut self, sign: &str) -> bool {
        self.cursor().sign(sign)
    }

    fn word(&mut self, word: &str) -> bool {
        self.cursor().word(word)
    }

    /// One level further in.
    fn inside(&mut self, read: impl FnOnce(&mut Self) -> Option<Term>) -> Option<Term> {
        self.cursor().depth += 1;
        if self.cursor().depth > MAX_DEPTH {
            return None;
        }
        let found = read(self)?;
        self.cursor().depth -= 1;
        Some(found)
    }

    fn or(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.and(truth)?;
        while self.word("or") || (!Self::OR.is_empty() && self.sign(Self::OR)) {
            left = Term::binary(Operator::Or, left, self.and(truth)?);
        }
        Some(left)
    }

    fn and(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.comparison(truth)?;
        while self.word("and") || (!Self::AND.is_empty() && self.sign(Self::AND)) {
            left = Term::binary(Operator::And, left, self.comparison(truth)?);
        }
        Some(left)
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
            let is_text = |term: &Term| matches!(term, Term::Text(_));
            if Self::PLUS_JOINS_TEXTS && (is_text(&left) || is_text(&right)) {
                return None;
            }
            left = Term::binary(operator, left, right);
        }
    }

    fn product(&mut self, truth: bool) -> Option<Term> {
        let mut left = self.factor(truth)?;
        loop {
            let operator = if self.cursor().rest.starts_with("**") {
                return None;
            } else if self.sign("*") {
                Operator::Multiply
            } else if self.sign("/") {
                Operator::Divide
            } else {
                return Some(left);
            };
            left = Term::binary(operator, left, self.factor(false)?);
        }
    }

    /// `a, b)`: its opening bracket was read, `end` closes it.
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

    /// `low and high`: `between` was read.
    fn between(&mut self, left: Term) -> Option<Term> {
        let low = self.sum(false)?;
        if !self.word("and") {
            return None;
        }
        let high = self.sum(false)?;
        Some(Term::binary(
            Operator::And,
            Term::binary(Operator::GreaterOrEqual, left.clone(), low),
            Term::binary(Operator::LessOrEqual, left, high),
        ))
    }
}
