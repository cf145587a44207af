//! CONCAT: texts one after the other; unknown ones are left out, numbers are written out.

use crate::convert::cast;
use crate::form::CastType;
use crate::form::Form;
use crate::functions::Function;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::{Outcome, Texts, Value, make_texts};

pub static FUNCTION: Function = Function {
    name: "CONCAT",
    aliases: &["CONCATENATE"],
    zh: "连接文本，未知的不算",
    en: "texts joined, unknown ones left out",
    signature: "CONCAT(value, value, …)",
    example: "CONCAT(country, '-', city)",
    at_least: 1,
    at_most: usize::MAX,
    plan,
    rewrite: Form::Call,
    words: ("连接{*}", "{*} joined"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Node::apply_lenient(Kind::Text, as_texts(args)?, |args, rows| joined(args, rows, false))
}

/// `a || b`: null if either is null.
pub fn join(left: Node, right: Node) -> Result<Node, Problem> {
    Node::apply(Kind::Text, as_texts(vec![left, right])?, |args, rows| joined(args, rows, true))
}

fn as_texts(args: Vec<Node>) -> Result<Vec<Node>, Problem> {
    let text = |arg: Node| if arg.kind == Kind::Text { Ok(arg) } else { cast(arg, CastType::Text, false) };
    args.into_iter().map(text).collect()
}

fn joined(args: &[Value], rows: usize, strict: bool) -> Value {
    let texts: Vec<Texts> = args.iter().map(Value::texts).collect();
    make_texts(args, rows, |row, out| {
        for part in &texts {
            match part.get(row) {
                Some(text) => out.push_str(text),
                None if strict => return Outcome::Null,
                None => {}
            }
            if out.len() > crate::limit::MAX_TEXT {
                return Outcome::Fault;
            }
        }
        Outcome::Known(())
    })
}
