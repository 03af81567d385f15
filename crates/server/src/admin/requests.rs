//! The last requests, from the ledger. No texts: they are not kept.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::ApiError, permit::Permit, strict::StrictQuery};
use crate::app::App;

fn usual() -> u32 {
    50
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Last {
    #[serde(default = "usual")]
    limit: u32,
}

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(Last { limit }): StrictQuery<Last>,
) -> Result<Json<Value>, ApiError> {
    Ok(Json(json!({ "requests": app.store.ledger().recent(limit).await? })))
}

pub(super) async fn one(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let ledger = app.store.ledger();
    let request = ledger.request(&id).await?;
    let request = request.ok_or_else(|| ApiError::not_found("no such request in the ledger"))?;
    let attempts = ledger.attempts(&id).await?;
    Ok(Json(json!({ "request": request, "attempts": attempts })))
}
