//! Route tests mirror the URLs: one module a part.

mod description;
mod house;
mod model;
mod session;
mod users;
