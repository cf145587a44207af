//! What was learned as parts of a model document, and how they come into the draft.

use gradus_grading::grade::clusters::{ClusterOptions, ClustersFit};
use gradus_model::document::{Clusters, Condition, ConditionNode, Model, Named, Prediction, Segment};
use gradus_model::{Finding, Place, Text};
use serde::Serialize;
use serde_json::{Value, json};

use super::LearnedClusters;
use super::describe::{Description, RuleOfCluster};
use crate::access::Principal;
use crate::learn::write::{is_taken, name_of, sound, taken};
use crate::{Workspace, WorkspaceError, versions};

/// What came into the draft.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drafted {
    pub revision: i64,
    /// Paths of what was written, such as `predictions.groups`.
    pub paths: Vec<String>,
    /// Segments of an earlier write under the same name whose groups are no longer there: they went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<String>,
}

/// The entry for `predictions:`. The number of groups is written out, so that it stays as it was looked at.
pub(super) fn written(asked: &Prediction, fit: &ClustersFit, options: &ClusterOptions) -> Value {
    let usual = Prediction { title: Some(Text::new("客户聚类", "Groups of customers")), ..asked.clone() };
    let clusters = asked.clusters.as_ref().map(|clusters| Clusters {
        k: Some(fit.clusters.len() as u32),
        most: None,
        seed: Some(options.seed),
        ..clusters.clone()
    });
    json!(Prediction { title: asked.title.clone().or(usual.title), clusters, ..asked.clone() })
}

/// Segments of the same customers as far as rules reach: one a group, those without rules left out.
pub(super) fn segments(
    name: &str,
    asked: &Prediction,
    fit: &ClustersFit,
    description: &Description,
) -> Value {
    let mut out: Named<Segment> = Named::default();
    for (cluster, described) in fit.clusters.iter().zip(&description.clusters) {
        if described.rules.is_empty() {
            continue;
        }
        let rules: Vec<Condition> = described.rules.iter().map(rule).collect();
        let any = match <[Condition; 1]>::try_from(rules) {
            Ok([one]) => one,
            Err(rules) => node(ConditionNode { any: Some(rules), ..ConditionNode::default() }),
        };
        let condition = match &asked.among {
            Some(among) => {
                let all = Some(vec![Condition::Sql(among.clone()), any]);
                node(ConditionNode { all, ..ConditionNode::default() })
            }
            None => any,
        };
        let percent = |share: f64| format!("{:.0}%", 100.0 * share);
        let (caught, precise) = (percent(described.caught), percent(described.precise));
        let description = Text::new(
            format!(
                "聚类“{name}”的 {} 群，用规则描述：覆盖该群的 {caught}，命中者中 {precise} 属于该群",
                cluster.name
            ),
            format!(
                "group {} of `{name}`, described by rules: they catch {caught} of the group, and {precise} of those caught are in it",
                cluster.name
            ),
        );
        out.0.push((
            format!("{name}_{}", cluster.name),
            Segment {
                title: Some(cluster.title.clone()),
                description: Some(description),
                base: gradus_grading::grade::EVERYONE.to_string(),
                condition,
            },
        ));
    }
    json!(out)
}

fn rule(rule: &RuleOfCluster) -> Condition {
    let all: Vec<Condition> = rule.conditions.iter().map(|sql| Condition::Sql(sql.clone())).collect();
    match <[Condition; 1]>::try_from(all) {
        Ok([one]) => one,
        Err(all) => node(ConditionNode { all: Some(all), ..ConditionNode::default() }),
    }
}

fn node(node: ConditionNode) -> Condition {
    Condition::Node(Box::new(node))
}

/// Writes what was learned into the draft, whatever else it holds: the prediction, the segments, or both. What is called
/// so already is replaced only if that is asked for.
///
/// # Errors
/// A name that cannot be one, or is taken; somebody changed the draft meanwhile, or this account may not.
pub async fn to_draft(
    workspace: &Workspace,
    who: &Principal,
    learned: &LearnedClusters,
    prediction: bool,
    segments: bool,
    replace: bool,
) -> Result<Drafted, WorkspaceError> {
    name_of(&learned.name)?;
    let mut parts: Vec<(&str, String, Value)> = Vec::new();
    if prediction {
        parts.push(("predictions", learned.name.clone(), learned.prediction.clone()));
    }
    if segments {
        let all = learned.segments.as_object().into_iter().flatten();
        parts.extend(all.map(|(name, segment)| ("segments", name.clone(), segment.clone())));
    }
    if !replace {
        let draft = versions::draft(workspace, who).await?;
        let model: Option<Model> = serde_json::from_value(draft.document).ok();
        let names = parts.iter().map(|(_, name, _)| name);
        if let Some(name) = model.and_then(|model| names.into_iter().find(|name| is_taken(&model, name))) {
            return Err(taken(name).into());
        }
    }
    let replaced = (segments && replace).then_some(learned.name.as_str());
    put(workspace, who, parts, replaced).await
}

/// Puts definitions into the draft. Of a name that is replaced the segments of groups that are no longer there go.
async fn put(
    workspace: &Workspace,
    who: &Principal,
    parts: Vec<(&str, String, Value)>,
    replaced: Option<&str>,
) -> Result<Drafted, WorkspaceError> {
    let draft = versions::draft(workspace, who).await?;
    let mut document = draft.document;
    let mut paths = Vec::with_capacity(parts.len());
    let mut removed = Vec::new();
    if let (Some(name), Some(own)) = (replaced, document.get_mut("segments").and_then(Value::as_object_mut)) {
        let is_old = |key: &String| {
            let number = key.strip_prefix(name).and_then(|rest| rest.strip_prefix("_c"));
            number
                .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
                && parts.iter().all(|(kind, now, _)| *kind != "segments" || now != key)
        };
        let old: Vec<String> = own.keys().filter(|key| is_old(key)).cloned().collect();
        for key in old {
            own.shift_remove(&key);
            removed.push(format!("segments.{key}"));
        }
    }
    for (kind, name, value) in parts {
        let Some(all) = document.as_object_mut() else { return Err(no_mapping().into()) };
        let own = all.entry(kind).or_insert_with(|| json!({}));
        let Some(own) = own.as_object_mut() else { return Err(no_mapping().into()) };
        paths.push(format!("{kind}.{name}"));
        own.insert(name, value);
    }
    sound(workspace, &document)?;
    let written = versions::write_draft(workspace, who, draft.revision, &document).await?;
    Ok(Drafted { revision: written.revision, paths, removed })
}

fn no_mapping() -> Finding {
    Finding::error(
        "not-a-mapping",
        Place::document("draft"),
        Text::new(
            "草稿不是可以加入定义的文档",
            "the draft is no document to which a definition can be added",
        ),
        Text::new("先改正草稿", "the draft mended first"),
    )
}
