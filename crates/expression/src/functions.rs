//! The functions an expression may call: one per file, one table that the allow-list, the
//! documentation, the compiler and the reading back all use.

use std::cmp::Ordering;

use arrow::datatypes::{Date32Type, Decimal128Type, Float64Type, Int64Type, TimestampMicrosecondType};
use gradus_model::Text;
use jiff::civil::Date;

use crate::check::{finite, unify};
use crate::convert::{cast, decimal, instants, mismatch, widen};
use crate::form::{CastType, Form};
use crate::kind::Kind;
use crate::literal::{Literal, to_date};
use crate::node::Node;
use crate::number;
use crate::problem::{Problem, brief, text};
use crate::scope::distance;
use crate::value::{Outcome, Value, make_bools, make_numbers, make_texts, unary};

mod abs;
mod and;
mod ceil;
mod coalesce;
pub mod concat;
mod contains;
mod date_diff;
mod day;
mod ends_with;
mod exp;
mod floor;
mod if_;
mod ifs;
mod known;
mod left;
mod len;
mod ln;
mod log10;
mod lower;
mod lpad;
mod make_date;
mod max;
mod min;
mod mod_;
mod month;
mod nullif;
mod or;
mod power;
mod quarter;
mod regexp_like;
mod regexp_replace;
mod replace;
mod right;
mod round;
mod sign;
mod split_part;
mod sqrt;
mod starts_with;
mod substr;
mod trim;
mod trunc;
mod upper;
mod weekday;
mod year;

/// One function: everything that is known of it.
pub struct Function {
    /// The canonical name, in capitals.
    pub name: &'static str,
    /// Other spellings, in any case.
    pub aliases: &'static [&'static str],
    /// What it gives, in Chinese and in English.
    pub zh: &'static str,
    pub en: &'static str,
    pub signature: &'static str,
    pub example: &'static str,
    /// How many arguments it takes.
    pub at_least: usize,
    pub at_most: usize,
    /// Types the call.
    pub plan: fn(Vec<Node>) -> Result<Node, Problem>,
    /// The form that the call is; functions that are another way to write an operator become it.
    pub rewrite: fn(&'static Function, Vec<Form>) -> Form,
    /// How a call reads in Chinese and English: `{0}` is the first argument, `{*}` all of them.
    pub words: (&'static str, &'static str),
}

impl PartialEq for Function {
    fn eq(&self, other: &Function) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Function {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// What the documentation and the page say of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct FunctionDoc {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub zh: &'static str,
    pub en: &'static str,
    pub signature: &'static str,
    pub example: &'static str,
}

/// Every function that an expression may call, by name.
///
/// ```
/// let functions = gradus_expression::function_list();
/// assert!(functions.iter().any(|function| function.name == "ROUND"));
/// ```
pub fn function_list() -> Vec<FunctionDoc> {
    let mut list: Vec<FunctionDoc> = FUNCTIONS
        .iter()
        .map(|f| FunctionDoc {
            name: f.name,
            aliases: f.aliases,
            zh: f.zh,
            en: f.en,
            signature: f.signature,
            example: f.example,
        })
        .collect();
    list.sort_by_key(|function| function.name);
    list
}

static FUNCTIONS: [&Function; 44] = [
    &abs::FUNCTION,
    &and::FUNCTION,
    &ceil::FUNCTION,
    &coalesce::FUNCTION,
    &concat::FUNCTION,
    &contains::FUNCTION,
    &date_diff::FUNCTION,
    &day::FUNCTION,
    &ends_with::FUNCTION,
    &exp::FUNCTION,
    &floor::FUNCTION,
    &if_::FUNCTION,
    &ifs::FUNCTION,
    &known::FUNCTION,
    &left::FUNCTION,
    &len::FUNCTION,
    &ln::FUNCTION,
    &log10::FUNCTION,
    &lower::FUNCTION,
    &lpad::FUNCTION,
    &make_date::FUNCTION,
    &max::FUNCTION,
    &min::FUNCTION,
    &mod_::FUNCTION,
    &month::FUNCTION,
    &nullif::FUNCTION,
    &or::FUNCTION,
    &power::FUNCTION,
    &quarter::FUNCTION,
    &regexp_like::FUNCTION,
    &regexp_replace::FUNCTION,
    &replace::FUNCTION,
    &right::FUNCTION,
    &round::FUNCTION,
    &sign::FUNCTION,
    &split_part::FUNCTION,
    &sqrt::FUNCTION,
    &starts_with::FUNCTION,
    &substr::FUNCTION,
    &trim::FUNCTION,
    &trunc::FUNCTION,
    &upper::FUNCTION,
    &weekday::FUNCTION,
    &year::FUNCTION,
];

/// The function of this name or alias, in any case.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    let same = |known: &str| known.eq_ignore_ascii_case(name);
    FUNCTIONS.iter().copied().find(|f| same(f.name) || f.aliases.iter().any(|alias| same(alias)))
}

/// Functions that people try and that would give another answer tomorrow or elsewhere.
const REFUSED: [(&[&str], &str, &str); 4] = [
    (
        &[
            "NOW",
            "TODAY",
            "CURRENT_DATE",
            "CURRENT_TIME",
            "CURRENT_TIMESTAMP",
            "LOCALTIME",
            "LOCALTIMESTAMP",
            "GETDATE",
            "SYSDATE",
            "CURDATE",
        ],
        "结果取决于何时计算；用 days_since 指标或时间窗口",
        "the answer would depend on when it is computed; use a days_since indicator or a window",
    ),
    (
        &["RANDOM", "RAND", "UUID", "NEWID", "GEN_RANDOM_UUID", "RANDBETWEEN"],
        "每次结果都不同；随机分组用 buckets 分群",
        "the answer would differ each time; for random groups use a grouping of kind buckets",
    ),
    (
        &[
            "SUM",
            "COUNT",
            "AVG",
            "AVERAGE",
            "MEDIAN",
            "STDDEV",
            "COUNTIF",
            "SUMIF",
            "ROW_NUMBER",
            "RANK",
            "NTILE",
            "LAG",
            "LEAD",
        ],
        "表达式只看一行；汇总请定义指标",
        "an expression sees one row; define an indicator to summarise",
    ),
    (
        &["DATE_TRUNC", "DATE_BIN", "TO_TIMESTAMP", "TO_CHAR", "AT_TIMEZONE"],
        "依赖时区；用 YEAR、MONTH、DAY 或时间窗口",
        "it depends on a time zone; use YEAR, MONTH, DAY or a window",
    ),
];

/// Why a well-known function is not allowed, if it is one.
pub(crate) fn refused(name: &str) -> Option<Problem> {
    let (_, zh, en) =
        REFUSED.iter().find(|(names, _, _)| names.iter().any(|known| known.eq_ignore_ascii_case(name)))?;
    let what = text!("不允许使用 {n}", "{n} is not allowed", n = name.to_uppercase());
    Some(Problem::new("expression-function-refused", what, Text::new(*zh, *en)))
}

/// The finding for a function that is not in the table.
pub(crate) fn unknown(name: &str) -> Problem {
    if let Some(problem) = refused(name) {
        return problem;
    }
    let upper = name.to_uppercase();
    let mut near: Vec<(usize, &str)> = FUNCTIONS
        .iter()
        .flat_map(|f| {
            std::iter::once(&f.name).chain(f.aliases).map(|known| (distance(&upper, known), f.name))
        })
        .filter(|(distance, _)| *distance <= 2)
        .collect();
    near.sort();
    near.dedup_by_key(|(_, name)| *name);
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, name)| name).collect();
    let names = if near.is_empty() { FUNCTIONS.iter().map(|f| f.name).collect::<Vec<_>>() } else { near };
    let what = text!("没有函数「{n}」", "there is no function “{n}”", n = brief(name));
    let right = text!("{n}", "{n}", n = names.join(", "));
    Problem::new("expression-unknown-function", what, right)
}

pub(crate) fn wrong_count(function: &'static Function, found: usize) -> Problem {
    let what =
        text!("{f} 不能用 {n} 个参数", "{f} does not take {n} arguments", f = function.name, n = found);
    Problem::new("expression-argument-count", what, Text::plain(function.signature))
}

/// A problem inside a call says which call.
pub(crate) fn within(function: &'static Function, problem: Problem) -> Problem {
    if problem.code != "expression-type" || problem.what.en.contains(": ") {
        return problem;
    }
    let what = Text::new(
        format!("{}：{}", function.name, problem.what.zh),
        format!("{}: {}", function.name, problem.what.en),
    );
    let right = Text::plain(format!("{}  {}", function.signature, function.example));
    Problem::new(problem.code, what, right)
}

// What several functions share.

fn bad_argument(zh: &str, en: &str) -> Problem {
    Problem::new("expression-argument", Text::new(zh, en), Text::default())
}

/// A whole number that stands in the text of the expression.
fn whole_literal(node: Option<Node>, from: i64, to: i64) -> Result<i64, Problem> {
    match node.as_ref().and_then(Node::as_literal) {
        Some(Literal::Integer(value)) if (from..=to).contains(value) => Ok(*value),
        _ => Err(bad_argument(
            &format!("这里要写明一个 {from} 到 {to} 的整数"),
            &format!("a written whole number from {from} to {to} is needed here"),
        )),
    }
}

/// A text that stands in the text of the expression.
fn text_literal(node: Option<Node>) -> Result<String, Problem> {
    match node.as_ref().and_then(Node::as_literal) {
        Some(Literal::Text(text)) => Ok(text.clone()),
        _ => Err(bad_argument("这里要写明一段文本", "a written text is needed here")),
    }
}

fn texts_only(args: Vec<Node>) -> Result<Vec<Node>, Problem> {
    args.into_iter().map(|arg| widen(arg, Kind::Text)).collect()
}

fn map_text(args: Vec<Node>, f: impl Fn(&str, &mut String) + Send + Sync + 'static) -> Result<Node, Problem> {
    Node::apply(Kind::Text, texts_only(args)?, move |args, rows| {
        let texts = args[0].texts();
        make_texts(args, rows, |row, out| match texts.get(row) {
            Some(text) => {
                f(text, out);
                Outcome::Known(())
            }
            None => Outcome::Null,
        })
    })
}

fn test_texts(
    args: Vec<Node>,
    f: impl Fn(&str, &str) -> bool + Send + Sync + 'static,
) -> Result<Node, Problem> {
    Node::apply(Kind::Boolean, texts_only(args)?, move |args, rows| {
        let (texts, parts) = (args[0].texts(), args[1].texts());
        make_bools(args, rows, |row| Some(f(texts.get(row)?, parts.get(row)?)))
    })
}

/// A text and one or two whole numbers.
fn cut(
    args: Vec<Node>,
    f: impl Fn(&str, &[i64], &mut String) + Send + Sync + 'static,
) -> Result<Node, Problem> {
    let mut args = args.into_iter();
    let mut nodes: Vec<Node> =
        args.next().map(|text| widen(text, Kind::Text)).into_iter().collect::<Result<_, _>>()?;
    for arg in args {
        nodes.push(widen(arg, Kind::Integer)?);
    }
    Node::apply(Kind::Text, nodes, move |args, rows| {
        let texts = args[0].texts();
        make_texts(args, rows, |row, out| {
            let Some(text) = texts.get(row) else { return Outcome::Null };
            let mut numbers = [0i64; 2];
            let n = args.len() - 1;
            for (number, arg) in numbers.iter_mut().zip(&args[1..]) {
                match arg.ints().get(row) {
                    Some(value) => *number = value,
                    None => return Outcome::Null,
                }
            }
            f(text, &numbers[..n.min(2)], out);
            Outcome::Known(())
        })
    })
}

/// A function of one float; what is not a number is a fault.
fn float(args: Vec<Node>, f: fn(f64) -> f64) -> Result<Node, Problem> {
    let args = args.into_iter().map(|arg| widen(arg, Kind::Float)).collect::<Result<Vec<_>, _>>()?;
    Node::apply(Kind::Float, args, move |args, _| {
        unary::<Float64Type, Float64Type>(&args[0], |value| finite(f(value)))
    })
}

/// A function of one number that keeps its type. The second argument of `exact` is the scale.
fn numeric(
    args: Vec<Node>,
    whole: fn(i64) -> Option<i64>,
    exact: fn(i128, i8) -> Option<i128>,
    float: fn(f64) -> Option<f64>,
) -> Result<Node, Problem> {
    match args.first().map_or(Kind::Null, |arg| arg.kind) {
        Kind::Integer => {
            Node::apply(Kind::Integer, args, move |args, _| unary::<Int64Type, Int64Type>(&args[0], whole))
        }
        Kind::Decimal(scale) => Node::apply(Kind::Decimal(scale), args, move |args, _| {
            decimal(unary::<Decimal128Type, Decimal128Type>(&args[0], |value| exact(value, scale)), scale)
        }),
        Kind::Float => {
            Node::apply(Kind::Float, args, move |args, _| unary::<Float64Type, Float64Type>(&args[0], float))
        }
        Kind::Null => widen(Node::literal(Literal::Null), Kind::Integer),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// A function to whole numbers. `exact` gets the unscaled value and the power of ten it is scaled by.
fn to_whole(args: Vec<Node>, exact: fn(i128, i128) -> i128, float: fn(f64) -> f64) -> Result<Node, Problem> {
    match args.first().map_or(Kind::Null, |arg| arg.kind) {
        Kind::Integer => Node::apply(Kind::Integer, args, move |args, _| {
            unary::<Int64Type, Int64Type>(&args[0], |value| i64::try_from(exact(value.into(), 1)).ok())
        }),
        Kind::Decimal(scale) => {
            let factor = number::power_of_ten(scale.into()).unwrap_or(1);
            Node::apply(Kind::Decimal(0), args, move |args, _| {
                decimal(
                    unary::<Decimal128Type, Decimal128Type>(&args[0], |value| Some(exact(value, factor))),
                    0,
                )
            })
        }
        Kind::Float => Node::apply(Kind::Float, args, move |args, _| {
            unary::<Float64Type, Float64Type>(&args[0], |value| finite(float(value)))
        }),
        Kind::Null => widen(Node::literal(Literal::Null), Kind::Integer),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// The largest or smallest of the known values.
fn extreme(args: Vec<Node>, keep: Ordering) -> Result<Node, Problem> {
    let (kind, args) = unify(args)?;
    if kind == Kind::Null || kind == Kind::Boolean {
        return Err(mismatch(Kind::Decimal(0), kind));
    }
    if kind == Kind::Text {
        return Node::apply_lenient(kind, args, move |args, rows| {
            let texts: Vec<_> = args.iter().map(Value::texts).collect();
            make_texts(args, rows, |row, out| {
                let known = texts.iter().filter_map(|texts| texts.get(row));
                match known.reduce(|a, b| if b.cmp(a) == keep { b } else { a }) {
                    Some(text) => {
                        out.push_str(text);
                        Outcome::Known(())
                    }
                    None => Outcome::Null,
                }
            })
        });
    }
    Node::apply_lenient(kind, args, move |args, rows| {
        macro_rules! best {
            ($type:ty, $get:ident, $order:expr) => {
                make_numbers::<$type>(args, rows, |row| {
                    let known = args.iter().filter_map(|arg| arg.$get().get(row));
                    known.reduce(|a, b| if $order(&b, &a) == keep { b } else { a }).into()
                })
            };
        }
        match kind {
            Kind::Integer => best!(Int64Type, ints, i64::cmp),
            Kind::Decimal(scale) => decimal(best!(Decimal128Type, decimals, i128::cmp), scale),
            Kind::Float => best!(Float64Type, floats, f64::total_cmp),
            Kind::Date => best!(Date32Type, dates, i32::cmp),
            _ => instants(best!(TimestampMicrosecondType, instants, i64::cmp)),
        }
    })
}

/// Dates; instants by their UTC date, written texts read as dates.
fn as_dates(args: Vec<Node>) -> Result<Vec<Node>, Problem> {
    args.into_iter()
        .map(|arg| {
            let arg = crate::convert::as_time(arg, Kind::Date)?;
            match arg.kind {
                Kind::Date => Ok(arg),
                Kind::Timestamp => cast(arg, CastType::Date, false),
                Kind::Null => widen(arg, Kind::Date),
                kind => Err(mismatch(Kind::Date, kind)),
            }
        })
        .collect()
}

fn date_part(args: Vec<Node>, part: fn(Date) -> i64) -> Result<Node, Problem> {
    Node::apply(Kind::Integer, as_dates(args)?, move |args: &[Value], _| {
        unary::<Date32Type, Int64Type>(&args[0], |days| to_date(days).map(part))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_functions_answer_to_one_name_and_all_are_documented() {
        let mut names = std::collections::BTreeSet::new();
        for function in FUNCTIONS {
            for name in std::iter::once(&function.name).chain(function.aliases) {
                assert!(names.insert(name.to_uppercase()), "{name}");
                assert!(refused(name).is_none(), "{name}");
            }
            assert!(!function.zh.is_empty() && !function.en.is_empty() && !function.example.is_empty());
            assert!(function.signature.starts_with(function.name));
        }
    }
}
