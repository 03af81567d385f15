//! Attempts: one candidate after the other until one begins to answer.

pub(super) mod page;
pub(super) mod policy;
pub(super) mod provider;
mod redact;

use std::time::Instant;

use tabway_dialects::chat::{Failure, FailureClass};

use super::{
    admit::Call,
    places::InFlight,
    record::PageFacts,
    route::{self, At, Candidate, Plan},
};
use crate::app::App;

/// The most attempts for one request.
const MAX_ATTEMPTS: usize = 8;

/// An answer that has begun, with everything that its relay needs.
pub(super) struct Started {
    pub(super) call: Call,
    pub(super) candidate: Candidate,
    pub(super) answer: Answer,
    /// Counts the place's load until the answer ends.
    pub(super) in_flight: InFlight,
}

/// What an attempt gives.
pub(super) enum Answer {
    /// A provider's whole reply.
    Whole(provider::Whole),
    /// A provider's stream, its first piece in hand.
    Passing(provider::Passing),
    /// A page's answer, its first text in hand.
    Page(Box<page::PageAnswer>),
}

/// An attempt that failed.
pub(super) struct Failed {
    failure: Failure,
    /// Where it was a page: which, and whether it had taken the prompt.
    page: PageFacts,
}

impl From<Failure> for Failed {
    fn from(failure: Failure) -> Self {
        Self { failure, page: PageFacts::default() }
    }
}

/// Tries the candidates in order. What failed is noted; nothing has reached the client yet.
///
/// # Errors
/// The failure that says most about the request; the request is then settled.
pub(super) async fn first(mut call: Call, mut plan: Plan) -> Result<Started, Failure> {
    let app = call.worker.app.clone();
    app.places.retries.request(app.places.now());
    let tokens = route::about(&call);
    let mut told: Option<Failed> = None;
    let mut tried: Vec<(Candidate, FailureClass)> = Vec::new();
    let mut is_retry = false;
    while let Some(candidate) = plan.next(&call).filter(|_| tried.len() < MAX_ATTEMPTS) {
        if let Some(failed) = &told
            && let Some(reason) = policy::bars(failed, &tried, &candidate, &call)
        {
            plan.skip(&candidate, reason);
            continue;
        }
        let mut in_flight = match candidate.enter(tokens) {
            Ok(in_flight) => in_flight,
            Err(standing) => {
                plan.pass_over(&candidate, standing);
                continue;
            }
        };
        if is_retry && !may_retry(&app) {
            call.record.retry_refused(&candidate);
            break;
        }
        call.record.attempt_begins();
        candidate.begins(app.places.now());
        let began = Instant::now();
        let trying = Trying { call: &mut call, candidate: &candidate, over: false };
        let failed = match trying.go().await {
            Ok(answer) => {
                in_flight.answered();
                candidate.took(began.elapsed());
                candidate.remember(&app.places);
                call.record.answered(&candidate);
                return Ok(Started { call, candidate, answer, in_flight });
            }
            Err(failed) => failed,
        };
        if matches!(failed.failure.class, FailureClass::FirstTokenTimeout) {
            candidate.took(began.elapsed());
        }
        let failed = {
            let rules = &app.config().routing;
            in_flight.failed(&failed.failure, rules);
            Failed { failure: policy::bounded(failed.failure, rules), page: failed.page }
        };
        call.record.attempt_failed(&candidate, &failed.failure, failed.page.clone());
        is_retry |= policy::is_retry(&candidate, &failed.failure);
        tried.push((candidate, failed.failure.class));
        told = Some(policy::worth_telling(told, failed));
    }
    let failure = told.map(|failed| failed.failure);
    let failure = failure.unwrap_or_else(|| plan.failure(&app.config().routing));
    Err(call.record.fail(failure))
}

/// An attempt under way. Dropped before its end, because the client leaves or its key ends, it is
/// noted all the same: the upstream has the request, or may have it.
struct Trying<'a> {
    call: &'a mut Call,
    candidate: &'a Candidate,
    over: bool,
}

impl Trying<'_> {
    async fn go(mut self) -> Result<Answer, Failed> {
        let tried = attempt(self.call, self.candidate).await;
        self.over = true;
        tried
    }
}

impl Drop for Trying<'_> {
    fn drop(&mut self) {
        if !self.over && self.candidate.is_provider() {
            let usage = self.call.record.estimate(0);
            self.call.record.cut_short(self.candidate, usage);
        }
    }
}

/// Takes one of the retry budget.
fn may_retry(app: &App) -> bool {
    let allowed = app.places.retries.retry(app.places.now(), &app.config().routing);
    let counter = if allowed { &app.metrics.retries } else { &app.metrics.retries_refused };
    counter.inc();
    allowed
}

/// One attempt. It keeps the whole request's deadline too: one timer an attempt, not two.
async fn attempt(call: &Call, candidate: &Candidate) -> Result<Answer, Failed> {
    let model = candidate.model();
    match candidate.at() {
        At::Provider(provider, account) => {
            provider::attempt(call, provider, *account, model).await.map_err(Failed::from)
        }
        At::Site(site) => {
            // Boxed: its future is large, and a provider's request should not carry it.
            let answer = Box::pin(page::attempt(call, site, model)).await?;
            Ok(Answer::Page(Box::new(answer)))
        }
    }
}
