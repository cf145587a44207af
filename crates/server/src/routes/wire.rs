//! Bodies, lists and files as they travel.

mod unread;

use axum::body::Body as ByteBody;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gradus_workspace::WorkspaceError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncReadExt;
use utoipa::IntoParams;

use crate::Problem;

/// A JSON body; whatever is wrong with it is a problem like any other.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Body<T>, Problem> {
        let value = match axum::Json::<serde_json::Value>::from_request(request, state).await {
            Ok(axum::Json(value)) => value,
            Err(rejection) => return Err(of_json(&rejection)),
        };
        // A list would be read as the fields in their order.
        if !value.is_object() {
            return Err(Problem::invalid("请求内容须为一个对象", "the body must be an object"));
        }
        serde_path_to_error::deserialize(value)
            .map(Body)
            .map_err(|error| unread::problem(&error.path().to_string(), &error.inner().to_string()))
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
            // Only where it stands is of use to people.
            let place = text.split_once(" at line ").map(|(_, place)| place.replace(" column ", ":"));
            let (zh, en) = match place {
                Some(place) => (format!("（第 {place}）"), format!(" (at {place})")),
                None => Default::default(),
            };
            Problem::invalid(format!("请求内容不是完整的 JSON{zh}"), format!("the body is no whole JSON{en}"))
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
                let said = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text);
                // The parameter's name stands before what is wrong with it.
                let (path, said) = match said.split_once(": ") {
                    Some((path, said)) if !path.contains(' ') => (path, said),
                    _ => ("", said),
                };
                Err(unread::problem(path, said))
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

/// How many are asked for, within what is given at once.
pub fn limit_of(given: Option<u32>, usual: u32, most: u32) -> Result<u32, Problem> {
    let limit = given.unwrap_or(usual);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(Problem::invalid(
        format!("limit 须在 1 到 {most} 之间"),
        format!("limit must be between 1 and {most}"),
    ))
}

/// Which part of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Page {
    /// At most so many, 200 at most; 100 if left out.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// What the page before gave.
    pub cursor: Option<String>,
}

impl Page {
    /// How many are wanted.
    pub fn limit(&self) -> Result<usize, Problem> {
        Ok(limit_of(self.limit, 100, 200)? as usize)
    }

    /// The part of a list that is short enough to be there whole, and the cursor of the next one. The cursor names
    /// the last one of a part.
    pub fn of<T>(
        &self,
        all: Vec<T>,
        name: impl Fn(&T) -> String,
    ) -> Result<(Vec<T>, Option<String>), Problem> {
        let limit = self.limit()?;
        let begin = match &self.cursor {
            None => 0,
            Some(cursor) => all.iter().position(|one| name(one) == *cursor).ok_or_else(unknown_cursor)? + 1,
        };
        let is_end = all.len() - begin <= limit;
        let items: Vec<T> = all.into_iter().skip(begin).take(limit).collect();
        let next = items.last().filter(|_| !is_end).map(name);
        Ok((items, next))
    }
}

/// A cursor that no page gave.
pub fn unknown_cursor() -> Problem {
    Problem::invalid("cursor 须为上一页给出的值", "cursor must be what the page before gave")
}

/// As of when.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AsOf {
    /// A graded date or instant; the newest if left out.
    pub as_of: Option<String>,
}

/// What a verb found, as it travels. It cannot be written only if it has a defect.
pub fn object(found: &impl Serialize) -> Result<axum::Json<serde_json::Value>, Problem> {
    let body = serde_json::to_value(found);
    Ok(axum::Json(body.map_err(|error| WorkspaceError::Defect(error.to_string()))?))
}

/// Does what blocks on a thread of its own, not on one that answers others.
pub async fn apart<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, Problem>
where
    T: Send + 'static,
    E: Into<Problem> + Send + 'static,
{
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| WorkspaceError::Defect(error.to_string()))?.map_err(Into::into)
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

/// A file as an attachment of this name, read as it goes out. 404 if it is not there any more.
pub async fn sent_as(path: &std::path::Path, name: &str) -> Result<Response, Problem> {
    let opened = tokio::fs::File::open(path).await.map_err(|_| Problem::not_found())?;
    let chunks = futures::stream::try_unfold(opened, |mut file| async move {
        let mut bytes = vec![0u8; 64 << 10];
        let n = file.read(&mut bytes).await?;
        bytes.truncate(n);
        Ok::<_, std::io::Error>((n > 0).then(|| (Bytes::from(bytes), file)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    Ok((headers, ByteBody::from_stream(chunks)).into_response())
}
