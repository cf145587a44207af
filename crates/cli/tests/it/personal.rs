//! Identifiers that stand where they do not belong: in an amount, a date, a field, a kind, a header.
//! None of them reaches a file of the workspace or a word of a command in clear.

use crate::ledger_files::{decimals, events, integers, texts};
use crate::privacy::found_in_clear;
use crate::support::{ADDED, Place, balanced, number, text};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
const SOURCE: &str = "gradus: 1
files: ['orders*']
history: true
mapping:
  identity:
    - { kind: id, value: id }
  kind: kind
  time: day
  order: nr
  amount: amount
  quantity: n
fields:
  city: { type: text, value: city }
  points: { type: integer, value: points }
  sku: { type: text, value: sku, identifies_nobody: true }
cleaning:
  dates: ['%Y-%m-%d', unix]
";
const MODEL: &str = "gradus: 1\nindicators:\n  spend: { title: Spend, kind: sum, of: amount }\n";
const MARKERS: [&str; 8] = [
    "13812345671",
    "138 1234 5672",
    "13812345673",
    "zq.marker@example-private.cn",
    "11010519491231002X",
    "4111111111111111",
    "13812345674",
    "13812345675",
];

#[test]
fn identifiers_in_the_wrong_place_stay_out_of_the_ledger() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    let rows = "id,kind,day,nr,amount,n,city,points,sku
A,sale,2024-03-01,O1,10,1,Lyon,5,13999999999
A,sale,2024-03-01,O2,¥13812345671,1,Lyon,5,x
A,sale,2024-03-01,O3,13812345671,1,Lyon,5,x
A,sale,13812345673,O4,10,1,Lyon,5,x
A,13812345673,2024-03-01,O5,10,1,Lyon,5,x
A,sale,2024-03-01,O6,10,13812345674,Lyon,5,x
A,sale,2024-03-01,zq.marker@example-private.cn,10,1,Lyon,5,x
B,sale,2024-03-01,O8,10,1,138 1234 5672,5,x
B,sale,2024-03-01,O9,10,1,收货人 zq.marker@example-private.cn,5,x
B,sale,2024-03-01,O10,10,1,11010519491231002X,5,x
B,sale,2024-03-01,O11,10,1,4111111111111111,5,x
B,sale,2024-03-01,O12,10,1,Lyon,13812345675,x
B,sale,2024-03-01,O13,\"13,812,345,678.00\",1,Lyon,7,x
";
    let file = place.file("orders.csv", rows);
    let dry = place.run(&["import", &file, "--dry-run", "--quality", "--lang", "en"]).expect(0);
    let ran = place.run(&["import", &file, "--format", "json"]).expect(0);
    let imported = balanced(&ran.json()[0]);
    assert_eq!((number(&imported, ADDED), number(&imported, "/quarantined")), (7, 6), "{imported}");
    assert_eq!(number(&imported, "/tally/refused_by_code/looks-personal"), 6);
    // The telephone number is no money either.
    assert_eq!(text(&imported, "/tally/read/money/CNY"), "13812345778");
    assert_eq!(number(&imported, "/tally/refused/unreadable_amounts"), 2);
    assert_eq!(number(&imported, "/tally/notes/personal_values/city"), 4);
    assert_eq!(number(&imported, "/tally/notes/personal_values/points"), 1);
    let codes: Vec<(&str, &str)> = imported["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(finding, "/code"), text(finding, "/place/path")))
        .collect();
    assert!(codes.contains(&("field-looks-personal", "fields.city")), "{codes:?}");
    assert!(codes.contains(&("field-looks-personal", "fields.points")), "{codes:?}");
    // What was asked for stays; what looks like somebody is empty in the ledger and in the vault.
    let all = events(&place.root());
    assert_eq!(texts(&all, "sku").iter().flatten().filter(|sku| *sku == "13999999999").count(), 1);
    assert_eq!(texts(&all, "city").iter().flatten().count(), 3);
    assert_eq!(integers(&all, "points").iter().flatten().sum::<i64>(), 5 * 5 + 7);
    assert_eq!(decimals(&all, "amount").iter().flatten().max(), Some(&138_123_456_780_000));
    let kept = place.vault(async |vault| {
        let customer = vault.find("id", "B").await.unwrap().unwrap();
        vault.texts_of(customer).await.unwrap().into_iter().map(|one| one.text).collect::<Vec<_>>()
    });
    assert_eq!(kept.len(), 5, "{kept:?}");
    assert!(kept.iter().any(|text| text == "138 1234 5672"));
    // The same file again adds nothing: what went to the vault still tells the rows apart.
    assert_eq!(number(&place.import(&file), ADDED), 0);

    let mut said = vec![("dry run", dry), ("import", ran)];
    said.push(("as text", place.run(&["import", &file, "--quality", "--lang", "zh"]).expect(0)));
    said.push(("propose", place.run(&["import", "--propose", &file]).expect(0)));
    said.push(("quarantine", place.run(&["quarantine", "list", "--format", "json"]).expect(0)));
    place.run(&["grade"]).expect(0);
    said.push(("explain", place.run(&["explain", "B"]).expect(0)));
    said.push(("report", place.run(&["report"]).expect(0)));
    let found = found_in_clear(&place, &MARKERS, &said);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_row_that_is_taken_for_the_header_is_not_shown() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/m.yaml", MODEL)]);
    let source = "gradus: 1\nfiles: ['list*']\nhistory: true\nread: { header: true }\nmapping:\n  identity:\n    - { kind: id, value: column_1 }\n  kind: \"'profile'\"\nfields:\n  level: { type: text, value: 金卡 }\n";
    std::fs::write(place.root().join("sources/list.yaml"), source).unwrap();
    let file = place
        .file("list.csv", "13812345671,金卡,zq.marker@example-private.cn\n13812345673,银卡,x@example.cn\n");
    let ran = place.run(&["import", &file, "--quality", "--format", "json"]).expect(0);
    let codes = ran.json()[0]["findings"].to_string();
    assert!(codes.contains("header-looks-personal"), "{codes}");
    let said = [
        ("import", ran),
        ("text", place.run(&["import", &file, "--quality"]).expect(0)),
        ("propose", place.run(&["import", "--propose", &file])),
    ];
    let found = found_in_clear(&place, &MARKERS, &said);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn check_hears_names_that_sound_personal() {
    let place = Place::with(SETTINGS, &[("model/m.yaml", MODEL)]);
    let source = "gradus: 1\nfiles: ['list*']\nhistory: true\nmapping:\n  identity:\n    - { kind: id, value: id }\n  kind: \"'profile'\"\nfields:\n  手机号: { type: text, value: tel }\n  contact: { type: text, value: '\"邮箱\"' }\n  has_phone: { type: boolean, value: \"phone is not null\" }\n  city: { type: text, value: city }\n  mobile: { type: text, value: channel, identifies_nobody: true }\n";
    std::fs::write(place.root().join("sources/list.yaml"), source).unwrap();
    let found = place.run(&["check", "--format", "json"]).expect(0).json();
    let places: Vec<&str> = found
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["code"] == "field-sounds-personal")
        .map(|finding| text(finding, "/place/path"))
        .collect();
    assert_eq!(places, ["fields.手机号", "fields.contact"], "{found}");
}
