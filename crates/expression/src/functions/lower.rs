//! LOWER, by the Unicode tables of the standard library, whatever the locale.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::map_text;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "LOWER",
    aliases: &[],
    zh: "转换为小写",
    en: "in small letters",
    signature: "LOWER(text)",
    example: "LOWER(code)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的小写", "{0} in small letters"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    map_text(args, |text, out| out.extend(text.chars().flat_map(char::to_lowercase)))
}
