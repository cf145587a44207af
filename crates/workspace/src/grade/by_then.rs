//! The past by the versions that were in force in it. Everything else grades the past by the version in force now,
//! so that months can be compared; this shows where customers stood by the rules of the day.

use gradus_grading::fold::AsOf;
use gradus_model::{Finding, Place, Text};

use super::{GradeOptions, Grading, Keep, MOST_BYTES, Tiers, Within, grade_within};
use crate::clock::local;
use crate::versions::{self, documents_of};
use crate::{Documents, Progress, Workspace, WorkspaceError};

/// Grades each instant by the version that was in force at it: one grading for each run of instants of one version,
/// in the order of the instants. Nothing is kept, whatever the options say: the stored history of a version that
/// is no longer in force stays what it announced.
///
/// # Errors
/// Findings: no instant is named, or at the first of them nothing was in force yet.
pub async fn grade_by_then(
    workspace: &Workspace,
    options: &GradeOptions,
    progress: &dyn Progress,
) -> Result<Vec<Grading>, WorkspaceError> {
    if options.instants.is_empty() {
        let what = Text::new("没有写评级日期", "no date is named");
        let right = Text::new("用 --as-of 写明日期", "`--as-of DATE`");
        return Err(Finding::error("argument", Place::default().at("as_of"), what, right).into());
    }
    let mut parts: Vec<(Documents, Vec<AsOf>)> = Vec::new();
    for instant in &options.instants {
        let documents = then_in_force(workspace, *instant).await?;
        match parts.last_mut() {
            Some((last, instants)) if last.version == documents.version => instants.push(*instant),
            _ => parts.push((documents, vec![*instant])),
        }
    }
    let within = Within { keep: Keep::LastWhole, most_bytes: MOST_BYTES };
    let mut out = Vec::with_capacity(parts.len());
    for (documents, instants) in parts {
        let own = GradeOptions { instants, store: false, ..options.clone() };
        out.push(grade_within(workspace, &documents, &own, Tiers::AsSet, within, progress).await?);
    }
    Ok(out)
}

/// The version that was in force at an instant; the folder's documents where nothing was ever published.
async fn then_in_force(workspace: &Workspace, instant: AsOf) -> Result<Documents, WorkspaceError> {
    let stored = workspace.store.versions();
    if let Some(version) = stored.in_force(instant.instant_us).await? {
        return documents_of(workspace, &version).await;
    }
    let publications = stored.publications().await?;
    let first = publications.iter().filter(|one| one.withdrawn.is_none()).map(|one| one.effective_from).min();
    let Some(first) = first else { return versions::now_in_force(workspace).await };
    let shown = |us: i64| local(us, &workspace.settings.time_zone, "%Y-%m-%d %H:%M");
    let (then, first) = (shown(instant.instant_us), shown(first));
    let what =
        Text::new(format!("{then} 还没有已生效的版本"), format!("no version was in force yet at {then}"));
    let right = Text::new(
        format!("{first} 起的日期；更早的日期不加 --by-then，按现在生效的版本评级"),
        format!("a date from {first} on; earlier ones without --by-then, by the version in force now"),
    );
    Err(Finding::error("no-version-then", Place::default().at("as_of"), what, right).into())
}
