//! Everybody as of one day with what a grading says of them, and one column beside that is to be described. No
//! outcome: what is described and what describes it are of the same day.

use gradus_grading::fold::AsOf;
use gradus_model::document::{Model, Named};
use gradus_model::{Finding, Place, Text};

use super::TrainingRequest;
use super::columns::{Feature, Growing, Values};
use super::training::{LeftOut, chosen, in_base, prepared, said_of_features};
use crate::backtest::last_day;
use crate::clock::{label, system_us};
use crate::compiled::Compiled;
use crate::grade::{Tiers, grade_with, open_events};
use crate::moves::customers;
use crate::stored::processors;
use crate::{Documents, GradeOptions, Progress, Workspace, WorkspaceError, parse_instants};

/// Customers with their features.
pub(super) struct Described {
    pub as_of: String,
    pub customers: Vec<i64>,
    pub features: Vec<Feature>,
    pub left_out: Vec<LeftOut>,
    /// What is described, if that was asked for: its title, its values, and what they are called.
    pub target: Option<Target>,
}

/// The column that is described.
pub(super) struct Target {
    pub title: Text,
    pub values: Values,
    /// Names and titles of what it may say.
    pub titles: Vec<(String, Text)>,
}

/// Grades as of the day and reads the columns. `target` is the name of a segment, tier scheme, grouping or
/// prediction of groups.
pub(super) async fn described(
    workspace: &Workspace,
    documents: &Documents,
    request: &TrainingRequest,
    target: Option<&str>,
    progress: &dyn Progress,
) -> Result<Described, WorkspaceError> {
    let as_of = match &request.as_of {
        Some(text) => parse_instants(text, None, &workspace.zone)?.last().copied(),
        None => None,
    };
    let as_of = match as_of {
        Some(as_of) => as_of,
        None => AsOf::close_of(last_day(workspace).await?, &workspace.zone),
    };
    let (light, mut whole, expressions) = prepared(&documents.model, request);
    // Groups of customers are predictions, and may be described.
    whole.predictions = documents.model.predictions.clone();
    let needs_more = target.is_some() || request.base() != "everyone";
    let mut written =
        Documents { model: if needs_more { whole.clone() } else { light }, ..documents.clone() };
    if target.is_none_or(|target| whole.predictions.get(target).is_none()) {
        // Nothing is predicted only to be thrown away.
        let without = Documents {
            model: Model { predictions: Named::default(), ..written.model.clone() },
            ..documents.clone()
        };
        let events = open_events(workspace).await?;
        if Compiled::new(&without, events.event_schema(), &workspace.zone).is_ok() {
            written = without;
        }
    }
    let options = GradeOptions {
        instants: vec![as_of],
        known_at_us: Some(request.known_us.unwrap_or_else(system_us)),
        store: false,
        reuse: true,
        n_threads: processors(),
    };
    let grading = match grade_with(workspace, &written, &options, Tiers::Computed, progress).await {
        Err(WorkspaceError::Findings(_)) if !needs_more => {
            written.model = whole;
            grade_with(workspace, &written, &options, Tiers::Computed, progress).await
        }
        other => other,
    };
    let grading = grading.map_err(|error| said_of_features(error, &expressions))?;
    let Some(instant) = grading.instants.first() else {
        return Err(WorkspaceError::Defect("a grading without an instant".into()));
    };
    let ids = customers(&instant.batches);
    let inside = in_base(&instant.batches, ids.len(), request.base(), &written.model)?;
    let rows: Vec<usize> = (0..ids.len()).filter(|row| inside[*row]).collect();
    let (wanted, left_out) = chosen(&grading.columns, &instant.batches, request, &expressions)?;
    let mut features = Vec::new();
    for one in wanted.into_iter().filter(|one| Some(one.name.as_str()) != target) {
        let mut growing = Growing::default();
        if growing.add(&instant.batches, &one.column, &rows)?.is_ok() {
            let values = growing.finish();
            features.push(Feature { name: one.name, title: one.title, kind: values.kind(), values });
        }
    }
    let target = match target {
        None => None,
        Some(name) => {
            let column = grading.columns.iter().find(|column| column.name == name);
            let mut growing = Growing::default();
            let is_fit = growing.add(&instant.batches, name, &rows)?.is_ok();
            let (Some(column), true) = (column, is_fit) else { return Err(unknown_target(name, documents)) };
            let values = growing.finish();
            if matches!(values, Values::Numbers(_)) {
                return Err(unknown_target(name, documents));
            }
            Some(Target { title: column.title.clone(), values, titles: column.values.clone() })
        }
    };
    if rows.is_empty() {
        return Err(nobody(request.base()));
    }
    Ok(Described {
        as_of: label(as_of, &workspace.zone),
        customers: rows.iter().map(|row| ids[*row]).collect(),
        features,
        left_out,
        target,
    })
}

fn unknown_target(name: &str, documents: &Documents) -> WorkspaceError {
    let model = &documents.model;
    let groups = model.predictions.iter().filter(|(_, one)| one.clusters.is_some()).map(|(name, _)| name);
    let all: Vec<&str> = model
        .segments
        .names()
        .chain(model.tiers.names())
        .chain(model.groupings.names())
        .chain(groups)
        .collect();
    Finding::error(
        "unknown-target",
        Place::default().at("describe"),
        Text::new(
            format!("「{name}」不是分群、等级体系、分群方案或聚类"),
            format!("“{name}” is no segment, tier scheme, grouping or group of customers"),
        ),
        match all.is_empty() {
            true => Text::new(
                "模型里还没有分群、等级体系、分群方案或聚类；先定义一个，或不写 --describe，按结果找分群",
                "the model has no segment, tier scheme, grouping or groups yet: define one, or leave out `--describe` to find groups by an outcome",
            ),
            false => Text::new(format!("可选：{}", all.join("、")), format!("one of {}", all.join(", "))),
        },
    )
    .into()
}

fn nobody(base: &str) -> WorkspaceError {
    Finding::error(
        "empty-base",
        Place::default().at("base"),
        Text::new(format!("「{base}」里没有客户"), format!("nobody is in “{base}”")),
        Text::new("换一个人群或日期", "another base or date"),
    )
    .into()
}
