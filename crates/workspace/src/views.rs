//! What people save: views of a list, dashboards. Anybody's own; others see them, too, and change nothing.

use gradus_model::{Finding, Place, Text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::access::{Permission, Principal};
use crate::accounts::token;
use crate::clock::system_us;
use crate::{Workspace, WorkspaceError};

/// Most that one person saves.
const MOST: usize = 200;
/// What was removed, by its id, and how long it can be brought back.
const REMOVED: &str = "removed_view:";
const BACK_US: i64 = 7 * 24 * 3_600_000_000;
/// Bytes of one at most.
const LARGEST: usize = 20_000;

/// Something saved under a name.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct View {
    #[serde(default)]
    pub id: String,
    /// What it is a view of: `customers`, `dashboard` …
    pub kind: String,
    pub name: String,
    pub content: Value,
    pub by: String,
    pub at: i64,
}

/// All that were saved, the oldest first.
pub async fn list(workspace: &Workspace, who: &Principal) -> Result<Vec<View>, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let all = workspace.store.settings().all().await?;
    let view = |(key, value): (String, Value)| {
        let id = key.strip_prefix("view:")?.to_string();
        let view: View = serde_json::from_value(value).ok()?;
        Some(View { id, ..view })
    };
    let mut views: Vec<View> = all.into_iter().filter_map(view).collect();
    views.sort_by_key(|view| (view.at, view.id.clone()));
    Ok(views)
}

/// Saves one.
pub async fn save(
    workspace: &Workspace,
    who: &Principal,
    kind: &str,
    name: &str,
    content: Value,
) -> Result<View, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let own = list(workspace, who).await?.into_iter().filter(|view| view.by == who.account).count();
    let short = |text: &str, most: usize| (1..=most).contains(&text.trim().chars().count());
    if !short(name, 80) || !short(kind, 40) || content.to_string().len() > LARGEST || own >= MOST {
        return Err(Finding::error(
            "view-form",
            Place::default().at("name"),
            Text::new(
                "名称须有 1 至 80 字，且每人最多保存 200 个",
                "a name has 1 to 80 characters, and one saves at most 200",
            ),
            Text::new("换一个名称，或删除不用的", "another name, or remove what is not used"),
        )
        .into());
    }
    let id = token::id()?;
    let view = View {
        id: id.clone(),
        kind: kind.trim().to_string(),
        name: name.trim().to_string(),
        content,
        by: who.account.clone(),
        at: system_us(),
    };
    workspace.store.settings().set(&format!("view:{id}"), &json!(view)).await?;
    Ok(view)
}

/// Removes one's own; whoever manages the system removes any. For a week it can be brought back.
pub async fn remove(workspace: &Workspace, who: &Principal, id: &str) -> Result<(), WorkspaceError> {
    let found = list(workspace, who).await?.into_iter().find(|view| view.id == id);
    let view = found.ok_or(WorkspaceError::NotFound { what: "view" })?;
    whose(who, &view)?;
    let settings = workspace.store.settings();
    for (key, value) in settings.all().await? {
        let at = value["removed_at"].as_i64().unwrap_or(0);
        if key.starts_with(REMOVED) && system_us() - at > BACK_US {
            settings.remove(&key).await?;
        }
    }
    let kept = json!({ "removed_at": system_us(), "view": view });
    settings.set(&format!("{REMOVED}{id}"), &kept).await?;
    Ok(settings.remove(&format!("view:{id}")).await?)
}

/// Brings a removed one back as it was.
///
/// # Errors
/// [`WorkspaceError::NotFound`] if it was not removed within the last week.
pub async fn bring_back(workspace: &Workspace, who: &Principal, id: &str) -> Result<View, WorkspaceError> {
    who.needs(Permission::SeeGrades)?;
    let settings = workspace.store.settings();
    let key = format!("{REMOVED}{id}");
    let missing = || WorkspaceError::NotFound { what: "view" };
    let kept = settings.get(&key).await?.ok_or_else(missing)?;
    if system_us() - kept["removed_at"].as_i64().unwrap_or(0) > BACK_US {
        return Err(missing());
    }
    let view: View = serde_json::from_value(kept["view"].clone()).map_err(|_| missing())?;
    whose(who, &view)?;
    settings.set(&format!("view:{id}"), &json!(view)).await?;
    settings.remove(&key).await?;
    Ok(view)
}

/// One's own, or any for whoever manages the system.
fn whose(who: &Principal, view: &View) -> Result<(), WorkspaceError> {
    if view.by == who.account { Ok(()) } else { who.needs(Permission::ManageSystem) }
}
