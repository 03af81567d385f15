//! The word to stop, heard everywhere, and the count of what still runs.

use std::sync::Arc;

use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Serving,
    Draining,
    Hurried,
}

/// A handle that every part of the gateway holds.
#[derive(Debug, Clone)]
pub struct Shutdown {
    phase: Arc<watch::Sender<Phase>>,
    running: Arc<watch::Sender<usize>>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self {
            phase: Arc::new(watch::Sender::new(Phase::Serving)),
            running: Arc::new(watch::Sender::new(0)),
        }
    }
}

impl Shutdown {
    /// Stop taking work; what runs may end in peace.
    pub fn begin(&self) {
        self.raise(Phase::Draining);
    }

    /// Stop now.
    pub fn hurry(&self) {
        self.raise(Phase::Hurried);
    }

    fn raise(&self, to: Phase) {
        self.phase.send_if_modified(|phase| {
            let rises = *phase < to;
            *phase = (*phase).max(to);
            rises
        });
    }

    /// Whether the word was given.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.phase.borrow() >= Phase::Draining
    }

    /// Waits for the word to stop.
    pub async fn draining(&self) {
        self.reached(Phase::Draining).await;
    }

    /// Waits for the word to stop now.
    pub async fn hurried(&self) {
        self.reached(Phase::Hurried).await;
    }

    async fn reached(&self, phase: Phase) {
        // The sender lives as long as this handle, so the wait cannot fail.
        let _ = self.phase.subscribe().wait_for(|now| *now >= phase).await;
    }

    /// Counts a piece of work (a connection, an upgraded socket) until the guard is dropped.
    #[must_use]
    pub fn track(&self) -> Tracked {
        self.running.send_modify(|count| *count += 1);
        Tracked(self.running.clone())
    }

    /// How many pieces of work are counted now.
    #[must_use]
    pub fn running(&self) -> usize {
        *self.running.borrow()
    }

    /// Waits until no piece of work is left.
    pub async fn idle(&self) {
        let _ = self.running.subscribe().wait_for(|count| *count == 0).await;
    }
}

/// A counted piece of work.
#[derive(Debug)]
pub struct Tracked(Arc<watch::Sender<usize>>);

impl Drop for Tracked {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}
