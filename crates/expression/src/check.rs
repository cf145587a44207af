//! Types: from the allowed forms to the typed expression, with every conversion written out.

use std::collections::BTreeSet;

use arrow::array::Array;
use gradus_model::Text;

use crate::arithmetic::{arithmetic, negate};
use crate::compare::{compare, member};
use crate::convert::{cast, widen};
use crate::form::{Comparison, Form};
use crate::kind::Kind;
use crate::node::{Node, Op};
use crate::pattern::like;
use crate::problem::{Problem, brief, text};
use crate::scope::Scope;
use crate::value::make_bools;

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
