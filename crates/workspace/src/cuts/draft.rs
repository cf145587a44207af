//! Cuts as the draft keeps them: bins of a scorecard, bands of a grouping, levels of tiers.

use gradus_model::document::Model;
use gradus_model::{Finding, Text};
use serde_json::{Value, json};

use super::{Cuts, rfm};
use crate::access::Principal;
use crate::clusters::{Drafted, argument};
use crate::learn::write::sound;
use crate::{Workspace, WorkspaceError, versions};

/// Writes the cuts into the draft: into the bins of `scorecards.CARD.attributes.NAME`, the cuts of `groupings.NAME`
/// or where high begins in one of eight classes of RFM, or the levels of `tiers.NAME`.
/// Bins that are there keep their points, from the lowest; where there are more, the last one's are repeated.
///
/// # Errors
/// A finding if the draft has nothing there that takes cuts; somebody changed the draft meanwhile.
pub async fn to_draft(
    workspace: &Workspace,
    who: &Principal,
    found: &Cuts,
    path: &str,
) -> Result<Drafted, WorkspaceError> {
    let draft = versions::draft(workspace, who).await?;
    let mut document = draft.document;
    let model = serde_json::from_value::<Model>(document.clone()).ok();
    let split = match &model {
        Some(model) => rfm::split(workspace, who, model, found, path).await?,
        None => None,
    };
    match split {
        Some(split) => put_split(&mut document, path, split),
        None => write_cuts(&mut document, path, found)?,
    }
    sound(workspace, &document)?;
    let written = versions::write_draft(workspace, who, draft.revision, &document).await?;
    Ok(Drafted { revision: written.revision, paths: vec![path.to_string()], removed: Vec::new() })
}

/// Where high begins in a grouping of eight classes.
fn put_split(document: &mut Value, path: &str, split: Value) {
    let place = path.split('.').try_fold(document, |at, key| at.get_mut(key));
    if let Some(grouping) = place.and_then(Value::as_object_mut) {
        grouping.insert("split".into(), split);
    }
}

pub(super) fn write_cuts(document: &mut Value, path: &str, found: &Cuts) -> Result<(), Finding> {
    let nowhere = || {
        argument(
            "write",
            Text::new(
                format!("草稿里没有可以写入切点的 {path}"),
                format!("nothing at {path} of the draft takes cuts"),
            ),
            Text::new(
                "scorecards.评分卡.attributes.项目、groupings.方案（kind: bands，或 rfm8 的一条轴、切成两段），或 tiers.方案（由 from 切分，段数等于等级数）",
                "scorecards.CARD.attributes.NAME, groupings.NAME of kind `bands` (or `rfm8`, of an axis in two parts), or tiers.NAME whose levels have `from`, as many as there are parts",
            ),
        )
    };
    let keys: Vec<&str> = path.split('.').collect();
    let mut at = document;
    for key in &keys {
        at = at.get_mut(*key).ok_or_else(nowhere)?;
    }
    let place = at.as_object_mut().ok_or_else(nowhere)?;
    let numbers: Vec<Value> = found.cuts.iter().map(|cut| number_value(*cut)).collect();
    match keys[..] {
        ["groupings", _] if place.get("kind") == Some(&json!("bands")) => {
            place.insert("cuts".into(), json!(numbers));
            place.insert("value".into(), json!(found.value));
        }
        ["scorecards", _, "attributes", _] if !place.contains_key("cases") => {
            let before = place.get("bins").and_then(Value::as_array).cloned().unwrap_or_default();
            // An `else` stays what it is.
            let is_else = |bin: &Value| bin.get("else") == Some(&json!(true));
            let points: Vec<Value> = before
                .iter()
                .filter(|bin| !is_else(bin))
                .filter_map(|bin| bin.get("points").cloned())
                .collect();
            let mut bins: Vec<Value> = (0..=numbers.len())
                .map(|at| {
                    let mut bin = serde_json::Map::new();
                    if let Some(from) = at.checked_sub(1).and_then(|at| numbers.get(at)) {
                        bin.insert("from".into(), from.clone());
                    }
                    if let Some(below) = numbers.get(at) {
                        bin.insert("below".into(), below.clone());
                    }
                    let own = points.get(at).or(points.last()).cloned().unwrap_or_else(|| json!(at));
                    bin.insert("points".into(), own);
                    Value::Object(bin)
                })
                .collect();
            bins.extend(before.into_iter().filter(is_else));
            place.remove("quantiles");
            place.insert("bins".into(), json!(bins));
            place.insert("value".into(), json!(found.value));
        }
        ["tiers", _] => {
            let levels = place.get_mut("levels").and_then(Value::as_object_mut).ok_or_else(nowhere)?;
            let is_cut = |level: &Value| {
                ["top_percent", "quota", "quota_percent"].iter().all(|key| level.get(key).is_none())
            };
            if levels.len() != numbers.len() + 1 || !levels.values().all(is_cut) {
                return Err(nowhere());
            }
            // Whoever reaches the least value of a level rises; the lowest level has none.
            let lowest_first = levels.values().next().is_some_and(|level| level.get("from").is_none());
            let mut all: Vec<&mut Value> = levels.values_mut().collect();
            if !lowest_first {
                all.reverse();
            }
            for (level, from) in all.into_iter().skip(1).zip(&numbers) {
                let level = level.as_object_mut().ok_or_else(nowhere)?;
                level.insert("from".into(), from.clone());
                // Below which one falls was said of another cut.
                level.remove("demote");
            }
            place.insert("by".into(), json!(found.value));
        }
        _ => return Err(nowhere()),
    }
    Ok(())
}

/// A whole number without a point.
pub(super) fn number_value(cut: f64) -> Value {
    match cut.fract() == 0.0 && cut.abs() < 1e15 {
        true => json!(cut as i64),
        false => json!(cut),
    }
}
