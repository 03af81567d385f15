//! Requests that wait for a page's lane, and the end of a request on its owner's word.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use serde_json::{Value, json};
use tabway_dialects::ids::RequestId;

use super::{error::ApiError, permit::Permit};
use crate::app::App;

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let queue = app.config().queue;
    let queued = app.nodes.queue();
    let mut sites: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &queued {
        *sites.entry(&one.site).or_default() += 1;
    }
    let sites: Vec<Value> =
        sites.iter().map(|(site, waiting)| json!({ "site": site, "waiting": waiting })).collect();
    let waiting: Vec<Value> = queued
        .iter()
        .map(|one| {
            json!({
                "request": one.request.map(|id| id.to_string()),
                "site": one.site,
                "model": one.model,
                "key": one.key,
                "position": one.place.position,
                "of": one.place.of,
                "waited_ms": millis(one.waited),
                "gives_up_in_ms": millis(one.left),
                "waits_for": one.reason,
            })
        })
        .collect();
    Json(json!({
        "size": queue.size,
        "per_key": queue.per_key,
        "wait_ms": millis(queue.wait),
        "sites": sites,
        "waiting": waiting,
    }))
}

pub(super) async fn cancel(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, ApiError> {
    let request = id.parse::<RequestId>().ok();
    let cancelled = request.and_then(|request| app.nodes.cancel(request)).ok_or_else(|| {
        ApiError::not_found("no page has this request now, and it waits for none; see /api/queue")
    })?;
    Ok(Json(json!({ "request": id, "cancelled": cancelled })))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
