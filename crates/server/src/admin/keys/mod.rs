//! API keys: those of the file are only shown, those of the database come and go by command.

mod show;
mod written;

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_store::{Key, NewKey, ledger::now_ms};

pub(super) use self::show::{list, show};
use self::{
    show::{Shown, entry},
    written::{Create, checked_value},
};
use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::app::App;

/// The most keys of one import.
const MAX_IMPORT: usize = 5_000;

pub(super) async fn create(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(new): Strict<Create>,
) -> Result<Json<MadeKey>, ApiError> {
    let new = fresh(&app, new)?;
    let made = app.store.keys().create(new).await?;
    app.keys.refresh();
    Ok(Json(told(&app, &made)))
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Import {
    keys: Vec<Create>,
}

/// The names that were taken.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Imported {
    imported: Vec<String>,
}

/// Several keys that exist elsewhere, all or none.
pub(super) async fn import(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(import): Strict<Import>,
) -> Result<Json<Imported>, ApiError> {
    if import.keys.len() > MAX_IMPORT {
        return Err(ApiError::invalid(format!("keys: {MAX_IMPORT} at a time at most")));
    }
    let new: Vec<NewKey> =
        import.keys.into_iter().map(|new| fresh(&app, new)).collect::<Result<_, _>>()?;
    if let Some(none) = new.iter().find(|new| new.value.is_none()) {
        return Err(ApiError::invalid(format!("key `{}`: value is missing", none.name)));
    }
    let made = app.store.keys().create_all(new).await?;
    app.keys.refresh();
    let names = made.iter().map(|(key, _)| key.name.clone()).collect();
    Ok(Json(Imported { imported: names }))
}

/// A new key, checked; a name of the file is taken.
fn fresh(app: &App, new: Create) -> Result<NewKey, ApiError> {
    let new = new.checked(now_ms())?;
    if app.config().keys.iter().any(|key| key.name == new.name) {
        return Err(ApiError::conflict(format!("key `{}` is from the file", new.name)));
    }
    Ok(new)
}

/// The key with its secret, which is shown this once; only its hash is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct MadeKey {
    #[serde(flatten)]
    key: Shown,
    secret: String,
}

fn told(app: &App, (key, secret): &(Arc<Key>, String)) -> MadeKey {
    MadeKey { key: entry(app, key), secret: secret.clone() }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Rotate {
    /// An existing secret to take.
    #[serde(default)]
    value: Option<String>,
    /// How long the secret that it had works on.
    #[serde(default)]
    overlap_seconds: u64,
}

/// The key with its new secret.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct RotatedKey {
    #[serde(flatten)]
    made: MadeKey,
    /// Until when the secret that it had works on.
    former_until_ms: Option<i64>,
}

pub(super) async fn rotate(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(rotate): Strict<Rotate>,
) -> Result<Json<RotatedKey>, ApiError> {
    if let Some(value) = &rotate.value {
        checked_value(value)?;
    }
    let overlap = i64::try_from(rotate.overlap_seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let until_ms = (overlap > 0).then(|| now_ms().saturating_add(overlap));
    let Some(rotated) = app.store.keys().rotate(&name, rotate.value, until_ms).await? else {
        return Err(none(&app, &name));
    };
    app.keys.refresh();
    Ok(Json(RotatedKey { made: told(&app, &rotated), former_until_ms: until_ms }))
}

/// The key that is revoked.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Revoked {
    revoked: String,
}

pub(super) async fn revoke(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Revoked>, ApiError> {
    if app.store.keys().revoke(&name).await? {
        app.keys.refresh();
        return Ok(Json(Revoked { revoked: name }));
    }
    Err(none(&app, &name))
}

/// No key that a command could change.
fn none(app: &App, name: &str) -> ApiError {
    match app.config().keys.iter().any(|key| key.name == name) {
        true => ApiError::conflict(format!("key `{name}` is from the file; change it there")),
        false => {
            ApiError::not_found("no such key, or it is revoked already; see `tabway key list`")
        }
    }
}
