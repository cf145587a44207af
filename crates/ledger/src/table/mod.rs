//! The ledger's tables: Delta Lake tables of Parquet that only Gradus writes and anybody can read.
//!
//! The events table ([`EventsTable`]) is bucketed by a hash of the identity and sorted within a
//! bucket, so that the fold reads each customer's events as one run. Everything that is written
//! goes through one writer ([`WriterLease`]), is synced before it counts, and counts by one commit.

mod append;
mod bucket_merge;
mod columns;
mod compact;
mod damage;
mod delivered;
mod events;
mod file;
mod find;
#[doc(hidden)]
pub mod generate;
mod keys;
mod lease;
mod links;
mod log;
mod lookup;
mod merge;
mod opened;
mod partition_path;
mod plain;
mod positions;
mod runs;
mod scan;
mod schema;
mod since;
mod store;
mod undone;
mod whole;

pub use append::{AppendOptions, Appended, DEFAULT_SORT_BYTES};
pub use bucket_merge::BucketMergeExec;
pub use compact::{Compacted, CompactionPlan, DEFAULT_RETENTION};
pub use damage::damaged_files;
pub use delivered::{Delivered, Seen, followed_columns};
pub use events::{EVENTS_TABLE, EventFile, EventsSnapshot, EventsTable};
pub use file::{FileFacts, PAGE_ROWS, ROW_GROUP_ROWS, Range};
pub use find::{FoundEvents, events_of};
pub use keys::{EventKey, KeyColumns};
pub use lease::{LOCK_FILE, WriterLease};
pub use links::{LINKS_FORMAT, LINKS_TABLE, Link, LinksTable, links_holding};
pub use log::ActiveFile;
pub use merge::{MergedBatches, Merger, Step};
pub use plain::{BatchMap, CommitId, PartitionValues, PlainFile, PlainTable, StagedFile, Written};
pub use positions::Positions;
pub use runs::{EventRuns, SortedEvents};
pub use scan::{Scan, ScanBound, ScanShape};
pub use schema::{
    decimal, dictionary, field_type, file_schema, input_schema, is_low_cardinality, scan_schema, timestamp,
};
pub use store::{Disk, DurableStore, RealDisk, Storage};
pub use undone::{Undone, undo_app};
pub use whole::{TableFiles, table_files};
