//! Which texts an expression may give, which it compares a column with, which it requires: for those who want to know
//! what is meant before there are columns to compile against. What cannot be read says nothing; compiling
//! tells what is wrong with it.

use std::collections::BTreeSet;

use datafusion::sql::sqlparser::ast::{
    BinaryOperator, CaseWhen, Expr, FunctionArg, FunctionArgExpr, FunctionArguments, Value,
};

use crate::token::parse;

/// Every text that an expression can give, where all of them are written in it; `None` if one comes from
/// a column or is put together.
///
/// ```
/// use gradus_expression::texts_given;
/// let kinds = texts_given("case when n < 0 then 'refund' else 'order_line' end").unwrap();
/// assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["order_line", "refund"]);
/// assert_eq!(texts_given("coalesce(type, 'visit')"), None);
/// ```
pub fn texts_given(sql: &str) -> Option<BTreeSet<String>> {
    let all = parse(sql, |tree| {
        let mut found = BTreeSet::new();
        given(tree, &mut found).then_some(found)
    });
    all.ok().flatten()
}

/// The texts that a column is compared with, by `=`, `<>` or `in`.
///
/// ```
/// use gradus_expression::texts_compared;
/// let kinds = texts_compared("kind in ('a', 'b') and city = 'c' or 'd' = kind", "kind");
/// assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["a", "b", "d"]);
/// ```
pub fn texts_compared(sql: &str, column: &str) -> BTreeSet<String> {
    let compared = parse(sql, |tree| {
        let mut found = BTreeSet::new();
        compared(tree, column, &mut found);
        found
    });
    compared.unwrap_or_default()
}

/// The texts of which a column must be one for a condition to hold; `None` if it may be any.
///
/// ```
/// use gradus_expression::texts_required;
/// let kinds = texts_required("(kind = 'a' or kind in ('b', 'c')) and kind <> 'c' and amount > 5", "kind").unwrap();
/// assert_eq!(kinds.into_iter().collect::<Vec<_>>(), ["a", "b", "c"]);
/// assert_eq!(texts_required("kind = 'a' or amount > 5", "kind"), None);
/// ```
pub fn texts_required(sql: &str, column: &str) -> Option<BTreeSet<String>> {
    parse(sql, |tree| required(tree, column)).ok().flatten()
}

/// The columns that may be null without that deciding: all that is asked of them has an answer for null too.
///
/// ```
/// use gradus_expression::columns_left_open;
/// let open = columns_left_open("kind = 'order_line' and spend is not false and coalesce(city, '') <> 'x'");
/// assert_eq!(open.into_iter().collect::<Vec<_>>(), ["city", "spend"]);
/// assert!(columns_left_open("spend is not false or spend").is_empty());
/// ```
pub fn columns_left_open(sql: &str) -> BTreeSet<String> {
    let open = parse(sql, |tree| {
        let (mut open, mut needed) = (BTreeSet::new(), BTreeSet::new());
        columns(tree, false, &mut open, &mut needed);
        &open - &needed
    });
    open.unwrap_or_default()
}

fn columns(expr: &Expr, is_open: bool, open: &mut BTreeSet<String>, needed: &mut BTreeSet<String>) {
    let mut each = |parts: &[&Expr], is_open: bool| {
        parts.iter().for_each(|part| columns(part, is_open, open, needed));
    };
    match expr {
        Expr::Identifier(name) => {
            let names = if is_open { &mut *open } else { &mut *needed };
            names.insert(name.value.clone());
        }
        Expr::IsNull(of) | Expr::IsNotTrue(of) | Expr::IsNotFalse(of) => each(&[of], true),
        Expr::Nested(of)
        | Expr::UnaryOp { expr: of, .. }
        | Expr::IsNotNull(of)
        | Expr::IsTrue(of)
        | Expr::IsFalse(of)
        | Expr::Cast { expr: of, .. } => each(&[of], is_open),
        Expr::BinaryOp { left, right, .. } => each(&[left, right], is_open),
        Expr::Between { expr: of, low, high, .. } => each(&[of, low, high], is_open),
        Expr::Like { expr: of, pattern, .. } | Expr::ILike { expr: of, pattern, .. } => {
            each(&[of, pattern], is_open)
        }
        Expr::InList { expr: of, list, .. } => {
            each(&[of], is_open);
            each(&list.iter().collect::<Vec<_>>(), is_open);
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            for CaseWhen { condition, result } in conditions {
                each(&[condition, result], is_open);
            }
            each(&operand.as_deref().into_iter().chain(else_result.as_deref()).collect::<Vec<_>>(), is_open);
        }
        Expr::Function(function) => {
            let stands_in = function.name.to_string().eq_ignore_ascii_case("coalesce");
            each(&arguments(&function.args), is_open || stands_in);
        }
        _ => {}
    }
}

fn required(expr: &Expr, column: &str) -> Option<BTreeSet<String>> {
    match expr {
        Expr::Nested(inside) => required(inside, column),
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            match (required(left, column), required(right, column)) {
                (Some(left), Some(right)) => Some(&left & &right),
                (left, right) => left.or(right),
            }
        }
        Expr::BinaryOp { left, op: BinaryOperator::Or, right } => {
            Some(&required(left, column)? | &required(right, column)?)
        }
        Expr::BinaryOp { left, op: BinaryOperator::Eq, right } => {
            let pairs = [(left, right), (right, left)];
            let with = pairs
                .into_iter()
                .find(|(of, _)| is_column(of, column))
                .and_then(|(_, with)| literal(with))?;
            Some(BTreeSet::from([with.to_string()]))
        }
        Expr::InList { expr: of, list, negated: false } if is_column(of, column) => {
            list.iter().map(|one| literal(one).map(str::to_string)).collect()
        }
        _ => None,
    }
}

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Nested(inside) => literal(inside),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// False if the expression can give another text than those that were added.
fn given(expr: &Expr, texts: &mut BTreeSet<String>) -> bool {
    if let Some(text) = literal(expr) {
        texts.insert(text.to_string());
        return true;
    }
    match expr {
        Expr::Nested(inside) => given(inside, texts),
        Expr::Value(value) => matches!(value.value, Value::Null),
        Expr::Case { conditions, else_result, .. } => {
            let mut all = conditions.iter().map(|when| &when.result).chain(else_result.as_deref());
            all.all(|result| given(result, texts))
        }
        Expr::Function(function) => {
            let (name, arguments) = (function.name.to_string().to_uppercase(), arguments(&function.args));
            let results = match name.as_str() {
                "IF" | "IIF" | "如果" => arguments.get(1..).unwrap_or_default(),
                "COALESCE" => &arguments[..],
                _ => return false,
            };
            !results.is_empty() && results.iter().all(|result| given(result, texts))
        }
        _ => false,
    }
}

fn arguments(arguments: &FunctionArguments) -> Vec<&Expr> {
    let FunctionArguments::List(list) = arguments else { return Vec::new() };
    list.args.iter().filter_map(argument).collect()
}

fn argument(argument: &FunctionArg) -> Option<&Expr> {
    match argument {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
        _ => None,
    }
}

fn is_column(expr: &Expr, column: &str) -> bool {
    match expr {
        Expr::Nested(inside) => is_column(inside, column),
        Expr::Identifier(name) => name.value == column,
        _ => false,
    }
}

fn compared(expr: &Expr, column: &str, texts: &mut BTreeSet<String>) {
    let mut each = |parts: &[&Expr]| parts.iter().for_each(|part| compared(part, column, texts));
    match expr {
        Expr::Nested(of)
        | Expr::UnaryOp { expr: of, .. }
        | Expr::IsNull(of)
        | Expr::IsNotNull(of)
        | Expr::IsTrue(of)
        | Expr::IsNotTrue(of)
        | Expr::IsFalse(of)
        | Expr::IsNotFalse(of)
        | Expr::Cast { expr: of, .. } => each(&[of]),
        Expr::BinaryOp { left, op, right } => {
            each(&[left, right]);
            if matches!(op, BinaryOperator::Eq | BinaryOperator::NotEq) {
                for (of, with) in [(left, right), (right, left)] {
                    if is_column(of, column) {
                        texts.extend(literal(with).map(str::to_string));
                    }
                }
            }
        }
        Expr::Between { expr: of, low, high, .. } => each(&[of, low, high]),
        Expr::InList { expr: of, list, .. } => {
            each(&[of]);
            if is_column(of, column) {
                texts.extend(list.iter().filter_map(literal).map(str::to_string));
            }
        }
        Expr::Case { operand, conditions, else_result, .. } => {
            for CaseWhen { condition, result } in conditions {
                each(&[condition, result]);
            }
            each(&else_result.as_deref().into_iter().collect::<Vec<_>>());
            if operand.as_deref().is_some_and(|operand| is_column(operand, column)) {
                texts.extend(
                    conditions.iter().filter_map(|when| literal(&when.condition)).map(str::to_string),
                );
            }
        }
        Expr::Function(function) => each(&arguments(&function.args)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(texts: BTreeSet<String>) -> Vec<String> {
        texts.into_iter().collect()
    }

    #[test]
    fn texts_are_given_only_where_all_are_written() {
        assert_eq!(texts_given("'visit'").map(list), Some(vec!["visit".to_string()]));
        assert_eq!(texts_given("if(a, 'x', ('y'))").map(list).unwrap(), ["x", "y"]);
        assert_eq!(texts_given("case when a then 'x' when b then null end").map(list).unwrap(), ["x"]);
        assert_eq!(texts_given("case when a then 'x' else lower(b) end"), None);
        assert_eq!(texts_given("事件类型"), None);
        assert_eq!(texts_given("case when"), None);
    }

    #[test]
    fn only_comparisons_of_the_column_count() {
        let kinds = |sql: &str| list(texts_compared(sql, "kind"));
        assert_eq!(kinds("not (kind <> 'it''s') and sum(if(kind = 'b', amount, 0)) > 3"), ["b", "it's"]);
        assert_eq!(kinds("case kind when 'a' then 1 when 'b' then 2 end = 1"), ["a", "b"]);
        assert_eq!(kinds("category = 'a' and kind like 'b%' and kind is not null"), [""; 0]);
        assert_eq!(kinds("(kind) in ('a', 'b') or ("), [""; 0]);
    }
}
