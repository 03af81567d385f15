//! After a failure: who may take over, and what the client is told in the end.

use tabway_dialects::chat::{Failure, FailureClass};

use super::Failed;
use crate::{
    call::{admit::Call, places::Why, route::Candidate},
    config::{AfterAccept, Model, Routing},
};

/// Accounts of one provider that are tried while it fails: after that it is not their fault.
const MOST_BESIDE: usize = 2;

/// Why the next candidate may not take over after this failure; nothing where it may.
pub(super) fn bars(
    failed: &Failed,
    tried: &[(Candidate, FailureClass)],
    next: &Candidate,
    call: &Call,
) -> Option<&'static str> {
    // A page has taken the prompt: it is never typed again.
    if failed.page.accepted
        && !(call.model.after_accept == AfterAccept::Provider && next.is_provider())
    {
        return Some("not after a page has taken the prompt");
    }
    match failed.failure.class {
        // The fault is the request's: it would fail everywhere.
        FailureClass::InvalidJson
        | FailureClass::InvalidRequest
        | FailureClass::UpstreamRejected
        | FailureClass::ContentFiltered
        | FailureClass::Moderated
        | FailureClass::Cancelled
        | FailureClass::TotalTimeout => return Some("not after such a failure"),
        // Another account of the same model holds no more.
        FailureClass::ContextTooLong
            if tried.iter().any(|(one, class)| {
                *class == FailureClass::ContextTooLong && !next.may_hold_more(one)
            }) =>
        {
            return Some("holds no more than the one before");
        }
        _ => {}
    }
    let beside = tried.iter().filter(|(candidate, class)| {
        candidate.is_beside(next) && Why::of(*class) == Some(Why::Failures)
    });
    (next.is_provider() && beside.count() >= MOST_BESIDE).then_some("its provider fails")
}

/// Whether a further attempt after this failure is load that the retry budget counts: what never
/// left the gateway, was refused for want of a seat or is too long for one model, is none.
pub(super) fn is_retry(candidate: &Candidate, failure: &Failure) -> bool {
    let here = [FailureClass::Unsupported, FailureClass::ContextTooLong];
    candidate.is_provider() && !here.contains(&failure.class)
}

/// The client is told to wait no longer than the account rests.
pub(super) fn bounded(mut failure: Failure, rules: &Routing) -> Failure {
    if let (Some(ms), Some(why)) = (failure.retry_after_ms, Why::of(failure.class)) {
        let most = u64::try_from(why.most(rules).as_millis()).unwrap_or(u64::MAX);
        failure.retry_after_ms = Some(ms.min(most));
    }
    failure
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
