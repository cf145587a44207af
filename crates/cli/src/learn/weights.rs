//! `gradus learn weights`.

use std::path::Path;

use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::learn::weights::{LearnedWeights, learn_weights, text_of_file};
use gradus_workspace::{Workspace, WorkspaceError};

use super::{page, written};
use crate::arguments::WeightsArguments;
use crate::bars::Bars;
use crate::render;

/// Finds weights and shows them.
pub async fn learn(
    workspace: &Workspace,
    asked: &WeightsArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let request =
        asked.request(|path| text_of_file(Path::new(path)).map_err(|why| unreadable_file(path, &why)))?;
    let done = learn_weights(workspace, &Principal::local(), &request, &Bars::default()).await?;
    let title = workspace.settings.title.get(lang);
    page(workspace, asked.out.as_deref(), || done.html(title, lang))?;
    if as_json {
        render::json(&done);
        return Ok(());
    }
    show(&done, lang);
    written(done.written.as_ref(), lang);
    Ok(())
}

fn unreadable_file(path: &str, why: &std::io::Error) -> Finding {
    let what = match why.kind() {
        std::io::ErrorKind::NotFound => {
            Text::new(format!("没有文件「{path}」"), format!("there is no file “{path}”"))
        }
        std::io::ErrorKind::InvalidData => Text::new(
            format!("「{path}」不是 UTF-8 也不是 GBK 的文本"),
            format!("“{path}” is text neither in UTF-8 nor in GBK"),
        ),
        _ => Text::new(format!("读不了文件「{path}」"), format!("the file “{path}” cannot be read")),
    };
    let right = Text::new(
        "一个 CSV 文件，或直接写比较：\"a,b;1,3;1/3,1\"",
        "a CSV file, or the comparisons themselves: \"a,b;1,3;1/3,1\"",
    );
    Finding::error("argument", Place::default().at("compare"), what, right)
}

fn show(done: &LearnedWeights, lang: Lang) {
    for one in &done.weights {
        let entropy = one.entropy.map_or_else(String::new, |entropy| match lang {
            Lang::Zh => format!("  熵 {entropy:.4}"),
            Lang::En => format!("  entropy {entropy:.4}"),
        });
        render::text(&format!("{:.4}  {}{entropy}", one.weight, one.title.get(lang)));
    }
    render::text(done.words.get(lang));
    if let Some(doubt) = &done.doubt {
        render::text(doubt.words.get(lang));
    }
    for one in &done.left_out {
        render::text(&format!("- {}: {}", one.title.get(lang), one.reason.get(lang)));
    }
}
