//! What may know more than was known on the day: an attribute that a back-load left without a date
//! counts as always known. It cannot be kept out, so it is said.

use gradus_grading::fold::AsOf;
use gradus_model::Text;
use gradus_model::document::{IndicatorKind, Model};
use gradus_model::event_stream::UNDATED;
use serde::Serialize;

use crate::compiled::Compiled;
use crate::grade::{fold_now, open_events};
use crate::indicator_notes::read_undated;
use crate::moves::{numbers, title};
use crate::references::conversion;
use crate::{Documents, Workspace, WorkspaceError};

/// An indicator that reads facts without a date.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leak {
    pub indicator: String,
    pub title: Text,
    /// Customers of whom it does.
    pub n: u64,
    pub words: Text,
}

/// The indicators whose values come from facts without a date: those that still say something at the
/// instant that stands for no date, before anything dated happened. A window has two ends and holds none.
pub(crate) async fn leaks(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
) -> Result<Vec<Leak>, WorkspaceError> {
    let snapshot = open_events(workspace).await?.snapshot().await?;
    if snapshot.files().iter().all(|file| file.facts.time.min > UNDATED) {
        return Ok(Vec::new());
    }
    let model = whole_life(&documents.model);
    if model.indicators.is_empty() {
        return Ok(Vec::new());
    }
    let alone = Documents { model, ..documents.clone() };
    let told = gradus_grading::fold::Told { known_us: as_of.instant_us, position: snapshot.last_position() };
    let compiled = Compiled::new(&alone, snapshot.event_schema(), &workspace.zone)?
        .over(&snapshot, conversion(&workspace.settings, &snapshot), told)
        .await?;
    let never = AsOf::new(UNDATED, &workspace.zone);
    let batches = fold_now(workspace, &compiled, &snapshot, never, as_of.instant_us).await?;
    let mut out = Vec::new();
    for (name, indicator) in alone.model.indicators.iter() {
        let says = |batch: &arrow::array::RecordBatch| -> Result<u64, WorkspaceError> {
            let Some(column) = batch.column_by_name(name) else { return Ok(0) };
            let valid = (column.len() - column.null_count()) as u64;
            // Nothing counted is no word of anything.
            Ok(match numbers(std::slice::from_ref(batch), name)? {
                Some(values) => {
                    values.iter().filter(|value| value.is_some_and(|value| value != 0.0)).count() as u64
                }
                None => valid,
            })
        };
        let n = batches.iter().map(says).sum::<Result<u64, _>>()?;
        if n > 0 {
            out.push(Leak {
                indicator: name.to_string(),
                title: title(indicator.title.as_ref(), name),
                n,
                words: read_undated(),
            });
        }
    }
    Ok(out)
}

/// The indicators over the whole life, which are what a fact without a date can reach.
fn whole_life(model: &Model) -> Model {
    let indicators = model.indicators.iter().filter(|(_, one)| {
        let of_events = !matches!(one.kind, IndicatorKind::Formula | IndicatorKind::Ratio);
        one.window.is_none() && one.compare.is_none() && of_events
    });
    let indicators = indicators.map(|(name, one)| (name.to_string(), one.clone())).collect();
    Model { indicators, ..crate::validation::folded(&[]) }
}
