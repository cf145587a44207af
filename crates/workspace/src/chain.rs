//! What a scheme that remembers had decided by an earlier grading, as it is stored with the grades: a later
//! one goes on from there, as long as nothing came that changes what was decided by then. What a late event
//! changes is decided anew, from the last stored instant before it.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};
use gradus_grading::fold::{AsOf, CUSTOMER};
use gradus_ledger::table::EventsSnapshot;
use gradus_model::document::Model;
use gradus_model::event_stream::{REFERENCE, column};

use crate::compiled::Compiled;
use crate::decided::tier_columns;
use crate::grade::GradedInstant;
use crate::links::linked;
use crate::origin::{Origin, with_hidden};
use crate::{StoredGrades, Workspace, WorkspaceError};

/// Prefix of stored columns that hold what was decided, where a person set another tier: level, whether it is
/// provisional, reason.
pub(crate) const DECIDED_AS_COMPUTED: &str = "_computed_";

/// Stored instants that are looked at before everything is decided anew.
const MOST_LOOKED_AT: usize = 24;

/// What was decided by the close of a day.
pub(crate) struct Checkpoint {
    pub at: AsOf,
    /// Customers, and the columns of the schemes that remember.
    pub batches: Vec<RecordBatch>,
}

impl Checkpoint {
    /// The newest that still holds, before the first instant that is asked for.
    pub(crate) async fn newest(
        workspace: &Workspace,
        compiled: &Compiled,
        model: &Model,
        snapshot: &EventsSnapshot,
        known_at: i64,
        first_asked: Option<&AsOf>,
    ) -> Result<Option<Checkpoint>, WorkspaceError> {
        let mut columns = vec![CUSTOMER.to_string()];
        for (name, scheme) in model.tiers.iter().filter(|(_, scheme)| scheme.remembers()) {
            let own = tier_columns(name, scheme).into_iter().map(|(column, _)| column);
            columns.extend(own.enumerate().map(|(at, column)| match at {
                0..3 => format!("{DECIDED_AS_COMPUTED}{column}"),
                _ => column,
            }));
        }
        let Some(first_asked) = first_asked.filter(|_| columns.len() > 1) else { return Ok(None) };
        let stored = StoredGrades::open(workspace, &compiled.hash).await?;
        // Where an import was undone, what was decided on its events is decided anew.
        if !snapshot.undone().is_empty() || !columns.iter().all(|column| stored.has(column)) {
            return Ok(None);
        }
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        // An instant within a day has a longer name than a date: what is shown then is not yet decided.
        let dates = stored.instants()?.into_iter().rev().filter(|label| label.len() == "2024-01-31".len());
        for date in dates.take(MOST_LOOKED_AT) {
            let at = workspace.as_of(crate::instant_of(&date, &workspace.zone)?);
            if at >= *first_asked {
                continue;
            }
            let Some(then) = stored.origin(&date)? else { continue };
            let links = linked(workspace, at.instant_us, known_at).await?;
            let now = Origin::of(compiled, snapshot, &workspace.zone, at, known_at, &links)?;
            if then.grew_into(&now) && came_later(snapshot, &then, at).await? {
                return Ok(Some(Checkpoint { at, batches: stored.read(&date, &columns).await? }));
            }
        }
        Ok(None)
    }
}

/// True if everything that has come since happened after an instant, and says nothing of what was before.
async fn came_later(snapshot: &EventsSnapshot, then: &Origin, at: AsOf) -> Result<bool, WorkspaceError> {
    let (position, n_events) = then.read_up_to();
    let mut n_since = 0;
    for batch in snapshot.read_since(position, &[column::IDENTITY, column::TIME]).await? {
        n_since += batch.num_rows() as u64;
        let missing = || WorkspaceError::Defect("the events have no time".into());
        let times = batch.column_by_name(column::TIME).ok_or_else(missing)?;
        let times = times.as_primitive::<TimestampMicrosecondType>().values();
        let identities = batch.column_by_name(column::IDENTITY).ok_or_else(missing)?;
        let identities = identities.as_primitive::<Int64Type>().values();
        // A fact of a reference may change what earlier events say.
        if times.iter().any(|time| *time <= at.instant_us) || identities.contains(&REFERENCE) {
            return Ok(false);
        }
    }
    // An erasure takes events away.
    Ok(n_events + n_since == snapshot.n_rows())
}

/// Adds to grades that are to be kept what a later grading may go on from: columns of the fold that are not
/// shown, and what was decided where a person set another tier.
pub(crate) fn to_be_stored(
    graded: &mut GradedInstant,
    folded: &[RecordBatch],
    computed: &[RecordBatch],
    compiled: &Compiled,
    model: &Model,
) -> Result<(), WorkspaceError> {
    for ((own, folded), computed) in graded.batches.iter_mut().zip(folded).zip(computed) {
        *own = with_computed(&with_hidden(own, folded, compiled)?, computed, model)?;
    }
    Ok(())
}

fn with_computed(
    graded: &RecordBatch,
    computed: &RecordBatch,
    model: &Model,
) -> Result<RecordBatch, WorkspaceError> {
    let mut fields: Vec<Field> =
        graded.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns: Vec<ArrayRef> = graded.columns().to_vec();
    for (name, scheme) in model.tiers.iter().filter(|(_, scheme)| scheme.remembers()) {
        for (column, data_type) in tier_columns(name, scheme).into_iter().take(3) {
            let at = computed.schema().index_of(&column)?;
            fields.push(Field::new(format!("{DECIDED_AS_COMPUTED}{column}"), data_type.clone(), true));
            columns.push(cast(computed.column(at), &data_type)?);
        }
    }
    debug_assert!(fields.iter().all(|field| *field.data_type() != DataType::Null));
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}
