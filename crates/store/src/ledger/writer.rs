//! The thread that feeds the database from the spool, in batches, exactly once: rows and the
//! spool's position are of one transaction.

use std::{
    collections::HashMap,
    io,
    sync::{Arc, atomic::Ordering},
    thread::JoinHandle,
    time::Duration,
};

use sqlx::Row;
use tabway_dialects::ids::RequestId;
use tokio::time::{Instant, timeout};

use super::{
    Ended, Finished, Opened, Shared, frame,
    names::Names,
    record::{self, Record},
    rollup, rows,
    spool::Position,
};
use crate::{StoreError, clock, database::Database};

/// Ends of one transaction at the most.
const BATCH: usize = 2_000;

/// How long the first record of a batch waits for others.
const GATHER: Duration = Duration::from_millis(25);

/// How long a batch gathers while many requests come: a transaction for each few rows would cost
/// more than the rows.
const GATHER_MANY: Duration = Duration::from_millis(100);

/// Ends of a batch after which many requests are said to come.
const MANY: usize = 50;

/// The longest time between two syncs of the spool while it grows.
const SYNC: Duration = Duration::from_millis(900);

/// How long the writer rests after the database refused.
const REST: Duration = Duration::from_millis(500);

/// Reads the spool and writes rows.
pub(super) struct Feed {
    shared: Arc<Shared>,
    database: Database,
    position: Position,
    /// Requests that were opened and have not ended.
    open: HashMap<RequestId, Open>,
    /// The next row's number.
    next: i64,
    names: Names,
}

struct Open {
    opened: Arc<Opened>,
    /// Whether the database knows of it.
    stored: bool,
}

/// What a look at the spool found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Nothing,
    /// All that there was: a few rows.
    Some,
    /// All that there was, and it was much.
    Many,
    /// As much as a transaction takes; there may be more.
    Full,
}

/// What one transaction takes.
#[derive(Default)]
struct Batch {
    finished: Vec<Finished>,
    newly_open: Vec<Arc<Opened>>,
    stored_and_closed: Vec<RequestId>,
    end: Option<Position>,
}

/// Starts the writer's thread.
pub(super) fn spawn(feed: Feed) -> io::Result<JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new()
        .name("ledger".to_owned())
        .spawn(move || runtime.block_on(feed.run()))
}

/// Waits until the writer has read up to `end`, or cannot.
pub(super) async fn wait_until_read(shared: &Shared, end: Position) {
    loop {
        let progress = shared.caught_up.notified();
        if shared.read_to() >= end || shared.database_behind.load(Ordering::Acquire) {
            return;
        }
        // The timeout guards against a writer that ended.
        let _ = timeout(GATHER, progress).await;
        if shared.closing.load(Ordering::Acquire) {
            return;
        }
    }
}

impl Feed {
    pub(super) async fn start(shared: Arc<Shared>, database: Database) -> Result<Self, StoreError> {
        let row = sqlx::query("SELECT segment, offset_bytes FROM spool_position")
            .fetch_one(&database.writer)
            .await?;
        let number = |name| u64::try_from(row.get::<i64, _>(name)).unwrap_or(0);
        let stored = Position { segment: number("segment"), offset: number("offset_bytes") };
        let position = shared.spool.nearest(stored).map_err(sqlx::Error::Io)?;
        if position != stored {
            tracing::warn!(?stored, ?position, "the spool is not where the database left it");
        }
        let rows =
            sqlx::query("SELECT record FROM open_requests").fetch_all(&database.writer).await?;
        let open = rows
            .iter()
            .filter_map(|row| serde_json::from_str(&row.get::<String, _>("record")).ok())
            .map(|opened: Arc<Opened>| (opened.request, Open { opened, stored: true }))
            .collect();
        let next: i64 = sqlx::query_scalar("SELECT COALESCE(MAX(number), 0) + 1 FROM requests")
            .fetch_one(&database.writer)
            .await?;
        Ok(Self { shared, database, position, open, next, names: Names::default() })
    }

    /// Reads what a former process left; what it had open was interrupted.
    pub(super) async fn replay(&mut self) -> Result<(), StoreError> {
        while self.step().await? != Found::Nothing {}
        let interrupted: Vec<Finished> = self
            .open
            .drain()
            .map(|(_, open)| Finished {
                opened: open.opened,
                attempts: Vec::new(),
                ended: Ended { outcome: "interrupted".to_owned(), ..Ended::default() },
            })
            .collect();
        if !interrupted.is_empty() {
            tracing::warn!(
                count = interrupted.len(),
                "requests were in flight when the process ended"
            );
        }
        let ids = interrupted.iter().map(|row| row.opened.request).collect();
        let batch = Batch {
            finished: interrupted,
            stored_and_closed: ids,
            end: Some(self.position),
            ..Batch::default()
        };
        self.commit(&batch).await?;
        self.shared.note_read(self.position);
        Ok(())
    }

    async fn run(mut self) {
        let mut synced = Instant::now();
        loop {
            let closing = self.shared.closing.load(Ordering::Acquire);
            match self.step().await {
                Ok(Found::Full) => {}
                Ok(Found::Many) if !closing => tokio::time::sleep(GATHER_MANY).await,
                Ok(Found::Some) if !closing => tokio::time::sleep(GATHER).await,
                Ok(Found::Some | Found::Many) => {}
                Ok(Found::Nothing) if closing => break,
                Ok(Found::Nothing) => self.wait().await,
                Err(error) => {
                    tracing::warn!(%error, "the database does not take the ledger's rows; they wait");
                    self.shared.database_behind.store(true, Ordering::Release);
                    self.shared.caught_up.notify_waiters();
                    if closing {
                        break;
                    }
                    tokio::time::sleep(REST).await;
                }
            }
            if synced.elapsed() >= SYNC {
                self.shared.spool.try_again();
                self.sync();
                synced = Instant::now();
            }
        }
        self.sync();
    }

    /// Waits for something to read, and a little longer so that a batch gathers.
    async fn wait(&self) {
        if timeout(SYNC, self.shared.spool.grown.notified()).await.is_ok()
            && !self.shared.closing.load(Ordering::Acquire)
        {
            tokio::time::sleep(GATHER).await;
        }
    }

    fn sync(&self) {
        if let Err(error) = self.shared.spool.sync() {
            tracing::error!(%error, "the spool could not be synced");
        }
    }

    /// Reads and writes one batch.
    async fn step(&mut self) -> Result<Found, sqlx::Error> {
        let had_failed = self.shared.spool.has_failed();
        if let Err(error) = self.shared.young.write_all(&self.shared.spool)
            && !had_failed
        {
            tracing::error!(%error, "requests in flight cannot be noted");
        }
        let batch = self.gather().map_err(sqlx::Error::Io)?;
        let Some(end) = batch.end else { return Ok(Found::Nothing) };
        self.commit(&batch).await?;
        for finished in &batch.finished {
            self.open.remove(&finished.opened.request);
        }
        for opened in batch.newly_open {
            self.open.insert(opened.request, Open { opened, stored: true });
        }
        let rolled = end.segment > self.position.segment;
        let ended = batch.finished.len();
        self.position = end;
        self.shared.note_read(end);
        if rolled && self.make_durable().await? {
            self.shared.spool.forget_before(end);
        }
        self.shared.herald.tell(batch.finished);
        Ok(match ended {
            _ if rolled => Found::Full,
            BATCH.. => Found::Full,
            MANY.. => Found::Many,
            _ => Found::Some,
        })
    }

    /// Brings what was committed to the disk, so that a segment may go; whether that was done.
    /// Commits alone are not synced, and a loss of power may take the last ones.
    async fn make_durable(&self) -> Result<bool, sqlx::Error> {
        let row =
            sqlx::query("PRAGMA wal_checkpoint(FULL)").fetch_one(&self.database.writer).await?;
        Ok(row.get::<i64, _>(0) == 0)
    }

    fn gather(&self) -> io::Result<Batch> {
        let mut batch = Batch::default();
        let end = self.shared.spool.end();
        if self.position >= end {
            return Ok(batch);
        }
        let (bytes, to_end) = self.shared.spool.read(self.position)?;
        let mut opened: HashMap<RequestId, Arc<Opened>> = HashMap::new();
        let mut at = 0;
        while batch.finished.len() < BATCH
            && let Some((payload, taken)) = frame::first(&bytes[at..])
        {
            at += taken;
            match record::read(payload) {
                Some(Record::Opened(one)) => {
                    opened.insert(one.request, one);
                }
                Some(Record::Finished(row)) => {
                    opened.remove(&row.opened.request);
                    if self.open.get(&row.opened.request).is_some_and(|open| open.stored) {
                        batch.stored_and_closed.push(row.opened.request);
                    }
                    batch.finished.push(*row);
                }
                None => tracing::warn!("a record of the spool is of an unknown kind"),
            }
        }
        batch.newly_open = opened.into_values().collect();
        let offset = self.position.offset + u64::try_from(at).unwrap_or(0);
        let rolls = to_end && at == bytes.len() && self.position.segment < end.segment;
        batch.end = Some(match rolls {
            true => Position { segment: self.position.segment + 1, offset: 0 },
            false => Position { offset, ..self.position },
        });
        if at == 0 && !bytes.is_empty() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the spool is damaged"));
        }
        Ok(batch)
    }

    async fn commit(&mut self, batch: &Batch) -> Result<(), sqlx::Error> {
        let written = self.write(batch).await;
        match written {
            Ok(()) => self.next += i64::try_from(batch.finished.len()).unwrap_or(i64::MAX),
            Err(_) => self.names.forget(),
        }
        written
    }

    async fn write(&mut self, batch: &Batch) -> Result<(), sqlx::Error> {
        let mut transaction = self.database.writer.begin().await?;
        let finished =
            rows::numbered(&mut transaction, &mut self.names, self.next, &batch.finished).await?;
        rows::insert_requests(&mut transaction, &finished).await?;
        rows::insert_attempts(&mut transaction, &finished).await?;
        rows::index_errors(&mut transaction, &finished).await?;
        rollup::add(&mut transaction, &batch.finished, clock::now_ms()).await?;
        rows::note_open(&mut transaction, &batch.newly_open).await?;
        rows::forget_open(&mut transaction, &batch.stored_and_closed).await?;
        if let Some(end) = batch.end {
            rows::move_position(&mut transaction, end).await?;
        }
        transaction.commit().await?;
        if self.shared.database_behind.swap(false, Ordering::AcqRel) {
            tracing::info!("the database takes the ledger's rows again");
        }
        Ok(())
    }
}
