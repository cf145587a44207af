//! The tests that hold whatever the database. `place!()` gives a store of its own in the database of
//! the module above.

mod audit;
mod dump;
mod import;
mod model;
mod privacy;
mod quarantine;
mod speed;
mod store;
mod vault;
