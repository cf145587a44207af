//! Outcomes and validation: grades and what came after go in, judgements come out, as values. Nothing
//! is read and nothing is kept here; no clock, no chance but a seeded draw.

pub mod challenge;
pub mod drift;
pub mod holdout;
pub mod interval;
pub mod judge;
pub mod members;
pub mod order;
pub mod proposal;
pub mod sides;
mod words;

/// How sure every interval is.
pub const LEVEL: f64 = 0.95;
