//! Signing in by the company's provider of identities: OpenID Connect's authorization code flow with
//! PKCE (RFC 7636), state and nonce. What is under way is kept here, bound to the browser that began
//! it, used once, and gone after ten minutes; nothing of it survives a restart.

mod fetch;
mod pending;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::BoxFuture;
use gradus_workspace::accounts::{IdentityProvider, Person, is_private_address};
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType,
    CoreGenderClaim, CoreJsonWebKey, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreRevocableToken, CoreRevocationErrorResponse, CoreTokenIntrospectionResponse,
    CoreTokenType,
};
use openidconnect::{
    AccessToken, AdditionalClaims, AuthType, AuthorizationCode, Client, ClientId, ClientSecret, CsrfToken,
    EmptyExtraTokenFields, EndpointMaybeSet, EndpointNotSet, EndpointSet, IdTokenClaims, IdTokenFields,
    IssuerUrl, Nonce, OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, RequestTokenError, Scope,
    StandardClaims, StandardErrorResponse, StandardTokenResponse, TokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use fetch::Fetch;
use pending::{Begun, Pending};

/// What the provider said of itself is asked for anew after this long.
const KNOWN_FOR: Duration = Duration::from_secs(3600);
/// Keys that we do not know are looked for no oftener than this.
const KEYS_EVERY: Duration = Duration::from_secs(30);
/// A provider that did not answer is left alone for this long.
const LEFT_ALONE: Duration = Duration::from_secs(5);
/// How far the provider's clock may be ahead of ours.
const CLOCKS_DIFFER_S: i64 = 300;

/// All claims beside the standard ones; which of them are groups is a setting.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Claims {
    #[serde(flatten)]
    all: Map<String, Value>,
}

impl AdditionalClaims for Claims {}

type Fields = IdTokenFields<
    Claims,
    EmptyExtraTokenFields,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJwsSigningAlgorithm,
>;
type Tokens = StandardTokenResponse<Fields, CoreTokenType>;
type OpenidClient = Client<
    Claims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Why nobody was signed in. The texts are for the log: nothing secret is in them.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OpenidError {
    #[error("the provider does not answer as it should: {0}")]
    Unreachable(String),
    /// State, browser or time do not fit what was begun here.
    #[error("nothing is under way that this return belongs to")]
    Lapsed,
    /// The person said no, or the provider did.
    #[error("the provider refused: {0}")]
    Declined(String),
    /// What it sent does not hold.
    #[error("the provider's answer does not hold: {0}")]
    Invalid(String),
    /// It was to ask who they are, and let them through unasked, or does not say when it asked.
    #[error("the provider was to ask who they are, and does not say that it did")]
    NotAsked,
    #[error("too many sign-ins are under way")]
    Busy,
    #[error("the system gives no randomness")]
    NoRandomness,
}

/// What the browser brings back from the provider.
#[derive(Debug, Clone, Default)]
pub struct Return {
    pub state: String,
    pub code: Option<String>,
    /// OAuth's code of an error, such as `access_denied`.
    pub error: Option<String>,
    /// Which issuer sent the browser back (RFC 9207).
    pub issuer: Option<String>,
}

/// Where to send a browser, and what it has to show when it comes back.
pub struct Departure {
    pub url: String,
    /// For a cookie of this browser alone.
    pub browser: String,
}

struct Known {
    at: Instant,
    metadata: Result<Arc<CoreProviderMetadata>, OpenidError>,
}

/// The provider, and all sign-ins that are under way.
pub struct Openid {
    pub provider: IdentityProvider,
    fetch: Fetch,
    known: Mutex<Option<Known>>,
    pending: Pending,
}

impl Openid {
    /// # Errors
    /// [`OpenidError::Unreachable`] if no request could ever be made, such as for a certificate that is none.
    pub fn new(provider: IdentityProvider) -> Result<Openid, OpenidError> {
        let fetch = Fetch::new(&provider)?;
        Ok(Openid { provider, fetch, known: Mutex::new(None), pending: Pending::default() })
    }

    /// Begins: the browser comes back to `redirect_uri`. `browser` is what its cookie already says. `anew`: the
    /// provider asks them who they are, also if it knows them.
    pub fn begin<'a>(
        &'a self,
        redirect_uri: &'a str,
        address: &'a str,
        browser: Option<&'a str>,
        anew: bool,
    ) -> BoxFuture<'a, Result<Departure, OpenidError>> {
        Box::pin(self.departure(redirect_uri, address, browser, anew))
    }

    async fn departure(
        &self,
        redirect_uri: &str,
        address: &str,
        browser: Option<&str>,
        anew: bool,
    ) -> Result<Departure, OpenidError> {
        let metadata = self.metadata(KNOWN_FOR).await?;
        let client = self.client(&metadata, redirect_uri)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let browser = match browser.filter(|given| pending::is_browser(given)) {
            Some(given) => given.to_string(),
            None => pending::new_browser().ok_or(OpenidError::NoRandomness)?,
        };
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .set_pkce_challenge(challenge);
        for scope in self.provider.scopes.iter().filter(|scope| *scope != "openid") {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        if anew {
            // Whoever is asked for an age has to say when they asked (OpenID Connect Core, 3.1.2.1).
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(Duration::ZERO);
        }
        let (url, state, nonce) = request.url();
        let anew_us = anew.then(|| jiff::Timestamp::now().as_microsecond());
        let begun = Begun { nonce, verifier, redirect_uri: redirect_uri.to_string(), anew_us };
        if !self.pending.add(state.secret(), &browser, address, begun) {
            return Err(OpenidError::Busy);
        }
        Ok(Departure { url: url.to_string(), browser })
    }

    /// Ends: who came back, if everything holds, and whether they were to show that it is still they. Whatever the
    /// outcome, the state is used up.
    pub fn end<'a>(
        &'a self,
        given: Return,
        browser: Option<&'a str>,
    ) -> BoxFuture<'a, Result<(Person, bool), OpenidError>> {
        Box::pin(self.returned(given, browser))
    }

    async fn returned(&self, given: Return, browser: Option<&str>) -> Result<(Person, bool), OpenidError> {
        let begun = self.pending.take(&given.state, browser.unwrap_or("")).ok_or(OpenidError::Lapsed)?;
        if given.issuer.is_some_and(|issuer| issuer != self.provider.issuer) {
            return Err(OpenidError::Invalid("another issuer sent the browser back".into()));
        }
        if let Some(error) = given.error {
            return Err(OpenidError::Declined(plain(&error)));
        }
        let Some(code) = given.code else { return Err(OpenidError::Invalid("no code".into())) };
        let metadata = self.metadata(KNOWN_FOR).await?;
        let client = self.client(&metadata, &begun.redirect_uri)?;
        let tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| OpenidError::Unreachable("it names no token endpoint".into()))?
            .set_pkce_verifier(begun.verifier)
            .request_async(&self.fetch)
            .await
            .map_err(of_token)?;
        let claims = self.verified(&client, &tokens, &begun.nonce).await?;
        let authenticated_us = claims.auth_time().map(|at| at.timestamp_micros());
        // Whoever was asked for an age of nothing says when they asked, and that is not before we sent them there
        // (OpenID Connect Core, 3.1.3.7, step 13).
        if let Some(sent) = begun.anew_us
            && authenticated_us.is_none_or(|at| at < sent - CLOCKS_DIFFER_S * 1_000_000)
        {
            return Err(OpenidError::NotAsked);
        }
        let mut person =
            Person { subject: claims.subject().to_string(), authenticated_us, ..Person::default() };
        let standard = StandardClaims::new(claims.subject().clone())
            .set_email(claims.email().cloned())
            .set_email_verified(claims.email_verified())
            .set_name(claims.name().cloned())
            .set_locale(claims.locale().cloned());
        self.add(&mut person, &standard, claims.additional_claims());
        let lacks_groups = !claims.additional_claims().all.contains_key(&self.provider.groups_claim);
        if person.email.is_none() || lacks_groups {
            self.ask_more(&client, tokens.access_token().clone(), &mut person, claims.subject()).await?;
        }
        Ok((person, begun.anew_us.is_some()))
    }

    /// The claims of the ID token, if signature, issuer, audience, time and nonce hold.
    async fn verified(
        &self,
        client: &OpenidClient,
        tokens: &Tokens,
        nonce: &Nonce,
    ) -> Result<IdTokenClaims<Claims, CoreGenderClaim>, OpenidError> {
        let token = tokens.id_token().ok_or_else(|| OpenidError::Invalid("it sent no ID token".into()))?;
        let held = |client: &OpenidClient, metadata: &CoreProviderMetadata| {
            let now = jiff::Timestamp::now().as_second();
            let verifier = client
                .id_token_verifier()
                .set_allowed_algs(allowed(metadata))
                .set_issue_time_verifier_fn(move |at| match at.timestamp() <= now + CLOCKS_DIFFER_S {
                    true => Ok(()),
                    false => Err("issued in the future".to_string()),
                });
            token.claims(&verifier, nonce).cloned()
        };
        let metadata = self.metadata(KNOWN_FOR).await?;
        let first = match held(client, &metadata) {
            Ok(claims) => return Ok(claims),
            Err(error) => error,
        };
        if !matches!(first, openidconnect::ClaimsVerificationError::SignatureVerification(_)) {
            return Err(OpenidError::Invalid(first.to_string()));
        }
        // The provider may have changed its keys since we asked.
        let metadata = self.metadata(KEYS_EVERY).await?;
        let redirect_uri = client.redirect_uri().map(|url| url.to_string()).unwrap_or_default();
        held(&self.client(&metadata, &redirect_uri)?, &metadata)
            .map_err(|error| OpenidError::Invalid(error.to_string()))
    }

    /// What the ID token did not say, from the provider's user info, which has to speak of the same person.
    async fn ask_more(
        &self,
        client: &OpenidClient,
        token: AccessToken,
        person: &mut Person,
        subject: &openidconnect::SubjectIdentifier,
    ) -> Result<(), OpenidError> {
        // A provider without it has said all it will.
        let Ok(request) = client.user_info(token, Some(subject.clone())) else { return Ok(()) };
        let info: UserInfoClaims<Claims, CoreGenderClaim> =
            request.request_async(&self.fetch).await.map_err(|error| match error {
                openidconnect::UserInfoError::Request(error) => OpenidError::Unreachable(error.to_string()),
                other => OpenidError::Invalid(format!("user info: {other}")),
            })?;
        self.add(person, info.standard_claims(), info.additional_claims());
        Ok(())
    }

    /// Adds what claims say to what is known already.
    fn add(&self, person: &mut Person, standard: &StandardClaims<CoreGenderClaim>, more: &Claims) {
        if person.email.is_none() {
            person.email = standard.email().map(|email| email.to_string());
            person.email_verified = standard.email_verified();
        }
        let name = standard.name().and_then(|name| name.get(None)).map(|name| name.to_string());
        person.name = person.name.take().or(name);
        person.locale = person.locale.take().or(standard.locale().map(|locale| locale.to_string()));
        match more.all.get(&self.provider.groups_claim) {
            Some(Value::Array(names)) => {
                person.groups.extend(names.iter().filter_map(Value::as_str).map(str::to_string));
            }
            Some(Value::String(name)) => person.groups.push(name.clone()),
            _ => {}
        }
    }

    /// What the provider says of itself, no older than asked for.
    async fn metadata(&self, no_older: Duration) -> Result<Arc<CoreProviderMetadata>, OpenidError> {
        let mut known = self.known.lock().await;
        if let Some(Known { at, metadata }) = known.as_ref() {
            match metadata {
                Ok(metadata) if at.elapsed() < no_older => return Ok(metadata.clone()),
                Err(error) if at.elapsed() < LEFT_ALONE => return Err(error.clone()),
                _ => {}
            }
        }
        let metadata = self.discover().await.map(Arc::new);
        let before = known.take().and_then(|known| known.metadata.ok());
        *known = Some(Known { at: Instant::now(), metadata: metadata.clone() });
        match (metadata, before) {
            // What it said before still holds for a while; the next request asks again.
            (Err(_), Some(before)) => {
                *known = Some(Known { at: Instant::now(), metadata: Ok(before.clone()) });
                Ok(before)
            }
            (metadata, _) => metadata,
        }
    }

    async fn discover(&self) -> Result<CoreProviderMetadata, OpenidError> {
        let unreachable = |error: &dyn std::error::Error| OpenidError::Unreachable(chain(error));
        let issuer = IssuerUrl::new(self.provider.issuer.clone()).map_err(|error| unreachable(&error))?;
        let metadata = CoreProviderMetadata::discover_async(issuer, &self.fetch)
            .await
            .map_err(|error| unreachable(&error))?;
        // The browser goes there with the request, so it must not be readable either.
        if !is_private_address(metadata.authorization_endpoint().as_str()) {
            return Err(OpenidError::Unreachable("its authorization endpoint is not https".into()));
        }
        Ok(metadata)
    }

    fn client(
        &self,
        metadata: &CoreProviderMetadata,
        redirect_uri: &str,
    ) -> Result<OpenidClient, OpenidError> {
        let secret = self.provider.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.reveal().to_string()));
        let redirect = RedirectUrl::new(redirect_uri.to_string())
            .map_err(|error| OpenidError::Invalid(error.to_string()))?;
        let id = ClientId::new(self.provider.client_id.clone());
        let client = OpenidClient::from_provider_metadata(metadata.clone(), id, secret);
        let basic = metadata
            .token_endpoint_auth_methods_supported()
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let how = if basic { AuthType::BasicAuth } else { AuthType::RequestBody };
        Ok(client.set_redirect_uri(redirect).set_auth_type(how))
    }
}

/// Signatures that we accept: those that the provider announces, with a key that only it has.
fn allowed(metadata: &CoreProviderMetadata) -> Vec<CoreJwsSigningAlgorithm> {
    use CoreJwsSigningAlgorithm as Algorithm;
    let shared = |algorithm: &Algorithm| {
        matches!(
            algorithm,
            Algorithm::None | Algorithm::HmacSha256 | Algorithm::HmacSha384 | Algorithm::HmacSha512
        )
    };
    let announced = metadata.id_token_signing_alg_values_supported();
    announced.iter().filter(|algorithm| !shared(algorithm)).cloned().collect()
}

fn of_token<E: std::error::Error + 'static>(
    error: RequestTokenError<E, StandardErrorResponse<CoreErrorResponseType>>,
) -> OpenidError {
    match error {
        RequestTokenError::ServerResponse(response) => {
            OpenidError::Declined(plain(&response.error().to_string()))
        }
        RequestTokenError::Request(error) => OpenidError::Unreachable(chain(&error)),
        // The body may hold tokens.
        RequestTokenError::Parse(_, _) => OpenidError::Invalid("its tokens cannot be read".into()),
        RequestTokenError::Other(_) => OpenidError::Invalid("its answer is of another kind".into()),
    }
}

/// A code of another program, fit for one line of a log.
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_ascii_alphanumeric() || "_-.".contains(*c)).take(60).collect()
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
