//! What customers may want next, as columns of lists and files: `next` and `next_due`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, StringArray};
use arrow::datatypes::{Field, Int64Type, Schema};
use gradus_grading::grade::{CUSTOMER, OutputColumn, OutputKind};
use gradus_model::Text;

use super::NextItem;
use super::kept::{Kept, List};
use crate::summary::GradedBase;
use crate::{Workspace, WorkspaceError};

const NEXT: &str = "next";
const DUE: &str = "next_due";

/// True for the names of these columns.
pub(crate) fn is_column(name: &str) -> bool {
    name == NEXT || name == DUE
}

pub(crate) fn title_of(name: &str) -> Text {
    match name {
        NEXT => Text::new("可能想要", "May want next"),
        _ => Text::new("到期复购", "Due again"),
    }
}

/// What stands in a column, by customer.
///
/// # Errors
/// A finding if nothing was learned yet.
pub(crate) async fn of_customers(
    workspace: &Workspace,
    column: &str,
    customers: &[i64],
) -> Result<BTreeMap<i64, String>, WorkspaceError> {
    let kept = Kept::needed(workspace).await?;
    let wanted = if column == NEXT { List::Next } else { List::Due };
    let found = kept.of(&customers.iter().copied().collect::<BTreeSet<i64>>()).await?;
    let told = |items: Vec<(List, NextItem)>| {
        let own = items.into_iter().filter(|(list, _)| *list == wanted);
        let words = own.map(|(_, item)| match item.due {
            Some(due) => format!("{} {}", item.title.zh, due.date),
            None => item.title.zh,
        });
        words.collect::<Vec<_>>().join("; ")
    };
    Ok(found
        .into_iter()
        .map(|(customer, items)| (customer, told(items)))
        .filter(|one| !one.1.is_empty())
        .collect())
}

/// The base with those of the columns that are asked for and that it does not have of its own.
pub(crate) async fn with_columns(
    workspace: &Workspace,
    mut base: GradedBase,
    asked: &[String],
) -> Result<GradedBase, WorkspaceError> {
    for name in asked.iter().filter(|name| is_column(name)) {
        if base.column(name).is_some() {
            continue;
        }
        let found = of_customers(workspace, name, &crate::moves::customers(&base.batches)).await?;
        for batch in &mut base.batches {
            let Some(ids) = batch.column_by_name(CUSTOMER) else { continue };
            let ids = ids.as_primitive::<Int64Type>();
            let values: StringArray =
                ids.values().iter().map(|id| found.get(id).map(String::as_str)).collect();
            let mut fields: Vec<Arc<Field>> = batch.schema().fields().iter().cloned().collect();
            fields.push(Arc::new(Field::new(name, arrow::datatypes::DataType::Utf8, true)));
            let mut columns = batch.columns().to_vec();
            columns.push(Arc::new(values) as ArrayRef);
            *batch = arrow::array::RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?;
        }
        base.columns.push(OutputColumn {
            name: name.clone(),
            of: name.clone(),
            kind: OutputKind::RuleSet,
            title: title_of(name),
            values: Vec::new(),
        });
    }
    Ok(base)
}
