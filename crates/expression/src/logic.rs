//! A condition taken apart as far as it can be reasoned about: connectives over tests. A test asks one
//! column something that has one answer for all values between two neighbouring marks; whatever else
//! stands in a condition is opaque, and only its evaluation says what it gives.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema};

use crate::expression::{Expression, Want, bind};
use crate::form::{Comparison, Form};
use crate::kind::Kind;
use crate::literal::{Literal, MICROS_PER_DAY, read_date, read_timestamp};
use crate::scope::Scope;

/// A condition as connectives over tests; every part evaluates as it does inside the whole.
#[derive(Debug, Clone)]
pub enum Logic {
    /// True, false, or null whatever the values are.
    Constant(Option<bool>),
    And(Vec<Logic>),
    Or(Vec<Logic>),
    Not(Box<Logic>),
    /// `is true`, `is not false` …: never null.
    IsTruth {
        of: Box<Logic>,
        truth: bool,
        not: bool,
    },
    /// The first branch whose condition is true; otherwise the last, or null.
    Case {
        when: Vec<(Logic, Logic)>,
        otherwise: Option<Box<Logic>>,
    },
    /// The first that is not null.
    FirstKnown(Vec<Logic>),
    /// One column against written values.
    Test {
        column: String,
        /// The answer may only change at these values, and just beside them.
        marks: Vec<Mark>,
        test: Expression,
    },
    /// Arithmetic, functions, several columns in one comparison.
    Opaque(Expression),
}

/// A written value at which the answer of a test may change, of the kind of the column it is
/// compared with: numbers with any number, texts with texts, dates and instants with their like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Unscaled value and number of digits after the point.
    Number(i128, i8),
    Text(String),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Instant(i64),
}

impl Expression {
    /// The condition taken apart; `None` if the expression is no condition.
    pub fn logic(&self) -> Option<Logic> {
        matches!(self.data_type(), DataType::Boolean | DataType::Null)
            .then(|| Apart { whole: self, scope: self.scope() }.logic(self.form()))
    }

    /// What the expression was checked against, as far as it reads it.
    fn scope(&self) -> Scope {
        let fields: Vec<Field> =
            self.columns().map(|(name, kind)| Field::new(name, kind.data_type(), true)).collect();
        let mut scope = Scope::new(Arc::new(Schema::new(fields)));
        for (name, title) in self.titles() {
            scope = scope.with_title(name, title.clone());
        }
        for ((column, value), title) in self.value_titles() {
            scope = scope.with_value_title(column, value, title.clone());
        }
        scope
    }
}

struct Apart<'a> {
    whole: &'a Expression,
    scope: Scope,
}

impl Apart<'_> {
    fn logic(&self, form: &Form) -> Logic {
        match form {
            Form::Literal(Literal::Boolean(value)) => Logic::Constant(Some(*value)),
            Form::Literal(Literal::Null) => Logic::Constant(None),
            Form::And(parts) => Logic::And(parts.iter().map(|part| self.logic(part)).collect()),
            Form::Or(parts) => Logic::Or(parts.iter().map(|part| self.logic(part)).collect()),
            Form::Not(of) => Logic::Not(Box::new(self.logic(of))),
            Form::IsTruth { of, truth, not } => {
                Logic::IsTruth { of: Box::new(self.logic(of)), truth: *truth, not: *not }
            }
            Form::Case { when, otherwise } => Logic::Case {
                when: when.iter().map(|(test, then)| (self.logic(test), self.logic(then))).collect(),
                otherwise: otherwise.as_ref().map(|form| Box::new(self.logic(form))),
            },
            Form::Call(function, args) if function.name == "COALESCE" => {
                Logic::FirstKnown(args.iter().map(|arg| self.logic(arg)).collect())
            }
            _ => self.leaf(form),
        }
    }

    fn leaf(&self, form: &Form) -> Logic {
        // What was checked as a part of the whole checks alone, too.
        let Ok(expression) = bind(form.clone(), &self.scope, Want::Any) else {
            return Logic::Opaque(self.whole.clone());
        };
        match self.test(form) {
            Some((column, marks)) => Logic::Test { column, marks, test: expression },
            None => Logic::Opaque(expression),
        }
    }

    /// The column that is tested and where the answer may change.
    fn test(&self, form: &Form) -> Option<(String, Vec<Mark>)> {
        let (column, values): (&Form, Vec<&Form>) = match form {
            Form::Column(name) => {
                return (self.kind(name)? == Kind::Boolean).then(|| (name.clone(), Vec::new()));
            }
            Form::IsNull { of, .. } => (of, Vec::new()),
            Form::Compare(op, left, right) => {
                let (column, value) =
                    if matches!(**left, Form::Column(_)) { (left, right) } else { (right, left) };
                // Texts have an order, but no neighbours.
                let ordered = !matches!(op, Comparison::Equal | Comparison::Different);
                if let Form::Column(name) = &**column
                    && ordered
                    && self.kind(name)? == Kind::Text
                {
                    return None;
                }
                (column, vec![value])
            }
            Form::Between { of, low, high, .. } => {
                if let Form::Column(name) = &**of
                    && self.kind(name)? == Kind::Text
                {
                    return None;
                }
                (of, vec![low, high])
            }
            Form::In { of, list, .. } => {
                let Form::Column(name) = &**of else { return None };
                let kind = self.kind(name)?;
                let marks: Option<Vec<Vec<Mark>>> = list.iter().map(|value| marks(value, kind)).collect();
                return Some((name.clone(), marks?.into_iter().flatten().collect()));
            }
            _ => return None,
        };
        let Form::Column(name) = column else { return None };
        let kind = self.kind(name)?;
        let mut all = Vec::new();
        for value in values {
            all.extend(marks(&literal(value)?, kind)?);
        }
        Some((name.clone(), all))
    }

    fn kind(&self, name: &str) -> Option<Kind> {
        self.whole.columns().find(|(own, _)| *own == name).map(|(_, kind)| kind)
    }
}

/// The written value, its sign included.
fn literal(form: &Form) -> Option<Literal> {
    match form {
        Form::Literal(literal) => Some(literal.clone()),
        Form::Negate(of) => literal(of)?.negated(),
        _ => None,
    }
}

/// The marks of a value compared with a column of this kind; none for booleans, whose values are few
/// anyway. `None` if the value is of another kind.
fn marks(literal: &Literal, kind: Kind) -> Option<Vec<Mark>> {
    let midnight = |days: i32| i64::from(days) * MICROS_PER_DAY;
    Some(match (literal, kind) {
        (Literal::Boolean(_), Kind::Boolean) | (Literal::Null, _) => Vec::new(),
        (Literal::Integer(value), kind) if kind.is_number() => vec![Mark::Number(i128::from(*value), 0)],
        (Literal::Decimal(value, scale), kind) if kind.is_number() => vec![Mark::Number(*value, *scale)],
        (Literal::Text(text), Kind::Text) => vec![Mark::Text(text.clone())],
        (Literal::Text(text), Kind::Date) => match read_date(text) {
            Some(days) => vec![Mark::Date(days)],
            None => return marks(&Literal::Timestamp(read_timestamp(text)?), kind),
        },
        (Literal::Text(text), Kind::Timestamp) => vec![Mark::Instant(read_timestamp(text)?)],
        (Literal::Date(days), Kind::Date) => vec![Mark::Date(*days)],
        (Literal::Timestamp(micros), Kind::Date) => {
            vec![Mark::Date(i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok()?)]
        }
        (Literal::Date(days), Kind::Timestamp) => vec![Mark::Instant(midnight(*days))],
        (Literal::Timestamp(micros), Kind::Timestamp) => vec![Mark::Instant(*micros)],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use gradus_model::Place;

    use super::*;
    use crate::expression::compile;

    fn logic(sql: &str) -> Logic {
        let schema = Schema::new(vec![
            Field::new("orders", DataType::Int64, true),
            Field::new("spend", DataType::Decimal128(38, 4), true),
            Field::new("country", DataType::Utf8, true),
            Field::new("joined", DataType::Date32, true),
            Field::new("vip", DataType::Boolean, true),
        ]);
        let scope = Scope::new(Arc::new(schema));
        compile(sql, &scope, Want::Boolean, &Place::default()).unwrap().logic().unwrap()
    }

    fn told(logic: &Logic) -> String {
        let join = |parts: &[Logic], with: &str| {
            let parts: Vec<String> = parts.iter().map(told).collect();
            format!("({})", parts.join(with))
        };
        match logic {
            Logic::Constant(value) => format!("{value:?}"),
            Logic::And(parts) => join(parts, " & "),
            Logic::Or(parts) => join(parts, " | "),
            Logic::Not(of) => format!("!{}", told(of)),
            Logic::IsTruth { of, truth, not } => {
                format!("{}?{}{truth}", told(of), if *not { "!" } else { "" })
            }
            Logic::Case { when, otherwise } => {
                let when: Vec<String> =
                    when.iter().map(|(test, then)| format!("{}->{}", told(test), told(then))).collect();
                format!(
                    "case[{} else {}]",
                    when.join(","),
                    otherwise.as_ref().map_or("-".into(), |o| told(o))
                )
            }
            Logic::FirstKnown(parts) => join(parts, " ?? "),
            Logic::Test { column, marks, .. } => format!("{column}@{marks:?}"),
            Logic::Opaque(expression) => format!("<{}>", expression.sql()),
        }
    }

    #[test]
    fn a_condition_falls_apart_into_tests_of_one_column() {
        assert_eq!(
            told(&logic("orders >= 3 and not (country in ('FR', 'DE') or vip)")),
            "(orders@[Number(3, 0)] & !(country@[Text(\"FR\"), Text(\"DE\")] | vip@[]))"
        );
        assert_eq!(told(&logic("-1.50 < spend is true")), "spend@[Number(-150, 2)]?true");
        assert_eq!(
            told(&logic("joined between '2024-01-01' and date '2024-12-31'")),
            "joined@[Date(19723), Date(20088)]"
        );
        assert_eq!(
            told(&logic("if(vip, spend is null, orders <> 0)")),
            "case[vip@[]->spend@[] else orders@[Number(0, 0)]]"
        );
        assert_eq!(told(&logic("coalesce(vip, orders > 1)")), "(vip@[] ?? orders@[Number(1, 0)])");
    }

    #[test]
    fn what_is_more_than_one_column_and_a_value_is_opaque() {
        for sql in
            ["orders * 2 > 6", "orders > spend", "country < 'M'", "country like 'F%'", "abs(orders) = 1"]
        {
            assert!(told(&logic(sql)).starts_with('<'), "{sql}: {}", told(&logic(sql)));
        }
    }
}
