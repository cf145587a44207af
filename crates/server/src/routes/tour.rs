//! `/me/tour`: the guided tour of the sample data, and where one is on it.

use axum::Json;
use axum::extract::State;
use gradus_workspace::industries::tour_of;
use gradus_workspace::tours::{self as verbs, TourPlace, TourState};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::wire::Body;
use crate::caller::Caller;
use crate::problem::Words;
use crate::refusals::{Guarded, Missing, NotSignedIn, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(see, go))
}

/// A guided tour, and where one is.
#[derive(Serialize, ToSchema)]
struct TourView {
    industry: String,
    title: Words,
    steps: Vec<TourStepView>,
    /// From 0.
    step: usize,
    /// `open`, `left` (put aside) or `done`.
    state: String,
}

#[derive(Serialize, ToSchema)]
struct TourStepView {
    /// The page's path.
    path: String,
    title: Words,
    text: Words,
}

impl TourView {
    fn of(place: TourPlace) -> Result<TourView, Problem> {
        let tour = tour_of(&place.industry)?;
        let steps = tour.steps.iter().map(|step| TourStepView {
            path: step.path(),
            title: step.title.clone().into(),
            text: step.text.clone().into(),
        });
        let state = match place.state {
            TourState::Open => "open",
            TourState::Left => "left",
            TourState::Done => "done",
        };
        Ok(TourView {
            title: tour.title.clone().into(),
            steps: steps.collect(),
            step: place.step,
            state: state.into(),
            industry: place.industry,
        })
    }
}

/// Absent where the workspace has no sample data.
#[derive(Serialize, ToSchema)]
struct OwnTour {
    tour: Option<TourView>,
}

/// The guided tour, and where one is on it
#[utoipa::path(get, path = "/me/tour", tag = "setup", extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = OwnTour), NotSignedIn))]
async fn see(State(app): State<App>, Caller(who): Caller) -> Result<Json<OwnTour>, Problem> {
    let place = verbs::place(&app.workspace, &who).await?;
    Ok(Json(OwnTour { tour: place.map(TourView::of).transpose()? }))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TourBody {
    /// From 0.
    step: usize,
    /// `open`, `left` or `done`.
    #[schema(value_type = String)]
    state: TourState,
}

/// Remember where one is on the guided tour
#[utoipa::path(put, path = "/me/tour", tag = "setup", request_body = TourBody,
    extensions(("x-permission" = json!("signed_in"))),
    responses((status = 200, body = OwnTour), Guarded, NotUnderstood, Missing, WithFindings))]
async fn go(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<TourBody>,
) -> Result<Json<OwnTour>, Problem> {
    let place = verbs::go(&app.workspace, &who, given.step, given.state).await?;
    Ok(Json(OwnTour { tour: Some(TourView::of(place)?) }))
}
