//! `gradus learn`: each command calls its verb, shows progress, and renders what was learned.

mod clusters;
mod propensity;
mod scorecard;
mod tree;
mod weights;

use std::path::Path;

use gradus_model::{Lang, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::learn::clv::{ClvOptions, learn_clv};
use gradus_workspace::learn::{Write, Written};
use gradus_workspace::{Workspace, WorkspaceError, write_page};

use crate::arguments::{ClvArguments, LearnCommand};
use crate::bars::Bars;
use crate::next::learn_next;
use crate::render;

/// Learns; the exit code.
pub async fn learn(
    workspace: &Workspace,
    command: &LearnCommand,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    match command {
        LearnCommand::Next(given) => learn_next(workspace, given, lang, as_json).await.map(|()| 0),
        LearnCommand::Clv(asked) => clv(workspace, asked, lang, as_json).await,
        LearnCommand::Scorecard(asked) => scorecard::learn(workspace, asked, lang, as_json).await.map(|()| 0),
        LearnCommand::Propensity(asked) => {
            propensity::learn(workspace, asked, lang, as_json).await.map(|()| 0)
        }
        LearnCommand::Tree(asked) => tree::learn(workspace, asked, lang, as_json).await.map(|()| 0),
        LearnCommand::Weights(asked) => weights::learn(workspace, asked, lang, as_json).await.map(|()| 0),
        LearnCommand::Clusters(asked) => clusters::clusters(workspace, asked, lang, as_json).await,
        LearnCommand::Cuts(asked) => clusters::cuts(workspace, asked, lang, as_json).await,
    }
}

/// Lifetime value. The exit code is 1 if it says nothing of anybody.
async fn clv(
    workspace: &Workspace,
    asked: &ClvArguments,
    lang: Lang,
    as_json: bool,
) -> Result<u8, WorkspaceError> {
    let who = Principal::local();
    let learned = learn_clv(workspace, &who, &options(asked).request()?, &Bars::default()).await?;
    let suffix = if lang == Lang::Zh { "zh" } else { "en" };
    let path = match &asked.out {
        Some(path) => path.clone(),
        None => workspace.root.join("reports").join(format!("learn-clv-{}.{suffix}.html", learned.as_of)),
    };
    write_page(workspace, &path, &learned.html(workspace.settings.title.get(lang), lang))?;
    let written = match &asked.write {
        Some(name) => {
            let to = Write { name: name.clone(), replace: asked.replace };
            Some(learned.write(workspace, &who, &to).await?)
        }
        None => None,
    };
    let code = u8::from(learned.refused);
    if as_json {
        let revision = written.as_ref().map(|written| written.revision);
        render::json(&serde_json::json!({ "learned": learned, "file": path, "draft_revision": revision }));
        return Ok(code);
    }
    render::text(learned.render(lang).trim_end());
    if let Some(Written { name, revision, findings }) = written {
        render::text(&match lang {
            Lang::Zh => format!(
                "\n已写进草稿：predictions.{name}（修订 {revision}）；gradus simulate draft 看谁会变动"
            ),
            Lang::En => format!(
                "\nwritten into the draft: predictions.{name} (revision {revision}); `gradus simulate draft` shows who would move"
            ),
        });
        render::findings(&findings, lang, false);
    }
    render::text(&format!("\n{}", path.display()));
    Ok(code)
}

fn options(asked: &ClvArguments) -> ClvOptions {
    ClvOptions {
        prediction: asked.prediction.clone(),
        model: asked.model.clone(),
        as_of: asked.as_of.clone(),
        kind: asked.kind.clone(),
        purchases: asked.purchases.clone(),
        contract: asked.contract.clone(),
        term: asked.term.clone(),
        grace: asked.grace.clone(),
        ends: asked.ends.clone(),
        value: asked.value.clone(),
        margin: asked.margin.clone(),
        costs: asked.costs.clone(),
        horizon: asked.horizon.clone(),
        discount: asked.discount.clone(),
        hold_out: asked.hold_out.clone(),
    }
}

/// The page, if somebody wants one.
fn page(
    workspace: &Workspace,
    to: Option<&Path>,
    html: impl FnOnce() -> String,
) -> Result<(), WorkspaceError> {
    match to {
        Some(path) => write_page(workspace, path, &html()),
        None => Ok(()),
    }
}

/// Where it was written, and what can be done with it.
fn written(written: Option<&Written>, lang: Lang) {
    let Some(Written { name, revision, findings }) = written else {
        let words = Text::new("加 --write 名称，把它写进草稿", "with --write NAME it goes into the draft");
        render::text(words.get(lang));
        return;
    };
    render::text(&match lang {
        Lang::Zh => format!("「{name}」已写入草稿（修订 {revision}）；gradus simulate draft 看谁会变动"),
        Lang::En => {
            format!(
                "“{name}” is in the draft now (revision {revision}); `gradus simulate draft` shows who would move"
            )
        }
    });
    render::findings(findings, lang, false);
}
