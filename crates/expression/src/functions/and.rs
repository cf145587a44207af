//! AND as a function, the spreadsheet way.

use crate::form::Form;
use crate::functions::Function;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "AND",
    aliases: &["且"],
    zh: "所有条件都成立",
    en: "every condition holds",
    signature: "AND(condition, condition, …)",
    example: "AND(orders >= 3, country = 'France')",
    at_least: 1,
    at_most: usize::MAX,
    plan,
    rewrite: rewrite,
    words: ("", ""),
};

fn rewrite(_: &'static Function, args: Vec<Form>) -> Form {
    // One operand is itself; nested connectives become one flat one, as when written with and.
    let mut flat = Vec::with_capacity(args.len());
    for arg in args {
        match arg {
            Form::And(parts) => flat.extend(parts),
            other => flat.push(other),
        }
    }
    if flat.len() == 1
        && let Some(only) = flat.pop()
    {
        return only;
    }
    Form::And(flat)
}

/// Never asked for: the call is rewritten before it is typed.
fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Ok(args.into_iter().next().unwrap_or_else(|| Node::literal(crate::literal::Literal::Null)))
}
