//! What stored indicators were made from. Where nothing of that has changed since, the fold would
//! give the same values again: they are read back, and only scores, tiers and segments are worked out
//! anew. So a change of weights costs no look at the ledger.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use gradus_grading::fold::{AS_OF, AsOf, CUSTOMER, Zone, time_zone_data};
use gradus_ledger::table::EventsSnapshot;
use gradus_store::content_hash;
use serde::{Deserialize, Serialize};

use crate::clock::label;
use crate::compiled::Compiled;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// Raised when the fold gives other values for the same definition and events.
const MEANING: u32 = 4;

/// Everything that the indicators of one instant depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    meaning: u32,
    program: String,
    time_zone: String,
    /// The edition of the time zone data; other data may put an event on another local date.
    #[serde(default)]
    time_zone_data: String,
    /// Microseconds UTC.
    instant_us: i64,
    position: i64,
    n_events: u64,
    /// The bound on what was known, where it leaves out something that the ledger holds.
    known_at: Option<i64>,
    /// Of the identities that were one customer.
    links: String,
    /// By column, its definition's hash.
    columns: BTreeMap<String, String>,
}

impl Origin {
    /// Of what the fold would give now.
    pub fn of(
        compiled: &Compiled,
        snapshot: &EventsSnapshot,
        zone: &Zone,
        as_of: AsOf,
        known_at: i64,
        links: &BTreeMap<i64, i64>,
    ) -> Result<Origin, WorkspaceError> {
        let all_known = snapshot.files().iter().all(|file| file.facts.known.max <= known_at);
        let mut pairs = Vec::with_capacity(links.len() * 16);
        for (identity, customer) in links {
            pairs.extend_from_slice(&identity.to_le_bytes());
            pairs.extend_from_slice(&customer.to_le_bytes());
        }
        let columns = definitions(compiled)?;
        Ok(Origin {
            meaning: MEANING,
            program: env!("CARGO_PKG_VERSION").to_string(),
            time_zone: zone.name().to_string(),
            time_zone_data: time_zone_data().to_string(),
            instant_us: as_of.instant_us,
            position: snapshot.last_position(),
            n_events: snapshot.n_rows(),
            known_at: (!all_known).then_some(known_at),
            links: content_hash(&pairs),
            columns,
        })
    }

    /// True if the two are about the same customers and instant, and differ in nothing but the events that
    /// have come since; and everything that had come by either was known.
    pub(crate) fn grew_into(&self, now: &Origin) -> bool {
        self.known_at.is_none()
            && Origin { position: now.position, n_events: now.n_events, ..self.clone() } == *now
    }

    /// The position up to which was read, and how many events there were.
    pub(crate) fn read_up_to(&self) -> (i64, u64) {
        (self.position, self.n_events)
    }

    /// For each column of `wanted` the column of this that holds it; `None` if one is missing or the
    /// two are not about the same customers, events and instant.
    fn columns_for<'a>(&'a self, wanted: &'a Origin) -> Option<BTreeMap<&'a str, &'a str>> {
        let same = Origin { columns: BTreeMap::new(), ..self.clone() };
        if same != (Origin { columns: BTreeMap::new(), ..wanted.clone() }) {
            return None;
        }
        let by_definition: BTreeMap<&str, &str> =
            self.columns.iter().map(|(name, definition)| (definition.as_str(), name.as_str())).collect();
        let found = |(name, definition): (&'a String, &'a String)| {
            Some((name.as_str(), *by_definition.get(definition.as_str())?))
        };
        wanted.columns.iter().map(found).collect()
    }
}

/// By column of the fold, its definition's hash.
pub(crate) fn definitions(compiled: &Compiled) -> Result<BTreeMap<String, String>, WorkspaceError> {
    let schema = compiled.fold.output_schema();
    let mut columns = BTreeMap::new();
    for indicator in compiled.fold.indicators() {
        let data_type = schema.field_with_name(&indicator.name)?.data_type().to_string();
        let mut definition =
            serde_json::json!([indicator.aggregate, indicator.filter, indicator.window, data_type]);
        // What the facts say is fixed by the position; which field refers to what is not.
        if let (false, Some(parts)) = (compiled.fold.references().is_empty(), definition.as_array_mut()) {
            parts.push(serde_json::json!(compiled.fold.references()));
        }
        columns.insert(indicator.name.clone(), content_hash(definition.to_string().as_bytes()));
    }
    Ok(columns)
}

/// The instants as of which anybody was graded.
pub(crate) async fn graded_instants(workspace: &Workspace) -> Result<BTreeSet<i64>, WorkspaceError> {
    let runs = workspace.store.runs().list(None, u32::MAX).await?;
    Ok(runs.iter().filter(|run| run.is_announced()).map(|run| run.as_of).collect())
}

/// What the fold would give as of an instant, read from the grades of whichever version of the model
/// holds it; `None` if none does.
pub async fn stored_indicators(
    workspace: &Workspace,
    compiled: &Compiled,
    as_of: AsOf,
    wanted: &Origin,
    n_threads: NonZeroUsize,
) -> Result<Option<Vec<RecordBatch>>, WorkspaceError> {
    let date = label(as_of, &workspace.zone);
    let runs = workspace.store.runs().list(None, u32::MAX).await?;
    let mut versions: Vec<&str> = Vec::new();
    for run in runs
        .iter()
        .filter(|run| run.is_announced() && run.as_of == as_of.instant_us && run.position == wanted.position)
    {
        if !versions.contains(&run.model_hash.as_str()) {
            versions.push(&run.model_hash);
        }
    }
    for version in versions {
        let grades = StoredGrades::open(workspace, version).await?;
        let Some(origin) = grades.origin(&date)? else { continue };
        let Some(columns) = origin.columns_for(wanted) else { continue };
        let schema = compiled.fold.output_schema();
        let fields: Vec<&Field> = schema
            .fields()
            .iter()
            .map(|field| field.as_ref())
            .filter(|field| field.name() != AS_OF)
            .collect();
        let column_of = |field: &Field| columns.get(field.name().as_str()).copied().unwrap_or(CUSTOMER);
        // Two indicators may have one definition: their column is read once.
        let names: BTreeSet<&str> = fields.iter().map(|field| column_of(field)).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let schema =
            Arc::new(Schema::new(fields.iter().map(|field| (*field).clone()).collect::<Vec<Field>>()));
        let mut out = Vec::new();
        for batch in grades.read_with(&date, &names, n_threads).await? {
            let mut arrays: Vec<ArrayRef> = Vec::with_capacity(fields.len());
            for field in &fields {
                let at = batch.schema().index_of(column_of(field))?;
                arrays.push(cast(batch.column(at), field.data_type())?);
            }
            out.push(RecordBatch::try_new(schema.clone(), arrays)?);
        }
        return Ok(Some(out));
    }
    Ok(None)
}

/// The columns of the fold that grading does not show, beside what it does: a later version may read
/// them.
pub fn with_hidden(
    graded: &RecordBatch,
    folded: &RecordBatch,
    compiled: &Compiled,
) -> Result<RecordBatch, WorkspaceError> {
    let mut fields: Vec<Field> =
        graded.schema().fields().iter().map(|field| field.as_ref().clone()).collect();
    let mut columns = graded.columns().to_vec();
    for indicator in compiled.fold.indicators() {
        if graded.column_by_name(&indicator.name).is_none()
            && let Some(values) = folded.column_by_name(&indicator.name)
        {
            fields.push(Field::new(&indicator.name, values.data_type().clone(), true));
            columns.push(values.clone());
        }
    }
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(position: i64, columns: &[(&str, &str)]) -> Origin {
        Origin {
            meaning: MEANING,
            program: "0.1.0".into(),
            time_zone: "Asia/Shanghai".into(),
            time_zone_data: "2026f".into(),
            instant_us: 5,
            position,
            n_events: 10,
            known_at: None,
            links: String::new(),
            columns: columns.iter().map(|(name, hash)| (name.to_string(), hash.to_string())).collect(),
        }
    }

    #[test]
    fn a_definition_is_found_under_another_name_and_never_under_other_events() {
        let stored = origin(7, &[("orders", "a"), ("_b1", "b"), ("visits", "c")]);
        let wanted = origin(7, &[("n_orders", "a"), ("_b2", "b")]);
        let found = stored.columns_for(&wanted).unwrap();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [("_b2", "_b1"), ("n_orders", "orders")]);
        assert_eq!(stored.columns_for(&origin(8, &[("orders", "a")])), None, "events came since");
        assert_eq!(stored.columns_for(&origin(7, &[("orders", "d")])), None, "another definition");
        let data = Origin { time_zone_data: "2025a".into(), ..wanted.clone() };
        assert_eq!(stored.columns_for(&data), None, "the time zone data are of another edition");
        let known = Origin { known_at: Some(3), ..wanted.clone() };
        assert_eq!(stored.columns_for(&known), None, "less was known");
        let linked = Origin { links: "x".into(), ..wanted };
        assert_eq!(stored.columns_for(&linked), None, "identities were linked since");
    }
}
