//! Corrections: an instant that was graded and announced is graded again, and somebody stands elsewhere
//! than was announced, because an event came late, was taken back, or identities were linked. What was
//! announced stays; a correcting transition says so and names the one that it corrects.

use std::collections::{HashMap, HashSet};

use gradus_grading::grade::Fits;
use gradus_store::Run;

use super::cause::Explainer;
use super::compare::{Changes, Kind, Rows};
use super::table::{Transition, id, read};
use super::{CUSTOMERS, Graded};
use crate::runs::fits_of;
use crate::{StoredGrades, Workspace, WorkspaceError};

/// What the grades that are about to be replaced announced otherwise. Grading again without a change in
/// between finds none.
pub(super) async fn corrections(
    workspace: &Workspace,
    stored: &StoredGrades,
    now: &Graded<'_>,
    runs: &[Run],
    date: &str,
    run: &str,
) -> Result<Vec<Transition>, WorkspaceError> {
    let fits = match runs.iter().find(|run| run.as_of == now.as_of.instant_us) {
        Some(run) => fits_of(workspace, run).await?,
        None => Fits::default(),
    };
    let announced = Graded { fits: &fits, rows: Rows::Stored(stored, date), ..*now };
    let changes = Changes::find(&announced, now).await?;
    if changes.customers.is_empty() {
        return Ok(Vec::new());
    }
    let explainer = Explainer::of(&announced, now, &workspace.zone, changes.known()).await?;
    let mut moves = Vec::new();
    for some in changes.customers.chunks(CUSTOMERS) {
        let mut own = changes.moves(some)?;
        explainer.explain(&mut own)?;
        moves.extend(own);
    }
    let hash = now.compiled.hash.as_str();
    let customers: HashSet<i64> = moves.iter().map(|one| one.customer).collect();
    let mut known: HashMap<(i64, Kind, String), Known> = HashMap::new();
    for one in read(workspace, stored.chain, hash, None, |customer| customers.contains(&customer)).await? {
        if one.as_of.as_str() > date {
            continue;
        }
        let known = known.entry((one.customer, one.kind, one.name)).or_default();
        known.n_here += usize::from(one.as_of == date);
        known.last = Some(one.id);
    }
    let mut out = Vec::with_capacity(moves.len());
    for one in moves {
        let key = (one.customer, one.kind, one.name.clone());
        let known = known.remove(&key).unwrap_or_default();
        let number = id(hash, date, one.kind, &one.name, one.customer, known.n_here.max(1));
        let mut correction = Transition::of(one, hash, date, date, run);
        correction.id = number;
        correction.is_correction = true;
        correction.corrects = known.last;
        out.push(correction);
    }
    Ok(out)
}

/// What was announced of a customer up to an instant.
#[derive(Default)]
struct Known {
    /// Transitions as of the very instant.
    n_here: usize,
    /// The one by which the announced level came about.
    last: Option<String>,
}
