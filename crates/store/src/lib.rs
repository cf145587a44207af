//! What a workspace must not lose and the ledger must not see: models, fits, runs, imports, the
//! audit log, settings, quarantine, and the vault of direct identifiers and free text.
//!
//! One SQLite file holds all of it, or one schema in PostgreSQL. Nothing of the plain text of an
//! identifier is in there or beside it. Instants are microseconds UTC and always passed in; there is
//! no clock here.
//!
//! A statement is written once, with `query` of `statement`, and runs on both: `$1` placeholders,
//! standard upserts, and columns of whole numbers, texts and bytes. What is one database's own is in
//! `database` (connections, one writer at a time, what a refusal means) and `migration` (the schema).
//! No type of the database drivers is public.

mod about;
mod account;
mod answer;
mod audit;
mod database;
mod double;
mod dump;
mod empty;
mod error;
mod fit;
mod import;
mod job;
mod migration;
mod model;
mod quarantine;
mod run;
mod seal;
mod sealed_file;
mod setting;
mod statement;
mod store;
mod tier_override;
mod vault;
mod version;
mod writing;

pub use about::StoreAbout;
pub use account::{Account, Accounts, ApiKey, Session};
pub use answer::{Answers, Asked};
pub use audit::{AuditEntry, AuditHead, AuditVerdict, Audits, NewAuditEntry};
pub use database::postgres::{Encryption, Password, PostgresPlace};
pub use double::{DoublePair, Doubles};
pub use dump::Dump;
pub use error::{Result, StoreError};
pub use fit::{Fit, Fits, NewFit};
pub use import::{Abandoned, Import, ImportFile, ImportNumber, ImportStatus, Imports, NewImport};
pub use job::{Job, JobState, Jobs};
pub use model::{Models, content_hash};
pub use quarantine::{
    NewQuarantineRow, Quarantine, QuarantineFilter, QuarantineRow, QuarantineStatus, QuarantineSummary,
    QuarantinedRow,
};
pub use run::{NewRun, Run, Runs};
pub use sealed_file::{FileKey, SealedReader, SealedWriter};
pub use setting::Settings;
pub use store::{Store, StorePlace};
pub use tier_override::{OverrideState, Overrides, TierOverride};
pub use vault::mask::masked;
pub use vault::master_key::MasterKey;
pub use vault::{
    Attribute, EventText, Forgotten, Identity, Intake, Remembered, Revealed, RevealedText, SurrogateKey,
    Vault,
};
pub use version::{Draft, Publication, Version, VersionState, Versions};
pub use writing::BeforeCommit;
