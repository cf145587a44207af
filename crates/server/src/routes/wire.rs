//! Bodies and lists as they travel.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::Problem;

/// A JSON body; whatever is wrong with it is a problem like any other.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Body(value)),
            Err(rejection) => Err(of_json(&rejection)),
        }
    }
}

fn of_json(rejection: &JsonRejection) -> Problem {
    let status = rejection.status();
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(status, "too_large", "请求内容过大", "the body of the request is too large")
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Problem::new(
            status,
            "unsupported_media_type",
            "请求内容须为 JSON（Content-Type: application/json）",
            "the body must be JSON (Content-Type: application/json)",
        ),
        _ => {
            let text = rejection.body_text();
            Problem::new(StatusCode::BAD_REQUEST, "invalid_request", format!("请求内容不对：{text}"), text)
        }
    }
}

/// Parameters after the question mark.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + 'static, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, Problem> {
        let found: Result<axum::extract::Query<T>, QueryRejection> =
            axum::extract::Query::from_request_parts(parts, state).await;
        match found {
            Ok(axum::extract::Query(value)) => Ok(Query(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                Err(Problem::invalid(format!("参数不对：{text}"), text))
            }
        }
    }
}

/// What stands in the path. What does not read as wanted is not there.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        let found: Result<axum::extract::Path<T>, PathRejection> =
            axum::extract::Path::from_request_parts(parts, state).await;
        found.map(|axum::extract::Path(value)| Path(value)).map_err(|_| Problem::not_found())
    }
}

/// An instant as it travels: `2011-12-10T00:00:00Z`, from microseconds UTC.
pub fn instant(us: i64) -> String {
    jiff::Timestamp::from_microsecond(us).map(|at| at.to_string()).unwrap_or_default()
}

/// The instant that a parameter names, in microseconds UTC.
pub fn instant_of(name: &str, text: &str) -> Result<i64, Problem> {
    let at: Result<jiff::Timestamp, _> = text.parse();
    at.map(|at| at.as_microsecond()).map_err(|_| {
        Problem::invalid(
            format!("{name} 须为时刻，如 2027-01-01T00:00:00Z"),
            format!("{name} must be an instant, such as 2027-01-01T00:00:00Z"),
        )
    })
}
