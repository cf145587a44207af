//! Collect, clean, resolve, ledger: from rows as they come to events that stay.

pub mod clean;
pub mod collect;
pub mod error;
pub mod propose;
pub mod quality;
pub mod resolve;
pub mod states;
pub mod table;

pub use error::LedgerError;
