//! What data is used for: every purpose that a document names exists, and no indicator reads what was
//! given for something narrower than its own purpose.

use std::collections::BTreeSet;

use gradus_model::document::{Purposes, SERVICE, Workspace as Settings};
use gradus_model::{Finding, Findings, Place, Text};

use crate::Documents;
use crate::compiled::Compiled;

/// Names of purposes that the documents use and nobody declared.
pub fn check_names(documents: &Documents, settings: &Settings) -> (Purposes, Findings) {
    let (purposes, mut findings) =
        Purposes::of(&settings.purposes, &Place::document("gradus.yaml").key("purposes"));
    for (name, source) in documents.sources.iter() {
        let place = Place::document(format!("sources/{name}.yaml"));
        let fields =
            source.fields.iter().map(|(name, field)| (place.key("fields").key(name), &field.purpose));
        let kinds = source.kinds.iter().map(|(name, kind)| (place.key("kinds").key(name), &kind.purpose));
        findings.0.extend(
            fields.chain(kinds).filter_map(|(here, purpose)| purposes.check(purpose, &here.key("purpose"))),
        );
    }
    for (name, indicator) in documents.model.indicators.iter() {
        let here = Place::default().key("indicators").key(name).key("purpose");
        findings.0.extend(purposes.check(&indicator.purpose, &here));
    }
    (purposes, findings.locate(&documents.locations))
}

/// Indicators that read a field or a kind of event whose purpose is narrower than their own.
pub fn check_use(documents: &Documents, compiled: &Compiled, purposes: &Purposes) -> Findings {
    let mut findings = Findings::default();
    let mut told: BTreeSet<(String, String)> = BTreeSet::new();
    for (at, part) in compiled.fold.indicators().iter().enumerate() {
        // Parts of an indicator are told as the indicator; what only segments need names no purpose.
        let Some(written) = compiled.written.get(&part.name) else { continue };
        let Some(indicator) = documents.model.indicators.get(written) else { continue };
        let own = indicator.purpose.as_str();
        let mut tell = |what: Text, name: &str, purpose: &str, right: Text| {
            if purposes.may_serve(purpose, own) || !told.insert((written.clone(), name.to_string())) {
                return;
            }
            let zh = format!("{} 的用途是 {purpose}，比指标的用途 {own} 窄", what.zh);
            let en =
                format!("{} is for {purpose}, which is narrower than the indicator's purpose {own}", what.en);
            let place = Place::default().key("indicators").key(written);
            findings.push(Finding::warning("purpose-narrower", place, Text::new(zh, en), right));
        };
        for name in compiled.fold.reads(at) {
            for purpose in purposes_of_field(documents, &name) {
                let what = Text::new(format!("字段「{name}」"), format!("the field “{name}”"));
                let right = Text::new(
                    format!("给指标写 purpose: {purpose}，或改用别的字段"),
                    format!("purpose: {purpose} at the indicator, or another field"),
                );
                tell(what, &name, &purpose, right);
            }
        }
        for (kind, purpose) in kinds(documents).filter(|(_, purpose)| *purpose != SERVICE) {
            if !compiled.fold.may_count(at, kind, &compiled.events) {
                continue;
            }
            let what = Text::new(format!("事件类型「{kind}」"), format!("the kind of event “{kind}”"));
            let right = Text::new(
                format!("给指标写 purpose: {purpose}，或在 where 中排除：kind <> '{kind}'"),
                format!("purpose: {purpose} at the indicator, or leave it out in `where`: kind <> '{kind}'"),
            );
            tell(what, &format!("kind {kind}"), purpose, right);
        }
    }
    findings.locate(&documents.locations)
}

/// The purposes of a field of events; of one that is read through another, of both.
fn purposes_of_field(documents: &Documents, name: &str) -> BTreeSet<String> {
    let of_events = |wanted: &str| -> BTreeSet<String> {
        let sources = documents.sources.iter().filter(|(_, source)| source.reference.is_none());
        sources.filter_map(|(_, source)| Some(source.fields.get(wanted)?.purpose.clone())).collect()
    };
    let Some((of, field)) = name.split_once('.') else { return of_events(name) };
    let mut purposes = of_events(of);
    let refers =
        documents.sources.iter().filter_map(|(_, source)| source.fields.get(of)?.reference.as_deref());
    for reference in refers {
        let facts =
            documents.sources.iter().filter(|(_, source)| source.reference.as_deref() == Some(reference));
        purposes.extend(facts.filter_map(|(_, source)| Some(source.fields.get(field)?.purpose.clone())));
    }
    purposes
}

fn kinds(documents: &Documents) -> impl Iterator<Item = (&str, &str)> {
    let declared = documents.sources.iter().flat_map(|(_, source)| source.kinds.iter());
    declared.map(|(name, kind)| (name, kind.purpose.as_str()))
}
