//! What came after each date: one pass over the horizons of all of them.

use gradus_feedback::sides::Came;
use gradus_grading::fold::{AsOf, FoldPlan, Told, day_of};
use gradus_ledger::table::EventsSnapshot;
use gradus_model::document::{OfWhom, Span};

use super::plan::{Plan, moved};
use super::sides::{Folded, came};
use crate::clock::system_us;
use crate::compiled::Compiled;
use crate::grade::{fold_bounded, fold_now, open_events};
use crate::links::linked;
use crate::moves::Customers;
use crate::references::conversion;
use crate::validation::{Asked, span_words};
use crate::{Documents, Progress, Workspace, WorkspaceError, validation};

/// What came, by date and customer.
pub(super) struct Outcomes {
    pub(super) after: Vec<Folded>,
    pub(super) before: Vec<Option<Folded>>,
}

impl Outcomes {
    /// Folds the horizons of all dates in one pass, by what is known `now`; and, where an outcome is asked of
    /// active customers only, what they did just before by what was known then.
    pub(super) async fn count(
        workspace: &Workspace,
        documents: &Documents,
        plan: &Plan,
        now: i64,
        progress: &dyn Progress,
    ) -> Result<Outcomes, WorkspaceError> {
        let documents = Documents { model: validation::folded(&plan.asked), ..documents.clone() };
        let events = open_events(workspace).await?;
        let snapshot = events.snapshot().await?;
        let compiled = over(workspace, &documents, &snapshot, now).await?;
        begins_after(&compiled.fold, workspace, plan)?;
        // Who is one customer is what they were taken for on the day, so that both sides speak of the same.
        let mut links = Vec::with_capacity(plan.dates.len());
        for (as_of, _) in &plan.dates {
            links.push(linked(workspace, as_of.instant_us, as_of.instant_us).await?);
        }
        let until: Vec<AsOf> = plan.dates.iter().map(|(_, until)| *until).collect();
        progress.begin("fold", Some(snapshot.n_rows()));
        let folded = fold_bounded(&compiled, &snapshot, &until, &links, now, progress).await?;
        progress.end();
        let after =
            folded.iter().map(|batches| Folded::of(&plan.asked, batches)).collect::<Result<_, _>>()?;
        let mut before = Vec::with_capacity(plan.dates.len());
        for (as_of, _) in &plan.dates {
            let known = as_of.instant_us;
            before.push(match plan.asked.iter().any(|one| one.of_whom == OfWhom::Active) {
                true => {
                    let compiled = over(workspace, &documents, &snapshot, known).await?;
                    let batches = fold_now(workspace, &compiled, &snapshot, *as_of, known).await?;
                    Some(Folded::of(&plan.asked, &batches)?)
                }
                false => None,
            });
        }
        Ok(Outcomes { after, before })
    }
}

pub(super) async fn over(
    workspace: &Workspace,
    documents: &Documents,
    snapshot: &EventsSnapshot,
    known_us: i64,
) -> Result<Compiled, WorkspaceError> {
    let told = Told { known_us, position: snapshot.last_position() };
    Compiled::new(documents, snapshot.event_schema(), &workspace.zone)?
        .over(snapshot, conversion(&workspace.settings, snapshot), told)
        .await
}

/// Every outcome begins after its date: what is counted on one side is not counted on the other.
fn begins_after(fold: &FoldPlan, workspace: &Workspace, plan: &Plan) -> Result<(), WorkspaceError> {
    use gradus_grading::fold::dates_of;
    for indicator in fold.indicators() {
        for (as_of, until) in &plan.dates {
            let begins = dates_of(&indicator.window, *until, &workspace.zone).map(|(first, _)| day_of(first));
            if begins.is_none_or(|first| first <= as_of.day) {
                let span = span_words(plan.horizon).en;
                return Err(WorkspaceError::Defect(format!("the horizon of {span} begins before its date")));
            }
        }
    }
    Ok(())
}

/// One outcome of these customers, in the order in which they are given.
pub(crate) async fn came_of(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    horizon: &str,
    asked: &Asked,
    customers: &[i64],
) -> Result<Came, WorkspaceError> {
    let horizon = validation::parse_horizon(horizon)?;
    let all = [asked.clone()];
    came_of_all(workspace, documents, as_of, horizon, &all, customers, system_us())
        .await?
        .pop()
        .ok_or_else(|| WorkspaceError::Defect("an outcome was not counted".into()))
}

/// The same of several outcomes, with what was known of them by then.
pub(crate) async fn came_of_all(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    horizon: Span,
    asked: &[Asked],
    customers: &[i64],
    known_us: i64,
) -> Result<Vec<Came>, WorkspaceError> {
    let until = AsOf::close_of(moved(as_of.day, horizon, 1), &workspace.zone);
    let plan = Plan { horizon, asked: asked.to_vec(), dates: vec![(as_of, until)] };
    let seen = Outcomes::count(workspace, documents, &plan, known_us, &()).await?;
    let customers = Customers::given(customers);
    Ok(came(&plan.asked, &customers, &seen.after[0], seen.before[0].as_ref()))
}
