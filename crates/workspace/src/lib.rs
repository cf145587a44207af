//! One verb, one file: where the rooms meet. The command line and the server both call these.

pub mod access;
pub mod accounts;
pub mod answers;
pub mod apply;
pub mod audit_log;
pub mod backtest;
mod backup;
pub mod base;
pub mod catalogue;
mod chain;
pub mod challenger;
mod check;
mod cleaned;
mod clock;
pub mod clusters;
pub mod cohorts;
mod compiled;
mod compiled_form;
mod coverage;
pub mod customers;
pub mod cuts;
mod decided;
pub mod diff;
pub mod doubles;
pub mod drift;
pub mod entitlements;
mod error;
mod explain;
pub mod export;
mod export_customers;
mod export_rules;
pub mod exports;
mod facts;
pub mod figures;
mod folder;
mod grade;
mod grades;
pub mod identities;
mod import;
mod import_rules;
pub mod imports;
mod indicator_notes;
pub mod industries;
mod init;
pub mod jobs;
mod kept_fits;
mod kinds;
pub mod kpis;
mod lately;
pub mod learn;
mod lines;
mod link;
mod links;
mod live;
mod mask;
mod missing;
mod moves;
mod names;
pub mod next;
mod origin;
pub mod overrides;
pub mod predictions;
pub mod preview;
mod progress;
mod propose;
mod proved;
mod purposes;
pub mod quarantine;
mod rebase;
mod recover;
mod references;
pub mod report;
pub mod review;
pub mod runs;
pub mod satisfaction;
pub mod simulate;
pub mod sources;
mod states;
mod store_place;
mod stored;
pub mod summary;
pub mod system;
mod templates;
pub mod test_cases;
pub mod tier_holdout;
pub mod tours;
pub mod transitions;
mod undo;
pub mod uploads;
pub mod validation;
mod vault_key;
pub mod versions;
pub mod views;
pub mod vitals;
mod ways;
mod write_report;

pub use backup::{BackedUp, Restored, backup, restore, restore_with};
pub use check::{Checked, check};
pub use clock::{Clock, instant as instant_of, local_time};
pub use compiled::Compiled;
pub use compiled_form::CompiledForm;
pub use coverage::Coverage;
pub use decided::{Chains, chain_instants};
pub use error::{WorkspaceError, failed, technical_cause, told};
pub use explain::{Against, ExplainOptions, Explanation, explain};
pub use export_customers::export_customers;
pub use export_rules::{export_rules, write_rules};
pub use facts::{Facts, facts, is_ready};
pub use folder::{Documents, Outside, Workspace};
pub use grade::{GradeOptions, GradedInstant, Grading, grade, grade_by_then, parse_instants};
pub use grades::StoredGrades;
pub use import::{FileReport, ImportOptions, ImportReport, Imported, Replay, import};
pub use import_rules::{ImportedRules, RuleInput, import_rules, look_at_rules};
pub use init::{New, init, init_with};
pub use link::{
    By, Identities, LinkOptions, LinkedPair, OneIdentity, Said, Told, identities_of, link, unlink,
};
pub use live::{Counted, Live, MicroBatch, Why};
pub use missing::{MissingReport, left_provisional, missing, missing_in};
pub use progress::Progress;
pub use propose::propose;
pub use proved::proved;
pub use quarantine::{export_quarantine, quarantined, replay_quarantine};
pub use rebase::{RebaseOptions, Rebased, rebase};
pub use stored::{bases, processors, summary_options};
pub use templates::{Template, add_template, templates, text_of as template_text};
pub use undo::{Effect, Sum, UndoOptions, UndoneImport, undo_import};
pub use vault_key::{Rekeyed, rekey};
pub use ways::{Deed, Goal, Lifting, way_words};
pub use write_report::{write_page, write_report};

pub use gradus_grading::grade::proof::{Attainable, Proof, Reached};
pub use gradus_grading::grade::{AttributeBins, BinCount, Missing, MissingField, PartHits, PartKind};
pub use gradus_ledger::collect::ExcelProgram;
pub use gradus_store::{
    Account, ApiKey, Asked, AuditEntry, AuditVerdict, Import, Job, JobState, Publication, QuarantineRow, Run,
    Session, StoreError,
};

/// What the process that reads a workbook does: a request comes in, rows go out, and nothing that
/// the workbook holds can use more than this process may.
pub fn excel_child() -> std::process::ExitCode {
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    std::process::ExitCode::from(gradus_ledger::collect::excel::child_main(input, output))
}
