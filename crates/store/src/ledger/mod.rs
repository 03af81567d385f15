//! The ledger: the insert-only record of requests and attempts.
//!
//! A request is admitted with a [`Slot`]. One *finished* record is in the spool before the client
//! sees the end, by one `write(2)` on the worker, so what a client saw finish survives a crash of
//! the process; a loss of power costs at most the last second. An *opened* record is written of
//! requests that stream, or take longer than a moment ([`young`]). A thread of its own feeds the
//! database ([`writer`]).

mod feed;
mod frame;
mod names;
mod read;
mod record;
mod rollup;
mod rows;
mod search;
pub(crate) mod spool;
mod sums;
mod tidy;
mod usage;
mod writer;
mod young;

use std::{
    io,
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

pub use feed::{Feed, Heard};
pub use read::{AttemptRow, KeyUse, Outcomes, RequestRow};
pub use record::{Attempt, Ended, Finished, Opened};
pub use search::{MAX_PAGE, Page, PageError, RequestFilter};
pub use sums::Sums;
pub use tidy::{Keep, Tidied};
use tokio::sync::Notify;
pub use usage::{By, Chart, ChartQuery, KeyTotals, Line, Point, Step};

use self::{
    spool::{Position, Spool},
    young::Young,
};
use crate::{StoreError, clock, database::Database, secrets::Secrets};

/// Requests that may be open at once.
const SLOTS: usize = 65_536;

/// What the ledger can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LedgerState {
    /// Everything.
    Well,
    /// The database does not take rows; they wait in the spool.
    DatabaseBehind,
    /// The spool cannot be written: nothing can be promised.
    SpoolFailed,
}

/// A handle to the ledger. Clones are of the same one.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
    database: Database,
    secrets: Arc<Secrets>,
}

/// What slots, handles and the writer share.
struct Shared {
    spool: Spool,
    young: Young,
    open: AtomicUsize,
    database_behind: AtomicBool,
    closing: AtomicBool,
    herald: feed::Herald,
    /// How far the writer has read.
    read_to: Mutex<Position>,
    /// It has read further.
    caught_up: Notify,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Shared {
    fn read_to(&self) -> Position {
        *self.read_to.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_read(&self, position: Position) {
        *self.read_to.lock().unwrap_or_else(PoisonError::into_inner) = position;
        self.caught_up.notify_waiters();
    }
}

impl Ledger {
    /// Replays the spool, marks what was in flight as interrupted, and starts the writer.
    pub(crate) async fn open(
        data_dir: &Path,
        database: &Database,
        secrets: Arc<Secrets>,
    ) -> Result<Self, StoreError> {
        let shared = Arc::new(Shared {
            spool: Spool::open(data_dir)?,
            young: Young::default(),
            open: AtomicUsize::new(0),
            database_behind: AtomicBool::new(false),
            closing: AtomicBool::new(false),
            herald: feed::Herald::default(),
            read_to: Mutex::new(Position { segment: 0, offset: 0 }),
            caught_up: Notify::new(),
            writer: Mutex::new(None),
        });
        let mut feed = writer::Feed::start(shared.clone(), database.clone()).await?;
        feed.replay().await?;
        let thread = writer::spawn(feed).map_err(StoreError::Thread)?;
        *shared.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
        Ok(Self { shared, database: database.clone(), secrets })
    }

    /// A slot for one request; none where as many are open as the ledger can follow.
    #[must_use]
    pub fn reserve(&self) -> Option<Slot> {
        let taken = self.shared.open.fetch_add(1, Ordering::AcqRel);
        if taken >= SLOTS {
            self.shared.open.fetch_sub(1, Ordering::AcqRel);
            return None;
        }
        Some(Slot { shared: self.shared.clone(), started: Instant::now(), row: None })
    }

    /// Requests that are open now.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.open.load(Ordering::Acquire)
    }

    /// What it can do now.
    #[must_use]
    pub fn state(&self) -> LedgerState {
        if self.shared.spool.has_failed() {
            LedgerState::SpoolFailed
        } else if self.shared.database_behind.load(Ordering::Acquire) {
            LedgerState::DatabaseBehind
        } else {
            LedgerState::Well
        }
    }

    /// Bytes that were written and are not in the database yet.
    #[must_use]
    pub fn unread_bytes(&self) -> u64 {
        self.shared.spool.unread(self.shared.read_to())
    }

    /// Hears of every request that ends from now on, after the database has it.
    #[must_use]
    pub fn follow(&self) -> Feed {
        self.shared.herald.follow()
    }

    /// Waits until the database has everything that was written before the call, or the writer
    /// cannot go on.
    pub async fn flush(&self) {
        // An error has told the spool's state, which is what the writer's wait looks at.
        let _ = self.shared.young.write_all(&self.shared.spool);
        self.shared.spool.grown.notify_one();
        writer::wait_until_read(&self.shared, self.shared.spool.end()).await;
    }

    /// Flushes, and ends the writer.
    pub(crate) async fn close(&self) {
        self.flush().await;
        self.shared.closing.store(true, Ordering::Release);
        self.shared.spool.grown.notify_one();
        let thread = self.shared.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let joined = tokio::task::spawn_blocking(move || thread.join()).await;
            if !matches!(joined, Ok(Ok(()))) {
                tracing::error!("the ledger's writer ended by a panic");
            }
        }
        self.shared.herald.close();
    }
}

/// One request's place in the ledger. Dropped without [`Slot::finish`] it says that the client
/// left.
pub struct Slot {
    shared: Arc<Shared>,
    started: Instant,
    row: Option<Finished>,
}

impl Slot {
    /// Marks the request as in flight: with the writer's next look, some 25 ms from now, the spool
    /// knows of it, or at once with [`Slot::begun`].
    ///
    /// # Errors
    /// When the spool could not be written of late: the request should not begin.
    pub fn opened(&mut self, opened: Opened) -> io::Result<()> {
        if self.shared.spool.has_failed() {
            return Err(io::Error::new(io::ErrorKind::StorageFull, "the spool cannot be written"));
        }
        let opened = Arc::new(opened);
        self.shared.young.add(opened.clone());
        self.shared.spool.grown.notify_one();
        self.row = Some(Finished { opened, attempts: Vec::new(), ended: Ended::default() });
        Ok(())
    }

    /// The client is about to see that its answer has begun. What a client saw begin is known after
    /// a crash.
    ///
    /// # Errors
    /// When the spool cannot be written.
    pub fn begun(&self) -> io::Result<()> {
        let Some(row) = &self.row else { return Ok(()) };
        self.shared.young.write(row.opened.request, &self.shared.spool)
    }

    /// Notes a try; it is written with the end.
    pub fn attempt(&mut self, attempt: Attempt) {
        if let Some(row) = &mut self.row {
            row.attempts.push(attempt);
        }
    }

    /// Changes the last try that was noted.
    pub fn last_attempt(&mut self, change: impl FnOnce(&mut Attempt)) {
        if let Some(attempt) = self.row.as_mut().and_then(|row| row.attempts.last_mut()) {
            change(attempt);
        }
    }

    /// Notes what is known so far, for the case that the client leaves.
    pub fn so_far(&mut self, ended: Ended) {
        if let Some(row) = &mut self.row {
            row.ended = ended;
        }
    }

    /// Writes the end. Call it before the client sees the end.
    ///
    /// # Errors
    /// When the spool cannot be written: the row is lost, and the client should not see success.
    pub fn finish(mut self, ended: Ended) -> io::Result<()> {
        self.end(Some(ended))
    }

    fn end(&mut self, ended: Option<Ended>) -> io::Result<()> {
        let Some(mut row) = self.row.take() else { return Ok(()) };
        row.ended = ended.unwrap_or_else(|| Ended {
            outcome: "client_gone".to_owned(),
            total_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            ..row.ended
        });
        self.shared.young.forget(row.opened.request);
        self.shared.spool.append(|buffer| record::write_finished(&row, buffer))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Err(error) = self.end(None) {
            tracing::error!(%error, "the end of a request could not be written");
        }
        self.shared.open.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The time that a record carries.
#[must_use]
pub fn now_ms() -> i64 {
    clock::now_ms()
}

#[cfg(test)]
mod tests;
