//! Attempts: one candidate after the other until one begins to answer.

pub(super) mod policy;
pub(super) mod provider;
mod redact;

use tabway_dialects::chat::{Failure, FailureClass};

use super::{admit::Call, places::InFlight, route::Candidate};

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
}

/// Tries the candidates in order. What failed is noted; nothing has reached the client yet.
///
/// # Errors
/// The failure that says most about the request; the request is then settled.
pub(super) async fn first(mut call: Call, candidates: Vec<Candidate>) -> Result<Started, Failure> {
    let mut told: Option<Failure> = None;
    for candidate in candidates.into_iter().take(MAX_ATTEMPTS) {
        if told.as_ref().is_some_and(|failure| !policy::may_take_over(failure, &candidate, &call)) {
            continue;
        }
        call.record.attempt_begins();
        let in_flight = candidate.state().enter();
        let deadline = tokio::time::Instant::from_std(call.deadline);
        let tried = tokio::time::timeout_at(deadline, attempt(&call, &candidate)).await;
        let failure = match tried {
            Ok(Ok(answer)) => {
                call.record.answered();
                return Ok(Started { call, candidate, answer, in_flight });
            }
            Ok(Err(failure)) => failure,
            Err(_) => policy::total_timeout(&call.model),
        };
        call.record.attempt_failed(&candidate, &failure);
        policy::rest(&candidate, &failure);
        told = policy::worth_telling(told, failure);
    }
    let failure = told.unwrap_or_else(|| {
        Failure::new(FailureClass::Internal, "the model has no target that could be tried")
    });
    Err(call.record.fail(failure))
}

async fn attempt(call: &Call, candidate: &Candidate) -> Result<Answer, Failure> {
    match candidate {
        Candidate::Provider { provider, account, model, .. } => {
            provider::attempt(call, provider, *account, model).await
        }
        Candidate::Site { site, .. } => Err(Failure::new(
            FailureClass::NoNode,
            format!("no paired browser serves the site `{site}`"),
        )),
    }
}
