//! `gradus user`: who may sign in to the page, and a link for whoever sits at the machine.

use gradus_model::{Lang, Text};
use gradus_workspace::access::{DataScope, Principal, Role};
use gradus_workspace::accounts::{Demanded, DemandsChange, UserChange};
use gradus_workspace::{Account, Workspace, WorkspaceError, accounts, versions};
use serde_json::{Value, json};

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
        UserCommand::Demand { second_factor, presence_minutes, four_eyes } => {
            let second_factor = second_factor.as_deref().map(demanded_of).transpose()?;
            let change = DemandsChange { second_factor, presence_minutes: *presence_minutes };
            let now = accounts::set_demands(workspace, &who, change).await?;
            if let Some(wanted) = four_eyes {
                versions::set_four_eyes(workspace, &who, wanted == "on").await?;
            }
            let four_eyes = versions::four_eyes(workspace).await?;
            let (whom, minutes) = (now.second_factor, now.presence_minutes);
            if as_json {
                render::json(&json!({ "second_factor": whom.as_str(), "presence_minutes": minutes,
                    "four_eyes": four_eyes }));
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
            render::text(match (four_eyes, lang) {
                (true, Lang::Zh) => "版本和人工调整须由另一人审批",
                (true, Lang::En) => "another person approves versions and overrides",
                (false, Lang::Zh) => "版本和人工调整不需要另一人审批",
                (false, Lang::En) => "one person is enough to approve versions and overrides",
            });
        }
        UserCommand::List => {
            let all = accounts::users(workspace, &who).await?;
            if as_json {
                render::json(&all.iter().map(told).collect::<Vec<_>>());
                return Ok(());
            }
            for one in &all {
                render::text(&line(one, lang));
            }
            if all.is_empty() {
                render::text(if lang == Lang::Zh { "还没有用户" } else { "there is no user yet" });
            }
        }
        UserCommand::Disable { user } => {
            let change = UserChange { disabled: Some(true), ..UserChange::default() };
            changed(workspace, &who, user, change, lang, as_json).await?;
        }
        UserCommand::Enable { user } => {
            let change = UserChange { disabled: Some(false), ..UserChange::default() };
            changed(workspace, &who, user, change, lang, as_json).await?;
        }
        UserCommand::Role { user, role, segment, own, everyone } => {
            let scope = match (segment, own, everyone) {
                (Some(segment), _, _) => Some(DataScope::Segment { segment: segment.clone() }),
                (None, true, _) => Some(DataScope::Own),
                (None, false, true) => Some(DataScope::Everyone),
                (None, false, false) => None,
            };
            let change = UserChange { role: Some(role_of(role)?), scope, ..UserChange::default() };
            changed(workspace, &who, user, change, lang, as_json).await?;
        }
        UserCommand::Change { user, name, language, forget_second_factor, sign_out } => {
            let change = UserChange {
                name: name.clone(),
                language: language.clone(),
                forget_second_factor: *forget_second_factor,
                end_sessions: *sign_out,
                ..UserChange::default()
            };
            changed(workspace, &who, user, change, lang, as_json).await?;
        }
        UserCommand::PasswordReset { user } => {
            let account = accounts::find_user(workspace, &who, user).await?;
            let code = accounts::reset_password(workspace, &who, &account.id).await?;
            if as_json {
                render::json(&json!({ "id": account.id, "email": account.email, "code": code }));
                return Ok(());
            }
            render::text(&match lang {
                Lang::Zh => format!(
                    "{} 可在一天内于网页的“设置密码”处用这个一次性代码设置新密码：{code}",
                    account.email
                ),
                Lang::En => format!(
                    "within a day this one-time code sets a new password for {}, at “Set a password” on the page: {code}",
                    account.email
                ),
            });
        }
    }
    Ok(())
}

/// Changes a user and shows how they stand now.
async fn changed(
    workspace: &Workspace,
    who: &Principal,
    user: &str,
    change: UserChange,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let id = accounts::find_user(workspace, who, user).await?.id;
    let account = accounts::update_user(workspace, who, &id, change).await?;
    match as_json {
        true => render::json(&told(&account)),
        false => render::text(&line(&account, lang)),
    }
    Ok(())
}

fn told(one: &Account) -> Value {
    json!({ "id": one.id, "email": one.email, "name": one.name, "role": one.role, "scope": one.scope,
        "language": one.language, "disabled": one.disabled.is_some(), "second_factor": one.sealed_totp.is_some() })
}

/// One a line: address, name, role, whom they see if not everybody, and whether they may not sign in.
fn line(one: &Account, lang: Lang) -> String {
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let role = Role::parse(&one.role).map(Role::title).unwrap_or_default();
    let sees = match serde_json::from_value(one.scope.clone()) {
        Ok(DataScope::Everyone) | Err(_) => String::new(),
        Ok(DataScope::Own) => say("  只看本人负责的客户", "  own customers only").to_string(),
        Ok(DataScope::Segment { segment }) => match lang {
            Lang::Zh => format!("  只看分群 {segment}"),
            Lang::En => format!("  segment {segment} only"),
        },
    };
    let disabled = if one.disabled.is_some() { say("  已停用", "  disabled") } else { "" };
    format!("{}  {}  {}{sees}{disabled}", one.email, one.name, role.get(lang))
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
