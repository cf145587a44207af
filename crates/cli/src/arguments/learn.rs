//! What is learned from the ledger: one command for each kind of lesson. A new one is a line here and a line in
//! `crate::learn`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum LearnCommand {}
