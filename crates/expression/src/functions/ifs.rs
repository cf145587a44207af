//! IFS: several conditions in order; a last value without a condition is the rest.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::rewritten;

pub static FUNCTION: Function = Function {
    name: "IFS",
    aliases: &[],
    zh: "第一个成立的条件所对应的值",
    en: "the value of the first condition that holds",
    signature: "IFS(condition, value, …[, else])",
    example: "IFS(orders >= 10, 'A', orders >= 3, 'B', 'C')",
    at_least: 2,
    at_most: usize::MAX,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, args: Vec<Form>) -> Form {
    let mut args = args.into_iter();
    let (mut when, mut otherwise) = (Vec::new(), None);
    while let Some(condition) = args.next() {
        match args.next() {
            Some(value) => when.push((condition, value)),
            None => otherwise = Some(Box::new(condition)),
        }
    }
    Form::Case { when, otherwise }
}
