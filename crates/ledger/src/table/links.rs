//! Which customer an identity is, from when: dated, reversible, never changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    Array, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, TimestampMicrosecondType};

use crate::error::LedgerError;
use crate::table::lease::WriterLease;
use crate::table::plain::{CommitId, PartitionValues, PlainTable, Written};
use crate::table::schema::timestamp;
use crate::table::store::Storage;

/// Name of the links table under the workspace's root.
pub const LINKS_TABLE: &str = "links";

/// Format number of the links table.
pub const LINKS_FORMAT: u32 = 1;

const COLUMNS: [&str; 7] = ["identity", "customer", "valid_from", "known", "position", "reason", "undone"];

/// One statement about an identity. Instants are microseconds, UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub identity: i64,
    /// The canonical id of the customer.
    pub customer: i64,
    /// From when on it holds; evaluated at any instant from then on, it covers all of the identity's events.
    pub valid_from: i64,
    /// When it became known.
    pub known: i64,
    /// Order of commitment, given by the writer; ignored in what is appended.
    pub position: i64,
    /// Why, as a code: `phone`, `email`, `external_id`, `manual` ...
    pub reason: String,
    /// True on the statement that takes back the link with the same identity, customer and start.
    pub undone: bool,
}

/// All statements; small enough for memory, since only identities that are not their own customer
/// have any.
#[derive(Debug)]
pub struct LinksTable {
    table: PlainTable,
}

impl LinksTable {
    /// Opens the table, or creates it if there is none.
    pub async fn open_or_create(storage: &Storage, at: i64) -> Result<Self, LedgerError> {
        let schema = Schema::new(vec![
            Field::new("identity", DataType::Int64, false),
            Field::new("customer", DataType::Int64, false),
            Field::new("valid_from", timestamp(), false),
            Field::new("known", timestamp(), false),
            Field::new("position", DataType::Int64, false),
            Field::new("reason", DataType::Utf8, false),
            Field::new("undone", DataType::Boolean, false),
        ]);
        let table = PlainTable::open_or_create(storage, LINKS_TABLE, LINKS_FORMAT, &schema, &[], at).await?;
        Ok(Self { table })
    }

    /// Reads what was committed since.
    pub async fn refresh(&mut self) -> Result<(), LedgerError> {
        self.table.refresh().await
    }

    /// Adds statements, in this order.
    pub async fn append(
        &mut self,
        lease: &WriterLease,
        links: &[Link],
        id: CommitId,
    ) -> Result<Written, LedgerError> {
        self.refresh().await?;
        let first = self.statements().await?.last().map_or(1, |l| l.position + 1);
        let positions = Int64Array::from_iter_values(first..first + links.len() as i64);
        let batch = RecordBatch::try_new(
            self.table.schema().clone(),
            vec![
                Arc::new(Int64Array::from_iter_values(links.iter().map(|l| l.identity))),
                Arc::new(Int64Array::from_iter_values(links.iter().map(|l| l.customer))),
                Arc::new(instants(links.iter().map(|l| l.valid_from))),
                Arc::new(instants(links.iter().map(|l| l.known))),
                Arc::new(positions),
                Arc::new(StringArray::from_iter_values(links.iter().map(|l| &l.reason))),
                Arc::new(links.iter().map(|l| Some(l.undone)).collect::<BooleanArray>()),
            ],
        )?;
        self.table.append(lease, &[batch], id).await
    }

    /// Every statement, in order of commitment.
    pub async fn statements(&self) -> Result<Vec<Link>, LedgerError> {
        let mut links = Vec::new();
        for batch in self.table.read(&COLUMNS, &PartitionValues::new()).await? {
            let integer = |i: usize| batch.column(i).as_primitive::<Int64Type>();
            let instant = |i: usize| batch.column(i).as_primitive::<TimestampMicrosecondType>();
            let reason = arrow::compute::cast(batch.column(5), &DataType::Utf8)?;
            let reason = reason.as_string::<i32>();
            for row in 0..batch.num_rows() {
                links.push(Link {
                    identity: integer(0).value(row),
                    customer: integer(1).value(row),
                    valid_from: instant(2).value(row),
                    known: instant(3).value(row),
                    position: integer(4).value(row),
                    reason: if reason.is_valid(row) { reason.value(row).to_owned() } else { String::new() },
                    undone: batch.column(6).as_boolean().value(row),
                });
            }
        }
        links.sort_by_key(|l| l.position);
        Ok(links)
    }

    /// The link that holds for each identity as of `time`, as known at `known`, sorted by identity.
    /// With `position`, only statements up to there are seen.
    ///
    /// An identity without one is its own customer. Of several that hold, the one that starts
    /// latest counts, and of those the one that was stated last.
    pub async fn as_of(
        &self,
        time: i64,
        known: i64,
        position: Option<i64>,
    ) -> Result<Vec<Link>, LedgerError> {
        let statements = self.statements().await?;
        let seen = statements.iter().filter(|l| position.is_none_or(|p| l.position <= p));
        Ok(links_holding(seen, time, known))
    }
}

/// Of statements in order of commitment: the link that holds for each identity as of `time`, as
/// known at `known`. See [`LinksTable::as_of`].
pub fn links_holding<'a>(statements: impl Iterator<Item = &'a Link>, time: i64, known: i64) -> Vec<Link> {
    holding(statements.filter(|l| l.known <= known).cloned(), time)
}

/// Statements in order of commitment: what holds at `time`.
fn holding(statements: impl Iterator<Item = Link>, time: i64) -> Vec<Link> {
    let mut standing: BTreeMap<(i64, i64, i64), Link> = BTreeMap::new();
    for link in statements {
        let key = (link.identity, link.valid_from, link.customer);
        if link.undone {
            standing.remove(&key);
        } else {
            standing.insert(key, link);
        }
    }
    let mut holding: BTreeMap<i64, Link> = BTreeMap::new();
    for link in standing.into_values().filter(|l| l.valid_from <= time) {
        let later = |old: &Link| (old.valid_from, old.position) <= (link.valid_from, link.position);
        if holding.get(&link.identity).is_none_or(later) {
            holding.insert(link.identity, link);
        }
    }
    holding.into_values().collect()
}

fn instants(values: impl Iterator<Item = i64>) -> TimestampMicrosecondArray {
    TimestampMicrosecondArray::from_iter_values(values).with_timezone("UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(identity: i64, customer: i64, valid_from: i64, position: i64, undone: bool) -> Link {
        Link { identity, customer, valid_from, known: position, position, reason: "phone".into(), undone }
    }

    #[test]
    fn a_link_made_and_undone_leaves_the_one_before() {
        let told = vec![link(1, 10, 100, 1, false), link(1, 20, 200, 2, false), link(1, 20, 200, 3, true)];
        let customers = |n: usize, time| {
            holding(told.iter().take(n).cloned(), time).iter().map(|l| l.customer).collect::<Vec<_>>()
        };
        assert_eq!(customers(3, 99), [] as [i64; 0]);
        assert_eq!(customers(2, 150), [10]);
        assert_eq!(customers(2, 250), [20]);
        assert_eq!(customers(3, 250), [10]);
    }
}
