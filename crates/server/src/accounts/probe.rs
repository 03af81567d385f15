//! A real small request with an account: what is wrong, and what to do, in one line.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::sent;
use crate::{
    config::{Account, Provider, Sent},
    upstream::{Egress, EgressError, Fault},
};

/// How long an answer may take, the dial included.
const PATIENCE: Duration = Duration::from_secs(20);

/// The longest answer that is read.
const MAX_BYTES: usize = 4 << 20;

/// The most of an upstream's words that are repeated.
const MAX_WORDS: usize = 200;

/// What a test of an account found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Probe {
    /// Whether the account is of use.
    pub(crate) ok: bool,
    /// What was found, in a word for programs.
    pub(crate) code: &'static str,
    /// What was found and what to do, in a line.
    pub(crate) words: String,
    /// Models that the provider lists.
    pub(crate) models: Option<usize>,
    /// How long it took.
    pub(crate) ms: u64,
}

/// What was found, before it is timed.
struct Found {
    ok: bool,
    code: &'static str,
    words: String,
    models: Option<usize>,
}

fn bad(code: &'static str, words: impl Into<String>) -> Found {
    Found { ok: false, code, words: words.into(), models: None }
}

/// An answer, read.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    fn kind(&self) -> String {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        kind.unwrap_or("nothing").split(';').next().unwrap_or_default().trim().to_owned()
    }
}

/// Asks the provider something small: its list of models, or one token of a chat.
pub(crate) async fn probe(
    egress: &Egress,
    provider: &Provider,
    account: &Account,
    model: Option<&str>,
) -> Probe {
    let begun = Instant::now();
    let found = timeout(PATIENCE, look(egress, provider, account, model)).await;
    let found = found.unwrap_or_else(|_| {
        bad("timeout", format!("{} gave no answer within 20 s: try again later", provider.base_url))
    });
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    let Found { ok, code, words, models } = found;
    Probe { ok, code, words, models, ms }
}

async fn look(
    egress: &Egress,
    provider: &Provider,
    account: &Account,
    model: Option<&str>,
) -> Found {
    let sent = match sent(provider, account, egress).await {
        Ok(sent) => sent,
        Err(failure) => {
            let words = failure.internal.unwrap_or(failure.message);
            let advice = "is the key deleted or disabled, or this machine's clock wrong?";
            return bad("no_token", format!("no access token: {words}; {advice}"));
        }
    };
    let ask = Ask { egress, provider, account, sent };
    if let Some(model) = model {
        return ask.chat(model).await;
    }
    let path = provider.probe_path.as_deref().unwrap_or("/models");
    let answer = match ask.send(Method::GET, path, None).await {
        Ok(answer) => answer,
        Err(error) => return ask.unreached(&error),
    };
    match (answer.status, provider.probe_model.as_deref()) {
        (StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED, Some(model)) => {
            ask.chat(model).await
        }
        (StatusCode::OK, _) => ask.listed(&answer),
        _ => ask.refused(&answer),
    }
}

/// What a request of the test is made of.
struct Ask<'a> {
    egress: &'a Egress,
    provider: &'a Provider,
    account: &'a Account,
    sent: Arc<Sent>,
}

impl Ask<'_> {
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<Answer, EgressError> {
        let unfit = |error: &dyn std::fmt::Display| EgressError {
            reason: error.to_string(),
            reached: false,
            fault: Fault::Address,
        };
        let base = self.provider.base_url_of(self.account);
        let mut request = Request::builder().method(method).uri(format!("{base}{path}"));
        if let Some((name, value)) = &self.sent.header {
            request = request.header(name, value);
        }
        if body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request = request.header(header::CONTENT_TYPE, json);
        }
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        let request = request.body(Full::new(body)).map_err(|error| unfit(&error))?;
        let proxy = self.provider.proxy.as_ref();
        let (head, body) = self.egress.send_by(request, proxy).await?.into_parts();
        // Half an answer still has its status.
        let body = Limited::new(body, MAX_BYTES).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        Ok(Answer { status: head.status, headers: head.headers, body })
    }

    async fn chat(&self, model: &str) -> Found {
        let body = json!({
            "model": model,
            "messages": [{ "role": "user", "content": "Hi" }],
            "max_tokens": 1,
        });
        match self.send(Method::POST, "/chat/completions", Some(body)).await {
            Err(error) => self.unreached(&error),
            Ok(answer) if answer.status != StatusCode::OK => self.refused(&answer),
            Ok(answer) => match serde_json::from_slice::<Value>(&answer.body) {
                Ok(reply) if reply["choices"].is_array() => Found {
                    ok: true,
                    code: "ok",
                    words: format!("works: {model} answers"),
                    models: None,
                },
                _ => self.no_api(&answer),
            },
        }
    }

    fn listed(&self, answer: &Answer) -> Found {
        let Ok(list) = serde_json::from_slice::<Value>(&answer.body) else {
            return self.no_api(answer);
        };
        let models = list["data"].as_array().map(Vec::len);
        let words = match (models, self.provider.probe_path.is_some()) {
            (Some(count), _) => format!("works: it lists {count} model(s)"),
            (None, true) => "works: the key is known".to_owned(),
            (None, false) => return self.no_api(answer),
        };
        Found { ok: true, code: "ok", words, models }
    }

    /// It answers, and not as an API does.
    fn no_api(&self, answer: &Answer) -> Found {
        bad(
            "not_an_api",
            format!(
                "{} answers with {} and not as an API: check base_url, which usually ends in /v1",
                self.provider.base_url_of(self.account),
                answer.kind()
            ),
        )
    }

    fn refused(&self, answer: &Answer) -> Found {
        let base = self.provider.base_url_of(self.account);
        let said = self.said(answer);
        let limit = is_out_of_funds(&answer.body);
        match answer.status.as_u16() {
            401 => bad(
                "unauthorized",
                format!("the key is refused (401){said}: is it complete, and of this provider?"),
            ),
            402 => bad("no_funds", format!("no funds (402){said}: add credit at the provider")),
            403 => bad(
                "forbidden",
                format!(
                    "the key is known and may not do this (403){said}: check its permissions, the \
                     project's enabled APIs and the region"
                ),
            ),
            404 | 405 => bad(
                "not_found",
                format!(
                    "{base} is there and not what is asked for ({}){said}: check base_url, which \
                     usually ends in /v1, and the model's name",
                    answer.status.as_u16()
                ),
            ),
            429 if limit => {
                bad("no_funds", format!("no funds (429){said}: add credit at the provider"))
            }
            429 => bad(
                "rate_limited",
                format!("the key works and is at its limit (429){said}: wait, or add an account"),
            ),
            300..=399 => {
                let to = answer.headers.get(header::LOCATION).and_then(|to| to.to_str().ok());
                let to = to.map(|to| format!(" to {to}")).unwrap_or_default();
                bad("redirect", format!("{base} redirects{to}: put the final address in base_url"))
            }
            500..=599 => bad(
                "upstream_error",
                format!("the provider has trouble ({}){said}: try later", answer.status.as_u16()),
            ),
            status => bad("refused", format!("the provider refuses ({status}){said}")),
        }
    }

    /// The upstream's own words, without our credential.
    fn said(&self, answer: &Answer) -> String {
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else { return String::new() };
        let error = if body.is_array() { &body[0]["error"] } else { &body["error"] };
        let words = error["message"].as_str().or(error.as_str()).or(body["message"].as_str());
        let Some(words) = words else { return String::new() };
        let secret = self.sent.secret.as_ref().map(|secret| secret.expose());
        let words = match secret.filter(|secret| secret.len() >= 6) {
            Some(secret) => words.replace(secret, "[redacted]"),
            None => words.to_owned(),
        };
        let words: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        format!(", \"{}\"", words.chars().take(MAX_WORDS).collect::<String>().trim())
    }

    fn unreached(&self, error: &EgressError) -> Found {
        let base = self.provider.base_url_of(self.account);
        let reason = &error.reason;
        let (code, words) = match error.fault {
            Fault::Address => ("address", format!("{base} is no address: check base_url")),
            Fault::Resolve => (
                "dns",
                format!(
                    "the name in {base} does not resolve: check its spelling and this machine's DNS"
                ),
            ),
            Fault::Forbidden => (
                "forbidden_address",
                format!("{base} leads to an address that is never dialled ({reason})"),
            ),
            Fault::Timeout => (
                "timeout",
                format!("no connection to {base} in time: a firewall, or does it take a proxy?"),
            ),
            Fault::Refused => (
                "connection_refused",
                format!("nobody listens at {base}: is the program running, and the port right?"),
            ),
            Fault::Connect => ("unreachable", format!("no way to {base}: {reason}")),
            Fault::Tls => (
                "tls",
                format!(
                    "no TLS with {base} ({reason}): http in place of https, a wrong name, or a \
                     certificate that this machine does not trust (SSL_CERT_FILE)"
                ),
            ),
            Fault::ProxyAway => {
                ("proxy_away", format!("the proxy is not there ({reason}): check `proxy`"))
            }
            Fault::ProxyCredentials => (
                "proxy_credentials",
                format!("the proxy wants other credentials ({reason}): check those in `proxy`"),
            ),
            Fault::ProxyRefused => (
                "proxy_refused",
                format!(
                    "the proxy does not go there ({reason}): allow it there, or use `no_proxy`"
                ),
            ),
            Fault::Broken => (
                "broken",
                format!("{base} ended the connection without an answer: https in place of http?"),
            ),
        };
        bad(code, words)
    }
}

/// How providers say that the money is spent.
fn is_out_of_funds(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&body[..body.len().min(8_192)]).to_ascii_lowercase();
    [
        "insufficient_quota",
        "insufficient balance",
        "insufficient_balance",
        "credit balance",
        "billing",
    ]
    .iter()
    .any(|word| text.contains(word))
}
