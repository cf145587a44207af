//! QUARTER of a date, or of an instant by its UTC date.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::date_part;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "QUARTER",
    aliases: &[],
    zh: "季度（1–4）",
    en: "the quarter, 1 to 4",
    signature: "QUARTER(date)",
    example: "QUARTER(birthday)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的季度", "the quarter of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    date_part(args, |date| (i64::from(date.month()) + 2) / 3)
}
