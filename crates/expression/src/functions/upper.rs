//! UPPER, by the Unicode tables of the standard library, whatever the locale.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::map_text;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "UPPER",
    aliases: &[],
    zh: "转换为大写",
    en: "in capital letters",
    signature: "UPPER(text)",
    example: "UPPER(code)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的大写", "{0} in capitals"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    map_text(args, |text, out| out.extend(text.chars().flat_map(char::to_uppercase)))
}
