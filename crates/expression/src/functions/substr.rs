//! SUBSTR: characters counted from 1.

use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::cut;
use crate::node::Node;
use crate::problem::Problem;

pub static FUNCTION: Function = Function {
    name: "SUBSTR",
    aliases: &["SUBSTRING", "MID"],
    zh: "从第几个字符起的一段文本",
    en: "a part of a text, from a character on",
    signature: "SUBSTR(text, start[, count])",
    example: "SUBSTR(code, 2, 3)",
    at_least: 2,
    at_most: 3,
    plan,
    rewrite: Form::Call,
    words: ("{0}从第{1}个字符起的部分", "the part of {0} from character {1}"),
};

fn plan(args: Vec<Node>) -> Result<Node, Problem> {
    cut(args, |text, numbers, out| {
        // As in SQL, a start before the text uses up part of the count.
        let start = numbers[0].saturating_sub(1);
        let end = numbers.get(1).map_or(i64::MAX, |count| start.saturating_add((*count).max(0)));
        let (from, to) = (start.max(0), end.max(0));
        let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
        out.extend(text.chars().skip(usize::try_from(from).unwrap_or(usize::MAX)).take(count));
    })
}
