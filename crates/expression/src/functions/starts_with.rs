//! STARTS_WITH.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::test_texts;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "STARTS_WITH",
    aliases: &[],
    zh: "以某段文本开头",
    en: "whether a text begins with another",
    signature: "STARTS_WITH(text, part)",
    example: "STARTS_WITH(category, 'wine')",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0} 以{1}开头", "{0} starts with {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    test_texts(args, |text, part| text.starts_with(part))
}
