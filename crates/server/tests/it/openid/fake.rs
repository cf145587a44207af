//! A provider of ours, to say what none should.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use openidconnect::PrivateSigningKey;
use openidconnect::core::{CoreEdDsaPrivateSigningKey, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};

/// What is wrong with a token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tampered {
    Nothing,
    Nonce,
    NoNonce,
    Expired,
    FromTheFuture,
    Issuer,
    Audience,
    /// Another text than the one that was signed.
    Signature,
    /// `alg: none`.
    Unsigned,
    /// Signed with another key than the published one.
    Key,
    /// `alg: HS256`, which everybody could sign who knows what is published.
    SharedSecret,
}

#[derive(Clone)]
pub struct Fake {
    pub issuer: String,
    /// What its key is made of.
    pub seed: Arc<Mutex<u8>>,
    /// What was last sent to the token endpoint.
    pub form: Arc<Mutex<String>>,
    /// When it says that it asked who they are, seconds since 1970.
    pub auth_time: Arc<Mutex<Option<i64>>>,
    /// Somebody went where a redirect led.
    pub was_followed: Arc<Mutex<bool>>,
    token: Arc<Mutex<String>>,
}

impl Fake {
    pub async fn start() -> Fake {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Fake {
            issuer: format!("http://{}", listener.local_addr().unwrap()),
            seed: Arc::new(Mutex::new(7)),
            form: Arc::default(),
            auth_time: Arc::default(),
            was_followed: Arc::default(),
            token: Arc::default(),
        };
        let routes = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .route("/elsewhere/.well-known/openid-configuration", get(elsewhere))
            .route("/followed", get(followed))
            .route("/plain/.well-known/openid-configuration", get(plain))
            .route(
                "/large/.well-known/openid-configuration",
                get(async || Json(json!({ "x": "y".repeat(2 << 20) }))),
            )
            // It calls itself by another name.
            .route("/other/.well-known/openid-configuration", get(configuration))
            .with_state(fake.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        fake
    }

    /// The token that it gives next.
    pub fn prepare(&self, nonce: &str, tampered: Tampered) {
        let now = jiff::Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.issuer, "sub": "chen-1", "aud": "gradus", "iat": now, "exp": now + 300, "nonce": nonce,
            "email": "chen@example.com", "email_verified": true, "name": "Chen", "groups": ["sales"],
        });
        if let Some(at) = *self.auth_time.lock().unwrap() {
            claims["auth_time"] = json!(at);
        }
        match tampered {
            Tampered::Nonce => claims["nonce"] = json!("another"),
            Tampered::NoNonce => drop(claims.as_object_mut().unwrap().remove("nonce")),
            Tampered::Expired => claims["exp"] = json!(now - 1),
            Tampered::FromTheFuture => claims["iat"] = json!(now + 3600),
            Tampered::Issuer => claims["iss"] = json!("https://evil.example"),
            Tampered::Audience => claims["aud"] = json!("another"),
            _ => {}
        }
        let algorithm = match tampered {
            Tampered::Unsigned => "none",
            Tampered::SharedSecret => "HS256",
            _ => "EdDSA",
        };
        let head = base64(json!({ "alg": algorithm, "kid": "1" }).to_string().as_bytes(), true);
        let signed = format!("{head}.{}", base64(claims.to_string().as_bytes(), true));
        let seed = *self.seed.lock().unwrap() + u8::from(tampered == Tampered::Key);
        let signature = key(seed).sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).unwrap();
        let signature = if tampered == Tampered::Unsigned { Vec::new() } else { signature };
        let signed = match tampered {
            Tampered::Signature => {
                claims["sub"] = json!("somebody-else");
                format!("{head}.{}", base64(claims.to_string().as_bytes(), true))
            }
            _ => signed,
        };
        *self.token.lock().unwrap() = format!("{signed}.{}", base64(&signature, true));
    }

    fn described(&self) -> Value {
        json!({
            "issuer": self.issuer,
            "authorization_endpoint": format!("{}/authorize", self.issuer),
            "token_endpoint": format!("{}/token", self.issuer),
            "jwks_uri": format!("{}/jwks", self.issuer),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            // A provider that announces everything; we do not take everything.
            "id_token_signing_alg_values_supported": ["EdDSA", "HS256", "none"],
        })
    }
}

async fn configuration(State(fake): State<Fake>) -> Json<Value> {
    Json(fake.described())
}

async fn keys(State(fake): State<Fake>) -> Json<Value> {
    let seed = *fake.seed.lock().unwrap();
    Json(json!({ "keys": [key(seed).as_verification_key()] }))
}

async fn token(State(fake): State<Fake>, form: String) -> impl IntoResponse {
    *fake.form.lock().unwrap() = form;
    let token = fake.token.lock().unwrap().clone();
    Json(json!({ "access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": token }))
}

async fn elsewhere(State(fake): State<Fake>) -> impl IntoResponse {
    (StatusCode::FOUND, [(header::LOCATION, format!("{}/followed", fake.issuer))])
}

async fn followed(State(fake): State<Fake>) -> Json<Value> {
    *fake.was_followed.lock().unwrap() = true;
    let mut described = fake.described();
    described["issuer"] = json!(format!("{}/elsewhere", fake.issuer));
    Json(described)
}

/// Passwords and codes would go there in clear.
async fn plain(State(fake): State<Fake>) -> Json<Value> {
    let mut described = fake.described();
    described["issuer"] = json!(format!("{}/plain", fake.issuer));
    described["authorization_endpoint"] = json!("http://login.example.com/authorize");
    Json(described)
}

/// A key pair (Ed25519, PKCS #8) that a seed gives.
fn key(seed: u8) -> CoreEdDsaPrivateSigningKey {
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der: Vec<u8> = head.into_iter().chain([seed; 32]).collect();
    let kind = "PRIVATE KEY";
    let pem = format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", base64(&der, false));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(openidconnect::JsonWebKeyId::new("1".into())))
        .unwrap()
}

/// Base64; for addresses without padding and with `-_`.
fn base64(bytes: &[u8], for_addresses: bool) -> String {
    let alphabet: &[u8; 64] = match for_addresses {
        true => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        false => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    };
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let all =
            three.iter().fold(0u32, |all, byte| (all << 8) | u32::from(*byte)) << (8 * (3 - three.len()));
        for at in 0..4 {
            match (at <= three.len(), for_addresses) {
                (true, _) => text.push(char::from(alphabet[(all >> (18 - 6 * at)) as usize & 63])),
                (false, true) => {}
                (false, false) => text.push('='),
            }
        }
    }
    text
}
