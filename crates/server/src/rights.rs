//! The right that each operation names in its description is asked for before anything else of the
//! request is looked at. The verbs below ask again: this is the door, they are the safe.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gradus_workspace::WorkspaceError;
use gradus_workspace::access::Permission;
use utoipa::openapi::OpenApi;

use crate::caller::principal;
use crate::{App, Problem};

/// Marks what somebody may do who is to have a second factor and has none yet: see who they are, set it up,
/// leave.
const NEWCOMER: &str = "x-before-second-factor";

/// Who may ask for an operation.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Right {
    /// Everybody, without signing in.
    Nobody,
    SignedIn,
    /// Whoever is signed in, also if they have no second factor yet and are to have one.
    Newcomer,
    Has(Permission),
}

/// The rights of all operations.
#[derive(Clone)]
pub struct Rights {
    app: App,
    by_operation: Arc<HashMap<(Method, String), Right>>,
}

impl Rights {
    /// Reads them from the description. An operation that names none is open to nobody.
    pub fn of(app: App, description: &OpenApi) -> Rights {
        let mut by_operation = HashMap::new();
        for (path, item) in &description.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                let extensions = operation.as_ref().and_then(|operation| operation.extensions.as_ref());
                let Some(extensions) = extensions else { continue };
                let Some(named) = extensions.get("x-permission") else { continue };
                let right = match named.as_str() {
                    Some("nobody") => Right::Nobody,
                    Some("signed_in") if extensions.contains_key(NEWCOMER) => Right::Newcomer,
                    Some("signed_in") => Right::SignedIn,
                    _ => match serde_json::from_value(named.clone()) {
                        Ok(permission) => Right::Has(permission),
                        Err(_) => continue,
                    },
                };
                by_operation.insert((method, path.clone()), right);
            }
        }
        Rights { app, by_operation: Arc::new(by_operation) }
    }
}

/// Lets through who has the right.
pub async fn ask(State(rights): State<Rights>, mut request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_string());
    let path = matched.unwrap_or_default();
    let path = path.strip_prefix("/api/v1").unwrap_or(&path).to_string();
    let method = if request.method() == Method::HEAD { Method::GET } else { request.method().clone() };
    let right = rights.by_operation.get(&(method, path)).copied();
    if right == Some(Right::Nobody) {
        return next.run(request).await;
    }
    let who = match principal(&rights.app, request.method(), request.headers()).await {
        Ok(who) => who,
        Err(problem) => return problem.into_response(),
    };
    let allowed = match right {
        Some(Right::Has(permission)) => who.needs(permission),
        Some(Right::SignedIn) => who.has_set_up(),
        Some(Right::Nobody | Right::Newcomer) => Ok(()),
        // No such operation: the route says so.
        None => Ok(()),
    };
    if let Err(seconds) = rights.app.rates.take(credential(request.headers()), Instant::now()) {
        return Problem::rate_limited(seconds).into_response();
    }
    match allowed {
        Ok(()) => {
            request.extensions_mut().insert(who);
            next.run(request).await
        }
        Err(error) => refused(error),
    }
}

/// Stands for the session or the key of a request, which was found valid.
fn credential(headers: &HeaderMap) -> u64 {
    let mut hasher = DefaultHasher::new();
    [header::AUTHORIZATION, header::COOKIE].iter().for_each(|name| {
        headers.get_all(name).iter().for_each(|value| value.as_bytes().hash(&mut hasher));
    });
    hasher.finish()
}

fn refused(error: WorkspaceError) -> Response {
    Problem::from(error).into_response()
}
