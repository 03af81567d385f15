//! How long an upstream asks us to wait.

use std::time::SystemTime;

use http::HeaderMap;

/// `retry-after-ms`, or `retry-after` in seconds or as a date; nothing where it makes no sense.
pub(super) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(ms) = text("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(ms);
    }
    let text = text("retry-after")?;
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(seconds.saturating_mul(1_000));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let wait = date.duration_since(SystemTime::now()).ok()?;
    u64::try_from(wait.as_millis()).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_wait_is_seconds_or_a_date_or_nothing() {
        let of = |name: &'static str, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            retry_after_ms(&headers)
        };
        assert_eq!(of("retry-after", "7"), Some(7_000));
        assert_eq!(of("retry-after-ms", "250"), Some(250));
        assert_eq!(of("retry-after", "1000000000"), Some(1_000_000_000_000));
        for nonsense in ["-1", "soon", "", "Wed, 21 Oct 1970 07:28:00 GMT"] {
            assert_eq!(of("retry-after", nonsense), None, "{nonsense}");
        }
        let soon = SystemTime::now() + Duration::from_secs(100);
        let wait = of("retry-after", &httpdate::fmt_http_date(soon)).unwrap();
        assert!((90_000..=100_000).contains(&wait), "{wait}");
    }
}
