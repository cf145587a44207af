//! The words and signs of FEEL. Full-width signs of a Chinese keyboard are read as what they look like, and
//! a text may stand in single quotes, which FEEL leaves free.

use std::collections::BTreeSet;

use gradus_model::Text;

use crate::problem::{Problem, brief, text};
use crate::scope::{continues_name, starts_name};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Word(String),
    Number(String),
    Quoted(String),
    /// `@"2024-01-31"`.
    At(String),
    Sign(&'static str),
}

const SIGNS: &[&str] = &[
    "**", "..", "<=", ">=", "!=", "(", ")", "[", "]", "{", "}", "<", ">", "=", ",", "+", "-", "*", "/", "?",
    ".", ":",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, Problem> {
    let chars: Vec<char> = text.chars().map(plain).collect();
    let (mut at, mut found) = (0, Vec::new());
    while let Some(&c) = chars.get(at) {
        if c.is_whitespace() {
            at += 1;
        } else if let Some(end) = closing(c) {
            let (quoted, next) = quoted(&chars, at + 1, end)?;
            found.push(Token::Quoted(quoted));
            at = next;
        } else if c == '@' && chars.get(at + 1) == Some(&'"') {
            let (quoted, next) = quoted(&chars, at + 2, '"')?;
            found.push(Token::At(quoted));
            at = next;
        } else if c.is_ascii_digit()
            || (c == '.' && chars.get(at + 1).is_some_and(char::is_ascii_digit) && !after_dot(&found))
        {
            let from = at;
            while chars.get(at).is_some_and(char::is_ascii_digit) {
                at += 1;
            }
            if chars.get(at) == Some(&'.') && chars.get(at + 1).is_some_and(char::is_ascii_digit) {
                at += 1;
                while chars.get(at).is_some_and(char::is_ascii_digit) {
                    at += 1;
                }
            }
            if matches!(chars.get(at), Some('e' | 'E')) {
                let signed = usize::from(matches!(chars.get(at + 1), Some('+' | '-')));
                if chars.get(at + 1 + signed).is_some_and(char::is_ascii_digit) {
                    at += 1 + signed;
                    while chars.get(at).is_some_and(char::is_ascii_digit) {
                        at += 1;
                    }
                }
            }
            found.push(Token::Number(chars[from..at].iter().collect()));
        } else if starts_name(c) {
            let from = at;
            while chars.get(at).is_some_and(|c| continues_name(*c)) {
                at += 1;
            }
            found.push(Token::Word(chars[from..at].iter().collect()));
        } else {
            let here = &chars[at..chars.len().min(at + 2)];
            let sign = SIGNS.iter().find(|sign| {
                let n = sign.chars().count();
                here.len() >= n && sign.chars().eq(here[..n].iter().copied())
            });
            match (sign, c) {
                (Some(sign), _) => {
                    found.push(Token::Sign(sign));
                    at += sign.len();
                }
                (None, '≤') => (found.push(Token::Sign("<=")), at += 1).1,
                (None, '≥') => (found.push(Token::Sign(">=")), at += 1).1,
                (None, '≠') => (found.push(Token::Sign("!=")), at += 1).1,
                _ => {
                    let what = text!(
                        "单元格里认不出「{c}」",
                        "“{c}” means nothing in a cell",
                        c = brief(&c.to_string())
                    );
                    return Err(Problem::new("feel-form", what, forms()));
                }
            }
        }
    }
    Ok(found)
}

/// A dot that follows a dot is the end of `..`, never the beginning of a number.
fn after_dot(found: &[Token]) -> bool {
    matches!(found.last(), Some(Token::Sign(".")))
}

/// The quote that ends a text which begins with this one.
fn closing(c: char) -> Option<char> {
    match c {
        '"' | '\'' => Some(c),
        '“' => Some('”'),
        '‘' => Some('’'),
        _ => None,
    }
}

fn quoted(chars: &[char], from: usize, end: char) -> Result<(String, usize), Problem> {
    let (mut at, mut text) = (from, String::new());
    while let Some(&c) = chars.get(at) {
        if c == end {
            return Ok((text, at + 1));
        }
        at += 1;
        if c != '\\' {
            text.push(c);
            continue;
        }
        let escaped = chars.get(at).copied();
        at += 1;
        match escaped {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u' | 'U') => {
                let length = if escaped == Some('u') { 4 } else { 6 };
                let code: String = chars.iter().skip(at).take(length).collect();
                let letter = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
                let Some(letter) = letter else { return Err(not_closed(&format!("\\u{code}"))) };
                text.push(letter);
                at += length;
            }
            Some(other) => text.push(other),
            None => break,
        }
    }
    Err(not_closed(&text))
}

fn not_closed(text: &str) -> Problem {
    let what = text!(
        "文本「{t}」没有写完：引号不成对，或转义不对",
        "the text “{t}” is not complete: a quote is missing, or an escape is wrong",
        t = brief(text)
    );
    Problem::new("feel-form", what, Text::new("例如 \"gold\"", "such as \"gold\""))
}

pub(super) fn forms() -> Text {
    Text::new(
        "例如 -、< 18、[18..65)、\"A\",\"B\"、not(null)、? * 2 > 10",
        "such as -, < 18, [18..65), \"A\",\"B\", not(null), ? * 2 > 10",
    )
}

/// What a full-width sign stands for.
fn plain(c: char) -> char {
    match c {
        '，' | '、' => ',',
        '（' => '(',
        '）' => ')',
        '［' | '【' => '[',
        '］' | '】' => ']',
        '＜' => '<',
        '＞' => '>',
        '＝' => '=',
        '？' => '?',
        '－' | '—' | '–' => '-',
        '＋' => '+',
        '＊' | '×' => '*',
        '／' | '÷' => '/',
        '＂' => '"',
        '\u{3000}' => ' ',
        other => other,
    }
}

pub(super) fn possible_names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // Most cells hold no letter at all.
    if !text.chars().any(starts_name) {
        return names;
    }
    let Ok(tokens) = tokens(text) else { return names };
    let mut run: Vec<&str> = Vec::new();
    for token in tokens.iter().chain([&Token::Sign(",")]) {
        match token {
            Token::Word(word) => run.push(word),
            _ => {
                // A name may have blanks inside.
                for from in 0..run.len() {
                    for to in from + 1..=run.len().min(from + 6) {
                        names.insert(run[from..to].join(" "));
                    }
                }
                run.clear();
            }
        }
    }
    names
}
