//! LN, by one pure-Rust implementation, so that machines agree.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::float;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "LN",
    aliases: &[],
    zh: "自然对数",
    en: "the natural logarithm",
    signature: "LN(number)",
    example: "LN(spend + 1)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的自然对数", "the natural logarithm of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    float(args, libm::log)
}
