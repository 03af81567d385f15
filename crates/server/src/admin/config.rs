//! The configuration in force: where each setting came from, and reading it again.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{error::ApiError, permit::Permit};
use crate::{app::App, reload};

/// The file, how its last reading went, and the source of each setting that has one.
pub(super) async fn show(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let config = app.config_snapshot();
    let settings: Vec<Value> = config
        .origins
        .iter()
        .map(|(setting, origin)| json!({ "setting": setting, "source": origin.to_string() }))
        .collect();
    Json(json!({
        "file": config.path,
        "last_reading": *app.reloads.last(),
        "notes": config.notes,
        "settings": settings,
    }))
}

/// Reads the file again, all of it or nothing, and says what changed.
pub(super) async fn read_again(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let changes =
        reload::reload(&app).map_err(|error| ApiError::invalid_config(error.to_string()))?;
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    Ok(Json(json!({ "changes": changes })))
}
