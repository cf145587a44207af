//! MIN: row by row, over the values of one customer. Unknown values are passed over, as in spreadsheets.

use std::cmp::Ordering;

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::extreme;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "MIN",
    aliases: &["LEAST"],
    zh: "几个值中最小的一个，未知的不算",
    en: "the smallest of the values; unknown ones are passed over",
    signature: "MIN(value, value, …)",
    example: "MIN(spend, 0)",
    at_least: 2,
    at_most: usize::MAX,
    plan,
    rewrite: Form::Call,
    words: ("{*}中最小的", "the smallest of {*}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    extreme(args, Ordering::Less)
}
