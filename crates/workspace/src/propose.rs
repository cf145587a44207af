//! `gradus import --propose`: a source document from a file's headers and values.

use std::path::Path;

use gradus_ledger::collect::propose::propose as propose_columns;
use gradus_ledger::collect::{ExcelProgram, ReadOptions, sniff};
use gradus_ledger::propose::{SourceDraft, source_document};
use gradus_model::Findings;

use crate::WorkspaceError;

/// Proposes a source for one file: the document's text, and what was noticed.
pub fn propose(file: &Path, excel: Option<&ExcelProgram>) -> Result<(String, Findings), WorkspaceError> {
    let sniffed = sniff(file, &ReadOptions::default(), excel)?;
    if sniffed.findings.has_errors() {
        return Err(sniffed.findings.into());
    }
    let proposal = propose_columns(&sniffed, &sniffed.sample);
    let name = file.file_name().and_then(|name| name.to_str()).unwrap_or("file");
    let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or("file");
    let draft = SourceDraft { title: stem.to_string(), files: vec![name.to_string()], history: true };
    let text = source_document(&proposal, &draft);
    let mut findings = sniffed.findings;
    findings.extend(proposal.findings);
    Ok((text, findings))
}
