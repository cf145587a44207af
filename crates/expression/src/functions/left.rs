//! LEFT: characters, not bytes.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::cut;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "LEFT",
    aliases: &[],
    zh: "开头的若干个字符",
    en: "the first characters",
    signature: "LEFT(text, count)",
    example: "LEFT(postcode, 2)",
    at_least: 2,
    at_most: 2,
    plan,
    rewrite: Form::Call,
    words: ("{0}的前{1}个字符", "the first {1} characters of {0}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    cut(args, |text, numbers, out| {
        let count = usize::try_from(numbers[0]).unwrap_or(0);
        out.extend(text.chars().take(count));
    })
}
