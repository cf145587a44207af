//! `gradus learn`: what the ledger teaches. Each kind of lesson is a file; its result is a value that faces render,
//! and that becomes part of the draft if somebody wants it. Nothing is learned from what was not known on the day.

mod ask;
pub mod clv;
mod columns;
mod cuts;
mod described;
mod few;
mod job;
mod model_card;
mod outcome;
mod plan;
pub mod propensity;
pub mod scorecard;
mod separation;
mod training;
pub mod tree;
pub mod weights;
pub(crate) mod write;

pub use ask::{TrainingRequest, unreadable};
pub use columns::{Column, Feature, Values};
pub use model_card::{CardDate, CardParameter, Datum, FactorWeight, Gives, Metric, ModelCard, Refused};
pub use plan::TrainingPlan;
pub use separation::{Between, ChanceBin, Promised, Separated, Slice};
pub use training::{LeftOut, TrainingDate, TrainingSet, training_set};
pub use write::{Write, Written};
pub(crate) use write::{proposed, write_part};
