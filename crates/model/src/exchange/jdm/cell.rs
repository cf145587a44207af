//! The tests of a cell: ZEN's unary tests as FEEL's.

use super::super::feel;
use super::super::term::Term;
use super::zen;

/// A cell as FEEL; `None` if it is no list of simple tests.
pub(super) fn as_feel(text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() || text == "-" {
        return Some("-".into());
    }
    for (start, negated) in [("not in", true), ("in", false)] {
        if let Some(list) = text.strip_prefix(start)
            && let Some(list) = list.trim().strip_prefix('[').and_then(|list| list.strip_suffix(']'))
            && list_of(list).is_some()
        {
            let tests = list_of(list)?;
            return Some(if negated { format!("not({tests})") } else { tests });
        }
    }
    let tests = split(text).into_iter().map(test).collect::<Option<Vec<_>>>()?;
    if tests.len() == 1 {
        return tests.into_iter().next();
    }
    // FEEL negates a whole list only.
    (!tests.iter().any(|test| test.starts_with("not("))).then(|| tests.join(", "))
}

fn list_of(text: &str) -> Option<String> {
    let parts = split(text).into_iter().map(value).collect::<Option<Vec<_>>>()?;
    Some(parts.join(", "))
}

/// Parts between commas that stand outside of quotes and brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut found, mut start, mut quote, mut depth) = (Vec::new(), 0, None, 0i32);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '(' | '{') => depth += 1,
            (None, ']' | ')' | '}') => depth -= 1,
            (None, ',') if depth == 0 => {
                found.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(text[start..].trim());
    found
}

fn value(text: &str) -> Option<String> {
    Some(match zen::constant(text)? {
        Term::Null => "null".into(),
        Term::Boolean(truth) => truth.to_string(),
        Term::Text(text) => feel::quoted(&text),
        number => number.as_number()?,
    })
}

fn test(text: &str) -> Option<String> {
    if let Some(constant) = value(text) {
        return Some(constant);
    }
    if let Some((first, second)) = text.split_once(" and ") {
        return both(first.trim(), second.trim());
    }
    if let Some(interval) = interval(text) {
        return Some(interval);
    }
    let (sign, of) = compared(text)?;
    match sign {
        "==" => Some(of),
        "!=" => Some(format!("not({of})")),
        sign => Some(format!("{sign} {of}")),
    }
}

/// `>= 5`: the sign, and the constant.
fn compared(text: &str) -> Option<(&str, String)> {
    let sign = ["==", "!=", "<=", ">=", "<", ">"].into_iter().find(|sign| text.starts_with(sign))?;
    Some((sign, value(text[sign.len()..].trim())?))
}

/// `>= 5 and < 10` is a stretch.
fn both(first: &str, second: &str) -> Option<String> {
    let (first, second) = (compared(first)?, compared(second)?);
    let (low, high) = if first.0.starts_with('>') { (first, second) } else { (second, first) };
    let open = match low.0 {
        ">=" => '[',
        ">" => '(',
        _ => return None,
    };
    let close = match high.0 {
        "<=" => ']',
        "<" => ')',
        _ => return None,
    };
    Some(format!("{open}{}..{}{close}", low.1, high.1))
}

/// `[1..10]`, `(1..10]`, `]1..10[`.
fn interval(text: &str) -> Option<String> {
    let open = match text.chars().next()? {
        '[' => '[',
        '(' | ']' => '(',
        _ => return None,
    };
    let close = match text.chars().last()? {
        ']' => ']',
        ')' | '[' => ')',
        _ => return None,
    };
    let (low, high) = text.get(1..text.len() - 1)?.split_once("..")?;
    Some(format!("{open}{}..{}{close}", value(low.trim())?, value(high.trim())?))
}
