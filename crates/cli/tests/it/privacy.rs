//! Direct identifiers and free text stand nowhere in clear but in the file they came in: every file
//! of the workspace and everything the commands say is searched for them, byte by byte, in every
//! encoding; Parquet pages are unpacked, since compression would hide them.

use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;

use crate::support::{ADDED, Place, Ran, balanced, number};

const SETTINGS: &str =
    "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";

const SOURCE: &str = "gradus: 1
title: 订单
files: ['orders*']
history: true
mapping:
  identity:
    - { kind: id, value: 会员号 }
    - { kind: phone, value: 手机 }
    - { kind: email, value: 邮箱 }
    - { kind: external, system: shop, value: 外部号 }
  kind: \"'order_line'\"
  time: 时间
  amount: 金额
  private:
    name: 姓名
    address: 地址
    remark: 备注
fields:
  城市: { type: text, value: 城市 }
";

const MODEL: &str = "gradus: 1
title: 会员
indicators:
  消费金额: { title: 消费金额, kind: sum, of: amount }
  城市: { title: 城市, kind: last, of: 城市 }
segments:
  大客户: { title: 大客户, base: everyone, where: 消费金额 >= 100 }
";

/// What must not be found, and a word that must: it proves that the search sees what is there.
const MARKERS: [&str; 14] = [
    "QX-77120-KEY",
    "13812345671",
    "+8613812345671",
    "+86 138 1234 5671",
    "zq.marker@example-private.cn",
    "EXT~5550199",
    "诸葛标记",
    "隐私路九十九号",
    "她说退款要快",
    "WRONG-88231-KEY",
    "13912345672",
    "wrong.marker@example-private.cn",
    "司马错行",
    "TORN~7741",
];
const OPEN: &str = "无锡市滨湖";

fn orders() -> String {
    let mut text = String::from("会员号,手机,邮箱,外部号,姓名,地址,备注,时间,金额,城市\n");
    for row in 0..40 {
        text.push_str(&format!(
            "QX-77120-KEY,138 1234 5671,zq.marker@example-private.cn,EXT~5550199,诸葛标记,隐私路九十九号{row}室,\"她说退款要快,谢谢\",2024-03-{:02} 10:00,12.5,{OPEN}\n",
            row % 28 + 1
        ));
    }
    // Wrong rows carry identifiers too: in every column that can be wrong, and torn.
    let wrong = "WRONG-88231-KEY,13912345672,wrong.marker@example-private.cn,EXT~5550199,司马错行,隐私路九十九号,她说退款要快";
    for end in [
        "2024-02-31 10:00,5,x",
        "司马错行,5,x",
        "2024-03-01 10:00,13912345672号,x",
        "2024-03-01 10:00,5",
        "2024-03-01 10:00,5,x,司马错行",
    ] {
        text.push_str(&format!("{wrong},{end}\n"));
    }
    text.push_str("WRONG-88231-KEY,司马错行,司马错行@,EXT~5550199,司马错行,,,2024-03-01 10:00,5,x\n");
    text.push_str(&format!("{},,,,,,,2024-03-01 10:00,5,x\n", "WRONG-88231-KEY".repeat(40)));
    text.push_str("TORN~7741,13912345672,\"司马错行");
    text
}

/// The marker in every encoding in which a file could hold it.
fn forms(marker: &str) -> Vec<Vec<u8>> {
    let little: Vec<u8> = marker.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = marker.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let chinese = encoding_rs::GB18030.encode(marker).0.into_owned();
    let escaped: String = marker
        .encode_utf16()
        .map(|unit| if unit < 128 { char::from(unit as u8).to_string() } else { format!("\\u{unit:04x}") })
        .collect();
    let mut forms = vec![marker.as_bytes().to_vec(), little, big, chinese, escaped.into_bytes()];
    forms.sort();
    forms.dedup();
    forms
}

fn holds(bytes: &[u8], marker: &str) -> bool {
    forms(marker).iter().any(|form| bytes.windows(form.len()).any(|part| part == form))
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

/// Every text and every run of bytes in a Parquet file, unpacked.
fn unpacked(path: &Path) -> Vec<u8> {
    let mut out = Vec::new();
    for batch in crate::ledger_files::rows_of(path) {
        for column in batch.columns() {
            let binary = match column.data_type() {
                DataType::Binary => column.clone(),
                DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Dictionary(..) => {
                    arrow::compute::cast(
                        &arrow::compute::cast(column, &DataType::Utf8).unwrap(),
                        &DataType::Binary,
                    )
                    .unwrap()
                }
                _ => arrow::compute::cast(
                    &arrow::compute::cast(column, &DataType::Utf8).unwrap(),
                    &DataType::Binary,
                )
                .unwrap(),
            };
            for value in binary.as_binary::<i32>().iter().flatten() {
                out.extend_from_slice(value);
                out.push(b'\n');
            }
        }
    }
    out
}

/// Where a marker stands in clear: in which file of the workspace, in which stream of which command.
pub fn found_in_clear(place: &Place, markers: &[&str], said: &[(&str, Ran)]) -> Vec<String> {
    let mut all = Vec::new();
    files(&place.root(), &mut all);
    let mut found = Vec::new();
    for path in &all {
        let mut bytes = std::fs::read(path).unwrap();
        if path.extension().is_some_and(|extension| extension == "parquet") {
            bytes.extend(unpacked(path));
        }
        let name = path.strip_prefix(place.root()).unwrap().display().to_string();
        found.extend(
            markers.iter().filter(|marker| holds(&bytes, marker)).map(|marker| format!("{marker} in {name}")),
        );
    }
    for (what, ran) in said {
        for (stream, text) in [("stdout", &ran.out), ("stderr", &ran.err)] {
            found.extend(
                markers
                    .iter()
                    .filter(|marker| holds(text.as_bytes(), marker))
                    .map(|marker| format!("{marker} in {stream} of {what}")),
            );
        }
    }
    found
}

#[test]
fn no_identifier_stands_anywhere_in_clear() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/model.yaml", MODEL)]);
    let file = place.file("orders.csv", orders());
    let mut said: Vec<(&str, Ran)> = Vec::new();
    said.push(("dry run", place.run(&["import", &file, "--dry-run", "--format", "json"]).expect(0)));
    let imported = place.run(&["import", &file, "--format", "json"]).expect(0);
    let result = balanced(&imported.json()[0]);
    assert!(number(&result, ADDED) >= 40, "{result}");
    assert!(number(&result, "/quarantined") >= 5, "{result}");
    said.push(("import", imported));
    said.push(("import as text", place.run(&["import", &file, "--lang", "zh"]).expect(0)));
    said.push(("check", place.run(&["check"])));
    said.push(("grade", place.run(&["grade", "--format", "json"]).expect(0)));
    // Known by any of its identifiers, and never named back.
    for known in ["QX-77120-KEY", "138-1234-5671", "ZQ.marker@example-private.cn"] {
        let explained = place.run(&["explain", known, "--format", "json"]);
        if known.starts_with("ZQ") {
            // The local part of an address is told apart by case, as the mail standard has it.
            assert!(matches!(explained.code, Some(0 | 1)), "{explained:?}");
        } else {
            assert_eq!(explained.code, Some(0), "{known}: {explained:?}");
        }
        said.push(("explain", explained));
    }
    said.push(("explain nobody", place.run(&["explain", "13912345672"])));
    for more in
        [&["report"][..], &["quarantine", "list"], &["quarantine", "list", "--format", "json"], &["links"]]
    {
        said.push(("another command", place.run(more)));
    }

    // What was sent to the server and waits to be imported lies there, too.
    let waiting = uploaded(&place, &orders());
    assert!(waiting.exists() && std::fs::metadata(&waiting).unwrap().len() > 1_000);

    // The search sees what is there.
    let mut all = Vec::new();
    files(&place.root(), &mut all);
    let parquet = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
    assert!(all.iter().filter(|path| parquet(path)).any(|path| holds(&unpacked(path), OPEN)));
    assert!(all.iter().any(|path| path.ends_with("store.sqlite")));

    let found = found_in_clear(&place, &MARKERS, &said);
    assert!(found.is_empty(), "{found:#?}");

    // And it is all there for who holds the key.
    let refused = place.quarantine();
    assert!(refused.iter().any(|row| String::from_utf8_lossy(&row.raw).contains("司马错行")));
    let known = place.vault(async |vault| vault.find("phone", "+8613812345671").await.unwrap());
    assert!(known.is_some());
}

/// Sends a file to the workspace as the server takes it, in pieces; where it lies.
fn uploaded(place: &Place, text: &str) -> PathBuf {
    use gradus_workspace::{Workspace, access::Principal, uploads};
    crate::support::runtime().block_on(async {
        let workspace = Workspace::open(place.root(), None).await.unwrap();
        let who = Principal::local();
        let mut incoming = uploads::begin(&workspace, &who, "orders.csv").unwrap();
        for piece in text.as_bytes().chunks(999) {
            incoming.write(piece).unwrap();
        }
        let upload = incoming.finish().unwrap();
        // It can be read by whoever sent it.
        let seen = uploads::preview(&workspace, &who, &upload.id, &Default::default(), None).unwrap();
        assert_eq!(seen.sniffed.columns.len(), 10);
        let path = uploads::find(&workspace, &who, &upload.id).unwrap().1;
        workspace.store.clone().close().await;
        path
    })
}

#[test]
fn another_key_opens_nothing() {
    let place = Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE), ("model/model.yaml", MODEL)]);
    let file = place.file("orders.csv", orders());
    place.import(&file);
    let key = place.root().join(".gradus/master.key");
    std::fs::write(&key, "0123456789abcdef".repeat(4)).unwrap();
    let ran = place.run(&["explain", "QX-77120-KEY"]).expect(2);
    assert!(!ran.err.is_empty());
    std::fs::remove_file(&key).unwrap();
    let ran = place.run(&["import", &file]).expect(2);
    assert!(!ran.err.is_empty());
    assert!(!key.exists(), "a lost key is not replaced: all it sealed would be lost");
}
