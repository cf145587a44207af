//! Refusals as the description of an operation lists them: each said once, with the problem that its
//! answer holds.

use std::collections::BTreeMap;

use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, PartialSchema, ToSchema};

use crate::problem::ProblemBody;

macro_rules! refusals {
    ($($(#[$about:meta])* $name:ident: $($status:literal),+;)+) => {$(
        $(#[$about])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<Response>> {
                BTreeMap::from([$($status),+].map(|status: u16| (status.to_string(), RefOr::T(problem()))))
            }
        }
    )+};
}

refusals! {
    /// Body or parameters cannot be read.
    NotUnderstood: 400;
    /// Nobody is signed in, or what was given to sign in is wrong; or they have to set their second factor up
    /// first; or they ask too often.
    NotSignedIn: 401, 403, 429;
    /// They may not, or another page made their browser ask.
    NotAllowed: 403;
    /// Whatever needs a right. Too often: `Retry-After` says how long to wait.
    Guarded: 401, 403, 429;
    /// There is no such thing.
    Missing: 404;
    /// It was done already, or is in a state in which this cannot be.
    Conflicting: 409;
    /// Somebody else changed it meanwhile (`If-Match`).
    Overtaken: 412;
    TooLarge: 413;
    /// It can be read and says something wrong: the findings are in `errors`.
    WithFindings: 422;
    /// Without `If-Match` it is not changed.
    NoRevision: 428;
    /// Too often; `Retry-After` says how long to wait.
    Throttled: 429;
    /// What this server asks does not answer.
    Unreachable: 503;
}

/// The answer of all of them.
fn problem() -> Response {
    let schema = Ref::from_schema_name(ProblemBody::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().content("application/problem+json", content).build()
}

/// The schema that they refer to, with those within it: only what an operation names is found by itself.
pub fn schemas() -> Vec<(String, RefOr<utoipa::openapi::Schema>)> {
    let mut all = vec![(ProblemBody::name().into_owned(), ProblemBody::schema())];
    ProblemBody::schemas(&mut all);
    all
}
