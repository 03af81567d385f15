//! A look at the pages of the browsers, now: what each shows, and what a person has to do.

use std::{collections::BTreeMap, sync::Arc};

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_dialects::ids::NodeId;

use super::{
    error::ApiError,
    nodes::{self, Node, Seat},
    permit::Permit,
    seats, status,
    strict::Strict,
};
use crate::{app::App, nodes::Looked};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// The browser; all of them where absent.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    node: Option<NodeId>,
}

/// Looks, and says what there is.
pub(super) async fn run(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Strict(Which { node }): Strict<Which>,
) -> Result<Json<Value>, ApiError> {
    if let Some(id) = node {
        nodes::one(&app, &id.to_string()).await?;
    }
    let looked = app.nodes.check(node).await;
    let looked: BTreeMap<(NodeId, &str), &Looked> =
        looked.iter().map(|one| ((one.node, one.site.as_str()), one)).collect();
    // What the looks brought stands in the seats by now.
    let mut nodes = nodes::all(&app).await?;
    nodes.retain(|one| node.is_none_or(|id| one.id == id));
    let checked: Vec<Value> = seats::all(&nodes)
        .filter(|(node, _)| node.connected)
        .map(|(node, seat)| line(node, seat, looked.get(&(node.id, seat.site.as_str())).copied()))
        .collect();
    let ready = seats::all(&nodes).any(|(node, seat)| seats::is_ready(node, seat));
    Ok(Json(json!({
        "ready": ready,
        "checked": checked,
        "needs_human": status::needs_of(&nodes),
        "nodes": nodes,
    })))
}

/// What was found of a seat: the page as it is now where somebody could look.
fn line(node: &Node, seat: &Seat, looked: Option<&Looked>) -> Value {
    let (found, problem) = match looked.map(|looked| &looked.seen) {
        Some(Ok(seen)) => (Some(&seen.summary), None),
        Some(Err(failure)) => (None, Some(&failure.message)),
        None => (None, None),
    };
    let mut line = seats::line(node, seat);
    line["looked"] = json!(found.is_some());
    line["found"] = json!(found);
    line["problem"] = json!(problem);
    line
}
