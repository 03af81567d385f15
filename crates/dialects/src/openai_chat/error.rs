//! Errors of the dialect, both ways.

use serde_json::{Value, json};

use crate::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};

/// The longest words of an upstream that are passed on, in characters.
const MAX_WORDS: usize = 2_000;

/// The body of an error reply: OpenAI's envelope with our code and request id.
#[must_use]
pub fn encode_error(failure: &Failure, id: RequestId) -> String {
    json!({ "error": {
        "message": failure.message,
        "type": kind(failure.class),
        "param": failure.param,
        "code": failure.class.code(),
        "request_id": id,
    }})
    .to_string()
}

/// The same as the last event of a stream. No `[DONE]` follows: it would look like success.
#[must_use]
pub fn error_event(failure: &Failure, id: RequestId) -> String {
    format!("data: {}\n\n", encode_error(failure, id))
}

/// OpenAI's coarse word for a class.
fn kind(class: FailureClass) -> &'static str {
    use FailureClass as C;
    match class {
        C::InvalidKey => "authentication_error",
        C::PermissionDenied => "permission_error",
        C::ModelNotFound | C::NotFound => "not_found_error",
        C::UpstreamQuota | C::KeyBudget => "insufficient_quota",
        C::KeyRateLimited
        | C::KeyBusy
        | C::UpstreamRateLimited
        | C::Busy
        | C::SiteRateLimited
        | C::SiteQuota => "rate_limit_error",
        C::InvalidJson
        | C::InvalidRequest
        | C::BodyTooLarge
        | C::FileTooLarge
        | C::StorageFull
        | C::FileRefused
        | C::NoImage
        | C::MethodNotAllowed
        | C::Misdirected
        | C::Duplicate
        | C::Unsupported
        | C::UpstreamRejected
        | C::ContextTooLong
        | C::ContentFiltered
        | C::Moderated => "invalid_request_error",
        _ => "server_error",
    }
}

/// What an upstream's error reply means. `status` is the number on the wire. What the upstream
/// says goes to the client only where the client can act on it.
#[must_use]
pub fn decode_error(status: u16, body: &[u8], retry_after_ms: Option<u64>) -> Failure {
    let error = error_of(body);
    let words = words(&error);
    let code = text(&error["code"]).unwrap_or_default();
    let kind = text(&error["type"]).unwrap_or_default();
    let class = match classify(status, code, kind) {
        FailureClass::UpstreamAuth if is_moderation(&error) => FailureClass::ContentFiltered,
        FailureClass::UpstreamRateLimited if is_daily(&error) => FailureClass::UpstreamQuota,
        class => class,
    };
    let message = match (class, &words) {
        (FailureClass::UpstreamAuth, _) => "the upstream refused our credential".to_owned(),
        (FailureClass::UpstreamBadResponse, _) => {
            format!("the upstream answered with status {status}")
        }
        (_, Some(words)) => words.clone(),
        (_, None) => format!("the upstream answered with status {status}"),
    };
    let mut failure = Failure::new(class, message);
    failure.retry_after_ms = retry_after_ms.or_else(|| {
        // A short wait says nothing of a quota that is reset once a day.
        retry_delay_ms(&error).filter(|_| class != FailureClass::UpstreamQuota)
    });
    failure.param = text(&error["param"]).map(str::to_owned);
    failure.with_internal(format!("status {status}: {}", words.unwrap_or_else(|| excerpt(body))))
}

/// What the data of a stream's event named `error` means. Some upstreams leave the envelope out.
pub(super) fn decode_error_event(data: &[u8]) -> Failure {
    match serde_json::from_slice::<Value>(data) {
        Ok(bare) if bare.is_object() && bare["error"].is_null() => {
            decode_error(200, json!({ "error": bare }).to_string().as_bytes(), None)
        }
        _ => decode_error(200, data, None),
    }
}

/// The envelope's inside. Google wraps it in a list.
fn error_of(body: &[u8]) -> Value {
    let mut body: Value = serde_json::from_slice(body).unwrap_or_default();
    if let Value::Array(list) = &mut body {
        body = list.first_mut().map(Value::take).unwrap_or_default();
    }
    body["error"].take()
}

/// Google's `RetryInfo`: seconds with an `s`.
fn retry_delay_ms(error: &Value) -> Option<u64> {
    let delay = details(error).find_map(|detail| detail["retryDelay"].as_str())?;
    let seconds: f64 = delay.strip_suffix('s')?.parse().ok()?;
    let wait = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    u64::try_from(wait.as_millis()).ok()
}

/// Google's `QuotaFailure` of a quota that is reset once a day.
fn is_daily(error: &Value) -> bool {
    let violations = details(error).filter_map(|detail| detail["violations"].as_array()).flatten();
    violations.filter_map(|one| one["quotaId"].as_str()).any(|id| id.contains("PerDay"))
}

/// OpenRouter's 403 for a prompt that it flagged: nothing is wrong with the credential.
fn is_moderation(error: &Value) -> bool {
    error["metadata"]["reasons"].is_array() || error["metadata"]["flagged_input"].is_string()
}

fn details(error: &Value) -> impl Iterator<Item = &Value> {
    error["details"].as_array().into_iter().flatten()
}

fn classify(status: u16, code: &str, kind: &str) -> FailureClass {
    use FailureClass as C;
    let says = |word: &str| code == word || kind == word;
    if says("context_length_exceeded") {
        return C::ContextTooLong;
    }
    if says("content_filter") || says("content_policy_violation") {
        return C::ContentFiltered;
    }
    let is_quota = ["insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"]
        .iter()
        .any(|word| says(word));
    match status {
        402 => C::UpstreamQuota,
        // A model that this account may not use, not a credential that is refused.
        403 if says("model_not_found") => C::UpstreamRejected,
        429 if is_quota => C::UpstreamQuota,
        401 | 403 => C::UpstreamAuth,
        429 => C::UpstreamRateLimited,
        408 | 409 | 425 | 500..=599 => C::UpstreamError,
        400..=499 => C::UpstreamRejected,
        // An error in a reply of status 200.
        200 if says("rate_limit_exceeded") || says("rate_limit_error") => C::UpstreamRateLimited,
        200 if is_quota => C::UpstreamQuota,
        200 => C::UpstreamError,
        _ => C::UpstreamBadResponse,
    }
}

fn words(error: &Value) -> Option<String> {
    let words = text(error).or_else(|| text(&error["message"]))?;
    Some(words.chars().take(MAX_WORDS).collect())
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// The beginning of a body that is not what it should be, for the log.
pub(super) fn excerpt(body: &[u8]) -> String {
    let body = &body[..body.len().min(200)];
    String::from_utf8_lossy(body).escape_debug().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstreams_error_has_a_class() {
        use FailureClass as C;
        let of = |code: &str| format!(r#"{{"error":{{"message":"words","code":"{code}"}}}}"#);
        for (status, code, class) in [
            (400, "x", C::UpstreamRejected),
            (400, "context_length_exceeded", C::ContextTooLong),
            (400, "content_filter", C::ContentFiltered),
            (401, "invalid_api_key", C::UpstreamAuth),
            (403, "x", C::UpstreamAuth),
            (404, "model_not_found", C::UpstreamRejected),
            (429, "rate_limit_exceeded", C::UpstreamRateLimited),
            (429, "insufficient_quota", C::UpstreamQuota),
            (500, "x", C::UpstreamError),
            (529, "x", C::UpstreamError),
            (302, "x", C::UpstreamBadResponse),
            (200, "x", C::UpstreamError),
        ] {
            assert_eq!(
                decode_error(status, of(code).as_bytes(), None).class,
                class,
                "{status} {code}"
            );
        }
    }

    #[test]
    fn googles_words_for_a_wait_and_a_daily_quota_are_understood() {
        let of = |quota: &str| {
            let body = format!(
                r#"[{{"error":{{"code":429,"message":"words","status":"RESOURCE_EXHAUSTED","details":[
                {{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{{"quotaId":"{quota}"}}]}},
                {{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.07s"}}]}}}}]"#
            );
            let failure = decode_error(429, body.as_bytes(), None);
            (failure.class, failure.retry_after_ms, failure.message)
        };
        let words = "words".to_owned();
        let minute = of("GenerateRequestsPerMinutePerProjectPerModel");
        assert_eq!(minute, (FailureClass::UpstreamRateLimited, Some(34_070), words.clone()));
        let day = of("GenerateRequestsPerDayPerProjectPerModel-FreeTier");
        assert_eq!(day, (FailureClass::UpstreamQuota, None, words));
        for delay in ["-1s", "1e400s", "soon", "s", "NaNs"] {
            let body = format!(r#"{{"error":{{"details":[{{"retryDelay":"{delay}"}}]}}}}"#);
            assert_eq!(decode_error(429, body.as_bytes(), None).retry_after_ms, None, "{delay}");
        }
    }

    #[test]
    fn a_flagged_prompt_or_a_model_that_is_not_for_us_is_no_refused_credential() {
        let flagged =
            br#"{"error":{"message":"x","metadata":{"reasons":["violence"],"flagged_input":"y"}}}"#;
        assert_eq!(decode_error(403, flagged, None).class, FailureClass::ContentFiltered);
        let model = br#"{"error":{"message":"x","code":"model_not_found"}}"#;
        assert_eq!(decode_error(403, model, None).class, FailureClass::UpstreamRejected);
    }

    #[test]
    fn only_words_that_help_reach_the_client() {
        let body = br#"{"error":{"message":"key sk-1 is bad","param":"x","code":1}}"#;
        let failure = decode_error(401, body, None);
        assert_eq!(failure.message, "the upstream refused our credential");
        assert!(failure.internal.unwrap().contains("sk-1"));
        for body in ["", "<html>secret</html>", "{", "[]", "{\"error\":null}"] {
            let failure = decode_error(503, body.as_bytes(), Some(7));
            assert_eq!(failure.message, "the upstream answered with status 503", "{body}");
            assert_eq!(failure.retry_after_ms, Some(7));
        }
        let failure = decode_error(400, br#"{"error":"plain words"}"#, None);
        assert_eq!(failure.message, "plain words");
    }

    #[test]
    fn the_envelope_is_openais_with_our_code() {
        let id = RequestId::from_uuid(uuid::Uuid::nil());
        let failure = Failure::new(FailureClass::NoNode, "no browser").with_param("model");
        let body: Value = serde_json::from_str(&encode_error(&failure, id)).unwrap();
        assert_eq!(body["error"]["code"], "no_node");
        assert_eq!(body["error"]["type"], "server_error");
        assert_eq!(body["error"]["param"], "model");
        assert_eq!(body["error"]["request_id"], id.to_string());
        assert!(error_event(&failure, id).starts_with("data: {\"error\":"));
    }
}
