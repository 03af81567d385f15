//! Relays: from an answer that has begun to the client, and the end noted before its last event.

mod clock;
mod committed;
mod passing;

use std::{future::Future, time::Duration};

use tabway_dialects::chat::Failure;

use super::{
    Answered, Reply,
    attempt::{Answer, Started},
};
use crate::body::Body;

/// An answer that streams. Once `commit_after` has passed without a first token the client gets
/// its status and comments, so that nothing in between gives the connection up.
pub(super) async fn stream(
    attempts: impl Future<Output = Result<Started, Failure>> + Send + 'static,
    commit_after: Duration,
    id: tabway_dialects::ids::RequestId,
) -> Result<Reply, Failure> {
    let mut attempts = Box::pin(attempts);
    match tokio::time::timeout(commit_after, attempts.as_mut()).await {
        Ok(started) => started.map(begin),
        Err(_) => Ok(committed::reply(attempts, id)),
    }
}

/// The reply of an answer that has begun.
pub(super) fn begin(started: Started) -> Reply {
    let by = Answered {
        target: started.candidate.label(),
        attempts: started.call.record.attempts(),
        losses: Vec::new(),
    };
    let Started { mut call, candidate, answer, in_flight } = started;
    match answer {
        Answer::Whole(whole) => {
            call.record.succeed(&candidate, whole.usage);
            let body = Body::whole(whole.body);
            Reply { headers: whole.headers, by: Some(by), streams: false, body }
        }
        Answer::Passing(passing) => {
            let headers = passing.headers.clone();
            let body = passing::body(call, candidate, passing, in_flight);
            Reply { headers, by: Some(by), streams: true, body }
        }
    }
}
