//! Transitions (迁移): who changed tier between two graded instants, with the value that moved
//! them. One Delta table per version of the model, one partition per instant.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use gradus_grading::fold::CUSTOMER;
use gradus_ledger::table::{CommitId, PlainTable, WriterLease};
use gradus_model::document::Model;

use crate::clock::system_us;
use crate::grades::version_name;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// Format number of stored transitions.
const FORMAT: u32 = 1;
const AS_OF: &str = "as_of";

/// One change of tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    pub customer: i64,
    pub scheme: String,
    /// `None`: not graded, or not there yet.
    pub from: Option<String>,
    pub to: Option<String>,
    /// What the scheme cuts, before and after.
    pub value_before: Option<String>,
    pub value_after: Option<String>,
}

/// The graded instant whose transitions are asked.
pub struct Graded<'a> {
    pub model: &'a Model,
    pub model_hash: &'a str,
    pub as_of: &'a str,
    pub run: &'a str,
    pub batches: &'a [RecordBatch],
}

/// Finds who changed tier since the stored instant before, and keeps it.
pub async fn keep_transitions(
    workspace: &Workspace,
    lease: &WriterLease,
    stored: &StoredGrades,
    graded: Graded<'_>,
) -> Result<u64, WorkspaceError> {
    let Graded { model, model_hash, as_of, run, batches } = graded;
    let before = stored.instants()?.into_iter().rfind(|instant| instant.as_str() < as_of);
    let Some(before) = before else { return Ok(0) };
    let mut all = Vec::new();
    for (name, scheme) in model.tiers.iter() {
        // Only a plain name is a column; what else is cut has no single value to show.
        let value = scheme.by.as_deref().filter(|by| batches.iter().all(|batch| batch.column_by_name(by).is_some()));
        let mut columns = vec![CUSTOMER, name];
        columns.extend(value);
        let earlier = stored.read(&before, &columns).await?;
        all.extend(changes(name, value, &earlier, batches)?);
    }
    let fields: Vec<Field> = ["scheme", "from", "to", "value_before", "value_after", "since", "run", AS_OF]
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, !["scheme", "since", "run", AS_OF].contains(name)))
        .collect();
    let mut all_fields = vec![Field::new(CUSTOMER, DataType::Int64, false)];
    all_fields.extend(fields);
    let schema = Arc::new(Schema::new(all_fields));
    let text = |of: fn(&Transition) -> Option<&str>| -> ArrayRef {
        Arc::new(all.iter().map(of).collect::<StringArray>())
    };
    let constant = |value: &str| -> ArrayRef { Arc::new(StringArray::from(vec![value; all.len()])) };
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(Int64Array::from_iter_values(all.iter().map(|t| t.customer))),
            text(|t| Some(&t.scheme)),
            text(|t| t.from.as_deref()),
            text(|t| t.to.as_deref()),
            text(|t| t.value_before.as_deref()),
            text(|t| t.value_after.as_deref()),
            constant(&before),
            constant(run),
            constant(as_of),
        ],
    )?;
    let name = format!("transitions/{}", version_name(model_hash));
    let mut table =
        PlainTable::open_or_create(&workspace.storage, &name, FORMAT, &schema, &[AS_OF], system_us()).await?;
    let values = BTreeMap::from([(AS_OF.to_string(), Some(as_of.to_string()))]);
    let id = CommitId { app_id: format!("transitions:{run}"), app_version: 1, at: system_us() };
    table.replace_partition(lease, &values, &[batch], id).await?;
    Ok(all.len() as u64)
}

/// Who has another tier than before; customers that are new count from not graded.
fn changes(
    scheme: &str,
    value: Option<&str>,
    earlier: &[RecordBatch],
    now: &[RecordBatch],
) -> Result<Vec<Transition>, WorkspaceError> {
    let mut before: HashMap<i64, (Option<String>, Option<String>)> = HashMap::new();
    for_each(scheme, value, earlier, |customer, level, value| {
        before.insert(customer, (level.map(str::to_string), value()));
    })?;
    let mut out = Vec::new();
    for_each(scheme, value, now, |customer, level, value| {
        let known = before.get(&customer);
        let from = known.and_then(|(level, _)| level.as_deref());
        if from != level {
            out.push(Transition {
                customer,
                scheme: scheme.to_string(),
                from: from.map(str::to_string),
                to: level.map(str::to_string),
                value_before: known.and_then(|(_, value)| value.clone()),
                value_after: value(),
            });
        }
    })?;
    out.sort_by_key(|transition| transition.customer);
    Ok(out)
}

fn for_each(
    scheme: &str,
    value: Option<&str>,
    batches: &[RecordBatch],
    mut each: impl FnMut(i64, Option<&str>, &dyn Fn() -> Option<String>),
) -> Result<(), WorkspaceError> {
    let options = FormatOptions::default();
    for batch in batches {
        let (Some(customers), Some(levels)) = (batch.column_by_name(CUSTOMER), batch.column_by_name(scheme)) else {
            continue;
        };
        let customers = customers.as_primitive::<Int64Type>();
        let levels = cast(levels, &DataType::Utf8)?;
        let levels = levels.as_string::<i32>();
        let values = value.and_then(|name| batch.column_by_name(name));
        let formatter = values.map(|values| ArrayFormatter::try_new(values, &options)).transpose()?;
        for row in 0..batch.num_rows() {
            let shown = || {
                values.filter(|values| values.is_valid(row))?;
                formatter.as_ref().map(|formatter| formatter.value(row).to_string())
            };
            each(customers.value(row), levels.is_valid(row).then(|| levels.value(row)), &shown);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graded(rows: &[(i64, Option<&str>, i64)]) -> RecordBatch {
        RecordBatch::try_from_iter_with_nullable([
            (CUSTOMER, Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.0))) as ArrayRef, false),
            ("member", Arc::new(rows.iter().map(|r| r.1).collect::<StringArray>()) as ArrayRef, true),
            ("score", Arc::new(Int64Array::from_iter_values(rows.iter().map(|r| r.2))) as ArrayRef, true),
        ])
        .unwrap()
    }

    #[test]
    fn only_those_who_changed_are_transitions() {
        let earlier = graded(&[(1, Some("silver"), 40), (2, Some("gold"), 70), (3, None, 0)]);
        let now = graded(&[(1, Some("gold"), 65), (2, Some("gold"), 80), (3, None, 0), (4, Some("silver"), 41)]);
        let found = changes("member", Some("score"), &[earlier], &[now]).unwrap();
        let short: Vec<_> = found
            .iter()
            .map(|t| (t.customer, t.from.as_deref(), t.to.as_deref(), t.value_before.as_deref(), t.value_after.as_deref()))
            .collect();
        assert_eq!(
            short,
            [(1, Some("silver"), Some("gold"), Some("40"), Some("65")), (4, None, Some("silver"), None, Some("41"))]
        );
    }
}
