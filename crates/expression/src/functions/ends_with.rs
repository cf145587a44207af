//! ENDS_WITH.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::test_texts;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "ENDS_WITH",
    aliases: &[],
    zh: "以某段文本结尾",
    en: "whether a text ends with another",
    signature: "ENDS_WITH(text, part)",
    example: "ENDS_WITH(category, 'wine')",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0} 以{1}结尾", "{0} ends with {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    test_texts(args, |text, part| text.ends_with(part))
}
