//! SQLite: the suite, and what holds of files only.

/// A store in a folder of its own.
macro_rules! place {
    () => {
        crate::Place::in_sqlite().await
    };
}

mod files;
#[path = "suite/mod.rs"]
mod suite;
