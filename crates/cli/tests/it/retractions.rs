//! Retractions that say nothing but which event: the ledger knows whose it is and when it was.

use crate::ledger_files::{decimals, events, flags, instants, integers};
use crate::support::{ADDED, Place, balanced, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1\nfiles: ['orders*']\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'order_line'\"\n  time: day\n  amount: amount\n  message_id: message\n  retracts: void\n";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: Spend, kind: sum, of: amount }\n";
const HEAD: &str = "message,void,id,day,amount\n";

fn place() -> Place {
    Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)])
}

fn file(place: &Place, name: &str, rows: &str) -> String {
    place.file(name, format!("{HEAD}{rows}"))
}

/// Every retraction stands right behind the event it takes back: same customer, same instant.
#[track_caller]
fn retracted(place: &Place) -> u64 {
    let all = events(&place.root());
    let keys: Vec<((Option<i64>, i64), bool)> = integers(&all, "identity")
        .into_iter()
        .zip(instants(&all, "time"))
        .zip(flags(&all, "retraction").into_iter().map(|flag| flag == Some(true)))
        .collect();
    let retractions: Vec<_> = keys.iter().filter(|(_, retraction)| *retraction).collect();
    for (key, _) in &retractions {
        assert!(keys.iter().any(|(other, retraction)| other == key && !retraction), "{key:?} in {keys:?}");
    }
    retractions.len() as u64
}

#[track_caller]
fn spend(place: &Place, customer: &str) -> String {
    place.run(&["grade", "--as-of", "2024-03-31"]).expect(0);
    let ran = place.run(&["explain", customer, "--as-of", "2024-03-31", "--format", "json"]).expect(0);
    text(&ran.json(), "/indicators/0/2").to_string()
}

#[test]
fn a_retraction_finds_its_event_by_its_name_alone() {
    let place = place();
    place.import(&file(
        &place,
        "orders1.csv",
        "m1,,A,2024-03-01,10\nm2,,A,2024-03-02,20\nm3,,B,2024-03-03,40\n",
    ));
    // Without a customer; with another identity than the event has; of an event further down in the
    // same file; dated otherwise.
    let rows = ",m1,,,\n,m4,,,\nm4,,B,2024-03-04,80\nm5,,B,2024-03-05,160\n,m3,C,2024-03-30,\n";
    let dry =
        place.run(&["import", &file(&place, "orders2.csv", rows), "--dry-run", "--format", "json"]).expect(0);
    assert_eq!(number(&dry.json(), "/0/tally/retractions/rows"), 3, "{}", dry.out);
    let imported = place.import(&file(&place, "orders2.csv", rows));
    assert_eq!((number(&imported, ADDED), number(&imported, "/quarantined")), (5, 0));
    assert_eq!(retracted(&place), 3);
    assert_eq!(spend(&place, "A"), "20");
    assert_eq!(spend(&place, "B"), "160");
    // The same file again adds nothing.
    assert_eq!(number(&place.import(&file(&place, "orders2.csv", rows)), ADDED), 0);
}

#[test]
fn a_retraction_that_comes_too_early_waits_and_is_replayed() {
    let place = place();
    let early = place.import(&file(&place, "orders1.csv", ",m1,,,\nm9,,A,2024-03-09,1\n"));
    assert_eq!((number(&early, ADDED), number(&early, "/quarantined")), (1, 1));
    assert_eq!(number(&early, "/tally/refused_by_code/nothing-to-retract"), 1);
    let listed = place.run(&["quarantine", "list", "--lang", "en"]).expect(0);
    assert!(
        listed.out.contains("not in the ledger yet") && listed.out.contains("quarantine replay"),
        "{listed:?}"
    );
    // Replayed too early it waits on, as one row.
    let rows = place.root().parent().unwrap().join("rows.jsonl").display().to_string();
    place.run(&["quarantine", "export", &rows]).expect(0);
    let replay = || place.run(&["quarantine", "replay", &rows, "--source", "orders", "--format", "json"]);
    assert_eq!(number(&balanced(&replay().expect(0).json()), "/quarantined"), 1);

    place.import(&file(&place, "orders2.csv", "m1,,A,2024-03-01,10\n"));
    assert_eq!(spend(&place, "A"), "11");
    let again = place.root().parent().unwrap().join("again.jsonl").display().to_string();
    place.run(&["quarantine", "export", &again]).expect(0);
    let replayed =
        place.run(&["quarantine", "replay", &again, "--source", "orders", "--format", "json"]).expect(0);
    assert_eq!(number(&balanced(&replayed.json()), ADDED), 1);
    assert_eq!((retracted(&place), spend(&place, "A")), (1, "1".to_string()));
    assert_eq!(decimals(&events(&place.root()), "amount").iter().flatten().count(), 2);
    let open = place.run(&["quarantine", "list", "--format", "json"]).expect(0).json();
    assert_eq!(open.as_array().unwrap().len(), 0, "{open}");
}
