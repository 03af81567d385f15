//! What models cost: listed, and the owner's file replaced.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::{
    app::App,
    prices::{self, OwnersFile, Prices},
};

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({ "unit": "micro-USD per million tokens", "prices": app.prices.load().all() }))
}

/// A file of prices, TOML.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    file: String,
}

/// How many there are now.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Updated {
    prices: usize,
}

pub(super) async fn update(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(Update { file }): Strict<Update>,
) -> Result<Json<Updated>, ApiError> {
    let wrong = |error: crate::config::ConfigError| ApiError::invalid(error.to_string());
    let count = OwnersFile::parse(&file).map_err(wrong)?.entries.len();
    let config = app.config_snapshot();
    let kept = tokio::task::spawn_blocking(move || {
        prices::put(&config.data_dir, &file).map_err(|error| error.to_string())?;
        Prices::load(&config).map_err(|error| error.to_string())
    });
    let kept = kept.await.map_err(|error| error.to_string()).and_then(|kept| kept);
    let prices = kept.map_err(|words| ApiError::unkept(format!("{}: {words}", prices::FILE)))?;
    app.prices.store(Arc::new(prices));
    tracing::info!(count, "the owner's prices were replaced");
    Ok(Json(Updated { prices: count }))
}
