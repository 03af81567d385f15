//! `x-ratelimit-*`, as OpenAI spells them, on every answer to a key with such limits.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Response};
use tabway_dialects::{chat::Failure, ids::RequestId};

use super::error;
use crate::{
    body::Body,
    keys::{Caller, Standing},
};

/// Limit, rest and reset of one thing.
type Names = [HeaderName; 3];

static REQUESTS: Names = [
    HeaderName::from_static("x-ratelimit-limit-requests"),
    HeaderName::from_static("x-ratelimit-remaining-requests"),
    HeaderName::from_static("x-ratelimit-reset-requests"),
];

static TOKENS: Names = [
    HeaderName::from_static("x-ratelimit-limit-tokens"),
    HeaderName::from_static("x-ratelimit-remaining-tokens"),
    HeaderName::from_static("x-ratelimit-reset-tokens"),
];

/// An answer or a failure, with how the caller's limits stand now.
pub(super) fn answer(
    answered: Result<Response<Body>, Failure>,
    caller: &Caller,
    id: RequestId,
) -> Response<Body> {
    let mut response = answered.unwrap_or_else(|failure| error::response(&failure, id));
    if let Some(key) = caller.key() {
        let standings = key.standings();
        say(response.headers_mut(), &REQUESTS, standings.requests);
        say(response.headers_mut(), &TOKENS, standings.tokens);
    }
    response
}

fn say(headers: &mut HeaderMap, names: &'static Names, standing: Option<Standing>) {
    let Some(standing) = standing else { return };
    let [limit, left, reset] = names;
    headers.insert(limit, HeaderValue::from(standing.limit));
    headers.insert(left, HeaderValue::from(standing.left));
    if let Ok(text) = HeaderValue::from_str(&length(standing.resets_in)) {
        headers.insert(reset, text);
    }
}

/// A length of time as OpenAI writes it: `120ms`, `8s`, `1m5s`.
fn length(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{}ms", time.as_millis());
    }
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    match (seconds / 60, seconds % 60) {
        (0, seconds) => format!("{seconds}s"),
        (minutes, seconds) => format!("{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_openais() {
        for (ms, text) in
            [(0, "0ms"), (120, "120ms"), (1_000, "1s"), (7_001, "8s"), (65_000, "1m5s")]
        {
            assert_eq!(length(Duration::from_millis(ms)), text);
        }
    }
}
