//! `gradus user`: who may sign in to the page, and a link for whoever sits at the machine.

use gradus_model::{Lang, Text};
use gradus_workspace::access::{DataScope, Principal, Role};
use gradus_workspace::accounts::{Demanded, DemandsChange};
use gradus_workspace::{Account, Workspace, WorkspaceError, accounts};
use serde_json::json;

use crate::arguments::UserCommand;
use crate::render;
use crate::run::wrong_argument;

/// Makes a user, or lists them. A user's language is that in which the command was run.
pub async fn run(
    workspace: &Workspace,
    command: &UserCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    match command {
        UserCommand::Add { email, name, role, segment, own } => {
            let new = accounts::NewUser {
                email: email.clone(),
                name: name.clone(),
                role: role_of(role)?,
                scope: match (segment, own) {
                    (Some(segment), _) => DataScope::Segment { segment: segment.clone() },
                    (None, true) => DataScope::Own,
                    (None, false) => DataScope::Everyone,
                },
                language: Some(if lang == Lang::En { "en" } else { "zh" }.into()),
            };
            let (account, code) = accounts::create_user(workspace, &who, new).await?;
            if as_json {
                render::json(
                    &json!({ "id": account.id, "email": account.email, "role": account.role, "code": code }),
                );
                return Ok(());
            }
            render::text(&match lang {
                Lang::Zh => format!(
                    "已新建用户 {}。七天内在网页的“设置密码”处用这个一次性代码设置密码：{code}",
                    account.email
                ),
                Lang::En => format!(
                    "user {} was made. Within a week this one-time code sets their password, at “Set a password” on the page: {code}",
                    account.email
                ),
            });
        }
        UserCommand::Link { email, at } => {
            let code = accounts::entry_link(workspace, email).await?;
            let link = format!("{}/enter#{code}", at.trim_end_matches('/'));
            if as_json {
                render::json(&json!({ "email": email, "link": link }));
            } else {
                render::text(&link);
            }
        }
        UserCommand::Demand { second_factor, presence_minutes } => {
            let second_factor = second_factor.as_deref().map(demanded_of).transpose()?;
            let change = DemandsChange { second_factor, presence_minutes: *presence_minutes };
            let now = accounts::set_demands(workspace, &who, change).await?;
            let (whom, minutes) = (now.second_factor, now.presence_minutes);
            if as_json {
                render::json(&json!({ "second_factor": whom.as_str(), "presence_minutes": minutes }));
                return Ok(());
            }
            let title = whom.title();
            render::text(&match lang {
                Lang::Zh => {
                    format!("必须使用两步验证：{}\n敏感操作前每隔 {minutes} 分钟再次确认本人身份", title.zh)
                }
                Lang::En => format!(
                    "a second factor is demanded of: {}\nbefore something sensitive they show every {minutes} minutes that it is they",
                    title.en
                ),
            });
        }
        UserCommand::List => {
            let all = accounts::users(workspace, &who).await?;
            if as_json {
                let user = |one: &Account| {
                    json!({ "id": one.id, "email": one.email, "name": one.name, "role": one.role, "scope": one.scope,
                        "disabled": one.disabled.is_some() })
                };
                render::json(&all.iter().map(user).collect::<Vec<_>>());
                return Ok(());
            }
            for one in &all {
                let role = Role::parse(&one.role).map(Role::title).unwrap_or_default();
                let disabled = match (one.disabled.is_some(), lang) {
                    (false, _) => "",
                    (true, Lang::Zh) => "  已停用",
                    (true, Lang::En) => "  disabled",
                };
                render::text(&format!("{}  {}  {}{disabled}", one.email, one.name, role.get(lang)));
            }
        }
    }
    Ok(())
}

fn demanded_of(text: &str) -> Result<Demanded, WorkspaceError> {
    Demanded::parse(text).ok_or_else(|| {
        let known = Demanded::ALL.map(Demanded::as_str).join(", ");
        wrong_argument(
            "--second-factor".into(),
            Text::new(format!("不认识 {text}"), format!("nobody is called {text} here")),
            Text::new(format!("可选：{known}"), format!("one of {known}")),
        )
    })
}

fn role_of(text: &str) -> Result<Role, WorkspaceError> {
    Role::parse(text).ok_or_else(|| {
        let known = Role::ALL.map(Role::as_str).join(", ");
        wrong_argument(
            "--role".into(),
            Text::new(format!("没有角色 {text}"), format!("there is no role {text}")),
            Text::new(format!("可选：{known}"), format!("one of {known}")),
        )
    })
}
