//! The operator's own KPIs and all targets: kept as one setting, changed as a whole by whoever has seen it,
//! and audited.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray, BooleanArray};
use gradus_grading::grade::EVERYONE;
use gradus_model::document::{Condition, Segment};
use gradus_model::{Finding, Findings, Place, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::{figure, standing};
use crate::access::{Permission, Principal};
use crate::accounts::audit;
use crate::base::Base;
use crate::preview::prepared;
use crate::versions::{canonical, documents_with};
use crate::{Workspace, WorkspaceError};

/// The setting.
const KEY: &str = "kpis";
/// Most of one's own.
const MOST: usize = 50;
/// Bytes of a condition at most.
const LARGEST: usize = 20_000;
/// The name under which a condition is compiled.
const LOOKED_AT: &str = "kpi_that_is_looked_at";

/// One process serves a workspace: nobody comes between reading a revision and writing the next.
static WRITING: Mutex<()> = Mutex::const_new(());

/// A KPI as the operator makes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KpiDefinition {
    pub name: String,
    pub title: Text,
    pub unit: KpiUnit,
    pub measure: KpiMeasure,
}

/// How people read a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KpiUnit {
    Count,
    Number,
    Money,
    /// 0.25 is shown as 25 %.
    Percent,
    Days,
}

/// What is told of some customers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum KpiMeasure {
    /// Of an indicator or score; who has no value does not count.
    Sum {
        indicator: String,
    },
    Mean {
        indicator: String,
    },
    Median {
        indicator: String,
    },
    /// The share of customers of whom a condition holds, among those of whom it can be told.
    Share {
        #[serde(rename = "where")]
        condition: Value,
    },
}

/// What is aimed at.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KpiTarget {
    pub value: f64,
    pub higher_is_better: bool,
}

/// The target of a KPI, one's own or a standing one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedTarget {
    pub name: String,
    pub value: f64,
    pub higher_is_better: bool,
}

/// Everything about KPIs that people set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KpiSettings {
    pub own: Vec<KpiDefinition>,
    pub targets: Vec<NamedTarget>,
}

impl KpiSettings {
    pub(super) async fn read(workspace: &Workspace) -> Result<KpiSettings, WorkspaceError> {
        let Some(value) = workspace.store.settings().get(KEY).await? else {
            return Ok(KpiSettings::default());
        };
        serde_json::from_value(value)
            .map_err(|error| WorkspaceError::Defect(format!("setting {KEY}: {error}")))
    }

    /// Names what is set: whoever changes it has to have seen it.
    pub(super) fn revision(&self) -> Result<String, WorkspaceError> {
        let text = serde_json::to_string(self).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
        Ok(gradus_store::content_hash(text.as_bytes()).chars().take(16).collect())
    }

    pub(super) fn target(&self, name: &str) -> Option<KpiTarget> {
        let found = self.targets.iter().find(|one| one.name == name)?;
        Some(KpiTarget { value: found.value, higher_is_better: found.higher_is_better })
    }
}

/// Sets the operator's own KPIs and all targets; the new revision.
///
/// # Errors
/// Findings on what is wrong; [`WorkspaceError::Conflict`] if somebody changed them meanwhile.
pub async fn write(
    workspace: &Workspace,
    who: &Principal,
    base: &Base,
    settings: KpiSettings,
    revision: &str,
) -> Result<String, WorkspaceError> {
    who.needs(Permission::EditModels)?;
    who.sees_everyone()?;
    let findings = check(workspace, base, &settings).await?;
    if findings.has_errors() {
        return Err(WorkspaceError::Findings(findings));
    }
    let _alone = WRITING.lock().await;
    let before = KpiSettings::read(workspace).await?;
    if before.revision()? != revision {
        return Err(WorkspaceError::Conflict { what: "kpis" });
    }
    let value = serde_json::to_value(&settings).map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    workspace.store.settings().set(KEY, &value).await?;
    let names = |own: &[KpiDefinition]| own.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let changed: Vec<&String> = settings
        .own
        .iter()
        .filter(|one| before.own.iter().find(|was| was.name == one.name).is_some_and(|was| was != *one))
        .map(|one| &one.name)
        .collect();
    let what = json!({
        "before": names(&before.own), "after": names(&settings.own), "changed": changed, "targets": settings.targets,
    });
    audit(workspace, &who.account, "kpis.set", "", what).await?;
    settings.revision()
}

async fn check(
    workspace: &Workspace,
    base: &Base,
    settings: &KpiSettings,
) -> Result<Findings, WorkspaceError> {
    let mut findings = Findings::default();
    let mut wrong = |place: Place, what: Text, right: Text| {
        findings.push(Finding::error("kpi-form", place, what, right));
    };
    let root = Place::default();
    if settings.own.len() > MOST || settings.targets.len() > 2 * MOST {
        wrong(
            root.key("own"),
            Text::new(format!("KPI 最多 {MOST} 个"), format!("there are {MOST} KPIs at most")),
            Text::new("删除不用的", "remove what is not used"),
        );
        return Ok(findings);
    }
    let mut names: BTreeSet<String> = standing::all(&base.model).into_iter().map(|one| one.name).collect();
    let mut failed = Vec::new();
    for (at, one) in settings.own.iter().enumerate() {
        let place = root.key("own").index(at);
        let is_name = |text: &str| {
            let mut letters = text.chars();
            letters.next().is_some_and(|first| first.is_alphabetic())
                && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
                && text.chars().count() <= 40
        };
        if !is_name(&one.name) || !names.insert(one.name.clone()) {
            wrong(
                place.key("name"),
                Text::new(
                    format!("「{}」不能作名称，或已被使用", one.name),
                    format!("“{}” is no name, or is taken", one.name),
                ),
                Text::new(
                    "字母、数字与下划线，以字母开头，最多 40 字，不与别的 KPI 重复",
                    "letters, digits and underscores, a letter first, 40 at most, and no other KPI's name",
                ),
            );
        }
        let long = |text: &str| text.trim().is_empty() || text.chars().count() > 80;
        if long(&one.title.zh) || long(&one.title.en) {
            wrong(
                place.key("title"),
                Text::new(
                    "中文与英文标题都要有，各最多 80 字",
                    "both titles are needed, 80 characters each at most",
                ),
                Text::new("补上标题", "give both titles"),
            );
        }
        match &one.measure {
            KpiMeasure::Share { condition } => {
                let place = place.key("measure").key("where");
                if condition.to_string().len() > LARGEST {
                    wrong(
                        place,
                        Text::new("条件过长", "the condition is too long"),
                        Text::new("拆成分群再引用", "make it a segment, and name that"),
                    );
                } else if let Err(error) = fulfilling(workspace, base, condition).await {
                    failed.push((place, error));
                }
            }
            KpiMeasure::Sum { indicator }
            | KpiMeasure::Mean { indicator }
            | KpiMeasure::Median { indicator } => {
                if !figure::is_number(base, indicator) {
                    wrong(
                        place.key("measure").key("indicator"),
                        Text::new(
                            format!("现行模型里没有数值指标「{indicator}」"),
                            format!("the model in force has no number “{indicator}”"),
                        ),
                        Text::new("模型里的数值指标或评分", "an indicator or score that is a number"),
                    );
                }
            }
        }
    }
    let mut aimed = BTreeSet::new();
    for (at, target) in settings.targets.iter().enumerate() {
        if !names.contains(&target.name) || !aimed.insert(&target.name) || !target.value.is_finite() {
            wrong(
                root.key("targets").index(at),
                Text::new(
                    format!("「{}」没有这个 KPI，或目标重复", target.name),
                    format!("there is no KPI “{}”, or it has two targets", target.name),
                ),
                Text::new("每个 KPI 一个目标", "one target for a KPI that there is"),
            );
        }
    }
    for (place, error) in failed {
        let WorkspaceError::Findings(found) = error else { return Err(error) };
        for mut finding in found.0 {
            finding.place = place.clone();
            findings.push(finding);
        }
    }
    Ok(findings)
}

/// For each batch of the base of whom a condition holds; null where it cannot be told. `None` if it reads
/// what was never graded, and there are too many events to do it now.
pub(super) async fn fulfilling(
    workspace: &Workspace,
    base: &Base,
    condition: &Value,
) -> Result<Option<Vec<BooleanArray>>, WorkspaceError> {
    let read: Condition = serde_json::from_value(condition.clone()).map_err(|_| {
        WorkspaceError::from(Finding::error(
            "condition-shape",
            Place::default().at("where"),
            Text::new("条件的写法不对", "this is no condition"),
            Text::new("SQL 条件，或 {all: […]} 等", "an SQL condition, or {all: […]} and the like"),
        ))
    })?;
    let mut documents = documents_with(workspace, "kpi", &canonical(&base.model)?.to_string())?;
    let segment = Segment { title: None, description: None, base: EVERYONE.to_string(), condition: read };
    documents.model.segments.0.push((LOOKED_AT.to_string(), segment));
    let prepared = prepared(workspace, base, documents, &[LOOKED_AT]).await?;
    if prepared.rows.is_none() {
        return Ok(None);
    }
    let graded = tokio::task::spawn_blocking(move || prepared.grade().0)
        .await
        .map_err(|error| WorkspaceError::Defect(error.to_string()))?;
    // What was folded for this lies in another order than the base.
    let mut out: Vec<Vec<Option<bool>>> =
        base.graded.batches.iter().map(|batch| vec![None; batch.num_rows()]).collect();
    for batch in &graded {
        let holds = batch.column_by_name(LOOKED_AT).and_then(|column| column.as_boolean_opt());
        let holds = holds.ok_or_else(|| WorkspaceError::Defect("the condition was not evaluated".into()))?;
        for (row, id) in crate::moves::customers(std::slice::from_ref(batch)).into_iter().enumerate() {
            if let Some((at, place)) = base.find(id) {
                out[at][place] = holds.is_valid(row).then(|| holds.value(row));
            }
        }
    }
    Ok(Some(out.into_iter().map(BooleanArray::from).collect()))
}
