//! OR as a function, the spreadsheet way.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::{connective, rewritten};

pub static FUNCTION: Function = Function {
    name: "OR",
    aliases: &["或"],
    zh: "至少一个条件成立",
    en: "at least one condition holds",
    signature: "OR(condition, condition, …)",
    example: "OR(orders >= 3, country = 'France')",
    at_least: 1,
    at_most: usize::MAX,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, args: Vec<Form>) -> Form {
    let parts = |form| match form {
        Form::Or(parts) => Ok(parts),
        other => Err(other),
    };
    connective(args, parts, Form::Or)
}
