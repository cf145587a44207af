//! What was counted, kept in a file of ours beside the store: the next process need not look at every event again.
//! It holds counts, sums and bits, and is thrown away with the grading that it belongs to.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gradus_ledger::table::Disk;
use gradus_store::content_hash;
use serde::{Deserialize, Serialize};

use super::CohortStep;
use super::grid::{Counted, Grid};
use crate::Workspace;
use crate::base::Base;
use crate::export::write_small;

/// Raised when the same events give other counts, or the file is laid out otherwise.
const FORMAT: u32 = 1;

/// The first line of the file; numbers follow: counts, sums, then a word for each customer.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Of what it was counted.
    key: String,
    first: i64,
    n: usize,
    n_seen: u64,
    n_customers: usize,
}

/// Where the counts of a grading are kept.
pub(super) struct Kept {
    disk: Arc<dyn Disk>,
    path: PathBuf,
    key: String,
}

impl Kept {
    /// `None` for a base that is not stored.
    pub(super) fn of(workspace: &Workspace, base: &Base, by: CohortStep) -> Option<Kept> {
        let position = base.position.filter(|_| !base.run.is_empty())?;
        let key = serde_json::json!([
            FORMAT,
            env!("CARGO_PKG_VERSION"),
            base.model_hash,
            base.run,
            position,
            base.known_at,
            base.graded.as_of_us,
            workspace.zone.name(),
            workspace.settings.currency,
            by,
        ]);
        let name = match by {
            CohortStep::Month => "cohorts-month",
            CohortStep::Quarter => "cohorts-quarter",
        };
        let path = workspace.own().join("kept").join(name);
        Some(Kept { disk: workspace.disk.clone(), path, key: content_hash(key.to_string().as_bytes()) })
    }

    /// What was kept for this very grading; none if it was another, or the file cannot be read: then it is
    /// counted again.
    pub(super) fn read(&self, n_customers: usize) -> Option<Counted> {
        let bytes = std::fs::read(&self.path).ok()?;
        let end = bytes.iter().position(|byte| *byte == b'\n')?;
        let head: Head = serde_json::from_slice(&bytes[..end]).ok()?;
        let cells = head.n.checked_mul(head.n)?;
        let length = cells.checked_mul(24)?.checked_add(n_customers.checked_mul(8)?)?;
        let rest = &bytes[end + 1..];
        if head.key != self.key || head.n_customers != n_customers || rest.len() != length {
            return None;
        }
        let (active, rest) = rest.split_at(cells * 8);
        let (value, bought) = rest.split_at(cells * 16);
        let words =
            |bytes: &[u8]| bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let value = value.as_chunks::<16>().0.iter().map(|sum| i128::from_le_bytes(*sum)).collect();
        let grid = Grid { n: head.n, active: words(active), value };
        Some(Counted { first: head.first, grid, bought: words(bought), n_seen: head.n_seen })
    }

    /// Keeps it in the place of what was kept before. Where that fails, the next process counts again.
    pub(super) fn write(&self, counted: &Counted) {
        if let Err(error) = self.put(counted) {
            tracing::warn!(%error, "the counted cohorts could not be kept");
        }
    }

    fn put(&self, counted: &Counted) -> std::io::Result<()> {
        let Counted { first, grid, bought, n_seen } = counted;
        let head = Head {
            key: self.key.clone(),
            first: *first,
            n: grid.n,
            n_seen: *n_seen,
            n_customers: bought.len(),
        };
        let folder = self.path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let mut bytes = serde_json::to_vec(&head)?;
        bytes.push(b'\n');
        bytes.extend(grid.active.iter().flat_map(|n| n.to_le_bytes()));
        bytes.extend(grid.value.iter().flat_map(|sum| sum.to_le_bytes()));
        bytes.extend(bought.iter().flat_map(|bits| bits.to_le_bytes()));
        write_small(&self.disk, &self.path, true, &bytes)
    }
}
