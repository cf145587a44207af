//! WEEKDAY of a date, or of an instant by its UTC date.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::date_part;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "WEEKDAY",
    aliases: &[],
    zh: "星期几（周一为 1）",
    en: "the day of the week, Monday 1",
    signature: "WEEKDAY(date)",
    example: "WEEKDAY(birthday)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的星期", "the weekday of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    date_part(args, |date| i64::from(date.weekday().to_monday_one_offset()))
}
