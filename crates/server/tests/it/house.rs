//! A server of a fresh workspace, asked without a network.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
use axum::Router;
use gradus_server::{App, AppOptions, router};
use gradus_workspace::{Workspace, accounts};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt;

pub const PASSWORD: &str = "correct horse battery";

/// A server, and the folder that it serves.
pub struct House {
    pub router: Router,
    pub folder: TempDir,
    pub code: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub body: Value,
}

impl House {
    /// A fresh workspace with nobody in it.
    pub async fn empty() -> House {
        let folder = tempfile::tempdir().unwrap();
        gradus_workspace::init(folder.path(), None, "Asia/Shanghai", "CNY", None).await.unwrap();
        let workspace = Workspace::open(folder.path(), None).await.unwrap();
        let code = accounts::set_up_code(&workspace).await.unwrap().unwrap();
        House { router: router(App::new(workspace, AppOptions::default()).await.unwrap()), folder, code }
    }

    /// With an administrator; their cookie.
    pub async fn with_administrator() -> (House, String) {
        let house = House::empty().await;
        let body = json!({ "code": house.code, "email": "lin@example.com", "name": "林", "password": PASSWORD, "language": "zh" });
        let made = house.ask(Method::POST, "/api/v1/setup", None, Some(body)).await;
        assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
        let cookie = made.cookie();
        (house, cookie)
    }

    /// A user of a role, who has set a password and signed in; their id and cookie.
    pub async fn user(&self, administrator: &str, role: &str) -> (String, String) {
        let email = format!("{role}@example.com");
        let body = json!({ "email": email, "name": role, "role": role });
        let made = self.ask(Method::POST, "/api/v1/users", Some(administrator), Some(body)).await;
        assert_eq!(made.status, StatusCode::CREATED, "{:?}", made.body);
        let set = json!({ "code": made.body["code"], "password": PASSWORD });
        let set = self.ask(Method::POST, "/api/v1/setup/password", None, Some(set)).await;
        assert_eq!(set.status, StatusCode::NO_CONTENT);
        let cookie = self.sign_in(&email).await;
        (made.body["user"]["id"].as_str().unwrap().to_string(), cookie)
    }

    pub async fn sign_in(&self, email: &str) -> String {
        let body = json!({ "email": email, "password": PASSWORD });
        let answer = self.ask(Method::POST, "/api/v1/session", None, Some(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{:?}", answer.body);
        answer.cookie()
    }

    /// Asks as our own page does.
    pub async fn ask(&self, method: Method, path: &str, cookie: Option<&str>, body: Option<Value>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("x-gradus", "1");
        request = request.header(header::ACCEPT_LANGUAGE, "en");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, cookie);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), 16 << 20).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(String::from_utf8_lossy(&bytes)));
        Answer { status, headers, body }
    }
}

impl Answer {
    /// The session's cookie as a browser would send it back.
    pub fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_string()
    }
}
