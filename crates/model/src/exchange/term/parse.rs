//! The forms of SQL that can be exchanged, read back from their text.

use super::super::grammar::{Cursor, Grammar, continues};
use super::{Operator, Term, plain_digits};

/// `not`s before one thing at most.
const MAX_NOTS: usize = 60;

/// `None` if it says something that has no form here.
pub(crate) fn parse(sql: &str) -> Option<Term> {
    let mut parser = Parser { cursor: Cursor::at(sql) };
    let term = parser.expression(false)?;
    parser.cursor.is_done().then_some(term)
}

fn number_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let after = digits(end + 1 + sign);
        if after > end + 1 + sign {
            end = after;
        }
    }
    end
}

/// The text up to its closing quote, doubled ones taken as one; and what follows.
fn until_quote(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once(quote)?;
        out.push_str(before);
        match after.strip_prefix(quote) {
            Some(after) => {
                out.push(quote);
                rest = after;
            }
            None => return Some((out, after)),
        }
    }
}

struct Parser<'a> {
    cursor: Cursor<'a>,
}

impl<'a> Grammar<'a> for Parser<'a> {
    const OR: &'static str = "";
    const AND: &'static str = "";
    const PLUS_JOINS_TEXTS: bool = false;

    fn cursor(&mut self) -> &mut Cursor<'a> {
        &mut self.cursor
    }

    /// Words of SQL are the same in capitals.
    fn word(&mut self, word: &str) -> bool {
        let found = self.peek_word().is_some_and(|own| own.eq_ignore_ascii_case(word));
        if found {
            self.cursor.skip(word.len());
        }
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        // Two signs side by side would begin a comment.
        let rest = self.cursor.rest();
        !rest.starts_with("--") && !rest.starts_with("/*") && self.cursor.sign(sign)
    }

    fn expression(&mut self, truth: bool) -> Option<Term> {
        self.inside(|own| own.or(truth))
    }

    fn comparison(&mut self, truth: bool) -> Option<Term> {
        let mut n = 0;
        while self.word("not") {
            n += 1;
        }
        if n > MAX_NOTS {
            return None;
        }
        let mut term = self.compared(truth)?;
        for _ in 0..n {
            term = Term::Not(Box::new(term));
        }
        Some(term)
    }

    fn factor(&mut self, _: bool) -> Option<Term> {
        let negative = self.sign("-");
        if !negative {
            self.sign("+");
        }
        let term = self.primary()?;
        Some(if negative { Term::Negate(Box::new(term)) } else { term })
    }
}

impl<'a> Parser<'a> {
    /// The word that comes next; a name may have dots.
    fn peek_word(&self) -> Option<&'a str> {
        let rest = self.cursor.rest();
        if !rest.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return None;
        }
        Some(&rest[..rest.find(|c: char| !continues(c) && c != '.').unwrap_or(rest.len())])
    }

    fn compared(&mut self, truth: bool) -> Option<Term> {
        let left = self.sum(truth)?;
        const COMPARISONS: [(&str, Operator); 7] = [
            ("=", Operator::Equal),
            ("<>", Operator::NotEqual),
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (sign, operator) in COMPARISONS {
            if self.sign(sign) {
                return Some(Term::binary(operator, left, self.sum(truth)?));
            }
        }
        if self.word("is") {
            let negated = self.word("not");
            if !self.word("null") {
                return None;
            }
            return Some(if negated { left.is_not_null() } else { left.is_null() });
        }
        let negated = self.word("not");
        if self.word("in") {
            let list = self.sign("(").then(|| self.list(")"))??;
            let left = Box::new(left);
            return Some(if negated { Term::NotIn(left, list) } else { Term::In(left, list) });
        }
        if self.word("between") {
            let between = self.between(left)?;
            return Some(if negated { Term::Not(Box::new(between)) } else { between });
        }
        (!negated).then_some(left)
    }

    fn primary(&mut self) -> Option<Term> {
        let rest = self.cursor.rest();
        let first = rest.chars().next()?;
        if first.is_ascii_digit() {
            let end = number_end(rest);
            self.cursor.skip(end);
            return Some(Term::Number(plain_digits(&rest[..end])?));
        }
        if first == '\'' || first == '"' {
            let text = self.quoted(first)?;
            return Some(if first == '"' { Term::Name(text) } else { Term::Text(text) });
        }
        if self.sign("(") {
            let inside = self.expression(false)?;
            return self.sign(")").then_some(inside);
        }
        let written = self.peek_word()?;
        self.cursor.skip(written.len());
        let word = written.to_lowercase();
        match word.as_str() {
            "null" => Some(Term::Null),
            "true" => Some(Term::Boolean(true)),
            "false" => Some(Term::Boolean(false)),
            "date" if self.cursor.rest().starts_with('\'') => self.quoted('\'').map(Term::Date),
            "case" => self.case(),
            "cast" | "try_cast" | "and" | "or" | "in" | "is" | "not" | "when" | "then" | "else" | "end"
            | "between" | "like" | "ilike" | "timestamp" => None,
            _ if self.sign("(") => Some(Term::Call(word, self.list(")")?)),
            _ => Some(Term::Name(written.to_owned())),
        }
    }

    /// A text or a quoted name.
    fn quoted(&mut self, quote: char) -> Option<String> {
        let rest = self.cursor.rest();
        let (text, after) = until_quote(&rest[1..], quote)?;
        self.cursor.skip(rest.len() - after.len());
        Some(text)
    }

    fn case(&mut self) -> Option<Term> {
        let begins = self.peek_word().is_some_and(|word| word.eq_ignore_ascii_case("when"));
        let subject = if begins { None } else { Some(self.expression(false)?) };
        let mut when = Vec::new();
        while self.word("when") {
            let condition = self.expression(false)?;
            if !self.word("then") {
                return None;
            }
            let condition = match &subject {
                Some(subject) => Term::binary(Operator::Equal, subject.clone(), condition),
                None => condition,
            };
            when.push((condition, self.expression(false)?));
        }
        let otherwise = if self.word("else") { Some(Box::new(self.expression(false)?)) } else { None };
        (self.word("end") && !when.is_empty()).then_some(Term::Case(when, otherwise))
    }
}
