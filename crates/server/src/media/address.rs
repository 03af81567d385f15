//! The addresses of what is kept.

use http::{HeaderMap, header};

use crate::config::Config;

/// Where the gateway is for this client: `public_url`, else the name by which the client called.
#[must_use]
pub(crate) fn base(config: &Config, headers: &HeaderMap) -> String {
    if let Some(url) = &config.public_url {
        return url.clone();
    }
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    // The edge has refused names that are not ours.
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("{scheme}://{host}")
}

/// The address of a stored medium.
#[must_use]
pub(crate) fn of(base: &str, id: &str) -> String {
    format!("{base}/media/{id}")
}
