//! Graded customers as files that people and other programs open: CSV, Excel, Parquet.
//!
//! Identifiers leave only on request, through a function that the caller gives, who also writes the
//! audit log. A file appears whole or not at all, and only its owner can read one with identifiers.

mod cell;
mod csv_file;
mod excel;
mod pick;
mod place;

use std::path::Path;
use std::sync::Arc;

use gradus_ledger::table::Disk;
use gradus_model::Lang;
use serde::{Deserialize, Serialize};

pub use cell::safe_text;
pub use pick::Who;
pub(crate) use place::{Part, is_free, write_small};

use crate::summary::GradedBase;

/// What kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// UTF-8 with a byte order mark, so that Excel reads Chinese.
    Csv,
    /// For older Chinese programs.
    CsvGb18030,
    Excel,
    Parquet,
}

impl FileKind {
    /// By the file's ending: `csv`, `xlsx`, `parquet`.
    pub fn from_path(path: &Path) -> Option<FileKind> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(FileKind::Csv),
            "xlsx" => Some(FileKind::Excel),
            "parquet" => Some(FileKind::Parquet),
            _ => None,
        }
    }
}

#[derive(Debug, Clone)]
pub struct ExportOptions {
    pub kind: FileKind,
    pub who: Who,
    /// Names of columns in the wanted order; all if empty. The customer always comes first.
    pub columns: Vec<String>,
    pub lang: Lang,
    /// Titles as headings and as level names, for people; names otherwise, for programs.
    pub titles: bool,
    /// Text that a spreadsheet would run gets a `'` before it. Only programs that read the file as
    /// it is want this off. Excel and Parquet hold text as text and need it not.
    pub guard_formulas: bool,
}

/// For each customer of a batch, in order, the identifiers as (kind, value).
pub type Identifiers<'i> = dyn Fn(&[i64]) -> Result<Vec<Vec<(String, String)>>, IdentifierError> + 'i;

/// Whatever went wrong with the caller's identifiers.
pub type IdentifierError = Box<dyn std::error::Error + Send + Sync>;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    pub n_customers: u64,
    pub n_columns: u64,
    pub n_sheets: u64,
    pub n_bytes: u64,
    /// Texts that got a `'` before them.
    pub n_guarded: u64,
    /// Texts with characters that GB18030 cannot hold; each such character became `?`.
    pub n_unmappable: u64,
    pub with_identifiers: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("there is no column `{0}` among the graded customers")]
    UnknownColumn(String),
    #[error("the scheme `{scheme}` has no level `{level}`")]
    UnknownLevel { scheme: String, level: String },
    #[error("`{0}` is not a segment")]
    NotASegment(String),
    #[error("identifiers were asked for, but those of {expected} customers came as {found}")]
    Identifiers { expected: usize, found: usize },
    #[error("identifiers could not be read: {0}")]
    IdentifierSource(#[source] IdentifierError),
    #[error("the file could not be written: {0}")]
    File(#[from] std::io::Error),
    #[error("graded customers could not be read: {0}")]
    Arrow(#[from] arrow::error::ArrowError),
    #[error("Parquet could not be written: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("Excel could not be written: {0}")]
    Excel(#[from] rust_xlsxwriter::XlsxError),
}

/// Writes the chosen customers to `path`, replacing what is there. With `identifiers` their kinds
/// become columns after the customer, and the file is its owner's alone.
pub fn export(
    disk: &Arc<dyn Disk>,
    base: &GradedBase,
    path: &Path,
    options: &ExportOptions,
    identifiers: Option<&Identifiers<'_>>,
) -> Result<ExportReport, ExportError> {
    let table = pick::pick(base, options, identifiers)?;
    place::write_whole(disk, path, identifiers.is_some(), |file| {
        let written = match options.kind {
            FileKind::Csv => csv_file::write(&table, file, options, false)?,
            FileKind::CsvGb18030 => csv_file::write(&table, file, options, true)?,
            FileKind::Excel => excel::write(&table, file)?,
            FileKind::Parquet => pick::write_parquet(&table, file)?,
        };
        Ok(ExportReport {
            n_customers: table.n_rows() as u64,
            n_columns: table.headings.len() as u64,
            n_bytes: 0,
            with_identifiers: identifiers.is_some(),
            ..written
        })
    })
}

impl ExportReport {
    fn empty() -> ExportReport {
        ExportReport {
            n_customers: 0,
            n_columns: 0,
            n_sheets: 0,
            n_bytes: 0,
            n_guarded: 0,
            n_unmappable: 0,
            with_identifiers: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read;

    use super::*;
    use crate::summary::synthetic::{Month, base};

    fn written(
        base: &GradedBase,
        path: &Path,
        options: &ExportOptions,
        identifiers: Option<&Identifiers<'_>>,
    ) -> Result<ExportReport, ExportError> {
        let disk: Arc<dyn Disk> = Arc::new(gradus_ledger::table::RealDisk);
        export(&disk, base, path, options, identifiers)
    }

    fn options(kind: FileKind) -> ExportOptions {
        ExportOptions {
            kind,
            who: Who::Everyone,
            columns: vec!["tier".into(), "value".into(), "sleeping".into()],
            lang: Lang::Zh,
            titles: true,
            guard_formulas: true,
        }
    }

    fn names(customers: &[i64]) -> Result<Vec<Vec<(String, String)>>, IdentifierError> {
        Ok(customers
            .iter()
            .map(|id| match id % 3 {
                0 => vec![("phone".into(), "+8613800000000".into()), ("name".into(), "=1+1".into())],
                1 => vec![("name".into(), "张三😀".into())],
                _ => vec![],
            })
            .collect())
    }

    #[test]
    fn csv_opens_in_excel_and_has_no_formula() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.csv");
        let report = written(&base(Month(0), 30), &path, &options(FileKind::Csv), Some(&names)).unwrap();
        assert_eq!((report.n_customers, report.n_columns, report.n_guarded), (30, 6, 20));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("\u{feff}客户,name,phone,会员等级,价值评分,沉睡客户\r\n"), "{text}");
        assert!(text.contains("\r\n3,'=1+1,'+8613800000000,"), "{text}");
        assert_eq!(report.n_bytes, text.len() as u64);
        let mut off = options(FileKind::Csv);
        off.guard_formulas = false;
        assert_eq!(written(&base(Month(0), 30), &path, &off, Some(&names)).unwrap().n_guarded, 0);
        assert!(std::fs::read_to_string(&path).unwrap().contains("\r\n3,=1+1,+8613800000000,"));
    }

    #[cfg(unix)]
    #[test]
    fn identifiers_are_the_owners_alone_and_nothing_half_written_stays() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.csv");
        std::fs::write(&path, "before").unwrap();
        let failing =
            |_: &[i64]| -> Result<Vec<Vec<(String, String)>>, IdentifierError> { Err("closed".into()) };
        assert!(written(&base(Month(0), 9), &path, &options(FileKind::Csv), Some(&failing)).is_err());
        let short = |_: &[i64]| -> Result<Vec<Vec<(String, String)>>, IdentifierError> { Ok(vec![]) };
        let error = written(&base(Month(0), 9), &path, &options(FileKind::Csv), Some(&short)).unwrap_err();
        assert!(matches!(error, ExportError::Identifiers { .. }));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "before");
        written(&base(Month(0), 9), &path, &options(FileKind::Csv), Some(&names)).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn gb18030_says_what_it_could_not_hold() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.csv");
        let report =
            written(&base(Month(0), 9), &path, &options(FileKind::CsvGb18030), Some(&names)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let (text, _, wrong) = encoding_rs::GB18030.decode(&bytes);
        // GB18030 holds all of Unicode's scalar values but a few.
        assert!(!wrong && text.contains("张三😀") && text.starts_with("客户,"), "{text}");
        assert_eq!(report.n_unmappable, 0);
        let private = |ids: &[i64]| {
            Ok(ids.iter().map(|_| vec![("name".to_string(), "好\u{E5E5}".to_string())]).collect())
        };
        let report =
            written(&base(Month(0), 9), &path, &options(FileKind::CsvGb18030), Some(&private)).unwrap();
        assert_eq!(report.n_unmappable, 9);
        let bytes = std::fs::read(&path).unwrap();
        assert!(encoding_rs::GB18030.decode(&bytes).0.contains(",好?,"));
    }

    #[test]
    fn a_level_or_a_segment_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gold.parquet");
        let mut gold = options(FileKind::Parquet);
        gold.titles = false;
        gold.who = Who::Level { scheme: "tier".into(), level: "gold".into() };
        let all = base(Month(0), 500);
        let n = written(&all, &path, &gold, None).unwrap().n_customers;
        let file = std::fs::File::open(&path).unwrap();
        let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
        let batches: Vec<_> = reader.build().unwrap().map(Result::unwrap).collect();
        assert_eq!(batches.iter().map(|b| b.num_rows() as u64).sum::<u64>(), n);
        assert!(n > 10 && n < 400);
        let found: BTreeSet<String> = batches[0].schema().fields().iter().map(|f| f.name().clone()).collect();
        assert_eq!(found, ["customer", "sleeping", "tier", "value"].map(String::from).into());
        gold.who = Who::Segment("sleeping".into());
        assert!(written(&all, &path, &gold, None).unwrap().n_customers < 300);
        gold.who = Who::Level { scheme: "tier".into(), level: "platinum".into() };
        assert!(matches!(written(&all, &path, &gold, None), Err(ExportError::UnknownLevel { .. })));
        gold.who = Who::Segment("tier".into());
        assert!(matches!(written(&all, &path, &gold, None), Err(ExportError::NotASegment(_))));
        gold.columns.push("no_such".into());
        assert!(written(&all, &path, &gold, None).is_err());
    }

    #[test]
    fn excel_holds_text_as_text_and_numbers_as_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("customers.xlsx");
        let report = written(&base(Month(0), 30), &path, &options(FileKind::Excel), Some(&names)).unwrap();
        assert_eq!((report.n_sheets, report.n_customers, report.n_guarded), (1, 30, 0));
        let mut bytes = Vec::new();
        std::fs::File::open(&path).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes.starts_with(b"PK") && report.n_bytes == bytes.len() as u64);
    }
}
