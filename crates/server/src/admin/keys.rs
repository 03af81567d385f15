//! API keys: those of the file are only shown, those of the database come and go by command.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_store::{Key, NewKey};

use super::{error::ApiError, permit::Permit, strict::Strict};
use crate::app::App;

/// The shortest secret that an owner may bring along.
const MIN_VALUE: usize = 16;
const MAX_VALUE: usize = 512;
const MAX_NAME: usize = 200;

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let config = app.config_snapshot();
    let of_file = config.keys.iter().map(|key| json!({ "name": key.name, "from": "file" }));
    let made = app.store.keys().list();
    let made = made.iter().map(|key| entry(key));
    Json(json!({ "keys": of_file.chain(made).collect::<Vec<_>>() }))
}

fn entry(key: &Key) -> Value {
    json!({
        "id": key.id,
        "name": key.name,
        "from": "command",
        "hint": key.hint,
        "models": key.models,
        "created_ms": key.created_ms,
        "expires_ms": key.expires_ms,
        "revoked_ms": key.revoked_ms,
        "live": key.is_live(),
    })
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Create {
    name: String,
    /// An existing secret to keep.
    #[serde(default)]
    value: Option<String>,
    /// Models it may use; all where absent.
    #[serde(default)]
    models: Option<Vec<String>>,
    /// How long it is good.
    #[serde(default)]
    expires_seconds: Option<u64>,
}

pub(super) async fn create(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(new): Strict<Create>,
) -> Result<Json<Value>, ApiError> {
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
    if new.name.is_empty() || new.name.len() > MAX_NAME || !plain(&new.name) {
        return Err(ApiError::invalid("name: 1 to 200 plain characters without blanks"));
    }
    if app.config().keys.iter().any(|key| key.name == new.name) {
        return Err(ApiError::conflict(format!("key `{}` is from the file", new.name)));
    }
    if let Some(value) = &new.value
        && (!(MIN_VALUE..=MAX_VALUE).contains(&value.len()) || !plain(value))
    {
        let words = format!("value: {MIN_VALUE} to {MAX_VALUE} plain characters without blanks");
        return Err(ApiError::invalid(words));
    }
    let expires_ms = new.expires_seconds.map(|seconds| {
        let millis = i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX);
        tabway_store::ledger::now_ms().saturating_add(millis)
    });
    let key = NewKey { name: new.name, value: new.value, models: new.models, expires_ms };
    let (key, secret) = app.store.keys().create(key).await?;
    let mut told = entry(&key);
    // Shown this once; only its hash is kept.
    told["secret"] = Value::String(secret);
    Ok(Json(told))
}

pub(super) async fn revoke(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    if app.store.keys().revoke(&name).await? {
        return Ok(Json(json!({ "revoked": name })));
    }
    Err(match app.config().keys.iter().any(|key| key.name == name) {
        true => ApiError::conflict(format!("key `{name}` is from the file; remove it there")),
        false => {
            ApiError::not_found("no such key, or it is revoked already; see `tabway key list`")
        }
    })
}
