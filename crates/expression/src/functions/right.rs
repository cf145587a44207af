//! RIGHT: characters, not bytes.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::cut;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "RIGHT",
    aliases: &[],
    zh: "末尾的若干个字符",
    en: "the last characters",
    signature: "RIGHT(text, count)",
    example: "RIGHT(code, 2)",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0}的后{1}个字符", "the last {1} characters of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    cut(args, |text, numbers, out| {
        let count = usize::try_from(numbers[0]).unwrap_or(0);
        let skip = text.chars().count().saturating_sub(count);
        out.extend(text.chars().skip(skip));
    })
}
