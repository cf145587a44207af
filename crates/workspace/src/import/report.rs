//! What became of the files of an import: each has its own report, whatever became of the others.

use gradus_ledger::clean::Tally;
use gradus_ledger::quality::{QualityReport, Reconciliation};
use gradus_model::{Findings, Text};
use serde::Serialize;

use super::newcomers::Customers;
use crate::WorkspaceError;

/// What became of all files, in the order in which they were read.
#[derive(Debug)]
pub struct ImportReport {
    pub files: Vec<FileReport>,
    /// Why the world stopped the import before all files were read; what is reported counts.
    pub broke: Option<WorkspaceError>,
}

/// What became of one file.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum FileReport {
    /// Its events count, but for the rows that are told.
    Imported(Box<Imported>),
    /// Nothing of it counts.
    Refused {
        file: String,
        /// None if no source is known for it.
        source: Option<String>,
        findings: Findings,
    },
}

/// What became of one file that was read.
#[derive(Debug, Clone, Serialize)]
pub struct Imported {
    pub file: String,
    pub source: String,
    /// None for a dry run.
    pub import: Option<i64>,
    pub dry_run: bool,
    /// Data rows of the file; blank ones are passed over.
    pub rows: u64,
    pub blank_rows: u64,
    /// Rows that could not be read at all; they are among the quarantined.
    pub unreadable: u64,
    pub tally: Tally,
    /// Read = attributed + unattributed + retractions + skipped + quarantined (对账), in rows and money.
    pub reconciliation: Reconciliation,
    pub quality: QualityReport,
    pub quarantined: u64,
    /// Links between identities that this import added or took back.
    pub link_changes: u64,
    pub new_identities: u64,
    /// Whom it would bring; none once it is imported.
    pub customers: Option<Customers>,
    pub findings: Findings,
    /// Examples of refused rows: number and reason.
    pub examples: Vec<(u64, Text)>,
    pub seconds: f64,
}

impl ImportReport {
    /// True if every file was read to its end and nothing about any file is wrong as a whole.
    pub fn is_whole(&self) -> bool {
        self.broke.is_none() && self.files.iter().all(|file| !file.findings().has_errors())
    }

    /// How many files were imported, and how many refused.
    pub fn counts(&self) -> (usize, usize) {
        let n_imported = self.files.iter().filter(|file| matches!(file, FileReport::Imported(_))).count();
        (n_imported, self.files.len() - n_imported)
    }
}

impl FileReport {
    pub fn findings(&self) -> &Findings {
        match self {
            FileReport::Imported(imported) => &imported.findings,
            FileReport::Refused { findings, .. } => findings,
        }
    }
}

impl Imported {
    pub(super) fn new(file: String, source: &str, dry_run: bool, findings: Findings) -> Imported {
        Imported {
            file,
            source: source.to_string(),
            import: None,
            dry_run,
            rows: 0,
            blank_rows: 0,
            unreadable: 0,
            tally: Tally::default(),
            reconciliation: Reconciliation::default(),
            quality: QualityReport::default(),
            quarantined: 0,
            link_changes: 0,
            new_identities: 0,
            customers: None,
            findings,
            examples: Vec::new(),
            seconds: 0.0,
        }
    }

    pub(super) fn example(&mut self, row: u64, reason: &Text) {
        if self.examples.len() < 10 {
            self.examples.push((row, reason.clone()));
        }
    }
}
