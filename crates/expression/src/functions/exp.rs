//! EXP, by one pure-Rust implementation, so that machines agree.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::float;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "EXP",
    aliases: &[],
    zh: "e 的幂",
    en: "e to the power of the number",
    signature: "EXP(number)",
    example: "EXP(spend + 1)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("e的{0}次方", "e to the power of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    float(args, libm::exp)
}
