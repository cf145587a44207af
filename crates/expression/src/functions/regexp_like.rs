//! REGEXP_LIKE: linear in the text, whatever the pattern.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::{text_literal, texts_only};
use crate::kind::Kind;
use crate::node::Node;
use crate::pattern::bounded_regex;
use crate::problem::Problem;
use crate::value::make_bools;

pub static FUNCTION: Function = Function {
    name: "REGEXP_LIKE",
    aliases: &["REGEXMATCH"],
    zh: "与正则表达式匹配",
    en: "whether a text matches a regular expression",
    signature: "REGEXP_LIKE(text, pattern)",
    example: "REGEXP_LIKE(code, '^VIP[0-9]+$')",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0} 匹配{1}", "{0} matches {1}"),
};

fn plan(mut args: Vec<Node>) -> Result<Node, Problem> {
    let regex = bounded_regex(&text_literal(args.pop())?)?;
    Node::apply(Kind::Boolean, texts_only(args)?, move |args, rows| {
        let texts = args[0].texts();
        make_bools(args, rows, |row| Some(regex.is_match(texts.get(row)?)))
    })
}
