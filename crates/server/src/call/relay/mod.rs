//! Relays: from an answer that has begun to the client, and the end noted before its last event.

mod clock;
mod committed;
mod page;
mod passing;
mod pictures;

use std::{future::Future, pin::Pin, time::Duration};

use http::HeaderMap;
use tabway_dialects::{chat::Failure, ids::RequestId};

use super::{
    Answered, Reply,
    attempt::{Answer, Started},
    record::PageFacts,
};
use crate::{body::Body, nodes::Nodes};
pub(super) use pictures::pictures;

/// The attempts in progress.
pub(super) type Attempts = Pin<Box<dyn Future<Output = Result<Started, Failure>> + Send>>;

/// An answer that streams. Once `commit_after` has passed without a first token the client gets
/// its status and comments, so that nothing in between gives the connection up.
pub(super) async fn stream(
    mut attempts: Attempts,
    commit_after: Duration,
    (id, nodes): (RequestId, Nodes),
) -> Result<Reply, Failure> {
    match tokio::time::timeout(commit_after, attempts.as_mut()).await {
        Ok(started) => begin(started?),
        Err(_) => Ok(committed::reply(attempts, id, nodes)),
    }
}

/// An answer that comes at once.
///
/// # Errors
/// A page's failure, or a record that could not be written.
pub(super) async fn whole(started: Started) -> Result<Reply, Failure> {
    let by = answered(&started);
    let Started { call, candidate, answer, in_flight } = started;
    match answer {
        Answer::Page(page) => {
            // Boxed: its future is large, and a provider's answer should not carry it.
            let whole = Box::pin(page::whole(call, &candidate, *page));
            let body = Body::whole(whole.await?);
            Ok(Reply { headers: HeaderMap::new(), by: Some(by), streams: false, body })
        }
        answer => begin(Started { call, candidate, answer, in_flight }),
    }
}

/// The reply of an answer that has begun.
///
/// # Errors
/// A record that could not be written.
fn begin(started: Started) -> Result<Reply, Failure> {
    let by = Some(answered(&started));
    let Started { mut call, candidate, answer, mut in_flight } = started;
    Ok(match answer {
        Answer::Whole(whole) => {
            in_flight.settle(Some(&whole.usage));
            call.record.succeed(&candidate, Some(whole.usage), PageFacts::default())?;
            Reply { headers: whole.headers, by, streams: false, body: Body::whole(whole.body) }
        }
        Answer::Passing(passing) => {
            let headers = passing.headers.clone();
            let body = passing::body(call, candidate, passing, in_flight);
            Reply { headers, by, streams: true, body }
        }
        Answer::Page(page) => {
            let body = page::streamed(call, candidate, *page, in_flight);
            Reply { headers: HeaderMap::new(), by, streams: true, body }
        }
    })
}

fn answered(started: &Started) -> Answered {
    let (losses, emulated) = match &started.answer {
        Answer::Page(page) => (page.losses.clone(), page.emulated()),
        Answer::Whole(_) | Answer::Passing(_) => Default::default(),
    };
    let (target, attempts) = (started.candidate.label(), started.call.record.attempts());
    Answered { target, attempts, losses, emulated }
}
