//! Who went from one level to another between two graded instants: a flow of the migration, as a filter.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use gradus_grading::grade::CUSTOMER;
use gradus_model::{Finding, Place, Text};

use super::unknown;
use crate::base::Base;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// From where to where, between an earlier graded instant and the one that is looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct MovedBetween {
    pub scheme: String,
    /// The earlier instant.
    pub since: String,
    pub from: MovedFrom,
    /// The level now; `None`: not graded.
    pub to: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MovedFrom {
    Level(String),
    NotGraded,
    /// Was not there yet.
    New,
}

impl MovedBetween {
    /// Reads levels as the migration of `/summary` names its rows and columns.
    pub fn read(scheme: String, since: String, from: &str, to: &str) -> MovedBetween {
        let from = match from {
            "$not_graded" => MovedFrom::NotGraded,
            "$new" => MovedFrom::New,
            level => MovedFrom::Level(level.to_string()),
        };
        MovedBetween { scheme, since, from, to: Some(to.to_string()).filter(|to| to != "$not_graded") }
    }
}

/// For each batch of the base who moved so.
pub(super) async fn moved(
    workspace: &Workspace,
    base: &Base,
    flow: &MovedBetween,
) -> Result<Vec<BooleanArray>, WorkspaceError> {
    base.model.tiers.get(&flow.scheme).ok_or_else(|| unknown("tier", &flow.scheme))?;
    if !base.instants.contains(&flow.since) || flow.since >= base.graded.as_of {
        return Err(Finding::error(
            "not-graded-yet",
            Place::default().at("since"),
            Text::new(
                format!("{} 之前没有 {} 的评级", base.graded.as_of, flow.since),
                format!("nobody has been graded as of {}, before {}", flow.since, base.graded.as_of),
            ),
            Text::new("更早的一个评级时点", "an earlier graded instant"),
        )
        .into());
    }
    let stored = StoredGrades::open(workspace, &base.model_hash).await?;
    let earlier = stored.read(&flow.since, &[CUSTOMER, &flow.scheme]).await?;
    // Everybody is new until they are found among those who were there.
    let mut out: Vec<Vec<bool>> =
        base.graded.batches.iter().map(|batch| vec![flow.from == MovedFrom::New; batch.num_rows()]).collect();
    for batch in &earlier {
        let column = |name: &str| batch.column_by_name(name);
        let (Some(ids), Some(levels)) = (column(CUSTOMER), column(&flow.scheme)) else { continue };
        let (ids, levels) = (ids.as_primitive::<Int64Type>(), texts(levels)?);
        for (row, customer) in ids.values().iter().enumerate() {
            let Some((at, place)) = base.find(*customer) else { continue };
            let was = levels.as_string::<i32>();
            out[at][place] = match &flow.from {
                MovedFrom::New => false,
                MovedFrom::NotGraded => was.is_null(row),
                MovedFrom::Level(level) => was.is_valid(row) && was.value(row) == level,
            };
        }
    }
    let of = |(batch, was): (&RecordBatch, Vec<bool>)| -> Result<BooleanArray, WorkspaceError> {
        let now = batch.column_by_name(&flow.scheme).ok_or_else(|| unknown("tier", &flow.scheme))?;
        let now = texts(now)?;
        let now = now.as_string::<i32>();
        let is = |row: usize| now.is_valid(row).then(|| now.value(row)) == flow.to.as_deref();
        Ok(was.into_iter().enumerate().map(|(row, was)| Some(was && is(row))).collect())
    };
    base.graded.batches.iter().zip(out).map(of).collect()
}

fn texts(column: &ArrayRef) -> Result<ArrayRef, WorkspaceError> {
    Ok(cast(column, &DataType::Utf8)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_are_named_as_the_migration_names_them() {
        let read = |from: &str, to: &str| MovedBetween::read("member".into(), "2024-01-31".into(), from, to);
        assert_eq!(read("gold", "silver").from, MovedFrom::Level("gold".into()));
        assert_eq!(read("$new", "silver").from, MovedFrom::New);
        assert_eq!(read("$not_graded", "silver").from, MovedFrom::NotGraded);
        assert_eq!(read("gold", "$not_graded").to, None);
    }
}
