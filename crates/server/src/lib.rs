//! The HTTP face: routes parse, call a verb of the workspace, and answer. What a verb allows is
//! checked in the verb; here is checked only who asks.

mod app;
mod caller;
mod described;
mod guard;
mod openid;
mod page;
mod problem;
mod rate;
mod refusals;
mod repeated;
mod request;
mod rights;
mod routes;
mod serve;

pub use app::{App, AppOptions};
pub use problem::Problem;
pub use routes::{open_api, router};
pub use serve::{ServeError, log_to_stderr, serve};
