//! The log of requests, page by page. No texts: they are not kept unless a key asks for it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tabway_store::ledger::{AttemptRow, MAX_PAGE, RequestFilter, RequestRow};

use super::{error::ApiError, moment::Moment, permit::Permit, strict::StrictQuery};
use crate::app::App;

fn usual() -> u32 {
    50
}

/// The longest text to look for.
const MAX_WORDS: usize = 400;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    #[serde(default = "usual")]
    limit: u32,
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    target: Option<String>,
    #[serde(default)]
    outcome: Option<String>,
    #[serde(default)]
    from: Option<Moment>,
    #[serde(default)]
    to: Option<Moment>,
    #[serde(default)]
    q: Option<String>,
}

/// A page of them, the newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RequestPage {
    requests: Vec<RequestRow>,
    /// The cursor of the next page, where there is one.
    next: Option<String>,
}

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(wanted): StrictQuery<Wanted>,
) -> Result<Json<RequestPage>, ApiError> {
    if !(1..=MAX_PAGE).contains(&wanted.limit) {
        return Err(ApiError::invalid(format!("limit: 1 to {MAX_PAGE}")));
    }
    if wanted.q.as_ref().is_some_and(|words| words.len() > MAX_WORDS) {
        return Err(ApiError::invalid(format!("q: {MAX_WORDS} bytes at most")));
    }
    let filter = RequestFilter {
        key: wanted.key,
        model: wanted.model,
        target: wanted.target,
        outcome: wanted.outcome,
        from_ms: wanted.from.map(|moment| moment.0),
        to_ms: wanted.to.map(|moment| moment.0),
        words: wanted.q,
    };
    let page = app.store.ledger().page(&filter, wanted.cursor.as_deref(), wanted.limit).await?;
    Ok(Json(RequestPage { requests: page.rows, next: page.next }))
}

/// One of them, and each try of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OneRequest {
    request: RequestRow,
    attempts: Vec<AttemptRow>,
}

pub(super) async fn one(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<OneRequest>, ApiError> {
    let ledger = app.store.ledger();
    let request = ledger.request(&id).await?;
    let request = request.ok_or_else(|| ApiError::not_found("no such request in the ledger"))?;
    let attempts = ledger.attempts(&id).await?;
    Ok(Json(OneRequest { request, attempts }))
}

/// What the request said and was answered, where its key's owner keeps that.
pub(super) async fn body(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let bodies = app.store.bodies();
    let only = tabway_store::files::Page { limit: 1, ..Default::default() };
    let Some(file) = bodies.list(&id, &only).await?.pop() else {
        let words = "no texts of that request are kept; see ledger.store_bodies in docs/CONFIG.md";
        return Err(ApiError::not_found(words));
    };
    let text = bodies.read(&file).await?;
    let text: Value = serde_json::from_slice(&text)
        .map_err(|error| ApiError::unkept(format!("the kept texts are damaged: {error}")))?;
    Ok(Json(text))
}
