//! Listening, and stopping in good order.

use std::net::SocketAddr;
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{App, router};

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen at {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    /// Anybody in between would read passwords and cookies.
    #[error("{0} is not this machine: name the https address of the proxy before it as the public URL")]
    Plain(SocketAddr),
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

/// Writes log lines to standard error: what `filter` names (`info` has a line for every request), warnings and
/// errors if it is `None` or cannot be read. A line holds no query, no body, and nothing that identifies a customer.
pub fn log_to_stderr(filter: Option<&str>, as_json: bool) {
    let chosen = filter.and_then(|filter| EnvFilter::try_new(filter).ok());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(chosen.unwrap_or_else(|| EnvFilter::new("warn")))
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // Where somebody else listens already, they hear it.
    let set = match as_json {
        true => lines.json().try_init(),
        false => lines.try_init(),
    };
    drop(set);
}

static METRICS: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// The figures as Prometheus reads them; empty if nobody records them.
pub fn rendered_metrics() -> String {
    let handle = METRICS.get_or_init(|| PrometheusBuilder::new().install_recorder().ok());
    handle.as_ref().map(PrometheusHandle::render).unwrap_or_default()
}

/// Serves until `stop` is done. `listening` hears the address, with the port that was found where
/// 0 was asked for.
///
/// # Errors
/// [`ServeError::Plain`] for an address that others reach, unless TLS ends before us.
pub async fn serve(
    app: App,
    address: SocketAddr,
    listening: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    if !address.ip().is_loopback() && !app.is_secure() {
        return Err(ServeError::Plain(address));
    }
    rendered_metrics();
    let listener =
        TcpListener::bind(address).await.map_err(|source| ServeError::Listen { address, source })?;
    listening(listener.local_addr().map_err(ServeError::Stopped)?);
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await.map_err(ServeError::Stopped)
}
