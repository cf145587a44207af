//! DATE_DIFF: days between dates; an instant counts by its UTC date.

use arrow::datatypes::{Date32Type, Int64Type};

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::as_dates;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::binary;

pub static FUNCTION: Function = Function {
    name: "DATE_DIFF",
    aliases: &["DATEDIFF", "DAYS"],
    zh: "两个日期相差的天数（较晚减较早）",
    en: "days from the second date to the first",
    signature: "DATE_DIFF(later, earlier)",
    example: "DATE_DIFF(DATE '2011-12-10', birthday)",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("从{1}到{0}的天数", "the days from {1} to {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Node::apply(Kind::Integer, as_dates(args)?, |args, rows| {
        binary::<Date32Type, Date32Type, Int64Type>(&args[0], &args[1], rows, |later, earlier| {
            Some(i64::from(later) - i64::from(earlier))
        })
    })
}
