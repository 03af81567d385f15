//! The vault: which keys there are, and from one to the next.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use tabway_store::{Rotation, VaultStatus};

use super::{error::ApiError, permit::Permit};
use crate::app::App;

pub(super) async fn status(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<VaultStatus>, ApiError> {
    Ok(Json(app.store.vault().status().await?))
}

pub(super) async fn rotate(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Rotation>, ApiError> {
    Ok(Json(app.store.vault().rotate().await?))
}

/// The key that is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Dropped {
    dropped: u32,
}

pub(super) async fn drop_key(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<u32>,
) -> Result<Json<Dropped>, ApiError> {
    app.store.vault().drop_key(id).await?;
    Ok(Json(Dropped { dropped: id }))
}
