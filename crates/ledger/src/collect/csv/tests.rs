use std::io::Write;
use std::path::PathBuf;

use arrow::array::{Array, StringArray};
use encoding_rs::{BIG5, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use proptest::prelude::*;

use crate::collect::{
    FaultCode, MAX_RAW_BYTES, RawFault, RawItem, ReadOptions, Sniffed, Summary, read, sniff,
};

type Row = Vec<Option<String>>;

#[derive(Debug, Default)]
struct Got {
    rows: Vec<Row>,
    numbers: Vec<u64>,
    lines: Vec<u64>,
    faults: Vec<RawFault>,
    findings: Vec<&'static str>,
    summary: Summary,
}

impl Got {
    fn faults(&self) -> Vec<(u64, u64, FaultCode)> {
        self.faults.iter().map(|fault| (fault.row, fault.line.unwrap_or(0), fault.code)).collect()
    }
}

fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("table.csv");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn get(bytes: &[u8], options: &ReadOptions) -> (Sniffed, Got) {
    let (_folder, path) = file(bytes);
    let sniffed = sniff(&path, options, None).unwrap();
    let mut got = Got::default();
    let mut reader = read(&path, &sniffed, options, None).unwrap();
    for item in reader.by_ref() {
        match item.unwrap() {
            RawItem::Batch(batch) => {
                for row in 0..batch.rows.num_rows() {
                    let cell =
                        |column: &StringArray| column.is_valid(row).then(|| column.value(row).to_string());
                    let columns = batch.rows.columns().iter();
                    got.rows
                        .push(columns.map(|column| cell(column.as_any().downcast_ref().unwrap())).collect());
                    got.numbers.push(batch.numbers.value(row));
                    got.lines.push(batch.lines.value(row));
                }
            }
            RawItem::Fault(fault) => got.faults.push(fault),
            RawItem::Finding(finding) => got.findings.push(finding.code),
        }
    }
    got.summary = reader.summary();
    assert_eq!(got.summary.rows, (got.rows.len() + got.faults.len()) as u64, "no row may vanish");
    (sniffed, got)
}

fn row(cells: &[&str]) -> Row {
    cells.iter().map(|cell| (!cell.is_empty()).then(|| cell.to_string())).collect()
}

fn codes(sniffed: &Sniffed) -> Vec<&'static str> {
    sniffed.findings.iter().map(|finding| finding.code).collect()
}

fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    if encoding == UTF_16LE {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    } else if encoding == UTF_16BE {
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    } else {
        encoding.encode(text).0.into_owned()
    }
}

#[test]
fn a_usual_table_with_lines_and_numbers() {
    let (sniffed, got) = get(
        b"\xEF\xBB\xBForder,text,amount\r\nA1,\"two\r\nlines\",2.5\r\n\r\nA2,,3\r\n",
        &ReadOptions::default(),
    );
    assert_eq!(sniffed.columns, ["order", "text", "amount"]);
    assert_eq!((sniffed.header_line, sniffed.data_from_line), (Some(1), 2));
    assert_eq!(got.rows, [row(&["A1", "two\r\nlines", "2.5"]), row(&["A2", "", "3"])]);
    assert_eq!((got.numbers, got.lines), (vec![1, 2], vec![2, 5]));
    assert_eq!(got.summary.blank_rows, 1);
    assert_eq!(sniffed.preview[1].line, Some(5));
}

#[test]
fn a_quote_that_never_closes_costs_one_row() {
    let mut text = String::from("a,b,c\n1,\"open,3\n");
    for n in 0..300_000 {
        text.push_str(&format!("{n},x,y\n"));
    }
    let (_, got) = get(text.as_bytes(), &ReadOptions::default());
    assert_eq!(got.faults(), [(1, 2, FaultCode::UnclosedQuote)]);
    assert_eq!(got.faults[0].raw, b"1,\"open,3\n");
    assert_eq!(got.rows.len(), 300_000);
    assert_eq!(got.rows[0], row(&["0", "x", "y"]));
    assert_eq!(got.lines.last(), Some(&300_002));
}

#[test]
fn broken_and_ragged_rows_go_to_quarantine_and_reading_goes_on() {
    let text = "a,b\n1,\"x\"y\n2,ok\n3\n4,5,6\n7,8,,\n9,nul\0\n10,\"end";
    let (_, got) = get(text.as_bytes(), &ReadOptions::default());
    assert_eq!(
        got.faults(),
        [
            (1, 2, FaultCode::TextAfterQuote),
            (3, 4, FaultCode::WrongNumberOfCells),
            (4, 5, FaultCode::WrongNumberOfCells),
            (6, 7, FaultCode::NulCharacter),
            (7, 8, FaultCode::UnclosedQuote)
        ]
    );
    assert_eq!(got.rows, [row(&["2", "ok"]), row(&["7", "8"])]);
}

#[test]
fn ten_megabytes_in_one_cell_are_one_fault() {
    for cell in ["x".repeat(10 << 20), "many words\nof one text\n".repeat(500_000)] {
        let text = format!("a,b,c\n1,2,3\n\"q\",\"{cell}\",6\n7,8,9\n");
        let (_, got) = get(text.as_bytes(), &ReadOptions::default());
        assert_eq!(got.faults(), [(2, 3, FaultCode::CellTooLong)]);
        assert!(got.faults[0].cut && got.faults[0].raw.len() == MAX_RAW_BYTES);
        assert_eq!(got.rows, [row(&["1", "2", "3"]), row(&["7", "8", "9"])]);
    }
    let text = format!("a,b\n1,2\n{},4\n5,6\n", "y".repeat(10 << 20));
    let (_, got) = get(text.as_bytes(), &ReadOptions::default());
    assert_eq!(got.faults(), [(2, 3, FaultCode::CellTooLong)]);
    assert_eq!(got.lines, [2, 4]);
}

#[test]
fn encodings_with_and_without_marks() {
    let text = "会员号,姓名,城市\n1001,王小明𠮷,北京\n1002,李芳㐀,上海\n";
    for encoding in [UTF_8, GB18030, UTF_16LE, UTF_16BE] {
        let (sniffed, got) = get(&encode(text, encoding), &ReadOptions::default());
        assert_eq!(sniffed.encoding, encoding.name().to_ascii_lowercase());
        assert_eq!(got.rows, [row(&["1001", "王小明𠮷", "北京"]), row(&["1002", "李芳㐀", "上海"])]);
    }
    let big5 = ReadOptions { encoding: Some("big5".into()), ..ReadOptions::default() };
    let (_, got) = get(&encode("編號,姓名\n1,王小明\n", BIG5), &big5);
    assert_eq!(got.rows, [row(&["1", "王小明"])]);
}

#[test]
fn chinese_that_begins_far_down_decides_the_encoding() {
    let mut text = String::from("id,city\n");
    for n in 0..200_000 {
        text.push_str(&format!("{n},Beijing\n"));
    }
    text.push_str("200000,上海浦东新区的一家门店\n200001,广州市天河区体育西路\n");
    let (sniffed, got) = get(&encode(&text, GB18030), &ReadOptions::default());
    assert_eq!(sniffed.encoding, "gb18030");
    assert_eq!(got.rows.last().unwrap(), &row(&["200001", "广州市天河区体育西路"]));
    assert!(got.faults.is_empty());
}

#[test]
fn bytes_that_are_no_text_cost_their_own_row() {
    let mut bytes = "id,名\n1,好的好的好的好的\n".as_bytes().to_vec();
    bytes.extend_from_slice(b"2,\xff\xfe\n3,fine\n4,\xe5\xa5");
    let (_, got) = get(&bytes, &ReadOptions { encoding: Some("utf-8".into()), ..ReadOptions::default() });
    assert_eq!(got.faults(), [(2, 3, FaultCode::Undecodable), (4, 5, FaultCode::Undecodable)]);
    assert_eq!(got.faults[0].raw, b"2,\xff\xfe\n");
    assert_eq!(got.faults[1].raw, b"4,\xe5\xa5");
    let mut bytes = encode("编号,名\n1,中文\n2,甲", GB18030);
    bytes.extend_from_slice(b"\xff\xff\n");
    bytes.extend(encode("3,乙\n4,丙", GB18030));
    bytes.push(0x81);
    let (_, got) = get(&bytes, &ReadOptions { encoding: Some("gbk".into()), ..ReadOptions::default() });
    assert_eq!(got.faults(), [(2, 3, FaultCode::Undecodable), (4, 5, FaultCode::Undecodable)]);
    assert_eq!(got.faults[0].raw, [&encode("2,甲", GB18030)[..], b"\xff\xff\n"].concat());
    assert_eq!(got.rows, [row(&["1", "中文"]), row(&["3", "乙"])]);
}

#[test]
fn other_line_ends_delimiters_and_null_texts() {
    let (sniffed, got) = get(
        b"a;b;\r1;2;\r3;NULL;\r",
        &ReadOptions { null_texts: vec![String::new(), "NULL".into()], ..ReadOptions::default() },
    );
    assert_eq!(sniffed.columns, ["a", "b"]);
    assert_eq!(got.rows, [row(&["1", "2"]), row(&["3", ""])]);
    assert_eq!(got.lines, [2, 3]);
}

#[test]
fn titles_above_the_header_are_passed_over_and_a_header_may_be_named() {
    let text =
        "会员消费明细,,\n导出时间 2024-05-01,,\n会员号,金额,时间\n1,2.5,2024-01-01\n2,3.5,2024-01-02\n";
    let (sniffed, got) = get(text.as_bytes(), &ReadOptions::default());
    assert_eq!(sniffed.columns, ["会员号", "金额", "时间"]);
    assert_eq!(codes(&sniffed), ["rows-above-header"]);
    assert_eq!(got.rows.len(), 2);
    let options: ReadOptions = serde_json::from_str(r#"{"header": false, "delimiter": ","}"#).unwrap();
    let (sniffed, got) = get(b"1,2\n3,4\n", &options);
    assert_eq!(sniffed.columns, ["column_1", "column_2"]);
    assert_eq!(got.rows.len(), 2);
    let options: ReadOptions = serde_json::from_str(r#"{"header": 9}"#).unwrap();
    assert_eq!(codes(&get(b"a,b\n1,2\n", &options).0), ["no-such-header"]);
}

#[test]
fn files_that_cannot_be_used_say_so() {
    let defaults = ReadOptions::default();
    assert_eq!(codes(&get(b"", &defaults).0), ["empty-file"]);
    assert_eq!(codes(&get(b"\n \n", &defaults).0), ["empty-file"]);
    assert_eq!(codes(&get(b"a,b\n", &defaults).0), ["no-rows"]);
    assert_eq!(codes(&get(&[0xd0, 0xcf, 0x11, 0xe0, 0, 0, 0, 0, 1], &defaults).0), ["unsupported-format"]);
    assert_eq!(codes(&get(&[0u8; 5000], &defaults).0), ["not-a-table"]);
    let wide = format!("{}\n{}\n", vec!["c"; 100_000].join(","), vec!["1"; 100_000].join(","));
    assert_eq!(codes(&get(wide.as_bytes(), &defaults).0), ["too-many-columns"]);
    let unknown = ReadOptions { encoding: Some("klingon".into()), ..ReadOptions::default() };
    assert_eq!(codes(&get(b"a,b\n1,2\n", &unknown).0), ["unknown-encoding"]);
    let long = ReadOptions { delimiter: Some("ab".into()), ..ReadOptions::default() };
    assert_eq!(codes(&get(b"a,b\n1,2\n", &long).0), ["not-one-character"]);
}

#[test]
fn a_line_of_nothing_but_delimiters_stays_small() {
    let text = format!("a,b\n1,2\n{}\n3,{}x\n5,6\n", ",".repeat(12 << 20), ",".repeat(12 << 20));
    let (_, got) = get(text.as_bytes(), &ReadOptions::default());
    assert_eq!(got.rows, [row(&["1", "2"]), row(&["5", "6"])]);
    assert_eq!(got.faults(), [(2, 4, FaultCode::WrongNumberOfCells)]);
}

#[test]
fn quotes_that_reopen_in_every_line_are_bounded() {
    let text = format!("a,b,c\n{}", "a\",,\"x\n".repeat(40_000));
    let (_, got) = get(text.as_bytes(), &ReadOptions::default());
    assert!(!got.faults.is_empty());
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn gzip_whole_in_members_cut_and_bomb() {
    let text = b"a,b\n1,2\n3,4\n";
    assert_eq!(get(&gzip(text), &ReadOptions::default()).1.rows.len(), 2);
    let members = [gzip(text), gzip(b"5,6\n")].concat();
    assert_eq!(get(&members, &ReadOptions::default()).1.rows.len(), 3);

    let mut long = String::from("a,b\n");
    for n in 0..100_000 {
        long.push_str(&format!("{n},{}\n", n * 7919 % 10_007));
    }
    let whole = gzip(long.as_bytes());
    let (sniffed, got) = get(&whole[..whole.len() / 2], &ReadOptions::default());
    assert!(!sniffed.findings.has_errors());
    assert_eq!(got.findings, ["file-cut-off"]);
    assert!(got.rows.len() > 10_000);
    assert!(got.faults().iter().all(|fault| fault.2 == FaultCode::CutOff), "{:?}", got.faults());

    let bomb = gzip(&[&b"a,b\n1,2\n"[..], &vec![b'x'; 200 << 20]].concat());
    assert!(bomb.len() < 2 << 20);
    let options = ReadOptions { max_unpacked_bytes: 100 << 20, ..ReadOptions::default() };
    let (_, got) = get(&bomb, &options);
    assert_eq!(got.rows.len(), 1);
    assert_eq!(got.faults(), [(2, 3, FaultCode::CellTooLong)]);
    assert_eq!(got.findings, ["unpacks-too-large", "high-compression"]);
    assert_eq!(got.summary.unpacked_bytes, 100 << 20);
}

#[test]
fn max_rows_ends_the_reading() {
    let options = ReadOptions { max_rows: Some(2), ..ReadOptions::default() };
    assert_eq!(get(b"a,b\n1,2\n3,4\n5,6\n", &options).1.rows.len(), 2);
}

/// How fast, on a real file, when asked: `GRADUS_SPEED_FILE=… cargo test speed -- --ignored`.
#[test]
#[ignore = "measures"]
fn speed() {
    let Ok(path) = std::env::var("GRADUS_SPEED_FILE") else { return };
    let path = PathBuf::from(path);
    let options = ReadOptions::default();
    let sniffed = sniff(&path, &options, None).unwrap();
    for _ in 0..5 {
        let start = std::time::Instant::now();
        let mut reader = read(&path, &sniffed, &options, None).unwrap();
        let rows: usize = reader
            .by_ref()
            .map(|item| if let RawItem::Batch(batch) = item.unwrap() { batch.rows.num_rows() } else { 0 })
            .sum();
        let seconds = start.elapsed().as_secs_f64();
        let megabytes = reader.summary().unpacked_bytes as f64 / 1e6;
        eprintln!("{rows} rows, {megabytes:.1} MB, {seconds:.3} s, {:.0} MB/s", megabytes / seconds);
    }
}

fn cell() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-z0-9 .]{0,8}",
        2 => "[一-龥]{1,5}",
        1 => "[a,;|\t\"'\r\n 中]{0,6}",
        1 => "[\u{3400}-\u{4DB5}𠀀-𠀿é€]{0,3}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// Any table comes back as it was written, under any delimiter, quote and encoding.
    #[test]
    fn any_table_comes_back(
        rows in (1usize..6).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..30)),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        quote in prop::sample::select(vec![b'"', b'\'']),
        encoding in prop::sample::select(vec![UTF_8, GB18030, UTF_16LE, UTF_16BE]),
        line_end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        quote_all in any::<bool>(),
        final_line_end in any::<bool>(),
    ) {
        let (delimiter_char, quote_char) = (char::from(delimiter), char::from(quote));
        let header: Vec<String> = (0..rows[0].len()).map(|column| format!("列{column}")).collect();
        let mut text = String::new();
        for (index, row) in std::iter::once(&header).chain(&rows).enumerate() {
            if index > 0 { text.push_str(line_end); }
            for (column, cell) in row.iter().enumerate() {
                if column > 0 { text.push(delimiter_char); }
                let blank = row.iter().all(String::is_empty);
                if quote_all || blank || cell.contains([delimiter_char, quote_char, '\r', '\n']) {
                    text.push(quote_char);
                    text.push_str(&cell.replace(quote_char, &format!("{quote_char}{quote_char}")));
                    text.push(quote_char);
                } else {
                    text.push_str(cell);
                }
            }
        }
        if final_line_end { text.push_str(line_end); }
        let options = ReadOptions {
            encoding: Some(encoding.name().to_string()),
            delimiter: Some(if delimiter == b'\t' { "tab".into() } else { delimiter_char.to_string() }),
            quote: Some(quote_char.to_string()),
            header: Some(crate::collect::Header::Present(true)),
            ..ReadOptions::default()
        };
        let (sniffed, got) = get(&encode(&text, encoding), &options);
        prop_assert_eq!(&sniffed.columns, &header);
        let expected: Vec<Row> =
            rows.iter().map(|row| row.iter().map(|cell| (!cell.is_empty()).then(|| cell.clone())).collect()).collect();
        prop_assert_eq!(got.faults.len(), 0);
        prop_assert_eq!(got.rows, expected);
    }

    /// Whatever the bytes are, reading ends, loses no row and does not panic.
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(prop_oneof![4 => any::<u8>(), 6 => prop::sample::select(b"a1,\"\n\r;\xe4\xb8\xad".to_vec())], 0..400)) {
        get(&bytes, &ReadOptions::default());
        let gbk = ReadOptions { encoding: Some("gb18030".into()), max_cell_bytes: 16, ..ReadOptions::default() };
        get(&bytes, &gbk);
        get(&bytes, &ReadOptions { encoding: Some("utf-16le".into()), ..ReadOptions::default() });
    }
}
