//! Seats: what each can do now, how well it does, and what a person could do about it.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_protocol::message::{LaneState, SeatState};

use super::{
    error::ApiError,
    nodes::{self, Node, Seat},
    permit::Permit,
    strict::StrictQuery,
};
use crate::app::App;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Those of this site only.
    #[serde(default)]
    site: Option<String>,
}

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
    StrictQuery(Which { site }): StrictQuery<Which>,
) -> Result<Json<Value>, ApiError> {
    let nodes = nodes::all(&app).await?;
    let wanted = |seat: &Seat| site.as_ref().is_none_or(|site| seat.site == *site);
    let seats: Vec<Value> =
        all(&nodes).filter(|(_, seat)| wanted(seat)).map(|(node, seat)| line(node, seat)).collect();
    Ok(Json(json!({ "seats": seats })))
}

pub(super) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path((node, site)): Path<(String, String)>,
) -> Result<Json<Value>, ApiError> {
    let node = nodes::one(&app, &node).await?;
    let seat = node.seats.iter().find(|seat| seat.site == site).ok_or_else(|| {
        ApiError::not_found("that browser has no such seat; /api/seats lists those there are")
    })?;
    let known = app.nodes.sites().into_iter().find(|known| known.name == site);
    let limits = known.map(|known| known.adapter.limits.clone());
    Ok(Json(json!({ "seat": line(&node, seat), "detail": seat, "limits": limits })))
}

/// A picture of the page while it needs its human: boxes without a text, where its owner allows it.
pub(super) async fn picture(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path((node, site)): Path<(String, String)>,
) -> Result<Response, ApiError> {
    let node = nodes::one(&app, &node).await?;
    let picture = app.nodes.picture(node.id, &site).ok_or_else(|| {
        ApiError::not_found(
            "there is no picture: the page needs nobody, or its owner does not allow one (a switch \
             of the extension's popup)",
        )
    })?;
    Ok(as_image(picture))
}

/// A sketch as an image that can do nothing.
pub(crate) fn as_image(sketch: String) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; sandbox";
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, sketch).into_response()
}

/// How many there are and how they are.
pub(super) fn counts(nodes: &[Node]) -> Value {
    let connected: Vec<_> = all(nodes).filter(|(node, _)| node.connected).collect();
    let resting = connected.iter().filter(|(_, seat)| seat.rests_ms.is_some()).count();
    let ready = connected.iter().filter(|(node, seat)| is_ready(node, seat)).count();
    let lanes: usize = connected.iter().map(|(_, seat)| seat.lanes.len()).sum();
    let busy: usize = connected.iter().map(|(_, seat)| busy(seat)).sum();
    json!({
        "all": all(nodes).count(),
        "connected": connected.len(),
        "ready": ready,
        "resting": resting,
        "lanes": lanes,
        "busy_lanes": busy,
    })
}

/// Every seat with its node.
pub(super) fn all(nodes: &[Node]) -> impl Iterator<Item = (&Node, &Seat)> {
    nodes.iter().flat_map(|node| node.seats.iter().map(move |seat| (node, seat)))
}

pub(super) fn is_ready(node: &Node, seat: &Seat) -> bool {
    node.connected
        && !node.paused
        && seat.state == SeatState::Ready
        && seat.rests_ms.is_none()
        && !seat.lanes.is_empty()
}

fn busy(seat: &Seat) -> usize {
    seat.lanes.iter().filter(|lane| lane.state == LaneState::Busy).count()
}

/// A seat in short.
pub(super) fn line(node: &Node, seat: &Seat) -> Value {
    json!({
        "node": node.id,
        "browser": node.label,
        "site": seat.site,
        "connected": node.connected,
        "paused": node.paused,
        "ready": is_ready(node, seat),
        "state": seat.state,
        "health": seat.health.score,
        "reasons": seat.health.reasons,
        "rests": seat.rests,
        "need": seat.need,
        "session_ends_ms": seat.session_ends_ms,
        "lanes": seat.lanes.len(),
        "busy_lanes": busy(seat),
        "turns": seat.turns,
    })
}
