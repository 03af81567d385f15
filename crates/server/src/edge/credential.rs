//! The client's key: from one of four headers, never from the query or a cookie.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use tabway_dialects::chat::{Failure, FailureClass};

use crate::keys::Credential;

/// The longest key that is looked up.
const MAX_KEY_BYTES: usize = 512;

static CARRIERS: [HeaderName; 3] = [
    HeaderName::from_static("x-api-key"),
    HeaderName::from_static("api-key"),
    HeaderName::from_static("x-goog-api-key"),
];

/// The one credential of a request.
///
/// # Errors
/// Where two carriers hold different ones: which of them counts must not depend on our order.
pub(crate) fn credential(headers: &HeaderMap) -> Result<Credential<'_>, Failure> {
    let bearer = headers.get_all(header::AUTHORIZATION).iter().map(bearer);
    let others = CARRIERS.iter().flat_map(|name| headers.get_all(name)).map(plain);
    let mut found = Credential::Absent;
    for credential in bearer.chain(others) {
        if found != Credential::Absent && found != credential {
            return Err(Failure::new(
                FailureClass::InvalidRequest,
                "the request carries two different credentials; send one",
            ));
        }
        found = credential;
    }
    Ok(found)
}

fn bearer(value: &HeaderValue) -> Credential<'_> {
    let text = value.as_bytes();
    let is_bearer = text.len() > 7 && text[..7].eq_ignore_ascii_case(b"bearer ");
    if is_bearer { plain_bytes(text[7..].trim_ascii()) } else { Credential::Malformed }
}

fn plain(value: &HeaderValue) -> Credential<'_> {
    plain_bytes(value.as_bytes())
}

fn plain_bytes(bytes: &[u8]) -> Credential<'_> {
    let fits =
        !bytes.is_empty() && bytes.len() <= MAX_KEY_BYTES && bytes.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(bytes) {
        Ok(text) if fits => Credential::Key(text),
        _ => Credential::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            })
            .collect()
    }

    #[test]
    fn four_carriers_are_equal() {
        for (name, value) in [
            ("authorization", "Bearer tw-1"),
            ("authorization", "bearer  tw-1"),
            ("x-api-key", "tw-1"),
            ("api-key", "tw-1"),
            ("x-goog-api-key", "tw-1"),
        ] {
            assert_eq!(credential(&of(&[(name, value)])).unwrap(), Credential::Key("tw-1"));
        }
        let same = of(&[("authorization", "Bearer tw-1"), ("x-api-key", "tw-1")]);
        assert_eq!(credential(&same).unwrap(), Credential::Key("tw-1"));
    }

    #[test]
    fn two_different_ones_are_refused() {
        for pairs in [
            [("authorization", "Bearer tw-1"), ("x-api-key", "tw-2")],
            [("authorization", "Basic dXNlcg=="), ("x-api-key", "tw-2")],
            [("api-key", "tw-1"), ("api-key", "tw-2")],
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(name, HeaderValue::from_static(value));
            }
            assert!(credential(&headers).is_err(), "{pairs:?}");
        }
    }

    #[test]
    fn what_is_no_key_is_malformed() {
        let long = "x".repeat(10_000);
        for value in
            ["Bearer ", "Bearer", "Basic abc", "Bearer a b", "Bearer schl\u{fc}ssel", &long]
        {
            let headers = of(&[("authorization", value)]);
            assert_eq!(credential(&headers).unwrap(), Credential::Malformed, "{value}");
        }
        assert_eq!(credential(&HeaderMap::new()).unwrap(), Credential::Absent);
        let elsewhere = of(&[("cookie", "key=tw-1")]);
        assert_eq!(credential(&elsewhere).unwrap(), Credential::Absent);
    }
}
