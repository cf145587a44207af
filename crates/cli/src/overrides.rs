//! `gradus override`: tiers that a person sets, with reason, approver and end.

use gradus_model::document::Model;
use gradus_model::{Lang, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::overrides::{self as verbs, NewOverride, OverrideView};
use gradus_workspace::runs::grade_newest;
use gradus_workspace::{Workspace, WorkspaceError, customers, local_time};
use serde_json::json;

use crate::arguments::OverrideCommand;
use crate::bars::Bars;
use crate::look::pair;
use crate::render;

/// Asks for a tier, lists them, decides over one, ends one. What then holds is graded at once, as over HTTP.
pub async fn overrides(
    workspace: &Workspace,
    command: &OverrideCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    let base = Base::as_of(workspace, None).await?;
    let (view, changes) = match command {
        OverrideCommand::List { customer, state, page } => {
            let (found, next) = match customer {
                Some(written) => {
                    let number = customers::number_of(workspace, written).await?;
                    (verbs::list(workspace, &who, &base, Some(number)).await?, None)
                }
                None => {
                    let limit = page.limit.clamp(1, 1_000);
                    verbs::part(workspace, &who, &base, state.as_deref(), page.cursor.as_deref(), limit)
                        .await?
                }
            };
            list(&found, next.as_deref(), &base, workspace, lang, as_json);
            return Ok(());
        }
        OverrideCommand::Add { customer, tier, reason, until } => {
            let (scheme, level) = pair("--tier", tier)?;
            let customer = customers::number_of(workspace, customer).await?;
            let (reason, expires) = (reason.clone(), Some(until.clone()));
            let new = NewOverride { customer, scheme, level, reason, expires };
            let view = verbs::ask(workspace, &who, &base, new).await?;
            let holds = view.standing == "active";
            (view, holds)
        }
        OverrideCommand::Approve { id } => (verbs::decide(workspace, &who, &base, id, true).await?, true),
        OverrideCommand::Reject { id } => (verbs::decide(workspace, &who, &base, id, false).await?, false),
        OverrideCommand::End { id } => (verbs::end(workspace, &who, &base, id).await?, true),
    };
    let graded = match changes {
        true => grade_newest(workspace, &who, &Bars::default()).await?,
        false => None,
    };
    if as_json {
        render::json(&view);
        return Ok(());
    }
    render::text(&line(&view, &base.model, workspace, lang));
    if view.standing == "waiting" {
        render::text(match lang {
            Lang::Zh => "等待另一位有审批权限的同事批准",
            Lang::En => "another person with the right to approve decides over it",
        });
    }
    if let Some(graded) = graded {
        let dates: Vec<&str> = graded.instants.iter().map(|one| one.date.as_str()).collect();
        let dates = dates.join(", ");
        render::text(&match lang {
            Lang::Zh => format!("已重新评级：{dates}"),
            Lang::En => format!("graded anew: {dates}"),
        });
    }
    Ok(())
}

fn list(
    found: &[OverrideView],
    next: Option<&str>,
    base: &Base,
    workspace: &Workspace,
    lang: Lang,
    as_json: bool,
) {
    if as_json {
        return render::json(&json!({ "items": found, "next_cursor": next }));
    }
    for view in found {
        render::text(&line(view, &base.model, workspace, lang));
    }
    match (found.is_empty(), next, lang) {
        (true, _, Lang::Zh) => render::text("没有人工调整"),
        (true, _, Lang::En) => render::text("there is no override"),
        (false, Some(next), Lang::Zh) => render::text(&format!("还有更多：--cursor {next}")),
        (false, Some(next), Lang::En) => render::text(&format!("there are more: --cursor {next}")),
        (false, None, _) => {}
    }
}

/// One a line: number, customer, tier, how it stands, until when, why.
fn line(view: &OverrideView, model: &Model, workspace: &Workspace, lang: Lang) -> String {
    let one = &view.one;
    let scheme = model.tiers.get(&one.scheme);
    let level = scheme.and_then(|scheme| scheme.levels.get(&one.level));
    let called = |title: Option<&Text>, name: &str| match title.map(|title| title.get(lang)) {
        Some(title) if !title.is_empty() => title.to_string(),
        _ => name.to_string(),
    };
    let until = one.expires.map(|us| {
        let at = local_time(us, &workspace.zone);
        let day = at.split(' ').next().unwrap_or(&at).to_string();
        if lang == Lang::Zh { format!("  至 {day}") } else { format!("  until {day}") }
    });
    format!(
        "{}  {} #{}  {}: {}  {}{}  {}",
        one.id,
        view.label,
        one.customer,
        called(scheme.and_then(|scheme| scheme.title.as_ref()), &one.scheme),
        called(level.and_then(|level| level.title.as_ref()), &one.level),
        standing(view.standing).get(lang),
        until.unwrap_or_default(),
        view.reason
    )
}

fn standing(standing: &'static str) -> Text {
    match standing {
        "waiting" => Text::new("待审批", "waiting"),
        "active" => Text::new("生效中", "active"),
        "rejected" => Text::new("已驳回", "rejected"),
        "ended" => Text::new("已结束", "ended"),
        "expired" => Text::new("已到期", "expired"),
        other => Text::plain(other),
    }
}
