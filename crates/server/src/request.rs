//! Facts of the request at work: its number, and the language of the answer.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use gradus_model::Lang;
use std::net::SocketAddr;

use crate::App;

/// What answers are written by.
#[derive(Debug, Clone)]
pub struct Facts {
    pub id: String,
    pub lang: Lang,
    /// Where it came from, for throttling.
    pub address: String,
}

tokio::task_local! {
    static FACTS: Facts;
}

/// The facts of the request at work; a stand-in outside of one.
pub fn facts() -> Facts {
    FACTS.try_with(Clone::clone).unwrap_or_else(|_| Facts {
        id: String::new(),
        lang: Lang::default(),
        address: String::new(),
    })
}

/// Numbers each request, notes its language, and answers with the number.
pub async fn note(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let mut bytes = [0u8; 8];
    // Without randomness the number is zero: it only helps to find a line in the log.
    let _ = getrandom::fill(&mut bytes);
    let id: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
    let address = forwarded(&app, request.headers()).or(peer).unwrap_or_default();
    let facts = Facts { id: id.clone(), lang: language(request.headers()), address };
    request.extensions_mut().insert(facts.clone());
    let mut response = FACTS.scope(facts, next.run(request)).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert("x-request-id", value);
    }
    response
}

/// The last address that our own proxy added; whatever a client wrote before it is not believed.
fn forwarded(app: &App, headers: &HeaderMap) -> Option<String> {
    if !app.options.behind_proxy {
        return None;
    }
    let list = headers.get("x-forwarded-for")?.to_str().ok()?;
    list.rsplit(',').next().map(|address| address.trim().to_string())
}

/// Chinese unless English is asked for before it.
fn language(headers: &HeaderMap) -> Lang {
    let wanted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    for part in wanted.split(',') {
        let tag = part.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        if tag.starts_with("zh") {
            return Lang::Zh;
        }
        if tag.starts_with("en") {
            return Lang::En;
        }
    }
    Lang::Zh
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_speak_wins() {
        for (asked, lang) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("fr-FR, en-GB;q=0.7, zh;q=0.2", Lang::En),
            ("de", Lang::Zh),
            ("", Lang::Zh),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(language(&headers), lang, "{asked}");
        }
    }
}
