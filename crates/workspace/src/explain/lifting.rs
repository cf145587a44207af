//! What would lift or keep a customer's tiers, without the rest of the explanation.

use gradus_grading::fold::AsOf;
use gradus_grading::grade::OutputKind;

use super::events::kind_titles;
use super::{Here, View};
use crate::clock::label;
use crate::coverage::Coverage;
use crate::grade::open_events;
use crate::kinds::named_kinds;
use crate::ways::{Ground, Lifting, kinds_of, liftings};
use crate::{Workspace, WorkspaceError, versions};

/// What a customer can do for each tier, as of a graded instant.
#[derive(Debug, Clone)]
pub struct LiftingOf {
    pub as_of: String,
    pub run: String,
    pub schemes: Vec<Lifting>,
}

impl View<'_> {
    /// What is searched from.
    pub(super) fn ground<'a>(&'a self, here: &'a Here) -> Ground<'a> {
        let (model, stage_b) = (self.model, &self.compiled.stage_b);
        // Whatever decides no tier is left out: the customer is graded many times over.
        let needed = stage_b.needed_for(|column| model.tiers.get(&column.of).is_some());
        Ground {
            workspace: self.workspace,
            model,
            stage_b,
            plan: here.plan.only(needed.columns()),
            needed,
            events: &here.events,
            owners: &here.owners,
            uncovered: &here.uncovered,
            row: &here.row,
            fits: &here.fits,
            as_of: here.as_of,
            kinds: kinds_of(named_kinds(model), &self.kinds),
        }
    }
}

/// What lifts or keeps the tiers of one customer, by the ledger's own number; as of the newest grading if no
/// instant is named.
///
/// # Errors
/// Findings if nobody was graded as of then, or the customer has no events by then.
pub async fn lifting_of(
    workspace: &Workspace,
    customer: i64,
    as_of: Option<AsOf>,
) -> Result<LiftingOf, WorkspaceError> {
    let documents = versions::graded_by(workspace).await?;
    let events = open_events(workspace).await?;
    let snapshot = events.snapshot().await?;
    let compiled = workspace.compiled(&documents, events.event_schema())?;
    let coverage = Coverage::of(&snapshot, &compiled.fold, None).await?;
    let kinds = kind_titles(&documents);
    let view = View {
        coverage: &coverage,
        workspace,
        model: &documents.model,
        compiled: &compiled,
        snapshot: &snapshot,
        kinds,
    };
    let here = view.at(customer, as_of).await?;
    let columns = compiled.stage_b.output_columns();
    let tiers = columns.iter().filter(|column| column.kind == OutputKind::Tier);
    let standings: Vec<_> = tiers
        .filter_map(|column| compiled.stage_b.standing(&here.row, 0, &column.name, &here.fits, here.date))
        .collect();
    let schemes = liftings(&view.ground(&here), &standings)?;
    Ok(LiftingOf { as_of: label(here.as_of, &workspace.zone), run: here.run, schemes })
}
