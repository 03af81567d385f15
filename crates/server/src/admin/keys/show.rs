//! Keys as lists and the console have them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use tabway_dialects::ids::KeyId;
use tabway_store::{
    Key, KeyLimits,
    ledger::{KeyUse, RequestFilter, RequestRow, now_ms},
};

use crate::{
    admin::{error::ApiError, permit::Permit},
    app::App,
    config::KeyConfig,
    keys::{Owner, Standings},
};

/// How many of its last requests a key shows.
const LAST: u32 = 20;

/// The time that a key without a budget is shown for: 30 days, in milliseconds.
const USUAL_MS: i64 = 30 * 86_400_000;

/// A key as it is shown: what the file declares has no id, and its secret no hint.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub(in crate::admin) struct Shown {
    name: String,
    /// `file` or `command`.
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    id: Option<KeyId>,
    /// The end of its secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    /// Models it may use; all where null.
    models: Option<Vec<String>>,
    rpm: Option<u64>,
    tpm: Option<u64>,
    concurrency: Option<u32>,
    budget_micro_usd: Option<u64>,
    period: Option<String>,
    time_zone: Option<String>,
    labels: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_ms: Option<i64>,
    expires_ms: Option<i64>,
    revoked_ms: Option<i64>,
    /// Whether it is good now.
    live: bool,
    /// How its limits stand; null where it is revoked.
    limits: Option<Standings>,
}

/// All of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::admin) struct AllKeys {
    keys: Vec<Shown>,
}

/// One of them in detail.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::admin) struct OneKey {
    #[serde(flatten)]
    key: Shown,
    /// From when on it is told what was used.
    since_ms: i64,
    used: KeyUse,
    /// Its last requests.
    requests: Vec<RequestRow>,
}

pub(in crate::admin) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<AllKeys> {
    let config = app.config_snapshot();
    let of_file = config.keys.iter().map(|key| declared(&app, key));
    let made = app.store.keys().list();
    let made = made.iter().map(|key| entry(&app, key));
    Json(AllKeys { keys: of_file.chain(made).collect() })
}

/// A key with what it used in the present period of its budget, or in the last 30 days, and its
/// last requests.
pub(in crate::admin) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<OneKey>, ApiError> {
    let config = app.config_snapshot();
    let made = app.store.keys().named(&name);
    let (key, owner, name) = match config.keys.iter().find(|key| key.name == name) {
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
    let used = ledger.used_by(&name, since_ms).await?;
    let filter = RequestFilter { key: Some(name), ..RequestFilter::default() };
    let requests = ledger.page(&filter, None, LAST).await?.rows;
    Ok(Json(OneKey { key, since_ms, used, requests }))
}

/// A key that was made by command.
pub(super) fn entry(app: &App, key: &Key) -> Shown {
    Shown {
        id: Some(key.id),
        hint: Some(key.hint.clone()),
        models: key.models.clone(),
        created_ms: Some(key.created_ms),
        expires_ms: key.expires_ms,
        revoked_ms: key.revoked_ms,
        live: key.is_live(),
        limits: standings(app, &Owner::Made(key.id)),
        ..common("command", &key.name, &key.limits, &key.labels)
    }
}

/// A key of the file.
fn declared(app: &App, key: &KeyConfig) -> Shown {
    Shown {
        models: key.models.patterns().map(<[String]>::to_vec),
        expires_ms: key.expires_ms,
        live: key.expires_ms.is_none_or(|end| now_ms() < end),
        limits: standings(app, &Owner::File(key.name.clone())),
        ..common("file", &key.name, &key.limits, &key.labels)
    }
}

fn common(
    from: &'static str,
    name: &str,
    limits: &KeyLimits,
    labels: &BTreeMap<String, String>,
) -> Shown {
    Shown {
        name: name.to_owned(),
        from,
        id: None,
        hint: None,
        models: None,
        rpm: limits.rpm,
        tpm: limits.tpm,
        concurrency: limits.concurrency,
        budget_micro_usd: limits.budget_micro_usd,
        period: limits.period.clone(),
        time_zone: limits.time_zone.clone(),
        labels: labels.clone(),
        created_ms: None,
        expires_ms: None,
        revoked_ms: None,
        live: false,
        limits: None,
    }
}

/// How its limits stand; nothing where it is revoked.
fn standings(app: &App, owner: &Owner) -> Option<Standings> {
    app.keys.owned(owner).map(|key| key.standings())
}
