//! `/admin/status` in the shape of the bridge that had it, for monitors that were written for it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use serde_json::{Value, json};
use tabway_protocol::message::LaneState;

use super::{
    error::ApiError,
    nodes::{self, Node},
    permit::Permit,
};
use crate::app::App;

/// A profile is a browser. What counted as a token there, a chance to serve one request, is a free
/// tab here; cookies and the site's own tokens never leave the browser, so there are none.
pub(super) async fn status(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let nodes = nodes::all(&app).await?;
    let active = nodes.iter().filter(|node| node.connected).count();
    let (free, all) =
        nodes.iter().map(tabs).fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let profiles: BTreeMap<String, Value> =
        nodes.iter().map(|node| (node.id.to_string(), profile(node))).collect();
    Ok(Json(json!({
        "total_profiles": nodes.len(),
        "active_profiles": active,
        "total_valid_tokens": free,
        "total_tokens_available": all,
        "profiles": profiles,
    })))
}

fn profile(node: &Node) -> Value {
    let (free, all) = tabs(node);
    let models: usize = node.seats.iter().map(|seat| seat.models.len()).sum();
    json!({
        "valid_tokens": free,
        "total_tokens": all,
        "has_cookies": false,
        "has_auth_token": false,
        "model_count": models,
        "last_push_ago_s": node.connected.then_some(0),
        "active": node.connected && !node.paused,
        "health_score": node.seats.iter().map(|seat| seat.health.score).max(),
    })
}

/// Tabs that are free, and all of them.
fn tabs(node: &Node) -> (usize, usize) {
    let lanes = || node.seats.iter().flat_map(|seat| &seat.lanes);
    let free = lanes().filter(|lane| node.connected && lane.state == LaneState::Idle).count();
    (free, lanes().count())
}
