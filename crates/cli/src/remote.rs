//! Another `gradus serve`, over its API, with a key.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gradus_model::{Finding, Lang, Place, Text};
use gradus_workspace::WorkspaceError;
use gradus_workspace::apply::{
    ApplyOptions, Pulled, SourceChanges, SourceDocuments, draft_exists, read_folder, read_source_folder,
    same_document, write_folder, write_source_folder,
};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};

use crate::model::Applied;

/// Where the key of the API is read from.
const KEY: &str = "GRADUS_API_KEY";

/// A server and the key to it.
pub struct Remote {
    client: Client,
    url: String,
    key: String,
    lang: Lang,
}

/// An answer: its ETag and body.
struct Answer {
    etag: String,
    body: Value,
}

impl Remote {
    /// # Errors
    /// Findings: there is no key, or the key would travel in clear.
    pub fn new(url: &str, lang: Lang) -> Result<Remote, WorkspaceError> {
        let url = url.trim_end_matches('/').to_string();
        if !is_safe(&url) {
            return Err(argument(
                Text::new("密钥会以明文传输", "the key would travel in clear"),
                Text::new(
                    "https://… 的地址；http:// 仅限本机",
                    "an https:// address; http:// only for this machine",
                ),
            ));
        }
        let key = std::env::var(KEY).ok().filter(|key| !key.is_empty()).ok_or_else(|| {
            argument(
                Text::new(
                    format!("没有密钥（环境变量 {KEY}）"),
                    format!("there is no key (environment variable {KEY})"),
                ),
                Text::new("在网页「用户」里建立一把密钥", "make a key on the page, under Users"),
            )
        })?;
        let mut client = Client::builder();
        if url.starts_with("http://") {
            // A proxy would take the key from this machine to another in clear.
            client = client.no_proxy();
        }
        let client = client
            .redirect(reqwest::redirect::Policy::none())
            .timeout(std::time::Duration::from_secs(60))
            .build()
            .map_err(unreachable)?;
        Ok(Remote { client, url, key, lang })
    }

    /// Makes the model of a folder the server's draft, and its sources those of the server.
    pub async fn apply(&self, folder: &Path, options: &ApplyOptions) -> Result<Applied, WorkspaceError> {
        let document = read_folder(folder)?;
        let mut now = self.ask(Method::GET, "/model/draft", None, None).await?;
        let same = same_document(&now.body["document"], &document);
        let revision = now.body["revision"].as_i64().unwrap_or(0);
        if revision > 0 && !same && !options.replace_draft {
            return Err(draft_exists(now.body["changed_by"].as_str().unwrap_or_default()).into());
        }
        // Sources first: a draft may speak of their fields.
        let sources = self.apply_sources(&read_source_folder(folder)?).await?;
        // The first publication may say what the folder says.
        let is_first = now.body["base_version"].is_null() && options.submit.is_some();
        if same && revision <= 0 && !is_first {
            return Ok(Applied { changed: false, revision, findings: Vec::new(), sources, version: None });
        }
        if !same || revision <= 0 {
            let body = json!({ "document": document });
            now = self.ask(Method::PUT, "/model/draft", Some(&now.etag), Some(body)).await?;
        }
        let version = match &options.submit {
            Some(note) => {
                let body = json!({ "note": note });
                self.ask(Method::POST, "/model/draft/submit", Some(&now.etag), Some(body)).await?.body["version"].as_i64()
            }
            None => None,
        };
        let findings = now.body["findings"].as_array().cloned().unwrap_or_default();
        let revision = now.body["revision"].as_i64().unwrap_or(0);
        Ok(Applied { changed: !same, revision, findings, sources, version })
    }

    /// Writes a model of the server to a folder.
    pub async fn pull(&self, folder: &Path, what: Pulled, replace: bool) -> Result<PathBuf, WorkspaceError> {
        let path = match what {
            Pulled::Draft => "/model/draft".to_string(),
            Pulled::Version(number) => format!("/model/versions/{number}"),
            Pulled::InForce => "/model/in-force".to_string(),
        };
        let answer = self.ask(Method::GET, &path, None, None).await?;
        // A key that may not import sees no sources: then the model alone is pulled.
        match self.sources().await {
            Ok(there) => {
                let documents = there.into_iter().map(|(name, (document, _))| (name, document)).collect();
                write_source_folder(folder, &documents, replace)?;
            }
            Err(Refusal::Forbidden) => {}
            Err(Refusal::Other(error)) => return Err(error),
        }
        write_folder(folder, &answer.body["document"], replace)
    }

    /// The server's sources with their ETags.
    async fn sources(&self) -> Result<BTreeMap<String, (Value, String)>, Refusal> {
        let mut out = BTreeMap::new();
        let listed = self.answered(Method::GET, "/sources", None, None).await?;
        for name in listed.body.as_array().into_iter().flatten().filter_map(|one| one["name"].as_str()) {
            let path = format!("/sources/{}", encoded(name));
            let one = self.answered(Method::GET, &path, None, None).await?;
            out.insert(name.to_string(), (one.body["document"].clone(), one.etag));
        }
        Ok(out)
    }

    /// Writes the sources that are new or other ones; whoever changes one meanwhile is not overwritten.
    async fn apply_sources(&self, folder: &SourceDocuments) -> Result<SourceChanges, WorkspaceError> {
        if folder.is_empty() {
            return Ok(SourceChanges::default());
        }
        let there = match self.sources().await {
            Err(Refusal::Forbidden) => {
                return Ok(SourceChanges { may_not: true, ..SourceChanges::default() });
            }
            there => there?,
        };
        let documents = there.iter().map(|(name, (document, _))| (name.clone(), document.clone())).collect();
        let changes = SourceChanges::of(&documents, folder);
        for change in &changes.changes {
            let etag = there.get(&change.name).map(|(_, etag)| etag.as_str());
            let body = json!({ "document": folder.get(&change.name) });
            self.ask(Method::PUT, &format!("/sources/{}", encoded(&change.name)), etag, Some(body)).await?;
        }
        Ok(changes)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        etag: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, WorkspaceError> {
        let (status, answer) = self.asked(method, path, etag, body).await?;
        if status.is_success() { Ok(answer) } else { Err(refused(status, &answer.body)) }
    }

    /// As [`Remote::ask`]; what the key may not do is told apart.
    async fn answered(
        &self,
        method: Method,
        path: &str,
        etag: Option<&str>,
        body: Option<Value>,
    ) -> Result<Answer, Refusal> {
        let (status, answer) = self.asked(method, path, etag, body).await?;
        match status {
            status if status.is_success() => Ok(answer),
            StatusCode::FORBIDDEN => Err(Refusal::Forbidden),
            status => Err(Refusal::Other(refused(status, &answer.body))),
        }
    }

    async fn asked(
        &self,
        method: Method,
        path: &str,
        etag: Option<&str>,
        body: Option<Value>,
    ) -> Result<(StatusCode, Answer), WorkspaceError> {
        let language = if self.lang == Lang::Zh { "zh" } else { "en" };
        let mut request = self
            .client
            .request(method, format!("{}/api/v1{path}", self.url))
            .bearer_auth(&self.key)
            .header("accept-language", language);
        if let Some(etag) = etag {
            request = request.header("if-match", etag);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let etag =
            response.headers().get("etag").and_then(|value| value.to_str().ok()).unwrap_or("").to_string();
        let text = response.text().await.map_err(unreachable)?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        Ok((status, Answer { etag, body }))
    }
}

/// Why an answer is none.
enum Refusal {
    /// The key may not.
    Forbidden,
    Other(WorkspaceError),
}

impl From<WorkspaceError> for Refusal {
    fn from(error: WorkspaceError) -> Refusal {
        Refusal::Other(error)
    }
}

impl From<Refusal> for WorkspaceError {
    fn from(refusal: Refusal) -> WorkspaceError {
        match refusal {
            Refusal::Forbidden => refused(StatusCode::FORBIDDEN, &Value::Null),
            Refusal::Other(error) => error,
        }
    }
}

/// A name in a path: names of sources may be Chinese.
fn encoded(name: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let one = |byte: u8| if safe(byte) { (byte as char).to_string() } else { format!("%{byte:02X}") };
    name.bytes().map(one).collect()
}

/// A problem of the API as the finding that it is.
fn refused(status: StatusCode, body: &Value) -> WorkspaceError {
    let detail = body["detail"].as_str().unwrap_or("").to_string();
    let detail = if detail.is_empty() { status.to_string() } else { detail };
    let mut findings: Vec<Finding> = Vec::new();
    for one in body["errors"].as_array().into_iter().flatten() {
        let words = |name: &str| {
            let of = |lang: &str| one[name][lang].as_str().unwrap_or_default().to_string();
            Text::new(of("zh"), of("en"))
        };
        let mut place = Place::document(one["document"].as_str().unwrap_or("draft"));
        if let Some(path) = one["path"].as_str() {
            place = place.at(path);
        }
        findings.push(Finding::error("server-refused", place, words("message"), words("hint")));
    }
    if findings.is_empty() {
        let what = Text::new(format!("服务器拒绝：{detail}"), format!("the server refused: {detail}"));
        let right = Text::new("检查密钥的权限与请求内容", "look at the key's rights and at what was asked");
        findings.push(Finding::error("server-refused", Place::default(), what, right));
    }
    gradus_model::Findings(findings).into()
}

fn unreachable(error: reqwest::Error) -> WorkspaceError {
    // The address may hold a password; the kind of failure does not.
    let kind =
        if error.is_timeout() { ("超时", "timed out") } else { ("无法连接", "cannot be reached") };
    Finding::error(
        "server-unreachable",
        Place::default(),
        Text::new(format!("服务器{}", kind.0), format!("the server {}", kind.1)),
        Text::new(
            "检查 --server 的地址，以及 gradus serve 是否在运行",
            "look at the address of --server, and whether `gradus serve` runs there",
        ),
    )
    .into()
}

/// TLS, or this machine.
fn is_safe(url: &str) -> bool {
    if url.starts_with("https://") {
        return true;
    }
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or("");
    if authority.contains('@') {
        return false;
    }
    let host = match authority.strip_prefix('[') {
        Some(six) => six.split(']').next().unwrap_or(""),
        None => authority.split(':').next().unwrap_or(""),
    };
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn argument(what: Text, right: Text) -> WorkspaceError {
    Finding::error("argument", Place::document("--server"), what, right).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_a_path_is_one_part_of_it() {
        assert_eq!(encoded("orders_2024"), "orders_2024");
        assert_eq!(encoded("订单/.."), "%E8%AE%A2%E5%8D%95%2F..");
    }

    #[test]
    fn a_key_travels_encrypted_or_not_at_all() {
        for url in ["https://crm.example.com", "http://127.0.0.1:8080", "http://localhost", "http://[::1]:1"]
        {
            assert!(is_safe(url), "{url}");
        }
        for url in [
            "http://crm.example.com",
            "http://127.0.0.1.example.com",
            "http://localhost@evil.example",
            "ftp://x",
            "x",
        ] {
            assert!(!is_safe(url), "{url}");
        }
    }
}
