//! How fast rows become events; run with `--ignored --nocapture`.

use std::time::Instant;

use gradus_model::Place;
use gradus_model::load::load_source;

use super::{raw, workspace};
use crate::clean::*;

const BATCH: usize = 8192;

fn surrogate(kind: &str, normalized: &str) -> i64 {
    let hash = blake3::hash(format!("secret {kind}\0{normalized}").as_bytes());
    i64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) | 1
}

fn measure(what: &str, document: &str, zone: &str, columns: &[&str], row: impl Fn(usize) -> Vec<String>) {
    let names: Vec<String> = columns.iter().map(|name| name.to_string()).collect();
    let source = load_source("source.yaml", document).value.unwrap();
    let plan = SourcePlan::compile("s", &source, &workspace(zone, "GBP"), &names, &Place::default()).unwrap();
    let cells: Vec<Vec<String>> = (0..BATCH * 4).map(row).collect();
    let batches: Vec<_> = cells
        .chunks(BATCH)
        .map(|chunk| {
            let rows: Vec<Vec<&str>> =
                chunk.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
            raw(columns, &rows)
        })
        .collect();
    let context = CleanContext { imported_at: 0, surrogates: &surrogate };
    let mut best = f64::MAX;
    for _ in 0..5 {
        let mut counter = OccurrenceCounter::new();
        let start = Instant::now();
        for batch in &batches {
            let clean = plan.clean(batch, &context).numbered(&mut counter).unwrap();
            assert!(clean.refused.is_empty(), "{:?}", clean.refused[0].reason);
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    let rows = cells.len() as f64;
    // Standard error, since libraries print nothing.
    eprintln!("{what}: {:.0} rows/s, {:.0} ns a row", rows / best, best / rows * 1e9);
}

#[test]
#[ignore = "a measurement"]
fn rows_per_second() {
    let retail = include_str!("../../../../../examples/retail/sources/online_retail.yaml");
    let columns = [
        "InvoiceNo",
        "StockCode",
        "Description",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "CustomerID",
        "Country",
    ];
    measure("retail example", retail, "Europe/London", &columns, |n| {
        let minute = n / 20;
        vec![
            (536_365 + n / 20).to_string(),
            format!("{}A", 20_000 + n % 4_000),
            "WHITE HANGING HEART T-LIGHT HOLDER".to_string(),
            (n % 12 + 1).to_string(),
            format!(
                "2011-{:02}-{:02} {:02}:{:02}:00",
                n / 3000 % 12 + 1,
                minute % 28 + 1,
                minute % 24,
                minute % 60
            ),
            format!("{}.{:02}", n % 20, n % 100),
            (12_346 + n / 20 % 4_372).to_string(),
            "United Kingdom".to_string(),
        ]
    });
    let plain = "gradus: 1\nmapping:\n  kind: \"'order_line'\"\n  time: at\n  order: no\n  amount: amount\n  quantity: n\nfields:\n  sku: { type: text, value: sku }\n";
    let row = |n: usize| {
        vec![
            format!("2024-{:02}-{:02} {:02}:{:02}:{:02}", n % 12 + 1, n % 28 + 1, n % 24, n % 60, n * 7 % 60),
            format!("A{}", n / 3),
            format!("{}.{:02}", n % 900, n % 100),
            (n % 9 + 1).to_string(),
            format!("SKU{}", n % 4_000),
            (13_800_000_000u64 + (n % 9_000) as u64).to_string(),
        ]
    };
    let columns = ["at", "no", "amount", "n", "sku", "phone"];
    measure("plain, no identity", plain, "Asia/Shanghai", &columns, row);
    let phone = plain.replace("  kind:", "  identity:\n    - { kind: phone, value: phone }\n  kind:");
    measure("plain, by phone", &phone, "Asia/Shanghai", &columns, row);
    measure("plain, London", plain, "Europe/London", &columns, row);
}
