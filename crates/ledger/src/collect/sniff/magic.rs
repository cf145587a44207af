//! What a file really is, by its first bytes: a name may promise anything. What no table can be read
//! from is refused by the name of what it is, before somebody maps the columns of a picture.

use std::io::Read;
use std::path::Path;

use gradus_model::{Finding, Place, Text};

use crate::collect::excel;
use crate::collect::input_file::InputFile;
use crate::error::LedgerError;

/// Bytes from the start of a file that tell what it is: a tar archive says so at byte 257.
pub(super) const HEAD_BYTES: usize = 512;

/// OLE compound files: workbooks of old Excel, and encrypted ones of the new.
const OLE: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0];
/// How far the directory of a compound file is looked for.
const OLE_SEARCH_BYTES: u64 = 256 << 20;

/// Sorts of files, each with a remedy of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Picture,
    /// Text on pages.
    Document,
    Archive,
    /// A table in marks that a browser reads; many systems write it and name it `.xls`.
    Markup,
    Database,
}

/// First bytes, how people call the file, and what sort of file it is.
const KINDS: [(&[u8], &str, &str, Sort); 21] = [
    (b"\x89PNG\r\n\x1a\n", "图片（PNG）", "a picture (PNG)", Sort::Picture),
    // A transfer as text may have spoiled the line ends of the mark.
    (b"\x89PNG", "图片（PNG）", "a picture (PNG)", Sort::Picture),
    (b"\xff\xd8\xff", "图片（JPEG）", "a picture (JPEG)", Sort::Picture),
    (b"GIF87a", "图片（GIF）", "a picture (GIF)", Sort::Picture),
    (b"GIF89a", "图片（GIF）", "a picture (GIF)", Sort::Picture),
    (b"II*\0", "图片（TIFF）", "a picture (TIFF)", Sort::Picture),
    (b"MM\0*", "图片（TIFF）", "a picture (TIFF)", Sort::Picture),
    (b"%PDF", " PDF 文件", "a PDF file", Sort::Document),
    (b"{\\rtf", "文字文档（RTF）", "a text document (RTF)", Sort::Document),
    (b"BZh", "压缩文件（bzip2）", "an archive (bzip2)", Sort::Archive),
    (&[0x28, 0xb5, 0x2f, 0xfd], "压缩文件（zstd）", "an archive (zstd)", Sort::Archive),
    (b"7z\xbc\xaf", "压缩文件（7z）", "an archive (7z)", Sort::Archive),
    (b"Rar!", "压缩文件（RAR）", "an archive (RAR)", Sort::Archive),
    (b"\xfd7zXZ", "压缩文件（xz）", "an archive (xz)", Sort::Archive),
    (b"<!doctype html", "网页（HTML）", "a web page (HTML)", Sort::Markup),
    (b"<html", "网页（HTML）", "a web page (HTML)", Sort::Markup),
    (b"<table", "网页（HTML）", "a web page (HTML)", Sort::Markup),
    (b"<?xml", " XML 文件", "an XML file", Sort::Markup),
    (b"SQLite format 3\0", "数据库（SQLite）", "a database (SQLite)", Sort::Database),
    (b"\0\x01\0\0Standard Jet DB", "数据库（Access）", "a database (Access)", Sort::Database),
    (b"\0\x01\0\0Standard ACE DB", "数据库（Access）", "a database (Access)", Sort::Database),
];

/// What a name's ending promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Promised {
    Excel,
    Csv,
    JsonLines,
    Parquet,
    Nothing,
}

impl Promised {
    /// By the last ending, that of the packing not counted.
    pub(super) fn by(path: &Path) -> Promised {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or("").to_ascii_lowercase();
        let name = name.strip_suffix(".gz").unwrap_or(&name);
        match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "xlsx" | "xls" | "xlsm" | "xlsb" => Promised::Excel,
            "csv" | "tsv" | "txt" => Promised::Csv,
            "json" | "jsonl" | "ndjson" => Promised::JsonLines,
            "parquet" => Promised::Parquet,
            _ => Promised::Nothing,
        }
    }

    /// The end of a sentence that says what the file is: what it is not.
    fn is_not(self) -> (&'static str, &'static str) {
        match self {
            Promised::Excel => ("，不是 Excel 文件", ", no Excel file"),
            Promised::Csv => ("，不是 CSV 表格", ", no CSV table"),
            Promised::JsonLines => ("，不是 JSON 行", ", no JSON lines"),
            Promised::Parquet => ("，不是 Parquet 文件", ", no Parquet file"),
            Promised::Nothing => ("", ""),
        }
    }
}

/// A file that is recognised by its first bytes and cannot be read.
pub(super) fn refused(file: &InputFile, head: &[u8], place: &Place) -> Result<Option<Finding>, LedgerError> {
    if head.starts_with(OLE) {
        return compound(file, place).map(Some);
    }
    Ok(kind(head).map(|(zh, en, sort)| unsupported(file.path(), (zh, en), remedy(sort), place)))
}

/// What was packed with gzip and is no text.
pub(super) fn refused_inside(path: &Path, head: &[u8], place: &Place) -> Option<Finding> {
    let unpack = || {
        Text::new(
            "先用解压程序解开 .gz，再导入里面的文件",
            "unpack the .gz file first and import what is inside",
        )
    };
    let packed = if head.starts_with(b"PK\x03\x04") {
        Some(("用 gzip 打包的工作簿或 zip 压缩文件", "a workbook or zip archive packed with gzip"))
    } else if head.starts_with(OLE) {
        Some(("用 gzip 打包的 Office 文件", "an Office file packed with gzip"))
    } else if head.starts_with(b"PAR1") {
        Some(("用 gzip 打包的 Parquet 文件", "a Parquet file packed with gzip"))
    } else if head.get(257..262) == Some(&b"ustar"[..]) {
        Some(("打包文件（tar）", "an archive (tar)"))
    } else {
        None
    };
    match packed {
        Some(what) => Some(finding(what.0.to_string(), what.1.to_string(), unpack(), place)),
        None => kind(head).map(|(zh, en, sort)| unsupported(path, (zh, en), remedy(sort), place)),
    }
}

/// A file that is no text and nothing that is known by its first bytes.
pub(super) fn not_a_table(path: &Path, place: &Place) -> Finding {
    let what = match Promised::by(path) {
        Promised::Excel => {
            Text::new("这不是 Excel 文件，也不是文字文件", "this is no Excel file, and no text either")
        }
        _ => Text::new("这不像表格或文字文件", "this does not look like a table or a text"),
    };
    Finding::error(
        "not-a-table",
        place.clone(),
        what,
        Text::new(
            "请导出 CSV、Excel（.xlsx）、JSON 行或 Parquet",
            "export CSV, Excel (.xlsx), JSON lines or Parquet",
        ),
    )
}

/// A text under a name of Excel's: many systems write CSV and call it `.xls`, so it is read, and said.
pub(super) fn text_named_excel(place: &Place) -> Finding {
    Finding::warning(
        "not-excel",
        place.clone(),
        Text::new(
            "文件名是 Excel，内容却是文字，按文字表格读取",
            "the name says Excel, but the content is text; it is read as a table of text",
        ),
        Text::new(
            "请看预览；不对时在 Excel 中打开，另存为 .xlsx",
            "look at the preview; if it is wrong, open the file in Excel and save it as .xlsx",
        ),
    )
}

fn kind(head: &[u8]) -> Option<(&'static str, &'static str, Sort)> {
    let starts = |mark: &[u8]| {
        let from = match mark.first() {
            // Marks of markup may follow a byte-order mark and blanks, in any case.
            Some(b'<') => {
                let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
                text.trim_ascii_start()
            }
            _ => head,
        };
        from.get(..mark.len()).is_some_and(|start| match mark.first() {
            Some(b'<') => start.eq_ignore_ascii_case(mark),
            _ => start == mark,
        })
    };
    if let Some((_, zh, en, sort)) = KINDS.iter().find(|(mark, ..)| starts(mark)) {
        return Some((zh, en, *sort));
    }
    // Pictures whose mark is not all at the start. No text has zero bytes where a bitmap has them.
    if head.starts_with(b"BM") && head.get(6..10) == Some(&[0; 4][..]) {
        return Some(("图片（BMP）", "a picture (BMP)", Sort::Picture));
    }
    if head.starts_with(b"RIFF") && head.get(8..12) == Some(&b"WEBP"[..]) {
        return Some(("图片（WebP）", "a picture (WebP)", Sort::Picture));
    }
    if head.get(4..8) == Some(&b"ftyp"[..]) && head.first() == Some(&0) {
        return Some(("图片或视频（HEIC、MP4）", "a picture or film (HEIC, MP4)", Sort::Picture));
    }
    None
}

fn remedy(sort: Sort) -> Text {
    match sort {
        Sort::Picture => Text::new(
            "请导出表格本身（Excel .xlsx、CSV、JSON 行或 Parquet），而不是它的截图",
            "export the table itself (Excel .xlsx, CSV, JSON lines or Parquet), not a picture of it",
        ),
        Sort::Document => Text::new(
            "请在生成它的系统里导出 CSV、Excel（.xlsx）、JSON 行或 Parquet",
            "export CSV, Excel (.xlsx), JSON lines or Parquet from the system that made it",
        ),
        Sort::Archive => {
            Text::new("请先解压，或用 gzip 压缩", "unpack the file first, or compress it with gzip")
        }
        Sort::Markup => Text::new(
            "在 Excel 中打开，另存为 .xlsx 或 CSV UTF-8",
            "open it in Excel and save it as .xlsx or CSV UTF-8",
        ),
        Sort::Database => Text::new(
            "请把需要的表导出为 CSV、JSON 行或 Parquet",
            "export the table that is needed as CSV, JSON lines or Parquet",
        ),
    }
}

fn unsupported(path: &Path, (zh, en): (&str, &str), right: Text, place: &Place) -> Finding {
    let (not_zh, not_en) = Promised::by(path).is_not();
    finding(format!("{zh}{not_zh}"), format!("{en}{not_en}"), right, place)
}

/// `zh` and `en` complete "this is".
fn finding(zh: String, en: String, right: Text, place: &Place) -> Finding {
    let what = Text::new(format!("这是{zh}"), format!("this is {en}"));
    Finding::error("unsupported-format", place.clone(), what, right)
}

/// An OLE compound file: which of Office's, by the names in its directory.
fn compound(file: &InputFile, place: &Place) -> Result<Finding, LedgerError> {
    let path = file.path();
    let resave = || {
        Text::new(
            "在 Excel 中另存为不加密的 .xlsx 或 CSV UTF-8",
            "save it in Excel as .xlsx without password, or as CSV UTF-8",
        )
    };
    let words = match stream_of(file)? {
        Some(Stream::Encrypted) => return Ok(excel::encrypted(place)),
        Some(Stream::Workbook) => {
            return Ok(finding(
                "旧版 Excel（.xls）".into(),
                "an old Excel workbook (.xls)".into(),
                resave(),
                place,
            ));
        }
        Some(Stream::Document) => ("文字文档（Word .doc）", "a text document (Word .doc)"),
        Some(Stream::Slides) => ("演示文稿（PowerPoint）", "a presentation (PowerPoint)"),
        None => {
            let what =
                ("旧版 Excel（.xls）或加密的工作簿", "an old Excel workbook (.xls) or an encrypted one");
            return Ok(finding(what.0.into(), what.1.into(), resave(), place));
        }
    };
    Ok(unsupported(path, words, remedy(Sort::Document), place))
}

/// The stream that says which program a compound file is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stream {
    Encrypted,
    Workbook,
    Document,
    Slides,
}

const STREAMS: [(&str, Stream); 6] = [
    ("EncryptedPackage", Stream::Encrypted),
    ("EncryptionInfo", Stream::Encrypted),
    ("Workbook", Stream::Workbook),
    ("Book", Stream::Workbook),
    ("WordDocument", Stream::Document),
    ("PowerPoint Document", Stream::Slides),
];

/// Entries of the directory are 128 bytes and lie at multiples of that: name in UTF-16, then its length
/// in bytes, end mark included ([MS-CFB] 2.6.1). They are looked for by their look, so that a file whose
/// tables are damaged is called by its name too.
fn stream_of(file: &InputFile) -> Result<Option<Stream>, LedgerError> {
    const ENTRY: usize = 128;
    let mut reader = file.open()?.take(OLE_SEARCH_BYTES);
    let mut chunk = Vec::with_capacity(64 << 10);
    loop {
        chunk.clear();
        let n = reader.by_ref().take(64 << 10).read_to_end(&mut chunk);
        if n.map_err(|source| LedgerError::io(file.path(), source))? == 0 {
            return Ok(None);
        }
        for entry in chunk.chunks_exact(ENTRY) {
            let named = STREAMS.iter().find(|(name, _)| {
                let wide: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
                entry.starts_with(&wide) && entry[64..66] == (wide.len() as u16).to_le_bytes()
            });
            if let Some((_, stream)) = named {
                return Ok(Some(*stream));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use gradus_model::Severity;

    use crate::collect::{ReadOptions, Sniffed, sniff};

    fn look(name: &str, bytes: &[u8]) -> Sniffed {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        sniff(&path, &ReadOptions::default(), None).unwrap()
    }

    /// Code and words of the error that a file is refused with.
    fn refusal(name: &str, bytes: &[u8]) -> (&'static str, String, String) {
        let sniffed = look(name, bytes);
        let mut errors = sniffed.findings.iter().filter(|finding| finding.severity == Severity::Error);
        let error = errors.next().unwrap_or_else(|| panic!("{name} is taken for {:?}", sniffed.columns));
        assert!(errors.next().is_none() && sniffed.columns.is_empty(), "{name}");
        assert!(!error.right.zh.is_empty() && !error.right.en.is_empty());
        (error.code, error.what.zh.clone(), error.what.en.clone())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(bytes).unwrap();
        packed.finish().unwrap()
    }

    /// A compound file with these streams, as far as a directory goes.
    fn compound(streams: &[&str]) -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        bytes[..8].copy_from_slice(&[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]);
        for name in ["Root Entry"].iter().chain(streams) {
            let mut entry = [0; 128];
            let wide: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
            entry[..wide.len()].copy_from_slice(&wide);
            entry[64..66].copy_from_slice(&(wide.len() as u16).to_le_bytes());
            bytes.extend_from_slice(&entry);
        }
        bytes.resize(4096, 0xff);
        bytes
    }

    /// The start of a picture with some of its lines, as a program wrote them.
    fn png() -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\0\0\0\x01\0\x08\x06\0\0\0".to_vec();
        bytes.extend((0..4000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 21) as u8 | 0x80));
        bytes
    }

    #[test]
    fn a_picture_is_no_table_whatever_its_name_says() {
        let (code, zh, en) = refusal("orders.xlsx", &png());
        assert_eq!((code, zh.as_str()), ("unsupported-format", "这是图片（PNG），不是 Excel 文件"));
        assert_eq!(en, "this is a picture (PNG), no Excel file");
        assert_eq!(refusal("orders.csv", &png()).2, "this is a picture (PNG), no CSV table");
        assert_eq!(refusal("orders", &png()).2, "this is a picture (PNG)");
        assert_eq!(refusal("orders.csv.gz", &gzip(&png())).2, "this is a picture (PNG), no CSV table");
        let jpeg = [&b"\xff\xd8\xff\xe0\0\x10JFIF\0"[..], &png()[40..]].concat();
        assert_eq!(refusal("订单.xls", &jpeg).1, "这是图片（JPEG），不是 Excel 文件");
        let bitmap = [&b"BM\x36\x10\0\0\0\0\0\0\x36\0\0\0"[..], &[0x80; 4096]].concat();
        assert_eq!(refusal("orders.csv", &bitmap).2, "this is a picture (BMP), no CSV table");
    }

    #[test]
    fn documents_pages_and_databases_are_called_by_their_names() {
        for (name, bytes, en) in [
            ("a.csv", &b"%PDF-1.7\n1 0 obj\n"[..], "this is a PDF file, no CSV table"),
            (
                "a.xls",
                b"\n<HTML><body><table><tr><td>1</td></tr>",
                "this is a web page (HTML), no Excel file",
            ),
            (
                "a.xls",
                b"\xef\xbb\xbf<?xml version=\"1.0\"?>\n<Workbook/>",
                "this is an XML file, no Excel file",
            ),
            ("a.parquet", b"SQLite format 3\0\x10\0", "this is a database (SQLite), no Parquet file"),
            ("a.csv", b"Rar!\x1a\x07\0", "this is an archive (RAR), no CSV table"),
            ("a.jsonl", b"{\\rtf1\\ansi hello}", "this is a text document (RTF), no JSON lines"),
        ] {
            assert_eq!(refusal(name, bytes).2, en);
        }
    }

    #[test]
    fn an_office_file_of_old_says_which_and_an_encrypted_one_that_it_is() {
        let encrypted =
            compound(&["\u{6}DataSpaces", "Version", "DataSpaceMap", "EncryptionInfo", "EncryptedPackage"]);
        assert_eq!(refusal("orders.xlsx", &encrypted).0, "excel-encrypted");
        let old = compound(&["Workbook", "\u{5}SummaryInformation"]);
        assert_eq!(refusal("orders.xls", &old).2, "this is an old Excel workbook (.xls)");
        let word = compound(&["1Table", "WordDocument"]);
        assert_eq!(refusal("orders.xls", &word).2, "this is a text document (Word .doc), no Excel file");
        let unknown = refusal("orders.xls", &compound(&[])).2;
        assert_eq!(unknown, "this is an old Excel workbook (.xls) or an encrypted one");
    }

    #[test]
    fn bytes_that_nothing_is_known_of_are_no_table() {
        // A linear congruential sequence: every byte value comes equally often.
        let mut state = 7u32;
        let noise: Vec<u8> = (0..20_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        assert_eq!(refusal("orders.csv", &noise).0, "not-a-table");
        let (code, _, en) = refusal("orders.xlsx", &noise);
        assert_eq!((code, en.as_str()), ("not-a-table", "this is no Excel file, and no text either"));
    }

    #[test]
    fn what_is_packed_in_gzip_is_looked_at() {
        let workbook = gzip(b"PK\x03\x04\x14\0\x06\0[Content_Types].xml");
        assert_eq!(refusal("a.xlsx.gz", &workbook).2, "this is a workbook or zip archive packed with gzip");
        let mut tar = vec![b'x'; 1024];
        tar[257..262].copy_from_slice(b"ustar");
        assert_eq!(refusal("a.csv.gz", &gzip(&tar)).2, "this is an archive (tar)");
        // Under any name, gzip of a table is that table.
        let table = look("orders.csv", &gzip(b"id,amount\n1,2.5\n"));
        assert!(table.findings.is_empty(), "{:?}", table.findings);
        assert_eq!(table.columns, ["id", "amount"]);
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        for (name, bytes) in [
            ("a.xlsx", &b""[..]),
            ("a.csv", b""),
            ("a.csv", b" \r\n\r\n"),
            ("a.csv", b"\xef\xbb\xbf"),
            ("a.csv", b"\xff\xfe"),
        ] {
            assert_eq!(refusal(name, bytes).0, "empty-file", "{bytes:?}");
        }
        assert_eq!(refusal("a.csv.gz", &gzip(b"")).0, "empty-file");
    }

    #[test]
    fn text_under_a_name_of_excel_is_read_and_said() {
        let gbk = [&b"\xbf\xcd\xbb\xa7\xba\xc5,\xbd\xf0\xb6\xee\n"[..], b"C1,2.5\nC2,3.5\n"].concat();
        let sniffed = look("orders.xls", &gbk);
        assert_eq!(sniffed.columns, ["客户号", "金额"]);
        assert!(!sniffed.findings.has_errors());
        assert!(sniffed.findings.iter().any(|finding| finding.code == "not-excel"), "{:?}", sniffed.findings);
        let sniffed = look("orders.csv", &gbk);
        assert!(sniffed.findings.iter().all(|finding| finding.code != "not-excel"));
    }
}
