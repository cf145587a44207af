//! DAY of a date, or of an instant by its UTC date.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::date_part;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "DAY",
    aliases: &[],
    zh: "日（1–31）",
    en: "the day of the month",
    signature: "DAY(date)",
    example: "DAY(birthday)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的日", "the day of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    date_part(args, |date| i64::from(date.day()))
}
