//! What is written down about a request. Dropped before the end it says that the client left, so
//! every admitted request has exactly one end.

use std::{sync::Arc, time::Instant};

use tabway_dialects::{
    chat::{Failure, Usage},
    ids::RequestId,
    patch::Peek,
};

use super::{Order, route::Candidate};
use crate::app::App;

/// One admitted request.
pub(crate) struct Record {
    app: Arc<App>,
    id: RequestId,
    started: Instant,
    attempts: u32,
    open: bool,
}

impl Record {
    /// Takes note of a request.
    pub(super) fn open(app: Arc<App>, order: &Order, peek: &Peek) -> Result<Self, Failure> {
        app.metrics.in_flight.inc();
        tracing::debug!(
            request = %order.id,
            client_id = order.client_id.as_deref().unwrap_or_default(),
            model = peek.model,
            "admitted"
        );
        Ok(Self { id: order.id, started: order.started, attempts: 0, open: true, app })
    }

    /// The request's id.
    pub(super) fn id(&self) -> RequestId {
        self.id
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt begins.
    pub(super) fn attempt_begins(&mut self) {
        self.attempts += 1;
    }

    /// An attempt failed.
    pub(super) fn attempt_failed(&mut self, candidate: &Candidate, failure: &Failure) {
        let code = failure.class.code();
        self.app.metrics.attempt_ended(candidate.place(), code);
        tracing::info!(
            request = %self.id,
            target = candidate.label(),
            code,
            internal = failure.internal.as_deref().unwrap_or_default(),
            "attempt failed"
        );
    }

    /// The first byte of an answer is here.
    pub(super) fn answered(&mut self) {
        self.app.metrics.first_byte.observe(self.started.elapsed().as_secs_f64());
    }

    /// The request ends well. Before the client sees the end.
    pub(super) fn succeed(&mut self, candidate: &Candidate, usage: Option<Usage>) {
        self.app.metrics.attempt_ended(candidate.place(), "ok");
        if let Some(usage) = usage {
            self.app.metrics.tokens_in.inc_by(usage.total_input());
            self.app.metrics.tokens_out.inc_by(usage.output);
        }
        self.end("ok");
    }

    /// The request fails; gives the failure back for the client.
    pub(super) fn fail(mut self, failure: Failure) -> Failure {
        self.fail_in_stream(&failure);
        failure
    }

    /// The request fails after its answer began.
    pub(super) fn fail_in_stream(&mut self, failure: &Failure) {
        self.end(failure.class.code());
    }

    fn end(&mut self, outcome: &'static str) {
        if !std::mem::take(&mut self.open) {
            return;
        }
        let metrics = &self.app.metrics;
        metrics.in_flight.dec();
        metrics.duration.observe(self.started.elapsed().as_secs_f64());
        metrics.request_ended(outcome);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        self.end("client_gone");
    }
}
