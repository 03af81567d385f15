//! Keys as lists and the console have them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};
use tabway_store::{
    Key, KeyLimits,
    ledger::{RequestFilter, now_ms},
};

use crate::{
    admin::{error::ApiError, permit::Permit},
    app::App,
    config::KeyConfig,
    keys::Owner,
};

/// How many of its last requests a key shows.
const LAST: u32 = 20;

/// The time that a key without a budget is shown for: 30 days, in milliseconds.
const USUAL_MS: i64 = 30 * 86_400_000;

pub(in crate::admin) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let config = app.config_snapshot();
    let of_file = config.keys.iter().map(|key| declared(&app, key));
    let made = app.store.keys().list();
    let made = made.iter().map(|key| entry(&app, key));
    Json(json!({ "keys": of_file.chain(made).collect::<Vec<_>>() }))
}

/// A key with what it used in the present period of its budget, or in the last 30 days, and its
/// last requests.
pub(in crate::admin) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let config = app.config_snapshot();
    let made = app.store.keys().named(&name);
    let (mut told, owner, name) = match config.keys.iter().find(|key| key.name == name) {
        Some(key) => (declared(&app, key), Owner::File(key.name.clone()), key.name.clone()),
        None => match made {
            Some(key) => (entry(&app, &key), Owner::Made(key.id), key.name.clone()),
            None => return Err(ApiError::not_found("no such key; see `tabway key list`")),
        },
    };
    let live = app.keys.owned(&owner);
    let since_ms = live.and_then(|key| key.period_start_ms());
    let since_ms = since_ms.unwrap_or_else(|| now_ms() - USUAL_MS);
    let ledger = app.store.ledger();
    ledger.flush().await;
    told["since_ms"] = json!(since_ms);
    told["used"] = json!(ledger.used_by(&name, since_ms).await?);
    let filter = RequestFilter { key: Some(name), ..RequestFilter::default() };
    told["requests"] = json!(ledger.page(&filter, None, LAST).await?.rows);
    Ok(Json(told))
}

/// A key that was made by command.
pub(super) fn entry(app: &App, key: &Key) -> Value {
    let mut told = common(&key.name, &key.limits, &key.labels);
    told["id"] = json!(key.id);
    told["from"] = json!("command");
    told["hint"] = json!(key.hint);
    told["models"] = json!(key.models);
    told["created_ms"] = json!(key.created_ms);
    told["expires_ms"] = json!(key.expires_ms);
    told["revoked_ms"] = json!(key.revoked_ms);
    told["live"] = json!(key.is_live());
    told["limits"] = standings(app, &Owner::Made(key.id));
    told
}

/// A key of the file.
fn declared(app: &App, key: &KeyConfig) -> Value {
    let mut told = common(&key.name, &key.limits, &key.labels);
    told["from"] = json!("file");
    told["models"] = json!(key.models.patterns());
    told["expires_ms"] = json!(key.expires_ms);
    told["live"] = json!(key.expires_ms.is_none_or(|end| now_ms() < end));
    told["limits"] = standings(app, &Owner::File(key.name.clone()));
    told
}

fn common(name: &str, limits: &KeyLimits, labels: &BTreeMap<String, String>) -> Value {
    json!({
        "name": name,
        "rpm": limits.rpm,
        "tpm": limits.tpm,
        "concurrency": limits.concurrency,
        "budget_micro_usd": limits.budget_micro_usd,
        "period": limits.period,
        "time_zone": limits.time_zone,
        "labels": labels,
    })
}

/// How its limits stand; null where it is revoked.
fn standings(app: &App, owner: &Owner) -> Value {
    json!(app.keys.owned(owner).map(|key| key.standings()))
}
