//! MONTH of a date, or of an instant by its UTC date.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::date_part;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "MONTH",
    aliases: &[],
    zh: "月份（1–12）",
    en: "the month, 1 to 12",
    signature: "MONTH(date)",
    example: "MONTH(birthday)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的月份", "the month of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    date_part(args, |date| i64::from(date.month()))
}
