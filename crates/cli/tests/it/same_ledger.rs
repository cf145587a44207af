//! However the same rows arrive, the ledger is the same: split, sorted, encoded, named, packed or
//! exported again. Positions, the order of arrival, are the only difference.

use std::io::Write;
use std::sync::OnceLock;

use crate::ledger_files::{contents, event_ids, events};
use crate::support::{ADDED, ALREADY_THERE, Chance, Place, balanced, number, retail_file, text_of, unpacked};

/// Rows of the published file that are enough for twelve days, with repeated rows among them.
const ROWS: usize = 30_000;

struct Whole {
    header: String,
    /// Rows with Chinese country names, so that every encoding has something to carry.
    rows: Vec<String>,
    /// A workspace before any import: copies share its keys, so equal rows get equal surrogates.
    fresh: Place,
    contents: Vec<String>,
}

fn whole() -> &'static Whole {
    static WHOLE: OnceLock<Whole> = OnceLock::new();
    WHOLE.get_or_init(|| {
        let text = unpacked(&retail_file());
        let mut lines = text.lines();
        let header = lines.next().unwrap().to_string();
        let rows: Vec<String> =
            lines.take(ROWS).map(|row| row.replace("United Kingdom", "英国，大不列颠")).collect();
        assert!(rows.iter().all(|row| row.matches('"').count() % 2 == 0), "no row spans lines");
        let fresh = Place::example("retail");
        let place = fresh.copy();
        let file = place.file("online_retail_whole.csv", joined(&header, &rows));
        assert_eq!(number(&place.import(&file), ADDED), ROWS as u64);
        let contents = contents(&events(&place.root()));
        Whole { header, rows, fresh, contents }
    })
}

fn joined(header: &str, rows: &[String]) -> String {
    let mut out = String::with_capacity(rows.len() * 100);
    for line in std::iter::once(header).chain(rows.iter().map(String::as_str)) {
        out.push_str(line);
        out.push('\n');
    }
    out
}

fn day(row: &str) -> &str {
    let at = row.find(" 2010-12-").or_else(|| row.find(",2010-12-")).expect("a date");
    &row[at + 1..at + 11]
}

/// Imports the files one after the other into a fresh workspace; the ledger must be that of the
/// whole file, and importing all of them again must add nothing.
#[track_caller]
fn same(files: &[(&str, Vec<u8>)]) {
    let whole = whole();
    let place = whole.fresh.copy();
    let paths: Vec<String> = files.iter().map(|(name, bytes)| place.file(name, bytes)).collect();
    for path in &paths {
        balanced(&place.import(path));
    }
    let found = contents(&events(&place.root()));
    let missing = whole.contents.iter().filter(|row| found.binary_search(row).is_err()).count();
    let strange: Vec<&String> =
        found.iter().filter(|row| whole.contents.binary_search(row).is_err()).collect();
    assert!(
        missing == 0 && strange.is_empty() && found.len() == whole.contents.len(),
        "{missing} events are missing, {} are strange, such as {:?}",
        strange.len(),
        strange.first()
    );
    assert_eq!(event_ids(&events(&place.root())).len(), ROWS);
    for path in &paths {
        assert_eq!(number(&place.import(path), ADDED), 0, "{path}");
    }
}

#[test]
fn split_between_days_with_some_days_in_both_halves() {
    let Whole { header, rows, .. } = whole();
    let mut days: Vec<&str> = rows.iter().map(|row| day(row)).collect();
    days.dedup();
    assert!(days.len() >= 10, "{days:?}");
    let half = |keep: &dyn Fn(&str) -> bool| {
        let rows: Vec<String> = rows.iter().filter(|row| keep(day(row))).cloned().collect();
        joined(header, &rows).into_bytes()
    };
    let (from, to) = (days[4], days[6]);
    let (first, second) = (half(&|day| day <= to), half(&|day| day >= from));
    same(&[("online_retail_1.csv", first.clone()), ("online_retail_2.csv", second.clone())]);
    same(&[("online_retail_2.csv", second), ("online_retail_1.csv", first)]);
}

#[test]
fn sorted_in_another_way() {
    let Whole { header, rows, .. } = whole();
    let mut rows = rows.clone();
    Chance(7).shuffle(&mut rows);
    same(&[("online_retail_shuffled.csv", joined(header, &rows).into_bytes())]);
    rows.sort_unstable();
    rows.reverse();
    same(&[("online_retail_sorted.csv", joined(header, &rows).into_bytes())]);
}

#[test]
fn in_other_encodings() {
    let Whole { header, rows, .. } = whole();
    let text = joined(header, rows);
    let utf16 = |order: fn(u16) -> [u8; 2]| {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units.flat_map(order).collect::<Vec<u8>>()
    };
    same(&[("online_retail_le.csv", utf16(u16::to_le_bytes))]);
    same(&[("online_retail_be.csv", utf16(u16::to_be_bytes))]);
    let (chinese, _, broken) = encoding_rs::GB18030.encode(&text);
    assert!(!broken);
    same(&[("online_retail_gb.csv", chinese.into_owned())]);
    same(&[("online_retail_bom.csv", [b"\xEF\xBB\xBF", text.as_bytes()].concat())]);
}

#[test]
fn packed_renamed_and_written_by_another_program() {
    let Whole { header, rows, .. } = whole();
    let text = joined(header, rows);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(text.as_bytes()).unwrap();
    same(&[("online_retail_packed.csv.gz", packed.finish().unwrap())]);
    // Another delimiter, every cell quoted, line ends of Windows, no line end at the end.
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut writer = csv::WriterBuilder::new()
        .delimiter(b';')
        .quote_style(csv::QuoteStyle::Always)
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap()).unwrap();
    for row in reader.records() {
        writer.write_record(&row.unwrap()).unwrap();
    }
    let mut quoted = writer.into_inner().unwrap();
    quoted.truncate(quoted.len() - 2);
    same(&[("online_retail_renamed.csv", text.into_bytes()), ("online_retail_quoted.csv", quoted)]);
}

#[test]
fn with_its_columns_in_another_order() {
    let Whole { header, rows, .. } = whole();
    let text = joined(header, rows);
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(reader.headers().unwrap().iter().rev()).unwrap();
    for row in reader.records() {
        writer.write_record(row.unwrap().iter().rev()).unwrap();
    }
    same(&[("online_retail_columns.csv", writer.into_inner().unwrap())]);
}

#[test]
fn exported_again_with_more_rows() {
    let Whole { header, rows, fresh, .. } = whole();
    let before = joined(header, &rows[..20_000]).into_bytes();
    let all = joined(header, rows).into_bytes();
    same(&[("online_retail_january.csv", before.clone()), ("online_retail_february.csv", all.clone())]);
    let place = fresh.copy();
    place.import(&place.file("online_retail_a.csv", before));
    let more = place.import(&place.file("online_retail_b.csv", all));
    assert_eq!((number(&more, ADDED), number(&more, ALREADY_THERE)), (10_000, 20_000));
}

#[test]
fn equal_rows_count_as_often_as_in_the_file_that_has_most() {
    let Whole { header, rows, fresh, .. } = whole();
    let copies = |n: usize| joined(header, &vec![rows[0].clone(); n]).into_bytes();
    let place = fresh.copy();
    let added = |name: &str, bytes: Vec<u8>| number(&place.import(&place.file(name, bytes)), ADDED);
    assert_eq!(added("online_retail_two.csv", copies(2)), 2);
    assert_eq!(added("online_retail_three.csv", copies(3)), 1);
    assert_eq!(added("online_retail_one.csv", copies(1)), 0);
    assert_eq!(event_ids(&events(&place.root())).len(), 3);
}

#[test]
fn several_files_in_one_command() {
    let Whole { header, rows, fresh, contents: expected } = whole();
    let place = fresh.copy();
    place.file("in/online_retail_1.csv", joined(header, &rows[..15_000]));
    place.file("in/online_retail_2.csv", joined(header, &rows[15_000..]));
    let folder = place.file("in/readme", "no table");
    let folder = std::path::Path::new(&folder).parent().unwrap();
    let ran = place.run(&["import", text_of(folder), "--format", "json"]).expect(0);
    assert_eq!(ran.json().as_array().unwrap().len(), 2);
    // A repeated row whose copies fell into both halves is one event: each half knows of one.
    let found = contents(&events(&place.root()));
    assert!(found.iter().all(|row| expected.binary_search(row).is_ok()));
    assert!(found.len() + 10 > expected.len(), "{} of {}", found.len(), expected.len());
}
