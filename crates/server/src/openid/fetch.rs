//! Requests to the provider: over TLS or within this machine, in bounded time, with bounded answers,
//! and never further than the address that was asked for.

use std::time::Duration;

use futures::future::BoxFuture;
use gradus_workspace::accounts::{IdentityProvider, is_private_address};
use openidconnect::http::Response;
use openidconnect::reqwest::{self, Certificate, redirect};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};

use super::{OpenidError, chain};

/// Keys and tokens are a few kilobytes.
const MOST_BYTES: usize = 1 << 20;
const LONGEST: Duration = Duration::from_secs(10);
const LONGEST_CONNECT: Duration = Duration::from_secs(5);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error("an address that is not https")]
    Plain,
    #[error("an answer that leads elsewhere (status {0})")]
    Elsewhere(u16),
    #[error("an answer of more than a megabyte")]
    TooLarge,
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error(transparent)]
    Http(#[from] openidconnect::http::Error),
}

/// Asks the provider.
#[derive(Debug, Clone)]
pub struct Fetch(reqwest::Client);

impl Fetch {
    pub fn new(provider: &IdentityProvider) -> Result<Fetch, OpenidError> {
        let mut client = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .timeout(LONGEST)
            .connect_timeout(LONGEST_CONNECT)
            // Sign-ins are rare: a connection kept would be closed by the time that it is wanted.
            .pool_max_idle_per_host(0)
            .user_agent("gradus");
        if !provider.issuer.starts_with("https://") {
            // This very machine: no proxy stands between.
            client = client.no_proxy();
        }
        if let Some(pem) = &provider.root_certificate {
            let certificates = Certificate::from_pem_bundle(pem);
            for one in certificates.map_err(|error| OpenidError::Unreachable(chain(&error)))? {
                client = client.add_root_certificate(one);
            }
        }
        Ok(Fetch(client.build().map_err(|error| OpenidError::Unreachable(chain(&error)))?))
    }

    /// One request, whole.
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        if !is_private_address(&request.uri().to_string()) {
            return Err(FetchError::Plain);
        }
        let mut response = self.0.execute(request.try_into()?).await?;
        let status = response.status();
        if status.is_redirection() {
            return Err(FetchError::Elsewhere(status.as_u16()));
        }
        let mut answer = Response::builder().status(status);
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(answer.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = BoxFuture<'c, Result<HttpResponse, FetchError>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
