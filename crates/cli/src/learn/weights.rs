//! `gradus learn weights`.

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::learn::weights::{LearnedWeights, learn_weights};
use gradus_workspace::{Workspace, WorkspaceError};

use super::{page, unreadable, written};
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
    let request = asked.request(|path| std::fs::read_to_string(path));
    let request = request.map_err(|why| match why {
        Ok(finding) => finding.into(),
        Err(why) => unreadable(&why),
    })?;
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
