//! Order numbers that look like somebody's identifier.

use super::*;

const COLUMNS: [&str; 6] = ["id", "at", "no", "copy", "points", "memo"];

fn document(field: &str) -> Value {
    let short = format!("case when len({field}) = 11 then {field} end");
    json!({
        "mapping": {
            "identity": [{"kind": "id", "value": "id"}], "kind": "'order'", "time": "at", "order": "no",
            "private": {"memo": "memo"},
        },
        "fields": {
            "no": {"type": "text", "value": field},
            "number": {"type": "integer", "value": short},
            "exact": {"type": "decimal", "value": short},
            "points": {"type": "text", "value": "points"},
        },
    })
}

fn rows() -> RawBatch {
    let row = |no, points| vec!["7", "2024-03-01", no, no, points, "gift"];
    raw(
        &COLUMNS,
        &[
            // Eleven digits of a mobile number, a valid identity card, a valid card number.
            row("13812345671", "5"),
            row("440524188001010014", "13812345679"),
            row("4111111111111111", "5"),
            row("10086", "5"),
        ],
    )
}

fn cleaned(field: &str) -> CleanBatch {
    let plan = plan(document(field), &COLUMNS, &workspace("Asia/Shanghai", "CNY")).unwrap();
    clean(&plan, &rows())
}

#[test]
fn the_order_number_is_a_code_wherever_it_stands() {
    let batch = cleaned("no");
    assert_eq!(codes(&batch), []);
    let plain: Vec<Option<String>> = ["13812345671", "440524188001010014", "4111111111111111", "10086"]
        .map(|no| Some(no.to_string()))
        .into();
    assert_eq!(texts(&batch, "order_id"), plain);
    assert_eq!(texts(&batch, "no"), plain);
    let numbers = batch.events.column_by_name("number").unwrap().as_primitive::<Int64Type>();
    assert_eq!(numbers.values()[0], 13_812_345_671);
    assert_eq!(amounts(&batch, "exact")[0], Some(138_123_456_710_000));
    // A telephone number in another field still goes to the vault.
    assert_eq!(texts(&batch, "points")[1], None);
    assert_eq!(batch.tally.notes.personal_values, BTreeMap::from([("points".to_string(), 1)]));
}

/// A file that was imported when such values went to the vault is known again.
#[test]
fn its_event_ids_are_those_of_values_in_the_vault() {
    let (code, vault) = (cleaned("no"), cleaned("copy"));
    assert_eq!(texts(&vault, "no")[0], None);
    assert_eq!(ids(&code), ids(&vault));
    let mut distinct = ids(&code);
    distinct.dedup();
    assert_eq!(distinct.len(), 4);
}
