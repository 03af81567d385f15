//! Requests that wait for a page's lane, and the end of a request on its owner's word.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{Path, State},
};
use schemars::JsonSchema;
use serde::Serialize;
use tabway_dialects::ids::RequestId;

use super::{error::ApiError, permit::Permit};
use crate::{app::App, nodes::Cancelled};

/// Who waits for a page, and how many may.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Queued {
    size: usize,
    per_key: usize,
    wait_ms: u64,
    sites: Vec<SiteQueue>,
    waiting: Vec<Waiting>,
}

/// How many wait for a site.
#[derive(Debug, Serialize, JsonSchema)]
struct SiteQueue {
    site: String,
    waiting: usize,
}

/// One that waits.
#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    /// The request; none for the gateway's own turns.
    request: Option<String>,
    site: String,
    model: String,
    key: String,
    position: usize,
    of: usize,
    waited_ms: u64,
    gives_up_in_ms: u64,
    /// What it waits for.
    waits_for: Option<String>,
}

pub(super) async fn list(_permit: Permit, State(app): State<Arc<App>>) -> Json<Queued> {
    let queue = app.config().queue;
    let queued = app.nodes.queue();
    let mut sites: BTreeMap<&str, usize> = BTreeMap::new();
    for one in &queued {
        *sites.entry(&one.site).or_default() += 1;
    }
    let of_site = |(site, waiting): (&str, usize)| SiteQueue { site: site.to_owned(), waiting };
    let sites = sites.into_iter().map(of_site).collect();
    let waiting = queued.into_iter().map(|one| Waiting {
        request: one.request.map(|id| id.to_string()),
        site: one.site,
        model: one.model,
        key: one.key,
        position: one.place.position,
        of: one.place.of,
        waited_ms: millis(one.waited),
        gives_up_in_ms: millis(one.left),
        waits_for: one.reason,
    });
    Json(Queued {
        size: queue.size,
        per_key: queue.per_key,
        wait_ms: millis(queue.wait),
        sites,
        waiting: waiting.collect(),
    })
}

/// What was ended.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Ended {
    request: String,
    cancelled: Cancelled,
}

pub(super) async fn cancel(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<Json<Ended>, ApiError> {
    let request = id.parse::<RequestId>().ok();
    let cancelled = request.and_then(|request| app.nodes.cancel(request)).ok_or_else(|| {
        ApiError::not_found("no page has this request now, and it waits for none; see /api/queue")
    })?;
    Ok(Json(Ended { request: id, cancelled }))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
