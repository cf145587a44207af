//! What all routes share.

use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use gradus_model::{Finding, Place, Text};
use gradus_workspace::accounts::identity_provider;
use gradus_workspace::backtest::OpenedCache;
use gradus_workspace::base::BaseCache;
use gradus_workspace::figures::SummaryCache;
use gradus_workspace::jobs::JobRunner;
use gradus_workspace::quarantine::expire_quarantine;
use gradus_workspace::{ExcelProgram, Workspace, WorkspaceError, uploads};

use crate::openid::Openid;
use crate::rate::Rates;

/// How the server is set up.
#[derive(Debug, Clone, Default)]
pub struct AppOptions {
    /// How people reach it, such as `https://crm.example.com`. With `https` cookies are `Secure`.
    pub public_url: Option<String>,
    /// Whether forwarded addresses are believed, because a proxy of one's own stands before it.
    pub behind_proxy: bool,
    /// The token that reads metrics from elsewhere than this machine.
    pub metrics_token: Option<String>,
    /// How to start the process that reads workbooks; without it they are refused.
    pub excel: Option<ExcelProgram>,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

pub struct Shared {
    pub workspace: Arc<Workspace>,
    pub jobs: JobRunner,
    pub bases: BaseCache,
    /// How often each session and key has asked.
    pub(crate) rates: Arc<Rates>,
    pub summaries: SummaryCache,
    /// The grading behind the figure of a back-test that somebody opened last.
    pub opened: OpenedCache,
    pub options: AppOptions,
    /// Who answers from now on, if the workspace's settings were written anew.
    successor: RwLock<Option<(App, Router)>>,
    /// The company's own provider of identities, where `gradus.yaml` names one.
    pub openid: Option<Arc<Openid>>,
}

impl App {
    /// Takes the workspace over: jobs that an earlier process left are marked as cut off, and what was
    /// coming in then is removed.
    pub async fn new(workspace: Workspace, options: AppOptions) -> Result<App, WorkspaceError> {
        let openid = match identity_provider(&workspace.root, &workspace.settings)? {
            Some(provider) => Some(Arc::new(Openid::new(provider).map_err(|_| no_certificate())?)),
            None => None,
        };
        let jobs = JobRunner::new(&workspace).await?;
        uploads::tidy(&workspace)?;
        expire_quarantine(&workspace).await?;
        Ok(App(Arc::new(Shared {
            workspace: Arc::new(workspace),
            jobs,
            bases: BaseCache::default(),
            rates: Arc::default(),
            summaries: SummaryCache::default(),
            opened: OpenedCache::default(),
            options,
            successor: RwLock::default(),
            openid,
        })))
    }

    /// The same workspace has other settings now: what is asked for from now on is answered with these. What is being
    /// answered ends as it began.
    pub fn go_on_with(&self, workspace: Workspace) {
        let shared = Shared {
            workspace: Arc::new(workspace),
            jobs: self.jobs.clone(),
            bases: BaseCache::default(),
            rates: self.rates.clone(),
            summaries: SummaryCache::default(),
            opened: OpenedCache::default(),
            options: self.options.clone(),
            successor: RwLock::default(),
            // Who may sign in how stays until the server starts again; and who is away at the provider comes back.
            openid: self.openid.clone(),
        };
        let next = App(Arc::new(shared));
        let router = crate::router(next.clone());
        *self.successor.write().unwrap_or_else(PoisonError::into_inner) = Some((next, router));
    }

    /// Who answers in its place.
    pub(crate) fn successor(&self) -> Option<Router> {
        let successor = self.successor.read().unwrap_or_else(PoisonError::into_inner);
        successor.as_ref().map(|(_, router)| router.clone())
    }

    /// True if browsers reach us over TLS.
    pub fn is_secure(&self) -> bool {
        self.options.public_url.as_deref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The session's cookie: `__Host-` binds it to this host and to TLS; a browser would refuse
    /// that name on plain loopback.
    pub fn cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-gradus" } else { "gradus" }
    }

    /// The cookie of a browser that is away at the provider of identities.
    pub fn departure_cookie_name(&self) -> &'static str {
        if self.is_secure() { "__Host-gradus-away" } else { "gradus-away" }
    }
}

impl std::ops::Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

fn no_certificate() -> WorkspaceError {
    Finding::error(
        "openid-certificate-form",
        Place::document("gradus.yaml").at("sign_in.openid.root_certificate"),
        Text::new("文件里没有可用的证书", "the file holds no certificate that can be used"),
        Text::new(
            "签发提供方证书的机构的证书，PEM 格式",
            "the certificate of the authority that issued the provider's, as PEM",
        ),
    )
    .into()
}
