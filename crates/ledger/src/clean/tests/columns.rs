//! Each refused row names the cell that is to be mended, wherever its rule reads one column.

use super::*;

fn columns_of(batch: &CleanBatch) -> Vec<(u64, &'static str, Option<&str>)> {
    batch.refused.iter().map(|one| (one.row, one.code.name(), one.column.as_deref())).collect()
}

#[test]
fn rows_of_rates_name_their_column() {
    let columns = ["money", "day", "rate", "units"];
    let document = json!({ "reference": "rates", "history": true,
        "mapping": { "key": "money", "time": "day", "rate": "rate", "per": "units" } });
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = [
        vec!["USD", "2024-01-01", "7", "1"],
        vec!["XXX", "2024-01-01", "7", "1"],
        vec!["GBP", "2024-01-01", "-9", "1"],
        vec!["GBP", "2024-01-02", "9", "0"],
        vec!["EUR", "", "8", "1"],
        vec!["", "2024-01-03", "8", "1"],
        vec!["USD", "2024-01-01", "8", "1"],
    ];
    let batch = clean(&plan, &raw(&columns, &rows));
    let expected = [
        (2, "unknown-currency", Some("money")),
        (3, "not-a-rate", Some("rate")),
        (4, "not-a-rate", Some("units")),
        (5, "missing-time", Some("day")),
        (6, "missing-key", Some("money")),
        (7, "fact-conflict", Some("money")),
    ];
    assert_eq!(columns_of(&batch), expected);
}

#[test]
fn rows_of_events_name_their_column_unless_the_rule_reads_several() {
    let columns = ["who", "what", "at", "amount", "money", "n", "back"];
    let document = json!({ "history": true, "key": ["n"],
        "mapping": { "identity": [{ "kind": "id", "value": "who" }], "kind": "what", "time": "at",
            "amount": "amount", "currency": "money" },
        "fields": { "pair": { "type": "text", "value": "what || n" },
            "returned": { "type": "boolean", "value": "back" } } });
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = [
        vec!["A", "order_line", "2024-01-01", "5", "CNY", "1", "yes"],
        vec!["A", "", "2024-01-01", "5", "CNY", "2", "yes"],
        vec!["A", "order_line", "2024-02-30", "5", "CNY", "3", "yes"],
        vec!["A", "order_line", "soon", "5", "CNY", "4", "yes"],
        vec!["A", "order_line", "2024-01-01", "5", "ABC", "5", "yes"],
        vec!["A", "order_line", "2024-01-01", "5", "CNY", "6", "perhaps"],
        vec!["A", "order_line", "2024-01-01", "5", "CNY", "", "yes"],
        vec!["A", "order_line", "2024-01-01", "6", "CNY", "1", "yes"],
    ];
    let batch = clean(&plan, &raw(&columns, &rows));
    let expected = [
        (2, "missing-kind", Some("what")),
        (3, "impossible-date", Some("at")),
        (4, "not-a-date", Some("at")),
        (5, "unknown-currency", Some("money")),
        (6, "not-a-boolean", Some("back")),
        (7, "missing-key", Some("n")),
        (8, "key-conflict", Some("n")),
    ];
    assert_eq!(columns_of(&batch), expected);
}
