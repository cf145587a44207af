//! A model compiled against a ledger: the fold and stage B.

use std::collections::BTreeMap;
use std::sync::Arc;

use gradus_expression::Scope;
use gradus_grading::fold::spec::FoldIndicator;
use gradus_grading::fold::{AS_OF, CUSTOMER, FoldPlan, Told, Zone};
use gradus_grading::grade::{CompileContext, DerivedColumn, IndicatorColumn, NullMeaning, StageB, compile};
use gradus_grading::lower::{Derived, Lowered, lower};
use gradus_ledger::table::EventsSnapshot;
use gradus_model::event_stream::EventSchema;
use gradus_model::{Findings, Place};

use crate::kinds::unknown_kinds;
use crate::references::{event_scope, over_facts};
use crate::{Documents, WorkspaceError};

/// A checked model, ready to grade.
#[derive(Debug)]
pub struct Compiled {
    pub fold: Arc<FoldPlan>,
    pub stage_b: StageB,
    /// Names the version: blake3 of the canonical document, 64 hexadecimal digits.
    pub hash: String,
    /// The canonical document.
    pub document: String,
    /// Warnings and notes.
    pub findings: Findings,
    /// The names that expressions over events may use.
    pub events: Scope,
    /// The indicator to which each column of the fold belongs.
    pub written: BTreeMap<String, String>,
    /// Averages, shares, comparisons: what is put together from columns of the fold.
    pub derived: Vec<Derived>,
}

impl Compiled {
    /// Checks everything that a document can say wrong and compiles it. Findings know their lines.
    pub fn new(documents: &Documents, events: &EventSchema, zone: &Zone) -> Result<Compiled, Findings> {
        Compiled::of(documents, events, zone).map_err(|findings| findings.locate(&documents.locations))
    }

    /// The same over what the ledger says of products, stores and campaigns, as told by then. Nothing
    /// is folded without: a fold that reads references refuses to run before it has their facts.
    pub async fn over(
        self,
        snapshot: &EventsSnapshot,
        own: Option<&str>,
        told: Told,
    ) -> Result<Compiled, WorkspaceError> {
        let fold = over_facts(&self.fold, snapshot, own, told).await?;
        Ok(Compiled { fold: Arc::new(fold), ..self })
    }

    fn of(documents: &Documents, events: &EventSchema, zone: &Zone) -> Result<Compiled, Findings> {
        let root = Place::default();
        let model = &documents.model;
        let (scope, references) = event_scope(documents, events);
        let place_of = |name: &str| root.key("indicators").key(name);
        let mut findings = Findings::default();
        let lowered = match lower(model, &root) {
            Ok(lowered) => lowered,
            Err(found) => {
                findings.extend(found);
                Lowered::default()
            }
        };
        // Each indicator alone, so that one mistake does not hide the next.
        let mut fine: Vec<FoldIndicator> = Vec::new();
        for indicator in &lowered.fold {
            let place = written_at(&lowered, &indicator.name).unwrap_or_else(|| place_of(&indicator.name));
            match FoldPlan::compile(vec![indicator.clone()], &scope, zone.clone(), &|_| place.clone()) {
                Ok(_) => fine.push(indicator.clone()),
                Err(found) => findings.extend(found),
            }
        }
        if findings.has_errors() {
            return Err(findings);
        }
        let lowered_plan = FoldPlan::compile(fine.clone(), &scope, zone.clone(), &place_of)?;
        let columns = indicator_columns(&lowered_plan, documents);
        let derived: Vec<DerivedColumn> = lowered.derived.iter().map(DerivedColumn::from).collect();
        let context = CompileContext {
            lowered: &fine,
            derived: &derived,
            events: Some(&scope),
            ..CompileContext::default()
        };
        let stage_b = compile(model, &columns, &context)?;
        findings.extend(stage_b.findings().clone());
        findings.extend(unknown_kinds(documents));
        let outcomes = crate::validation::findings(model, &scope, zone, &root);
        if outcomes.has_errors() {
            return Err(outcomes);
        }
        findings.extend(outcomes);
        let next = crate::next::findings(model, &scope, &root);
        if next.has_errors() {
            return Err(next);
        }
        let all: Vec<FoldIndicator> =
            fine.into_iter().chain(stage_b.fold_requests().iter().cloned()).collect();
        let fold = FoldPlan::compile(all, &scope, zone.clone(), &place_of)?.with_references(&references);
        let written = fold.indicators().iter().filter_map(|part| {
            let own = model.indicators.get(&part.name).map(|_| part.name.clone());
            let of_part = || written_at(&lowered, &part.name).and_then(|place| indicator_of(&place));
            Some((part.name.clone(), own.or_else(of_part)?))
        });
        let written = written.collect();
        // The time zone decides local dates, so it is part of what the version means.
        let document =
            serde_json::json!({ "time_zone": zone.name(), "model": model.that_grades() }).to_string();
        let hash = gradus_store::content_hash(document.as_bytes());
        Ok(Compiled {
            fold: Arc::new(fold),
            stage_b,
            hash,
            document,
            derived: lowered.derived,
            findings: findings.locate(&documents.locations),
            events: scope,
            written,
        })
    }
}

impl Compiled {
    /// The columns of the fold of which an indicator is made, by those that these columns touch.
    pub fn made_of<'a>(
        &'a self,
        indicator: &'a str,
        columns: impl Iterator<Item = &'a String>,
    ) -> Vec<&'a String> {
        let sql =
            self.derived.iter().find(|derived| derived.name == indicator).map(|derived| derived.sql.as_str());
        let is_part = |column: &&String| match sql {
            Some(sql) => sql.contains(&gradus_expression::quote_name(column)),
            None => column.as_str() == indicator,
        };
        columns.filter(is_part).collect()
    }
}

/// Where the indicator stands that a hidden part belongs to.
fn written_at(lowered: &Lowered, part: &str) -> Option<Place> {
    let quoted = gradus_expression::quote_name(part);
    lowered.derived.iter().find(|derived| derived.sql.contains(&quoted)).map(|derived| derived.place.clone())
}

/// The indicator at whose place something stands.
fn indicator_of(place: &Place) -> Option<String> {
    place.path.as_deref()?.strip_prefix("indicators.").map(String::from)
}

pub(crate) fn indicator_columns(plan: &FoldPlan, documents: &Documents) -> Vec<IndicatorColumn> {
    let fields = plan
        .output_schema()
        .fields()
        .iter()
        .filter(|field| ![CUSTOMER, AS_OF].contains(&field.name().as_str()));
    fields
        .zip(plan.indicators())
        .map(|(field, indicator)| IndicatorColumn {
            name: field.name().clone(),
            data_type: field.data_type().clone(),
            null_meaning: match indicator.null_is_not_applicable() {
                true => NullMeaning::NotApplicable,
                false => NullMeaning::Unknown,
            },
            title: documents.model.indicators.get(field.name()).and_then(|written| written.title.clone()),
        })
        .collect()
}
