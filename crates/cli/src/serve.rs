//! `gradus serve`: the page and the API, until somebody says stop.

use std::net::SocketAddr;

use gradus_model::{Finding, Lang, Place, Text};
use gradus_server::{App, AppOptions, ServeError, log_to_stderr, serve as serve_app};
use gradus_workspace::{Workspace, WorkspaceError, accounts};
use serde_json::json;

use crate::render;

/// What was asked for.
pub struct ServeArguments<'a> {
    pub address: SocketAddr,
    pub public_url: Option<&'a str>,
    pub behind_proxy: bool,
    /// E-mail addresses for which a one-time link is printed.
    pub enter: &'a [String],
    /// Say where it listens in one line of JSON.
    pub as_json: bool,
}

/// Serves the workspace until interrupted. While there is no account, a one-time code for the
/// first administrator is printed here and nowhere else.
pub async fn serve(
    workspace: Workspace,
    given: ServeArguments<'_>,
    lang: Lang,
) -> Result<(), WorkspaceError> {
    let said = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    log_to_stderr(said("GRADUS_LOG").as_deref(), said("GRADUS_LOG_FORMAT").as_deref() == Some("json"));
    let code = accounts::set_up_code(&workspace).await?;
    let mut links = Vec::new();
    for email in given.enter {
        links.push((email.clone(), accounts::entry_link(&workspace, email).await?));
    }
    let as_json = given.as_json;
    let options = AppOptions {
        public_url: given.public_url.map(str::to_string),
        behind_proxy: given.behind_proxy,
        excel: crate::run::excel(),
        metrics_token: std::env::var("GRADUS_METRICS_TOKEN").ok().filter(|token| !token.is_empty()),
    };
    let url = given.public_url.map(|url| url.trim_end_matches('/').to_string());
    let app = App::new(workspace, options).await?;
    let told = move |address: SocketAddr| {
        let url = url.unwrap_or_else(|| format!("http://{address}"));
        if as_json {
            let link = |(email, code): &(String, String)| json!({ "email": email, "link": format!("{url}/enter#{code}") });
            let links: Vec<_> = links.iter().map(link).collect();
            return render::json_line(&json!({ "url": url, "setup_code": code, "links": links }));
        }
        let mut text = match lang {
            Lang::Zh => format!("正在服务：{url}    （Ctrl+C 停止）"),
            Lang::En => format!("serving at {url}    (Ctrl+C stops it)"),
        };
        if let Some(code) = code {
            text.push_str(&match lang {
                Lang::Zh => format!("\n还没有任何用户。打开 {url}/setup ，用一次性代码建立管理员：{code}"),
                Lang::En => format!("\nthere is no user yet: open {url}/setup and make the administrator with the one-time code {code}"),
            });
        }
        for (email, code) in links {
            text.push_str(&match lang {
                Lang::Zh => format!("\n一次性登录链接（{email}）：{url}/enter#{code}"),
                Lang::En => format!("\none-time link for {email}: {url}/enter#{code}"),
            });
        }
        render::text(&text);
    };
    serve_app(app, given.address, told, stopped()).await.map_err(refused)
}

/// Ctrl+C, or the signal with which services are stopped.
async fn stopped() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}

fn refused(error: ServeError) -> WorkspaceError {
    let (what, right) = match &error {
        ServeError::Listen { address, source } => (
            Text::new(
                format!("无法监听 {address}：{source}"),
                format!("cannot listen at {address}: {source}"),
            ),
            Text::new(
                "换一个端口，例如 --listen 127.0.0.1:8090",
                "another port, such as --listen 127.0.0.1:8090",
            ),
        ),
        ServeError::Plain(address) => (
            Text::new(
                format!("{address} 不是本机地址，密码和登录信息会以明文传输"),
                format!("{address} is not this machine: passwords and sessions would travel in clear"),
            ),
            Text::new(
                "在前面放一个 TLS 代理，并用 --public-url https://… --behind-proxy 说明",
                "put a TLS proxy before it, and say so: --public-url https://… --behind-proxy",
            ),
        ),
        ServeError::Stopped(source) => {
            return WorkspaceError::io("", std::io::Error::other(source.to_string()));
        }
    };
    Finding::error("serve", Place::default(), what, right).into()
}
