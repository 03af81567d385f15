//! `POST /v1/chat/completions`.

use std::{sync::Arc, time::Instant};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderValue, Request, Response, header, request::Parts};
use http_body_util::BodyExt;
use hyper::body::{Body as _, Incoming};
use schemars::json_schema;
use tabway_dialects::chat::{Failure, FailureClass};

use super::limits;
use crate::{
    body::Body,
    call::{self, Answered, Order, Reply},
    config::MediaForm,
    edge::{Context, client_request_id, credential},
    keys::Caller,
    media::{Delivery, address},
    routes::{About, Operation},
    runtime::Worker,
};

/// What the table of routes says of it. Bodies are read by the dialect, not by a type of this crate.
pub(crate) const ABOUT: About = About::new("Answer a chat", |_| {
    Operation::of_body(json_schema!({
        "type": "object",
        "required": ["model", "messages"],
        "properties": {
            "model": { "type": "string" },
            "messages": { "type": "array", "minItems": 1, "items": { "type": "object" } },
            "stream": { "type": "boolean" },
        },
        "description": "As OpenAI has it; other fields go to providers as they are written.",
    }))
});

/// Answers a chat request, streamed or whole.
pub(crate) async fn chat_completions(
    worker: Arc<Worker>,
    context: Context,
    request: Request<Incoming>,
) -> Result<Response<Body>, Failure> {
    let started = Instant::now();
    let (head, body) = request.into_parts();
    let caller = worker.app.keys.identify(&credential(&head.headers)?)?;
    let answered = answered_for(worker, &context, (&head, body), caller.clone(), started).await;
    Ok(limits::answer(answered, &caller, context.id))
}

/// The same for a caller that is known.
async fn answered_for(
    worker: Arc<Worker>,
    context: &Context,
    (head, body): (&Parts, Incoming),
    caller: Caller,
    started: Instant,
) -> Result<Response<Body>, Failure> {
    let client_id =
        client_request_id(&head.headers).and_then(|id| id.to_str().map(str::to_owned).ok());
    let body = read(&worker, &head.headers, body).await?;
    let (media, base) = delivery(&worker, &head.headers);
    let idempotency_key = idempotency_key(&head.headers)?;
    let order = Order {
        idempotency_key,
        id: context.id,
        client_id,
        caller,
        body,
        media,
        base,
        surface: "openai_chat",
        started,
    };
    call::run(worker, order).await.map(response)
}

/// The name under which the client wants the request done once.
fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(key) = headers.get("idempotency-key") else { return Ok(None) };
    let words = "idempotency-key: plain characters, at least one";
    let unfit = || Failure::new(FailureClass::InvalidRequest, words);
    let key = key.to_str().ok().filter(|key| !key.trim().is_empty()).ok_or_else(unfit)?;
    Ok(Some(key.to_owned()))
}

/// How the answer's media are given, as the configuration says, and below which address.
fn delivery(worker: &Worker, headers: &HeaderMap) -> (Delivery, String) {
    let config = worker.app.config();
    let media = match config.media.form {
        MediaForm::Base64 => Delivery::Inline,
        MediaForm::Url => Delivery::Kept,
    };
    (media, address::base(&config, headers))
}

/// Reads the body within its size and time. The declared length is believed only as far as it
/// refuses early.
pub(super) async fn read(
    worker: &Worker,
    headers: &HeaderMap,
    body: Incoming,
) -> Result<Bytes, Failure> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        return Err(Failure::new(
            FailureClass::InvalidRequest,
            "content-encoding: send the body without compression",
        ));
    }
    let (most, patience) = {
        let config = worker.app.config();
        (config.limits.max_body_bytes, config.limits.body_timeout)
    };
    if body.size_hint().lower() > most as u64 {
        return Err(too_large(most));
    }
    tokio::time::timeout(patience, gather(body, most)).await.unwrap_or_else(|_| {
        let words = format!("the body did not come within {} s", patience.as_secs_f32());
        Err(Failure::new(FailureClass::InvalidRequest, words))
    })
}

async fn gather(mut body: Incoming, most: usize) -> Result<Bytes, Failure> {
    // Most bodies come in one piece, which is then not copied.
    let Some(first) = piece(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > most {
        return Err(too_large(most));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let expected = usize::try_from(body.size_hint().lower()).unwrap_or(most).min(most);
    let mut all = BytesMut::with_capacity(first.len() + expected);
    all.extend_from_slice(&first);
    while let Some(piece) = piece(&mut body).await? {
        if all.len() + piece.len() > most {
            return Err(too_large(most));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

async fn piece(body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| {
            Failure::new(FailureClass::InvalidRequest, "the body broke off in the middle")
        })?;
        if let Ok(data) = frame.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

fn too_large(most: usize) -> Failure {
    Failure::new(FailureClass::BodyTooLarge, format!("the body is larger than {most} bytes"))
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::new(reply.body);
    let headers = response.headers_mut();
    *headers = reply.headers;
    let kind = if reply.streams { "text/event-stream" } else { "application/json" };
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static(kind));
    if reply.streams {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        // A proxy in front must not gather the events.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    }
    if let Some(by) = reply.by {
        answered(headers, &by);
    }
    response
}

/// Says who answered, what could not be honoured and what was emulated.
pub(super) fn answered(headers: &mut HeaderMap, by: &Answered) {
    let (losses, emulated) = (by.losses.join(","), by.emulated.join(","));
    for (name, value) in [
        ("x-tabway-target", &by.target),
        ("x-tabway-losses", &losses),
        ("x-tabway-emulated", &emulated),
    ] {
        match HeaderValue::from_str(value) {
            Ok(value) if !value.is_empty() => drop(headers.insert(name, value)),
            // Nothing to say, or nothing that a header can say.
            _ => {}
        }
    }
    headers.insert("x-tabway-attempts", HeaderValue::from(by.attempts));
}
