//! Whether the process lives, whether it can serve, a few figures, and how all of it does.

mod score;
#[cfg(test)]
mod tests;
mod vitals;

use http::{HeaderValue, Response, StatusCode, header};
use serde_json::{Value, json};
use tabway_store::ledger::LedgerState;

pub(crate) use self::{
    score::{Health, score},
    vitals::{Vitals, is_broken},
};
use crate::{app::App, body::Body};

/// The process lives: `/healthz`.
pub(crate) fn alive() -> Response<Body> {
    let mut response = Response::new(Body::whole("ok\n"));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// It can serve: `/readyz`. A drain fails it at once, so that balancers look elsewhere.
pub(crate) fn ready(app: &App) -> Response<Body> {
    let word = if app.shutdown.is_draining() {
        "draining"
    } else if app.store.ledger().state() == LedgerState::SpoolFailed {
        "ledger_failed"
    } else {
        "ready"
    };
    let ready = word == "ready";
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json_response(status, &json!({ "status": word }))
}

/// A few figures without secrets: `/health`.
pub(crate) fn health(app: &App) -> Response<Body> {
    let status = if app.shutdown.is_draining() { "draining" } else { "ok" };
    let figures = json!({
        "status": status,
        "version": env!("CARGO_PKG_VERSION"),
        "uptime_seconds": app.started.elapsed().as_secs(),
        "ledger": app.store.ledger().state(),
    });
    json_response(StatusCode::OK, &figures)
}

fn json_response(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = Response::new(Body::whole(value.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
