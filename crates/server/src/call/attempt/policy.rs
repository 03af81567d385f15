//! After a failure: who rests, who may take over, and what the client is told in the end.

use tabway_dialects::chat::{Failure, FailureClass};

use crate::{
    call::{admit::Call, route::Candidate},
    config::{AfterAccept, Model},
};

/// Whether the next candidate may take over after this failure.
pub(super) fn may_take_over(failure: &Failure, next: &Candidate, call: &Call) -> bool {
    match failure.class {
        // The fault is the request's: it would fail everywhere.
        FailureClass::InvalidJson
        | FailureClass::InvalidRequest
        | FailureClass::UpstreamRejected
        | FailureClass::ContextTooLong
        | FailureClass::ContentFiltered
        | FailureClass::Moderated
        | FailureClass::TotalTimeout => false,
        // A page has taken the prompt: it is never typed again.
        FailureClass::OutcomeUnknown => {
            call.model.after_accept == AfterAccept::Provider && next.is_provider()
        }
        _ => true,
    }
}

/// Rests the account that met a limit or lost its credential.
pub(super) fn rest(candidate: &Candidate, failure: &Failure) {
    let Candidate::Provider { account, state, .. } = candidate else { return };
    match failure.class {
        FailureClass::UpstreamRateLimited | FailureClass::UpstreamQuota => {
            state.rest(*account, failure.retry_after_ms);
        }
        FailureClass::UpstreamAuth => state.rest(*account, Some(30_000)),
        _ => {}
    }
}

/// The later failure counts, except that "cannot honour the request" says less than any other.
pub(super) fn worth_telling(told: Option<Failure>, failure: Failure) -> Option<Failure> {
    match told {
        Some(told) if failure.class == FailureClass::Unsupported => Some(told),
        _ => Some(failure),
    }
}

/// All attempts together took too long.
pub(in crate::call) fn total_timeout(model: &Model) -> Failure {
    let seconds = model.deadlines.total.as_secs_f32();
    Failure::new(FailureClass::TotalTimeout, format!("no whole answer within {seconds} s"))
}
