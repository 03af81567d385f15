//! The end of a key: revoked, expired, or gone from the file. Its open answers end with it.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use tabway_dialects::chat::{Failure, FailureClass};
use tokio::sync::{Notify, futures::OwnedNotified};

/// Whether a key has ended, and who waits for it.
#[derive(Debug, Default)]
pub(super) struct End {
    over: AtomicBool,
    told: Arc<Notify>,
}

impl End {
    /// It is over; for good.
    pub(super) fn come(&self) {
        if !self.over.swap(true, Ordering::AcqRel) {
            self.told.notify_waiters();
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

/// An answer's eye on the end of its key. Looking costs one load; only who waits is registered.
#[derive(Default)]
pub(crate) struct Watch {
    /// None where there is no key that could end.
    end: Option<Arc<End>>,
    waiting: Option<Pin<Box<OwnedNotified>>>,
}

impl Watch {
    pub(super) fn new(end: Option<Arc<End>>) -> Self {
        Self { end, waiting: None }
    }

    /// Whether the key has ended.
    pub(crate) fn is_over(&self) -> bool {
        self.end.as_ref().is_some_and(|end| end.is_over())
    }

    /// Ready when the key has ended.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(end) = &self.end else { return Poll::Pending };
        let told = || Box::pin(end.told.clone().notified_owned());
        let waiting = self.waiting.get_or_insert_with(told);
        // Registered before the look, so that no end falls in between.
        let woken = waiting.as_mut().poll(cx).is_ready();
        if woken || end.is_over() { Poll::Ready(()) } else { Poll::Pending }
    }

    /// Waits for the end.
    pub(crate) async fn over(&mut self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }

    /// What comes first: the work, or the end of the key.
    ///
    /// # Errors
    /// The work's, or that the key has ended.
    pub(crate) async fn unless_over<T>(
        mut self,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.over() => Err(ended()),
        }
    }
}

/// What a client is told whose key has ended.
pub(crate) fn ended() -> Failure {
    Failure::new(FailureClass::InvalidKey, "this API key was revoked or has expired")
}
