//! Everyone as of one instant: what the fold gave becomes scores, tiers and segments.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;

use arrow::array::RecordBatch;
use gradus_grading::fold::{AsOf, CUSTOMER, Zone, date_of};
use gradus_grading::grade::{Fits, Graded};
use gradus_model::document::Model;

use super::{GradeOptions, GradedInstant, Tiers};
use crate::chain::to_be_stored;
use crate::clock::label;
use crate::compiled::Compiled;
use crate::decided::Chains;
use crate::kept_fits::Groups;
use crate::learn::propensity::LearnedFits;
use crate::overrides::Holding;
use crate::{Workspace, WorkspaceError};

/// What is the same for all instants of a grading.
pub(super) struct Grader<'a> {
    pub workspace: &'a Workspace,
    /// Predictions that are learned before.
    pub learned: &'a LearnedFits,
    pub compiled: &'a Compiled,
    pub model: &'a Model,
    pub options: &'a GradeOptions,
    pub tiers: Tiers,
    pub known_at: i64,
    /// Instants on whose decisions the tiers as of others depend.
    pub needed: BTreeSet<AsOf>,
    /// Some scheme remembers what it decided.
    pub remembers: bool,
}

impl Grader<'_> {
    /// Grades the fold's rows, and notes what was decided. If the instant is asked for, tiers that a person set
    /// are shown; and if it is to be stored, the columns are there from which a later grading goes on.
    pub(super) async fn grade(
        &self,
        as_of: AsOf,
        batches: Vec<RecordBatch>,
        is_asked: bool,
        chains: &mut Chains,
        groups: &mut Groups<'_>,
    ) -> Result<GradedInstant, WorkspaceError> {
        let Grader { workspace, compiled, model, options, .. } = self;
        let zone = &workspace.zone;
        let is_needed = self.needed.contains(&as_of);
        let n_customers = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        let given = groups.give(as_of, n_customers, self.learned.at(as_of)).await?;
        let grade = |batches: &[RecordBatch]| {
            grade_instant(compiled, as_of, zone, batches, given.clone(), options.n_threads)
        };
        let holding = match self.tiers {
            Tiers::AsSet if is_asked => Holding::of(workspace, as_of, self.known_at).await?,
            _ => Holding::default(),
        };
        if holding.is_empty() {
            let mut one = grade(&batches)?;
            groups.note(as_of, n_customers, given.as_ref(), &one.fits).await?;
            if is_needed {
                chains.note(model, as_of, zone, &one.batches)?;
            }
            if options.store && is_asked {
                let computed = one.batches.clone();
                to_be_stored(&mut one, &batches, &computed, compiled, model)?;
            }
            return Ok(one);
        }
        // What was decided, and not what somebody set meanwhile, is remembered.
        let computed = match self.remembers || is_needed {
            true => Some(grade(&batches)?),
            false => None,
        };
        if let Some(computed) = computed.as_ref().filter(|_| is_needed) {
            chains.note(model, as_of, zone, &computed.batches)?;
        }
        let set: Vec<RecordBatch> =
            batches.iter().map(|batch| holding.with(batch.clone(), model)).collect::<Result<_, _>>()?;
        let mut one = grade(&set)?;
        groups.note(as_of, n_customers, given.as_ref(), &one.fits).await?;
        if options.store {
            let as_shown = one.batches.clone();
            let computed = computed.as_ref().map_or(&as_shown, |computed| &computed.batches);
            to_be_stored(&mut one, &batches, computed, compiled, model)?;
        }
        Ok(one)
    }
}

fn grade_instant(
    compiled: &Compiled,
    as_of: AsOf,
    zone: &Zone,
    batches: &[RecordBatch],
    learned: Option<Fits>,
    n_threads: NonZeroUsize,
) -> Result<GradedInstant, WorkspaceError> {
    let date = date_of(as_of.day).ok_or_else(|| WorkspaceError::Defect("the instant has no date".into()))?;
    let (graded, fits) = compiled.stage_b.grade(batches, learned, date, n_threads);
    let mut faults = BTreeMap::new();
    let mut out = Vec::with_capacity(graded.len());
    for Graded { batch, faults: more } in graded {
        for (path, n) in more {
            *faults.entry(path).or_default() += n;
        }
        out.push(batch);
    }
    let n_customers = out.iter().map(|batch| batch.num_rows() as u64).sum();
    Ok(GradedInstant {
        as_of,
        date: label(as_of, zone),
        run: None,
        fits,
        batches: out,
        n_customers,
        n_moved: 0,
        n_corrected: 0,
        faults,
    })
}

/// Customers and the tiers of graded rows.
pub(super) fn tiers_alone(
    batches: &[RecordBatch],
    model: &Model,
) -> Result<Vec<RecordBatch>, WorkspaceError> {
    let alone = |batch: &RecordBatch| {
        let names = std::iter::once(CUSTOMER).chain(model.tiers.names());
        let at: Vec<usize> = names.filter_map(|name| batch.schema().index_of(name).ok()).collect();
        Ok(batch.project(&at)?)
    };
    batches.iter().map(alone).collect()
}
