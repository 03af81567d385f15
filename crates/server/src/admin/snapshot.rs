//! A copy of the database in the data folder, for `tabway backup`, which reads it there.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::{error::ApiError, permit::Permit};
use crate::app::App;

/// Only who can read the data folder has anything of it: the answer names the file.
pub(super) async fn take(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let path = app.store.snapshot().await?;
    Ok(Json(json!({ "path": path })))
}
