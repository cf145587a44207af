//! `gradus key`: keys with which programs call the API.

use gradus_model::{Lang, Text, closest};
use gradus_workspace::access::{Permission, Principal};
use gradus_workspace::{ApiKey, Workspace, WorkspaceError, accounts, instant_of};
use serde_json::{Value, json};

use crate::arguments::KeyCommand;
use crate::render;
use crate::run::wrong_argument;

/// Lists keys, makes one, revokes one.
pub async fn run(
    workspace: &Workspace,
    command: &KeyCommand,
    lang: Lang,
    as_json: bool,
) -> Result<(), WorkspaceError> {
    let who = Principal::local();
    match command {
        KeyCommand::List => {
            let all = accounts::keys(workspace, &who).await?;
            let users = accounts::users(workspace, &who).await?;
            let of = |key: &ApiKey| {
                let user = users.iter().find(|user| user.id == key.account);
                user.map_or(key.account.clone(), |user| user.email.clone())
            };
            if as_json {
                render::json(&all.iter().map(|key| told(key, &of(key))).collect::<Vec<_>>());
                return Ok(());
            }
            for key in &all {
                render::text(&line(key, &of(key), workspace, lang));
            }
            if all.is_empty() {
                render::text(if lang == Lang::Zh { "还没有密钥" } else { "there is no key yet" });
            }
        }
        KeyCommand::Create { name, owner, scope, expires, network } => {
            let scopes = scope.iter().map(|text| right_of(text)).collect::<Result<Vec<_>, _>>()?;
            let expires_us = expires.as_deref().map(|text| instant_of(text, &workspace.zone)).transpose()?;
            let networks = network.clone();
            let new = accounts::NewKey { name: name.clone(), scopes, expires_us, networks };
            let (key, token) = accounts::create_key_for(workspace, &who, owner, new).await?;
            if as_json {
                let mut made = told(&key, owner);
                made["token"] = token.into();
                render::json(&made);
                return Ok(());
            }
            render::text(&match lang {
                Lang::Zh => format!("已新建密钥 {}（{}）。只显示这一次：\n{token}", key.id, key.name),
                Lang::En => {
                    format!("key {} ({}) was made. It is shown this once:\n{token}", key.id, key.name)
                }
            });
        }
        KeyCommand::Networks { id, network, everywhere: _ } => {
            let change = accounts::KeyChange { networks: Some(network.clone()), ..Default::default() };
            let key = accounts::update_key(workspace, &who, id, change).await?;
            if as_json {
                render::json(&json!({ "id": id, "networks": key.networks }));
                return Ok(());
            }
            let from = written_networks(&key);
            render::text(&match (lang, from.is_empty()) {
                (Lang::Zh, true) => format!("密钥 {id} 可从任何网络使用"),
                (Lang::En, true) => format!("key {id} is taken from everywhere"),
                (Lang::Zh, false) => format!("密钥 {id} 只可从 {from} 使用"),
                (Lang::En, false) => format!("key {id} is taken from {from} only"),
            });
        }
        KeyCommand::Revoke { id } => {
            accounts::revoke_key(workspace, &who, id).await?;
            if as_json {
                render::json(&json!({ "id": id, "revoked": true }));
                return Ok(());
            }
            render::text(&match lang {
                Lang::Zh => format!("密钥 {id} 已吊销"),
                Lang::En => format!("key {id} opens nothing any more"),
            });
        }
    }
    Ok(())
}

fn told(key: &ApiKey, owner: &str) -> Value {
    json!({
        "id": key.id, "name": key.name, "for": owner, "scopes": key.scopes, "networks": key.networks,
        "created_us": key.created,
        "expires_us": key.expires, "last_used_us": key.last_used, "revoked_us": key.revoked,
    })
}

fn line(key: &ApiKey, owner: &str, workspace: &Workspace, lang: Lang) -> String {
    let scopes: Vec<Permission> = serde_json::from_value(key.scopes.clone()).unwrap_or_default();
    let rights: Vec<String> = scopes.iter().map(|right| written(*right)).collect();
    let mut out = format!("{}  {}  {owner}  {}", key.id, key.name, rights.join(","));
    let say = |zh: &'static str, en: &'static str| if lang == Lang::Zh { zh } else { en };
    let from = written_networks(key);
    if !from.is_empty() {
        out.push_str(&format!("  {} {from}", say("仅限", "only from")));
    }
    let mut add = |what: &str, us: i64| {
        out.push_str(&format!("  {what} {}", gradus_workspace::local_time(us, &workspace.zone)));
    };
    if let Some(at) = key.expires {
        add(say("到期", "until"), at);
    }
    if let Some(at) = key.last_used {
        add(say("最近使用", "last used"), at);
    }
    if let Some(at) = key.revoked {
        add(say("已吊销", "revoked"), at);
    }
    out
}

/// Empty: from everywhere.
fn written_networks(key: &ApiKey) -> String {
    let networks: Vec<String> = serde_json::from_value(key.networks.clone()).unwrap_or_default();
    networks.join(",")
}

/// As it is written in a document and typed here.
fn written(right: Permission) -> String {
    serde_json::to_value(right).ok().and_then(|text| text.as_str().map(str::to_string)).unwrap_or_default()
}

fn right_of(text: &str) -> Result<Permission, WorkspaceError> {
    let all: Vec<String> = Permission::ALL.into_iter().map(written).collect();
    if let Some(at) = all.iter().position(|known| known == text.trim()) {
        return Ok(Permission::ALL[at]);
    }
    let names: Vec<&str> = all.iter().map(String::as_str).collect();
    let right = match closest(text, &names) {
        Some(near) => Text::new(format!("是否为 {near}？"), format!("did you mean {near}?")),
        None => Text::new(format!("可选：{}", all.join(", ")), format!("one of {}", all.join(", "))),
    };
    Err(wrong_argument(
        "--scope".into(),
        Text::new(format!("没有权限 {text}"), format!("there is no right {text}")),
        right,
    ))
}
