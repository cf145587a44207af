//! Cleaning as a whole: documents, rows, events.

mod columns;
mod examples;
mod orders;
mod speed;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Int64Type, Schema, TimestampMicrosecondType,
};
use gradus_model::document::{Source, Workspace};
use gradus_model::event_stream::UNDATED;
use gradus_model::{Findings, Place};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::collect::RawBatch;

const NOW: i64 = 1_700_000_000_000_000;

fn surrogate(kind: &str, normalized: &str) -> i64 {
    let hash = blake3::hash(format!("secret {kind}\0{normalized}").as_bytes());
    i64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) | 1
}

pub(crate) fn workspace(zone: &str, currency: &str) -> Workspace {
    serde_json::from_value(json!({"gradus": 1, "time_zone": zone, "currency": currency})).unwrap()
}

pub(crate) fn source(document: Value) -> Source {
    let mut whole = json!({"gradus": 1});
    whole.as_object_mut().unwrap().extend(document.as_object().unwrap().clone());
    serde_json::from_value(whole).unwrap()
}

pub(crate) fn raw(columns: &[&str], rows: &[Vec<&str>]) -> RawBatch {
    let fields: Vec<Field> = columns.iter().map(|name| Field::new(*name, DataType::Utf8, true)).collect();
    let arrays: Vec<ArrayRef> = (0..columns.len())
        .map(|column| {
            let cells = rows.iter().map(|row| Some(row[column]).filter(|text| !text.is_empty()));
            Arc::new(StringArray::from_iter(cells)) as ArrayRef
        })
        .collect();
    RawBatch {
        columns: columns.iter().map(|name| name.to_string()).collect(),
        rows: RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap(),
        first_row: 1,
        numbers: UInt64Array::from_iter_values(1..=rows.len() as u64),
        lines: UInt64Array::from_iter_values(2..=rows.len() as u64 + 1),
    }
}

fn plan(document: Value, columns: &[&str], workspace: &Workspace) -> Result<SourcePlan, Findings> {
    let columns: Vec<String> = columns.iter().map(|name| name.to_string()).collect();
    SourcePlan::compile(
        "orders",
        &source(document),
        workspace,
        &columns,
        &Place::document("sources/orders.yaml"),
    )
}

fn clean(plan: &SourcePlan, raw: &RawBatch) -> CleanBatch {
    let context = CleanContext { imported_at: NOW, surrogates: &surrogate };
    plan.clean(raw, &context).numbered(&mut OccurrenceCounter::new()).unwrap()
}

fn texts(batch: &CleanBatch, name: &str) -> Vec<Option<String>> {
    let column = batch.events.column_by_name(name).unwrap().as_string::<i32>();
    column.iter().map(|text| text.map(str::to_string)).collect()
}

fn amounts(batch: &CleanBatch, name: &str) -> Vec<Option<i128>> {
    batch.events.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().iter().collect()
}

fn instants(batch: &CleanBatch, name: &str) -> Vec<i64> {
    batch.events.column_by_name(name).unwrap().as_primitive::<TimestampMicrosecondType>().values().to_vec()
}

fn identities(batch: &CleanBatch) -> Vec<i64> {
    batch.events.column_by_name("identity").unwrap().as_primitive::<Int64Type>().values().to_vec()
}

fn ids(batch: &CleanBatch) -> Vec<Vec<u8>> {
    let column = batch.events.column_by_name("event_id").unwrap().as_binary::<i32>();
    column.iter().map(|id| id.unwrap().to_vec()).collect()
}

fn codes(batch: &CleanBatch) -> Vec<(u64, &'static str)> {
    batch.refused.iter().map(|refused| (refused.row, refused.code.name())).collect()
}

fn micros(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_microsecond()
}

fn retail() -> Value {
    json!({
        "history": true,
        "mapping": {
            "identity": [{"kind": "id", "value": "CustomerID"}],
            "kind": "CASE WHEN InvoiceNo LIKE 'C%' THEN 'refund' ELSE 'order_line' END",
            "time": "InvoiceDate",
            "order": "InvoiceNo",
            "line": {"type": "CASE WHEN StockCode = 'POST' THEN 'service' WHEN StockCode = 'D' THEN 'adjustment' ELSE 'product' END"},
            "amount": "CAST(Quantity AS DECIMAL(18,4)) * CAST(UnitPrice AS DECIMAL(18,4))",
            "quantity": "Quantity",
        },
        "fields": {
            "stock_code": {"type": "text", "value": "StockCode"},
            "country": {"type": "text", "value": "Country"},
        },
        "cleaning": {"region_fields": ["country"]},
    })
}

const RETAIL: [&str; 8] = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
];

fn retail_rows() -> Vec<Vec<&'static str>> {
    vec![
        vec![
            "536365",
            "85123A",
            "WHITE HANGING HEART",
            "6",
            "2010-12-01 08:26:00",
            "2.55",
            "17850",
            "United Kingdom",
        ],
        vec![
            "536365",
            "85123A",
            "WHITE HANGING HEART",
            "6",
            "2010-12-01 08:26:00",
            "2.55",
            "17850",
            "United Kingdom",
        ],
        vec!["C536379", "D", "Discount", "-1", "2011-06-01 09:41:00", "27.5", "14527", "EIRE"],
        vec!["536414", "22139", "", "56", "2010-12-01 11:52:00", "0", "", "Unspecified"],
        vec!["536370", "POST", "POSTAGE", "3", "2010-12-01 08:45:00", "18", "12583", "France"],
        vec!["A563185", "B", "Adjust bad debt", "1", "2011-08-12 14:50:00", "11062.06", "", "United Kingdom"],
    ]
}

#[test]
fn retail_rows_become_events() {
    let plan = plan(retail(), &RETAIL, &workspace("Europe/London", "GBP")).unwrap();
    let batch = clean(&plan, &raw(&RETAIL, &retail_rows()));
    assert_eq!(batch.refused, []);
    assert_eq!(batch.events.num_rows(), 6);
    assert_eq!(&batch.events.schema(), plan.schema());
    let money: Vec<i128> = amounts(&batch, "amount").into_iter().flatten().collect();
    assert_eq!(money, [153_000, 153_000, -275_000, 0, 540_000, 110_620_600]);
    assert_eq!(instants(&batch, "time")[2], micros("2011-06-01T08:41:00Z"), "summer time");
    assert_eq!(instants(&batch, "known"), instants(&batch, "time"), "a back-load was known when it happened");
    assert_eq!(identities(&batch).iter().filter(|identity| **identity == 0).count(), 2);
    assert_eq!(texts(&batch, "kind")[2].as_deref(), Some("refund"));
    assert_eq!(texts(&batch, "line")[4].as_deref(), Some("service"));
    let spend = batch.events.column_by_name("spend").unwrap().as_boolean().clone();
    assert_eq!((spend.value(0), spend.value(2), spend.value(4)), (true, false, true));
    assert_eq!(texts(&batch, "country")[2].as_deref(), Some("IE"));
    assert_eq!(texts(&batch, "country")[3].as_deref(), Some("Unspecified"));
    assert_eq!(batch.tally.notes.unknown_regions["country"], 1);
    // Both copies of a line that stands twice count.
    let unique: std::collections::BTreeSet<_> = ids(&batch).into_iter().collect();
    assert_eq!(unique.len(), 6);
    assert_eq!(batch.tally.attributed.rows, 4);
    assert_eq!(batch.tally.unattributed.money.get("GBP"), 110_620_600);
    assert_eq!(batch.tally.read.money.get("GBP"), 153_000 * 2 - 275_000 + 540_000 + 110_620_600);
    assert_eq!(batch.identities.len(), 3);
}

#[test]
fn the_same_rows_are_the_same_events_in_any_order_and_form() {
    let plan = plan(retail(), &RETAIL, &workspace("Europe/London", "GBP")).unwrap();
    let rows = retail_rows();
    let mut before = ids(&clean(&plan, &raw(&RETAIL, &rows)));
    let mut other: Vec<Vec<&str>> = rows.iter().rev().cloned().collect();
    other[5][3] = " 6.0 ";
    other[5][4] = "2010/12/1 8:26";
    other[5][5] = "2.550";
    other.push(vec!["536999", "1", "new", "1", "2011-01-04 10:00:00", "1", "17850", "France"]);
    let mut after = ids(&clean(&plan, &raw(&RETAIL, &other)));
    let new = after.pop().unwrap();
    before.sort();
    after.sort();
    assert_eq!(before, after);
    assert!(!before.contains(&new));
}

const CRM: [&str; 8] = ["会员号", "手机号", "邮箱", "下单时间", "金额", "省份", "备注", "生日"];

fn chinese() -> Value {
    json!({
        "mapping": {
            "identity": [
                {"kind": "phone", "value": "\"手机号\""},
                {"kind": "id", "value": "\"会员号\""},
                {"kind": "email", "value": "\"邮箱\""},
            ],
            "kind": "'order'",
            "time": "\"下单时间\"",
            "amount": "\"金额\"",
            "private": {"备注": "\"备注\""},
        },
        "fields": {
            "省份": {"type": "text", "value": "\"省份\""},
            "生日": {"type": "date", "value": "\"生日\""},
        },
        "cleaning": {"region_fields": ["省份"], "null_texts": ["无", "-"]},
    })
}

#[test]
fn chinese_rows_become_events() {
    let plan = plan(chinese(), &CRM, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = vec![
        vec![
            "Ｖ001",
            "１３８００１３８０００",
            "Li@Example.COM",
            "2024年1月5日 8:30",
            "￥1,280.50",
            "广东",
            "喜欢蓝色",
            "1990-02-03",
        ],
        vec!["V001", "+86 138-0013-8000", "无", "2024-01-06", "1.2万元", "广东省", "", ""],
        vec!["", "138****8000", "", "2024-01-06", "100", "北京", "", ""],
        vec!["V002", "138****8000", "x", "2024-01-06", "USD 30", "火星", "", ""],
        vec!["V003", "", "", "2024-02-30", "10元", "", "", ""],
        vec!["V004", "", "", "", "￥", "", "", ""],
        vec!["", "-", "", "2024-01-07", "(5.00)", "", "电话里说要退货", ""],
    ];
    let batch = clean(&plan, &raw(&CRM, &rows));
    assert_eq!(codes(&batch), [(3, "invalid-phone"), (5, "impossible-date"), (6, "not-a-number")]);
    assert_eq!(batch.rows, [1, 2, 4, 7]);
    assert_eq!(batch.refused[0].line, Some(4));
    let cells: Value = serde_json::from_str(&batch.refused[0].raw).unwrap();
    assert_eq!(cells["手机号"], "138****8000");
    let money: Vec<i128> = amounts(&batch, "amount").into_iter().flatten().collect();
    assert_eq!(money, [12_805_000, 120_000_000, 300_000, -50_000]);
    assert_eq!(texts(&batch, "currency")[2].as_deref(), Some("USD"));
    let phone = surrogate("phone", "+8613800138000");
    assert_eq!(identities(&batch), [phone, phone, surrogate("id", "V002"), 0]);
    assert_eq!(instants(&batch, "time")[1], micros("2024-01-05T16:00:00Z"));
    assert_eq!(instants(&batch, "known"), [NOW; 4]);
    assert_eq!(texts(&batch, "省份")[..2], [Some("广东省".into()), Some("广东省".into())]);
    let birthdays = batch.events.column_by_name("生日").unwrap().as_primitive::<Date32Type>().clone();
    assert_eq!(birthdays.value_as_date(0).unwrap().to_string(), "1990-02-03");
    assert_eq!(
        batch.tally.notes.invalid_identifiers,
        BTreeMap::from([("email".into(), 1), ("phone".into(), 1)])
    );
    // The e-mail and the number are linked with the phone; once each.
    assert_eq!(batch.links.len(), 2);
    assert!(batch.links.iter().all(|link| link.a == phone && !link.a_is_id));
    assert_eq!(batch.private.len(), 2);
    assert_eq!((batch.private[0].event, batch.private[0].surrogate), (0, phone));
    assert_eq!(batch.private[0].event_id.to_vec(), ids(&batch)[0]);
    assert_eq!((batch.private[1].event, batch.private[1].surrogate), (3, 0));
    let email = batch.identities.iter().find(|identity| identity.kind.as_ref() == "email").unwrap();
    assert_eq!(email.normalized, "Li@example.com");
    // Money: 100 is on a refused row, ￥ alone cannot be read.
    assert_eq!(batch.tally.refused.money.get("CNY"), 1_000_000 + 100_000);
    assert_eq!(batch.tally.refused.unreadable_amounts, 1);
    assert_eq!(batch.tally.attributed.money.get("USD"), 300_000);
}

#[test]
fn nothing_identifying_is_in_the_events() {
    let plan = plan(chinese(), &CRM, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows =
        vec![vec!["V0012345", "13800138000", "li@example.com", "2024-01-05", "1", "广东", "喜欢蓝色", ""]];
    let batch = clean(&plan, &raw(&CRM, &rows));
    let shown = format!("{:?}", batch.events);
    for secret in ["V0012345", "13800138000", "li@example", "喜欢蓝色"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}

#[test]
fn a_document_is_checked_at_once() {
    let document = json!({
        "key": ["InvoiceNr"],
        "mapping": {
            "identity": [
                {"kind": "phone", "value": "phone"},
                {"kind": "external", "value": "mail"},
                {"kind": "id", "system": "x", "value": "nowhere"},
            ],
            "kind": "'order'",
            "amount": "amonut",
            "order": "phone",
            "retracts": "InvoiceNo",
        },
        "fields": {
            "mobile": {"type": "text", "value": "concat(phone, '')"},
            "has_phone": {"type": "boolean", "value": "phone IS NOT NULL"},
            "amount": {"type": "decimal", "value": "amount"},
        },
        "cleaning": {
            "dates": ["%H"], "time_zone": "Mars/Base", "earliest": "yesterday", "region_fields": ["mobil"],
            "outliers": {"amuont": {"min": 1}, "amount": {"min": 2, "max": 1}},
        },
    });
    let findings =
        plan(document, &["InvoiceNo", "phone", "mail", "amount"], &workspace("Asia/Shanghai", "XXX"))
            .unwrap_err();
    let found: Vec<(String, &str)> =
        findings.iter().map(|f| (f.place.path.clone().unwrap_or_default(), f.code)).collect();
    let expected = [
        ("key[0]", "unknown-column"),
        ("mapping.identity[1].system", "identity-system"),
        ("mapping.identity[2].system", "identity-system"),
        ("mapping.order", "identifier-in-event"),
        ("mapping.time", "time-not-mapped"),
        ("fields.mobile.value", "identifier-in-event"),
        ("fields.amount", "field-name"),
        ("cleaning.dates[0]", "date-format"),
        ("cleaning.time_zone", "unknown-time-zone"),
        ("cleaning.earliest", "date-limit"),
        ("cleaning.region_fields[0]", "unknown-region-field"),
        ("cleaning.outliers.amuont", "unknown-outlier-column"),
        ("cleaning.outliers.amount", "outlier-range"),
        ("currency", "unknown-currency"),
    ];
    for (path, code) in expected {
        assert!(found.contains(&(path.to_string(), code)), "{path} {code} in {found:#?}");
    }
    for path in ["mapping.amount", "mapping.identity[2].value"] {
        assert!(found.iter().any(|(place, _)| place == path), "{path} in {found:#?}");
    }
    assert!(!found.iter().any(|(path, _)| path == "fields.has_phone.value"));
    let near = findings.iter().find(|finding| finding.code == "unknown-column").unwrap();
    assert_eq!(near.right.en, "InvoiceNo");
}

#[test]
fn undated_attributes_of_a_back_load_count_as_always_known() {
    let document = json!({
        "history": true,
        "mapping": {"identity": [{"kind": "id", "value": "id"}], "kind": "'profile'"},
        "fields": {"vip": {"type": "boolean", "value": "vip"}, "age": {"type": "integer", "value": "age"}},
    });
    let plan = plan(document, &["id", "vip", "age"], &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = vec![
        vec!["1", "是", "30.0"],
        vec!["2", "maybe", "30"],
        vec!["3", "", "30.5"],
        vec!["4", "否", "9223372036854775807"],
    ];
    let batch = clean(&plan, &raw(&["id", "vip", "age"], &rows));
    assert_eq!(codes(&batch), [(2, "not-a-boolean"), (3, "not-an-integer"), (4, "number-too-large")]);
    assert_eq!((instants(&batch, "time"), instants(&batch, "known")), (vec![UNDATED], vec![UNDATED]));
}

#[test]
fn money_of_a_back_load_needs_its_time() {
    let document = json!({
        "history": true,
        "mapping": {
            "identity": [{"kind": "id", "value": "id"}], "kind": "'order_line'", "time": "at", "amount": "amount",
        },
    });
    let plan = plan(document, &["id", "at", "amount"], &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = vec![vec!["1", "2024-01-05", "10"], vec!["2", "", "20"]];
    let batch = clean(&plan, &raw(&["id", "at", "amount"], &rows));
    assert_eq!(codes(&batch), [(2, "missing-time")]);
}

#[test]
fn keys_make_ids_and_contradictions_are_refused() {
    let document = json!({
        "key": ["no", "phone"],
        "mapping": {
            "identity": [{"kind": "phone", "value": "phone"}],
            "kind": "'visit'", "time": "at", "retracts": "state = 'void'",
        },
    });
    let columns = ["no", "phone", "at", "state"];
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = vec![
        vec!["1", "13800138000", "2024-01-05", "ok"],
        vec!["1", "13800138000", "2024-01-05", "ok"],
        vec!["1", "13800138000", "2024-01-06", "ok"],
        vec!["", "", "2024-01-06", "ok"],
        vec!["1", "13800138000", "", "void"],
        vec!["9", "13800138000", "", "void"],
    ];
    let mut batch = clean(&plan, &raw(&columns, &rows));
    assert_eq!(codes(&batch), [(3, "key-conflict"), (4, "missing-key")]);
    let all = ids(&batch);
    assert_eq!(all[0], all[1], "equal copies are one event");
    assert_eq!(all[0], all[2], "the retraction names it");
    assert_eq!(batch.lookups.len(), 2);
    let mut tally = batch.tally.clone();
    batch
        .place_retractions(&mut tally, |lookup| (lookup.event_id.to_vec() == all[0]).then_some((7, 99)))
        .unwrap();
    batch.tally = tally;
    assert_eq!(codes(&batch), [(3, "key-conflict"), (4, "missing-key"), (6, "nothing-to-retract")]);
    assert_eq!((identities(&batch)[2], instants(&batch, "time")[2]), (7, 99));
    assert_eq!((batch.tally.retractions.rows, batch.tally.refused.rows), (1, 3));
    assert_eq!(batch.rows, [1, 2, 5]);
}

#[test]
fn outliers_are_flagged_capped_or_refused() {
    let document = json!({
        "mapping": {"kind": "'order'", "time": "at", "amount": "amount", "quantity": "n"},
        "fields": {"score": {"type": "integer", "value": "score"}},
        "cleaning": {"outliers": {
            "amount": {"max": 100, "then": "cap"}, "quantity": {"min": 0, "then": "refuse"}, "score": {"max": 10},
        }},
    });
    let columns = ["at", "amount", "n", "score"];
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let rows = vec![vec!["2024-01-05", "250", "1", "11"], vec!["2024-01-05", "50", "-1", "9"]];
    let batch = clean(&plan, &raw(&columns, &rows));
    assert_eq!(codes(&batch), [(2, "outlier")]);
    assert_eq!(amounts(&batch, "amount"), [Some(1_000_000)]);
    assert_eq!(batch.tally.capped.get("CNY"), 1_500_000);
    assert_eq!(batch.tally.notes.outliers_flagged["score"], 1);
    assert_eq!(batch.tally.notes.outliers_capped["amount"], 1);
}

#[test]
fn currencies_must_agree() {
    let document =
        json!({"mapping": {"kind": "'order'", "time": "at", "amount": "amount", "currency": "currency"}});
    let columns = ["at", "amount", "currency"];
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let row = |amount, currency| vec!["2024-01-05", amount, currency];
    let rows = vec![row("$5", "HKD"), row("$5", "CNY"), row("5", "金币"), row("5", "人民币"), row("€5", "")];
    let batch = clean(&plan, &raw(&columns, &rows));
    assert_eq!(codes(&batch), [(2, "currency-mismatch"), (3, "unknown-currency")]);
    let found: Vec<String> = texts(&batch, "currency").into_iter().flatten().collect();
    assert_eq!(found, ["HKD", "CNY", "EUR"]);
}

#[test]
fn hostile_cells_are_refused_and_never_stop_the_batch() {
    let document = json!({
        "mapping": {
            "identity": [{"kind": "id", "value": "id"}], "kind": "kind", "time": "at", "order": "no", "amount": "amount",
        },
        "fields": {"note": {"type": "text", "value": "note"}},
    });
    let columns = ["id", "kind", "at", "no", "amount", "note"];
    let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
    let long = "9".repeat(100_000);
    let good = ["1", "order", "2024-01-05", "A1", "5", "fine"];
    let hostile = [
        "NaN",
        "inf",
        "=1+1",
        "\0",
        "\u{202e}\u{200f}",
        &long,
        "' OR 1=1 --",
        "\u{1F600}",
        "١٢٣",
        "1e400",
        "\u{feff}",
    ];
    let mut rows: Vec<Vec<&str>> = vec![good.to_vec()];
    for text in hostile {
        for column in 0..columns.len() {
            let mut row = good.to_vec();
            row[column] = text;
            rows.push(row);
        }
    }
    let batch = clean(&plan, &raw(&columns, &rows));
    let n = rows.len() as u64;
    assert_eq!(batch.tally.read.rows, n);
    assert_eq!(batch.events.num_rows() as u64 + batch.refused.len() as u64, n);
    assert_eq!(batch.rows[0], 1);
    let notes = texts(&batch, "note");
    assert!(notes.iter().flatten().all(|note| !note.contains(['\0', '\u{202e}'])));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every row and all money that was read is in exactly one class, whatever the rows hold.
    #[test]
    fn every_row_and_amount_is_in_one_class(
        rows in proptest::collection::vec(
            ("1|2||x@", "2024-01-05|2024-02-30||junk", "[0-9]{1,16}|-5.5|\\$3|abc||9.99999", "CNY|USD||[?]{2}", "skip|void|", "0|1"),
            0..60,
        ),
        batch_rows in 1usize..20,
    ) {
        let document = json!({
            "key": [],
            "mapping": {
                "identity": [{"kind": "id", "value": "id"}], "kind": "'order'", "time": "at", "amount": "amount",
                "currency": "currency", "skip": "state = 'skip'", "retracts": "state = 'void'",
            },
            "cleaning": {"outliers": {"amount": {"max": 1000, "then": "cap"}}},
        });
        let columns = ["id", "at", "amount", "currency", "state", "n"];
        let plan = plan(document, &columns, &workspace("Asia/Shanghai", "CNY")).unwrap();
        let cells: Vec<Vec<&str>> = rows
            .iter()
            .map(|(a, b, c, d, e, f)| [a, b, c, d, e, f].into_iter().map(String::as_str).collect())
            .collect();
        let mut tally = Tally::default();
        let mut counter = OccurrenceCounter::new();
        let mut split_ids = Vec::new();
        let context = CleanContext { imported_at: NOW, surrogates: &surrogate };
        for chunk in cells.chunks(batch_rows) {
            let batch = plan.clean(&raw(&columns, chunk), &context).numbered(&mut counter).unwrap();
            split_ids.extend(ids(&batch));
            tally.merge(&batch.tally);
        }
        prop_assert_eq!(tally.read.rows as usize, cells.len());
        let classes = [&tally.attributed, &tally.unattributed, &tally.retractions, &tally.skipped, &tally.refused];
        prop_assert_eq!(classes.iter().map(|class| class.rows).sum::<u64>(), tally.read.rows);
        prop_assert_eq!(
            classes.iter().map(|class| class.unreadable_amounts).sum::<u64>(), tally.read.unreadable_amounts
        );
        for (currency, read) in &tally.read.money.0 {
            let sum: i128 = classes.iter().map(|class| class.money.get(currency)).sum();
            prop_assert_eq!(sum + tally.capped.get(currency), read.0, "{}", currency);
        }
        // How the file was cut into batches changes nothing.
        if !cells.is_empty() {
            prop_assert_eq!(split_ids, ids(&clean(&plan, &raw(&columns, &cells))));
        }
    }
}
