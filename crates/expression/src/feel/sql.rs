//! FEEL as SQL: the same three values of truth, with `=` as DMN tells it.

use gradus_model::{Finding, Place, Text};

use super::{Comparison, Feel, FeelCell, Interval, Operator, Test};
use crate::literal::Literal;
use crate::problem::Problem;
use crate::scope::quote_name;

impl FeelCell {
    /// The cell as a condition over `value`, itself an SQL expression: true, false, or null where it
    /// cannot be told. A row is hit only where it is true.
    pub fn sql(&self, value: &str, place: &Place) -> Result<String, Finding> {
        self.condition(Some(value)).map_err(|problem| problem.at(place))
    }

    pub(super) fn condition(&self, value: Option<&str>) -> Result<String, Problem> {
        if self.tests.is_empty() {
            return Ok("true".to_string());
        }
        let value = value.ok_or_else(no_input)?;
        let tests = self.tests.iter().map(|test| test.sql(value)).collect::<Result<Vec<_>, _>>()?;
        let any = match tests.as_slice() {
            [only] => only.clone(),
            several => several.iter().map(|test| format!("({test})")).collect::<Vec<_>>().join(" or "),
        };
        Ok(if self.negated { format!("not ({any})") } else { any })
    }
}

/// An expression that has no `?`.
pub(super) fn whole(feel: &Feel) -> Result<String, Problem> {
    feel.sql(None)
}

fn no_input() -> Problem {
    let what = Text::new("这里没有可用「?」表示的值", "there is no value here that “?” could stand for");
    let right = Text::new("写指标或评分的名称", "the name of an indicator or score");
    Problem::new("feel-form", what, right)
}

impl Test {
    fn sql(&self, value: &str) -> Result<String, Problem> {
        Ok(match self {
            Test::Compare(comparison, feel) => compared(*comparison, value, feel, Some(value))?,
            Test::Interval(interval) => within(value, interval, Some(value))?,
            Test::Equals(feel) => equal(value, feel, Some(value))?,
            Test::Holds(feel) => feel.sql(Some(value))?,
        })
    }
}

fn compared(
    comparison: Comparison,
    left: &str,
    right: &Feel,
    input: Option<&str>,
) -> Result<String, Problem> {
    let sign = match comparison {
        Comparison::Equal => return equal(left, right, input),
        Comparison::Different => return Ok(format!("not ({})", equal(left, right, input)?)),
        Comparison::Less => "<",
        Comparison::AtMost => "<=",
        Comparison::More => ">",
        Comparison::AtLeast => ">=",
    };
    Ok(format!("({left}) {sign} ({})", right.sql(input)?))
}

fn within(left: &str, interval: &Interval, input: Option<&str>) -> Result<String, Problem> {
    let low = if interval.low_closed { Comparison::AtLeast } else { Comparison::More };
    let high = if interval.high_closed { Comparison::AtMost } else { Comparison::Less };
    Ok(format!(
        "{} and {}",
        compared(low, left, &interval.low, input)?,
        compared(high, left, &interval.high, input)?
    ))
}

/// Equality as DMN tells it: always true or false.
fn equal(left: &str, right: &Feel, input: Option<&str>) -> Result<String, Problem> {
    match right.constant() {
        Some(Literal::Null) => Ok(format!("({left}) is null")),
        Some(literal) => Ok(format!("coalesce(({left}) = {}, false)", literal.sql())),
        None => {
            let right = right.sql(input)?;
            Ok(format!(
                "case when ({left}) is null or ({right}) is null then ({left}) is null and ({right}) is null else ({left}) = ({right}) end"
            ))
        }
    }
}

impl Feel {
    pub(super) fn sql(&self, input: Option<&str>) -> Result<String, Problem> {
        let joined = |parts: &[Feel], with: &str| -> Result<String, Problem> {
            let parts = parts.iter().map(|part| Ok(format!("({})", part.sql(input)?)));
            Ok(parts.collect::<Result<Vec<_>, Problem>>()?.join(with))
        };
        Ok(match self {
            Feel::Literal(literal) => literal.sql(),
            Feel::Input => format!("({})", input.ok_or_else(no_input)?),
            Feel::Name(name) => quote_name(name),
            Feel::Negate(of) => format!("-({})", of.sql(input)?),
            Feel::Arithmetic(operator, left, right) => {
                let (left, right) = (left.sql(input)?, right.sql(input)?);
                match operator {
                    Operator::Add => format!("({left}) + ({right})"),
                    Operator::Subtract => format!("({left}) - ({right})"),
                    Operator::Multiply => format!("({left}) * ({right})"),
                    Operator::Divide => format!("({left}) / ({right})"),
                    Operator::Power => format!("power({left}, {right})"),
                }
            }
            Feel::Compare(comparison, left, right) => {
                // `null = x` is read as `x = null`.
                let turned = left.constant() == Some(Literal::Null)
                    && matches!(comparison, Comparison::Equal | Comparison::Different);
                let (left, right) = if turned { (right, left) } else { (left, right) };
                compared(*comparison, &left.sql(input)?, right, input)?
            }
            Feel::And(parts) => joined(parts, " and ")?,
            Feel::Or(parts) => joined(parts, " or ")?,
            Feel::Between(of, low, high) => {
                let of = of.sql(input)?;
                format!("({of}) >= ({}) and ({of}) <= ({})", low.sql(input)?, high.sql(input)?)
            }
            Feel::In(of, cell) => cell.condition(Some(&of.sql(input)?))?,
            Feel::If(condition, then, otherwise) => format!(
                "case when {} then {} else {} end",
                condition.sql(input)?,
                then.sql(input)?,
                otherwise.sql(input)?
            ),
            Feel::Call(call, arguments) => {
                let arguments =
                    arguments.iter().map(|argument| argument.sql(input)).collect::<Result<Vec<_>, _>>()?;
                let null: Vec<String> =
                    arguments.iter().map(|argument| format!("({argument}) is null")).collect();
                let mut sql = call.sql.replace("{null}", &null.join(" or "));
                sql = sql.replace("{*}", &arguments.join(", "));
                for (index, argument) in arguments.iter().enumerate() {
                    sql = sql.replace(&format!("{{{index}}}"), &format!("({argument})"));
                }
                sql
            }
            Feel::List(_) => {
                let what = Text::new(
                    "列表只能写在单元格里，或写在 in 之后",
                    "a list stands in a cell or behind `in`",
                );
                return Err(Problem::new("feel-form", what, Text::plain("? in [1, 2]")));
            }
        })
    }
}
