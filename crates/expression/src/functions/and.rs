//! AND as a function, the spreadsheet way.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::{connective, rewritten};

pub static FUNCTION: Function = Function {
    name: "AND",
    aliases: &["且"],
    zh: "所有条件都成立",
    en: "every condition holds",
    signature: "AND(condition, condition, …)",
    example: "AND(orders >= 3, country = 'France')",
    at_least: 1,
    at_most: usize::MAX,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, args: Vec<Form>) -> Form {
    let parts = |form| match form {
        Form::And(parts) => Ok(parts),
        other => Err(other),
    };
    connective(args, parts, Form::And)
}
