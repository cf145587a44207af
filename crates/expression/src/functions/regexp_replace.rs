//! REGEXP_REPLACE: every match; $1 names a group.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::{text_literal, texts_only};
use crate::kind::Kind;
use crate::limit::MAX_TEXT;
use crate::node::Node;
use crate::pattern::bounded_regex;
use crate::problem::Problem;
use crate::value::{Outcome, make_texts};

pub static FUNCTION: Function = Function {
    name: "REGEXP_REPLACE",
    aliases: &["REGEXREPLACE"],
    zh: "替换所有与正则表达式匹配的部分",
    en: "every match of a regular expression replaced",
    signature: "REGEXP_REPLACE(text, pattern, by)",
    example: "REGEXP_REPLACE(code, '[^0-9]', '')",
    at_least: 3,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}中匹配{1}的部分换成{2}", "{0} with matches of {1} replaced by {2}"),
};

fn plan(mut args: Vec<Node>) -> Result<Node, Problem> {
    let by = text_literal(args.pop())?;
    let regex = bounded_regex(&text_literal(args.pop())?)?;
    Node::apply(Kind::Text, texts_only(args)?, move |args, rows| {
        let texts = args[0].texts();
        make_texts(args, rows, |row, out| {
            let Some(text) = texts.get(row) else { return Outcome::Null };
            let mut from = 0;
            for found in regex.captures_iter(text) {
                let Some(whole) = found.get(0) else { continue };
                out.push_str(&text[from..whole.start()]);
                found.expand(&by, out);
                from = whole.end();
                // The result may be far larger than the text.
                if out.len() > MAX_TEXT {
                    return Outcome::Fault;
                }
            }
            out.push_str(&text[from..]);
            Outcome::Known(())
        })
    })
}
