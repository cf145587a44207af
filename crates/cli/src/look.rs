//! Looking at customers: a customer's history, a segment, a list.

use gradus_model::{Lang, Text};
use gradus_workspace::access::Principal;
use gradus_workspace::base::Base;
use gradus_workspace::customers::{self, Find, Order};
use gradus_workspace::{Workspace, WorkspaceError};

use crate::arguments::Command;
use crate::render;
use crate::run::wrong_argument;

/// Shows what is asked for.
pub async fn look(
    workspace: &Workspace,
    command: &Command,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    match command {
        Command::History { customer, indicator } => {
            let base = Base::as_of(workspace, None).await?;
            let history = customers::history(workspace, &who, &base, customer, indicator.as_deref()).await?;
            show(&history, history.render(lang, &workspace.zone), as_json);
        }
        Command::Segment { name, as_of, page } => {
            let base = Base::as_of(workspace, as_of.as_deref()).await?;
            let cursor = page.cursor.clone();
            let segment = customers::segment(workspace, &who, &base, name, page.limit, cursor).await?;
            show(&segment, segment.render(lang), as_json);
        }
        Command::List { tier, segment, group, as_of, columns, sort, page } => {
            let find = Find {
                tier: tier
                    .as_deref()
                    .map(|text| pair("--tier", text))
                    .transpose()?
                    .map(|(scheme, level)| (scheme, Some(level).filter(|level| !level.is_empty()))),
                segment: segment.clone(),
                group: group.as_deref().map(|text| pair("--group", text)).transpose()?,
                columns: columns.clone(),
                order: sort.as_deref().map(|sort| Order {
                    column: sort.trim_start_matches('-').to_string(),
                    descending: sort.starts_with('-'),
                }),
                limit: page.limit,
                cursor: page.cursor.clone(),
                ..Find::default()
            };
            let base = Base::as_of(workspace, as_of.as_deref()).await?;
            let list = customers::search(workspace, &who, &base, &find).await?;
            show(&list, list.render(lang), as_json);
        }
        _ => {}
    }
    Ok(())
}

fn show(value: &impl serde::Serialize, text: String, as_json: bool) {
    if as_json { render::json(value) } else { render::text(&text) }
}

/// A name and a value, as they are written at an argument.
pub fn pair(argument: &str, text: &str) -> Result<(String, String), WorkspaceError> {
    let (name, value) = text.split_once('=').ok_or_else(|| {
        wrong_argument(
            argument.into(),
            Text::new("要写成 名称=值", "this is written NAME=VALUE"),
            Text::new("例如 --tier member=gold", "such as --tier member=gold"),
        )
    })?;
    Ok((name.to_string(), value.to_string()))
}
