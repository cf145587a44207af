//! The model as files, and its versions.

use std::path::Path;

use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::apply::{ApplyOptions, SourceChanges, apply as apply_folder, draft_exists};
use gradus_workspace::diff::{Which, diff as diff_of};
use gradus_workspace::versions::{self, VersionView};
use gradus_workspace::{Workspace, WorkspaceError, local_time};
use serde::Serialize;
use serde_json::Value;

use crate::arguments::VersionsCommand;
use crate::render;

/// What became of the files, wherever they went.
#[derive(Debug, Serialize)]
pub struct Applied {
    pub changed: bool,
    pub revision: i64,
    /// As the verb or the API tells them.
    pub findings: Vec<Value>,
    /// What became of the sources.
    pub sources: SourceChanges,
    /// Number of the version that was submitted.
    pub version: Option<i64>,
}

impl Applied {
    pub fn has_errors(&self) -> bool {
        self.findings.iter().any(|finding| finding["severity"] == "error")
    }
}

/// Makes the model of a folder the workspace's draft.
pub async fn apply(
    workspace: &Workspace,
    folder: &Path,
    options: &ApplyOptions,
) -> Result<Applied, WorkspaceError> {
    let done = apply_folder(workspace, &Principal::local(), folder, options).await?;
    let findings =
        done.findings.iter().map(|finding| serde_json::to_value(finding).unwrap_or_default()).collect();
    let version = done.version.map(|view| view.version.number);
    Ok(Applied { changed: done.changed, revision: done.revision, findings, sources: done.sources, version })
}

pub fn render_applied(done: &Applied, lang: Lang, as_json: bool) {
    if as_json {
        return render::json(done);
    }
    for finding in &done.findings {
        render::text(&finding_line(finding, lang));
    }
    for change in &done.sources.changes {
        render::text(&match (change.kind, lang) {
            ("added", Lang::Zh) => format!("+ 数据源 {}", change.name),
            ("added", Lang::En) => format!("+ source {}", change.name),
            (_, Lang::Zh) => format!("~ 数据源 {}", change.name),
            (_, Lang::En) => format!("~ source {}", change.name),
        });
        for words in &change.words {
            render::text(&format!("    {}", words.get(lang)));
        }
    }
    if done.sources.may_not {
        render::text(match lang {
            Lang::Zh => "数据源保持不变：密钥没有 import_data 权限",
            Lang::En => "sources stay as they are: the key lacks the right import_data",
        });
    }
    if !done.sources.left.is_empty() {
        let names = done.sources.left.join(", ");
        render::text(&match lang {
            Lang::Zh => format!("文件夹里没有、保持不变的数据源：{names}"),
            Lang::En => format!("sources that the folder does not have, left as they are: {names}"),
        });
    }
    let text = match (done.changed, done.version, lang) {
        (_, Some(number), Lang::Zh) => format!("已提交为版本 {number}，等待另一位同事审批"),
        (_, Some(number), Lang::En) => {
            format!("submitted as version {number}, waiting for another person's approval")
        }
        (true, None, Lang::Zh) => format!("草稿已更新（修订 {}）", done.revision),
        (true, None, Lang::En) => format!("the draft is updated (revision {})", done.revision),
        (false, None, Lang::Zh) if done.sources.changes.is_empty() => "没有变化".to_string(),
        (false, None, Lang::En) if done.sources.changes.is_empty() => "nothing changes".to_string(),
        (false, None, Lang::Zh) => "模型没有变化".to_string(),
        (false, None, Lang::En) => "the model does not change".to_string(),
    };
    render::text(&text);
}

fn finding_line(finding: &Value, lang: Lang) -> String {
    let lang = if lang == Lang::Zh { "zh" } else { "en" };
    // The verb says `what` and `right` with a place; the API `message` and `hint` with a path.
    let said = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| finding[*name][lang].as_str());
        found.unwrap_or_default().to_string()
    };
    let path = finding["path"].as_str().or(finding["place"]["path"].as_str()).unwrap_or_default();
    let code = finding["code"].as_str().unwrap_or_default();
    format!("{path}: {} [{code}] → {}", said(["what", "message"]), said(["right", "hint"]))
}

/// Lists versions, approves, publishes.
pub async fn versions(
    workspace: &Workspace,
    command: &VersionsCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    let shown = match command {
        VersionsCommand::List => versions::list(workspace, &who).await?,
        VersionsCommand::Approve { number, note } => {
            vec![versions::decide(workspace, &who, *number, true, note).await?]
        }
        VersionsCommand::Reject { number, note } => {
            vec![versions::decide(workspace, &who, *number, false, note).await?]
        }
        VersionsCommand::Publish { number, from, reason } => {
            let from = versions::effective_from(from.as_deref(), &workspace.zone)?;
            vec![versions::publish(workspace, &who, *number, from, reason).await?]
        }
        VersionsCommand::Withdraw { number } => {
            let publication = to_come(&versions::see(workspace, &who, *number).await?, *number)?;
            versions::withdraw(workspace, &who, publication).await?;
            vec![versions::see(workspace, &who, *number).await?]
        }
        VersionsCommand::Restore { number, replace_draft } => {
            let draft = versions::draft(workspace, &who).await?;
            if draft.revision > 0 && !replace_draft {
                return Err(draft_exists(draft.changed_by.as_deref().unwrap_or_default()).into());
            }
            let draft = versions::restore(workspace, &who, *number, draft.revision).await?;
            if as_json {
                render::json(&draft);
                return Ok(());
            }
            render::text(&match lang {
                Lang::Zh => format!("草稿现在是版本 {number} 的内容（修订 {}）", draft.revision),
                Lang::En => format!("the draft is what version {number} says (revision {})", draft.revision),
            });
            return Ok(());
        }
    };
    if as_json {
        render::json(&shown);
    } else {
        if shown.is_empty() {
            let none = Text::new(
                "还没有版本；评级用的是文件夹里的模型文档",
                "there is no version yet; the documents of the folder grade",
            );
            render::text(none.get(lang));
        }
        for view in &shown {
            render::text(&line(view, workspace, lang));
        }
    }
    Ok(())
}

/// The last publication of a version that is still to come.
fn to_come(view: &VersionView, number: i64) -> Result<i64, WorkspaceError> {
    let scheduled = view.standing == "scheduled";
    let open = view.publications.iter().filter(|one| scheduled && one.withdrawn.is_none());
    open.map(|one| one.number).max().ok_or_else(|| {
        Finding::error(
            "nothing-to-come",
            Place::default(),
            Text::new(
                format!("版本 {number} 没有待生效的发布"),
                format!("no publication of version {number} is still to come"),
            ),
            Text::new(
                "gradus versions list 里写着“待生效”的版本；已生效的，发布另一个版本来代替",
                "a version that `gradus versions list` calls scheduled; another published version takes the place of one in force",
            ),
        )
        .into()
    })
}

/// The model that a word names.
pub fn which(text: &str) -> Result<Which, WorkspaceError> {
    Which::parse(text).ok_or_else(|| {
        let what = Text::new(format!("不认识「{text}」"), format!("“{text}” is no version"));
        let right = Text::new(
            "in_force、draft、folder 或版本号",
            "in_force, draft, folder or the number of a version",
        );
        WorkspaceError::from(Finding::error("argument", Place::document(text), what, right))
    })
}

/// What is different between two models.
pub async fn diff(
    workspace: &Workspace,
    from: &str,
    to: &str,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let changes = diff_of(workspace, &Principal::local(), which(from)?, which(to)?).await?;
    if as_json {
        render::json(&changes);
        return Ok(());
    }
    for change in &changes {
        let sign = match change.kind {
            "added" => "+",
            "removed" => "-",
            _ => "~",
        };
        render::text(&format!("{sign} {}", change.words.get(lang)));
    }
    if changes.is_empty() {
        render::text(if lang == Lang::Zh { "没有差异" } else { "no difference" });
    }
    Ok(())
}

fn line(view: &VersionView, workspace: &Workspace, lang: Lang) -> String {
    let version = &view.version;
    let number = versions::shown(Some(version.number));
    let validated = versions::validated(version.validation.as_deref());
    let note = if version.note.is_empty() { String::new() } else { format!("  {}", version.note) };
    // Since when, or from when on: by the last publication that holds.
    let holds = matches!(view.standing, "published" | "scheduled");
    let last =
        view.publications.iter().filter(|one| holds && one.withdrawn.is_none()).max_by_key(|one| one.number);
    let from = last.map_or(String::new(), |one| {
        let at = local_time(one.effective_from, &workspace.zone);
        if lang == Lang::Zh { format!("  自 {at} 起") } else { format!("  from {at}") }
    });
    format!(
        "{}  {}  {}{note}{from}",
        number.get(lang),
        versions::standing(view.standing).get(lang),
        validated.get(lang)
    )
}
