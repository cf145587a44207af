//! What compiling and filtering cost: `cargo test -p gradus-expression -- --ignored --nocapture`.

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::*;
use arrow::datatypes::{DataType, Field, Int32Type, Schema};

use crate::house::*;

#[test]
#[ignore = "a measurement"]
fn compiling_and_filtering_are_cheap() {
    let sql = "orders >= 3 and country = 'France' and spend / NULLIF(orders, 0) > 12.5 or IF(vip, 10, 0) > 5";
    let start = Instant::now();
    for _ in 0..500 {
        compiled(sql);
    }
    let per_compile = start.elapsed().as_micros() as f64 / 500.0;

    let n = 8_192;
    let country: DictionaryArray<Int32Type> =
        (0..n).map(|row| Some(["France", "中国", "UK", "Germany"][row % 4])).collect();
    let spend = Decimal128Array::from_iter_values((0..n as i128).map(|v| v * 7_919))
        .with_precision_and_scale(18, 4)
        .unwrap();
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_iter_values((0..n as i64).map(|v| v % 17))),
        Arc::new(country),
        Arc::new(spend),
    ];
    let names = ["orders", "country", "spend"];
    let fields: Vec<Field> =
        names.iter().zip(&columns).map(|(n, c)| Field::new(*n, c.data_type().clone(), true)).collect();
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut out = format!("compile: {per_compile:.1} µs\n");
    for sql in [
        "orders >= 3",
        "spend > 100",
        "country = 'France'",
        "country in ('France', 'UK')",
        "orders >= 3 and country = 'France' and spend > 100",
        "spend / orders > 10",
        "spend * 1.1 + 5",
        "IF(orders > 3, spend, 0)",
    ] {
        let expression = compiled(sql);
        let start = Instant::now();
        for _ in 0..100 {
            expression.evaluate(&batch);
        }
        let per_row = start.elapsed().as_nanos() as f64 / (100 * n) as f64;
        out.push_str(&format!("{sql}: {per_row:.2} ns/row\n"));
    }
    std::io::stderr().write_all(out.as_bytes()).unwrap();
    assert_eq!(*compiled("orders").data_type(), DataType::Int64);
}
