//! `gradus learn tree`.

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::learn::tree::{LearnedTree, learn_tree};
use gradus_workspace::{Workspace, WorkspaceError};

use super::{page, written};
use crate::arguments::TreeArguments;
use crate::bars::Bars;
use crate::render;

/// Learns a tree and shows its rules.
pub async fn learn(
    workspace: &Workspace,
    asked: &TreeArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let done = learn_tree(workspace, &Principal::local(), &asked.request(), &Bars::default()).await?;
    let title = workspace.settings.title.get(lang);
    page(workspace, asked.out.out.as_deref(), || done.html(title, lang))?;
    if as_json {
        render::json(&done);
        return Ok(());
    }
    show(&done, lang);
    written(done.written.as_ref(), lang);
    if let Some(path) = &asked.out.out {
        render::text(&path.display().to_string());
    }
    Ok(())
}

fn show(done: &LearnedTree, lang: Lang) {
    render::text(done.title.get(lang));
    render::text(done.target_words.get(lang));
    for (at, rule) in done.rules.iter().enumerate() {
        let (rate, n, lift) = (100.0 * rule.rate, rule.n, rule.lift);
        let (words, title) = (rule.words.get(lang), rule.title.get(lang));
        render::text(&match lang {
            Lang::Zh => format!("{}. {words}\n   → {title} {rate:.1}%（{n} 位客户，提升 {lift:.2}）", at + 1),
            Lang::En => {
                format!("{}. {words}\n   → {title} {rate:.1}% ({n} customers, lift {lift:.2})", at + 1)
            }
        });
    }
    let (accuracy, baseline) = (100.0 * done.accuracy, 100.0 * done.baseline);
    render::text(&match lang {
        Lang::Zh => format!("说对 {accuracy:.1}%，只说最多的一类则 {baseline:.1}%"),
        Lang::En => format!("right for {accuracy:.1}%; always the most frequent: {baseline:.1}%"),
    });
    for one in &done.left_out {
        render::text(&format!("- {}: {}", one.title.get(lang), one.reason.get(lang)));
    }
    for words in &done.words {
        render::text(&format!("* {}", words.get(lang)));
    }
}
