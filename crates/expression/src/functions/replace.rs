//! REPLACE: every occurrence.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::texts_only;
use crate::kind::Kind;
use crate::limit::MAX_TEXT;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::{Outcome, make_texts};

pub static FUNCTION: Function = Function {
    name: "REPLACE",
    aliases: &["SUBSTITUTE"],
    zh: "替换文本中的一段",
    en: "a text with one part replaced by another",
    signature: "REPLACE(text, part, by)",
    example: "REPLACE(code, '-', '')",
    at_least: 3,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}中的{1}换成{2}", "{0} with {1} replaced by {2}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    Node::apply(Kind::Text, texts_only(args)?, |args, rows| {
        let (texts, parts, bys) = (args[0].texts(), args[1].texts(), args[2].texts());
        make_texts(args, rows, |row, out| {
            let (Some(text), Some(part), Some(by)) = (texts.get(row), parts.get(row), bys.get(row)) else {
                return Outcome::Null;
            };
            if part.is_empty() {
                out.push_str(text);
                return Outcome::Known(());
            }
            for (n, piece) in text.split(part).enumerate() {
                if n > 0 {
                    out.push_str(by);
                }
                out.push_str(piece);
                // The result may be far larger than its parts.
                if out.len() > MAX_TEXT {
                    return Outcome::Fault;
                }
            }
            Outcome::Known(())
        })
    })
}
