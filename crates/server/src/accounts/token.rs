//! Tokens of service accounts: had when first needed, fetched anew ahead of their end by one
//! request while the others go on with the old one.

use std::{
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use serde::Deserialize;
use tabway_dialects::chat::{Failure, FailureClass};
use tokio::time::{Instant, timeout};

use crate::{
    config::{
        Account, Auth, Credential, Fetching, Provider, Proxy, Secret, Sent, ServiceAccount, Token,
    },
    upstream::Egress,
};

/// How long the token server may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest answer that is read.
const MAX_BYTES: usize = 64 * 1024;

/// Before its end, a token is fetched anew from here on.
const AHEAD: Duration = Duration::from_secs(300);

/// After a failure, so long nobody asks again.
const REST: Duration = Duration::from_secs(5);

/// The longest life that is believed.
const MAX_LIFE: u64 = 24 * 3_600;

/// How a token is sent, and through what it is had.
type Way<'a> = (Auth, Option<&'a Arc<Proxy>>);

/// What an account sends now.
///
/// # Errors
/// Where a service account has no token and gets none.
pub(crate) async fn sent(
    provider: &Provider,
    account: &Account,
    egress: &Egress,
) -> Result<Arc<Sent>, Failure> {
    of(&account.credential, (provider.auth, provider.proxy.as_ref()), egress).await
}

async fn of(credential: &Credential, way: Way<'_>, egress: &Egress) -> Result<Arc<Sent>, Failure> {
    let service = match credential {
        Credential::Fixed(sent) => return Ok(sent.clone()),
        Credential::Service(service) => service,
    };
    if let Some(token) = service.token.load().as_ref() {
        let now = Instant::now();
        if now < token.refresh {
            return Ok(token.sent.clone());
        }
        if now < token.ends {
            ahead(service, way, egress);
            return Ok(token.sent.clone());
        }
    }
    first(service, way, egress).await
}

/// Fetches the next token while requests go on with the one at hand. Whoever comes while that is
/// under way does nothing.
fn ahead(service: &Arc<ServiceAccount>, (auth, proxy): Way<'_>, egress: &Egress) {
    let (service, proxy, egress) = (service.clone(), proxy.cloned(), egress.clone());
    tokio::spawn(async move {
        let Ok(mut fetching) = service.fetching.try_lock() else { return };
        let is_due = service.token.load().as_ref().is_none_or(|one| Instant::now() >= one.refresh);
        if !is_due || fetching.not_before.is_some_and(|at| Instant::now() < at) {
            return;
        }
        if let Err(failure) = fetch(&service, (auth, proxy.as_ref()), &egress, &mut fetching).await
        {
            tracing::warn!(
                account = service.email(),
                error = failure.internal.as_deref().unwrap_or(&failure.message),
                "a token could not be refreshed; the old one is still good"
            );
        }
    });
}

/// Waits for a token: one fetches, the others wait for the same.
async fn first(
    service: &ServiceAccount,
    way: Way<'_>,
    egress: &Egress,
) -> Result<Arc<Sent>, Failure> {
    let mut fetching = service.fetching.lock().await;
    if let Some(token) = service.token.load().as_ref().filter(|one| Instant::now() < one.ends) {
        return Ok(token.sent.clone());
    }
    if fetching.not_before.is_some_and(|at| Instant::now() < at) {
        return Err(away("a moment ago it gave no token"));
    }
    fetch(service, way, egress, &mut fetching).await
}

async fn fetch(
    service: &ServiceAccount,
    way: Way<'_>,
    egress: &Egress,
    fetching: &mut Fetching,
) -> Result<Arc<Sent>, Failure> {
    let asked = Instant::now();
    let answer = timeout(PATIENCE, ask(service, egress, way.1)).await;
    let answer = answer.unwrap_or_else(|_| Err(away("no answer within 10 s")));
    let made = answer.and_then(|answer| token(answer, way.0, asked));
    match made {
        Ok(token) => {
            fetching.not_before = None;
            let sent = token.sent.clone();
            service.token.store(Some(Arc::new(token)));
            Ok(sent)
        }
        Err(failure) => {
            fetching.not_before = Some(Instant::now() + REST);
            Err(failure)
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

async fn ask(
    service: &ServiceAccount,
    egress: &Egress,
    proxy: Option<&Arc<Proxy>>,
) -> Result<Answer, Failure> {
    const FORM: HeaderValue = HeaderValue::from_static("application/x-www-form-urlencoded");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let assertion = service.assertion(now).map_err(|error| refused(&error.to_string()))?;
    // A JWT is of letters, digits, `-`, `_` and `.`: nothing to escape.
    let form = format!(
        "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={assertion}"
    );
    let request = Request::post(service.token_uri.clone())
        .header(header::CONTENT_TYPE, FORM)
        .body(Full::new(Bytes::from(form)))
        .map_err(|error| refused(&error.to_string()))?;
    let response = egress.send_by(request, proxy).await.map_err(|error| away(&error.reason))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, MAX_BYTES).collect().await;
    let body = body.map_err(|error| away(&error.to_string()))?.to_bytes();
    if head.status != StatusCode::OK {
        let words = told(head.status, &body);
        return Err(match head.status.is_client_error() && head.status.as_u16() != 429 {
            true => refused(&words),
            false => away(&words),
        });
    }
    serde_json::from_slice(&body).map_err(|_| away("its answer holds no token"))
}

/// What the token server says, in its words where it has some.
fn told(status: StatusCode, body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        #[serde(default)]
        error: String,
        #[serde(default)]
        error_description: String,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(refusal) => {
            let words = format!("{} {}", refusal.error, refusal.error_description);
            format!("{status}: {}", words.chars().take(200).collect::<String>().trim())
        }
        Err(_) => status.to_string(),
    }
}

fn token(answer: Answer, auth: Auth, asked: Instant) -> Result<Token, Failure> {
    let secret = Secret::new(answer.access_token);
    let header = auth.header(Some(&secret)).map_err(|_| away("its token is none"))?;
    let life = Duration::from_secs(answer.expires_in.unwrap_or(3_600).clamp(1, MAX_LIFE));
    // A short life is halved: fetched ahead all the same, and not with every request.
    let ahead = AHEAD.min(life / 2);
    Ok(Token {
        sent: Arc::new(Sent { header, secret: Some(secret) }),
        ends: asked + life,
        refresh: asked + life - ahead,
    })
}

/// The token server refuses the account. What it said is for the log and for a test of the account.
fn refused(words: &str) -> Failure {
    without(FailureClass::UpstreamAuth, words)
}

/// The token server is not well; the account may be.
fn away(words: &str) -> Failure {
    without(FailureClass::UpstreamUnreachable, words)
}

fn without(class: FailureClass, words: &str) -> Failure {
    Failure::new(class, "the provider's account gets no access token")
        .with_internal(format!("the token server: {words}"))
}

#[cfg(test)]
mod tests;
