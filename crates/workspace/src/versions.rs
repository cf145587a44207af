//! Versions of the model: one draft, review by a second person, publication from a stated instant on.
//! Until something was published, the documents of the folder are in force.

mod in_force;

pub(crate) use in_force::validation;
pub use in_force::{documents_of, documents_with, graded_by, in_force, now_in_force, shown, validated};

use gradus_grading::fold::{AsOf, Zone};
use gradus_model::document::Model;
use gradus_model::{Finding, Findings, Place, Text};
use gradus_store::{Publication, Version, VersionState};
use serde::Serialize;
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::clock::{beginning, system_us};
use crate::compiled::Compiled;
use crate::proved::proved;
use crate::test_cases::{check_cases, failing};
use crate::{Documents, Workspace, WorkspaceError};

/// How findings name a model that comes from no file.
const DRAFT: &str = "draft";

/// What somebody works at, or what they would begin with.
#[derive(Debug, Clone, Serialize)]
pub struct DraftView {
    pub document: Value,
    /// The version that it began as.
    pub base_version: Option<i64>,
    /// Names this state of the draft; 0 while it is what is in force.
    pub revision: i64,
    pub changed_by: Option<String>,
    pub changed_us: Option<i64>,
    pub findings: Findings,
}

/// A version, and when it was or will be in force.
#[derive(Debug, Clone, Serialize)]
pub struct VersionView {
    #[serde(flatten)]
    pub version: Version,
    /// `review`, `rejected`, `withdrawn`, `approved`, `scheduled`, `published` or `retired`.
    pub standing: &'static str,
    pub publications: Vec<Publication>,
}

/// The revision of what is in force while there is no draft: another one for every version.
fn no_draft(in_force: Option<i64>) -> i64 {
    in_force.map_or(0, |version| -version)
}

/// The draft; what is in force, if there is none.
pub async fn draft(workspace: &Workspace, who: &Principal) -> Result<DraftView, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    if let Some(draft) = workspace.store.versions().draft().await? {
        let document: Value = serde_json::from_str(&draft.document)
            .map_err(|_| WorkspaceError::Defect("the draft is no JSON".into()))?;
        return Ok(DraftView {
            findings: draft_findings(workspace, &document).await?,
            document,
            base_version: draft.base_version,
            revision: draft.revision,
            changed_by: Some(draft.account),
            changed_us: Some(draft.changed),
        });
    }
    let now = system_us();
    let base = workspace.store.versions().in_force(now).await?.map(|version| version.number);
    let documents = match in_force(workspace, now).await {
        Ok(documents) => documents,
        // Documents that cannot be read are mended in the folder; here one begins anew.
        Err(WorkspaceError::Findings(findings)) => {
            return Ok(DraftView {
                document: json!(empty()),
                base_version: None,
                revision: no_draft(base),
                changed_by: None,
                changed_us: None,
                findings,
            });
        }
        Err(error) => return Err(error),
    };
    Ok(DraftView {
        document: canonical(&documents.model)?,
        base_version: base,
        revision: no_draft(base),
        changed_by: None,
        changed_us: None,
        findings: Findings::default(),
    })
}

/// Writes the draft. It may be wrong in any way that has a document's shape; findings tell.
///
/// # Errors
/// [`WorkspaceError::Conflict`] if it is no longer of that revision.
pub async fn write_draft(
    workspace: &Workspace,
    who: &Principal,
    revision: i64,
    document: &Value,
) -> Result<DraftView, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    if !document.is_object() {
        return Err(Finding::error(
            "not-a-mapping",
            Place::document(DRAFT),
            Text::new("模型文档必须是一个对象", "a model document must be an object"),
            Text::new("{\"gradus\": 1, \"indicators\": {…}}", "{\"gradus\": 1, \"indicators\": {…}}"),
        )
        .into());
    }
    let versions = workspace.store.versions();
    let now = system_us();
    let (base, revision) = match versions.draft().await? {
        Some(draft) => (draft.base_version, revision),
        // Who began with an earlier version would take back what was published meanwhile.
        None => {
            let base = versions.in_force(now).await?.map(|version| version.number);
            if revision != no_draft(base) {
                return Err(WorkspaceError::Conflict { what: "draft" });
            }
            (base, 0)
        }
    };
    let written = versions.write_draft(revision, &document.to_string(), base, &who.account, now).await?;
    let Some(revision) = written else { return Err(WorkspaceError::Conflict { what: "draft" }) };
    Ok(DraftView {
        findings: draft_findings(workspace, document).await?,
        document: document.clone(),
        base_version: base,
        revision,
        changed_by: Some(who.account.clone()),
        changed_us: Some(now),
    })
}

/// What grades now: its version, and its document.
pub async fn see_in_force(
    workspace: &Workspace,
    who: &Principal,
) -> Result<(Option<i64>, Value), WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let documents = now_in_force(workspace).await?;
    Ok((documents.version, canonical(&documents.model)?))
}

/// Throws the draft away.
pub async fn drop_draft(workspace: &Workspace, who: &Principal, revision: i64) -> Result<(), WorkspaceError> {
    who.needs(Permission::EditModels)?;
    if !workspace.store.versions().drop_draft(revision).await? {
        return Err(WorkspaceError::Conflict { what: "draft" });
    }
    audit(workspace, &who.account, "draft.drop", &revision.to_string(), json!({})).await
}

/// Everything that a model document says wrong, what can be proved of it, and which of its test cases fail.
pub async fn draft_findings(workspace: &Workspace, document: &Value) -> Result<Findings, WorkspaceError> {
    let mut findings = check_document(workspace, document);
    let has_tests = document.get("tests").and_then(Value::as_object).is_some_and(|tests| !tests.is_empty());
    if has_tests && !findings.has_errors() {
        let documents = documents_with(workspace, DRAFT, &document.to_string())?;
        findings.extend(failing(workspace, &documents).await?);
    }
    Ok(findings)
}

/// Everything that a model document says wrong, and what can be proved of it.
pub fn check_document(workspace: &Workspace, document: &Value) -> Findings {
    match documents_with(workspace, DRAFT, &document.to_string()) {
        Err(WorkspaceError::Findings(findings)) => findings,
        Err(error) => {
            let text = error.text();
            Findings(vec![Finding::error("unreadable", Place::document(DRAFT), text, Text::default())])
        }
        Ok(documents) => {
            let mut findings = documents.findings.clone();
            let events = documents.event_schema(&workspace.settings);
            match Compiled::new(&documents, &events, &workspace.zone) {
                Ok(compiled) => {
                    let cases = check_cases(&documents.model, &events, &compiled);
                    findings.extend(cases.locate(&documents.locations));
                    let proof = proved(&documents, &compiled);
                    findings.extend(compiled.findings);
                    findings.extend(proof.findings);
                }
                Err(found) => findings.extend(found),
            }
            findings
        }
    }
}

/// Submits the draft for review. What has errors is not submitted.
pub async fn submit(
    workspace: &Workspace,
    who: &Principal,
    revision: i64,
    note: &str,
) -> Result<VersionView, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    let versions = workspace.store.versions();
    let draft = versions.draft().await?.filter(|draft| draft.revision == revision);
    let Some(draft) = draft else { return Err(WorkspaceError::Conflict { what: "draft" }) };
    let documents = documents_with(workspace, DRAFT, &draft.document)?;
    Compiled::new(&documents, &documents.event_schema(&workspace.settings), &workspace.zone)?;
    pass(workspace, &documents).await?;
    let text = canonical(&documents.model)?.to_string();
    let version = versions.submit(&text, &who.account, note.trim(), system_us(), Some(revision)).await?;
    audit(
        workspace,
        &who.account,
        "version.submit",
        &version.number.to_string(),
        json!({ "hash": version.hash }),
    )
    .await?;
    see(workspace, who, version.number).await
}

/// Refuses a model whose test cases fail, unless the workspace only wants to be told.
async fn pass(workspace: &Workspace, documents: &Documents) -> Result<(), WorkspaceError> {
    let failing = failing(workspace, documents).await?;
    if failing.has_errors() { Err(failing.into()) } else { Ok(()) }
}

/// Approves or rejects a version in review. Four eyes: nobody decides over their own, unless the
/// workspace says that one person is enough.
pub async fn decide(
    workspace: &Workspace,
    who: &Principal,
    number: i64,
    approve: bool,
    note: &str,
) -> Result<VersionView, WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    let version = workspace.store.versions().get(number).await?;
    if version.account == who.account && four_eyes(workspace).await? {
        return Err(Finding::error(
            "four-eyes",
            Place::default(),
            Text::new("不能审批自己提交的版本", "nobody approves what they submitted themselves"),
            Text::new("请另一位有审批权限的同事处理", "another person with the right to approve"),
        )
        .into());
    }
    // Numbers that it took from the data may have moved since it was submitted.
    if approve {
        pass(workspace, &documents_of(workspace, &version).await?).await?;
    }
    let (state, action) = match approve {
        true => (VersionState::Approved, "version.approve"),
        false => (VersionState::Rejected, "version.reject"),
    };
    workspace.store.versions().decide(number, state, &who.account, note.trim(), system_us()).await?;
    audit(workspace, &who.account, action, &number.to_string(), json!({ "note": note.trim() })).await?;
    see(workspace, who, number).await
}

/// From when a version is to hold, as people write it: a date begins with its first instant. None: from now on, and
/// today is that, too.
///
/// # Errors
/// A finding at `effective_from` if it is neither a date nor an instant.
pub fn effective_from(written: Option<&str>, zone: &Zone) -> Result<Option<i64>, Finding> {
    let Some(text) = written else { return Ok(None) };
    let begins = beginning(text, zone)
        .map_err(|finding| Finding { place: Place::default().at("effective_from"), ..finding })?;
    let today = zone.start_of(AsOf::new(system_us(), zone).day);
    Ok((begins != today).then_some(begins))
}

/// Puts an approved version in force from an instant on; from now on if none is given. An earlier
/// version is put back in force in the same way.
pub async fn publish(
    workspace: &Workspace,
    who: &Principal,
    number: i64,
    effective_us: Option<i64>,
    reason: &str,
) -> Result<VersionView, WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    let now = system_us();
    let effective = effective_us.unwrap_or(now);
    if effective < now - 60_000_000 {
        return Err(Finding::error(
            "effective-from",
            Place::default().at("effective_from"),
            Text::new("生效时间已经过去", "the instant from which it shall hold is past"),
            Text::new("留空表示立即生效，或填写将来的时间", "leave it out for now, or name one to come"),
        )
        .into());
    }
    let versions = workspace.store.versions();
    let version = versions.get(number).await?;
    // Numbers that the cases read may have moved since it was approved. What was in force before may always come
    // back: whoever takes a mistake back is not held up by a case.
    let publications = versions.publications().await?;
    let was_in_force = publications
        .iter()
        .any(|one| one.version == number && one.withdrawn.is_none() && one.effective_from <= now);
    if version.state == VersionState::Approved && !was_in_force {
        pass(workspace, &documents_of(workspace, &version).await?).await?;
    }
    let publication = versions.publish(number, effective.max(now), &who.account, reason.trim(), now).await?;
    let detail = json!({ "effective_from": publication.effective_from, "reason": reason.trim() });
    audit(workspace, &who.account, "version.publish", &number.to_string(), detail).await?;
    see(workspace, who, number).await
}

/// Publishes the folder's documents as the first version of all. Nothing is in force yet, and nobody's grades change, so
/// there is nothing that a second person would look over; whoever publishes must have the right to.
///
/// # Errors
/// [`WorkspaceError::Conflict`] if there is a version already; findings on the documents.
pub(crate) async fn publish_first(
    workspace: &Workspace,
    who: &Principal,
    note: &str,
) -> Result<i64, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    who.needs(Permission::ApproveModels)?;
    let versions = workspace.store.versions();
    if !versions.list().await?.is_empty() {
        return Err(WorkspaceError::Conflict { what: "version" });
    }
    let documents = workspace.documents()?;
    Compiled::new(&documents, &documents.event_schema(&workspace.settings), &workspace.zone)?;
    let text = canonical(&documents.model)?.to_string();
    let now = system_us();
    let version = versions.submit(&text, &who.account, note, now, None).await?;
    versions.decide(version.number, VersionState::Approved, &who.account, note, now).await?;
    versions.publish(version.number, now, &who.account, note, now).await?;
    let (subject, detail) = (version.number.to_string(), json!({ "hash": version.hash, "first": true }));
    audit(workspace, &who.account, "version.publish", &subject, detail).await?;
    Ok(version.number)
}

/// Takes back a publication that is still to come.
pub async fn withdraw(
    workspace: &Workspace,
    who: &Principal,
    publication: i64,
) -> Result<(), WorkspaceError> {
    who.needs(Permission::ApproveModels)?;
    if !workspace.store.versions().withdraw(publication, system_us()).await? {
        let all = workspace.store.versions().publications().await?;
        return Err(match all.iter().any(|one| one.number == publication) {
            true => WorkspaceError::Conflict { what: "publication" },
            false => WorkspaceError::NotFound { what: "publication" },
        });
    }
    audit(workspace, &who.account, "version.withdraw", &publication.to_string(), json!({})).await
}

/// Begins a draft with a version's text; the one there is must be of `revision`.
pub async fn restore(
    workspace: &Workspace,
    who: &Principal,
    number: i64,
    revision: i64,
) -> Result<DraftView, WorkspaceError> {
    let document = document(workspace, who, number).await?;
    write_draft(workspace, who, revision, &document).await
}

/// The text of a version.
pub async fn document(workspace: &Workspace, who: &Principal, number: i64) -> Result<Value, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let version = workspace.store.versions().get(number).await?;
    canonical(&documents_of(workspace, &version).await?.model)
}

pub async fn see(workspace: &Workspace, who: &Principal, number: i64) -> Result<VersionView, WorkspaceError> {
    let all = list(workspace, who).await?;
    let found = all.into_iter().find(|view| view.version.number == number);
    found.ok_or(WorkspaceError::NotFound { what: "version" })
}

/// All versions, newest first.
pub async fn list(workspace: &Workspace, who: &Principal) -> Result<Vec<VersionView>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let now = system_us();
    let versions = workspace.store.versions();
    let in_force = versions.in_force(now).await?.map(|version| version.number);
    let publications = versions.publications().await?;
    let view = |version: Version| {
        let own: Vec<Publication> =
            publications.iter().filter(|one| one.version == version.number).cloned().collect();
        let open = |to_come: bool| {
            own.iter().any(|one| one.withdrawn.is_none() && (one.effective_from > now) == to_come)
        };
        let standing = match version.state {
            VersionState::Approved if in_force == Some(version.number) => "published",
            VersionState::Approved if open(true) => "scheduled",
            VersionState::Approved if open(false) => "retired",
            other => other.as_str(),
        };
        VersionView { version, standing, publications: own }
    };
    Ok(versions.list().await?.into_iter().map(view).collect())
}

/// What people call the standing of a version.
pub fn standing(standing: &str) -> Text {
    match standing {
        "review" => Text::new("待审批", "in review"),
        "rejected" => Text::new("已驳回", "rejected"),
        "withdrawn" => Text::new("已撤回", "withdrawn"),
        "approved" => Text::new("已批准", "approved"),
        "scheduled" => Text::new("待生效", "scheduled"),
        "published" => Text::new("已发布", "published"),
        "retired" => Text::new("已停用", "retired"),
        other => Text::plain(other),
    }
}

/// True unless the workspace says that one person is enough.
pub async fn four_eyes(workspace: &Workspace) -> Result<bool, WorkspaceError> {
    let set = workspace.store.settings().get("four_eyes").await?;
    Ok(set.and_then(|value| value.as_bool()).unwrap_or(true))
}

/// Whether a version is decided over by another person than submitted it.
pub async fn set_four_eyes(
    workspace: &Workspace,
    who: &Principal,
    needed: bool,
) -> Result<(), WorkspaceError> {
    who.needs(Permission::ManageSystem)?;
    who.is_present()?;
    workspace.store.settings().set("four_eyes", &json!(needed)).await?;
    audit(workspace, &who.account, "setting.four_eyes", "", json!({ "needed": needed })).await
}

/// The model as one JSON document, the same for the same model.
pub(crate) fn canonical(model: &Model) -> Result<Value, WorkspaceError> {
    serde_json::to_value(model).map_err(|error| WorkspaceError::Defect(error.to_string()))
}

fn empty() -> Value {
    json!({ "gradus": 1 })
}
