//! When is learned from: the held-out date is the last whose horizon is over, and every date to learn from has
//! its horizon over by then, so that whoever learned on that day could have known all of it.

use gradus_grading::fold::{AsOf, date_of};
use gradus_model::document::Span;
use gradus_model::event_stream::UNDATED;
use gradus_model::{Finding, Place, Text};

use super::ask::{DATES, MOST_DATES, TrainingRequest};
use super::outcome::outcome;
use crate::backtest::{last_day, moved, n_dates, not_over};
use crate::grade::{open_events, step_unit};
use crate::validation::{self, Asked, horizon_of};
use crate::{Documents, Workspace, WorkspaceError, parse_instants};

/// Dates and outcome.
#[derive(Debug, Clone)]
pub struct TrainingPlan {
    pub outcome: Asked,
    pub horizon: Span,
    /// Each date to learn from with the end of its horizon, ascending.
    pub dates: Vec<(AsOf, AsOf)>,
    /// The date that is held out.
    pub held_out: (AsOf, AsOf),
}

impl TrainingPlan {
    /// # Errors
    /// Findings: no such outcome or date, or not enough history.
    pub async fn of(
        workspace: &Workspace,
        documents: &Documents,
        request: &TrainingRequest,
    ) -> Result<TrainingPlan, WorkspaceError> {
        let model = &documents.model;
        let horizon = match &request.horizon {
            Some(text) => validation::parse_horizon(text)?,
            None => horizon_of(model),
        };
        let outcome = outcome(model, request.outcome.as_deref(), horizon)?;
        let last = last_day(workspace).await?;
        let latest = moved(last, horizon, -1);
        let held = match &request.as_of {
            Some(text) => parse_instants(text, request.every.as_deref(), &workspace.zone)?
                .last()
                .map_or(latest, |as_of| as_of.day),
            None => latest,
        };
        let until = moved(held, horizon, 1);
        if until > last {
            return Err(not_over(held, until, last, latest));
        }
        let step = step_of(request.every.as_deref().unwrap_or("month"))?;
        let n = n_dates(request.dates.unwrap_or(DATES), MOST_DATES as usize)?;
        let first = first_day(workspace).await?;
        let newest = moved(held, horizon, -1);
        // As much is known before a date as is looked at after it, where there is so much history.
        let full = moved(first, horizon, 1);
        let days: Vec<i32> = (0..n).rev().map(|back| moved(newest, step, -back)).collect();
        let mut chosen: Vec<i32> = days.iter().copied().filter(|day| *day >= full).collect();
        if chosen.is_empty() && newest > first {
            chosen.push(newest);
        }
        if chosen.is_empty() {
            return Err(too_short(first, last, horizon));
        }
        let both = |day: i32| {
            (AsOf::close_of(day, &workspace.zone), AsOf::close_of(moved(day, horizon, 1), &workspace.zone))
        };
        Ok(TrainingPlan {
            outcome,
            horizon,
            dates: chosen.into_iter().map(both).collect(),
            held_out: both(held),
        })
    }
}

/// How far dates lie apart: a step, or a stretch of time.
fn step_of(text: &str) -> Result<Span, Finding> {
    match step_unit(text.trim()) {
        Ok(unit) => Ok(Span { n: 1, unit }),
        Err(unknown) => validation::parse_horizon(text).ok().filter(|span| span.n > 0).ok_or(unknown),
    }
}

/// The local date of the first thing that happened.
async fn first_day(workspace: &Workspace) -> Result<i32, WorkspaceError> {
    let snapshot = open_events(workspace).await?.snapshot().await?;
    let times = snapshot.files().iter().map(|file| file.facts.time.min).filter(|time| *time > UNDATED);
    Ok(workspace.as_of(times.min().unwrap_or_default()).day)
}

fn too_short(first: i32, last: i32, horizon: Span) -> WorkspaceError {
    let shown = |day: i32| date_of(day).map(|date| date.to_string()).unwrap_or_default();
    let (first, last, span) = (shown(first), shown(last), validation::span_words(horizon));
    Finding::error(
        "history-too-short",
        Place::default().at("horizon"),
        Text::new(
            format!("数据从 {first} 到 {last}，不够先学 {} 再留出 {} 检验", span.zh, span.zh),
            format!(
                "the data go from {first} to {last}: too short to learn from {} and to hold out {} more",
                span.en, span.en
            ),
        ),
        Text::new("缩短 --horizon，或导入更早的数据", "a shorter --horizon, or earlier data"),
    )
    .into()
}
