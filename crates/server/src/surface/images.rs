//! `POST /v1/images/generations`: pictures from chat pages whose answers hold some.
//!
//! A page makes them one prompt at a time, so each picture that is asked for is a turn of its own;
//! they run beside each other on the lanes that there are.

use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use data_encoding::BASE64;
use futures_util::future::join_all;
use http::{HeaderValue, Request, Response, header, request::Parts};
use hyper::body::Incoming;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tabway_dialects::{
    chat::{Failure, FailureClass},
    site_chat::Medium,
};

use super::{limits, openai_chat};
use crate::{
    body::Body,
    call::{self, Order, Pictures},
    edge::{Context, client_request_id, credential, new_request_id},
    keys::Caller,
    media::{self, Delivery, address},
    routes::{About, Operation},
    runtime::Worker,
};

/// The most pictures of a request, as in OpenAI's API.
const MAX_PICTURES: u32 = 10;

/// What the table of routes says of it.
pub(crate) const ABOUT: About =
    About::new("Make pictures", |schemas| Operation::of_body(Asked::json_schema(schemas)));

/// What a client asks for.
#[derive(Deserialize, JsonSchema)]
struct Asked {
    model: String,
    prompt: String,
    n: Option<u32>,
    response_format: Option<Form>,
    #[serde(default)]
    stream: bool,
    /// What pages have no control for: said to be lost.
    #[serde(flatten)]
    more: Map<String, Value>,
}

/// How pictures are given.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PictureForm")]
enum Form {
    Url,
    B64Json,
}

/// Answers a request for pictures.
pub(crate) async fn generations(
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
    let asked = asked(&openai_chat::read(&worker, &head.headers, body).await?)?;
    let count = asked.n.unwrap_or(1);
    let base = address::base(&worker.app.config(), &head.headers);
    let chat = chat(&asked);
    let turns = (0..count).map(|number| {
        let mut order = Order {
            idempotency_key: None,
            id: context.id,
            client_id: client_id.clone(),
            caller: caller.clone(),
            body: chat.clone(),
            surface: "openai_images",
            media: Delivery::Apart,
            base: base.clone(),
            started,
        };
        if number > 0 {
            // Each turn has a row of its own in the ledger; this names the request that it is of.
            order.id = new_request_id();
            order.client_id.get_or_insert_with(|| context.id.to_string());
        }
        call::pictures(worker.clone(), order)
    });
    let pictures = gathered(join_all(turns).await, count)?;
    let mut data = Vec::with_capacity(pictures.media.len());
    let mut told = None;
    for medium in &pictures.media {
        match given(&worker, medium, asked.response_format, &base).await {
            Ok(picture) => data.push(picture),
            Err(failure) => told = Some(failure),
        }
    }
    if let (true, Some(failure)) = (data.is_empty(), told) {
        return Err(failure);
    }
    Ok(response(&asked, &data, &pictures))
}

fn asked(body: &[u8]) -> Result<Asked, Failure> {
    let asked: Asked = serde_json::from_slice(body).map_err(|error| {
        let class =
            if error.is_data() { FailureClass::InvalidRequest } else { FailureClass::InvalidJson };
        Failure::new(class, format!("the body is no request for pictures: {error}"))
    })?;
    let wrong = |field: &str, words: &str| {
        Failure::new(FailureClass::InvalidRequest, format!("`{field}` {words}")).with_param(field)
    };
    if asked.prompt.trim().is_empty() {
        return Err(wrong("prompt", "is empty"));
    }
    if asked.n.is_some_and(|n| !(1..=MAX_PICTURES).contains(&n)) {
        return Err(wrong("n", "is a number from 1 to 10"));
    }
    if asked.stream {
        let words = "a page gives its pictures whole: `stream` is not for them";
        return Err(Failure::new(FailureClass::Unsupported, words).with_param("stream"));
    }
    Ok(asked)
}

/// The prompt as a page is asked it.
fn chat(asked: &Asked) -> Bytes {
    let message = json!({ "role": "user", "content": asked.prompt });
    json!({ "model": asked.model, "messages": [message] }).to_string().into()
}

/// What the turns gave, the first picture of each before the second of any. Turns that failed
/// leave fewer; where all did, the first one's failure is the request's.
fn gathered(turns: Vec<Result<Pictures, Failure>>, count: u32) -> Result<Pictures, Failure> {
    let (mut good, mut failures) = (Vec::new(), Vec::new());
    for turn in turns {
        match turn {
            Ok(pictures) => good.push(pictures),
            Err(failure) => failures.push(failure),
        }
    }
    let most = usize::try_from(count).unwrap_or(usize::MAX);
    let rounds = good.iter().map(|turn| turn.media.len()).max().unwrap_or_default();
    let media: Vec<Medium> = (0..rounds)
        .flat_map(|round| good.iter().filter_map(move |turn| turn.media.get(round)))
        .take(most)
        .cloned()
        .collect();
    let attempts = good.iter().map(|turn| turn.by.attempts).sum();
    match (good.into_iter().next(), failures.into_iter().next()) {
        (Some(first), _) => {
            let by = call::Answered { attempts, ..first.by };
            Ok(Pictures { media, by })
        }
        (None, Some(failure)) => Err(failure),
        (None, None) => Err(Failure::new(FailureClass::Internal, "no picture was asked for")),
    }
}

/// A picture as the client wants it.
async fn given(
    worker: &Worker,
    medium: &Medium,
    form: Option<Form>,
    base: &str,
) -> Result<Value, Failure> {
    let base64 = form == Some(Form::B64Json);
    match &medium.unread {
        Some(address) if base64 => {
            let words = format!("the page shows its picture and may not read it: {address}");
            return Err(Failure::new(FailureClass::NoImage, words));
        }
        Some(address) => return Ok(json!({ "url": address })),
        None => {}
    }
    if base64 {
        return Ok(json!({ "b64_json": BASE64.encode(&medium.bytes) }));
    }
    let kept = media::keep(&worker.app, medium, base).await;
    let address = kept.map_err(|error| super::media::unreadable(&error))?;
    Ok(json!({ "url": address }))
}

fn response(asked: &Asked, data: &[Value], pictures: &Pictures) -> Response<Body> {
    let created = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let body = json!({ "created": created, "data": data });
    let mut response = Response::new(Body::whole(body.to_string()));
    let mut by = pictures.by.clone();
    by.losses.extend(asked.more.keys().cloned());
    if data.len() < usize::try_from(asked.n.unwrap_or(1)).unwrap_or_default() {
        by.losses.push("n".to_owned());
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    openai_chat::answered(headers, &by);
    response
}
