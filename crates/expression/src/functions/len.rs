//! LEN: characters, not bytes.

use arrow::datatypes::Int64Type;

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::texts_only;
use crate::kind::Kind;
use crate::node::Node;
use crate::problem::Problem;
use crate::value::make_numbers;

pub static FUNCTION: Function = Function {
    name: "LEN",
    aliases: &["CHAR_LENGTH", "LENGTH"],
    zh: "字符数",
    en: "the number of characters",
    signature: "LEN(text)",
    example: "LEN(code)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}的字符数", "the number of characters of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    let args = texts_only(args)?;
    Node::apply(Kind::Integer, args, |args, rows| {
        let texts = args[0].texts();
        make_numbers::<Int64Type>(args, rows, |row| {
            texts.get(row).map(|text| text.chars().count() as i64).into()
        })
    })
}
