//! How the gateway as a whole does: a score, what takes from it, and what to do.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Value, json};

use super::permit::Permit;
use crate::{
    app::App,
    health::{Vitals, score},
    metrics::WINDOW,
};

pub(super) async fn show(_permit: Permit, State(app): State<Arc<App>>) -> Json<Value> {
    let vitals = Vitals::of(&app);
    let health = score(&vitals);
    let recent = &vitals.recent;
    Json(json!({
        "score": health.score,
        "status": if app.shutdown.is_draining() { "draining" } else { health.status },
        "reasons": health.reasons,
        "figures": {
            "window_seconds": WINDOW.as_secs(),
            "requests_ok": recent.ok,
            "requests_failed": recent.failed,
            "p50_seconds": recent.times.percentile(50),
            "p95_seconds": recent.times.percentile(95),
            "p99_seconds": recent.times.percentile(99),
            "browsers": vitals.browsers,
            "tabs_busy": vitals.lanes.0,
            "tabs": vitals.lanes.1,
            "waiting": vitals.waiting,
            "capacity_percent": vitals.capacity_percent(),
            "disk_free_bytes": vitals.disk_free,
            "ledger_unread_bytes": vitals.unread_bytes,
        },
    }))
}
