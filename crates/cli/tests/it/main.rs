//! Acceptance: the built `gradus` on real, messy and hostile files, from the outside. What it wrote
//! is read back with the Parquet reader and the table's log, not with the code that wrote it.
#![allow(clippy::print_stdout)]

mod at_the_terminal;
mod backtest;
mod backup;
mod beginnings;
mod broken;
mod cdnow;
mod conformance;
mod crash;
mod exchange;
mod faces;
mod industries;
mod learn_asked;
mod learn_clusters;
mod learning;
mod learning_value;
mod ledger_files;
mod lifting;
mod links;
mod looking;
mod messy;
mod next;
mod outputs;
mod personal;
mod postgres;
mod privacy;
mod references;
mod retail;
mod retractions;
mod same_ledger;
mod satisfaction;
mod serving;
mod sources;
mod strangers;
mod support;
mod test_cases;
mod transitions;
mod versions;
