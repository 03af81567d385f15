//! A stream whose status is sent before its first token.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use http_body::Frame;
use tabway_dialects::{ids::RequestId, openai_chat::error_event};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{Attempts, begin};
use crate::{
    body::Body,
    call::Reply,
    nodes::{Nodes, QueuePlace},
};

/// How often a comment keeps the connection alive.
const COMMENT_EVERY: Duration = Duration::from_secs(15);

/// The reply of a stream that still waits.
pub(super) fn reply(attempts: Attempts, id: RequestId, nodes: Nodes) -> Reply {
    let mut ticks = interval(COMMENT_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let body = Body::pieces(CommittedBody { state: State::Waiting { attempts, ticks }, id, nodes });
    Reply { headers: HeaderMap::new(), by: None, streams: true, body }
}

struct CommittedBody {
    state: State,
    id: RequestId,
    nodes: Nodes,
}

/// A comment is not a byte of the answer: another target may still take over.
fn comment(place: Option<QueuePlace>) -> Bytes {
    match place {
        Some(QueuePlace { position, of }) => format!(": queued {position} of {of}\n\n").into(),
        None => Bytes::from_static(b": waiting\n\n"),
    }
}

enum State {
    Waiting { attempts: Attempts, ticks: Interval },
    Relaying(Body),
    Ended,
}

impl http_body::Body for CommittedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        loop {
            match &mut this.state {
                State::Waiting { attempts, ticks } => match attempts.as_mut().poll(cx) {
                    Poll::Ready(started) => match started.and_then(begin) {
                        Ok(reply) => this.state = State::Relaying(reply.body),
                        Err(failure) => {
                            this.state = State::Ended;
                            let event = error_event(&failure, this.id);
                            return Poll::Ready(Some(Ok(Frame::data(event.into()))));
                        }
                    },
                    Poll::Pending => {
                        return ticks.poll_tick(cx).map(|_| {
                            let place = this.nodes.place_of(this.id);
                            Some(Ok(Frame::data(comment(place))))
                        });
                    }
                },
                State::Relaying(body) => return Pin::new(body).poll_frame(cx),
                State::Ended => return Poll::Ready(None),
            }
        }
    }
}
