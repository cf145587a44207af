//! KNOWN: the word for IS NOT NULL.

use crate::form::Form;
use crate::functions::Function;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "KNOWN",
    aliases: &["已知"],
    zh: "该值已知（不为空）",
    en: "the value is known (not null)",
    signature: "KNOWN(value)",
    example: "KNOWN(birthday)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, mut args: Vec<Form>) -> Form {
    let of = args.pop().unwrap_or(Form::Literal(crate::literal::Literal::Null));
    Form::IsNull { of: Box::new(of), not: true }
}

/// Never asked for: the call is rewritten before it is typed.
fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Ok(args.into_iter().next().unwrap_or_else(|| Node::literal(crate::literal::Literal::Null)))
}
