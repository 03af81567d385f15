//! Pairing a browser: open, watch, accept or reject; and fleet keys.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    error::ApiError,
    permit::Permit,
    strict::{Strict, StrictQuery},
};
use crate::{app::App, nodes::PairingState};

/// The longest that one call waits for news.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// The most browsers that one fleet key lets in, and its longest life.
const MAX_FLEET: u32 = 10_000;
const MAX_FLEET_SECONDS: u64 = 30 * 24 * 3_600;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

/// A pairing that waits for its browser.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Opened {
    id: String,
    /// To be typed into the popup, once.
    code: String,
    expires_ms: i64,
}

pub(super) async fn open(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(Nothing {}): Strict<Nothing>,
) -> Result<Json<Opened>, ApiError> {
    let open = app.nodes.open_pairing().await?;
    let open = open.ok_or_else(|| ApiError::saturated("too many pairings are open"))?;
    Ok(Json(Opened { id: open.id.to_string(), code: open.code, expires_ms: open.expires_ms }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WatchQuery {
    /// The state that the caller knows of; the answer comes when there is another one.
    seen: Option<String>,
    /// How long to wait for it.
    #[serde(default)]
    wait_ms: u64,
}

pub(super) async fn watch(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    StrictQuery(query): StrictQuery<WatchQuery>,
) -> Result<Json<Value>, ApiError> {
    let gone = || ApiError::not_found("no such pairing, or it is long over");
    let now = app.nodes.watch_pairing(&id, None, Duration::ZERO).await.ok_or_else(gone)?;
    if query.seen.as_deref() != Some(word(&now)) {
        return Ok(Json(told(&now)));
    }
    let patience = Duration::from_millis(query.wait_ms).min(MAX_WAIT);
    let next = tokio::select! {
        next = app.nodes.watch_pairing(&id, Some(&now), patience) => next,
        () = app.shutdown.draining() => Some(now),
    };
    Ok(Json(told(&next.ok_or_else(gone)?)))
}

fn word(state: &PairingState) -> &'static str {
    match state {
        PairingState::Waiting => "waiting",
        PairingState::Compare { .. } => "compare",
        PairingState::Paired { .. } => "paired",
        PairingState::Rejected => "rejected",
        PairingState::Gone => "gone",
        PairingState::Expired => "expired",
    }
}

fn told(state: &PairingState) -> Value {
    let word = word(state);
    match state {
        PairingState::Compare { fingerprint, label, browser } => json!({
            "state": word, "fingerprint": fingerprint, "label": label, "browser": browser,
        }),
        PairingState::Paired { node } => json!({ "state": word, "node": node }),
        _ => json!({ "state": word }),
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Accept {
    fingerprint: String,
}

/// The pairing that is decided.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Accepted {
    accepted: String,
}

pub(super) async fn accept(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Strict(Accept { fingerprint }): Strict<Accept>,
) -> Result<Json<Accepted>, ApiError> {
    app.nodes.decide_pairing(&id, Some(&fingerprint))?;
    Ok(Json(Accepted { accepted: id }))
}

/// The pairing that is decided.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Rejected {
    rejected: String,
}

pub(super) async fn reject(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    Strict(Nothing {}): Strict<Nothing>,
) -> Result<Json<Rejected>, ApiError> {
    app.nodes.decide_pairing(&id, None)?;
    Ok(Json(Rejected { rejected: id }))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Fleet {
    /// How many browsers it lets in.
    count: u32,
    /// For how long.
    expires_seconds: u64,
}

/// A key for so many browsers.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FleetKey {
    key: String,
    count: u32,
    expires_ms: i64,
}

pub(super) async fn open_fleet(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(fleet): Strict<Fleet>,
) -> Result<Json<FleetKey>, ApiError> {
    if !(1..=MAX_FLEET).contains(&fleet.count) {
        return Err(ApiError::invalid(format!("count: 1 to {MAX_FLEET} browsers")));
    }
    if !(1..=MAX_FLEET_SECONDS).contains(&fleet.expires_seconds) {
        return Err(ApiError::invalid("expires_seconds: at most 30 days"));
    }
    let life = Duration::from_secs(fleet.expires_seconds);
    let key = app.nodes.open_fleet(fleet.count, life).await?;
    Ok(Json(FleetKey { key: key.text, count: fleet.count, expires_ms: key.expires_ms }))
}
