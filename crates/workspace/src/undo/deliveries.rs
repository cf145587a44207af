//! Which import delivered which events: those it brought, and those that were there already when it told
//! of them again. An event stays as long as one import that counts has delivered it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use gradus_ledger::table::{Appended, CommitId, PartitionValues, PlainTable, Positions, WriterLease};
use gradus_store::ImportStatus;

use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Table of who delivered what, under the ledger's folder.
const DELIVERIES: &str = "deliveries";
const DELIVERIES_FORMAT: u32 = 1;
const COLUMNS: [&str; 5] = ["import", "attempt", "first", "last", "again"];

/// The table, with its format number.
pub(crate) fn deliveries_table() -> (&'static str, u32) {
    (DELIVERIES, DELIVERIES_FORMAT)
}

/// Notes what an import delivers, before the commit that makes it count. `attempt` ascends when the same
/// import is worked out anew.
pub(crate) async fn keep_deliveries(
    workspace: &Workspace,
    lease: &WriterLease,
    import: &str,
    attempt: i64,
    appended: &Appended,
) -> Result<(), WorkspaceError> {
    // An import that brought nothing is noted, too: a stretch that ends before it begins.
    let own = appended.positions.unwrap_or((1, 0));
    let mut stretches = vec![(own, false)];
    stretches.extend(appended.again.stretches().iter().map(|stretch| (*stretch, true)));
    let types = [DataType::Utf8, DataType::Int64, DataType::Int64, DataType::Int64, DataType::Boolean];
    let fields: Vec<Field> =
        COLUMNS.iter().zip(types).map(|(name, data_type)| Field::new(*name, data_type, false)).collect();
    let schema = Arc::new(Schema::new(fields));
    let integers =
        |of: fn(&((i64, i64), bool)) -> i64| Arc::new(Int64Array::from_iter_values(stretches.iter().map(of)));
    let batch = RecordBatch::try_new(
        schema.clone(),
        vec![
            Arc::new(StringArray::from(vec![import; stretches.len()])),
            Arc::new(Int64Array::from(vec![attempt; stretches.len()])),
            integers(|((first, _), _)| *first),
            integers(|((_, last), _)| *last),
            Arc::new(stretches.iter().map(|(_, again)| Some(*again)).collect::<BooleanArray>()),
        ],
    )?;
    let now = system_us();
    let mut table =
        PlainTable::open_or_create(&workspace.storage, DELIVERIES, DELIVERIES_FORMAT, &schema, &[], now)
            .await?;
    let id = CommitId { app_id: format!("deliveries:{import}"), app_version: attempt, at: now };
    table.append(lease, &[batch], id).await?;
    Ok(())
}

/// What one import delivered.
#[derive(Debug, Clone, Default)]
pub(super) struct Delivery {
    /// Zero if it is not in the store.
    pub(super) number: i64,
    /// False once it was undone.
    counts: bool,
    /// What it brought.
    pub(super) own: Positions,
    /// What was there already.
    pub(super) again: Positions,
}

/// What each import delivered that counts, or did.
#[derive(Debug, Clone, Default)]
pub(super) struct Deliveries(BTreeMap<String, Delivery>);

impl Deliveries {
    pub(super) async fn read(workspace: &Workspace) -> Result<Deliveries, WorkspaceError> {
        if !workspace.has_table(DELIVERIES) {
            return Ok(Deliveries::default());
        }
        type Stretches = (i64, Vec<(i64, i64)>, Vec<(i64, i64)>);
        let mut noted: BTreeMap<String, Stretches> = BTreeMap::new();
        let table = PlainTable::open(&workspace.storage, DELIVERIES, DELIVERIES_FORMAT).await?;
        for batch in table.read(&COLUMNS, &PartitionValues::new()).await? {
            let imports = cast(batch.column(0), &DataType::Utf8)?;
            let imports = imports.as_string::<i32>();
            let integer =
                |column: usize, row: usize| batch.column(column).as_primitive::<Int64Type>().value(row);
            let again = batch.column(4).as_boolean();
            for row in (0..batch.num_rows()).filter(|row| imports.is_valid(*row)) {
                let attempt = integer(1, row);
                let one = noted.entry(imports.value(row).to_string()).or_default();
                // What was worked out last is what was committed.
                if attempt > one.0 {
                    *one = (attempt, Vec::new(), Vec::new());
                }
                if attempt == one.0 {
                    let stretch = (integer(2, row), integer(3, row));
                    if again.value(row) { one.2.push(stretch) } else { one.1.push(stretch) }
                }
            }
        }
        let mut deliveries = BTreeMap::new();
        for (import, (_, own, again)) in noted {
            let record = workspace.store.imports().by_id(&import).await?;
            let status = record.as_ref().map(|record| record.status);
            // Its commit never came.
            if status == Some(ImportStatus::Abandoned) {
                continue;
            }
            let delivery = Delivery {
                number: record.map_or(0, |record| record.number.0),
                counts: status != Some(ImportStatus::Undone),
                own: Positions::of(own),
                again: Positions::of(again),
            };
            deliveries.insert(import, delivery);
        }
        Ok(Deliveries(deliveries))
    }

    pub(super) fn of(&self, import: &str) -> Option<&Delivery> {
        self.0.get(import)
    }

    /// The other imports that count.
    pub(super) fn others<'a>(&'a self, import: &'a str) -> impl Iterator<Item = &'a Delivery> {
        self.0.iter().filter(move |(id, one)| *id != import && one.counts).map(|(_, one)| one)
    }

    /// What counts only because of this import: its own events and those of imports that were undone,
    /// as far as it told of them again; without what another import delivered, too. `None` if it is not
    /// noted what it delivered.
    pub(super) fn only_by(&self, import: &str) -> Option<Positions> {
        let one = self.0.get(import)?;
        let undone = self.0.values().filter(|other| !other.counts);
        let of_undone = Positions::of(undone.flat_map(|other| other.own.stretches().iter().copied()));
        let others = self.others(import).flat_map(|other| other.again.stretches().iter().copied());
        Some(one.own.and(&one.again.within(&of_undone)).without(&Positions::of(others)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(counts: bool, own: (i64, i64), again: &[(i64, i64)]) -> Delivery {
        Delivery { number: 0, counts, own: Positions::of([own]), again: Positions::of(again.to_vec()) }
    }

    #[test]
    fn an_event_goes_with_the_last_import_that_delivered_it() {
        let mut all = Deliveries(BTreeMap::from([
            ("a".into(), delivery(true, (1, 10), &[])),
            ("b".into(), delivery(true, (11, 20), &[(1, 4)])),
            ("c".into(), delivery(true, (21, 20), &[(3, 12)])),
        ]));
        let only = |all: &Deliveries, import: &str| all.only_by(import).unwrap().stretches().to_vec();
        assert_eq!(only(&all, "a"), []);
        assert_eq!(only(&all, "b"), [(13, 20)]);
        assert_eq!(only(&all, "c"), []);
        all.0.get_mut("a").unwrap().counts = false;
        // 1 and 2 are there because of b alone, 3 and 4 because of c, too.
        assert_eq!(only(&all, "b"), [(1, 2), (13, 20)]);
        all.0.get_mut("b").unwrap().counts = false;
        assert_eq!(only(&all, "c"), [(3, 12)]);
        assert!(all.only_by("x").is_none());
    }
}
