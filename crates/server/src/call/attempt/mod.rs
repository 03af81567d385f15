//! Attempts: one candidate after the other until one begins to answer.

pub(super) mod page;
pub(super) mod policy;
pub(super) mod provider;
mod redact;

use tabway_dialects::chat::{Failure, FailureClass};

use super::{admit::Call, places::InFlight, record::PageFacts, route::Candidate};

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
pub(super) async fn first(mut call: Call, candidates: Vec<Candidate>) -> Result<Started, Failure> {
    let mut told: Option<Failed> = None;
    for candidate in candidates.into_iter().take(MAX_ATTEMPTS) {
        if told.as_ref().is_some_and(|failed| !policy::may_take_over(failed, &candidate, &call)) {
            continue;
        }
        call.record.attempt_begins();
        let in_flight = candidate.state().enter();
        let failed = match attempt(&call, &candidate).await {
            Ok(answer) => {
                call.record.answered(&candidate);
                return Ok(Started { call, candidate, answer, in_flight });
            }
            Err(failed) => failed,
        };
        call.record.attempt_failed(&candidate, &failed.failure, failed.page.clone());
        policy::rest(&candidate, &failed.failure);
        told = Some(policy::worth_telling(told, failed));
    }
    let failure = told.map(|failed| failed.failure).unwrap_or_else(|| {
        Failure::new(FailureClass::Internal, "the model has no target that could be tried")
    });
    Err(call.record.fail(failure))
}

/// One attempt. It keeps the whole request's deadline too: one timer an attempt, not two.
async fn attempt(call: &Call, candidate: &Candidate) -> Result<Answer, Failed> {
    match candidate {
        Candidate::Provider { provider, account, model, .. } => {
            provider::attempt(call, provider, *account, model).await.map_err(Failed::from)
        }
        Candidate::Site { site, model, .. } => {
            // Boxed: its future is large, and a provider's request should not carry it.
            let answer = Box::pin(page::attempt(call, site, model)).await?;
            Ok(Answer::Page(Box::new(answer)))
        }
    }
}
