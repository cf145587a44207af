//! MAX: row by row, over the values of one customer. Unknown values are passed over, as in spreadsheets.

use std::cmp::Ordering;

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::extreme;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "MAX",
    aliases: &["GREATEST"],
    zh: "几个值中最大的一个，未知的不算",
    en: "the largest of the values; unknown ones are passed over",
    signature: "MAX(value, value, …)",
    example: "MAX(spend, 0)",
    at_least: 2,
    at_most: usize::MAX,
    plan,
    rewrite: Form::Call,
    words: ("{*}中最大的", "the largest of {*}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    extreme(args, Ordering::Greater)
}
