//! Problem details (RFC 9457): every error has a code that never changes its meaning, a text in the
//! language of whoever asked, and, where a document or a field is wrong, each finding with its path.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gradus_model::{Finding, Findings, Severity, Text};
use gradus_workspace::WorkspaceError;
use gradus_workspace::access::Proof;
use serde::Serialize;
use utoipa::ToSchema;

use crate::request::facts;

/// What went wrong, as it is answered.
#[derive(Debug, Clone)]
pub struct Problem {
    pub status: StatusCode,
    pub code: String,
    pub text: Text,
    pub errors: Vec<FieldProblem>,
    pub retry_after_s: Option<i64>,
    /// How to show that it is they, where they have to.
    pub proofs: Vec<Proof>,
}

/// Codes of findings that say that a name means nothing.
const NAMES_NOTHING: [&str; 2] = ["unknown-name", "exchange-no-form"];

/// One finding.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldProblem {
    /// `error`, `warning` or `note`.
    pub severity: String,
    pub code: String,
    /// The document or file, if it is one.
    pub document: Option<String>,
    /// The path inside the document.
    pub path: Option<String>,
    pub line: Option<u64>,
    /// Character in that line, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<u64>,
    pub row: Option<u64>,
    pub message: Words,
    /// What would be right.
    pub hint: Words,
    /// Values with which it can be seen; absent where there can be none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<Words>,
    /// The same by name, for trying it out: `inputs` of `/preview/rules`. What is unknown is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeMap<String, serde_json::Value>>)]
    pub example_inputs: Option<BTreeMap<String, serde_json::Value>>,
}

/// One text in both languages.
#[derive(Debug, Clone, Serialize, serde::Deserialize, ToSchema)]
pub struct Words {
    pub zh: String,
    pub en: String,
}

impl From<Text> for Words {
    fn from(text: Text) -> Words {
        Words { zh: text.zh, en: text.en }
    }
}

/// The body of an answer that is a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    #[serde(rename = "type")]
    pub kind: String,
    pub title: String,
    pub status: u16,
    pub detail: String,
    /// This very occurrence: the request, as the log names it.
    pub instance: String,
    pub code: String,
    /// The same as `detail`, for programs that read `message`.
    pub message: String,
    pub request_id: String,
    pub errors: Vec<FieldProblem>,
    /// With the code `reauthentication_required`: how to show that it is still you, each of them enough:
    /// `password` or `totp` by `/session/presence`, `provider` by signing in there anew, `link` by another
    /// one-time link.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<String>>)]
    pub proofs: Vec<Proof>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &str, zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem {
            status,
            code: code.into(),
            text: Text::new(zh, en),
            errors: Vec::new(),
            retry_after_s: None,
            proofs: Vec::new(),
        }
    }

    pub fn not_signed_in() -> Problem {
        Problem::new(StatusCode::UNAUTHORIZED, "not_signed_in", "请先登录", "sign in first")
    }

    /// They asked more often than one may.
    pub fn rate_limited(seconds: i64) -> Problem {
        let problem = Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "rate_limited",
            "请求过于频繁，请稍候再试；批量取数请用导出或一次列出更多",
            "too many requests; wait a moment, and take much at once by an export or longer pages",
        );
        Problem { retry_after_s: Some(seconds), ..problem }
    }

    pub fn not_found() -> Problem {
        let (zh, en) = ("这个地址下没有内容", "there is nothing at this address");
        Problem::new(StatusCode::NOT_FOUND, "not_found", zh, en)
    }

    /// What an address names by its path may not be there. The same finding about a body is 422: there the request
    /// is wrong, here nothing is at its address.
    pub fn of_path(error: WorkspaceError) -> Problem {
        let is_name = matches!(
            &error,
            WorkspaceError::Findings(found)
                if matches!(&found.0[..], [only] if NAMES_NOTHING.iter().any(|code| only.code == *code))
        );
        let problem = Problem::from(error);
        if is_name { Problem { status: StatusCode::NOT_FOUND, ..problem } } else { problem }
    }

    pub fn method_not_allowed() -> Problem {
        let status = StatusCode::METHOD_NOT_ALLOWED;
        Problem::new(
            status,
            "method_not_allowed",
            "这个地址不支持此方法",
            "this address does not take this method",
        )
    }

    pub fn invalid(zh: impl Into<String>, en: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "invalid_request", zh, en)
    }
}

/// Findings as they are answered.
pub fn field_problems(findings: &Findings) -> Vec<FieldProblem> {
    findings.iter().map(field_problem).collect()
}

/// The counterexample as it can be tried out; none if no value of it can.
fn inputs_of(finding: &Finding) -> Option<BTreeMap<String, serde_json::Value>> {
    let inputs = finding.example.iter().filter_map(|given| Some((given.name.clone(), given.input.clone()?)));
    let inputs: BTreeMap<String, serde_json::Value> = inputs.collect();
    (!inputs.is_empty()).then_some(inputs)
}

fn field_problem(finding: &Finding) -> FieldProblem {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    };
    FieldProblem {
        severity: severity.into(),
        code: finding.code.to_string(),
        document: finding.place.document.clone(),
        path: finding.place.path.clone(),
        line: finding.place.line,
        column: finding.place.column,
        row: finding.place.row,
        message: finding.what.clone().into(),
        hint: finding.right.clone().into(),
        example: (!finding.example.is_empty()).then(|| {
            let words = |lang| finding.example_words(lang);
            Text::new(words(gradus_model::Lang::Zh), words(gradus_model::Lang::En)).into()
        }),
        example_inputs: inputs_of(finding),
    }
}

impl From<WorkspaceError> for Problem {
    fn from(error: WorkspaceError) -> Problem {
        let text = error.text();
        let of = |status: StatusCode, code: &str| Problem {
            status,
            code: code.into(),
            text: text.clone(),
            errors: Vec::new(),
            retry_after_s: None,
            proofs: Vec::new(),
        };
        match error {
            WorkspaceError::Findings(findings) => {
                let first = findings.0.first();
                let status = match first.map(|finding| finding.code.to_string()).as_deref() {
                    Some(
                        "empty-ledger"
                        | "not-graded-yet"
                        | "workspace-not-empty"
                        | "no-sample-data"
                        | "jobs-at-work",
                    ) => StatusCode::CONFLICT,
                    Some("unknown-customer" | "unknown-import" | "unknown-industry") => StatusCode::NOT_FOUND,
                    Some("upload-too-large") => StatusCode::PAYLOAD_TOO_LARGE,
                    _ => StatusCode::UNPROCESSABLE_ENTITY,
                };
                // One finding speaks for itself.
                let (code, text) = match (&findings.0[..], first) {
                    ([_], Some(only)) => (only.code.to_string(), only.what.clone()),
                    _ => ("findings".to_string(), text.clone()),
                };
                Problem { errors: field_problems(&findings), text, ..of(status, &code) }
            }
            WorkspaceError::Forbidden(_) => of(StatusCode::FORBIDDEN, "forbidden"),
            WorkspaceError::OutOfScope => of(StatusCode::FORBIDDEN, "out_of_scope"),
            WorkspaceError::InvalidCredentials => of(StatusCode::UNAUTHORIZED, "invalid_credentials"),
            WorkspaceError::NotAdmitted(why) => of(StatusCode::FORBIDDEN, why.code()),
            WorkspaceError::SecondFactorDemanded => of(StatusCode::FORBIDDEN, "second_factor_demanded"),
            WorkspaceError::NotPresent(proofs) => {
                Problem { proofs, ..of(StatusCode::FORBIDDEN, "reauthentication_required") }
            }
            WorkspaceError::WrongNetwork => of(StatusCode::FORBIDDEN, "wrong_network"),
            WorkspaceError::SecondFactorNeeded => of(StatusCode::UNAUTHORIZED, "totp_required"),
            WorkspaceError::Throttled { retry_after_s } => Problem {
                retry_after_s: Some(retry_after_s),
                ..of(StatusCode::TOO_MANY_REQUESTS, "throttled")
            },
            WorkspaceError::NotFound { .. } => of(StatusCode::NOT_FOUND, "not_found"),
            WorkspaceError::Conflict { .. } => of(StatusCode::CONFLICT, "conflict"),
            WorkspaceError::Store(gradus_workspace::StoreError::Taken { .. }) => {
                of(StatusCode::CONFLICT, "taken")
            }
            WorkspaceError::Store(
                gradus_workspace::StoreError::UnknownImport { .. }
                | gradus_workspace::StoreError::UnknownVersion { .. }
                | gradus_workspace::StoreError::UnknownRun { .. }
                | gradus_workspace::StoreError::UnknownIdentity { .. },
            ) => of(StatusCode::NOT_FOUND, "not_found"),
            WorkspaceError::Store(gradus_workspace::StoreError::VersionState { .. }) => {
                of(StatusCode::CONFLICT, "version_state")
            }
            WorkspaceError::Store(gradus_workspace::StoreError::DiskFull { .. }) => {
                Problem { retry_after_s: Some(60), ..of(StatusCode::SERVICE_UNAVAILABLE, "disk_full") }
            }
            other => {
                // What the world said goes into the log, not to people.
                tracing::error!(request = facts().id, error = %other, "a request failed");
                let text = Text::new(
                    "服务器出错，请稍后再试；联系管理员时请附上请求编号",
                    "the server failed; try again later, and give the request number when you ask for help",
                );
                Problem { text, ..of(StatusCode::INTERNAL_SERVER_ERROR, "internal") }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let facts = facts();
        let detail = self.text.get(facts.lang).to_string();
        let body = ProblemBody {
            kind: format!("urn:gradus:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error").to_string(),
            status: self.status.as_u16(),
            message: detail.clone(),
            detail,
            code: self.code,
            instance: format!("urn:gradus:request:{}", facts.id),
            request_id: facts.id,
            errors: self.errors,
            proofs: self.proofs,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
