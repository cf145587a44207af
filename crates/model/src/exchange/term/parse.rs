//! The forms of SQL that can be exchanged, read back from their text.

use super::{Operator, Term, plain_digits};

/// Parts inside each other at most.
const MAX_DEPTH: usize = 60;

/// Tokens at most: a long chain of `or` is as deep as it is long.
const MAX_TOKENS: usize = 6000;

/// `None` if it says something that has no form here.
pub(crate) fn parse(sql: &str) -> Option<Term> {
    let tokens = tokens(sql)?;
    if tokens.len() > MAX_TOKENS {
        return None;
    }
    let mut parser = Parser { tokens, at: 0, depth: 0 };
    let term = parser.or()?;
    (parser.at == parser.tokens.len()).then_some(term)
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// In lower case, with the name as it was written.
    Word(String, String),
    Quoted(String),
    Number(String),
    Text(String),
    Sign(&'static str),
}

fn tokens(sql: &str) -> Option<Vec<Token>> {
    const SIGNS: [&str; 13] = ["<>", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "/", "(", ")"];
    let mut found = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            found.push(Token::Word(word.to_lowercase(), word.to_owned()));
            rest = after;
        } else if first.is_ascii_digit() {
            let end = number_end(rest);
            let (number, after) = rest.split_at(end);
            found.push(Token::Number(plain_digits(number)?));
            rest = after;
        } else if first == '\'' || first == '"' {
            let (text, after) = until_quote(&rest[1..], first)?;
            found.push(if first == '"' { Token::Quoted(text) } else { Token::Text(text) });
            rest = after;
        } else if let Some(after) = rest.strip_prefix(',') {
            found.push(Token::Sign(","));
            rest = after;
        } else {
            // Two signs side by side would begin a comment.
            if rest.starts_with("--") || rest.starts_with("/*") {
                return None;
            }
            let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign))?;
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        }
        rest = rest.trim_start();
    }
    Some(found)
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

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(own, _)) if own == word);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(own)) if *own == sign);
        self.at += usize::from(found);
        found
    }

    fn or(&mut self) -> Option<Term> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut left = self.and()?;
        while self.word("or") {
            left = Term::binary(Operator::Or, left, self.and()?);
        }
        self.depth -= 1;
        Some(left)
    }

    fn and(&mut self) -> Option<Term> {
        let mut left = self.not()?;
        while self.word("and") {
            left = Term::binary(Operator::And, left, self.not()?);
        }
        Some(left)
    }

    fn not(&mut self) -> Option<Term> {
        let mut n = 0;
        while self.word("not") {
            n += 1;
        }
        if n > MAX_DEPTH {
            return None;
        }
        let mut term = self.comparison()?;
        for _ in 0..n {
            term = Term::Not(Box::new(term));
        }
        Some(term)
    }

    fn comparison(&mut self) -> Option<Term> {
        let left = self.sum()?;
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
                return Some(Term::binary(operator, left, self.sum()?));
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
            if !self.sign("(") {
                return None;
            }
            let list = self.list()?;
            let left = Box::new(left);
            return Some(if negated { Term::NotIn(left, list) } else { Term::In(left, list) });
        }
        if self.word("between") {
            let low = self.sum()?;
            if !self.word("and") {
                return None;
            }
            let high = self.sum()?;
            let between = Term::binary(
                Operator::And,
                Term::binary(Operator::GreaterOrEqual, left.clone(), low),
                Term::binary(Operator::LessOrEqual, left, high),
            );
            return Some(if negated { Term::Not(Box::new(between)) } else { between });
        }
        (!negated).then_some(left)
    }

    fn sum(&mut self) -> Option<Term> {
        let mut left = self.product()?;
        loop {
            let operator = if self.sign("+") {
                Operator::Add
            } else if self.sign("-") {
                Operator::Subtract
            } else {
                return Some(left);
            };
            left = Term::binary(operator, left, self.product()?);
        }
    }

    fn product(&mut self) -> Option<Term> {
        let mut left = self.unary()?;
        loop {
            let operator = if self.sign("*") {
                Operator::Multiply
            } else if self.sign("/") {
                Operator::Divide
            } else {
                return Some(left);
            };
            left = Term::binary(operator, left, self.unary()?);
        }
    }

    fn unary(&mut self) -> Option<Term> {
        let negative = self.sign("-");
        if !negative {
            self.sign("+");
        }
        let term = self.primary()?;
        Some(if negative { Term::Negate(Box::new(term)) } else { term })
    }

    fn primary(&mut self) -> Option<Term> {
        let token = self.peek()?.clone();
        self.at += 1;
        match token {
            Token::Number(digits) => Some(Term::Number(digits)),
            Token::Text(text) => Some(Term::Text(text)),
            Token::Quoted(name) => Some(Term::Name(name)),
            Token::Sign("(") => {
                let inside = self.or()?;
                self.sign(")").then_some(inside)
            }
            Token::Sign(_) => None,
            Token::Word(word, written) => match word.as_str() {
                "null" => Some(Term::Null),
                "true" => Some(Term::Boolean(true)),
                "false" => Some(Term::Boolean(false)),
                "date" if matches!(self.peek(), Some(Token::Text(_))) => {
                    let Some(Token::Text(text)) = self.peek().cloned() else { return None };
                    self.at += 1;
                    Some(Term::Date(text))
                }
                "case" => self.case(),
                "cast" | "try_cast" | "and" | "or" | "in" | "is" | "not" | "when" | "then" | "else"
                | "end" | "between" | "like" | "ilike" | "timestamp" => None,
                _ if self.sign("(") => Some(Term::Call(word, self.list()?)),
                _ => Some(Term::Name(written)),
            },
        }
    }

    /// `a, b)`, its opening bracket read.
    fn list(&mut self) -> Option<Vec<Term>> {
        let mut list = Vec::new();
        loop {
            list.push(self.or()?);
            if self.sign(")") {
                return Some(list);
            }
            if !self.sign(",") {
                return None;
            }
        }
    }

    fn case(&mut self) -> Option<Term> {
        let subject = match self.peek()? {
            Token::Word(word, _) if word == "when" => None,
            _ => Some(self.or()?),
        };
        let mut when = Vec::new();
        while self.word("when") {
            let condition = self.or()?;
            if !self.word("then") {
                return None;
            }
            let condition = match &subject {
                Some(subject) => Term::binary(Operator::Equal, subject.clone(), condition),
                None => condition,
            };
            when.push((condition, self.or()?));
        }
        let otherwise = if self.word("else") { Some(Box::new(self.or()?)) } else { None };
        (self.word("end") && !when.is_empty()).then_some(Term::Case(when, otherwise))
    }
}
