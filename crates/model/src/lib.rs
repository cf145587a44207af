//! The document and its words: as written, as checked; findings; the columns, order and buckets
//! of the event stream. This room sees no other.

pub mod document;
pub mod event_stream;
pub mod exchange;
pub mod finding;
pub mod fixed;
pub mod load;
pub mod schema;
mod shape;
pub mod write;

pub use finding::{Finding, Findings, Given, Lang, Place, Severity, Text};
pub use shape::{closest, distance};
