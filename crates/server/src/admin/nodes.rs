//! Paired browsers.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_protocol::message::{LaneState, SeatState};

use tabway_store::StoreError;

use super::{error::ApiError, permit::Permit};
use crate::{
    app::App,
    extension_files::Age,
    nodes::{HealthReport, LaneView, NeedView, NodeView, RestView, SeatView, SelfTest},
};

/// A paired browser.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Node {
    #[schemars(with = "String")]
    pub(crate) id: NodeId,
    pub(crate) label: String,
    pub(crate) browser: String,
    pub(crate) extension: Option<String>,
    /// How it compares with the extension that this gateway carries.
    extension_age: Option<Age>,
    /// What to do where it is of another age.
    pub(crate) extension_advice: Option<String>,
    pub(crate) connected: bool,
    pub(crate) paused: bool,
    pub(crate) flapping: bool,
    paired_ms: Option<i64>,
    pub(crate) seats: Vec<Seat>,
}

/// What it can serve.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Seat {
    pub(crate) site: String,
    pub(crate) state: SeatState,
    pub(crate) detail: String,
    pub(crate) rests_ms: Option<u64>,
    pub(crate) rests: Vec<RestView>,
    /// What its human is needed for.
    pub(crate) need: Option<NeedView>,
    /// Whether its owner allows a picture while it needs its human.
    pub(crate) picture: bool,
    /// When its page says that the session ends.
    pub(crate) session_ends_ms: Option<i64>,
    pub(crate) health: HealthReport,
    /// Turns of the last hour, where the site caps them.
    started_in_hour: usize,
    pub(crate) turns: u64,
    pub(crate) self_test: Option<SelfTest>,
    pub(crate) models: Vec<String>,
    pub(crate) lanes: Vec<Lane>,
}

/// A bridged tab.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Lane {
    pub(crate) lane: u64,
    pub(crate) state: LaneState,
    job: Option<String>,
}

impl From<SeatView> for Seat {
    fn from(seat: SeatView) -> Self {
        let lane = |lane: LaneView| Lane {
            lane: lane.lane,
            state: lane.state,
            job: lane.job.map(|job| job.to_string()),
        };
        Self {
            site: seat.site,
            state: seat.state,
            detail: seat.detail,
            rests_ms: seat.rests_ms,
            rests: seat.rests,
            need: seat.need,
            picture: seat.picture,
            session_ends_ms: seat.session_ends_ms,
            health: seat.health,
            started_in_hour: seat.started_in_hour,
            turns: seat.turns,
            self_test: seat.self_test,
            models: seat.models,
            lanes: seat.lanes.into_iter().map(lane).collect(),
        }
    }
}

impl Node {
    fn connected_once(view: NodeView, paired_ms: Option<i64>) -> Self {
        let age = Age::of(&view.extension);
        Self {
            id: view.id,
            label: view.label,
            browser: view.browser,
            extension_age: Some(age),
            extension_advice: age.advice(&view.extension, view.is_outdated),
            extension: Some(view.extension),
            connected: view.connected,
            paused: view.paused,
            flapping: view.flapping,
            paired_ms,
            seats: view.seats.into_iter().map(Seat::from).collect(),
        }
    }

    fn paired_only(node: tabway_store::Node) -> Self {
        Self {
            id: node.id,
            label: node.label,
            browser: node.browser,
            extension: None,
            extension_age: None,
            extension_advice: None,
            connected: false,
            paused: false,
            flapping: false,
            paired_ms: Some(node.paired_ms),
            seats: Vec::new(),
        }
    }
}

/// Every paired browser, with what those that were connected can serve.
pub(crate) async fn all(app: &App) -> Result<Vec<Node>, StoreError> {
    let paired = app.nodes.paired().await?;
    let mut views: BTreeMap<NodeId, NodeView> =
        app.nodes.nodes().into_iter().map(|view| (view.id, view)).collect();
    Ok(paired
        .into_iter()
        .map(|node| match views.remove(&node.id) {
            Some(view) => Node::connected_once(view, Some(node.paired_ms)),
            None => Node::paired_only(node),
        })
        .collect())
}

/// All of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Nodes {
    nodes: Vec<Node>,
}

pub(super) async fn list(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Nodes>, ApiError> {
    Ok(Json(Nodes { nodes: all(&app).await? }))
}

/// The browser of that id.
pub(super) async fn one(app: &App, id: &str) -> Result<Node, ApiError> {
    let id = id.parse::<NodeId>().ok();
    let found = all(app).await?.into_iter().find(|node| Some(node.id) == id);
    found.ok_or_else(unknown)
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct OneNode {
    node: Node,
}

pub(super) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<OneNode>, ApiError> {
    Ok(Json(OneNode { node: one(&app, &id).await? }))
}

fn unknown() -> ApiError {
    ApiError::not_found("no such browser; `tabway node list` shows those there are")
}

/// What is gone.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Removed {
    removed: String,
}

pub(super) async fn remove(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Removed>, ApiError> {
    let id: NodeId = id.parse().map_err(|_| unknown())?;
    if !app.nodes.remove(id).await? {
        return Err(unknown());
    }
    Ok(Json(Removed { removed: id.to_string() }))
}
