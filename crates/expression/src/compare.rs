//! Comparisons, exact across kinds of numbers, and membership in lists.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{ArrayRef, Datum, Scalar};
use arrow::compute::kernels::cmp;
use arrow::datatypes::DataType;
use gradus_model::Text;

use crate::convert::{as_time, widen};
use crate::form::Comparison;
use crate::kind::Kind;
use crate::literal::Literal;
use crate::node::{Node, Op};
use crate::number;
use crate::problem::Problem;
use crate::value::{Value, make_bools, plain_text};

pub(crate) fn compare(op: Comparison, left: Node, right: Node) -> Result<Node, Problem> {
    let (left, right) = (as_time(left, right.kind)?, right);
    let (right, left) = (as_time(right, left.kind)?, left);
    if left.kind == Kind::Null || right.kind == Kind::Null {
        let what = Text::new("与 null 比较永远没有结果", "a comparison with null never has an answer");
        let right = Text::new("x is null，或 x is not null", "x is null, or x is not null");
        return Err(Problem::new("expression-null-comparison", what, right));
    }
    let Some(kind) = left.kind.common(right.kind) else { return Err(not_comparable(&left, &right)) };
    if kind == Kind::Boolean && !matches!(op, Comparison::Equal | Comparison::Different) {
        return Err(not_comparable(&left, &right));
    }
    if let Kind::Decimal(_) = kind {
        let scale_of = |node: &Node| if let Kind::Decimal(scale) = node.kind { scale } else { 0 };
        let (left, right) = fit_constant(left, right)?;
        let (a_scale, b_scale) = (scale_of(&left), scale_of(&right));
        if left.kind != right.kind || a_scale != b_scale {
            let args = vec![widen(left, Kind::Decimal(a_scale))?, widen(right, Kind::Decimal(b_scale))?];
            return Node::apply(Kind::Boolean, args, move |args, rows| {
                let (a, b) = (args[0].decimals(), args[1].decimals());
                make_bools(args, rows, |row| {
                    Some(holds(op, number::compare(a.get(row)?, a_scale, b.get(row)?, b_scale)))
                })
            });
        }
        return Node::apply(Kind::Boolean, vec![left, right], move |args, rows| ordered(op, args, rows));
    }
    let args = vec![widen(left, kind)?, widen(right, kind)?];
    Node::apply(Kind::Boolean, args, move |args, rows| ordered(op, args, rows))
}

/// Brings a written number to the scale of the column it is compared with, if that loses nothing.
fn fit_constant(left: Node, right: Node) -> Result<(Node, Node), Problem> {
    let fit = |constant: &Node, other: &Node| -> Option<Node> {
        let (value, from) = match constant.as_literal()? {
            Literal::Integer(value) => (i128::from(*value), 0),
            Literal::Decimal(value, scale) => (*value, *scale),
            _ => return None,
        };
        match other.kind {
            Kind::Decimal(to) => {
                let scaled = number::rescale(value, from, to)?;
                let same = number::compare(value, from, scaled, to) == Ordering::Equal;
                same.then(|| Node::literal(Literal::Decimal(scaled, to)))
            }
            Kind::Integer => {
                let scaled = number::rescale(value, from, 0)?;
                let same = number::compare(value, from, scaled, 0) == Ordering::Equal;
                same.then(|| i64::try_from(scaled).ok().map(|v| Node::literal(Literal::Integer(v))))?
            }
            _ => None,
        }
    };
    if !left.is_constant()
        && let Some(fitted) = fit(&right, &left)
    {
        return Ok((left, fitted));
    }
    if !right.is_constant()
        && let Some(fitted) = fit(&left, &right)
    {
        return Ok((fitted, right));
    }
    Ok((left, right))
}

fn not_comparable(left: &Node, right: &Node) -> Problem {
    let (a, b) = (left.kind.words(), right.kind.words());
    let what = Text::new(
        format!("{}和{}不能这样比较", a.zh, b.zh),
        format!("{} and {} cannot be compared this way", a.en, b.en),
    );
    let right = match (left.kind, right.kind) {
        (Kind::Text, other) | (other, Kind::Text) if other.is_number() => Text::new(
            "文本要加单引号（'3'），或用 cast(… as bigint)",
            "text in single quotes ('3'), or cast(… as bigint)",
        ),
        _ => Text::new("两边同一种类型", "the same type on both sides"),
    };
    Problem::new("expression-type", what, right)
}

pub(crate) fn holds(op: Comparison, order: Ordering) -> bool {
    match op {
        Comparison::Equal => order.is_eq(),
        Comparison::Different => order.is_ne(),
        Comparison::Less => order.is_lt(),
        Comparison::AtMost => order.is_le(),
        Comparison::More => order.is_gt(),
        Comparison::AtLeast => order.is_ge(),
    }
}

/// Compares two columns of one kind with Arrow's kernels.
fn ordered(op: Comparison, args: &[Value], rows: usize) -> Value {
    let (a, b) = (&args[0], &args[1]);
    // Both sides need one layout: a constant takes the column's, two columns become plain text.
    let layout = |this: &Value, other: &Value| -> ArrayRef {
        let (mine, theirs) = (this.array.data_type(), other.array.data_type());
        match (mine, theirs) {
            (mine, theirs) if mine == theirs => this.array.clone(),
            (DataType::Utf8, DataType::Utf8View) if this.scalar => {
                arrow::compute::cast(&this.array, theirs).unwrap_or_else(|_| this.array.clone())
            }
            (DataType::Utf8View, DataType::Utf8) if other.scalar => this.array.clone(),
            (DataType::Utf8 | DataType::Utf8View | DataType::LargeUtf8 | DataType::Dictionary(_, _), _) => {
                Arc::new(plain_text(&this.array))
            }
            _ => this.array.clone(),
        }
    };
    let (left, right) = (layout(a, b), layout(b, a));
    let run = |left: &dyn Datum, right: &dyn Datum| match op {
        Comparison::Equal => cmp::eq(left, right),
        Comparison::Different => cmp::neq(left, right),
        Comparison::Less => cmp::lt(left, right),
        Comparison::AtMost => cmp::lt_eq(left, right),
        Comparison::More => cmp::gt(left, right),
        Comparison::AtLeast => cmp::gt_eq(left, right),
    };
    let result = match (a.scalar, b.scalar) {
        (false, false) | (true, true) => run(&left, &right),
        (true, false) => run(&Scalar::new(left), &right),
        (false, true) => run(&left, &Scalar::new(right)),
    };
    match result {
        Ok(array) => Value { array: Arc::new(array), scalar: a.scalar && b.scalar, faults: None },
        Err(_) => Value::all_faults(Kind::Boolean, rows),
    }
}

/// Membership in a list of values. The order inside a hash set never shows.
pub(crate) fn member(of: Node, list: &[Literal]) -> Result<Node, Problem> {
    let mut items = Vec::with_capacity(list.len());
    for literal in list {
        let item = as_time(Node::literal(literal.clone()), of.kind)?;
        let comparable = of.kind.common(item.kind).is_some_and(|_| item.kind != Kind::Null);
        if !comparable {
            return Err(not_comparable(&of, &item));
        }
        items.push(item);
    }
    if let Some(scale) = match of.kind {
        Kind::Integer => Some(0),
        Kind::Decimal(scale) => Some(scale),
        _ => None,
    } {
        // A value with more digits than the column can hold is in no row.
        let exact: HashSet<i128> = list
            .iter()
            .filter_map(|literal| {
                let (value, from) = match literal {
                    Literal::Integer(value) => (i128::from(*value), 0),
                    Literal::Decimal(value, scale) => (*value, *scale),
                    _ => return None,
                };
                let scaled = number::rescale(value, from, scale)?;
                (number::compare(value, from, scaled, scale) == Ordering::Equal).then_some(scaled)
            })
            .collect();
        let whole = of.kind == Kind::Integer;
        return Node::apply(Kind::Boolean, vec![of], move |args, rows| {
            make_bools(args, rows, |row| {
                let value =
                    if whole { args[0].ints().get(row)?.into() } else { args[0].decimals().get(row)? };
                Some(exact.contains(&value))
            })
        });
    }
    match of.kind {
        Kind::Text => {
            let texts: HashSet<String> = list
                .iter()
                .filter_map(
                    |literal| if let Literal::Text(text) = literal { Some(text.clone()) } else { None },
                )
                .collect();
            Node::apply(Kind::Boolean, vec![of], move |args, rows| {
                let column = args[0].texts();
                make_bools(args, rows, |row| Some(texts.contains(column.get(row)?)))
            })
        }
        _ => Node::bind(vec![of], |args| {
            let equal = |item| compare(Comparison::Equal, args[0].clone(), item);
            let equal = items.into_iter().map(equal).collect::<Result<Vec<_>, _>>()?;
            Ok(Node { kind: Kind::Boolean, op: Op::Or(equal) })
        }),
    }
}
