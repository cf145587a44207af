//! Route tests mirror the URLs: one module a part.

mod description;
mod house;
mod imports;
mod model;
mod overrides;
mod preview;
mod second_factor;
mod session;
mod users;
