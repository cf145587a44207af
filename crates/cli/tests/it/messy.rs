//! Files as they come, and files made to hurt. Each gives events, findings or quarantined rows:
//! exit code 0 or 1, bounded memory, and no row that cannot be found again.

use std::io::Write;

use serde_json::Value;

use crate::ledger_files::{decimals, events, texts};
use crate::support::{ADDED, Place, Ran, balanced, number, text, text_of};

const SETTINGS: &str = "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nbuckets: 4\n";

const SOURCE: &str = "gradus: 1
files: ['*']
history: true
mapping:
  identity:
    - { kind: id, value: id }
  kind: \"'order_line'\"
  time: day
  amount: amount
fields:
  city: { type: text, value: city }
cleaning:
  dates: ['%Y-%m-%d', iso]
  earliest: 2000-01-01
";

/// No import of a small or hostile file may need more: the sort buffer is the largest part of it.
const MOST_KIB: u64 = 1 << 20;

fn place() -> Place {
    Place::with(SETTINGS, &[("sources/orders.yaml", SOURCE)])
}

/// Imports one file, which must end orderly whatever is in it.
#[track_caller]
fn orderly(place: &Place, file: &str) -> (Ran, Option<Value>) {
    let ran = place.run(&["import", file, "--format", "json"]);
    assert!(matches!(ran.code, Some(0 | 1)), "{file}: {ran:?}");
    assert!(!ran.err.contains("panicked"), "{file}: {}", ran.err);
    assert!(ran.peak_kib < MOST_KIB, "{file}: {} KiB", ran.peak_kib);
    assert!(ran.seconds < 60.0, "{file}: {} s", ran.seconds);
    let json = ran.json();
    // Taken in, though perhaps with an error among its findings: then the exit code is 1.
    if json[0]["outcome"] == "imported" {
        let imported = balanced(&json[0]);
        return (ran, Some(imported));
    }
    // Refused as a whole: findings say what, where, and what would be right.
    assert_eq!(json[0]["outcome"], "refused", "{json}");
    let findings = json[0]["findings"].as_array().unwrap_or_else(|| panic!("findings: {json}"));
    assert!(!findings.is_empty(), "{file}: a refusal without a reason");
    for finding in findings {
        for part in ["/code", "/what/zh", "/what/en", "/right/zh", "/right/en"] {
            let text = finding.pointer(part).and_then(Value::as_str).unwrap_or_default();
            assert!(!text.is_empty(), "{file}: {part} is missing in {finding}");
        }
        assert!(finding.pointer("/place/document").is_some(), "{file}: where? {finding}");
    }
    assert!(events(&place.root()).is_empty(), "a refused file adds nothing");
    (ran, None)
}

#[track_caller]
fn taken(place: &Place, file: &str) -> Value {
    let (ran, imported) = orderly(place, file);
    imported.unwrap_or_else(|| panic!("{file} is refused: {}", ran.out))
}

/// The codes of the findings that refused the file.
#[track_caller]
fn refused(place: &Place, file: &str) -> Vec<String> {
    let (ran, imported) = orderly(place, file);
    assert!(imported.is_none(), "{file} is taken: {imported:?}");
    let code = |finding: &Value| finding["code"].as_str().unwrap().to_string();
    ran.json()[0]["findings"].as_array().unwrap().iter().map(code).collect()
}

#[test]
fn broken_rows_are_quarantined_and_the_others_count() {
    let mut text = String::from("id,day,amount,city\n");
    let mut wrong = Vec::new();
    for row in 0..2_000 {
        let bad = |cell: &str| format!("C{row},{cell}\n");
        let line = match row % 100 {
            3 => bad("2024-02-30,10,Lyon"),
            13 => bad("yesterday,10,Lyon"),
            23 => bad("2024-03-01,ten,Lyon"),
            33 => bad("2024-03-01,10"),
            43 => bad("2024-03-01,10,Lyon,extra,cells"),
            53 => bad("2024-03-01,10,\"Lyon\" is a town"),
            63 => bad("1066-10-14,10,Hastings"),
            73 => bad("2024-03-01,99999999999999999999,Lyon"),
            83 => bad("2024-13-01,10,Lyon"),
            _ => {
                text.push_str(&format!(
                    "C{row},2024-03-{:02},1.25,\"Bad \"\"Ems\"\", 東京\"\n",
                    row % 28 + 1
                ));
                continue;
            }
        };
        wrong.push(line.trim_end().to_string());
        text.push_str(&line);
    }
    let place = place();
    let imported = taken(&place, &place.file("orders.csv", &text));
    assert_eq!(number(&imported, "/rows"), 2_000);
    assert_eq!(number(&imported, "/quarantined"), wrong.len() as u64);
    assert_eq!(number(&imported, ADDED), 2_000 - wrong.len() as u64);
    let all = events(&place.root());
    assert_eq!(
        decimals(&all, "amount").iter().flatten().sum::<i128>(),
        12_500 * (2_000 - wrong.len() as i128)
    );
    assert!(texts(&all, "city").iter().all(|city| city.as_deref() == Some("Bad \"Ems\", 東京")));
    // Every refused row is there with its number, reason and text.
    let quarantined = place.quarantine();
    assert_eq!(quarantined.len(), wrong.len());
    for line in &wrong {
        let id = line.split(',').next().unwrap();
        let found = quarantined.iter().find(|row| {
            row.raw
                .windows(id.len() + 1)
                .any(|part| part == format!("{id},").as_bytes() || part == format!("{id}\"").as_bytes())
        });
        let found = found.unwrap_or_else(|| panic!("{line} is lost"));
        assert_eq!(format!("C{}", found.listed.row - 1), id);
        assert!(!found.listed.message.zh.is_empty() && !found.listed.message.en.is_empty());
    }
}

#[test]
fn encodings_mixed_in_one_file() {
    let mut bytes = "id,day,amount,city\n".as_bytes().to_vec();
    for row in 0..300 {
        bytes.extend(format!("C{row},2024-03-01,1,北京\n").bytes());
    }
    let (gb, _, _) = encoding_rs::GB18030.encode("X1,2024-03-01,1,上海\n");
    bytes.extend_from_slice(&gb);
    bytes.extend(b"X2,2024-03-01,1,\xFF\xFE\xFA\n");
    bytes.extend(b"X3,2024-03-01,1,a\0b\n");
    let place = place();
    let imported = taken(&place, &place.file("mixed.csv", bytes));
    assert_eq!(number(&imported, "/rows"), 303);
    assert!(number(&imported, "/quarantined") >= 2, "{imported}");
    assert_eq!(place.quarantine().len() as u64, number(&imported, "/quarantined"));
    let strange =
        texts(&events(&place.root()), "city").into_iter().flatten().any(|city| city.contains('\u{FFFD}'));
    assert!(!strange, "nothing is guessed");
}

#[test]
fn a_quote_that_never_closes() {
    let mut text = String::from("id,day,amount,city\nC0,2024-03-01,1,\"Lyon\n");
    for row in 1..50_000 {
        text.push_str(&format!("C{row},2024-03-01,1,Lyon\n"));
    }
    let place = place();
    let imported = taken(&place, &place.file("open.csv", &text));
    assert!(number(&imported, "/quarantined") >= 1, "{imported}");
    let kept = number(&imported, ADDED) + number(&imported, "/quarantined");
    assert!(kept >= 49_000, "one bad row must not swallow the others: {imported}");
}

#[test]
fn ten_megabytes_in_one_cell() {
    let place = place();
    let text = format!(
        "id,day,amount,city\nA,2024-03-01,1,Lyon\nB,2024-03-01,1,{}\nC,2024-03-01,1,Lyon\n",
        "x".repeat(10 << 20)
    );
    let imported = taken(&place, &place.file("cell.csv", text));
    assert_eq!((number(&imported, "/rows"), number(&imported, ADDED)), (3, 2), "{imported}");
    assert_eq!(place.quarantine().len(), 1);
    let text = format!("id,day,amount,city\nA,2024-03-01,1,\"{}", "x,\n".repeat(10 << 20));
    orderly(&place, &place.file("quoted.csv", text));
}

#[test]
fn files_without_rows() {
    let place = place();
    let (_, empty) = orderly(&place, &place.file("empty.csv", ""));
    assert_eq!(empty.map_or(0, |imported| number(&imported, "/rows")), 0);
    let (_, header) = orderly(&place, &place.file("header.csv", "id,day,amount,city\n"));
    assert_eq!(header.map_or(0, |imported| number(&imported, "/rows")), 0);
    orderly(&place, &place.file("blank.csv", "\n\n\n   \n"));
    orderly(&place, &place.file("bom.csv", "\u{FEFF}"));
    let (_, blank) = orderly(&place, &place.file("rows.csv", "id,day,amount,city\n,,,\n\n,,,\n"));
    assert_eq!(blank.map_or(0, |imported| number(&imported, ADDED)), 0);
    assert!(events(&place.root()).is_empty());
}

#[test]
fn what_is_no_table_at_all() {
    let place = place();
    assert_eq!(refused(&place, "no/such/file.csv"), ["no-file"]);
    let folder = place.file("folder/readme", "x");
    orderly(&place, text_of(std::path::Path::new(&folder).parent().unwrap()));
    let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    refused(&place, &place.file("program.csv", &program[..1 << 20]));
    refused(&place, &place.file("program.xlsx", &program[..1 << 16]));
    refused(&place, &place.file("program.parquet", &program[..1 << 16]));
    refused(&place, &place.file("zeros.csv", vec![0; 1 << 20]));
    orderly(&place, &place.file("one.csv", "x".repeat(40 << 20)));
    let cut = &std::fs::read(crate::support::retail_file()).unwrap()[..100_000];
    let (_, imported) = orderly(&place, &place.file("cut.csv.gz", cut));
    assert!(imported.is_none(), "its columns are not those of the source: {imported:?}");
}

#[test]
fn a_gzip_that_is_cut_off_says_so() {
    let place = place();
    let mut text = String::from("id,day,amount,city\n");
    for row in 0..20_000 {
        text.push_str(&format!("C{row},2024-03-01,{row},Lyon\n"));
    }
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let (ran, _) = orderly(&place, &place.file("cut.csv.gz", &packed[..packed.len() / 2]));
    assert!(ran.out.contains("file-cut-off"), "{}", ran.out);
    assert_eq!(ran.code, Some(1), "a script must not take half a file for the whole");
}

#[test]
fn a_hundred_thousand_columns() {
    let place = place();
    let header: Vec<String> = (0..100_000).map(|column| format!("c{column}")).collect();
    let row = vec!["1"; 100_000].join(",");
    orderly(&place, &place.file("wide.csv", format!("{}\n{row}\n{row}\n", header.join(","))));
}

/// A workbook with this sheet and these shared texts, written by hand.
fn workbook(sheet: &[u8], shared: &str) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let package = "http://schemas.openxmlformats.org/package/2006";
    let types = "application/vnd.openxmlformats-officedocument.spreadsheetml";
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    let parts: [(&str, String); 5] = [
        (
            "[Content_Types].xml",
            format!(
                "{head}<Types xmlns=\"{package}/content-types\"><Default Extension=\"xml\" ContentType=\"application/xml\"/><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"{types}.sheet.main+xml\"/><Override PartName=\"/xl/worksheets/sheet1.xml\" ContentType=\"{types}.worksheet+xml\"/><Override PartName=\"/xl/sharedStrings.xml\" ContentType=\"{types}.sharedStrings+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{head}<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "{head}<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"S\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "{head}<Relationships xmlns=\"{package}/relationships\"><Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>"
            ),
        ),
        ("xl/sharedStrings.xml", format!("{head}{shared}")),
    ];
    for (name, text) in parts {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    zip.write_all(sheet).unwrap();
    zip.finish().unwrap().into_inner()
}

const NO_TEXTS: &str = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" count=\"0\" uniqueCount=\"0\"/>";

fn sheet(rows: &str) -> Vec<u8> {
    format!("<?xml version=\"1.0\"?><worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>{rows}</sheetData></worksheet>").into_bytes()
}

const TABLE: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>id</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>day</t></is></c><c r=\"C1\" t=\"inlineStr\"><is><t>amount</t></is></c><c r=\"D1\" t=\"inlineStr\"><is><t>city</t></is></c></row><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>C1</t></is></c><c r=\"B2\" t=\"inlineStr\"><is><t>2024-03-01</t></is></c><c r=\"C2\"><v>5</v></c><c r=\"D2\" t=\"inlineStr\"><is><t>Lyon</t></is></c></row>";

#[test]
fn workbooks_good_and_hostile() {
    let place = place();
    let imported = taken(&place, &place.file("good.xlsx", workbook(&sheet(TABLE), NO_TEXTS)));
    assert_eq!(number(&imported, ADDED), 1, "the frame of the hostile ones is sound: {imported}");

    let hostile = self::place();
    let corner = format!("{TABLE}<row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row>");
    orderly(&hostile, &hostile.file("corner.xlsx", workbook(&sheet(&corner), NO_TEXTS)));
    let hostile = self::place();
    let beyond = format!("{TABLE}<row r=\"4294967295\"><c r=\"ZZZZZZ4294967295\"><v>1</v></c></row>");
    orderly(&hostile, &hostile.file("beyond.xlsx", workbook(&sheet(&beyond), NO_TEXTS)));
    let hostile = self::place();
    let boast = NO_TEXTS.replace("uniqueCount=\"0\"", "uniqueCount=\"100000000000\"");
    orderly(&hostile, &hostile.file("boast.xlsx", workbook(&sheet(TABLE), &boast)));
    let hostile = self::place();
    // 400 MiB of one cell, which packs to 400 KiB.
    let mut bomb = sheet("");
    let cell = format!("{TABLE}<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>");
    let at = bomb.windows(11).position(|part| part == b"<sheetData>").unwrap() + 11;
    bomb.truncate(at);
    bomb.extend(cell.bytes());
    bomb.resize(bomb.len() + (400 << 20), b'x');
    orderly(&hostile, &hostile.file("bomb.xlsx", workbook(&bomb, NO_TEXTS)));
    let hostile = self::place();
    orderly(&hostile, &hostile.file("cut.xlsx", &workbook(&sheet(TABLE), NO_TEXTS)[..700]));
}

#[test]
fn one_bad_file_among_good_ones() {
    let place = place();
    place.file("in/a.csv", "id,day,amount,city\nA,2024-03-01,1,Lyon\n");
    place.file("in/b.csv", [0u8; 4096]);
    let good = place.file("in/c.csv", "id,day,amount,city\nC,2024-03-01,1,Lyon\n");
    let folder = text_of(std::path::Path::new(&good).parent().unwrap()).to_string();
    // One that is no file, one of no source, one that cannot be read: each has its own report, and
    // what lies between them is imported.
    let ran = place.run(&["import", &folder, "no-such-*.csv", "--format", "json"]).expect(1);
    let json = ran.json();
    let outcomes: Vec<(String, String)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let file = text(one, "/file").rsplit('/').next().unwrap().to_string();
            (file, text(one, "/outcome").to_string())
        })
        .collect();
    let expected =
        [("no-such-*.csv", "refused"), ("a.csv", "imported"), ("b.csv", "refused"), ("c.csv", "imported")];
    assert_eq!(outcomes, expected.map(|(file, outcome)| (file.to_string(), outcome.to_string())));
    assert!(json[2]["findings"].as_array().is_some_and(|all| !all.is_empty()), "{json}");
    assert_eq!(events(&place.root()).iter().map(|batch| batch.num_rows()).sum::<usize>(), 2);
    let again = place.run(&["import", &folder, "--lang", "en"]).expect(1);
    assert!(
        again.out.contains("b.csv: refused") && again.out.contains("3 files: 2 taken, 1 refused"),
        "{again:?}"
    );
    // Mended, the same command brings what is missing, and only that.
    place.file("in/b.csv", "id,day,amount,city\nB,2024-03-01,1,Lyon\n");
    place.run(&["import", &folder]).expect(0);
    assert_eq!(events(&place.root()).iter().map(|batch| batch.num_rows()).sum::<usize>(), 3);
}
