//! A server of a fresh workspace, asked without a network.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode, header};
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

/// Customers of [`House::graded`].
pub const CUSTOMERS: usize = 400;

/// Orders and amount of each order of a customer: spread so that every cut divides them.
pub fn orders_and_amount(customer: usize) -> (usize, usize) {
    (1 + (customer * 7) % 9, 5 + (customer * 37) % 200)
}

fn orders_of(customers: usize) -> String {
    let mut text = String::from("customer,day,amount\n");
    for customer in 0..customers {
        let (orders, amount) = orders_and_amount(customer);
        for order in 0..orders {
            let (month, day) = (1 + (customer + order) % 6, 1 + (customer * 3 + order) % 28);
            text.push_str(&format!("C{customer:04},2024-{month:02}-{day:02},{amount}\n"));
        }
    }
    text
}

fn orders_source() -> Value {
    json!({
        "gradus": 1, "title": { "zh": "订单", "en": "Orders" }, "files": ["orders*"], "history": true,
        "mapping": {
            "identity": [{ "kind": "id", "value": "customer" }], "kind": "'order_line'", "time": "day", "amount": "amount",
        },
    })
}

/// Three indicators, a score of two attributes, four levels, two segments, a grouping.
pub fn value_model() -> Value {
    let bins = |cuts: [f64; 3]| {
        json!([
            { "below": cuts[0], "points": 10 }, { "from": cuts[0], "below": cuts[1], "points": 40 },
            { "from": cuts[1], "below": cuts[2], "points": 70 }, { "from": cuts[2], "points": 100 },
        ])
    };
    json!({
        "gradus": 1,
        "title": { "zh": "客户价值", "en": "Customer value" },
        "indicators": {
            "orders": { "title": { "zh": "订单数", "en": "Orders" }, "kind": "count" },
            "spend": { "title": { "zh": "消费", "en": "Spend" }, "kind": "sum", "of": "amount" },
            "recency": { "title": { "zh": "距今天数", "en": "Days since" }, "kind": "days_since" },
        },
        "scorecards": { "value": {
            "title": { "zh": "价值分", "en": "Value score" }, "combine": "weighted_sum",
            "attributes": {
                "spend": { "title": { "zh": "消费", "en": "Spend" }, "value": "spend", "weight": 0.6, "bins": bins([100.0, 300.0, 800.0]) },
                "orders": { "title": { "zh": "订单", "en": "Orders" }, "value": "orders", "weight": 0.4, "bins": bins([3.0, 5.0, 8.0]) },
            },
        } },
        "tiers": { "member": {
            "title": { "zh": "会员等级", "en": "Member tier" }, "by": "value",
            "levels": {
                "silver": { "title": { "zh": "银", "en": "Silver" } },
                "gold": { "title": { "zh": "金", "en": "Gold" }, "from": 40 },
                "platinum": { "title": { "zh": "铂金", "en": "Platinum" }, "from": 60 },
                "black": { "title": { "zh": "黑", "en": "Black" }, "from": 80 },
            },
        } },
        "segments": {
            "loyal": { "title": { "zh": "忠诚", "en": "Loyal" }, "base": "everyone", "where": { "value": "orders", "at_least": 5 } },
            "large": { "title": { "zh": "大客户", "en": "Large" }, "base": "loyal", "where": "spend >= 800" },
        },
        "groupings": { "rfm": {
            "title": { "zh": "RFM", "en": "RFM" }, "base": "everyone", "kind": "rfm8",
            "recency": "recency", "frequency": "orders", "monetary": "spend", "split": "median",
        } },
    })
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

    /// With more in its `gradus.yaml`, files beside it, and an administrator; their cookie.
    pub async fn with_settings(more: &str, files: &[(&str, &str)]) -> (House, String) {
        let folder = tempfile::tempdir().unwrap();
        gradus_workspace::init(folder.path(), None, "Asia/Shanghai", "CNY", None).await.unwrap();
        let settings = folder.path().join("gradus.yaml");
        let text = std::fs::read_to_string(&settings).unwrap() + more;
        std::fs::write(&settings, text).unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let workspace = Workspace::open(folder.path(), None).await.unwrap();
        let code = accounts::set_up_code(&workspace).await.unwrap().unwrap();
        let app = App::new(workspace, AppOptions::default()).await.unwrap();
        let house = House { router: router(app), folder, code };
        let cookie = house.set_up().await;
        (house, cookie)
    }

    /// With an administrator; their cookie.
    pub async fn with_administrator() -> (House, String) {
        let house = House::empty().await;
        let cookie = house.set_up().await;
        (house, cookie)
    }

    async fn set_up(&self) -> String {
        let house = self;
        let body = json!({ "code": house.code, "email": "lin@example.com", "name": "林", "password": PASSWORD, "language": "zh" });
        let made = house.ask(Method::POST, "/api/v1/setup", None, Some(body)).await;
        assert_eq!(made.status, StatusCode::OK, "{:?}", made.body);
        made.cookie()
    }

    /// With an administrator, data and a model in the folder, graded as of the last day.
    pub async fn graded() -> (House, String) {
        House::graded_by(&value_model()).await
    }

    /// The same with another model.
    pub async fn graded_by(model: &Value) -> (House, String) {
        let folder = tempfile::tempdir().unwrap();
        gradus_workspace::init(folder.path(), None, "Asia/Shanghai", "CNY", None).await.unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let settings =
            "gradus: 1\ntime_zone: Asia/Shanghai\ncurrency: CNY\nregion: CN\nclock: last_event\nbuckets: 4\n";
        write("gradus.yaml", settings);
        write("sources/orders.json", &orders_source().to_string());
        write("model/model.json", &model.to_string());
        write("data/orders.csv", &orders_of(CUSTOMERS));
        let workspace = Workspace::open(folder.path(), None).await.unwrap();
        let files = vec![folder.path().join("data/orders.csv").display().to_string()];
        let options = gradus_workspace::ImportOptions { files, ..Default::default() };
        assert!(gradus_workspace::import(&workspace, &options, &()).await.unwrap().is_whole());
        let instants =
            gradus_workspace::parse_instants("2024-05-31..2024-06-30", None, &workspace.zone).unwrap();
        let n_threads = std::num::NonZeroUsize::MIN;
        let options = gradus_workspace::GradeOptions {
            instants,
            known_at_us: None,
            store: true,
            reuse: true,
            n_threads,
        };
        gradus_workspace::grade(&workspace, &options, &()).await.unwrap();
        let code = accounts::set_up_code(&workspace).await.unwrap().unwrap();
        let house =
            House { router: router(App::new(workspace, AppOptions::default()).await.unwrap()), folder, code };
        let cookie = house.set_up().await;
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

    /// Asks as a program does.
    pub async fn ask_with_key(&self, method: Method, path: &str, key: &str, body: Option<Value>) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::AUTHORIZATION, format!("Bearer {key}"))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).unwrap()).await
    }

    /// Changes something that has an ETag.
    pub async fn with_etag(
        &self,
        method: Method,
        path: &str,
        cookie: &str,
        etag: &str,
        body: Value,
    ) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("x-gradus", "1")
            .header(header::COOKIE, cookie)
            .header(header::IF_MATCH, etag)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.send(request).await
    }

    /// Sends a file; its upload's id.
    pub async fn upload(&self, cookie: &str, name: &str, bytes: impl Into<Body>) -> Answer {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("/api/v1/uploads?name={name}"))
            .header("x-gradus", "1")
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/octet-stream")
            .body(bytes.into())
            .unwrap();
        self.send(request).await
    }

    /// Waits for a job that was just started; how it ended.
    pub async fn job(&self, cookie: &str, started: Answer) -> Value {
        assert_eq!(started.status, StatusCode::ACCEPTED, "{:?}", started.body);
        self.watched(cookie, started.body["id"].as_str().unwrap()).await
    }

    /// Waits for a job; how it ended.
    pub async fn watched(&self, cookie: &str, id: &str) -> Value {
        let path = format!("/api/v1/jobs/{id}");
        for _ in 0..1_200 {
            let job = self.ask(Method::GET, &path, Some(cookie), None).await.body;
            if !["queued", "running"].contains(&job["state"].as_str().unwrap()) {
                return job;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{path} did not end");
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
