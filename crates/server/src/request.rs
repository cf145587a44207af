//! Facts of the request at work: its number, its trace, the language of the answer; and the line that is
//! logged of it. A trace goes on from whoever asks (W3C `traceparent`) into the log and back with the answer.

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use gradus_model::Lang;
use std::net::SocketAddr;
use tracing::Instrument;

use crate::App;

const TRACEPARENT: &str = "traceparent";

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

/// A number of so many bytes, in hexadecimal.
fn number<const N: usize>() -> String {
    let mut bytes = [0u8; N];
    // Without randomness it is zero: it only helps to find a line in the log.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a request belongs to, across all programs that take part in it.
#[derive(Debug, Clone, PartialEq)]
struct Trace {
    id: String,
    /// The step of whoever asks, of which this request is a part.
    parent: Option<String>,
    /// Whether it is recorded, as whoever asks says.
    flags: String,
}

impl Trace {
    /// That of `traceparent`, a new one where there is none, or one that cannot be read.
    fn of(headers: &HeaderMap) -> Trace {
        let given = headers.get(TRACEPARENT).and_then(|value| value.to_str().ok());
        given.and_then(Trace::read).unwrap_or_else(|| Trace {
            id: number::<16>(),
            parent: None,
            flags: "01".into(),
        })
    }

    /// `00-` trace `-` step `-` flags. A later version may say more behind.
    fn read(text: &str) -> Option<Trace> {
        let is_hex = |part: &str| part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let is_some = |part: &str| part.bytes().any(|byte| byte != b'0');
        let parts: Vec<&str> = text.split('-').collect();
        let [version, id, parent, flags, more @ ..] = &parts[..] else { return None };
        let lengths = [version, id, parent, flags].map(|part| part.len()) == [2, 32, 16, 2];
        let fine = lengths
            && [version, id, parent, flags].iter().all(|part| is_hex(part))
            && *version != "ff"
            && (*version != "00" || more.is_empty())
            && is_some(id)
            && is_some(parent);
        fine.then(|| Trace { id: id.to_string(), parent: Some(parent.to_string()), flags: flags.to_string() })
    }
}

/// Numbers each request, notes its language, and answers with the number and the trace. One line is logged
/// of it: no query, no body, so nothing that identifies a customer.
pub async fn note(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let (id, trace) = (number::<8>(), Trace::of(request.headers()));
    let (method, path) = (request.method().clone(), request.uri().path().to_string());
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_string());
    let route = route.unwrap_or_else(|| "none".into());
    // What is logged while it is worked at, and by jobs that it starts, names both.
    let span =
        tracing::error_span!("http", request = %id, trace = %trace.id, parent = trace.parent.as_deref());
    let began = std::time::Instant::now();
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_string());
    let address = forwarded(&app, request.headers()).or(peer).unwrap_or_default();
    let facts = Facts { id: id.clone(), lang: language(request.headers()), address };
    request.extensions_mut().insert(facts.clone());
    let mut response = FACTS.scope(facts, next.run(request)).instrument(span.clone()).await;
    let (status, took) = (response.status().as_u16(), began.elapsed());
    span.in_scope(|| tracing::info!(%method, route, path, status, ms = took.as_millis() as u64, "request"));
    let labels = [("method", method.to_string()), ("route", route)];
    metrics::histogram!("http_request_duration_seconds", &labels).record(took.as_secs_f64());
    let [method, route] = labels;
    metrics::counter!("http_requests_total", &[method, route, ("status", status.to_string())]).increment(1);
    let step = format!("00-{}-{id}-{}", trace.id, trace.flags);
    if let Ok(value) = HeaderValue::from_str(&step) {
        response.headers_mut().insert(TRACEPARENT, value);
    }
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
    fn a_trace_goes_on_if_it_can_be_read_and_begins_anew_if_not() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(TRACEPARENT, HeaderValue::from_static(text));
            Trace::of(&headers)
        };
        let went_on = of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00");
        assert_eq!(
            (went_on.id.as_str(), went_on.parent.as_deref(), went_on.flags.as_str()),
            ("4bf92f3577b34da6a3ce929d0e0e4736", Some("00f067aa0ba902b7"), "00")
        );
        let later = of("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-came-later");
        assert_eq!(later.id, went_on.id);
        for wrong in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        ] {
            let begun = of(wrong);
            assert!(begun.parent.is_none() && begun.id.len() == 32 && begun.id != went_on.id, "{wrong}");
        }
    }

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
