//! The example workspaces, read and cleaned whole: their documents compile, and the real data meet
//! the facts that are published about them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use arrow::array::AsArray;
use arrow::datatypes::Decimal128Type;
use gradus_model::Place;
use gradus_model::load::{load_source, load_workspace};

use crate::clean::*;
use crate::collect::{RawItem, ReadOptions, read, sniff};
use crate::quality::{Profile, Reconciliation};

fn example(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples")).join(path)
}

fn surrogate(kind: &str, normalized: &str) -> i64 {
    let hash = blake3::hash(format!("secret {kind}\0{normalized}").as_bytes());
    i64::from_le_bytes(hash.as_bytes()[..8].try_into().unwrap()) | 1
}

fn import(workspace: &str, source: &str, file: &str, mut each: impl FnMut(&CleanBatch)) -> Reconciliation {
    let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let workspace_document =
        load_workspace("gradus.yaml", &text(example(workspace).join("gradus.yaml"))).value.unwrap();
    let loaded = load_source(source, &text(example(workspace).join("sources").join(source)));
    let document = loaded.value.unwrap_or_else(|| panic!("{source}: {:?}", loaded.findings));
    let path = example(workspace).join("data").join(file);
    let mut options: ReadOptions =
        serde_json::from_value(serde_json::Value::Object(document.read.clone())).unwrap();
    options.null_texts.push(String::new());
    let sniffed = sniff(&path, &options, None).unwrap();
    let plan = SourcePlan::compile(
        source,
        &document,
        &workspace_document,
        &sniffed.columns,
        &Place::document(source),
    );
    let plan = plan.unwrap_or_else(|findings| panic!("{source}: {findings:?}"));
    let context = CleanContext { imported_at: 1_800_000_000_000_000, surrogates: &surrogate };
    let (mut counter, mut tally, mut profile) = (OccurrenceCounter::new(), Tally::default(), Profile::new());
    let mut faults: BTreeMap<String, u64> = BTreeMap::new();
    for item in read(&path, &sniffed, &options, None).unwrap() {
        match item.unwrap() {
            RawItem::Batch(raw) => {
                let clean = plan.clean(&raw, &context).numbered(&mut counter).unwrap();
                profile.observe(&raw, &clean, context.imported_at);
                tally.merge(&clean.tally);
                each(&clean);
            }
            RawItem::Fault(fault) => *faults.entry(fault.code.name().to_string()).or_default() += 1,
            RawItem::Finding(finding) => panic!("{source}: {finding:?}"),
        }
    }
    let reconciliation = Reconciliation::new(&tally, &faults, None);
    assert!(reconciliation.balances(), "{source}: {reconciliation:?}");
    assert!(profile.report(source, context.imported_at, &tally, None).rows > 0);
    reconciliation
}

#[test]
fn online_retail_meets_the_published_facts() {
    let mut ids: BTreeSet<[u8; 16]> = BTreeSet::new();
    let mut quantity = 0i128;
    let (mut returned, mut spent, mut n_spent) = (0i128, 0i128, 0);
    let file = std::fs::read_dir(example("retail/data"))
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok())
        .find(|name| name.contains(".csv"))
        .unwrap();
    let reconciliation = import("retail", "online_retail.yaml", &file, |batch| {
        let events = &batch.events;
        let column = events.column_by_name("event_id").unwrap().as_binary::<i32>();
        ids.extend(column.iter().map(|id| <[u8; 16]>::try_from(id.unwrap()).unwrap()));
        let decimals =
            |name: &str| events.column_by_name(name).unwrap().as_primitive::<Decimal128Type>().clone();
        quantity += decimals("quantity").iter().flatten().sum::<i128>();
        let kinds = events.column_by_name("kind").unwrap().as_string::<i32>();
        let spend = events.column_by_name("spend").unwrap().as_boolean();
        let identities =
            events.column_by_name("identity").unwrap().as_primitive::<arrow::datatypes::Int64Type>();
        for (row, amount) in decimals("amount").iter().enumerate() {
            let amount = amount.unwrap();
            if kinds.value(row) == "return_line" {
                returned += amount;
            }
            if spend.value(row) && identities.value(row) != 0 {
                spent += amount;
                n_spent += 1;
            }
        }
    });
    let rows = &reconciliation.rows;
    assert_eq!((rows.read, rows.unattributed, rows.quarantined, rows.skipped), (541_909, 135_080, 0, 0));
    assert_eq!(ids.len(), 541_909, "every line is an event of its own, the 5,268 copies too");
    assert_eq!(quantity, 5_176_450 * 10_000);
    assert_eq!(reconciliation.money[0].amounts.read.to_string(), "9747747.934");
    assert_eq!(Money(returned).to_string(), "-896812.49");
    assert_eq!((Money(spent).to_string().as_str(), n_spent), ("8911407.904", 397_884));
}

#[test]
fn the_chinese_example_is_clean() {
    let files = [
        ("orders.yaml", "orders_2024.csv"),
        ("orders.yaml", "orders_2025.csv"),
        ("survey.yaml", "survey.csv"),
        ("visits.yaml", "visits.jsonl"),
        ("tickets.yaml", "tickets.csv"),
        ("campaigns.yaml", "campaigns.tsv"),
        ("products.yaml", "products.csv"),
        ("rates.yaml", "rates.csv"),
        ("overseas.yaml", "overseas.csv"),
    ];
    let mut n_wrong_orders = 0;
    for (source, file) in files {
        let mut n_events = 0;
        let mut refused = Vec::new();
        let reconciliation = import("retail-zh", source, file, |batch| {
            n_events += batch.events.num_rows();
            refused.extend(batch.refused.iter().map(|refused| (refused.row, refused.reason.en.clone())));
        });
        if source == "orders.yaml" {
            n_wrong_orders += refused.len();
        } else {
            assert_eq!(refused, [], "{file}");
        }
        assert_eq!(n_events as u64 + refused.len() as u64, reconciliation.rows.read, "{file}");
    }
    assert_eq!(n_wrong_orders, 3, "a phone too short, February 30, an amount in words");
}
