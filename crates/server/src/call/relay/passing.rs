//! A provider's stream on its way to the client, byte for byte. Polled by the client's connection:
//! what the client does not read is not read from the upstream either.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http_body::Frame;
use hyper::body::Incoming;
use tabway_dialects::{
    chat::{Failure, FailureClass, Usage},
    openai_chat::{Step, Tap, error_event},
};
use tokio::time::Instant;

use super::clock::Clock;
use crate::{
    body::Body,
    call::{
        admit::Call,
        attempt::provider::{Passing, USUAL_PATIENCE, broke_off, clean},
        places::InFlight,
        record::{PageFacts, Record},
        route::Candidate,
    },
    config::Secret,
};

/// After `[DONE]` the upstream has this long to end its body, which keeps the connection usable.
const LINGER: Duration = Duration::from_secs(1);

/// The body of a provider's stream.
pub(super) fn body(
    call: Call,
    candidate: Candidate,
    passing: Passing,
    in_flight: InFlight,
) -> Body {
    let idle = call.model.deadlines.idle.unwrap_or(USUAL_PATIENCE);
    let most = call.worker.app.config().limits.max_answer_bytes;
    let mut body = PassingBody {
        upstream: Some(passing.rest),
        tap: passing.tap,
        ready: Bytes::new(),
        between_events: true,
        settled: false,
        left: most,
        clock: Clock::new(idle, Instant::from_std(call.deadline), call.record.watch()),
        record: call.record,
        candidate,
        secret: passing.secret,
        in_flight,
    };
    body.hand_on(passing.first);
    if body.tap.is_done() {
        body.end();
    }
    Body::pieces(body)
}

struct PassingBody {
    /// Gone when nothing more is wanted of it.
    upstream: Option<Incoming>,
    tap: Tap,
    /// What the client gets next.
    ready: Bytes,
    /// Whether what the client has ends with an event's end.
    between_events: bool,
    /// Whether the request's end is noted.
    settled: bool,
    /// How many more bytes the answer may have.
    left: usize,
    clock: Clock,
    record: Record,
    candidate: Candidate,
    secret: Option<Secret>,
    in_flight: InFlight,
}

impl PassingBody {
    fn take(&mut self, piece: Bytes) {
        if self.settled {
            return;
        }
        if let Some(failure) = self.clock.touch() {
            return self.fail(failure);
        }
        let Some(left) = self.left.checked_sub(piece.len()) else {
            let words = "the answer grew over the limit";
            return self.fail(Failure::new(FailureClass::AnswerTooLarge, words));
        };
        self.left = left;
        match self.tap.push(piece) {
            Step::Forward(bytes) => self.hand_on(bytes),
            Step::Held if self.tap.is_done() => self.end(),
            Step::Held => {}
            Step::Failed { before, failure } => {
                self.hand_on(before);
                self.fail(failure);
            }
        }
    }

    fn hand_on(&mut self, bytes: Bytes) {
        if !bytes.is_empty() {
            self.between_events = bytes.ends_with(b"\n\n") || bytes.ends_with(b"\r\n\r\n");
            self.ready = bytes;
        }
    }

    /// What the answer took so far: the upstream's counts, else an estimate.
    fn used(&self) -> Usage {
        let told = self.tap.told();
        told.unwrap_or_else(|| self.record.estimate(self.tap.output_so_far()))
    }

    /// The upstream's last word: note how it ended, then let the client see it.
    fn end(&mut self) {
        if self.settled {
            self.upstream = None;
            return;
        }
        let ending = self.tap.finish();
        if !ending.whole {
            return self.fail(broke_off("the stream ended without a finish"));
        }
        self.in_flight.settle(ending.usage.as_ref());
        let usage = self.used();
        let noted = self.record.succeed(&self.candidate, Some(usage), PageFacts::default());
        if let Err(failure) = noted {
            return self.fail(failure);
        }
        self.settled = true;
        self.ready = ending.held;
        if self.tap.is_done() {
            self.clock.shorten(LINGER);
        } else {
            self.upstream = None;
        }
    }

    /// What came is in the client's hands; the failure is the last event, and no `[DONE]` follows.
    fn fail(&mut self, failure: Failure) {
        self.upstream = None;
        if self.settled {
            return;
        }
        self.settled = true;
        let failure = clean(failure, self.secret.as_ref());
        self.record.stream_failed(&mut self.in_flight, &failure);
        self.record.break_off(&self.candidate, &failure, self.used());
        let mut last = BytesMut::from(std::mem::take(&mut self.ready));
        if !self.between_events {
            last.extend_from_slice(b"\n\n");
        }
        last.extend_from_slice(error_event(&failure, self.record.id()).as_bytes());
        self.ready = last.freeze();
    }
}

impl Drop for PassingBody {
    fn drop(&mut self) {
        if !self.settled {
            let usage = self.used();
            self.record.cut_short(&self.candidate, usage);
        }
    }
}

impl http_body::Body for PassingBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        loop {
            if !this.ready.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.ready)))));
            }
            let Some(upstream) = &mut this.upstream else { return Poll::Ready(None) };
            match Pin::new(upstream).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => {
                    if let Ok(piece) = frame.into_data() {
                        this.take(piece);
                    }
                }
                Poll::Ready(Some(Err(error))) => this.fail(broke_off(&error.to_string())),
                Poll::Ready(None) => this.end(),
                Poll::Pending => match this.clock.poll(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(failure) => this.fail(failure),
                },
            }
        }
    }
}
