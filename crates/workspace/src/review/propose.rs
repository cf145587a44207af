//! From what came to a changed model: each scorecard's bins and weights against the first outcome that is
//! a share of customers.

use gradus_feedback::proposal::{AttributeSide, BinSide, Change, Proposal, points, weights};
use gradus_grading::fold::{AsOf, Told, date_of};
use gradus_model::document::{Combine, Model};
use serde_json::Value;

use crate::backtest::{Backtest, came_of};
use crate::compiled::Compiled;
use crate::coverage::{Coverage, marked, seen};
use crate::grade::{fold_now, open_events};
use crate::kept_fits::Groups;
use crate::learn::propensity::learned_fits;
use crate::references::conversion;
use crate::stored::processors;
use crate::{Documents, Workspace, WorkspaceError};

/// What the outcomes suggest. Customers are put in their bins with what was known on the day.
pub(super) async fn proposals(
    workspace: &Workspace,
    documents: &Documents,
    as_of: AsOf,
    done: &Backtest,
) -> Result<Vec<Proposal>, WorkspaceError> {
    let is_share = |name: &str| {
        let all = done.dates.iter().flat_map(|date| &date.judged.outcomes);
        all.into_iter().any(|whole| whole.is_share && whole.measured.outcome == name)
    };
    let Some(asked) = done.outcomes.iter().find(|one| is_share(&one.name)) else { return Ok(Vec::new()) };
    let snapshot = open_events(workspace).await?.snapshot().await?;
    let known = as_of.instant_us;
    let told = Told { known_us: known, position: snapshot.last_position() };
    let compiled = Compiled::new(documents, snapshot.event_schema(), &workspace.zone)?
        .over(&snapshot, conversion(&workspace.settings, &snapshot), told)
        .await?;
    let folded = fold_now(workspace, &compiled, &snapshot, as_of, known).await?;
    let coverage = Coverage::of(&snapshot, &compiled.fold, Some(known)).await?;
    let folded = marked(folded, &coverage.uncovered(seen(as_of, known)))?;
    let Some(date) = date_of(as_of.day) else { return Ok(Vec::new()) };
    // What is learned before and what groups there are is as the grading of that instant has it.
    let learned = learned_fits(workspace, documents, &[as_of], Some(known), &()).await?.at(as_of);
    let n_customers = folded.iter().map(|batch| batch.num_rows() as u64).sum();
    let mut groups = Groups::of(workspace, &documents.model, Some(known), false);
    let given = groups.give(as_of, n_customers, learned).await?;
    let (_, fits) = compiled.stage_b.grade(&folded, given, date, processors());
    let ids = crate::moves::customers(&folded);
    let came = came_of(workspace, documents, as_of, &done.horizon, asked, &ids).await?;
    let mut out = Vec::new();
    for (name, card) in documents.model.scorecards.iter() {
        let Some(bins) = compiled.stage_b.bins_of_customers(&folded, name, &fits, date) else { continue };
        let attributes: Vec<AttributeSide> = bins
            .into_iter()
            .map(|one| AttributeSide {
                weight: card.attributes.get(&one.name).and_then(|attribute| attribute.weight),
                title: one.title,
                bins: one.bins.into_iter().map(|(label, points)| BinSide { label, points }).collect(),
                places: one.places,
                name: format!("{name}.{}", one.name),
            })
            .collect();
        out.extend(attributes.iter().flat_map(|attribute| points(attribute, &came)));
        if card.combine != Combine::Sum {
            out.extend(weights(&attributes, &came));
        }
    }
    Ok(out)
}

/// The model with the proposals in it.
pub(super) fn proposed(
    documents: &Documents,
    proposals: &[Proposal],
) -> Result<Option<Value>, WorkspaceError> {
    if proposals.is_empty() {
        return Ok(None);
    }
    let mut model: Model = documents.model.clone();
    for proposal in proposals {
        let Some((card, attribute)) = proposal.attribute.split_once('.') else { continue };
        let card = model.scorecards.0.iter_mut().find(|(name, _)| name == card);
        let Some((_, card)) = card else { continue };
        let attribute = card.attributes.0.iter_mut().find(|(name, _)| name == attribute);
        let Some((_, attribute)) = attribute else { continue };
        match &proposal.change {
            Change::Weight(weight) => attribute.weight = Some(*weight),
            Change::Points(points) => {
                for (at, points) in points {
                    if let Some(bin) = attribute.bins.as_mut().and_then(|bins| bins.get_mut(*at)) {
                        bin.points = *points;
                    }
                }
            }
        }
    }
    serde_json::to_value(&model).map(Some).map_err(|error| WorkspaceError::Defect(error.to_string()))
}
