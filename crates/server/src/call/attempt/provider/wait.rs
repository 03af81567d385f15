//! How long an upstream asks us to wait, in the spellings that upstreams have for it.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// A number of a reset header from here on is a moment in seconds since 1970, else a span.
const MOMENT: f64 = 1e9;
/// From here on it is one in milliseconds.
const MOMENT_MS: f64 = 1e12;

/// The kinds of allowance that have a `x-ratelimit-remaining-*` and a `x-ratelimit-reset-*`.
const KINDS: [&str; 3] = ["requests", "tokens", "input-tokens"];

/// The wait; nothing where no header makes sense.
pub(super) fn retry_after_ms(headers: &HeaderMap) -> Option<u64> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let now = now_of(headers);
    let wait = text("retry-after-ms")
        .and_then(|text| number(text).and_then(|ms| span(ms / 1_000.0)))
        .or_else(|| text("retry-after").and_then(|text| retry_after(text, now)))
        .or_else(|| of_resets(&text, now))?;
    u64::try_from(wait.as_millis()).ok()
}

/// A date is meant by the upstream's own clock, which may be wrong: the reply says what it shows.
fn now_of(headers: &HeaderMap) -> SystemTime {
    let date = headers.get(header::DATE).and_then(|date| date.to_str().ok());
    date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(SystemTime::now)
}

/// Seconds, or a date.
fn retry_after(text: &str, now: SystemTime) -> Option<Duration> {
    match number(text) {
        Some(seconds) => span(seconds),
        None => httpdate::parse_http_date(text).ok()?.duration_since(now).ok(),
    }
}

/// Of the allowances that are used up the last to be reset; where none says so, the first.
fn of_resets<'h>(text: &impl Fn(&str) -> Option<&'h str>, now: SystemTime) -> Option<Duration> {
    if let Some(wait) = text("x-ratelimit-reset").and_then(|text| reset(text, now)) {
        return Some(wait);
    }
    let mut used_up: Option<Duration> = None;
    let mut first: Option<Duration> = None;
    for (vendor, kind) in ["x", "anthropic"].into_iter().flat_map(|v| KINDS.map(|k| (v, k))) {
        let (reset_name, left_name) = match vendor {
            "x" => (format!("x-ratelimit-reset-{kind}"), format!("x-ratelimit-remaining-{kind}")),
            _ => (
                format!("anthropic-ratelimit-{kind}-reset"),
                format!("anthropic-ratelimit-{kind}-remaining"),
            ),
        };
        let Some(wait) = text(&reset_name).and_then(|text| reset(text, now)) else { continue };
        if text(&left_name) == Some("0") {
            used_up = Some(used_up.map_or(wait, |most| most.max(wait)));
        }
        first = Some(first.map_or(wait, |least| least.min(wait)));
    }
    used_up.or(first)
}

/// `6m0s`, `200ms`, seconds, a moment in seconds or milliseconds since 1970, or one in words.
fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    let since =
        |moment: Duration| (SystemTime::UNIX_EPOCH.checked_add(moment)?).duration_since(now).ok();
    match number(text) {
        Some(ms) if ms >= MOMENT_MS => since(span(ms / 1_000.0)?),
        Some(seconds) if seconds >= MOMENT => since(span(seconds)?),
        Some(seconds) => span(seconds),
        None => in_units(text).or_else(|| {
            let moment: jiff::Timestamp = text.parse().ok()?;
            since(Duration::from_millis(u64::try_from(moment.as_millisecond()).ok()?))
        }),
    }
}

/// `1h2m3.5s`, `200ms`: numbers with units, the largest unit first.
fn in_units(text: &str) -> Option<Duration> {
    let mut left = text;
    let mut seconds = 0.0;
    while !left.is_empty() {
        let digits = left.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (amount, rest) = left.split_at(digits);
        let end = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(end);
        let each = match unit {
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3_600.0,
            "d" => 86_400.0,
            _ => return None,
        };
        seconds += number(amount)? * each;
        left = rest;
    }
    (!text.is_empty()).then(|| span(seconds)).flatten()
}

/// Digits with at most a point: nothing negative, no `inf`, no exponent.
fn number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    plain.then(|| text.parse().ok()).flatten()
}

fn span(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds.min(1e15)).ok()
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            let name = HeaderName::try_from(*name).unwrap();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
        }
        retry_after_ms(&headers)
    }

    fn in_seconds(seconds: u64) -> SystemTime {
        SystemTime::now() + Duration::from_secs(seconds)
    }

    #[test]
    fn a_wait_is_seconds_or_a_date_or_nothing() {
        assert_eq!(of(&[("retry-after", "7")]), Some(7_000));
        assert_eq!(of(&[("retry-after", " 1.5 ")]), Some(1_500));
        assert_eq!(of(&[("retry-after-ms", "250"), ("retry-after", "9")]), Some(250));
        assert_eq!(of(&[("retry-after", "1000000000")]), Some(1_000_000_000_000));
        assert_eq!(of(&[("retry-after", &"9".repeat(400))]), Some(1_000_000_000_000_000_000));
        for nonsense in ["-1", "soon", "", "NaN", "inf", "1e9", "Wed, 21 Oct 1970 07:28:00 GMT"] {
            assert_eq!(of(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        let wait = of(&[("retry-after", &httpdate::fmt_http_date(in_seconds(100)))]).unwrap();
        assert!((90_000..=100_000).contains(&wait), "{wait}");
    }

    #[test]
    fn u24_a_date_is_meant_by_the_upstreams_own_clock() {
        for (date, until) in [
            ("Thu, 01 Jan 1970 00:00:05 GMT", "Thu, 01 Jan 1970 00:00:35 GMT"),
            ("Sat, 06 Feb 2106 06:28:00 GMT", "Sat, 06 Feb 2106 06:28:30 GMT"),
        ] {
            assert_eq!(of(&[("date", date), ("retry-after", until)]), Some(30_000), "{date}");
        }
        let (date, until) = ("Thu, 01 Jan 1970 00:00:35 GMT", "Thu, 01 Jan 1970 00:00:05 GMT");
        assert_eq!(of(&[("date", date), ("retry-after", until)]), None, "it is over");
    }

    #[test]
    fn resets_are_spans_or_moments() {
        let requests = |value: &str| of(&[("x-ratelimit-reset-requests", value)]);
        assert_eq!(requests("6m0s"), Some(360_000));
        assert_eq!(requests("1s"), Some(1_000));
        assert_eq!(requests("200ms"), Some(200));
        assert_eq!(requests("1h2m3.5s"), Some(3_723_500));
        assert_eq!(requests("12"), Some(12_000));
        for nonsense in ["", "s", "5x", "1s-", "-5s", "m5"] {
            assert_eq!(requests(nonsense), None, "{nonsense}");
        }
        let unix = in_seconds(50).duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let near = |wait: Option<u64>| wait.is_some_and(|ms| (40_000..=50_000).contains(&ms));
        assert!(near(of(&[("x-ratelimit-reset", &unix.as_secs().to_string())])));
        assert!(near(of(&[("x-ratelimit-reset", &unix.as_millis().to_string())])));
        let moment = jiff::Timestamp::try_from(in_seconds(50)).unwrap().to_string();
        assert!(near(of(&[("anthropic-ratelimit-tokens-reset", &moment)])));
        assert_eq!(of(&[("x-ratelimit-reset", "1000000000")]), None, "long ago");
    }

    #[test]
    fn the_allowance_that_is_used_up_counts() {
        let both = [
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0s"),
            ("x-ratelimit-remaining-tokens", "0"),
        ];
        assert_eq!(of(&both), Some(360_000));
        assert_eq!(of(&both[..2]), Some(1_000), "nobody says which: one will find out");
    }
}
