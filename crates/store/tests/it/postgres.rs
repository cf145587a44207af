//! PostgreSQL: the suite, and what holds of a server only. Without a server to talk to nothing is
//! tested, and that is said: `scripts/postgres.sh cargo test …` brings one.

/// A store in a schema of its own.
macro_rules! place {
    () => {
        match crate::Place::in_postgres().await {
            Some(place) => place,
            None => return,
        }
    };
}

mod server;
#[path = "suite/mod.rs"]
mod suite;
