//! Requests that a web page makes. Without a key to show, "this machine" would be permission
//! enough, so a foreign page may change nothing unless its origin is declared.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use tabway_dialects::chat::{Failure, FailureClass};

use crate::{body::Body, config::Config};

/// Lets a request of our own or a declared origin pass; answers the preflight of a declared one.
///
/// # Errors
/// `permission_denied` for a request of a foreign page that is more than a look.
pub(super) fn check<B>(
    config: &Config,
    request: &Request<B>,
) -> Result<Option<Response<Body>>, Failure> {
    let headers = request.headers();
    let preflight = request.method() == Method::OPTIONS
        && headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if declared(config, headers).is_some() {
        return Ok(preflight.then(preflight_answer));
    }
    let looks = matches!(*request.method(), Method::GET | Method::HEAD);
    if !looks && is_foreign(headers) {
        return Err(Failure::new(
            FailureClass::PermissionDenied,
            "a web page of another origin may not call this gateway; add the origin to \
             `cors_origins` in the configuration",
        ));
    }
    Ok(None)
}

/// What lets a declared origin's page read the answer.
pub(super) fn cors_headers(config: &Config, headers: &HeaderMap) -> Option<HeaderMap> {
    let origin = declared(config, headers)?;
    let mut out = HeaderMap::new();
    out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    out.insert(header::VARY, HeaderValue::from_static("origin"));
    out.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "x-request-id, x-tabway-target, x-tabway-attempts, x-tabway-losses, x-tabway-emulated, \
             retry-after",
        ),
    );
    Some(out)
}

fn preflight_answer() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, DELETE"),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "authorization, content-type, x-api-key, api-key, x-goog-api-key, x-request-id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn declared<'h>(config: &Config, headers: &'h HeaderMap) -> Option<&'h HeaderValue> {
    if config.cors_origins.is_empty() {
        return None;
    }
    let origin = headers.get(header::ORIGIN)?;
    let known = config.cors_origins.iter().any(|known| known == "*" || origin == known.as_str());
    known.then_some(origin)
}

/// Programs send neither header; our own pages name ourselves.
fn is_foreign(headers: &HeaderMap) -> bool {
    const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
    if headers.get(FETCH_SITE).is_some_and(|site| site == "cross-site" || site == "same-site") {
        return true;
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let host = headers.get(header::HOST).map_or(&b""[..], HeaderValue::as_bytes);
    let bytes = origin.as_bytes();
    let of_origin = bytes.strip_prefix(b"http://").or_else(|| bytes.strip_prefix(b"https://"));
    of_origin.is_none_or(|of_origin| !of_origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags};

    fn check_with(
        cors: &str,
        method: &str,
        pairs: &[(&str, &str)],
    ) -> Result<Option<u16>, Failure> {
        let env = Environment::from_pairs([("TABWAY_CORS_ORIGINS", cors)]);
        let config = Config::load(&Flags::default(), &env).unwrap();
        let mut request = Request::builder().method(method).header("host", "localhost:7070");
        for (name, value) in pairs {
            request = request.header(*name, *value);
        }
        let answer = check(&config, &request.body(()).unwrap())?;
        Ok(answer.map(|response| response.status().as_u16()))
    }

    #[test]
    fn foreign_pages_may_only_look() {
        for pair in [
            ("origin", "https://evil.test"),
            ("origin", "null"),
            ("origin", "chrome-extension://abc"),
            ("origin", "http://localhost:7071"),
            ("sec-fetch-site", "cross-site"),
        ] {
            assert!(check_with("", "POST", &[pair]).is_err(), "{pair:?}");
            assert!(check_with("", "GET", &[pair]).is_ok(), "{pair:?}");
        }
        assert!(check_with("", "POST", &[]).is_ok());
        assert!(check_with("", "POST", &[("origin", "http://localhost:7070")]).is_ok());
        assert!(check_with("", "POST", &[("sec-fetch-site", "same-origin")]).is_ok());
    }

    #[test]
    fn a_declared_origin_passes_and_is_told_so() {
        let pairs = [("origin", "http://chat.lan"), ("access-control-request-method", "POST")];
        assert_eq!(check_with("http://chat.lan", "OPTIONS", &pairs).unwrap(), Some(204));
        assert_eq!(check_with("*", "OPTIONS", &pairs).unwrap(), Some(204));
        assert!(check_with("http://other.lan", "OPTIONS", &pairs).is_err());
        assert_eq!(check_with("http://chat.lan", "POST", &pairs).unwrap(), None);
    }
}
