//! PMML (4.4, and 4.1 to 4.3 which say the same of scorecards): scorecards both ways; regressions, trees and their
//! ensembles in, as predictions.
//!
//! The first attribute whose predicate is true gives the points of its characteristic; a predicate
//! that compares a missing value is unknown, and unknown is not true. Where no attribute is true,
//! PMML gives no score at all; a document gives the interval that the score lies in.
//! <https://dmg.org/pmml/v4-4/Scorecard.html>

mod fields;
mod formula;
mod general;
mod predicate;
mod read;
mod rows;
mod shape;
mod trained;
mod tree;
mod write;
mod write_formula;
mod write_trained;

pub(crate) use read::read;
pub(crate) use shape::number;
pub use write::write;
pub use write_trained::{Centre, CentredFeature, Centres, write_clusters, write_trained};

const NAMESPACE: &str = "http://www.dmg.org/PMML-4_4";
