//! A transaction that writes, and the one place where any of them is committed: whoever wants to
//! stop the world between two commits, as the crash tests do, needs to know of no other.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::Arc;

use crate::database::Transaction;
use crate::error::Result;

/// Is told of every commit before it happens: by the place in the source that asks for it.
///
/// Only who opens a store can give one ([`crate::Store::open_watched`]); no argument, setting or
/// environment variable does.
pub type BeforeCommit = Arc<dyn Fn(&str) + Send + Sync>;

/// A transaction that writes. Dropped without a commit, it never was.
pub(crate) struct Writing {
    transaction: Transaction,
    before_commit: Option<BeforeCommit>,
}

impl Writing {
    pub(crate) fn new(transaction: Transaction, before_commit: Option<BeforeCommit>) -> Writing {
        Writing { transaction, before_commit }
    }

    /// Makes it count.
    #[track_caller]
    pub(crate) fn commit(self) -> impl Future<Output = Result<()>> + Send {
        let place = Location::caller();
        async move {
            if let Some(before_commit) = &self.before_commit {
                before_commit(&format!("{}:{}", place.file(), place.line()));
            }
            self.transaction.commit().await
        }
    }
}

impl Deref for Writing {
    type Target = Transaction;

    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for Writing {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
