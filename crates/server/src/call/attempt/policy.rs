//! After a failure: who rests, who may take over, and what the client is told in the end.

use tabway_dialects::chat::{Failure, FailureClass};

use super::Failed;
use crate::{
    call::{admit::Call, route::Candidate},
    config::{AfterAccept, Model},
};

/// Whether the next candidate may take over after this failure.
pub(super) fn may_take_over(failed: &Failed, next: &Candidate, call: &Call) -> bool {
    // A page has taken the prompt: it is never typed again.
    if failed.page.accepted
        && !(call.model.after_accept == AfterAccept::Provider && next.is_provider())
    {
        return false;
    }
    match failed.failure.class {
        // The fault is the request's: it would fail everywhere.
        FailureClass::InvalidJson
        | FailureClass::InvalidRequest
        | FailureClass::UpstreamRejected
        | FailureClass::ContentFiltered
        | FailureClass::Moderated
        | FailureClass::Cancelled
        | FailureClass::TotalTimeout => false,
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
/// That a page has taken the prompt is never forgotten.
pub(super) fn worth_telling(told: Option<Failed>, failed: Failed) -> Failed {
    let Some(told) = told else { return failed };
    let accepted = told.page.accepted || failed.page.accepted;
    let later = failed.failure.class != FailureClass::Unsupported;
    let mut telling = if later { failed } else { told };
    telling.page.accepted = accepted;
    telling
}

/// All attempts together took too long.
pub(in crate::call) fn total_timeout(model: &Model) -> Failure {
    let seconds = model.deadlines.total.as_secs_f32();
    Failure::new(FailureClass::TotalTimeout, format!("no whole answer within {seconds} s"))
}
