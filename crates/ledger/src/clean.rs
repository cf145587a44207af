//! Clean (清洗): raw rows become events by a source document, or are refused with a reason.
//!
//! [`SourcePlan::compile`] checks a source document against the columns of a file. Its
//! [`SourcePlan::clean`] turns a batch of raw rows into [`Cleaned`] rows, on any thread;
//! [`Cleaned::numbered`] then tells equal rows of the file apart, batch after batch, and gives the
//! [`CleanBatch`]: events for the ledger, identities and texts for the vault, sightings for
//! resolution, refused rows for quarantine, and the counts of the reconciliation.

mod batch;
mod column;
pub mod currency;
pub mod date;
pub mod event_id;
mod events;
pub mod identity;
pub mod near;
pub mod number;
mod parse;
pub mod personal;
mod plan;
pub mod rate;
mod refusal;
pub mod region;
mod tally;
pub mod text;

use std::sync::Arc;

pub use batch::{CleanBatch, Cleaned, PrivateText, RetractionLookup};
pub use event_id::{IdSource, OccurrenceCounter};
pub use plan::SourcePlan;
pub use refusal::{RefusalCode, RefusedRow};
pub use tally::{ClassSum, Money, MoneyByCurrency, Notes, Tally};

/// Gives the ledger's number of an identity; the vault does, with a secret of its own.
pub trait Surrogates: Sync {
    /// Never 0, and always the same for the same kind and normalised text.
    fn surrogate(&self, kind: &str, normalized: &str) -> i64;
}

impl<F: Fn(&str, &str) -> i64 + Sync> Surrogates for F {
    fn surrogate(&self, kind: &str, normalized: &str) -> i64 {
        self(kind, normalized)
    }
}

/// What cleaning needs from outside.
pub struct CleanContext<'a> {
    /// The import instant, microseconds UTC: when its facts become known, if nothing else says so.
    pub imported_at: i64,
    pub surrogates: &'a dyn Surrogates,
}

/// An identity that appears in the rows, for the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `id`, `phone`, `email`, or `external:` and the system's name.
    pub kind: Arc<str>,
    /// The one spelling.
    pub normalized: String,
    /// As the file writes it.
    pub display: String,
    pub surrogate: i64,
}

/// Two identities that one row names: they are one customer's, as far as that row knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkSighting {
    pub a: i64,
    /// True if `a` is the company's own customer number.
    pub a_is_id: bool,
    pub b: i64,
    pub b_is_id: bool,
    /// The event's time, microseconds UTC.
    pub time: i64,
    /// Microseconds UTC.
    pub known: i64,
}

#[cfg(test)]
pub(crate) mod tests;
