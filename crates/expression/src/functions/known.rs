//! KNOWN: the word for IS NOT NULL.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::rewritten;

pub static FUNCTION: Function = Function {
    name: "KNOWN",
    aliases: &["已知"],
    zh: "该值已知（不为空）",
    en: "the value is known (not null)",
    signature: "KNOWN(value)",
    example: "KNOWN(birthday)",
    at_least: 1,
    at_most: 1,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, mut args: Vec<Form>) -> Form {
    let of = args.pop().unwrap_or(Form::Literal(crate::literal::Literal::Null));
    Form::IsNull { of: Box::new(of), not: true }
}
