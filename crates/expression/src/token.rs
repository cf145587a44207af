//! From text to one syntax tree, with every bound checked before the parser runs.
//!
//! The query engine's own tokenizer and parser are used, with two precautions. Words that are not
//! part of scalar expressions lose their keyword meaning, so that a column may be called `date`
//! or `position` and no statement can be spelled; and every keyword that is left is reserved, so
//! that the parser never tries a second reading, which nested mistakes could make exponential.

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::dialect::Dialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::parser::{Parser, ParserOptions};
use datafusion::sql::sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};
use gradus_model::Text;

use crate::limit::{MAX_BYTES, MAX_DEPTH, MAX_LIST, MAX_NODES};
use crate::problem::{Problem, brief, text};
use crate::scope::{continues_name, starts_name};

/// Words with a meaning of their own; a column of that name has to be quoted.
const KEYWORDS: [(&str, Keyword); 24] = [
    ("AND", Keyword::AND),
    ("OR", Keyword::OR),
    ("NOT", Keyword::NOT),
    ("IS", Keyword::IS),
    ("NULL", Keyword::NULL),
    ("TRUE", Keyword::TRUE),
    ("FALSE", Keyword::FALSE),
    ("IN", Keyword::IN),
    ("LIKE", Keyword::LIKE),
    ("ILIKE", Keyword::ILIKE),
    ("BETWEEN", Keyword::BETWEEN),
    ("CASE", Keyword::CASE),
    ("WHEN", Keyword::WHEN),
    ("THEN", Keyword::THEN),
    ("ELSE", Keyword::ELSE),
    ("END", Keyword::END),
    ("CAST", Keyword::CAST),
    ("TRY_CAST", Keyword::TRY_CAST),
    ("AS", Keyword::AS),
    ("ESCAPE", Keyword::ESCAPE),
    ("DISTINCT", Keyword::DISTINCT),
    ("FROM", Keyword::FROM),
    ("SELECT", Keyword::SELECT),
    ("UNKNOWN", Keyword::UNKNOWN),
];

pub(crate) fn is_keyword(word: &str) -> bool {
    keyword(word).is_some()
}

fn keyword(word: &str) -> Option<Keyword> {
    KEYWORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, keyword)| *keyword)
}

/// Parses one expression and nothing after it, and hands the tree to `work`. The tree may be deep
/// in ways that only `work` judges, so it is read and dropped where the stack is large enough.
pub(crate) fn parse<T: Send>(sql: &str, work: impl FnOnce(&Expr) -> T + Send) -> Result<T, Problem> {
    if sql.len() > MAX_BYTES {
        let what = text!(
            "表达式长 {n} 字节，上限 {max}",
            "the expression has {n} bytes, the limit is {max}",
            n = sql.len(),
            max = MAX_BYTES
        );
        return Err(Problem::new("expression-too-long", what, split()));
    }
    let tokens = Tokenizer::new(&Scalar, sql)
        .with_unescape(true)
        .tokenize_with_location()
        .map_err(|error| unreadable(sql, error.location.column))?;
    let (tokens, depth) = scan(sql, tokens)?;
    // The parser recurses, and its frames are large: deep nesting gets a stack that surely holds it.
    let read = || run(sql, tokens).map(|tree| work(&tree));
    if depth <= 12 { read() } else { on_large_stack(read)? }
}

/// Runs `work` on a thread whose stack holds the deepest expression that the limits allow.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, Problem> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(64 << 20).spawn_scoped(scope, work);
        match thread.map(|thread| thread.join()) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // No thread to be had: what needs no deep stack still works.
            Err(_) => Err(too_deep()),
        }
    })
}

fn run(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<Expr, Problem> {
    let options = ParserOptions::new().with_unescape(true);
    // Each level of nesting costs at most three of the parser's steps.
    let mut parser = Parser::new(&Scalar)
        .with_options(options)
        .with_recursion_limit(4 * MAX_DEPTH)
        .with_tokens_with_locations(tokens);
    let parsed = parser.parse_expr();
    let next = parser.peek_token();
    match parsed {
        Ok(expr) if next.token == Token::EOF => Ok(expr),
        Ok(_) => {
            let found = found(&next);
            let what =
                text!("表达式在「{f}」之前已经结束", "the expression has ended before “{f}”", f = found);
            let right = Text::new("一个表达式，其后没有其他内容", "one expression and nothing after it");
            Err(Problem::new("expression-not-one", what, right))
        }
        Err(datafusion::sql::sqlparser::parser::ParserError::RecursionLimitExceeded) => Err(too_deep()),
        Err(_) if next.token == Token::EOF => {
            let what = text!("表达式没有写完：{s}", "the expression is not finished: {s}", s = brief(sql));
            Err(Problem::new("expression-unfinished", what, example()))
        }
        Err(_) => {
            let what = text!(
                "无法理解「{f}」附近的写法：{s}",
                "cannot make sense of what stands around “{f}”: {s}",
                f = found(&next),
                s = brief(sql)
            );
            Err(Problem::new("expression-syntax", what, example()))
        }
    }
}

/// Counts and bounds the tokens, and takes the keyword meaning from words that are none of ours.
/// Gives the tokens without white space, and how deep they nest.
fn scan(sql: &str, tokens: Vec<TokenWithSpan>) -> Result<(Vec<TokenWithSpan>, usize), Problem> {
    let mut kept: Vec<TokenWithSpan> = Vec::with_capacity(tokens.len());
    let (mut depth, mut deepest, mut cases, mut operators, mut words) =
        (0usize, 0usize, 0usize, 0usize, 0usize);
    let mut commas: Vec<usize> = Vec::new();
    for mut item in tokens {
        match &mut item.token {
            Token::Whitespace(_) => continue,
            Token::LParen => {
                depth += 1;
                commas.push(0);
            }
            Token::RParen => {
                depth = depth.saturating_sub(1);
                commas.pop();
            }
            Token::Comma => {
                if let Some(n) = commas.last_mut() {
                    *n += 1;
                    if *n >= MAX_LIST {
                        let what = text!("列表超过 {n} 个值", "a list of more than {n} values", n = MAX_LIST);
                        let right = Text::new("上传名单并用 in_list", "upload a list and use in_list");
                        return Err(Problem::new("expression-list-too-long", what, right));
                    }
                }
            }
            Token::Word(word) => {
                if word.quote_style.is_some() {
                    word.keyword = Keyword::NoKeyword;
                    words += 1;
                } else {
                    tame(word);
                    // AND(…) and OR(…) of spreadsheets: a connective where a value should begin.
                    let connective = matches!(word.keyword, Keyword::AND | Keyword::OR);
                    if connective && !kept.last().is_some_and(|item| ends_value(&item.token)) {
                        word.keyword = Keyword::NoKeyword;
                    }
                    match word.keyword {
                        Keyword::CASE => cases += 1,
                        Keyword::END => cases = cases.saturating_sub(1),
                        Keyword::SELECT => return Err(subquery()),
                        _ => {}
                    }
                    if word.keyword == Keyword::NoKeyword { words += 1 } else { operators += 1 }
                }
            }
            Token::Number(..) | Token::SingleQuotedString(_) | Token::EOF => {}
            Token::Minus if matches!(kept.last().map(|t| &t.token), Some(Token::Comma | Token::LParen)) => {}
            Token::Plus | Token::Minus | Token::Mul | Token::Div | Token::Mod | Token::Eq | Token::Neq => {
                operators += 1
            }
            Token::Lt | Token::Gt | Token::LtEq | Token::GtEq | Token::StringConcat => operators += 1,
            Token::Period | Token::DoubleEq | Token::DoubleColon | Token::ExclamationMark => operators += 1,
            _ => return Err(symbol(sql, &item)),
        }
        deepest = deepest.max(depth + cases);
        kept.push(item);
    }
    if kept.iter().all(|item| item.token == Token::EOF) {
        let what = Text::new("表达式是空的", "the expression is empty");
        return Err(Problem::new("expression-empty", what, example()));
    }
    if deepest > MAX_DEPTH {
        return Err(too_deep());
    }
    if operators > 2 * MAX_NODES || words > MAX_NODES {
        return Err(too_many());
    }
    revive_literals(&mut kept);
    // Long chains of prefix operators nest without parentheses.
    let chain = kept.chunk_by(|a, b| is_prefix(&a.token) && is_prefix(&b.token)).map(<[_]>::len).max();
    Ok((kept, deepest.max(chain.unwrap_or(0)).max(operators / 8)))
}

/// `DATE '2011-12-10'` and `TIMESTAMP '…'` are values; types are types only after AS or `::`.
fn revive_literals(tokens: &mut [TokenWithSpan]) {
    for at in 0..tokens.len() {
        let before_text = matches!(tokens.get(at + 1).map(|t| &t.token), Some(Token::SingleQuotedString(_)));
        let after_as = at > 0
            && match &tokens[at - 1].token {
                Token::DoubleColon => true,
                Token::Word(word) => word.keyword == Keyword::AS,
                _ => false,
            };
        let Token::Word(word) = &mut tokens[at].token else { continue };
        if word.quote_style.is_some() || word.keyword != Keyword::NoKeyword {
            continue;
        }
        let upper = word.value.to_ascii_uppercase();
        word.keyword = match upper.as_str() {
            "DATE" if before_text || after_as => Keyword::DATE,
            "TIMESTAMP" if before_text || after_as => Keyword::TIMESTAMP,
            "INT" | "INTEGER" if after_as => Keyword::INT,
            "BIGINT" if after_as => Keyword::BIGINT,
            "DECIMAL" | "NUMERIC" if after_as => Keyword::DECIMAL,
            "DOUBLE" | "FLOAT" if after_as => Keyword::DOUBLE,
            "TEXT" | "VARCHAR" | "STRING" if after_as => Keyword::TEXT,
            "BOOLEAN" | "BOOL" if after_as => Keyword::BOOLEAN,
            _ => Keyword::NoKeyword,
        };
    }
}

fn is_prefix(token: &Token) -> bool {
    match token {
        Token::Minus | Token::Plus => true,
        Token::Word(word) => word.keyword == Keyword::NOT,
        _ => false,
    }
}

fn ends_value(token: &Token) -> bool {
    match token {
        Token::RParen | Token::Number(..) | Token::SingleQuotedString(_) => true,
        Token::Word(word) => {
            let value = [Keyword::NoKeyword, Keyword::NULL, Keyword::TRUE, Keyword::FALSE, Keyword::END];
            value.contains(&word.keyword) || word.keyword == Keyword::UNKNOWN
        }
        _ => false,
    }
}

fn tame(word: &mut Word) {
    word.keyword = keyword(&word.value).unwrap_or(Keyword::NoKeyword);
}

fn found(item: &TokenWithSpan) -> String {
    brief(&item.token.to_string())
}

fn unreadable(sql: &str, column: u64) -> Problem {
    let rest: String = sql.chars().skip((column as usize).saturating_sub(1)).collect();
    let what = text!(
        "读不懂「{s}」：引号可能没有成对",
        "cannot read “{s}”: a quote may not be closed",
        s = brief(&rest)
    );
    Problem::new("expression-syntax", what, example())
}

fn symbol(sql: &str, item: &TokenWithSpan) -> Problem {
    let shown = found(item);
    let plain = match shown.chars().next() {
        Some('（') => "(",
        Some('）') => ")",
        Some('，') | Some('、') => ",",
        Some('＞') => ">",
        Some('＜') => "<",
        Some('＝') => "=",
        Some('≥') => ">=",
        Some('≤') => "<=",
        Some('≠') => "<>",
        Some('＋') => "+",
        Some('－') | Some('−') | Some('–') => "-",
        Some('×') | Some('＊') => "*",
        Some('÷') | Some('／') => "/",
        Some('“') | Some('”') | Some('‘') | Some('’') | Some('「') | Some('」') | Some('＇') => {
            "'"
        }
        Some('＂') => "\"",
        Some('&') => "and",
        Some('|') => "or",
        _ => "",
    };
    let what = text!("这里不能用「{c}」：{s}", "“{c}” cannot be used here: {s}", c = shown, s = brief(sql));
    let right = if plain.is_empty() { example() } else { text!("半角的 {p}", "the plain {p}", p = plain) };
    Problem::new("expression-symbol", what, right)
}

fn subquery() -> Problem {
    let what = Text::new("表达式里不能有查询", "an expression cannot hold a query");
    let right = Text::new("一个指标，它做这件事", "an indicator that does what the query does");
    Problem::new("expression-subquery", what, right)
}

pub(crate) fn too_deep() -> Problem {
    let what = text!("嵌套超过 {n} 层", "nested more than {n} deep", n = MAX_DEPTH);
    Problem::new("expression-too-deep", what, split())
}

pub(crate) fn too_many() -> Problem {
    let what = text!("表达式超过 {n} 个部分", "the expression has more than {n} parts", n = MAX_NODES);
    Problem::new("expression-too-large", what, split())
}

fn split() -> Text {
    Text::new("拆成几个公式指标", "several formula indicators")
}

fn example() -> Text {
    Text::new("例如 orders >= 3 and country = 'France'", "for example orders >= 3 and country = 'France'")
}

/// The dialect: standard SQL with names in any script.
#[derive(Debug)]
struct Scalar;

impl Dialect for Scalar {
    fn is_identifier_start(&self, c: char) -> bool {
        starts_name(c)
    }

    fn is_identifier_part(&self, c: char) -> bool {
        continues_name(c)
    }

    fn is_delimited_identifier_start(&self, c: char) -> bool {
        c == '"'
    }

    /// Every keyword that survives taming is one: no second reading is ever tried.
    fn is_reserved_for_identifier(&self, _: Keyword) -> bool {
        true
    }
}
