//! IF: the spreadsheet way to write CASE.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::rewritten;

pub static FUNCTION: Function = Function {
    name: "IF",
    aliases: &["IIF", "如果"],
    zh: "条件成立时取第一个值，否则取第二个",
    en: "the first value if the condition holds, else the second",
    signature: "IF(condition, then[, else])",
    example: "IF(orders >= 3, 10, 0)",
    at_least: 2,
    at_most: 3,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, mut args: Vec<Form>) -> Form {
    let otherwise = if args.len() > 2 { args.pop().map(Box::new) } else { None };
    match (args.pop(), args.pop()) {
        (Some(then), Some(condition)) => Form::Case { when: vec![(condition, then)], otherwise },
        _ => Form::Case { when: Vec::new(), otherwise },
    }
}
