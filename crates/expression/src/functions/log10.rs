//! LOG10, by one pure-Rust implementation, so that machines agree.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::float;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "LOG10",
    aliases: &["LOG"],
    zh: "以 10 为底的对数",
    en: "the logarithm to base ten",
    signature: "LOG10(number)",
    example: "LOG10(spend + 1)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的常用对数", "the base-ten logarithm of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    float(args, libm::log10)
}
