//! Alerts: what is wrong now, what was told last, how the channels did, and a test of them.

use std::sync::Arc;

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    error::ApiError,
    permit::Permit,
    strict::{Strict, StrictQuery},
};
use crate::{
    alerts::{Tried, try_all},
    app::App,
    upstream::Egress,
};

/// Messages that are listed where nobody says how many.
const USUAL: usize = 20;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    limit: Option<usize>,
}

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(Which { limit }): StrictQuery<Which>,
) -> Json<Value> {
    let config = app.config_snapshot();
    let channels: Vec<Value> = config
        .alerts
        .channels
        .iter()
        .map(|channel| {
            json!({
                "name": channel.name,
                "kind": channel.to.kind(),
                "host": channel.to.host(),
                "min_severity": channel.min,
                "delivery": app.alerts.delivery(&channel.name),
            })
        })
        .collect();
    Json(json!({
        "active": app.alerts.active(),
        "last": app.alerts.last(limit.unwrap_or(USUAL)),
        "channels": channels,
        "quiet": config.alerts.quiet.hold(jiff::Timestamp::now()),
    }))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Test {
    channel: Option<String>,
}

pub(super) async fn test(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(Test { channel }): Strict<Test>,
) -> Result<Json<Value>, ApiError> {
    let options =
        app.egress().ok_or_else(|| ApiError::saturated("the gateway is starting; try again"))?;
    let tried: Vec<Tried> = try_all(&app, &Egress::new(options), channel.as_deref()).await;
    match (tried.is_empty(), channel) {
        (false, _) => Ok(Json(json!({ "tried": tried }))),
        (true, Some(name)) => {
            let words = format!("no channel `{name}`; GET /api/alerts lists them");
            Err(ApiError::not_found(words))
        }
        (true, None) => {
            Err(ApiError::not_found("no channel is configured; see `alerts` in the configuration"))
        }
    }
}
