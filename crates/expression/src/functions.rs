//! The functions an expression may call: one per file, one table that the allow-list, the
//! documentation, the compiler and the reading back all use.

use gradus_model::Text;

use crate::form::Form;
use crate::node::Node;
use crate::problem::{Problem, brief, text};
use crate::scope::distance;

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
mod shared;
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
