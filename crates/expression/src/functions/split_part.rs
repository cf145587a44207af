//! SPLIT_PART: parts counted from 1, from the end if negative; empty if there is no such part.

use crate::convert::mismatch;
use crate::form::Form;
use crate::functions::Function;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::{Outcome, make_texts};

pub static FUNCTION: Function = Function {
    name: "SPLIT_PART",
    aliases: &[],
    zh: "按分隔符拆开后的第几段",
    en: "one part of a text split at a separator",
    signature: "SPLIT_PART(text, separator, n)",
    example: "SPLIT_PART(sku, '-', 1)",
    at_least: 3,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}按{1}拆开的第{2}段", "part {2} of {0} split at {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    for (arg, wanted) in args.iter().zip([Kind::Text, Kind::Text, Kind::Integer]) {
        if arg.kind != wanted {
            return Err(mismatch(wanted, arg.kind));
        }
    }
    Node::apply(Kind::Text, args, |args, rows| {
        let (texts, separators) = (args[0].texts(), args[1].texts());
        make_texts(args, rows, |row, out| {
            let (Some(text), Some(separator), Some(n)) =
                (texts.get(row), separators.get(row), args[2].ints().get(row))
            else {
                return Outcome::Null;
            };
            let at = usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX);
            let part = match (n, separator) {
                (0, _) => return Outcome::Fault,
                (1 | -1, "") => Some(text),
                (_, "") => None,
                (1.., _) => text.split(separator).nth(at - 1),
                _ => text.rsplit(separator).nth(at - 1),
            };
            out.push_str(part.unwrap_or_default());
            Outcome::Known(())
        })
    })
}
