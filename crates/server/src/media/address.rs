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

/// The id in an address of ours.
#[must_use]
pub(crate) fn id_in<'a>(base: &str, address: &'a str) -> Option<&'a str> {
    let id = address.strip_prefix(base)?.strip_prefix("/media/")?;
    let plain = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_ours_is_known_by_its_base() {
        let base = "http://127.0.0.1:7070";
        let address = of(base, "abc2");
        assert_eq!(id_in(base, &address), Some("abc2"));
        for other in [
            "http://127.0.0.1:7070/media/",
            "http://127.0.0.1:7070/media/../admin-token",
            "http://127.0.0.1:70/media/abc2",
            "http://evil.test/?http://127.0.0.1:7070/media/abc2",
        ] {
            assert_eq!(id_in(base, other), None, "{other}");
        }
    }
}
