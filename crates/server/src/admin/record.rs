//! One turn on a live lane with its records as the gateway receives them, a line each: what a fixture
//! of an adapter is made of. Nothing of it is kept here.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use http::header;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tabway_protocol::adapter::record_line;

use super::{diagnose::known, error::ApiError, permit::Permit, strict::Strict};
use crate::{
    app::App,
    nodes::{JobEvent, JobHandle, JobOrder, PAGES_OWN},
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Turn {
    /// What to type.
    prompt: String,
}

/// Runs the turn: first a line with the site's adapter, then the records, last how it ended.
pub(super) async fn record(
    _permit: Permit,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Strict(turn): Strict<Turn>,
) -> Result<Response, ApiError> {
    if turn.prompt.trim().is_empty() {
        return Err(ApiError::invalid("prompt: a page takes no empty prompt"));
    }
    let site = known(&app, &name)?;
    let total = Duration::from_millis(site.adapter.limits.total_ms);
    let order = JobOrder { total, ..JobOrder::new(&name, PAGES_OWN, turn.prompt) };
    let job = app.nodes.start(order).await?;
    let first = line(&json!({ "adapter": site.adapter }).to_string());
    let lines = stream::unfold((Some(job), Some(first)), |(job, first)| async move {
        match (job, first) {
            (job, Some(first)) => Some((Ok::<_, Infallible>(first), (job, None))),
            (Some(job), None) => {
                let (line, job) = next(job).await;
                Some((Ok(line), (job, None)))
            }
            (None, None) => None,
        }
    });
    let kind = [(header::CONTENT_TYPE, "application/x-ndjson")];
    Ok((kind, Body::from_stream(lines)).into_response())
}

/// The next line; no turn any more after the last one.
async fn next(mut job: JobHandle) -> (Bytes, Option<JobHandle>) {
    loop {
        let ended: Value = match job.next().await {
            JobEvent::Accepted => continue,
            JobEvent::Record(record) => return (line(&record_line(&record)), Some(job)),
            JobEvent::Done { .. } => json!({ "end": "done" }),
            JobEvent::Failed { failure, .. } => {
                let (code, message) = (failure.class.code(), failure.message);
                json!({ "end": "failed", "code": code, "message": message })
            }
        };
        return (line(&ended.to_string()), None);
    }
}

fn line(text: &str) -> Bytes {
    format!("{text}\n").into()
}
