//! `gradus learn propensity`.

use gradus_model::Lang;
use gradus_workspace::access::Principal;
use gradus_workspace::learn::propensity::{LearnedPropensity, learn_propensity};
use gradus_workspace::{Workspace, WorkspaceError};

use super::{page, written};
use crate::arguments::PropensityArguments;
use crate::bars::Bars;
use crate::render;

/// Learns a propensity and shows its card.
pub async fn learn(
    workspace: &Workspace,
    asked: &PropensityArguments,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let done = learn_propensity(workspace, &Principal::local(), &asked.request(), &Bars::default()).await?;
    let title = workspace.settings.title.get(lang);
    page(workspace, asked.out.out.as_deref(), || done.html(title, lang))?;
    if as_json {
        render::json(&done);
        return Ok(());
    }
    show(&done, lang);
    match done.card.fit {
        Some(fit) => render::text(&match lang {
            Lang::Zh => format!("拟合参数 {fit}：评级从现在起使用它"),
            Lang::En => format!("fit {fit}: gradings apply it from now on"),
        }),
        None => written(done.written.as_ref(), lang),
    }
    if let Some(path) = &asked.out.out {
        render::text(&path.display().to_string());
    }
    Ok(())
}

fn show(done: &LearnedPropensity, lang: Lang) {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let card = &done.card;
    render::text(&format!("{} · {}", card.title.get(lang), card.method.get(lang)));
    render::text(card.outcome_words.get(lang));
    for date in &card.training {
        let used = if date.held_out { say("检验", "test") } else { say("学习", "learn") };
        let (n, with) = (date.n, date.n_with);
        render::text(&format!(
            "  {} → {}  {used}  {n} {}, {with} {}",
            date.as_of,
            date.until,
            say("位客户", "customers"),
            say("位发生", "with the outcome")
        ));
    }
    render::text(&format!("{}: {}", say("学习数据", "learned from"), card.train.words().get(lang)));
    render::text(&format!("{}: {}", say("留出日期", "held out"), card.held_out.words().get(lang)));
    if let Some(promised) = &card.calibration {
        render::text(promised.words.get(lang));
    }
    for factor in card.factors.iter().take(10) {
        let sign = match factor.direction.as_str() {
            "up" => "↑",
            "down" => "↓",
            _ => "·",
        };
        render::text(&format!("  {:>5.1}% {sign} {}", 100.0 * factor.weight, factor.title.get(lang)));
    }
    if let Some(survival) = &card.survival {
        render::text(survival.words.get(lang));
        if !survival.hazards.is_empty() {
            render::text(say(
                "来得快慢的倍数，特征每多一个标准差（Cox，95% 区间）：",
                "how many times as fast with one standard deviation more of (Cox, 95% interval):",
            ));
        }
        for one in &survival.hazards {
            let between = match (one.low, one.high) {
                (Some(low), Some(high)) => format!("  ({low:.2}–{high:.2})"),
                _ => String::new(),
            };
            render::text(&format!("  {:.2}×  {}{between}", one.ratio, one.title.get(lang)));
        }
        if let Some(together) = &survival.together {
            render::text(&format!("* {}", together.get(lang)));
        }
    }
    for (title, why) in &card.left_out {
        render::text(&format!("- {}: {}", title.get(lang), why.get(lang)));
    }
    for words in &card.cautions {
        render::text(&format!("* {}", words.get(lang)));
    }
}
