//! A compiled model as bytes: what it is compiled of, and the digest of what comes out. Compiling is
//! deterministic, so this is the fold and stage B themselves, and no second form of either that could
//! differ from the first. See `docs/decisions/0010-a-compiled-model-is-what-it-is-compiled-of.md`.

use gradus_grading::fold::{Zone, time_zone_data};
use gradus_model::document::{Model, Named, Source};
use gradus_model::event_stream::EventSchema;
use gradus_model::load::Locations;
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};

use crate::compiled::Compiled;
use crate::{Documents, WorkspaceError};

/// Format number of the bytes.
const FORMAT: u32 = 1;

/// A model that was compiled, in a form that can be sent and kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompiledForm {
    gradus_compiled: u32,
    /// The program that compiled it.
    program: String,
    time_zone: String,
    time_zone_data: String,
    pub model: Model,
    /// They say what the fields of events are called.
    pub sources: Named<Source>,
    pub events: EventSchema,
    /// Names the version of the model.
    hash: String,
    /// Of the lowered fold, its columns, and the columns of stage B.
    digest: String,
}

impl CompiledForm {
    /// Compiles documents and keeps what is needed to do it again.
    ///
    /// # Errors
    /// What the documents say wrong.
    pub fn of(documents: &Documents, events: &EventSchema, zone: &Zone) -> Result<CompiledForm, Findings> {
        let compiled = Compiled::new(documents, events, zone)?;
        Ok(CompiledForm {
            gradus_compiled: FORMAT,
            program: env!("CARGO_PKG_VERSION").to_string(),
            time_zone: zone.name().to_string(),
            time_zone_data: time_zone_data().to_string(),
            model: documents.model.clone(),
            sources: documents.sources.clone(),
            events: events.clone(),
            digest: digest(&compiled),
            hash: compiled.hash,
        })
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, WorkspaceError> {
        serde_json::to_vec(self).map_err(|error| WorkspaceError::Defect(error.to_string()))
    }

    /// Reads the bytes and compiles: the very fold and stage B that were compiled before.
    ///
    /// # Errors
    /// A finding if the bytes are of a newer format, damaged, or mean something else to this program.
    pub fn from_bytes(bytes: &[u8]) -> Result<(CompiledForm, Compiled), WorkspaceError> {
        let form: CompiledForm = match serde_json::from_slice(bytes) {
            Ok(form) => form,
            Err(_) => {
                let newer = serde_json::from_slice::<serde_json::Value>(bytes)
                    .is_ok_and(|value| value["gradus_compiled"].as_u64() > Some(u64::from(FORMAT)));
                return Err(if newer { of_another_program() } else { damaged() });
            }
        };
        if form.gradus_compiled > FORMAT {
            return Err(of_another_program());
        }
        let zone = form.zone()?;
        let documents = Documents {
            sources: form.sources.clone(),
            model: form.model.clone(),
            locations: Locations::default(),
            version: None,
            findings: Findings::default(),
        };
        let compiled = Compiled::new(&documents, &form.events, &zone)?;
        if compiled.hash != form.hash || digest(&compiled) != form.digest {
            return Err(of_another_program());
        }
        Ok((form, compiled))
    }

    /// The time zone of local dates. Other data than when it was compiled may put an event on another date.
    pub fn zone(&self) -> Result<Zone, WorkspaceError> {
        if self.time_zone_data != time_zone_data() {
            return Err(of_another_program());
        }
        Zone::new(&self.time_zone).map_err(|_| damaged())
    }
}

/// Of everything that decides what comes out.
fn digest(compiled: &Compiled) -> String {
    let columns = compiled.stage_b.output_columns();
    let fold = serde_json::json!([compiled.fold.indicators(), compiled.stage_b.fold_requests()]);
    let text =
        format!("{fold}\n{:?}\n{columns:?}\n{:?}", compiled.fold.output_schema(), compiled.fold.can_merge());
    gradus_store::content_hash(text.as_bytes())
}

fn damaged() -> WorkspaceError {
    Finding::error(
        "compiled-damaged",
        Place::default(),
        Text::new("编译好的模型不完整或已损坏", "the compiled model is damaged or not whole"),
        Text::new("用原来的文档重新编译", "compile the documents once more"),
    )
    .into()
}

fn of_another_program() -> WorkspaceError {
    Finding::error(
        "compiled-elsewhere",
        Place::default(),
        Text::new(
            "编译好的模型出自另一个版本的 Gradus，本程序会给出不同的结果",
            "another Gradus compiled this model, and this one would mean something else by it",
        ),
        Text::new(
            "在所有机器上使用同一个版本，或重新编译",
            "the same version everywhere, or compile it once more",
        ),
    )
    .into()
}
