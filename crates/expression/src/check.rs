//! Types: from the allowed forms to the typed expression, with every conversion written out.

use std::cmp::Ordering;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Scalar};
use arrow::compute::kernels::cmp;
use arrow::datatypes::{DataType, Decimal128Type, Float64Type, Int64Type};
use gradus_model::Text;
use regex::{Regex, RegexBuilder};

use crate::convert::{as_time, cast, decimal, mismatch, widen};
use crate::form::{Arithmetic, Comparison, Form};
use crate::kind::Kind;
use crate::limit::{MAX_PATTERN, MAX_PATTERN_COMPILED, PRODUCT_SCALE, QUOTIENT_SCALE};
use crate::literal::Literal;
use crate::node::{Node, Op};
use crate::number;
use crate::problem::{Problem, brief, text};
use crate::scope::Scope;
use crate::value::{Value, binary, make_bools, plain_text, unary};

/// Types a form. `references` is the sorted list of all columns the expression reads.
pub(crate) struct Check<'a> {
    pub scope: &'a Scope,
    pub references: &'a [String],
}

/// Every column that a form reads.
pub(crate) fn references(form: &Form, found: &mut BTreeSet<String>) {
    match form {
        Form::Column(name) => {
            found.insert(name.clone());
        }
        Form::Literal(_) => {}
        Form::Negate(of) | Form::Not(of) | Form::IsNull { of, .. } | Form::IsTruth { of, .. } => {
            references(of, found)
        }
        Form::In { of, .. } | Form::Like { of, .. } | Form::Cast { of, .. } => references(of, found),
        Form::And(parts) | Form::Or(parts) | Form::Call(_, parts) => {
            parts.iter().for_each(|p| references(p, found))
        }
        Form::Arithmetic(_, left, right) | Form::Compare(_, left, right) | Form::Join(left, right) => {
            references(left, found);
            references(right, found);
        }
        Form::Between { of, low, high, .. } => {
            [of, low, high].iter().for_each(|part| references(part, found))
        }
        Form::Case { when, otherwise } => {
            for (condition, result) in when {
                references(condition, found);
                references(result, found);
            }
            if let Some(otherwise) = otherwise {
                references(otherwise, found);
            }
        }
    }
}

impl Check<'_> {
    pub fn node(&self, form: &Form) -> Result<Node, Problem> {
        match form {
            Form::Column(name) => self.column(name),
            Form::Literal(literal) => Ok(Node::literal(literal.clone())),
            Form::Negate(of) => negate(self.node(of)?),
            Form::Not(of) => Ok(boolean(Op::Not(Box::new(self.truth(of)?)))),
            Form::And(parts) => Ok(boolean(Op::And(self.truths(parts)?))),
            Form::Or(parts) => Ok(boolean(Op::Or(self.truths(parts)?))),
            Form::Arithmetic(op, left, right) => arithmetic(*op, self.node(left)?, self.node(right)?),
            Form::Compare(op, left, right) => compare(*op, self.node(left)?, self.node(right)?),
            Form::Join(left, right) => crate::functions::concat::join(self.node(left)?, self.node(right)?),
            Form::IsNull { of, not } => Ok(boolean(Op::IsNull(Box::new(self.node(of)?), *not))),
            Form::IsTruth { of, truth, not } => {
                let (truth, not) = (*truth, *not);
                Node::apply_lenient(Kind::Boolean, vec![self.truth(of)?], move |args, rows| {
                    let bools = args[0].bools();
                    make_bools(args, rows, |row| {
                        let row = args[0].at(row);
                        Some((bools.is_valid(row) && bools.value(row) == truth) != not)
                    })
                })
            }
            Form::Between { of, low, high, not } => {
                let args = vec![self.node(of)?, self.node(low)?, self.node(high)?];
                let both = Node::bind(args, |mut args| {
                    let (high, low) = (args.remove(2), args.remove(1));
                    let low = compare(Comparison::AtLeast, args[0].clone(), low)?;
                    let high = compare(Comparison::AtMost, args.remove(0), high)?;
                    Ok(boolean(Op::And(vec![low, high])))
                })?;
                Ok(if *not { boolean(Op::Not(Box::new(both))) } else { both })
            }
            Form::In { of, list, not } => {
                let member = member(self.node(of)?, list)?;
                Ok(if *not { boolean(Op::Not(Box::new(member))) } else { member })
            }
            Form::Like { of, pattern, escape, not, any_case } => {
                let matched = like(self.node(of)?, pattern, *escape, *any_case)?;
                Ok(if *not { boolean(Op::Not(Box::new(matched))) } else { matched })
            }
            Form::Case { when, otherwise } => self.case(when, otherwise.as_deref()),
            Form::Cast { of, to, try_cast } => cast(self.node(of)?, *to, *try_cast),
            Form::Call(function, args) => {
                let args = args.iter().map(|arg| self.node(arg)).collect::<Result<Vec<_>, _>>()?;
                (function.plan)(args).map_err(|problem| crate::functions::within(function, problem))
            }
        }
    }

    fn column(&self, name: &str) -> Result<Node, Problem> {
        let Ok(field) = self.scope.schema().field_with_name(name) else {
            return Err(self.scope.unknown(name));
        };
        let Some(kind) = Kind::of(field.data_type()) else {
            let what = text!(
                "「{n}」的类型不能用在表达式里",
                "“{n}” has a type that expressions cannot read",
                n = name
            );
            let right = Text::new("数字、文本、日期、时刻或是/否", "a number, text, date, instant or yes/no");
            return Err(Problem::new("expression-column-type", what, right));
        };
        match self.references.binary_search_by(|known| known.as_str().cmp(name)) {
            Ok(index) => Ok(Node { kind, op: Op::Column(index) }),
            Err(_) => Err(self.scope.unknown(name)),
        }
    }

    fn truth(&self, form: &Form) -> Result<Node, Problem> {
        let node = self.node(form)?;
        match node.kind {
            Kind::Boolean => Ok(node),
            Kind::Null => widen(node, Kind::Boolean),
            kind => {
                let found = kind.words();
                let what = Text::new(
                    format!("这里需要一个条件，「{}」是{}", brief(&form.sql()), found.zh),
                    format!("a condition is needed here, “{}” is {}", brief(&form.sql()), found.en),
                );
                let right = Text::new("一个比较，例如 orders >= 3", "a comparison, such as orders >= 3");
                Err(Problem::new("expression-type", what, right))
            }
        }
    }

    fn truths(&self, forms: &[Form]) -> Result<Vec<Node>, Problem> {
        forms.iter().map(|form| self.truth(form)).collect()
    }

    fn case(&self, when: &[(Form, Form)], otherwise: Option<&Form>) -> Result<Node, Problem> {
        let conditions =
            when.iter().map(|(condition, _)| self.truth(condition)).collect::<Result<Vec<_>, _>>()?;
        let mut results = when.iter().map(|(_, result)| self.node(result)).collect::<Result<Vec<_>, _>>()?;
        if let Some(otherwise) = otherwise {
            results.push(self.node(otherwise)?);
        }
        let (kind, mut results) = unify(results)?;
        let otherwise = if otherwise.is_some() { results.pop().map(Box::new) } else { None };
        Ok(Node { kind, op: Op::Case(conditions.into_iter().zip(results).collect(), otherwise) })
    }
}

fn boolean(op: Op) -> Node {
    Node { kind: Kind::Boolean, op }
}

/// Brings values that stand for each other to one kind.
pub(crate) fn unify(nodes: Vec<Node>) -> Result<(Kind, Vec<Node>), Problem> {
    let mut kind = Kind::Null;
    for node in &nodes {
        kind = match kind.common(node.kind) {
            Some(kind) => kind,
            None => {
                let (a, b) = (kind.words(), node.kind.words());
                let what = Text::new(
                    format!("各个结果的类型不同：{}和{}", a.zh, b.zh),
                    format!("the results have different types: {} and {}", a.en, b.en),
                );
                let right = Text::new("同一种类型的结果", "results of one type");
                return Err(Problem::new("expression-type", what, right));
            }
        };
    }
    let nodes = nodes.into_iter().map(|node| widen(node, kind)).collect::<Result<Vec<_>, _>>()?;
    Ok((kind, nodes))
}

fn negate(node: Node) -> Result<Node, Problem> {
    match node.kind {
        Kind::Null => Ok(node),
        Kind::Integer => Node::apply(Kind::Integer, vec![node], |args, _| {
            unary::<Int64Type, Int64Type>(&args[0], i64::checked_neg)
        }),
        Kind::Decimal(scale) => Node::apply(Kind::Decimal(scale), vec![node], move |args, _| {
            decimal(unary::<Decimal128Type, Decimal128Type>(&args[0], |v| Some(-v)), scale)
        }),
        Kind::Float => Node::apply(Kind::Float, vec![node], |args, _| {
            unary::<Float64Type, Float64Type>(&args[0], |v| Some(0.0 - v))
        }),
        kind => Err(mismatch(Kind::Decimal(0), kind)),
    }
}

/// A float that is a number; minus zero is zero.
pub(crate) fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value + 0.0)
}

/// Whole numbers stay whole, but for `/`, which always divides exactly to ten digits after the
/// point (spreadsheets expect 3 / 2 = 1.5). Decimals stay exact; a float makes the result a float.
pub(crate) fn arithmetic(op: Arithmetic, left: Node, right: Node) -> Result<Node, Problem> {
    use Arithmetic::*;
    if let (Kind::Date, Kind::Integer | Kind::Date, Add | Subtract) = (left.kind, right.kind, op) {
        return dates(op, left, right);
    }
    for node in [&left, &right] {
        if !node.kind.is_number() {
            let found = node.kind.words();
            let what = Text::new(
                format!("「{}」两边需要数字，这里是{}", op.symbol(), found.zh),
                format!("“{}” takes numbers, this is {}", op.symbol(), found.en),
            );
            let right = match node.kind {
                Kind::Text => {
                    Text::new("数字；连接文本用 CONCAT 或 ||", "numbers; texts are joined with CONCAT or ||")
                }
                Kind::Timestamp => Text::new("DATE_DIFF(较晚, 较早)", "DATE_DIFF(later, earlier)"),
                _ => Text::new("数字", "numbers"),
            };
            return Err(Problem::new("expression-type", what, right));
        }
    }
    let kind = left.kind.common(right.kind).unwrap_or(Kind::Null);
    if kind == Kind::Null {
        return Ok(left);
    }
    if kind == Kind::Float {
        let args = vec![widen(left, Kind::Float)?, widen(right, Kind::Float)?];
        return Node::apply(Kind::Float, args, move |args, rows| {
            binary::<Float64Type, Float64Type, Float64Type>(&args[0], &args[1], rows, |a, b| {
                finite(match op {
                    Add => a + b,
                    Subtract => a - b,
                    Multiply => a * b,
                    Divide => a / b,
                    Remainder => a % b,
                })
            })
        });
    }
    if kind == Kind::Integer && op != Divide {
        let args = vec![widen(left, kind)?, widen(right, kind)?];
        let f = match op {
            Add => i64::checked_add,
            Subtract => i64::checked_sub,
            Multiply => i64::checked_mul,
            _ => i64::checked_rem,
        };
        return Node::apply(kind, args, move |args, rows| {
            binary::<Int64Type, Int64Type, Int64Type>(&args[0], &args[1], rows, f)
        });
    }
    let scale_of = |node: &Node| if let Kind::Decimal(scale) = node.kind { scale } else { 0 };
    let (a_scale, b_scale) = (scale_of(&left), scale_of(&right));
    let widest = a_scale.max(b_scale);
    let (scale, a_to, b_to) = match op {
        Add | Subtract | Remainder => (widest, widest, widest),
        Multiply => ((a_scale + b_scale).min(PRODUCT_SCALE.max(widest)), a_scale, b_scale),
        Divide => (QUOTIENT_SCALE.max(a_scale), a_scale, b_scale),
    };
    let drop = i32::from(a_scale) + i32::from(b_scale) - i32::from(scale);
    let shift = i32::from(scale) - i32::from(a_scale) + i32::from(b_scale);
    let args = vec![widen(left, Kind::Decimal(a_to))?, widen(right, Kind::Decimal(b_to))?];
    Node::apply(Kind::Decimal(scale), args, move |args, rows| {
        let (a, b) = (&args[0], &args[1]);
        type D = Decimal128Type;
        let value = match op {
            Add => binary::<D, D, D>(a, b, rows, |a, b| number::bounded(a.checked_add(b)?)),
            Subtract => binary::<D, D, D>(a, b, rows, |a, b| number::bounded(a.checked_sub(b)?)),
            Multiply => binary::<D, D, D>(a, b, rows, |a, b| number::multiply(a, b, drop)),
            Divide => binary::<D, D, D>(a, b, rows, |a, b| number::divide(a, b, shift)),
            Remainder => binary::<D, D, D>(a, b, rows, i128::checked_rem),
        };
        decimal(value, scale)
    })
}

/// `date + 30`, `date - 30` and the days between two dates.
fn dates(op: Arithmetic, left: Node, right: Node) -> Result<Node, Problem> {
    use arrow::datatypes::Date32Type;
    let sign = if op == Arithmetic::Add { 1 } else { -1 };
    match right.kind {
        Kind::Date if op == Arithmetic::Subtract => {
            Node::apply(Kind::Integer, vec![left, right], |args, rows| {
                binary::<Date32Type, Date32Type, Int64Type>(&args[0], &args[1], rows, |a, b| {
                    Some(i64::from(a) - i64::from(b))
                })
            })
        }
        Kind::Integer => Node::apply(Kind::Date, vec![left, right], move |args, rows| {
            binary::<Date32Type, Int64Type, Date32Type>(&args[0], &args[1], rows, |days, n| {
                i32::try_from(i64::from(days).checked_add(n.checked_mul(sign)?)?).ok()
            })
        }),
        kind => Err(mismatch(Kind::Integer, kind)),
    }
}

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
    let run = |left: &dyn arrow::array::Datum, right: &dyn arrow::array::Datum| match op {
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
fn member(of: Node, list: &[Literal]) -> Result<Node, Problem> {
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
            Ok(boolean(Op::Or(equal)))
        }),
    }
}

/// A regular expression within bounds; matching is linear in the text whatever it says.
pub(crate) fn bounded_regex(pattern: &str) -> Result<Regex, Problem> {
    if pattern.chars().count() > MAX_PATTERN {
        let what =
            text!("匹配模式超过 {n} 个字符", "the pattern has more than {n} characters", n = MAX_PATTERN);
        return Err(Problem::new("expression-pattern", what, Text::new("较短的模式", "a shorter pattern")));
    }
    RegexBuilder::new(pattern)
        .size_limit(MAX_PATTERN_COMPILED)
        .dfa_size_limit(MAX_PATTERN_COMPILED)
        .nest_limit(32)
        .build()
        .map_err(|_| {
            let what = text!(
                "匹配模式「{p}」不正确，或者太大",
                "the pattern “{p}” is not right, or too large",
                p = brief(pattern)
            );
            let right = Text::new(
                "例如 '^VIP[0-9]+$'；不支持反向引用和环视",
                "such as '^VIP[0-9]+$'; no back-references, no look-around",
            );
            Problem::new("expression-pattern", what, right)
        })
}

fn like(of: Node, pattern: &str, escape: Option<char>, any_case: bool) -> Result<Node, Problem> {
    if of.kind != Kind::Text && of.kind != Kind::Null {
        return Err(mismatch(Kind::Text, of.kind));
    }
    let mut regex = String::from(if any_case { "(?si)^" } else { "(?s)^" });
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match c {
            c if Some(c) == escape => match chars.next() {
                Some(c) => regex.push_str(&regex::escape(&c.to_string())),
                None => {
                    let what =
                        Text::new("模式以 escape 字符结尾", "the pattern ends with its escape character");
                    return Err(Problem::new(
                        "expression-escape",
                        what,
                        Text::plain("like '10!%' escape '!'"),
                    ));
                }
            },
            '%' => regex.push_str(".*"),
            '_' => regex.push('.'),
            c => regex.push_str(&regex::escape(&c.to_string())),
        }
    }
    regex.push('$');
    if pattern.chars().count() > MAX_PATTERN {
        return Err(bounded_regex(&"x".repeat(MAX_PATTERN + 1))
            .err()
            .unwrap_or_else(|| mismatch(Kind::Text, Kind::Null)));
    }
    let regex = RegexBuilder::new(&regex).size_limit(8 * MAX_PATTERN_COMPILED).build().map_err(|_| {
        let what = text!("模式「{p}」太大", "the pattern “{p}” is too large", p = brief(pattern));
        Problem::new("expression-pattern", what, Text::new("较短的模式", "a shorter pattern"))
    })?;
    let of = widen(of, Kind::Text)?;
    Node::apply(Kind::Boolean, vec![of], move |args, rows| {
        let texts = args[0].texts();
        make_bools(args, rows, |row| Some(regex.is_match(texts.get(row)?)))
    })
}
