//! Patterns of LIKE and of regular expressions: written in the expression, bounded, linear.

use gradus_model::Text;
use regex::{Regex, RegexBuilder};

use crate::convert::{mismatch, widen};
use crate::kind::Kind;
use crate::limit::{MAX_PATTERN, MAX_PATTERN_COMPILED};
use crate::node::Node;
use crate::problem::{Problem, brief, text};
use crate::value::make_bools;

/// A regular expression within bounds; matching is linear in the text whatever it says.
pub(crate) fn bounded_regex(pattern: &str) -> Result<Regex, Problem> {
    if pattern.chars().count() > MAX_PATTERN {
        let what =
            text!("匹配模式超过 {n} 个字符", "the pattern has more than {n} characters", n = MAX_PATTERN);
        return Err(Problem::new("expression-pattern", what, Text::new("较短的模式", "a shorter pattern")));
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_COMPILED)
        .dfa_size_limit(MAX_PATTERN_COMPILED)
        .nest_limit(32)
        .build()
        .map_err(|_| {
            let what = text!(
                "匹配模式「{p}」不正确，或者太大",
                "the pattern “{p}” is not right, or too large",
                p = brief(pattern)
            );
            let right = Text::new(
                "例如 '^VIP[0-9]+$'；不支持反向引用和环视",
                "such as '^VIP[0-9]+$'; no back-references, no look-around",
            );
            Problem::new("expression-pattern", what, right)
        })
}

pub(crate) fn like(of: Node, pattern: &str, escape: Option<char>, any_case: bool) -> Result<Node, Problem> {
    if of.kind != Kind::Text && of.kind != Kind::Null {
        return Err(mismatch(Kind::Text, of.kind));
    }
    let mut regex = String::from(if any_case { "(?si)" } else { "(?s)" });
    let mut chars = pattern.chars();
    // What may begin or end anyhow is left open, rather than matched with what comes before and
    // behind: a text is then only searched for the rest.
    let from_start = !pattern.starts_with('%') || escape == Some('%');
    if from_start {
        regex.push('^');
    } else {
        chars.next();
    }
    let mut to_end = true;
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => match chars.next() {
                Some(c) => regex.push_str(&regex::escape(&c.to_string())),
                None => {
                    let what =
                        Text::new("模式以 escape 字符结尾", "the pattern ends with its escape character");
                    return Err(Problem::new(
                        "expression-escape",
                        what,
                        Text::plain("like '10!%' escape '!'"),
                    ));
                }
            },
            '%' if chars.as_str().is_empty() => to_end = false,
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    if to_end && (from_start || pattern != "%") {
        regex.push('$');
    }
    if pattern.chars().count() > MAX_PATTERN {
        return Err(bounded_regex(&"x".repeat(MAX_PATTERN + 1))
            .err()
            .unwrap_or_else(|| mismatch(Kind::Text, Kind::Null)));
    }
    let regex = RegexBuilder::new(&regex).size_limit(8 * MAX_PATTERN_COMPILED).build().map_err(|_| {
        let what = text!("模式「{p}」太大", "the pattern “{p}” is too large", p = brief(pattern));
        Problem::new("expression-pattern", what, Text::new("较短的模式", "a shorter pattern"))
    })?;
    let of = widen(of, Kind::Text)?;
    Node::apply(Kind::Boolean, vec![of], move |args, rows| {
        let texts = args[0].texts();
        make_bools(args, rows, |row| Some(regex.is_match(texts.get(row)?)))
    })
}
