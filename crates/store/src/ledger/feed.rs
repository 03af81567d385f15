//! Ended requests as they reach the database, for those who want to hear of them at once.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

use super::Finished;

/// Requests that a follower may be behind.
const BEHIND: usize = 4_096;

/// What a follower hears.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A request ended.
    Ended(Arc<Finished>),
    /// So many ended while it was too slow; it does not hear of them.
    Lost(u64),
}

/// Hears of every request that ends from now on.
#[derive(Debug)]
pub struct Feed(Option<broadcast::Receiver<Arc<Finished>>>);

impl Feed {
    /// The next one; nothing when the ledger is closed.
    pub async fn next(&mut self) -> Option<Heard> {
        match self.0.as_mut()?.recv().await {
            Ok(row) => Some(Heard::Ended(row)),
            Err(RecvError::Lagged(missed)) => Some(Heard::Lost(missed)),
            Err(RecvError::Closed) => None,
        }
    }

    /// The next one, on a thread that may block.
    pub fn wait(&mut self) -> Option<Heard> {
        match self.0.as_mut()?.blocking_recv() {
            Ok(row) => Some(Heard::Ended(row)),
            Err(RecvError::Lagged(missed)) => Some(Heard::Lost(missed)),
            Err(RecvError::Closed) => None,
        }
    }

    /// The next one, if it is there.
    pub fn at_once(&mut self) -> Option<Heard> {
        match self.0.as_mut()?.try_recv() {
            Ok(row) => Some(Heard::Ended(row)),
            Err(TryRecvError::Lagged(missed)) => Some(Heard::Lost(missed)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

/// Where the writer tells.
pub(super) struct Herald(Mutex<Option<broadcast::Sender<Arc<Finished>>>>);

impl Default for Herald {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::Sender::new(BEHIND))))
    }
}

impl Herald {
    /// Another follower.
    pub(super) fn follow(&self) -> Feed {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Feed(sender.as_ref().map(broadcast::Sender::subscribe))
    }

    /// Tells of requests that the database has. Costs nothing where nobody follows.
    pub(super) fn tell(&self, rows: Vec<Finished>) {
        let sender = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sender) = sender.as_ref().filter(|sender| sender.receiver_count() > 0) else {
            return;
        };
        for row in rows {
            // An error says that the last follower has just gone.
            let _ = sender.send(Arc::new(row));
        }
    }

    /// Nothing more comes; followers hear what is left, and the end.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
