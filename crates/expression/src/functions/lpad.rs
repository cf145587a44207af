//! LPAD: characters, not bytes; a longer text is cut.

use crate::convert::mismatch;
use crate::form::Form;
use crate::functions::Function;
use crate::kind::Kind;
use crate::limit::MAX_TEXT;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::{Outcome, make_texts};

pub static FUNCTION: Function = Function {
    name: "LPAD",
    aliases: &[],
    zh: "左边补足到指定长度",
    en: "filled up on the left to a length",
    signature: "LPAD(text, length[, fill])",
    example: "LPAD(code, 6, '0')",
    at_least: 2,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}左边补足到{1}个字符", "{0} filled up on the left to {1} characters"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    for (arg, wanted) in args.iter().zip([Kind::Text, Kind::Integer, Kind::Text]) {
        if arg.kind != wanted {
            return Err(mismatch(wanted, arg.kind));
        }
    }
    Node::apply(Kind::Text, args, |args, rows| {
        let texts = args[0].texts();
        let fills = args.get(2).map(|fill| fill.texts());
        make_texts(args, rows, |row, out| {
            let (Some(text), Some(length)) = (texts.get(row), args[1].ints().get(row)) else {
                return Outcome::Null;
            };
            let fill = match &fills {
                None => " ",
                Some(fills) => match fills.get(row) {
                    Some(fill) => fill,
                    None => return Outcome::Null,
                },
            };
            let Ok(length) = usize::try_from(length.max(0)) else { return Outcome::Fault };
            if length > MAX_TEXT {
                return Outcome::Fault;
            }
            let missing = length.saturating_sub(text.chars().count());
            out.extend(fill.chars().cycle().take(if fill.is_empty() { 0 } else { missing }));
            out.extend(text.chars().take(length));
            Outcome::Known(())
        })
    })
}
