//! A copy of the database in the data folder, for `tabway backup`, which reads it there.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Serialize;

use super::{error::ApiError, permit::Permit};
use crate::app::App;

/// Where the copy is.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Snapshot {
    path: std::path::PathBuf,
}

/// Only who can read the data folder has anything of it: the answer names the file.
pub(super) async fn take(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Snapshot>, ApiError> {
    let path = app.store.snapshot().await?;
    Ok(Json(Snapshot { path }))
}
