//! Failures as responses: one table from class to status, and the envelope around it.

use http::{HeaderValue, Method, Response, StatusCode, header};
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
    openai_chat::encode_error,
};

use crate::body::Body;

/// The status of a class.
#[must_use]
pub(crate) fn status(class: FailureClass) -> StatusCode {
    use FailureClass as C;
    match class {
        C::InvalidJson
        | C::InvalidRequest
        | C::Unsupported
        | C::UpstreamRejected
        | C::ContextTooLong
        | C::ContentFiltered
        | C::FileRefused => StatusCode::BAD_REQUEST,
        C::InvalidKey => StatusCode::UNAUTHORIZED,
        C::PermissionDenied => StatusCode::FORBIDDEN,
        C::ModelNotFound | C::NotFound => StatusCode::NOT_FOUND,
        C::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        C::BodyTooLarge | C::FileTooLarge | C::StorageFull => StatusCode::PAYLOAD_TOO_LARGE,
        C::NodeOutdated | C::Duplicate => StatusCode::CONFLICT,
        C::Misdirected => StatusCode::MISDIRECTED_REQUEST,
        C::Moderated | C::NoImage => StatusCode::UNPROCESSABLE_ENTITY,
        C::KeyRateLimited
        | C::KeyBusy
        | C::KeyBudget
        | C::UpstreamRateLimited
        | C::UpstreamQuota
        | C::Busy
        | C::QueueFull
        | C::SiteRateLimited
        | C::SiteQuota => StatusCode::TOO_MANY_REQUESTS,
        // Nobody is to repeat what the owner has ended: clients do so after 409 and 5xx.
        C::Cancelled | C::Gone => StatusCode::GONE,
        // The client never sees the last one; nginx's 499 has no name.
        C::Internal | C::ClientGone => StatusCode::INTERNAL_SERVER_ERROR,
        C::UpstreamUnreachable
        | C::UpstreamAuth
        | C::UpstreamError
        | C::UpstreamBadResponse
        | C::PageChanged
        | C::PageNotStarted
        | C::PageError
        | C::NodeLost
        | C::OutcomeUnknown
        | C::ToolCallInvalid
        | C::OutputInvalid
        | C::AnswerTooLarge => StatusCode::BAD_GATEWAY,
        C::Saturated
        | C::TargetsResting
        | C::ShuttingDown
        | C::NoNode
        | C::SignedOut
        | C::Challenge
        | C::Consent
        | C::SiteMaintenance
        | C::HumanBusy => StatusCode::SERVICE_UNAVAILABLE,
        C::FirstTokenTimeout | C::SilenceTimeout | C::TotalTimeout => StatusCode::GATEWAY_TIMEOUT,
    }
}

/// A failure as the answer to a request that has not been answered yet.
pub(crate) fn response(failure: &Failure, id: RequestId) -> Response<Body> {
    if let Some(internal) = &failure.internal {
        tracing::info!(request = %id, code = failure.class.code(), internal, "failed");
    }
    let mut response = Response::new(Body::whole(encode_error(failure, id)));
    let status = status(failure.class);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let wait = failure.retry_after_ms.or_else(|| {
        // A client that is told to come back must be told when.
        (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5_000)
    });
    if let Some(ms) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(ms.div_ceil(1_000).max(1)));
    }
    response
}

/// A method that the route does not take. `allowed` is `None` where the router adds the header.
pub(crate) fn method_not_allowed(
    method: &Method,
    allowed: Option<&'static str>,
    id: RequestId,
) -> Response<Body> {
    let word: String = method.as_str().chars().take(20).collect();
    let failure = Failure::new(
        FailureClass::MethodNotAllowed,
        match allowed {
            Some(allowed) => format!("this route takes {allowed}, not {word}"),
            None => format!("this route does not take {word}"),
        },
    );
    let mut response = response(&failure, id);
    if let Some(allowed) = allowed {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documented_status_is_the_one_that_is_sent() {
        let docs = include_str!("../../../../docs/ERRORS.md");
        for class in FailureClass::ALL.iter().filter(|class| **class != FailureClass::ClientGone) {
            let row = format!("| `{}` | {} |", class.code(), status(*class).as_u16());
            assert!(docs.contains(&row), "docs/ERRORS.md should say {row}");
        }
    }
}
