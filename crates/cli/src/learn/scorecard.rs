//! `gradus learn scorecard`.

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::learn::scorecard::{LearnedCard, learn_scorecard};
use gradus_workspace::{Workspace, WorkspaceError};

use super::{page, written};
use crate::arguments::ScorecardArguments;
use crate::bars::Bars;
use crate::render;

/// Learns a scorecard and shows it.
pub async fn learn(
    workspace: &Workspace,
    asked: &ScorecardArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let request = asked.request()?;
    let done = learn_scorecard(workspace, &Principal::local(), &request, &Bars::default()).await?;
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

fn show(done: &LearnedCard, lang: Lang) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    render::text(done.title.get(lang));
    render::text(&format!("{}: {}", done.outcome.title.get(lang), done.outcome.words.get(lang)));
    for date in &done.dates {
        let used = if date.is_held_out { say("检验", "test") } else { say("学习", "learn") };
        let (n, events) = (date.n, date.n_events);
        render::text(&format!(
            "  {} → {}  {used}  {n} {}, {events} {}",
            date.as_of,
            date.until,
            say("位客户", "customers"),
            say("位发生", "with the outcome")
        ));
    }
    for one in done.attributes.iter().filter(|one| one.taken) {
        render::text(&format!(
            "{} {}  IV {:.3}  {} {:.3}",
            one.reason.as_deref().unwrap_or_default(),
            one.title.get(lang),
            one.iv,
            say("系数", "coefficient"),
            one.coefficient.unwrap_or_default()
        ));
        for bin in one.bins.iter().filter(|bin| bin.n > 0) {
            let rate = bin.bad_rate.map_or_else(String::new, |rate| format!("{:.1}%", 100.0 * rate));
            render::text(&format!(
                "    {:>8}  {}  ({} · {} {rate} · WOE {:.4}{})",
                bin.points.to_string(),
                bin.label.get(lang),
                bin.n,
                say("坏", "bad"),
                bin.woe,
                if bin.one_kind { say("，只有一种结果", ", of one kind") } else { "" }
            ));
        }
    }
    for one in &done.left_out {
        render::text(&format!("- {}: {}", one.title.get(lang), one.reason.get(lang)));
    }
    render::text(&format!("{}: {}", say("学习数据", "learned from"), done.train.words().get(lang)));
    render::text(&format!("{}: {}", say("留出日期", "held out"), done.held_out.words().get(lang)));
    if let Some(promised) = &done.calibration {
        render::text(promised.words.get(lang));
    }
    for words in &done.words {
        render::text(&format!("* {}", words.get(lang)));
    }
}
