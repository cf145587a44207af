//! MAKE_DATE: a day that does not exist is a fault.

use arrow::datatypes::Date32Type;

use crate::convert::mismatch;
use crate::form::Form;
use crate::functions::Function;
use crate::kind::Kind;
use crate::literal::from_date;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::{Outcome, make_numbers};

pub static FUNCTION: Function = Function {
    name: "MAKE_DATE",
    aliases: &[],
    zh: "由年、月、日组成日期",
    en: "a date from year, month and day",
    signature: "MAKE_DATE(year, month, day)",
    example: "MAKE_DATE(2011, 12, 10)",
    at_least: 3,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}年{1}月{2}日", "the date {0}-{1}-{2}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    if let Some(arg) = args.iter().find(|arg| arg.kind != Kind::Integer) {
        return Err(mismatch(Kind::Integer, arg.kind));
    }
    Node::apply(Kind::Date, args, |args, rows| {
        let part = |n: usize, row: usize| args[n].ints().get(row);
        make_numbers::<Date32Type>(args, rows, |row| {
            let (Some(year), Some(month), Some(day)) = (part(0, row), part(1, row), part(2, row)) else {
                return Outcome::Null;
            };
            let (Ok(year), Ok(month), Ok(day)) =
                (i16::try_from(year), i8::try_from(month), i8::try_from(day))
            else {
                return Outcome::Fault;
            };
            jiff::civil::Date::new(year, month, day)
                .map_or(Outcome::Fault, |date| Outcome::Known(from_date(date)))
        })
    })
}
