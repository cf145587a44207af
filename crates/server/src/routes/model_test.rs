//! `/model/test`: the test cases of a model, run by the model itself.

use axum::Json;
use axum::extract::State;
use gradus_workspace::simulate::What;
use gradus_workspace::test_cases::{
    CaseDifference, CaseResult, CasesCoverage, CasesOf, TestOptions, Tested, test_cases,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::model::an_object;
use super::wire::Body;
use crate::caller::Caller;
use crate::problem::{FieldProblem, Words, field_problems};
use crate::refusals::{Guarded, Missing, NotUnderstood, WithFindings};
use crate::{App, Problem};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(run))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TestBody {
    /// `draft`, `folder`, `in_force`, or the number of a version; the draft if left out.
    #[serde(default)]
    version: Option<String>,
    /// The model document as it is being edited; then `version` says nothing.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    document: Option<Value>,
    /// Names of cases; all if left out.
    #[serde(default)]
    only: Vec<String>,
    /// Per cent of the parts of the rules that the cases shall meet.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 100)]
    min_coverage: Option<f64>,
}

/// What became of the test cases.
#[derive(Serialize, ToSchema)]
struct TestedModel {
    /// The published version; null for the draft, the folder or a document.
    version: Option<i64>,
    /// The fit whose numbers hold for quantiles and best-percent levels, where the model has any.
    fit: Option<u64>,
    /// Every case gives what it expects, and the cases meet as much as they shall.
    fine: bool,
    n_cases: usize,
    n_failed: usize,
    reached: bool,
    min_coverage: Option<f64>,
    cases: Vec<TestedCase>,
    coverage: TestCoverage,
    findings: Vec<FieldProblem>,
}

/// One case.
#[derive(Serialize, ToSchema)]
struct TestedCase {
    name: String,
    title: Words,
    as_of: String,
    passed: bool,
    differences: Vec<TestDifference>,
}

/// One thing that is not as it is expected.
#[derive(Serialize, ToSchema)]
struct TestDifference {
    /// Where the expectation stands in the case, such as `expect.tiers.member`.
    path: String,
    title: Words,
    /// Null on both sides: `title` says all of it.
    expected: Option<String>,
    got: Option<String>,
    /// How it came about, line by line.
    why: Vec<Words>,
}

/// How much of the rules the cases meet.
#[derive(Serialize, ToSchema)]
struct TestCoverage {
    n_parts: usize,
    n_met: usize,
    percent: f64,
    kinds: Vec<TestCoverageOf>,
    /// In the order of evaluation.
    parts: Vec<TestedPart>,
}

#[derive(Serialize, ToSchema)]
struct TestCoverageOf {
    /// `bin`, `adjustment`, `rule`, `row`, `branch`, `otherwise`, `level`, `group`, `in` or `out` (of a segment).
    kind: String,
    title: Words,
    n_parts: usize,
    n_met: usize,
}

/// A bin, row, branch, rule, level …
#[derive(Serialize, ToSchema)]
struct TestedPart {
    kind: String,
    /// Where it stands in the document.
    path: String,
    title: Words,
    /// Names of the cases that meet it; none: no case does.
    met_by: Vec<String>,
}

impl From<CaseResult> for TestedCase {
    fn from(case: CaseResult) -> TestedCase {
        let difference = |one: CaseDifference| TestDifference {
            path: one.path,
            title: one.title.into(),
            expected: one.expected,
            got: one.got,
            why: one.why.into_iter().map(Words::from).collect(),
        };
        TestedCase {
            name: case.name,
            title: case.title.into(),
            as_of: case.as_of,
            passed: case.passed,
            differences: case.differences.into_iter().map(difference).collect(),
        }
    }
}

impl From<CasesCoverage> for TestCoverage {
    fn from(coverage: CasesCoverage) -> TestCoverage {
        TestCoverage {
            n_parts: coverage.n_parts,
            n_met: coverage.n_met,
            percent: coverage.percent(),
            kinds: coverage
                .kinds
                .into_iter()
                .map(|one| TestCoverageOf {
                    kind: one.kind.name().into(),
                    title: one.title.into(),
                    n_parts: one.n_parts,
                    n_met: one.n_met,
                })
                .collect(),
            parts: coverage
                .parts
                .into_iter()
                .map(|one| TestedPart {
                    kind: one.part.kind.name().into(),
                    path: one.part.path,
                    title: one.part.title.into(),
                    met_by: one.met_by,
                })
                .collect(),
        }
    }
}

impl From<Tested> for TestedModel {
    fn from(tested: Tested) -> TestedModel {
        TestedModel {
            version: tested.version,
            fit: tested.fit,
            fine: tested.is_fine(),
            n_cases: tested.cases.len(),
            n_failed: tested.n_failed(),
            reached: tested.reached,
            min_coverage: tested.min_coverage,
            findings: field_problems(&tested.findings),
            cases: tested.cases.into_iter().map(TestedCase::from).collect(),
            coverage: tested.coverage.into(),
        }
    }
}

/// Run the test cases of a model: what comes out beside what is expected, why, and how much of the rules they
/// meet; nothing is kept
#[utoipa::path(post, path = "/model/test", tag = "model", request_body = TestBody,
    extensions(("x-permission" = json!("see_grades"))),
    responses((status = 200, body = TestedModel), Guarded, NotUnderstood, Missing, WithFindings))]
async fn run(
    State(app): State<App>,
    Caller(who): Caller,
    Body(given): Body<TestBody>,
) -> Result<Json<TestedModel>, Problem> {
    let of = match given.document {
        Some(document) => {
            an_object(&document)?;
            CasesOf::Document(document)
        }
        None => match given.version.as_deref().unwrap_or("draft") {
            "in_force" => CasesOf::InForce,
            written => CasesOf::Kept(What::parse(written).ok_or_else(|| {
                Problem::invalid(
                    "version 须为 draft、folder、in_force 或版本号",
                    "version must be draft, folder, in_force or the number of a version",
                )
            })?),
        },
    };
    if given.min_coverage.is_some_and(|least| !(0.0..=100.0).contains(&least)) {
        return Err(Problem::invalid(
            "min_coverage 须为 0 到 100 的百分数",
            "min_coverage is a per cent from 0 to 100",
        ));
    }
    let options = TestOptions { of, only: given.only, min_coverage: given.min_coverage };
    Ok(Json(test_cases(&app.workspace, &who, &options).await?.into()))
}
