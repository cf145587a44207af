//! What is kept of each customer between two readings of the ledger: rows sorted by customer, in
//! files that are looked into by customer.
//!
//! A [`StateSet`] is one generation of such files, complete or absent. What a row means is not
//! known here: it is a record batch whose first column is the customer. Rows lie one after the
//! other ([`RowForm`]) in blocks of a few kilobytes ([`StateFile`]), because who is looked for is a
//! few customers with all their columns: docs/decisions/0005-state-files-are-rows-in-blocks.md.

mod file;
mod form;
mod set;

pub use file::{StateFile, StateFileWriter};
pub use form::{RowForm, Rows};
pub use set::{STATE_SET_FORMAT, StateSet, StateSetWriter, tidy};
