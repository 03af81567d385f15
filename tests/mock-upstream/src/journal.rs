//! What the mock received and what became of it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::sync::Notify;

/// One received request.
#[derive(Debug, Clone)]
pub struct Received {
    /// The method.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Bytes,
    /// When its head had arrived.
    pub at: Instant,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Still at work, or silent.
    Open,
    /// The whole answer was handed to the connection.
    Answered,
    /// The mock cut the connection, as told.
    Cut,
    /// The client closed its socket first.
    ClientClosed {
        /// How long after the request's arrival.
        after: Duration,
    },
}

impl Received {
    /// A header's value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the client closed its socket before the answer's end.
    #[must_use]
    pub fn client_closed(&self) -> bool {
        matches!(self.outcome, Outcome::ClientClosed { .. })
    }

    pub(crate) fn to_json(&self) -> Value {
        let (outcome, after) = match self.outcome {
            Outcome::Open => ("open", None),
            Outcome::Answered => ("answered", None),
            Outcome::Cut => ("cut", None),
            Outcome::ClientClosed { after } => ("client_closed", Some(after.as_millis() as u64)),
        };
        json!({
            "method": self.method,
            "path": self.path,
            "headers": self.headers,
            "body": String::from_utf8_lossy(&self.body),
            "outcome": outcome,
            "closed_after_ms": after,
        })
    }
}

/// The journal of one mock.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: Mutex<Vec<Received>>,
    changed: Notify,
}

impl Journal {
    pub(crate) fn entries(&self) -> Vec<Received> {
        self.locked(|entries| entries.clone())
    }

    pub(crate) fn clear(&self) {
        self.locked(Vec::clear);
    }

    pub(crate) fn open(self: &Arc<Self>, received: Received) -> Entry {
        let at = received.at;
        let index = self.locked(|entries| {
            entries.push(received);
            entries.len() - 1
        });
        self.changed.notify_waiters();
        Entry { journal: Some(Arc::clone(self)), index, at }
    }

    /// Waits until `wanted` finds what it looks for.
    pub(crate) async fn wait_for<T>(&self, mut wanted: impl FnMut(&[Received]) -> Option<T>) -> T {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(found) = self.locked(|entries| wanted(entries)) {
                return found;
            }
            changed.await;
        }
    }

    fn locked<T>(&self, act: impl FnOnce(&mut Vec<Received>) -> T) -> T {
        act(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// One request's line in the journal. Dropped unsettled it says that the client closed.
#[derive(Debug)]
pub(crate) struct Entry {
    journal: Option<Arc<Journal>>,
    index: usize,
    at: Instant,
}

impl Entry {
    /// For a mock that keeps no journal.
    pub(crate) fn unrecorded() -> Self {
        Self { journal: None, index: 0, at: Instant::now() }
    }

    pub(crate) fn set_body(&self, body: &Bytes) {
        self.change(|received| received.body = body.clone());
    }

    pub(crate) fn settle(&mut self, outcome: Outcome) {
        self.change(|received| received.outcome = outcome);
        self.journal = None;
    }

    fn change(&self, act: impl FnOnce(&mut Received)) {
        let Some(journal) = &self.journal else { return };
        // A cleared journal has forgotten the entry; another may sit in its place.
        journal.locked(|entries| {
            entries.get_mut(self.index).filter(|entry| entry.at == self.at).map(act)
        });
        journal.changed.notify_waiters();
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        let after = self.at.elapsed();
        self.settle(Outcome::ClientClosed { after });
    }
}
