//! A response body that takes its steps one by one.

use std::{
    collections::VecDeque,
    future::Future as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::SystemTime,
};

use bytes::Bytes;
use hyper::body::{Body, Frame};
use tokio::{
    net::TcpStream,
    time::{Instant, Sleep},
};

use crate::{
    journal::{Entry, Outcome},
    reply::{Step, stamped},
};

/// The connection is cut here, as told.
#[derive(Debug)]
pub(crate) struct CutHere;

impl std::fmt::Display for CutHere {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("the script cuts the connection here")
    }
}

impl std::error::Error for CutHere {}

/// The body of every reply.
pub(crate) struct ScriptedBody {
    steps: VecDeque<Step>,
    endless: bool,
    entry: Entry,
    socket: Arc<TcpStream>,
    /// Waits follow a schedule, so that a slow poll does not make a slow stream.
    due: Instant,
    sleep: Option<Pin<Box<Sleep>>>,
    flushed: bool,
}

impl ScriptedBody {
    pub(crate) fn new(
        steps: VecDeque<Step>,
        endless: bool,
        entry: Entry,
        socket: Arc<TcpStream>,
    ) -> Self {
        let due = Instant::now();
        Self { steps, endless, entry, socket, due, sleep: None, flushed: false }
    }

    fn next_step(&mut self) -> Option<Step> {
        let step = self.steps.pop_front()?;
        if self.endless {
            self.steps.push_back(step.clone());
        } else if self.steps.is_empty() && matches!(step, Step::Send(_) | Step::SendStamped(_)) {
            // hyper lets go of a body of known length without asking for its end.
            self.entry.settle(Outcome::Answered);
        }
        Some(step)
    }

    fn cut(&mut self, reset: bool) -> CutHere {
        self.entry.settle(Outcome::Cut);
        if reset {
            // Best effort: the connection ends either way.
            let _ = self.socket.set_zero_linger();
        }
        CutHere
    }
}

impl Body for ScriptedBody {
    type Data = Bytes;
    type Error = CutHere;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, CutHere>>> {
        let this = self.get_mut();
        loop {
            if let Some(sleep) = &mut this.sleep {
                ready!(sleep.as_mut().poll(context));
                this.sleep = None;
            }
            match this.next_step() {
                Some(Step::Send(bytes)) => return Poll::Ready(Some(Ok(Frame::data(bytes)))),
                Some(Step::SendStamped(piece)) => {
                    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_micros();
                    return Poll::Ready(Some(Ok(Frame::data(stamped(&piece, now)))));
                }
                Some(Step::Wait(time)) => {
                    this.due += time;
                    this.sleep = Some(Box::pin(tokio::time::sleep_until(this.due)));
                }
                Some(Step::Silence) => {
                    this.steps.push_front(Step::Silence);
                    return Poll::Pending;
                }
                // What was handed over is flushed while this body waits, and only then cut.
                Some(cut @ Step::Cut { .. }) if !this.flushed => {
                    this.flushed = true;
                    this.steps.push_front(cut);
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Step::Cut { reset }) => return Poll::Ready(Some(Err(this.cut(reset)))),
                None => return Poll::Ready(None),
            }
        }
    }
}
