//! From words and signs to the tree. Names may have blanks inside, so the scope decides how far one reaches.

use gradus_model::Text;

use super::lexer::{Token, forms, tokens};
use super::{Call, Comparison, Feel, FeelCell, Interval, Operator, Test};
use crate::limit::{MAX_DEPTH, MAX_LIST};
use crate::literal::{Literal, read_date, read_timestamp};
use crate::problem::{Problem, brief, text};
use crate::scope::Scope;

pub(super) fn cell(text: &str, scope: &Scope) -> Result<FeelCell, Problem> {
    let tokens = tokens(text)?;
    if tokens.is_empty() || tokens == [Token::Sign("-")] {
        return Ok(FeelCell { negated: false, tests: Vec::new() });
    }
    let mut parser = Parser { scope, tokens, at: 0, depth: 0 };
    let cell = parser.cell()?;
    parser.end()?;
    Ok(cell)
}

pub(super) fn expression(text: &str, scope: &Scope) -> Result<Feel, Problem> {
    let mut parser = Parser { scope, tokens: tokens(text)?, at: 0, depth: 0 };
    let feel = parser.expression()?;
    parser.end()?;
    Ok(feel)
}

/// The functions of FEEL that have an SQL of their own. What is missing is refused by name.
const CALLS: &[Call] = &[
    Call { name: "not", n_arguments: (1, 1), sql: "(not {0})" },
    Call { name: "abs", n_arguments: (1, 1), sql: "abs({0})" },
    Call { name: "floor", n_arguments: (1, 1), sql: "floor({0})" },
    Call { name: "ceiling", n_arguments: (1, 1), sql: "ceil({0})" },
    Call { name: "sqrt", n_arguments: (1, 1), sql: "sqrt({0})" },
    Call { name: "exp", n_arguments: (1, 1), sql: "exp({0})" },
    Call { name: "log", n_arguments: (1, 1), sql: "ln({0})" },
    // The sign is the divisor's.
    Call { name: "modulo", n_arguments: (2, 2), sql: "({0} - {1} * floor({0} / {1}))" },
    Call { name: "round half up", n_arguments: (2, 2), sql: "round({0}, {1})" },
    // Unknown among the values makes the result unknown.
    Call { name: "min", n_arguments: (1, 20), sql: "case when {null} then null else min({*}) end" },
    Call { name: "max", n_arguments: (1, 20), sql: "case when {null} then null else max({*}) end" },
    Call { name: "string length", n_arguments: (1, 1), sql: "len({0})" },
    Call { name: "upper case", n_arguments: (1, 1), sql: "upper({0})" },
    Call { name: "lower case", n_arguments: (1, 1), sql: "lower({0})" },
    Call { name: "contains", n_arguments: (2, 2), sql: "contains({0}, {1})" },
    Call { name: "starts with", n_arguments: (2, 2), sql: "starts_with({0}, {1})" },
    Call { name: "ends with", n_arguments: (2, 2), sql: "ends_with({0}, {1})" },
    Call { name: "matches", n_arguments: (2, 2), sql: "regexp_like({0}, {1})" },
    Call { name: "string", n_arguments: (1, 1), sql: "cast({0} as text)" },
    Call { name: "is defined", n_arguments: (1, 1), sql: "({0} is not null)" },
    Call { name: "year", n_arguments: (1, 1), sql: "year({0})" },
    Call { name: "month", n_arguments: (1, 1), sql: "month({0})" },
    Call { name: "day", n_arguments: (1, 1), sql: "day({0})" },
    Call { name: "weekday", n_arguments: (1, 1), sql: "weekday({0})" },
];

struct Parser<'a> {
    scope: &'a Scope,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(there);
        there
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Word(found)) if found == word);
        self.at += usize::from(there);
        there
    }

    fn needs(&mut self, sign: &str) -> Result<(), Problem> {
        if self.takes(sign) { Ok(()) } else { Err(self.unexpected(Some(sign))) }
    }

    fn end(&self) -> Result<(), Problem> {
        if self.at == self.tokens.len() { Ok(()) } else { Err(self.unexpected(None)) }
    }

    fn unexpected(&self, wanted: Option<&str>) -> Problem {
        let found = match self.peek() {
            None => Text::new("到此为止", "it ends here"),
            Some(token) => {
                let shown = match token {
                    Token::Word(text) | Token::Number(text) => text.clone(),
                    Token::Quoted(text) => format!("\"{text}\""),
                    Token::At(text) => format!("@\"{text}\""),
                    Token::Sign(sign) => sign.to_string(),
                };
                Text::plain(brief(&shown))
            }
        };
        let what = match wanted {
            Some(sign) => Text::new(
                format!("这里需要「{sign}」，而不是「{}」", found.zh),
                format!("“{sign}” is needed here instead of “{}”", found.en),
            ),
            None => Text::new(
                format!("「{}」不能写在这里", found.zh),
                format!("“{}” cannot stand here", found.en),
            ),
        };
        Problem::new("feel-form", what, forms())
    }

    fn deeper<T>(&mut self, of: impl FnOnce(&mut Self) -> Result<T, Problem>) -> Result<T, Problem> {
        if self.depth >= MAX_DEPTH {
            return Err(crate::token::too_deep());
        }
        self.depth += 1;
        let out = of(self);
        self.depth -= 1;
        out
    }

    /// `not(…)` around the whole cell, or the tests themselves.
    fn cell(&mut self) -> Result<FeelCell, Problem> {
        let from = self.at;
        if self.takes_word("not") && self.takes("(") {
            let tests = self.tests();
            if let Ok(tests) = tests
                && self.takes(")")
                && self.at == self.tokens.len()
            {
                return Ok(FeelCell { negated: true, tests });
            }
        }
        self.at = from;
        Ok(FeelCell { negated: false, tests: self.tests()? })
    }

    fn tests(&mut self) -> Result<Vec<Test>, Problem> {
        let mut tests = Vec::new();
        loop {
            self.test(&mut tests)?;
            if tests.len() > MAX_LIST {
                let what = Text::new("单元格里的值太多", "too many values in a cell");
                let right = Text::new("至多一万个", "ten thousand at most");
                return Err(Problem::new("feel-form", what, right));
            }
            if !self.takes(",") {
                return Ok(tests);
            }
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let comparison = match self.peek() {
            Some(Token::Sign("=")) => Comparison::Equal,
            Some(Token::Sign("!=")) => Comparison::Different,
            Some(Token::Sign("<")) => Comparison::Less,
            Some(Token::Sign("<=")) => Comparison::AtMost,
            Some(Token::Sign(">")) => Comparison::More,
            Some(Token::Sign(">=")) => Comparison::AtLeast,
            _ => return None,
        };
        self.at += 1;
        Some(comparison)
    }

    fn test(&mut self, tests: &mut Vec<Test>) -> Result<(), Problem> {
        if let Some(comparison) = self.comparison() {
            let feel = self.sum()?;
            tests.push(Test::Compare(comparison, feel));
            return Ok(());
        }
        if let Some(interval) = self.interval()? {
            tests.push(Test::Interval(interval));
            return Ok(());
        }
        match self.expression()? {
            // A list is each of its values.
            Feel::List(values) => tests.extend(values.into_iter().map(Test::Equals)),
            feel if feel.is_condition() => tests.push(Test::Holds(feel)),
            feel => tests.push(Test::Equals(feel)),
        }
        Ok(())
    }

    /// `[1..5)`, `]1..5]`; nothing if a bracket opens something else.
    fn interval(&mut self) -> Result<Option<Interval>, Problem> {
        let from = self.at;
        let low_closed = match self.peek() {
            Some(Token::Sign("[")) => true,
            Some(Token::Sign("(" | "]")) => false,
            _ => return Ok(None),
        };
        let must = matches!(self.peek(), Some(Token::Sign("]")));
        self.at += 1;
        let low = self.deeper(Self::sum);
        if low.is_err() && must {
            return low.map(|_| None);
        }
        let (Ok(low), true) = (low, self.takes("..")) else {
            self.at = from;
            return if must { Err(self.unexpected(Some(".."))) } else { Ok(None) };
        };
        let high = self.deeper(Self::sum)?;
        let high_closed = match self.peek() {
            Some(Token::Sign("]")) => true,
            Some(Token::Sign(")" | "[")) => false,
            _ => return Err(self.unexpected(Some("]"))),
        };
        self.at += 1;
        if let (Some(low), Some(high)) = (low.constant(), high.constant())
            && is_backwards(&low, &high)
        {
            let what = text!(
                "区间的下限 {l} 大于上限 {h}，没有值落在其中",
                "the interval begins at {l}, after its end {h}: no value is in it",
                l = low.sql(),
                h = high.sql()
            );
            let right = Text::new("先写下限，再写上限", "the lower end first");
            return Err(Problem::new("feel-interval", what, right));
        }
        Ok(Some(Interval { low, low_closed, high, high_closed }))
    }

    fn expression(&mut self) -> Result<Feel, Problem> {
        self.deeper(|parser| {
            if parser.takes_word("if") {
                let condition = parser.expression()?;
                parser.needs_word("then")?;
                let then = parser.expression()?;
                parser.needs_word("else")?;
                let otherwise = parser.expression()?;
                return Ok(Feel::If(Box::new(condition), Box::new(then), Box::new(otherwise)));
            }
            let mut parts = vec![parser.conjunction()?];
            while parser.takes_word("or") {
                parts.push(parser.conjunction()?);
            }
            Ok(if parts.len() == 1 { parts.remove(0) } else { Feel::Or(parts) })
        })
    }

    fn needs_word(&mut self, word: &str) -> Result<(), Problem> {
        if self.takes_word(word) { Ok(()) } else { Err(self.unexpected(Some(word))) }
    }

    fn conjunction(&mut self) -> Result<Feel, Problem> {
        let mut parts = vec![self.compared()?];
        while self.takes_word("and") {
            parts.push(self.compared()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Feel::And(parts) })
    }

    fn compared(&mut self) -> Result<Feel, Problem> {
        let left = self.sum()?;
        if let Some(comparison) = self.comparison() {
            let right = self.sum()?;
            return Ok(Feel::Compare(comparison, Box::new(left), Box::new(right)));
        }
        if self.takes_word("between") {
            let low = self.sum()?;
            self.needs_word("and")?;
            let high = self.sum()?;
            return Ok(Feel::Between(Box::new(left), Box::new(low), Box::new(high)));
        }
        if self.takes_word("in") {
            let mut tests = Vec::new();
            let from = self.at;
            let grouped = self.takes("(").then(|| self.tests()).and_then(Result::ok);
            match grouped {
                Some(group) if self.takes(")") => tests = group,
                _ => {
                    self.at = from;
                    self.test(&mut tests)?;
                }
            }
            return Ok(Feel::In(Box::new(left), Box::new(FeelCell { negated: false, tests })));
        }
        Ok(left)
    }

    fn sum(&mut self) -> Result<Feel, Problem> {
        let mut left = self.product()?;
        loop {
            let operator = if self.takes("+") {
                Operator::Add
            } else if self.takes("-") {
                Operator::Subtract
            } else {
                return Ok(left);
            };
            left = Feel::Arithmetic(operator, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Result<Feel, Problem> {
        let mut left = self.power()?;
        loop {
            let operator = if self.takes("*") {
                Operator::Multiply
            } else if self.takes("/") {
                Operator::Divide
            } else {
                return Ok(left);
            };
            left = Feel::Arithmetic(operator, Box::new(left), Box::new(self.power()?));
        }
    }

    fn power(&mut self) -> Result<Feel, Problem> {
        if self.takes("-") {
            return self.deeper(|parser| Ok(Feel::Negate(Box::new(parser.power()?))));
        }
        let mut left = self.postfix()?;
        while self.takes("**") {
            left = Feel::Arithmetic(Operator::Power, Box::new(left), Box::new(self.postfix()?));
        }
        Ok(left)
    }

    /// `.year` and its like behind a date.
    fn postfix(&mut self) -> Result<Feel, Problem> {
        let mut of = self.atom()?;
        while self.takes(".") {
            let call = match self.peek() {
                Some(Token::Word(word)) => {
                    CALLS.iter().find(|call| call.name == word && is_part_of_date(call.name))
                }
                _ => None,
            };
            let Some(call) = call else { return Err(self.unexpected(Some("year, month, day, weekday"))) };
            self.at += 1;
            of = Feel::Call(call, vec![of]);
        }
        Ok(of)
    }

    fn atom(&mut self) -> Result<Feel, Problem> {
        match self.peek().cloned() {
            Some(Token::Number(digits)) => {
                self.at += 1;
                let what = || text!("数字「{d}」的位数太多", "“{d}” has too many digits", d = brief(&digits));
                let right = || Text::new("至多 38 位", "38 digits at most");
                Literal::number(&digits)
                    .map(Feel::Literal)
                    .ok_or_else(|| Problem::new("feel-form", what(), right()))
            }
            Some(Token::Quoted(text)) => {
                self.at += 1;
                Ok(Feel::Literal(Literal::Text(text)))
            }
            Some(Token::At(text)) => {
                self.at += 1;
                date_or_instant(&text).map(Feel::Literal)
            }
            Some(Token::Sign("?")) => {
                self.at += 1;
                Ok(Feel::Input)
            }
            Some(Token::Sign("(")) => {
                self.at += 1;
                let inner = self.expression()?;
                self.needs(")")?;
                Ok(inner)
            }
            Some(Token::Sign("[")) => {
                self.at += 1;
                let mut values = Vec::new();
                if !self.takes("]") {
                    values.push(self.expression()?);
                    while self.takes(",") {
                        values.push(self.expression()?);
                    }
                    self.needs("]")?;
                }
                Ok(Feel::List(values))
            }
            Some(Token::Word(word)) => self.word(&word),
            _ => Err(self.unexpected(None)),
        }
    }

    fn word(&mut self, word: &str) -> Result<Feel, Problem> {
        let literal = match word {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Boolean(true)),
            "false" => Some(Literal::Boolean(false)),
            _ => None,
        };
        if let Some(literal) = literal {
            self.at += 1;
            return Ok(Feel::Literal(literal));
        }
        // The longest run of words that is a name or a function.
        let words: Vec<&str> = self.tokens[self.at..]
            .iter()
            .map_while(|token| if let Token::Word(word) = token { Some(word.as_str()) } else { None })
            .take(8)
            .collect();
        for n in (1..=words.len()).rev() {
            let name = words[..n].join(" ");
            if matches!(self.tokens.get(self.at + n), Some(Token::Sign("("))) {
                self.at += n;
                return self.call(&name);
            }
            if self.scope.schema().column_with_name(&name).is_some() {
                self.at += n;
                return Ok(Feel::Name(name));
            }
        }
        let known = self.scope.unknown(word);
        let right = Text::new(
            format!(
                "文本要加引号，写成 \"{w}\"，在 YAML 里是 '\"{w}\"'；{k}",
                w = brief(word),
                k = known.right.zh
            ),
            format!(
                "a text is written in quotes, \"{w}\", in YAML '\"{w}\"'; {k}",
                w = brief(word),
                k = known.right.en
            ),
        );
        Err(Problem { right, ..known })
    }

    fn call(&mut self, name: &str) -> Result<Feel, Problem> {
        self.needs("(")?;
        let mut arguments = Vec::new();
        if !self.takes(")") {
            arguments.push(self.expression()?);
            while self.takes(",") {
                arguments.push(self.expression()?);
            }
            self.needs(")")?;
        }
        if matches!(name, "date" | "date and time") {
            let parts: Option<Vec<Literal>> = arguments.iter().map(Feel::constant).collect();
            return match parts.as_deref() {
                Some([Literal::Text(text)]) => date_or_instant(text).map(Feel::Literal),
                Some([Literal::Integer(year), Literal::Integer(month), Literal::Integer(day)])
                    if name == "date" =>
                {
                    date_or_instant(&format!("{year:04}-{month:02}-{day:02}")).map(Feel::Literal)
                }
                _ => Err(not_a_date(name)),
            };
        }
        // `min([a, b])` is `min(a, b)`.
        if let ("min" | "max", [Feel::List(values)]) = (name, arguments.as_slice()) {
            arguments = values.clone();
        }
        let Some(call) = CALLS.iter().find(|call| call.name == name) else {
            let what =
                text!("这里没有 FEEL 函数「{n}」", "there is no FEEL function “{n}” here", n = brief(name));
            let known: Vec<&str> = CALLS.iter().map(|call| call.name).collect();
            return Err(Problem::new("feel-function", what, Text::plain(known.join(", "))));
        };
        let (least, most) = call.n_arguments;
        if arguments.len() < least || arguments.len() > most {
            let what =
                text!("{n}() 的参数个数不对", "{n}() is given the wrong number of arguments", n = call.name);
            let right =
                Text::plain(if least == most { least.to_string() } else { format!("{least}–{most}") });
            return Err(Problem::new("feel-function", what, right));
        }
        Ok(Feel::Call(call, arguments))
    }
}

impl Feel {
    /// True for what is itself a condition, so that a cell tests it instead of comparing with it.
    fn is_condition(&self) -> bool {
        match self {
            Feel::Compare(..) | Feel::And(_) | Feel::Or(_) | Feel::Between(..) | Feel::In(..) => true,
            Feel::Call(call, parts) => {
                matches!(
                    call.name,
                    "not" | "contains" | "starts with" | "ends with" | "matches" | "is defined"
                ) || parts.iter().any(Feel::has_input)
            }
            other => other.has_input(),
        }
    }

    fn has_input(&self) -> bool {
        match self {
            Feel::Input => true,
            Feel::Literal(_) | Feel::Name(_) => false,
            Feel::Negate(of) | Feel::In(of, _) => of.has_input(),
            Feel::Arithmetic(_, left, right) | Feel::Compare(_, left, right) => {
                left.has_input() || right.has_input()
            }
            Feel::And(parts) | Feel::Or(parts) | Feel::Call(_, parts) | Feel::List(parts) => {
                parts.iter().any(Feel::has_input)
            }
            Feel::Between(a, b, c) | Feel::If(a, b, c) => [a, b, c].into_iter().any(|part| part.has_input()),
        }
    }
}

fn is_part_of_date(name: &str) -> bool {
    matches!(name, "year" | "month" | "day" | "weekday")
}

fn date_or_instant(text: &str) -> Result<Literal, Problem> {
    if let Some(days) = read_date(text) {
        return Ok(Literal::Date(days));
    }
    read_timestamp(text).map(Literal::Timestamp).ok_or_else(|| not_a_date(text))
}

fn not_a_date(text: &str) -> Problem {
    let what = text!("「{t}」不是日期或时刻", "“{t}” is no date or instant", t = brief(text));
    let right = Text::new(
        "例如 date(\"2026-01-31\")、@\"2026-01-31\"、date(2026, 1, 31)",
        "such as date(\"2026-01-31\"), @\"2026-01-31\", date(2026, 1, 31)",
    );
    Problem::new("feel-date", what, right)
}

/// True if both are of one kind and the first comes after the second.
fn is_backwards(low: &Literal, high: &Literal) -> bool {
    use Literal::*;
    match (low, high) {
        (Text(low), Text(high)) => low > high,
        (Date(low), Date(high)) => low > high,
        (Timestamp(low), Timestamp(high)) => low > high,
        _ => {
            let number = |literal: &Literal| match literal {
                Integer(value) => Some((i128::from(*value), 0)),
                Decimal(value, scale) => Some((*value, *scale)),
                _ => None,
            };
            match (number(low), number(high)) {
                (Some((low, a)), Some((high, b))) => crate::number::compare(low, a, high, b).is_gt(),
                _ => false,
            }
        }
    }
}
