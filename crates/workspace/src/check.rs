//! `gradus check`: every finding of every document at once, and what can be proved of the model.

use std::path::Path;

use gradus_grading::grade::proof::Attainable;
use gradus_ledger::clean::personal;
use gradus_model::{Findings, Place};

use crate::WorkspaceError;
use crate::compiled::Compiled;
use crate::folder::{read_documents, read_settings, zone_of};
use crate::proved::proved;
use crate::purposes::{check_names, check_use};
use crate::test_cases::check_cases;

/// What a check found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub findings: Findings,
    pub n_sources: usize,
    pub n_indicators: usize,
    pub n_definitions: usize,
    /// The least and the greatest score of each card.
    pub attainable: Vec<Attainable>,
}

/// Checks the documents of a workspace. Nothing is opened but the documents, so it needs no key
/// and works beside a running writer.
pub fn check(root: &Path) -> Result<Checked, WorkspaceError> {
    let settings = read_settings(root)?;
    let zone = zone_of(&settings)?;
    let documents = match read_documents(root) {
        Ok(documents) => documents,
        Err(WorkspaceError::Findings(findings)) => return Ok(Checked { findings, ..Checked::default() }),
        Err(error) => return Err(error),
    };
    let model = &documents.model;
    let mut checked = Checked {
        findings: documents.findings.clone(),
        n_sources: documents.sources.len(),
        n_indicators: model.indicators.len(),
        n_definitions: model.predictions.len()
            + model.scorecards.len()
            + model.rule_sets.len()
            + model.decision_tables.len()
            + model.cross_tables.len()
            + model.decision_trees.len()
            + model.flows.len()
            + model.tiers.len()
            + model.segments.len()
            + model.groupings.len(),
        attainable: Vec::new(),
    };
    for (name, source) in documents.sources.iter() {
        checked
            .findings
            .extend(personal::check_names(source, &Place::document(format!("sources/{name}.yaml"))));
    }
    let (purposes, unknown) = check_names(&documents, &settings);
    checked.findings.extend(unknown);
    match Compiled::new(&documents, &documents.event_schema(&settings), &zone) {
        Ok(compiled) => {
            checked.findings.extend(check_use(&documents, &compiled, &purposes));
            let events = documents.event_schema(&settings);
            checked.findings.extend(check_cases(model, &events, &compiled).locate(&documents.locations));
            let proof = proved(&documents, &compiled);
            checked.findings.extend(compiled.findings);
            checked.findings.extend(proof.findings);
            checked.attainable = proof.attainable;
        }
        Err(findings) => checked.findings.extend(findings),
    }
    Ok(checked)
}
