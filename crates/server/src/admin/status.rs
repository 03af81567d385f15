//! How the gateway is, at a glance, and what needs a human.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Value, json};
use tabway_dialects::ids::NodeId;

use super::{error::ApiError, nodes, permit::Permit, seats};
use crate::{
    app::App,
    call::catalogue,
    health::{Vitals, score},
    nodes::mend,
};

/// The least score of a seat that needs no words.
const WELL: u8 = 70;

/// Something that only a person can mend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Need {
    /// The site.
    pub(crate) site: String,
    /// The browser.
    pub(crate) node: NodeId,
    /// Its name.
    pub(crate) browser: String,
    /// What is wrong.
    pub(crate) problem: &'static str,
    /// What to do about it.
    pub(crate) advice: String,
    /// What the page says.
    pub(crate) words: String,
    /// Since when, in milliseconds since the epoch, where that is known.
    pub(crate) since_ms: Option<i64>,
}

/// What needs a person, seat by seat.
pub(crate) fn needs_of(nodes: &[nodes::Node]) -> Vec<Need> {
    let connected = nodes.iter().filter(|node| node.connected);
    let seats = connected.flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
    seats
        .filter_map(|(node, seat)| {
            let (problem, advice) = match (&seat.need, mend(seat.state)) {
                (Some(need), _) => (need.problem, need.advice.to_owned()),
                (None, Some((problem, advice))) => (problem, advice.to_owned()),
                (None, None) => ("the self-test failed", self_test_advice(seat)?),
            };
            let need = seat.need.as_ref();
            Some(Need {
                site: seat.site.clone(),
                node: node.id,
                browser: node.label.clone(),
                problem,
                advice,
                words: need.map_or_else(|| seat.detail.clone(), |need| need.words.clone()),
                since_ms: need.map(|need| need.since_ms),
            })
        })
        .collect()
}

fn self_test_advice(seat: &nodes::Seat) -> Option<String> {
    let test = seat.self_test.as_ref().filter(|test| !test.passed)?;
    Some(format!("{}: teach this page or mend the adapter.", test.summary))
}

/// How the last self-tests of a gateway's seats went.
pub(super) fn self_tests(nodes: &[nodes::Node], of_site: Option<&str>) -> Vec<Value> {
    let seats = nodes.iter().flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
    let wanted = seats.filter(|(_, seat)| of_site.is_none_or(|site| seat.site == site));
    wanted
        .filter_map(|(node, seat)| {
            let test = seat.self_test.as_ref()?;
            Some(json!({
                "site": seat.site,
                "browser": node.label,
                "adapter": test.adapter,
                "revision": test.revision,
                "passed": test.passed,
                "summary": test.summary,
            }))
        })
        .collect()
}

/// Seats of connected browsers that do less than well, and why.
fn unwell(nodes: &[nodes::Node]) -> Vec<Value> {
    let connected = seats::all(nodes).filter(|(node, _)| node.connected);
    connected
        .filter(|(_, seat)| seat.health.score < WELL)
        .map(|(node, seat)| {
            json!({
                "site": seat.site,
                "browser": node.label,
                "health": seat.health.score,
                "reasons": seat.health.reasons,
            })
        })
        .collect()
}

/// Connected browsers whose extension is not the one that this gateway carries.
fn of_another_age(nodes: &[nodes::Node]) -> Vec<Value> {
    let connected = nodes.iter().filter(|node| node.connected);
    connected
        .filter_map(|node| {
            let advice = node.extension_advice.as_ref()?;
            Some(json!({ "browser": node.label, "advice": advice }))
        })
        .collect()
}

pub(super) async fn show(
    _permit: Permit,
    State(app): State<Arc<App>>,
) -> Result<Json<Value>, ApiError> {
    let nodes = nodes::all(&app).await?;
    let connected = nodes.iter().filter(|node| node.connected).count();
    Ok(Json(json!({
        "status": if app.shutdown.is_draining() { "draining" } else { "ok" },
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": app.started.elapsed().as_secs(),
        "addresses": app.addresses(),
        "keys_required": app.keys.any(),
        "nodes": { "paired": nodes.len(), "connected": connected },
        "sites": app.nodes.sites().len(),
        "models": catalogue::all(&app).len(),
        "seats": seats::counts(&nodes),
        "config_error": app.reloads.last().error,
        "queued": app.nodes.queue().len(),
        "health": score(&Vitals::of(&app)),
        "unwell": unwell(&nodes),
        "needs_human": needs_of(&nodes),
        "self_tests": self_tests(&nodes, None),
        "extensions": of_another_age(&nodes),
    })))
}
