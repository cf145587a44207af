//! The quarterly review: written to files, and its change made the draft.

use std::path::{Path, PathBuf};

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::review::review as verb;
use gradus_workspace::{Workspace, WorkspaceError, write_page};

use crate::bars::Bars;
use crate::render;

/// What was asked.
pub struct ReviewArguments<'a> {
    pub quarter: Option<&'a str>,
    pub to: Option<&'a Path>,
    pub draft: bool,
    pub replace_draft: bool,
}

/// Reviews, writes the pages, and says in short what they say.
pub async fn review(
    workspace: &Workspace,
    asked: &ReviewArguments<'_>,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    let done = verb(workspace, &who, asked.quarter, &Bars::default()).await?;
    let title = workspace.settings.title.get(lang);
    let suffix = if lang == Lang::Zh { "zh" } else { "en" };
    let files: Vec<PathBuf> = match asked.to {
        Some(path) => vec![path.to_path_buf()],
        None => ["html", "md"]
            .map(|ending| {
                workspace.root.join("reports").join(format!("review-{}.{suffix}.{ending}", done.quarter))
            })
            .to_vec(),
    };
    for path in &files {
        let is_markdown = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("md"));
        let text = if is_markdown { done.markdown(title, lang) } else { done.html(title, lang) };
        write_page(workspace, path, &text)?;
    }
    let revision = match asked.draft {
        true => done.draft(workspace, &who, asked.replace_draft).await?,
        false => None,
    };
    if as_json {
        render::json(&serde_json::json!({ "review": done, "files": files, "draft_revision": revision }));
        return Ok(());
    }
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let (from, until) = (&done.from, &done.until);
    render::text(&match lang {
        Lang::Zh => format!("{} 季度复盘：{from} 之后至 {until}", done.quarter),
        Lang::En => format!("quarterly review {}: after {from} until {until}", done.quarter),
    });
    if !done.is_over {
        render::text(say(
            "（季度尚未结束，数据只到这一天）",
            "(the quarter goes on; this is as far as the data go)",
        ));
    }
    render::text(done.drift.verdict.get(lang));
    for date in &done.backtest.dates {
        render::text(date.words.get(lang));
    }
    for one in &done.contradictions {
        render::text(&format!("! {}", one.get(lang)));
    }
    if done.proposals.is_empty() {
        render::text(say("结果没有提示需要改动", "the outcomes suggest no change"));
    }
    match (revision, done.proposed.is_some()) {
        (Some(revision), _) => render::text(&match lang {
            Lang::Zh => format!("建议已写成草稿（修订 {revision}）；gradus simulate draft 看谁会变动"),
            Lang::En => format!(
                "the proposal is the draft now (revision {revision}); `gradus simulate draft` shows who would move"
            ),
        }),
        (None, true) => render::text(say(
            "加 --draft 把建议写成草稿，再用 gradus simulate draft 看谁会变动",
            "with --draft the proposal becomes the draft, and `gradus simulate draft` shows who would move",
        )),
        (None, false) => {}
    }
    for path in &files {
        render::text(&path.display().to_string());
    }
    Ok(())
}
