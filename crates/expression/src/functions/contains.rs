//! CONTAINS.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::test_texts;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "CONTAINS",
    aliases: &[],
    zh: "包含某段文本",
    en: "whether a text holds another",
    signature: "CONTAINS(text, part)",
    example: "CONTAINS(category, 'wine')",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0} 包含{1}", "{0} contains {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    test_texts(args, |text, part| text.contains(part))
}
