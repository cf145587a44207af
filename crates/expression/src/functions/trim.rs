//! TRIM: every Unicode white space, the full-width one too.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::map_text;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "TRIM",
    aliases: &[],
    zh: "去掉两端空白（含全角空格）",
    en: "without white space at both ends",
    signature: "TRIM(text)",
    example: "TRIM(code)",
    at_least: 1,
    at_most: 1,
    plan,
    rewrite: Form::Call,
    words: ("{0}去掉两端空白", "{0} without white space around"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    map_text(args, |text, out| out.push_str(text.trim()))
}
