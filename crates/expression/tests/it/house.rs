//! A small table that the tests share.

use std::sync::Arc;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, Schema, TimeUnit};
use arrow::util::display::array_value_to_string;
use gradus_expression::{Evaluated, Expression, Scope, Want, compile};
use gradus_model::{Findings, Lang, Place, Text};

/// Five customers; the last knows nothing.
pub fn batch() -> RecordBatch {
    let country: DictionaryArray<Int32Type> =
        vec![Some("France"), Some("中国"), Some("France"), Some("O'Hara"), None].into_iter().collect();
    let amount =
        |values: Vec<Option<i128>>| Decimal128Array::from(values).with_precision_and_scale(18, 4).unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("orders", Arc::new(Int64Array::from(vec![Some(3), Some(0), Some(10), Some(-2), None]))),
        ("small", Arc::new(Int32Array::from(vec![Some(1), Some(2), Some(3), Some(4), None]))),
        ("spend", Arc::new(amount(vec![Some(1_234_500), Some(0), Some(10_000), Some(-5_000), None]))),
        (
            "score",
            Arc::new(Float64Array::from(vec![
                Some(0.5),
                Some(-0.0),
                Some(f64::NAN),
                Some(f64::INFINITY),
                None,
            ])),
        ),
        ("country", Arc::new(country)),
        (
            "code",
            Arc::new(StringArray::from(vec![Some("VIP001"), Some("a-b-c"), Some(""), Some("𠮷野家"), None])),
        ),
        (
            "view",
            Arc::new(StringViewArray::from(vec![
                Some("VIP001"),
                Some("a longer text than twelve"),
                Some(""),
                Some("x"),
                None,
            ])),
        ),
        ("vip", Arc::new(BooleanArray::from(vec![Some(true), Some(false), Some(true), Some(false), None]))),
        ("birthday", Arc::new(Date32Array::from(vec![Some(0), Some(15_318), Some(-1), Some(11_016), None]))),
        (
            "seen",
            Arc::new(
                TimestampMicrosecondArray::from(vec![
                    Some(0),
                    Some(1_323_475_200_000_000),
                    Some(-1),
                    Some(1),
                    None,
                ])
                .with_timezone("UTC"),
            ),
        ),
        ("近90天消费金额", Arc::new(amount(vec![Some(5_000_000), Some(1), Some(0), None, None]))),
        ("order lines", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3), Some(4), None]))),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns.into_iter().map(|(_, array)| array).collect())
        .unwrap()
}

pub fn scope() -> Scope {
    Scope::new(batch().schema())
        .with_title("orders", Text::new("订单数", "orders"))
        .with_title("country", Text::new("国家", "country"))
        .with_title("spend", Text::new("消费金额", "total spend"))
}

pub fn place() -> Place {
    Place::document("model.yaml").at("segments.x.where")
}

pub fn try_compile(sql: &str) -> Result<Expression, Findings> {
    compile(sql, &scope(), Want::Any, &place())
}

pub fn compiled(sql: &str) -> Expression {
    match try_compile(sql) {
        Ok(expression) => expression,
        Err(findings) => panic!("{sql}: {}", shown(&findings)),
    }
}

pub fn shown(findings: &Findings) -> String {
    findings.iter().map(|finding| finding.render(Lang::En)).collect::<Vec<_>>().join("\n")
}

/// The values of the five rows as text: `-` is null, `!` a fault.
pub fn values(sql: &str) -> String {
    let expression = compiled(sql);
    let evaluated = expression.evaluate(&batch());
    assert_eq!(evaluated.values.data_type(), expression.data_type(), "{sql}");
    line(&evaluated)
}

pub fn line(evaluated: &Evaluated) -> String {
    let row = |row: usize| {
        if evaluated.faults.contains(&(row as u32)) {
            assert!(evaluated.values.is_null(row));
            "!".to_string()
        } else if evaluated.values.is_null(row) || *evaluated.values.data_type() == DataType::Null {
            "-".to_string()
        } else {
            array_value_to_string(&evaluated.values, row).unwrap()
        }
    };
    (0..evaluated.values.len()).map(row).collect::<Vec<_>>().join(" ")
}

/// The codes of the findings of a text that must be refused.
pub fn codes(sql: &str) -> Vec<&'static str> {
    match try_compile(sql) {
        Ok(expression) => panic!("accepted: {}", expression.sql()),
        Err(findings) => {
            for finding in findings.iter() {
                assert!(!finding.what.zh.is_empty() && !finding.what.en.is_empty());
                assert_eq!(finding.place, place());
            }
            findings.iter().map(|finding| finding.code).collect()
        }
    }
}

pub fn is_instant(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Timestamp(TimeUnit::Microsecond, _))
}
