//! What a changed document would do to everybody, while it is edited: graded from the indicators
//! that are stored, with only that of the model that is looked at. Nothing is kept.

mod bars;
mod indicator;
mod model;
mod rules;
mod segment;

pub use indicator::{Distribution, IndicatorDetail, indicator, stored_indicator};
pub use model::{Bar, GroupPreview, LevelPreview, ModelPreview, PreviewOf, ScorePreview, preview};
pub use rules::{RuleOf, RuleOutcome, RulePreview, RuleRead, preview_rule};
pub use segment::{SegmentPreview, SegmentSample, preview_segment};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use gradus_grading::fold::{AS_OF, CUSTOMER, Told, date_of};
use gradus_grading::grade::{AttributeBins, Fits, Graded};
use gradus_model::document::{Model, Named};
use jiff::civil::Date;
use serde::Serialize;
use serde_json::Value;

use crate::base::Base;
use crate::compiled::Compiled;
use crate::coverage::{Coverage, marked, seen};
use crate::grade::{fold_now, open_events};
use crate::kept_fits::at_hand;
use crate::origin::definitions;
use crate::overrides::Holding;
use crate::references::conversion;
use crate::runs::fits_of;
use crate::stored::processors;
use crate::{Documents, Workspace, WorkspaceError};

/// Most events that are folded while somebody waits, where a definition was never graded.
const FOLDED_AT_ONCE: u64 = 3_000_000;

/// A document that is looked at, and the customers whom it is to grade.
pub(crate) struct Prepared {
    pub compiled: Compiled,
    pub model: Model,
    /// The columns of the fold; `None` if they would have to be read from too many events.
    pub rows: Option<Vec<RecordBatch>>,
    pub date: Date,
    /// What is at hand of fits that are kept: propensities that were learned, groups that were found.
    pub kept: Fits,
}

/// Compiles the parts of a model that matter for `roots`, and finds the rows for them.
pub(crate) async fn prepared(
    workspace: &Workspace,
    base: &Base,
    documents: Documents,
    roots: &[&str],
) -> Result<Prepared, WorkspaceError> {
    let events = open_events(workspace).await?;
    let instant = workspace.as_of(base.graded.as_of_us);
    let model = pruned(&documents.model, roots);
    let mut kept = Fits::default();
    if !model.predictions.is_empty() {
        let applied = match workspace.store.runs().get(&base.run).await? {
            Some(run) => fits_of(workspace, &run).await?,
            // It was graded for a question only.
            None => Fits::default(),
        };
        let wanted = |name: &str| model.predictions.get(name).is_some();
        kept = at_hand(workspace, &documents.model, wanted, instant, Some((&base.model, &applied))).await?;
    }
    let documents = Documents { model, ..documents };
    let mut compiled = Compiled::new(&documents, events.event_schema(), &workspace.zone)?;
    let as_of = workspace.as_of(base.graded.as_of_us);
    let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the instant has no date".into()))?;
    let snapshot = events.snapshot().await?;
    let known_at = base.known_at.min(crate::clock::system_us());
    let uncovered =
        Coverage::of(&snapshot, &compiled.fold, Some(known_at)).await?.uncovered(seen(as_of, known_at));
    let mut rows = stored_rows(base, &compiled)?;
    if rows.is_none() && snapshot.n_rows() <= FOLDED_AT_ONCE {
        let told = Told { known_us: known_at, position: snapshot.last_position() };
        compiled = compiled.over(&snapshot, conversion(&workspace.settings, &snapshot), told).await?;
        rows = Some(fold_now(workspace, &compiled, &snapshot, as_of, known_at).await?);
    }
    if let Some(rows) = &mut rows {
        // Tiers that persons set hold whatever the document says.
        let holding = Holding::of(workspace, as_of, known_at).await?;
        // What nobody delivered is unknown here too, not zero and not inapplicable.
        *rows = marked(std::mem::take(rows), &uncovered)?
            .into_iter()
            .map(|batch| holding.with(batch, &documents.model))
            .collect::<Result<_, _>>()?;
    }
    Ok(Prepared { compiled, model: documents.model, rows, date, kept })
}

impl Prepared {
    /// Grades everybody, as of now whatever the decision instants are.
    pub(crate) fn grade(&self) -> (Vec<RecordBatch>, Fits) {
        let (rows, kept) = (self.rows.as_deref().unwrap_or_default(), Some(self.kept.clone()));
        let (graded, fits) = self.compiled.stage_b.grade(rows, kept, self.date, processors());
        (graded.into_iter().map(|Graded { batch, .. }| batch).collect(), fits)
    }

    /// The same, and how everybody falls into the bins of a scorecard.
    pub(crate) fn grade_and_count_bins(&self, card: &str) -> (Vec<RecordBatch>, Fits, Vec<AttributeBins>) {
        let (rows, kept) = (self.rows.as_deref().unwrap_or_default(), Some(self.kept.clone()));
        let stage = &self.compiled.stage_b;
        let (graded, fits, bins) = stage.grade_and_count_bins(rows, kept, self.date, processors(), card);
        (graded.into_iter().map(|Graded { batch, .. }| batch).collect(), fits, bins.unwrap_or_default())
    }
}

/// The columns of the fold as they are stored, found by what they mean and not by their names; `None`
/// if one was never computed.
fn stored_rows(base: &Base, compiled: &Compiled) -> Result<Option<Vec<RecordBatch>>, WorkspaceError> {
    let wanted = definitions(compiled)?;
    let schema = compiled.fold.output_schema();
    let mut columns: Vec<(&Field, &str)> = Vec::new();
    for field in schema.fields().iter().filter(|field| field.name() != AS_OF) {
        let stored = match field.name().as_str() {
            CUSTOMER => Some(CUSTOMER),
            name => wanted.get(name).and_then(|meaning| base.by_definition.get(meaning)).map(String::as_str),
        };
        let Some(stored) = stored else { return Ok(None) };
        columns.push((field, stored));
    }
    let fields: Vec<Field> = columns.iter().map(|(field, _)| (*field).clone()).collect();
    let schema = Arc::new(Schema::new(fields));
    let mut rows = Vec::with_capacity(base.stored.len());
    for batch in &base.stored {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(columns.len());
        for (field, stored) in &columns {
            // Grades of an older program may lack the columns that grading does not show.
            let Some(array) = batch.column_by_name(stored) else { return Ok(None) };
            arrays.push(match array.data_type() == field.data_type() {
                true => array.clone(),
                false => cast(array, field.data_type())?,
            });
        }
        rows.push(RecordBatch::try_new(schema.clone(), arrays)?);
    }
    Ok(Some(rows))
}

/// The model without what nothing of `roots` can depend on. A definition is kept if its title occurs anywhere
/// in a definition that is kept, or its name, or what begins with its name as `value_low` does; titles and
/// descriptions need nothing. Rather one too many than one too few.
pub(crate) fn pruned(model: &Model, roots: &[&str]) -> Model {
    if roots.is_empty() {
        return model.clone();
    }
    let mut all: Vec<Definition> = Vec::new();
    definitions_of(&model.indicators, 0, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.scorecards, 1, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.rule_sets, 2, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.tiers, 3, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.segments, 4, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.groupings, 5, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.decision_tables, 6, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.cross_tables, 7, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.decision_trees, 8, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.flows, 9, |one| one.title.as_ref(), &mut all);
    definitions_of(&model.predictions, 10, |one| one.title.as_ref(), &mut all);
    let mut kept: BTreeSet<usize> =
        (0..all.len()).filter(|at| roots.contains(&all[*at].name.as_str())).collect();
    let mut queue: Vec<usize> = kept.iter().copied().collect();
    while let Some(at) = queue.pop() {
        let found: Vec<usize> = (0..all.len())
            .filter(|other| !kept.contains(other) && all[*other].is_named_in(&all[at].text))
            .collect();
        kept.extend(&found);
        queue.extend(found);
    }
    let mut wanted: BTreeMap<u8, BTreeSet<&str>> = BTreeMap::new();
    for at in &kept {
        wanted.entry(all[*at].kind).or_default().insert(&all[*at].name);
    }
    let has = |kind: u8, name: &str| wanted.get(&kind).is_some_and(|names| names.contains(name));
    let mut out = model.clone();
    out.indicators.0.retain(|(name, _)| has(0, name));
    out.scorecards.0.retain(|(name, _)| has(1, name));
    out.rule_sets.0.retain(|(name, _)| has(2, name));
    out.tiers.0.retain(|(name, _)| has(3, name));
    out.segments.0.retain(|(name, _)| has(4, name));
    out.groupings.0.retain(|(name, _)| has(5, name));
    out.decision_tables.0.retain(|(name, _)| has(6, name));
    out.cross_tables.0.retain(|(name, _)| has(7, name));
    out.decision_trees.0.retain(|(name, _)| has(8, name));
    out.flows.0.retain(|(name, _)| has(9, name));
    out.predictions.0.retain(|(name, _)| has(10, name));
    out
}

struct Definition {
    kind: u8,
    name: String,
    titles: Vec<String>,
    text: String,
}

impl Definition {
    fn is_named_in(&self, text: &str) -> bool {
        let begins = |at: usize| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            !before.is_some_and(|letter| letter.is_alphanumeric() || letter == '_')
        };
        text.match_indices(&self.name).any(|(at, _)| begins(at))
            || self.titles.iter().any(|title| text.contains(title))
    }
}

fn definitions_of<T: Serialize>(
    all: &Named<T>,
    kind: u8,
    title: impl Fn(&T) -> Option<&gradus_model::Text>,
    out: &mut Vec<Definition>,
) {
    for (name, one) in all.iter() {
        let titles = title(one).map(|title| vec![title.zh.clone(), title.en.clone()]).unwrap_or_default();
        let titles = titles.into_iter().filter(|title| !title.is_empty()).collect();
        let mut text = String::new();
        read_in(&serde_json::to_value(one).unwrap_or_default(), &mut text);
        out.push(Definition { kind, name: name.to_string(), titles, text });
    }
}

/// Every key and text of a definition, without what is only for people.
fn read_in(one: &Value, out: &mut String) {
    match one {
        Value::String(text) => {
            out.push_str(text);
            out.push('\n');
        }
        Value::Array(all) => all.iter().for_each(|value| read_in(value, out)),
        Value::Object(fields) => {
            for (key, value) in fields {
                if (key == "title" || key == "description") && is_words(value) {
                    continue;
                }
                out.push_str(key);
                out.push('\n');
                read_in(value, out);
            }
        }
        _ => {}
    }
}

/// A text, in one language or both; an attribute may be called `title`, too.
fn is_words(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Object(fields) => fields.keys().all(|key| key == "zh" || key == "en"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_looked_at_is_graded() {
        let model: Model = serde_json::from_value(json!({
            "gradus": 1,
            "indicators": {
                "spend": { "title": { "zh": "消费", "en": "Spend" }, "kind": "sum", "of": "amount" },
                "orders": { "kind": "count" },
                "rest": { "kind": "count" },
                "pend": { "kind": "count" },
            },
            "scorecards": {
                "value": { "attributes": { "a": { "value": "\"消费\"", "bins": [{ "points": 1, "else": true }] } } },
                "other": { "attributes": { "a": { "value": "rest", "bins": [{ "points": 1, "else": true }] } } },
            },
            "tiers": {
                "member": { "by": "value", "levels": { "a": {} }, "eligible": { "in_segment": "active" } },
                "risk": { "by": "other", "levels": { "a": {} } },
            },
            "segments": { "active": { "title": "rest", "base": "everyone", "where": "1 < 2 and\norders > 0" }, "idle": { "base": "everyone", "where": "rest = 0" } },
        }))
        .unwrap();
        let kept = pruned(&model, &["member"]);
        let names = |names: Vec<&str>| names.into_iter().map(str::to_string).collect::<Vec<_>>();
        assert_eq!(names(kept.indicators.names().collect()), ["spend", "orders"]);
        assert_eq!(names(kept.scorecards.names().collect()), ["value"]);
        assert_eq!(names(kept.tiers.names().collect()), ["member"]);
        assert_eq!(names(kept.segments.names().collect()), ["active"]);
        assert_eq!(pruned(&model, &[]), model);
    }
}
