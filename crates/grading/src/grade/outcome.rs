//! What rows, cells and leaves give: constants, or expressions that are computed where they are needed.

use std::sync::Arc;

use arrow::array::BooleanBufferBuilder;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Date32Array, StringArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Date32Type};
use gradus_expression::Want;
use gradus_model::document::Outcome;
use gradus_model::fixed::{FIXED_ONE, Fixed};
use gradus_model::{Finding, Place, Text};

use super::binning::number_of;
use super::compile::Compiler;
use super::frame::{Column, Faults, Formula, Frame, NullReason, plain_text};
use super::number::{LARGEST_POINTS, Numbers};
use super::rule_set::decimals;

/// The largest number that can be given.
const LARGEST: f64 = LARGEST_POINTS as f64 / FIXED_ONE as f64;

fn too_large(value: &serde_json::Value, at: &Place) -> Finding {
    let what = Text::new(
        format!("{value} 超出可作结果的范围"),
        format!("{value} is beyond the numbers that can be given"),
    );
    let right = Text::new(
        format!("绝对值不超过 {LARGEST}"),
        format!("{LARGEST} at most, and no less than its negative"),
    );
    Finding::error("outcome-too-large", at.clone(), what, right)
}

/// The type of everything that one output gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GivenKind {
    /// Four digits after the point.
    Number,
    Text,
    Boolean,
    Date,
}

#[derive(Debug, Clone, PartialEq)]
enum Gives {
    Nothing,
    Number(i64),
    Text(String),
    Boolean(bool),
    /// An expression, and where it stands.
    Computed(usize, String),
}

/// One output: what each place of the form gives.
#[derive(Debug, Clone)]
pub(crate) struct Outcomes {
    pub kind: GivenKind,
    gives: Vec<Gives>,
    formulas: Vec<Formula>,
}

/// One value that is given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Given<'a> {
    /// Nothing to state.
    Nothing,
    /// Nobody knows: the expression reads something unknown.
    Unknown,
    /// An expression that failed; counted already.
    Failed,
    Number(i64),
    Text(&'a str),
    Boolean(bool),
    Date(i32),
}

/// The expressions of one batch.
#[derive(Default)]
pub(crate) struct Computed {
    columns: Vec<(Column, Option<BooleanBuffer>, Option<Numbers>)>,
}

impl Outcomes {
    /// All outcomes must be of one type; nothing is of every type.
    pub(crate) fn compile(
        compiler: &mut Compiler<'_>,
        given: &[(&Outcome, Place)],
        place: &Place,
    ) -> Option<Outcomes> {
        let (mut gives, mut formulas, mut fine) = (Vec::with_capacity(given.len()), Vec::new(), true);
        let mut kind: Option<GivenKind> = None;
        for (outcome, at) in given {
            let (one, own) = match outcome {
                Outcome::Sql(cell) => {
                    let Some(formula) = compiler.formula(&cell.sql, Want::Any, &at.key("sql")) else {
                        fine = false;
                        continue;
                    };
                    let own = GivenKind::of(&formula.data_type);
                    let path = formula.path.clone();
                    formulas.push(formula);
                    (Gives::Computed(formulas.len() - 1, path), own)
                }
                Outcome::Value(value) => match value {
                    serde_json::Value::Null => {
                        gives.push(Gives::Nothing);
                        continue;
                    }
                    serde_json::Value::String(text) => (Gives::Text(text.clone()), Some(GivenKind::Text)),
                    serde_json::Value::Bool(value) => (Gives::Boolean(*value), Some(GivenKind::Boolean)),
                    value => match number_of(value) {
                        Some(number) if number.0.unsigned_abs() <= LARGEST_POINTS.unsigned_abs() => {
                            (Gives::Number(number.0), Some(GivenKind::Number))
                        }
                        // A number of another kind than the others is said below; one that is too large here.
                        _ if value.as_f64().is_some_and(|number| number.abs() > LARGEST) => {
                            compiler.findings.push(too_large(value, at));
                            fine = false;
                            continue;
                        }
                        _ => (Gives::Nothing, None),
                    },
                },
            };
            match own {
                Some(own) if kind.is_none_or(|kind| kind == own) => {
                    kind = Some(own);
                    gives.push(one);
                }
                _ => {
                    let shown = match outcome {
                        Outcome::Sql(cell) => cell.sql.clone(),
                        Outcome::Value(value) => value.to_string(),
                    };
                    let what = Text::new(
                        format!("{shown} 与其他结果的类型不同，或不能作为结果"),
                        format!("{shown} is not of the type of the other results, or cannot be a result"),
                    );
                    let right = Text::new(
                        "同一输出的结果都给数字（至多四位小数），或都给文本、是否、日期",
                        "numbers (four digits after the point at most) in all results of an output, or texts, yes/no, dates in all",
                    );
                    compiler.findings.push(Finding::error("outcome-type", at.clone(), what, right));
                    fine = false;
                }
            }
        }
        if fine && kind.is_none() {
            let what = Text::new("没有给出任何结果", "nothing is ever given");
            let right = Text::new("至少写一个数字或文本", "one number or text at least");
            compiler.findings.push(Finding::error("outcome-type", place.clone(), what, right));
        }
        let kind = kind?;
        fine.then_some(Outcomes { kind, gives, formulas })
    }

    pub(crate) fn data_type(&self) -> DataType {
        self.kind.data_type()
    }

    /// The constant at a place; none if it is computed.
    pub(crate) fn constant(&self, at: usize) -> Option<Given<'_>> {
        Some(match &self.gives[at] {
            Gives::Nothing => Given::Nothing,
            Gives::Number(number) => Given::Number(*number),
            Gives::Text(text) => Given::Text(text),
            Gives::Boolean(value) => Given::Boolean(*value),
            Gives::Computed(..) => return None,
        })
    }

    pub(crate) fn compute(&self, frame: &Frame) -> Computed {
        let column = |formula: &Formula| {
            let (column, failed) = frame.attempt(formula);
            let numbers = Numbers::of(&column.array).filter(|_| self.kind == GivenKind::Number);
            let column = Column { array: plain_text(&column.array), ..column };
            (column, failed, numbers)
        };
        Computed { columns: self.formulas.iter().map(column).collect() }
    }

    /// What a customer is given at a place. What fails is counted where it stands.
    pub(crate) fn value<'v>(
        &'v self,
        at: usize,
        customer: usize,
        computed: &'v Computed,
        faults: &mut Faults,
    ) -> Given<'v> {
        let Gives::Computed(index, path) = &self.gives[at] else {
            return self.constant(at).unwrap_or(Given::Nothing);
        };
        let (column, failed, numbers) = &computed.columns[*index];
        let mut fail = || {
            *faults.entry(path.clone()).or_default() += 1;
            Given::Failed
        };
        if failed.as_ref().is_some_and(|failed| failed.value(customer)) {
            return fail();
        }
        if column.array.is_null(customer) {
            return if column.is_unknown(customer) { Given::Unknown } else { Given::Nothing };
        }
        let array = &column.array;
        let given = match self.kind {
            GivenKind::Number => {
                numbers.as_ref().and_then(|numbers| numbers.fixed(customer)).map(Given::Number)
            }
            GivenKind::Text => array.as_string_opt::<i32>().map(|texts| Given::Text(texts.value(customer))),
            GivenKind::Boolean => array.as_boolean_opt().map(|values| Given::Boolean(values.value(customer))),
            GivenKind::Date => {
                array.as_primitive_opt::<Date32Type>().map(|dates| Given::Date(dates.value(customer)))
            }
        };
        given.unwrap_or_else(fail)
    }
}

impl GivenKind {
    fn of(data_type: &DataType) -> Option<GivenKind> {
        Some(match data_type {
            DataType::Utf8 => GivenKind::Text,
            DataType::Boolean => GivenKind::Boolean,
            DataType::Date32 => GivenKind::Date,
            other if other.is_numeric() => GivenKind::Number,
            _ => return None,
        })
    }

    pub(crate) fn data_type(self) -> DataType {
        match self {
            GivenKind::Number => DataType::Decimal128(18, 4),
            GivenKind::Text => DataType::Utf8,
            GivenKind::Boolean => DataType::Boolean,
            GivenKind::Date => DataType::Date32,
        }
    }
}

impl Given<'_> {
    /// As people read it; nothing if there is none.
    pub(crate) fn shown(&self) -> Option<String> {
        match self {
            Given::Nothing | Given::Unknown | Given::Failed => None,
            Given::Number(number) => Some(Fixed(*number).to_string()),
            Given::Text(text) => Some(text.to_string()),
            Given::Boolean(value) => Some(value.to_string()),
            Given::Date(days) => gradus_expression::Literal::Date(*days)
                .sql()
                .strip_prefix("date '")
                .and_then(|text| text.strip_suffix('\''))
                .map(str::to_string),
        }
    }
}

/// A column of what is given, one customer after the other.
pub(crate) struct Giving {
    values: Values,
    unknown: BooleanBufferBuilder,
}

enum Values {
    Numbers(Vec<Option<i128>>),
    Texts(arrow::array::StringBuilder),
    Booleans(Vec<Option<bool>>),
    Dates(Vec<Option<i32>>),
}

impl Giving {
    pub(crate) fn new(kind: GivenKind, rows: usize) -> Giving {
        let values = match kind {
            GivenKind::Number => Values::Numbers(Vec::with_capacity(rows)),
            GivenKind::Text => Values::Texts(arrow::array::StringBuilder::with_capacity(rows, rows * 4)),
            GivenKind::Boolean => Values::Booleans(Vec::with_capacity(rows)),
            GivenKind::Date => Values::Dates(Vec::with_capacity(rows)),
        };
        Giving { values, unknown: BooleanBufferBuilder::new(rows) }
    }

    pub(crate) fn push(&mut self, given: Given<'_>) {
        self.unknown.append(matches!(given, Given::Unknown | Given::Failed));
        match (&mut self.values, given) {
            (Values::Numbers(all), Given::Number(number)) => all.push(Some(i128::from(number))),
            (Values::Numbers(all), _) => all.push(None),
            (Values::Texts(all), Given::Text(text)) => all.append_value(text),
            (Values::Texts(all), _) => all.append_null(),
            (Values::Booleans(all), Given::Boolean(value)) => all.push(Some(value)),
            (Values::Booleans(all), _) => all.push(None),
            (Values::Dates(all), Given::Date(days)) => all.push(Some(days)),
            (Values::Dates(all), _) => all.push(None),
        }
    }

    pub(crate) fn finish(mut self) -> Column {
        let array: ArrayRef = match self.values {
            Values::Numbers(all) => Arc::new(decimals(all)),
            Values::Texts(mut all) => {
                let texts: StringArray = all.finish();
                Arc::new(texts)
            }
            Values::Booleans(all) => Arc::new(BooleanArray::from(all)),
            Values::Dates(all) => Arc::new(Date32Array::from(all)),
        };
        Column { array, reason: NullReason::Unknown(self.unknown.finish()) }
    }
}
