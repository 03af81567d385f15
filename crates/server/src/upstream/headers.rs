//! Which headers of an upstream's response reach the client: a closed list. What is not on it
//! (cookies, redirects, security and CORS headers, the server's name) stays here; the content type is
//! ours to say, so that an answer is never a page.

use http::{HeaderMap, HeaderName, header};

/// Passed on as they came.
const FORWARDED: &[HeaderName] = &[header::CACHE_CONTROL, header::RETRY_AFTER];

/// Passed on where the upstream gives them: what OpenAI's clients read.
const FORWARDED_BY_NAME: &[&str] = &["openai-processing-ms", "openai-version"];

/// The headers of `upstream` that the client may see.
#[must_use]
pub fn forwarded(upstream: &HeaderMap) -> HeaderMap {
    let named = FORWARDED_BY_NAME.iter().map(|name| HeaderName::from_static(name));
    let mut out = HeaderMap::new();
    for name in FORWARDED.iter().cloned().chain(named) {
        if let Some(value) = upstream.get(&name) {
            out.insert(name, value.clone());
        }
    }
    out
}
