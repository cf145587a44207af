//! The quarterly review: written to files, and its change made the draft; the challenger in shadow.

use std::path::{Path, PathBuf};

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::challenger as shadow;
use gradus_workspace::review::review as verb;
use gradus_workspace::tier_holdout;
use gradus_workspace::{Workspace, WorkspaceError, write_page};

use crate::arguments::{ChallengerCommand, HoldOutCommand};
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

/// Sets the challenger, or lists who would stand elsewhere by it.
pub async fn challenger(
    workspace: &Workspace,
    command: &ChallengerCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    match command {
        ChallengerCommand::Set { version } => shadow::set(workspace, &who, Some(*version)).await?,
        ChallengerCommand::Off => shadow::set(workspace, &who, None).await?,
        ChallengerCommand::Show { as_of, limit, after } => {
            let found =
                shadow::differences(workspace, &who, as_of.as_deref(), *limit, after.as_deref()).await?;
            match as_json {
                true => render::json(&found),
                false => render::text(found.render(lang).trim_end()),
            }
            return Ok(());
        }
    }
    let set = shadow::see(workspace, &who).await?;
    match (as_json, set, lang) {
        (true, set, _) => render::json(&set),
        (false, Some(one), Lang::Zh) => {
            render::text(&format!("版本 {} 从下次评级起在影子中评级", one.version));
        }
        (false, Some(one), Lang::En) => {
            render::text(&format!("version {} grades in shadow from the next grading on", one.version));
        }
        (false, None, Lang::Zh) => render::text("没有挑战者"),
        (false, None, Lang::En) => render::text("there is no challenger"),
    }
    Ok(())
}

/// Begins or ends a hold-out on the tiering, or tells what the new tiers did.
pub async fn hold_out(
    workspace: &Workspace,
    command: &HoldOutCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    match command {
        HoldOutCommand::Begin { version, share, seed } => {
            let one = tier_holdout::begin(workspace, &who, *version, *share, *seed).await?;
            let percent = one.share * 100.0;
            match (as_json, lang) {
                (true, _) => render::json(&one),
                (false, Lang::Zh) => render::text(&format!(
                    "从 {} 收盘起，{percent:.1}% 的客户（种子 {}）保留版本 {} 的等级；下次评级生效",
                    one.from, one.seed, one.version
                )),
                (false, Lang::En) => render::text(&format!(
                    "from the close of {} on, {percent:.1}% of the customers (seed {}) keep the tiers of version {}; it shows at the next grading",
                    one.from, one.seed, one.version
                )),
            }
        }
        HoldOutCommand::End => {
            tier_holdout::end(workspace, &who).await?;
            match (as_json, lang) {
                (true, _) => render::json(&tier_holdout::see(workspace, &who).await?),
                (false, Lang::Zh) => render::text("对照已结束，此后所有客户按现行版本定级"),
                (false, Lang::En) => render::text(
                    "the hold-out is over; from now on everybody has the tier of the version in force",
                ),
            }
        }
        HoldOutCommand::Effect { horizon, change } => {
            let found = tier_holdout::effects(workspace, &who, horizon.as_deref(), *change).await?;
            match as_json {
                true => render::json(&found),
                false => render::text(found.render(lang).trim_end()),
            }
        }
    }
    Ok(())
}
