//! `GET /v1/models` and `GET /v1/models/{id}`.

use http::{HeaderMap, HeaderValue, Request, Response, header};
use serde_json::{Value, json};
use tabway_dialects::chat::Failure;

use crate::{
    body::Body,
    call::catalogue::{self, Listed},
    edge::credential,
    runtime::Worker,
};

/// Models that the caller may use.
pub(crate) fn list(worker: &Worker, headers: &HeaderMap) -> Result<Response<Body>, Failure> {
    let caller = worker.app.keys.identify(&credential(headers)?)?;
    let models: Vec<Value> = catalogue::all(&worker.app)
        .iter()
        .filter(|model| caller.may_use(&model.name))
        .map(entry)
        .collect();
    Ok(answer(&json!({ "object": "list", "data": models })))
}

/// One of them; its name may hold slashes.
pub(crate) fn one<B>(worker: &Worker, request: &Request<B>) -> Result<Response<Body>, Failure> {
    let caller = worker.app.keys.identify(&credential(request.headers())?)?;
    let name = request.uri().path().strip_prefix("/v1/models/").unwrap_or_default();
    let name = percent_decoded(name);
    let found = catalogue::all(&worker.app)
        .into_iter()
        .find(|model| model.name == name && caller.may_use(&model.name));
    match found {
        Some(model) => Ok(answer(&entry(&model))),
        None => Err(catalogue::unknown(&name)),
    }
}

fn entry(model: &Listed) -> Value {
    let mut entry = json!({
        "id": model.name, "object": "model", "created": 0, "owned_by": model.owner,
        "type": model.kind(),
    });
    if !model.capabilities.is_empty() {
        entry["capabilities"] = json!(model.capabilities);
    }
    if model.emulated {
        entry["emulated"] = json!(["tools", "response_format"]);
    }
    entry
}

fn answer(value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string()));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Undoes `%2F` and the like; what is not well formed stays as it is.
fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let decoded = match (first, after) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        match decoded {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
