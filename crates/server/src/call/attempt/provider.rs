//! An attempt at a provider that speaks the client's dialect: the original bytes with a closed
//! list of edits, and a tap beside the answer.

mod gather;
mod wait;

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use tabway_dialects::{
    chat::{Failure, FailureClass, Usage},
    openai_chat::{Step, Tap, decode_error, estimate_output, inspect},
    patch,
};
use tokio::time::{Instant, timeout_at};

use super::{Answer, policy::total_timeout, redact::redact};
use crate::{
    accounts,
    call::admit::Call,
    config::{Account, Provider, Secret, Sent},
    upstream,
};

/// To the first byte, and between two pieces, where the model does not say.
pub(in crate::call) const USUAL_PATIENCE: Duration = Duration::from_secs(120);

/// The longest error body that is read, and for how long.
const MAX_ERROR_BYTES: usize = 64 * 1024;
const ERROR_PATIENCE: Duration = Duration::from_secs(10);

/// A whole reply.
pub(in crate::call) struct Whole {
    pub(in crate::call) headers: HeaderMap,
    pub(in crate::call) body: Bytes,
    pub(in crate::call) usage: Usage,
}

/// A stream that has begun.
pub(in crate::call) struct Passing {
    pub(in crate::call) headers: HeaderMap,
    /// What the first piece became.
    pub(in crate::call) first: Bytes,
    pub(in crate::call) rest: Incoming,
    pub(in crate::call) tap: Tap,
    /// The credential, to be taken out of a later failure's words.
    pub(in crate::call) secret: Option<Secret>,
}

pub(super) async fn attempt(
    call: &Call,
    provider: &Arc<Provider>,
    account: usize,
    model: &str,
) -> Result<Answer, Failure> {
    let account = provider
        .accounts
        .get(account)
        .ok_or_else(|| Failure::new(FailureClass::Internal, "the provider has no such account"))?;
    let sent = accounts::sent(provider, account, &call.worker.egress).await?;
    let tried = ask(call, (provider, account), &sent, model).await;
    tried.map_err(|failure| redact(failure, sent.secret.as_ref()))
}

/// A failure of a stream that has begun, without our credential.
pub(in crate::call) fn clean(failure: Failure, secret: Option<&Secret>) -> Failure {
    redact(failure, secret)
}

/// The connection ended in the middle of an answer.
pub(in crate::call) fn broke_off(words: &str) -> Failure {
    Failure::new(FailureClass::UpstreamError, "the upstream's answer broke off")
        .with_internal(words.to_owned())
}

async fn ask(
    call: &Call,
    (provider, account): (&Provider, &Account),
    sent: &Sent,
    model: &str,
) -> Result<Answer, Failure> {
    let request = request(call, provider.chat_url_of(account), sent, model)?;
    let patience = call.model.deadlines.first_byte.unwrap_or(USUAL_PATIENCE);
    let first_byte = Instant::now() + patience;
    let total = Instant::from_std(call.deadline);
    let late =
        |_| if total <= first_byte { total_timeout(&call.model) } else { too_late(patience) };
    let head = timeout_at(
        first_byte.min(total),
        call.worker.egress.send_by(request, provider.proxy.as_ref()),
    );
    let head = head.await.map_err(late)??;
    if head.status() != StatusCode::OK {
        return Err(refusal(head).await);
    }
    readable(head.headers())?;
    if call.peek.stream {
        let stream = timeout_at(first_byte.min(total), stream(call, head, sent.secret.as_ref()));
        stream.await.map_err(late)?.map(Answer::Passing)
    } else {
        let whole = timeout_at(total, whole(call, head));
        whole.await.map_err(|_| total_timeout(&call.model))?.map(Answer::Whole)
    }
}

fn request(
    call: &Call,
    url: Uri,
    sent: &Sent,
    model: &str,
) -> Result<Request<Full<Bytes>>, Failure> {
    const USER_AGENT: HeaderValue =
        HeaderValue::from_static(concat!("tabway/", env!("CARGO_PKG_VERSION")));
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");
    let unfit = |error: &dyn std::fmt::Display| {
        Failure::new(FailureClass::Internal, "the provider's settings make no request")
            .with_internal(error.to_string())
    };
    let mut request = Request::post(url)
        .header(header::CONTENT_TYPE, JSON)
        .header(header::ACCEPT, if call.peek.stream { EVENTS } else { JSON })
        .header(header::USER_AGENT, USER_AGENT);
    if let Some((name, value)) = &sent.header {
        request = request.header(name, value);
    }
    let body = patch::edit(&call.body, &call.peek, model, true);
    request.body(Full::new(body)).map_err(|error| unfit(&error))
}

/// Waits for the first piece: before it another target may still take over.
async fn stream(
    call: &Call,
    head: Response<Incoming>,
    secret: Option<&Secret>,
) -> Result<Passing, Failure> {
    let (head, mut rest) = head.into_parts();
    let kind = head.headers.get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes);
    if !kind.starts_with(b"text/event-stream") {
        return Err(not_a_stream(&head.headers, rest).await);
    }
    let mut tap = Tap::new(!call.peek.include_usage, call.peek.choices);
    let first = loop {
        let piece = rest
            .frame()
            .await
            .ok_or_else(|| broke_off("the stream ended before it began"))?
            .map_err(|error| broke_off(&error.to_string()))?;
        let Ok(piece) = piece.into_data() else { continue };
        match tap.push(piece) {
            // Not a whole line yet.
            Step::Forward(bytes) if bytes.is_empty() => {}
            Step::Forward(bytes) => break bytes,
            Step::Held => break Bytes::new(),
            Step::Failed { failure, .. } => return Err(failure),
        }
    };
    let headers = upstream::forwarded(&head.headers);
    Ok(Passing { headers, first, rest, tap, secret: secret.cloned() })
}

async fn whole(call: &Call, head: Response<Incoming>) -> Result<Whole, Failure> {
    let most = call.worker.app.config().limits.max_answer_bytes;
    let idle = call.model.deadlines.idle.unwrap_or(USUAL_PATIENCE);
    let (head, body) = head.into_parts();
    let body = gather::gather(body, most, idle).await?;
    let usage = inspect(&body)?.unwrap_or_else(|| call.record.estimate(estimate_output(&body)));
    Ok(Whole { headers: upstream::forwarded(&head.headers), body, usage })
}

/// Nobody asked for a compressed answer, and none is unpacked here.
fn readable(headers: &HeaderMap) -> Result<(), Failure> {
    match headers.get(header::CONTENT_ENCODING) {
        Some(coding) if coding != "identity" => {
            let words = "the upstream answered in an encoding that nobody asked for";
            let failure = Failure::new(FailureClass::UpstreamBadResponse, words);
            Err(failure.with_internal(format!("content-encoding {coding:?}")))
        }
        _ => Ok(()),
    }
}

/// A reply of another status than 200.
async fn refusal(head: Response<Incoming>) -> Failure {
    let (head, body) = head.into_parts();
    let wait = wait::retry_after_ms(&head.headers);
    // Without a body the status says enough.
    let body = gather::gather(body, MAX_ERROR_BYTES, ERROR_PATIENCE).await.unwrap_or_default();
    decode_error(head.status.as_u16(), &body, wait)
}

/// Status 200 but no event stream: an error in another form, or something else altogether.
async fn not_a_stream(headers: &HeaderMap, body: Incoming) -> Failure {
    let body = gather::gather(body, MAX_ERROR_BYTES, ERROR_PATIENCE).await.unwrap_or_default();
    let looked = inspect(&body).err();
    match looked {
        Some(failure) if failure.class != FailureClass::UpstreamBadResponse => failure,
        looked => {
            let kind = headers.get(header::CONTENT_TYPE).map(|kind| format!("{kind:?}"));
            let (kind, said) = (kind.unwrap_or_default(), looked.and_then(|one| one.internal));
            let words = "the upstream did not answer with a stream";
            Failure::new(FailureClass::UpstreamBadResponse, words)
                .with_internal(format!("content-type {kind}: {}", said.unwrap_or_default()))
        }
    }
}

fn too_late(patience: Duration) -> Failure {
    let words = format!("no first token within {} s", patience.as_secs_f32());
    Failure::new(FailureClass::FirstTokenTimeout, words)
}
