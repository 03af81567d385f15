//! The ends of a stream that has begun: silence, the whole answer's deadline, the end of its key.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tabway_dialects::chat::{Failure, FailureClass};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::keys::{Watch, ended};

/// Watches one stream. A piece costs a look at the clock, no timer.
pub(super) struct Clock {
    idle: Duration,
    total: Instant,
    last: Instant,
    key: Watch,
    /// Made when the stream first waits; moved only when it fires too early.
    timer: Option<Pin<Box<Sleep>>>,
}

impl Clock {
    pub(super) fn new(idle: Duration, total: Instant, key: Watch) -> Self {
        Self { idle, total, last: Instant::now(), key, timer: None }
    }

    /// A piece came. Says so when it came too late.
    pub(super) fn touch(&mut self) -> Option<Failure> {
        self.last = Instant::now();
        if self.key.is_over() {
            return Some(ended());
        }
        (self.last >= self.total).then(over)
    }

    /// From now on wait this long at most.
    pub(super) fn shorten(&mut self, idle: Duration) {
        self.idle = idle;
        self.last = Instant::now();
        self.timer = None;
    }

    /// Ready when a deadline has passed or the key has ended.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Failure> {
        if self.key.poll(cx).is_ready() {
            return Poll::Ready(ended());
        }
        loop {
            let due = (self.last + self.idle).min(self.total);
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(due)));
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if now >= self.total {
                return Poll::Ready(over());
            }
            if now >= self.last + self.idle {
                let words = format!("nothing came for {} s", self.idle.as_secs_f32());
                return Poll::Ready(Failure::new(FailureClass::SilenceTimeout, words));
            }
            timer.as_mut().reset(due);
        }
    }
}

fn over() -> Failure {
    Failure::new(FailureClass::TotalTimeout, "the whole answer took too long")
}
