//! MOD: the same as %.

use crate::form::Arithmetic;
use crate::form::Form;
use crate::functions::Function;
use crate::functions::shared::rewritten;

pub static FUNCTION: Function = Function {
    name: "MOD",
    aliases: &[],
    zh: "除法的余数，符号随被除数",
    en: "the remainder of a division, with the sign of the dividend",
    signature: "MOD(number, divisor)",
    example: "MOD(orders, 2)",
    at_least: 2,
    at_most: 2,
    plan: rewritten,
    rewrite,
    words: ("", ""),
};

fn rewrite(function: &'static Function, mut args: Vec<Form>) -> Form {
    match (args.pop(), args.pop()) {
        (Some(divisor), Some(number)) => {
            Form::Arithmetic(Arithmetic::Remainder, Box::new(number), Box::new(divisor))
        }
        _ => Form::Call(function, args),
    }
}
