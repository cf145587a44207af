use std::io::Write;
use std::path::PathBuf;

use arrow::array::{Array, AsArray};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::write::SimpleFileOptions;

use super::ExcelProgram;
use crate::collect::{FaultCode, InputFile, RawFault, RawItem, ReadOptions, Sniffed, read, sniff};

/// The child: this test program, told to run only [`child_entry`].
fn program() -> ExcelProgram {
    let args = ["--exact", "collect::excel::tests::child_entry", "--nocapture", "--ignored"];
    ExcelProgram::new(std::env::current_exe().unwrap(), &args)
}

#[test]
#[ignore = "what other tests start as the process that reads a workbook"]
fn child_entry() {
    super::child_main(std::io::stdin().lock(), std::io::stdout().lock());
}

struct Got {
    sniffed: Sniffed,
    rows: Vec<Vec<String>>,
    lines: Vec<u64>,
    faults: Vec<RawFault>,
    findings: Vec<&'static str>,
}

fn get_with(file: impl Into<InputFile>, options: &ReadOptions, program: &ExcelProgram) -> Got {
    let file = file.into();
    let sniffed = sniff(&file, options, Some(program)).unwrap();
    let mut got =
        Got { sniffed, rows: Vec::new(), lines: Vec::new(), faults: Vec::new(), findings: Vec::new() };
    got.findings.extend(got.sniffed.findings.iter().map(|finding| finding.code));
    for item in read(&file, &got.sniffed, options, Some(program)).unwrap() {
        match item.unwrap() {
            RawItem::Batch(batch) => {
                for row in 0..batch.rows.num_rows() {
                    let columns = batch.rows.columns().iter().map(|column| {
                        let column = column.as_string::<i32>();
                        if column.is_null(row) { String::new() } else { column.value(row).to_string() }
                    });
                    got.rows.push(columns.collect());
                    got.lines.push(batch.lines.value(row));
                }
            }
            RawItem::Fault(fault) => got.faults.push(fault),
            RawItem::Finding(finding) => got.findings.push(finding.code),
        }
    }
    got
}

fn get(file: impl Into<InputFile>) -> Got {
    get_with(file, &ReadOptions::default(), &program())
}

fn saved(mut workbook: Workbook) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("crm.xlsx");
    workbook.save(&path).unwrap();
    (folder, path)
}

#[test]
fn a_usual_workbook_with_every_kind_of_cell() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name("客户").unwrap();
    sheet.write(0, 0, "客户名单").unwrap();
    for (column, name) in ["编号", "手机号", "生日", "登记时间", "金额", "会员", "公式"].iter().enumerate()
    {
        sheet.write(1, column as u16, *name).unwrap();
    }
    let day = Format::new().set_num_format("yyyy/m/d");
    let time = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    sheet.write(2, 0, "C1").unwrap();
    sheet.write(2, 1, 13_800_138_000i64).unwrap();
    sheet.write_with_format(2, 2, ExcelDateTime::from_ymd(1990, 5, 17).unwrap(), &day).unwrap();
    let moment = ExcelDateTime::from_ymd(2024, 1, 5).unwrap().and_hms(12, 30, 0).unwrap();
    sheet.write_with_format(2, 3, moment, &time).unwrap();
    sheet.write(2, 4, 0.1 + 0.2).unwrap();
    sheet.write(2, 5, true).unwrap();
    sheet.write_formula(2, 6, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(4, 0, "C2").unwrap();
    sheet.write(4, 4, 100_000).unwrap();
    sheet.write_formula(4, 6, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write(5, 0, "C3").unwrap();
    sheet.write(5, 9, "outside").unwrap();
    workbook.add_worksheet().set_name("说明").unwrap().write(0, 0, "x").unwrap();
    let (_folder, path) = saved(workbook);
    let got = get(&path);
    assert_eq!(got.sniffed.sheets.len(), 2);
    assert_eq!(got.sniffed.sheet.as_deref(), Some("客户"));
    assert_eq!(got.sniffed.header_line, Some(2));
    assert_eq!(got.sniffed.columns, ["编号", "手机号", "生日", "登记时间", "金额", "会员", "公式"]);
    assert_eq!(got.rows[0], ["C1", "13800138000", "1990-05-17", "2024-01-05T12:30:00", "0.3", "true", "2"]);
    assert_eq!(got.rows[1][..5], ["C2", "", "", "", "100000"]);
    assert_eq!(got.lines, [3, 5]);
    assert_eq!(got.faults.len(), 1);
    assert_eq!((got.faults[0].row, got.faults[0].line), (3, Some(6)));
    assert_eq!(got.faults[0].code, FaultCode::WrongNumberOfCells);
    assert!(got.findings.contains(&"several-sheets") && got.findings.contains(&"rows-above-header"));
    let other = ReadOptions { sheet: Some("没有".into()), ..ReadOptions::default() };
    assert_eq!(get_with(&path, &other, &program()).findings, ["no-such-sheet"]);
}

#[test]
fn many_rows_come_in_order() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    sheet.write(0, 0, "n").unwrap();
    sheet.write(0, 1, "word").unwrap();
    for row in 1..=20_000u32 {
        sheet.write(row, 0, row).unwrap();
        sheet.write(row, 1, format!("词{}", row % 7)).unwrap();
    }
    let (_folder, path) = saved(workbook);
    let got = get(&path);
    assert_eq!(got.rows.len(), 20_000);
    assert_eq!(got.rows[19_999], ["20000", "词1"]);
    assert_eq!(got.lines[19_999], 20_001);
}

/// A workbook with these parts in place of the usual ones; the sheet in pieces, each so many times,
/// so that a bomb does not need the memory it is meant to blow.
fn by_hand(
    sheet: &[(&str, usize)],
    strings: Option<&[u8]>,
    more: &[(&str, &[u8])],
) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("hand.xlsx");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut part = |name: &str, bytes: &[u8]| {
        archive.start_file(name, options).unwrap();
        archive.write_all(bytes).unwrap();
    };
    part("[Content_Types].xml", br#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#);
    part("_rels/.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#);
    part("xl/workbook.xml", br#"<?xml version="1.0"?><workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>"#);
    part("xl/_rels/workbook.xml.rels", br#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#);
    if let Some(strings) = strings {
        part("xl/sharedStrings.xml", strings);
    }
    for (name, bytes) in more {
        part(name, bytes);
    }
    archive.start_file("xl/worksheets/sheet1.xml", options).unwrap();
    for (piece, times) in sheet {
        (0..*times).for_each(|_| archive.write_all(piece.as_bytes()).unwrap());
    }
    archive.finish().unwrap();
    (folder, path)
}

const BEGIN: (&str, usize) = ("<worksheet><sheetData>", 1);
const END: (&str, usize) = ("</sheetData></worksheet>", 1);

fn text_cell(at: &str, text: &str) -> String {
    format!(r#"<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>"#)
}

const TABLE: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>n</t></is></c></row><row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2"><v>1</v></c></row>"#;

/// Peak memory of this process so far, in KiB.
fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("0");
    line.chars().filter(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

/// In a process of its own, because other tests use memory too.
#[test]
fn hostile_workbooks_end_in_findings_and_leave_our_memory_alone() {
    let args = ["--exact", "collect::excel::tests::hostile_entry", "--nocapture", "--ignored"];
    let output = std::process::Command::new(std::env::current_exe().unwrap()).args(args).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{said}");
}

#[test]
#[ignore = "what another test starts to watch its memory"]
fn hostile_entry() {
    let table = (TABLE, 1);
    let before = peak_memory();

    // A cell in the last corner of the sheet.
    let far = format!("<row r=\"1048576\">{}</row>", text_cell("XFD1048576", "far"));
    let (_folder, path) = by_hand(&[BEGIN, table, (&far, 1), END], None, &[]);
    let got = get(&path);
    assert_eq!(got.rows, [["x", "1"]]);
    assert_eq!((got.faults[0].line, got.faults[0].code), (Some(1_048_576), FaultCode::WrongNumberOfCells));

    // Shared strings that announce more than any memory holds: the child dies, we do not.
    let strings = br#"<sst count="1" uniqueCount="100000000000"><si><t>a</t></si></sst>"#;
    let (_folder, path) = by_hand(&[BEGIN, table, END], Some(strings), &[]);
    assert_eq!(get(&path).findings, ["excel-reader-stopped"]);

    // A sheet that unpacks a thousandfold.
    let blanks = " ".repeat(1 << 20);
    let (_folder, path) = by_hand(&[BEGIN, table, (&blanks, 200), END], None, &[]);
    assert!(std::fs::metadata(&path).unwrap().len() < 1 << 20);
    assert_eq!(get(&path).findings, ["zip-bomb"]);

    // Ten megabytes in one cell, and a text that no memory limit holds.
    let ys = "y".repeat(1 << 20);
    let opening = ("<row r=\"3\"><c r=\"A3\" t=\"inlineStr\"><is><t>", 1);
    let closing = format!("</t></is></c></row><row r=\"4\">{}</row>", text_cell("A4", "after"));
    let (_folder, path) = by_hand(&[BEGIN, table, opening, (&ys, 10), (&closing, 1), END], None, &[]);
    let got = get(&path);
    assert_eq!(got.rows, [["x", "1"], ["after", ""]]);
    assert_eq!((got.faults[0].line, got.faults[0].code), (Some(3), FaultCode::CellTooLong));
    let mut small = program();
    small.memory_bytes = 200 << 20;
    let noise: String =
        (0..1u32 << 18).map(|n| char::from(b'a' + (n.wrapping_mul(2_654_435_761) >> 28) as u8)).collect();
    let (_folder, path) = by_hand(&[BEGIN, table, opening, (&noise, 1200), (&closing, 1), END], None, &[]);
    let findings = get_with(&path, &ReadOptions::default(), &small).findings;
    assert!(findings == ["excel-reader-stopped"] || findings == ["zip-bomb"], "{findings:?}");

    // Archives within, paths that lead outside, entities that grow, sheets that break off.
    let (_folder, path) = by_hand(&[BEGIN, table, END], None, &[("xl/media/inner.zip", b"PK")]);
    assert_eq!(get(&path).findings, ["excel-nested-archive"]);
    let (_folder, path) = by_hand(&[BEGIN, table, END], None, &[("../../evil.xml", b"<a/>")]);
    assert_eq!(get(&path).findings, ["excel-odd-names"]);
    let laughs = r#"<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"#;
    let (_folder, path) = by_hand(&[(laughs, 1)], None, &[]);
    assert_eq!(get(&path).findings, ["excel-damaged"]);
    let (_folder, path) = by_hand(&[BEGIN, table, ("<row", 1)], None, &[]);
    assert_eq!(get(&path).findings, ["excel-damaged"]);
    let grown = peak_memory().saturating_sub(before);
    assert!(grown < 50 << 10, "grew by {grown} KiB");
}

#[test]
fn files_that_only_look_like_workbooks() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.xlsx");
    std::fs::write(&path, b"PK\x03\x04 and nothing more").unwrap();
    assert_eq!(get(&path).findings, ["excel-damaged"]);
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    archive.start_file("orders.csv", SimpleFileOptions::default()).unwrap();
    archive.write_all(b"a,b\n").unwrap();
    archive.finish().unwrap();
    assert_eq!(get(&path).findings, ["not-a-workbook"]);
    assert_eq!(sniff(&path, &ReadOptions::default(), None).unwrap().findings.0[0].code, "excel-no-reader");
}

#[test]
fn a_reader_that_hangs_babbles_or_is_missing_is_noticed() {
    let (_folder, path) = by_hand(&[BEGIN, (TABLE, 1), END], None, &[]);
    let mut hangs = ExcelProgram::new("/bin/sh", &["-c", "exec sleep 60"]);
    hangs.wait_seconds = 1;
    assert_eq!(get_with(&path, &ReadOptions::default(), &hangs).findings, ["excel-reader-too-slow"]);
    let babbles = ExcelProgram::new("/bin/sh", &["-c", "while echo babble; do :; done"]);
    assert_eq!(get_with(&path, &ReadOptions::default(), &babbles).findings, ["excel-reader-stopped"]);
    let missing = ExcelProgram::new("/nonexistent/gradus", &[]);
    assert!(sniff(&path, &ReadOptions::default(), Some(&missing)).is_err());
}

#[test]
fn a_sealed_workbook_reads_as_the_same_in_clear() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    for row in 0..20_000u32 {
        sheet.write(row, 0, format!("customer {}", row * 31)).unwrap();
        sheet.write(row, 1, f64::from(row) * 1.25).unwrap();
    }
    let (folder, path) = saved(workbook);
    let key = gradus_store::FileKey::from_hex(&"0123456789abcdef".repeat(4)).unwrap();
    let sealed = folder.path().join("sealed.xlsx");
    let mut out = gradus_store::SealedWriter::new(std::fs::File::create(&sealed).unwrap(), &key);
    out.write_all(&std::fs::read(&path).unwrap()).unwrap();
    out.finish().unwrap();
    let sealed = InputFile::new(sealed, Some(key));
    let (in_clear, got) = (get(&path), get(&sealed));
    assert!(in_clear.rows.len() > 19_000, "{:?}", in_clear.findings);
    assert!(got.rows == in_clear.rows, "{:?}", got.findings);
    // The key is in no word that is printed.
    assert!(!format!("{sealed:?}").contains("0123456789abcdef"));
}
