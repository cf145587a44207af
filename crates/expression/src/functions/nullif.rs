//! NULLIF: the way to say that a division by zero has no result.

use crate::compare::compare;
use crate::convert::null_of;
use crate::form::Comparison;
use crate::form::Form;
use crate::functions::Function;
use crate::node::Node;
use crate::node::Op;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "NULLIF",
    aliases: &[],
    zh: "两个值相等时为空，否则取第一个",
    en: "null if both are equal, else the first",
    signature: "NULLIF(value, value)",
    example: "spend / NULLIF(orders, 0)",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0}（等于{1}时为空）", "{0}, or null where it equals {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Node::bind(args, |mut args| {
        let (Some(other), Some(value)) = (args.pop(), args.pop()) else {
            return Ok(Node::literal(crate::literal::Literal::Null));
        };
        let kind = value.kind;
        let equal = compare(Comparison::Equal, value.clone(), other)?;
        Ok(Node { kind, op: Op::Case(vec![(equal, null_of(kind))], Some(Box::new(value))) })
    })
}
