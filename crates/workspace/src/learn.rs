//! `gradus learn`: what the ledger teaches. Each kind of lesson is a file; its result is a value that faces render,
//! and that becomes part of the draft if somebody wants it.

pub mod clv;
mod clv_page;
