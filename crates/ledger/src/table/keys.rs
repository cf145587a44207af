//! The sort key of an event, and the columns of a batch that hold it.

use arrow::array::{Array, AsArray, BinaryArray, BooleanArray, Int64Array, RecordBatch};
use arrow::datatypes::{Int64Type, TimestampMicrosecondType};
use gradus_model::event_stream::column;

use crate::error::LedgerError;

/// Identity, time, event id, retraction: the order of rows within a bucket. What has the same key
/// is the same event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EventKey {
    pub identity: i64,
    /// Microseconds, UTC.
    pub time: i64,
    /// The 16 bytes, first byte highest, so that numbers compare as the bytes do.
    pub event_id: u128,
    pub retraction: bool,
}

/// The key columns of one batch.
#[derive(Debug, Clone)]
pub struct KeyColumns {
    identity: Int64Array,
    time: Int64Array,
    event_id: BinaryArray,
    retraction: BooleanArray,
}

impl KeyColumns {
    /// Finds the key columns by name and checks that they keep the contract.
    ///
    /// # Errors
    /// A key column is missing, of another type, holds nulls, or an event id is not 16 bytes long.
    pub fn of(batch: &RecordBatch) -> Result<Self, LedgerError> {
        let find = |name: &str| {
            let column =
                batch.column_by_name(name).ok_or_else(|| LedgerError::columns(name, "is missing"))?;
            if column.null_count() > 0 {
                return Err(LedgerError::columns(name, "must not be null"));
            }
            Ok(column)
        };
        let wrong = |name: &str| LedgerError::columns(name, "has the wrong type");
        let identity = find(column::IDENTITY)?;
        let identity =
            identity.as_primitive_opt::<Int64Type>().ok_or_else(|| wrong(column::IDENTITY))?.clone();
        let time = find(column::TIME)?
            .as_primitive_opt::<TimestampMicrosecondType>()
            .ok_or_else(|| wrong(column::TIME))?;
        let event_id =
            find(column::EVENT_ID)?.as_binary_opt::<i32>().ok_or_else(|| wrong(column::EVENT_ID))?.clone();
        let retraction =
            find(column::RETRACTION)?.as_boolean_opt().ok_or_else(|| wrong(column::RETRACTION))?.clone();
        if event_id.value_offsets().windows(2).any(|w| w[1] - w[0] != 16) {
            return Err(LedgerError::columns(column::EVENT_ID, "must be 16 bytes long"));
        }
        let time = Int64Array::new(time.values().clone(), None);
        Ok(Self { identity, time, event_id, retraction })
    }

    pub fn len(&self) -> usize {
        self.identity.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The key of one row.
    #[inline]
    pub fn key(&self, row: usize) -> EventKey {
        let mut id = [0u8; 16];
        id.copy_from_slice(self.event_id.value(row));
        EventKey {
            identity: self.identity.value(row),
            time: self.time.value(row),
            event_id: u128::from_be_bytes(id),
            retraction: self.retraction.value(row),
        }
    }

    pub fn identities(&self) -> &[i64] {
        self.identity.values()
    }

    pub fn times(&self) -> &[i64] {
        self.time.values()
    }

    pub fn n_retractions(&self) -> usize {
        self.retraction.true_count()
    }

    /// The first row from `start` on whose key is greater than `bound` (or not less, if `inclusive`
    /// is false), by doubling steps: sorted inputs mostly come in long stretches.
    pub fn end_of_stretch(&self, start: usize, bound: &EventKey, inclusive: bool) -> usize {
        let before = |row: usize| {
            let key = self.key(row);
            if inclusive { key <= *bound } else { key < *bound }
        };
        let mut low = start;
        let mut step = 1;
        while low + step < self.len() && before(low + step) {
            low += step;
            step *= 2;
        }
        let mut high = (low + step).min(self.len());
        // Row `low` is before the bound, row `high` is not (or is the end).
        while low + 1 < high {
            let middle = low + (high - low) / 2;
            if before(middle) { low = middle } else { high = middle }
        }
        high
    }
}
