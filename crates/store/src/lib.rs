//! What a workspace must not lose and the ledger must not see: models, fits, runs, imports, the
//! audit log, settings, quarantine, and the vault of direct identifiers and free text.
//!
//! One SQLite file holds all of it. Nothing of the plain text of an identifier is in that file or
//! beside it. Instants are microseconds UTC and always passed in; there is no clock here.
//!
//! No type of the database driver is public, and statements use `$1` placeholders and standard
//! upserts, so that another backend can follow behind the same words. What is SQLite's own is in
//! `store` (connections, pragmas) and `migration`.

mod account;
mod audit;
mod error;
mod fit;
mod import;
mod job;
mod migration;
mod model;
mod quarantine;
mod run;
mod seal;
mod setting;
mod store;
mod vault;
mod version;
mod writing;

pub use account::{Account, Accounts, ApiKey, Session};
pub use audit::{AuditEntry, AuditHead, AuditVerdict, Audits, NewAuditEntry};
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
pub use setting::Settings;
pub use store::Store;
pub use version::{Draft, Publication, Version, VersionState, Versions};
pub use vault::mask::masked;
pub use vault::master_key::MasterKey;
pub use vault::{
    Attribute, EventText, Forgotten, Identity, Intake, Remembered, Revealed, RevealedText, SurrogateKey,
    Vault,
};
pub use writing::BeforeCommit;
