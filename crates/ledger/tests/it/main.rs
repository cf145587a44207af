//! One binary for all of the ledger's integration tests, since linking the engine is dear.

mod table_append;
mod table_compact;
mod table_crash;
mod table_merge;
mod table_plain;
mod table_readers;
mod table_support;
