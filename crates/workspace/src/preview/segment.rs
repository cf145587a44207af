//! A segment while it is built: how many, who is in, who is just outside and why.

use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, RecordBatch};
use gradus_grading::grade::{EVERYONE, Fits, Reason, SegmentReason, Truth};
use gradus_model::document::{Condition, Segment};
use gradus_model::{Finding, Lang, Place, Text};
use serde::Serialize;
use serde_json::Value;

use super::{Prepared, prepared};
use crate::access::{Permission, Principal};
use crate::base::Base;
use crate::moves;
use crate::versions::{canonical, documents_with, now_in_force};
use crate::{Workspace, WorkspaceError};

/// The name under which the segment is compiled.
const LOOKED_AT: &str = "segment_that_is_looked_at";
/// Samples of each kind.
const SAMPLES: usize = 10;
/// How many outside are looked at to find those who are just outside.
const LOOKED_THROUGH: usize = 500;
/// Values that are shown of a sample.
const VALUES: usize = 4;

/// What a segment holds.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentPreview {
    pub as_of: String,
    pub count: u64,
    /// Of the base those of whom it cannot be told.
    pub n_unknown: u64,
    pub base_count: u64,
    pub share: f64,
    /// True if a definition was never graded and there are too many events to do it now.
    pub needs_fold: bool,
    pub words: Text,
    pub inside: Vec<SegmentSample>,
    pub outside: Vec<SegmentSample>,
    pub seconds: f64,
}

/// One customer in or just outside of it.
#[derive(Debug, Clone, Serialize)]
pub struct SegmentSample {
    pub customer: String,
    /// What they are called, masked.
    pub label: String,
    /// The values that decide.
    pub values: Vec<(String, Option<String>)>,
    /// What keeps them out.
    pub fails: Option<Text>,
}

/// Counts a segment over the whole base.
pub async fn preview_segment(
    workspace: &Workspace,
    who: &Principal,
    base: Arc<Base>,
    document: Option<&Value>,
    population: &str,
    condition: &Value,
) -> Result<SegmentPreview, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    who.sees_everyone()?;
    let began = std::time::Instant::now();
    let document = match document {
        Some(document) => document.clone(),
        None => canonical(&now_in_force(workspace).await?.model)?,
    };
    let mut documents = documents_with(workspace, "draft", &document.to_string())?;
    let read: Condition = serde_json::from_value(condition.clone()).map_err(|_| {
        WorkspaceError::from(Finding::error(
            "condition-shape",
            Place::default().at("where"),
            Text::new("条件的写法不对", "this is no condition"),
            Text::new("SQL 条件，或 {all: […]} 等", "an SQL condition, or {all: […]} and the like"),
        ))
    })?;
    let segment = Segment { title: None, description: None, base: population.to_string(), condition: read };
    documents.model.segments.0.retain(|(name, _)| name != LOOKED_AT);
    documents.model.segments.0.push((LOOKED_AT.to_string(), segment));
    let population = population.to_string();
    let prepared = prepared(workspace, &base, documents, &[LOOKED_AT]).await.map_err(at_the_condition)?;
    let owned = base.clone();
    let work = move || look(&owned, &prepared, &population);
    let (mut seen, ids) = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))??;
    let mut known = workspace.vault.reveal_many(&ids).await?;
    for (sample, id) in seen.inside.iter_mut().chain(&mut seen.outside).zip(&ids) {
        sample.label = crate::customers::label(&known.remove(id).unwrap_or_default());
    }
    seen.seconds = began.elapsed().as_secs_f64();
    Ok(seen)
}

/// Findings on the segment are findings on what was sent.
fn at_the_condition(error: WorkspaceError) -> WorkspaceError {
    let WorkspaceError::Findings(mut findings) = error else { return error };
    let prefix = format!("segments.{LOOKED_AT}.");
    for finding in &mut findings.0 {
        if let Some(path) = finding.place.path.as_ref().and_then(|path| path.strip_prefix(&prefix)) {
            finding.place.path = Some(path.to_string());
            finding.place.document = None;
        }
    }
    WorkspaceError::Findings(findings)
}

fn look(
    base: &Base,
    prepared: &Prepared,
    population: &str,
) -> Result<(SegmentPreview, Vec<i64>), WorkspaceError> {
    let stage = &prepared.compiled.stage_b;
    let mut out = SegmentPreview {
        as_of: base.graded.as_of.clone(),
        count: 0,
        n_unknown: 0,
        base_count: 0,
        share: 0.0,
        needs_fold: prepared.rows.is_none(),
        words: stage.segment_words(LOOKED_AT).unwrap_or_default(),
        inside: Vec::new(),
        outside: Vec::new(),
        seconds: 0.0,
    };
    let Some(rows) = &prepared.rows else { return Ok((out, Vec::new())) };
    let (graded, fits) = prepared.grade();
    let mut inside: Vec<(usize, usize)> = Vec::new();
    let mut outside: Vec<(usize, usize)> = Vec::new();
    for (at, batch) in graded.iter().enumerate() {
        let missing = || WorkspaceError::Defect("the segment was not evaluated".into());
        let members = boolean(batch, LOOKED_AT).ok_or_else(missing)?;
        let among =
            if population == EVERYONE { None } else { Some(boolean(batch, population).ok_or_else(missing)?) };
        for row in 0..batch.num_rows() {
            if among.is_some_and(|among| !among.is_valid(row) || !among.value(row)) {
                continue;
            }
            out.base_count += 1;
            match members.is_valid(row).then(|| members.value(row)) {
                None => out.n_unknown += 1,
                Some(true) => {
                    out.count += 1;
                    if inside.len() < SAMPLES {
                        inside.push((at, row));
                    }
                }
                Some(false) if outside.len() < LOOKED_THROUGH => outside.push((at, row)),
                Some(false) => {}
            }
        }
    }
    out.share = if out.base_count == 0 { 0.0 } else { out.count as f64 / out.base_count as f64 };
    let why = |(at, row): &(usize, usize)| {
        stage.why_segment(&rows[*at], *row, LOOKED_AT, &fits as &Fits, prepared.date)
    };
    let customer = |(at, row): &(usize, usize)| {
        moves::customers(&[rows[*at].slice(*row, 1)]).first().copied().unwrap_or(0)
    };
    let mut ids = Vec::new();
    for place in &inside {
        let Some(reason) = why(place) else { continue };
        ids.push(customer(place));
        out.inside.push(sample(customer(place), &reason, None));
    }
    // Just outside is whom the fewest conditions keep out.
    let mut close: Vec<(usize, (usize, usize), SegmentReason)> = Vec::new();
    for place in &outside {
        let Some(reason) = why(place) else { continue };
        let missed = missed(&reason.condition);
        close.push((missed, *place, reason));
    }
    close.sort_by_key(|(missed, place, _)| (*missed, *place));
    for (_, place, reason) in close.iter().take(SAMPLES) {
        ids.push(customer(place));
        let mut fails = Vec::new();
        failing(&reason.condition, &mut fails);
        fails.truncate(2);
        let join = |lang: Lang, between: &str| {
            fails.iter().map(|text| text.get(lang)).collect::<Vec<_>>().join(between)
        };
        let fails = Text::new(join(Lang::Zh, "；"), join(Lang::En, "; "));
        out.outside.push(sample(customer(place), reason, Some(fails)));
    }
    Ok((out, ids))
}

fn boolean<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b BooleanArray> {
    batch.column_by_name(name)?.as_boolean_opt()
}

fn sample(customer: i64, reason: &SegmentReason, fails: Option<Text>) -> SegmentSample {
    let mut values = Vec::new();
    leaves(&reason.condition, &mut |leaf| {
        for value in &leaf.values {
            // What behaviour and lists are counted in has no name that people know.
            let is_own = value.0.starts_with('_');
            if values.len() < VALUES && !is_own && !values.contains(value) {
                values.push(value.clone());
            }
        }
    });
    SegmentSample { customer: customer.to_string(), label: String::new(), values, fails }
}

fn leaves(reason: &Reason, each: &mut impl FnMut(&Reason)) {
    if reason.parts.is_empty() {
        each(reason);
    }
    for part in &reason.parts {
        leaves(part, each);
    }
}

/// The conditions that are not as they would have to be, leaf by leaf.
fn failing(reason: &Reason, out: &mut Vec<Text>) {
    if reason.truth == Truth::True {
        return;
    }
    let open: Vec<&Reason> = reason.parts.iter().filter(|part| part.truth != Truth::True).collect();
    if open.is_empty() {
        out.push(reason.text.clone());
        return;
    }
    for part in open {
        failing(part, out);
    }
}

fn missed(reason: &Reason) -> usize {
    let mut all = Vec::new();
    failing(reason, &mut all);
    all.len()
}
