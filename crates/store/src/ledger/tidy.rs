//! What is old goes, in batches so small that the writer never waits long for one.

use std::time::{Duration, Instant};

use sqlx::Row as _;

use super::{
    Ledger,
    rollup::{self, DAY, HOUR, MINUTE, kind},
    usage::{HOURS_KEPT, MINUTES_KEPT},
};
use crate::{StoreError, clock};

/// What a batch should take; the next one is larger or smaller by that.
const AIM: Duration = Duration::from_millis(15);

/// Rows of the first batch, of the smallest and of the largest.
const FIRST: i64 = 100;
const LEAST: i64 = 10;
const MOST: i64 = 2_000;

/// How long the log is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// Requests that are older go; none by age where absent.
    pub age: Option<Duration>,
    /// The most requests; the oldest go.
    pub rows: Option<u64>,
}

/// What went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// Requests, with all that belongs to them.
    pub requests: u64,
    /// Rows of roll-ups that became part of longer ones, or are not needed any more.
    pub usage: u64,
    /// The longest time that a batch held the database.
    pub longest: Duration,
}

/// How large a batch is.
struct Pace {
    limit: i64,
    longest: Duration,
}

impl Pace {
    fn note(&mut self, took: Duration) {
        self.longest = self.longest.max(took);
        self.limit = match took {
            took if took > AIM => (self.limit / 2).max(LEAST),
            took if took < AIM / 3 => (self.limit * 3 / 2).min(MOST),
            _ => self.limit,
        };
    }
}

impl Ledger {
    /// Deletes what is too old or too much, and makes old roll-ups coarser, until nothing is left
    /// to do. Days of usage stay: a budget's period is never cut.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tidy(&self, keep: Keep) -> Result<Tidied, StoreError> {
        let now = clock::now_ms();
        let mut tidied = Tidied::default();
        let mut pace = Pace { limit: FIRST, longest: Duration::ZERO };
        loop {
            let (gone, held) = self.forget_requests(keep, now, pace.limit).await?;
            pace.note(held);
            tidied.requests += gone;
            if gone == 0 {
                break;
            }
            rest(held).await;
        }
        for old in OLD {
            loop {
                let (gone, held) = self.shorten(*old, now, pace.limit).await?;
                pace.note(held);
                tidied.usage += gone;
                if gone == 0 {
                    break;
                }
                rest(held).await;
            }
        }
        tidied.longest = pace.longest;
        Ok(tidied)
    }

    /// Deletes some of the oldest requests, and says how long the database was held.
    async fn forget_requests(
        &self,
        keep: Keep,
        now: i64,
        limit: i64,
    ) -> Result<(u64, Duration), StoreError> {
        let Some(last) = self.last_to_go(keep, now, limit).await? else {
            return Ok((0, Duration::ZERO));
        };
        let mut tx = self.database.writer.begin().await?;
        let held = Instant::now();
        for text in [
            "DELETE FROM attempts WHERE request <= $1",
            "DELETE FROM failure_words WHERE rowid <= $1",
        ] {
            sqlx::query(text).bind(last).execute(&mut *tx).await?;
        }
        let gone = sqlx::query("DELETE FROM requests WHERE number <= $1")
            .bind(last)
            .execute(&mut *tx)
            .await?
            .rows_affected();
        tx.commit().await?;
        Ok((gone, held.elapsed()))
    }

    /// The last row of the next batch: rows go in the order in which they came.
    async fn last_to_go(
        &self,
        keep: Keep,
        now: i64,
        limit: i64,
    ) -> Result<Option<i64>, StoreError> {
        let oldest = keep
            .age
            .map(|age| now.saturating_sub(i64::try_from(age.as_millis()).unwrap_or(i64::MAX)));
        // Rows are numbered without holes but at the front.
        let ends = sqlx::query(
            "SELECT (SELECT MIN(number) FROM requests), (SELECT MAX(number) FROM requests)",
        )
        .fetch_one(&self.database.reader)
        .await?;
        let (Some(first), Some(last)) =
            (ends.get::<Option<i64>, _>(0), ends.get::<Option<i64>, _>(1))
        else {
            return Ok(None);
        };
        let most = keep.rows.map(|rows| i64::try_from(rows).unwrap_or(i64::MAX));
        let surplus = most.map_or(0, |most| (last - first + 1).saturating_sub(most)).min(limit);
        if surplus > 0 {
            return Ok(Some(first + surplus - 1));
        }
        let Some(oldest) = oldest else { return Ok(None) };
        let rows = sqlx::query("SELECT number, opened_ms FROM requests ORDER BY number LIMIT $1")
            .bind(limit)
            .fetch_all(&self.database.reader)
            .await?;
        let old = rows.iter().take_while(|row| row.get::<i64, _>(1) < oldest);
        Ok(old.last().map(|row| row.get(0)))
    }

    async fn shorten(&self, old: Old, now: i64, limit: i64) -> Result<(u64, Duration), StoreError> {
        let mut tx = self.database.writer.begin().await?;
        let held = Instant::now();
        let gone = match old {
            Old::Coarsen { step, into, kept } => {
                // Whole stretches of the longer step only.
                let before = (now - kept).div_euclid(into) * into;
                rollup::coarsen(&mut tx, (step, into), before, limit).await?
            }
            Old::Forget { kind, step, kept } => {
                rollup::forget(&mut tx, (kind, step), now - kept, limit).await?
            }
        };
        tx.commit().await?;
        Ok((gone, held.elapsed()))
    }
}

/// What happens to old rows of the roll-ups.
#[derive(Debug, Clone, Copy)]
enum Old {
    /// They become part of longer ones.
    Coarsen { step: i64, into: i64, kept: i64 },
    /// They go: longer ones have them already.
    Forget { kind: i64, step: i64, kept: i64 },
}

const fn forget(kind: i64, step: i64, kept: i64) -> Old {
    Old::Forget { kind, step, kept }
}

const OLD: &[Old] = &[
    Old::Coarsen { step: MINUTE, into: HOUR, kept: MINUTES_KEPT },
    Old::Coarsen { step: HOUR, into: DAY, kept: HOURS_KEPT },
    forget(kind::ALL, MINUTE, MINUTES_KEPT),
    forget(kind::MODEL, MINUTE, MINUTES_KEPT),
    forget(kind::KEY, MINUTE, MINUTES_KEPT),
    forget(kind::TARGET, MINUTE, MINUTES_KEPT),
    forget(kind::OUTCOME, MINUTE, MINUTES_KEPT),
    forget(kind::ALL, HOUR, HOURS_KEPT),
    forget(kind::MODEL, HOUR, HOURS_KEPT),
    forget(kind::KEY, HOUR, HOURS_KEPT),
    forget(kind::TARGET, HOUR, HOURS_KEPT),
    forget(kind::OUTCOME, HOUR, HOURS_KEPT),
];

/// Leaves the database to others for as long as it was held.
async fn rest(held: Duration) {
    tokio::time::sleep(held.max(Duration::from_millis(5))).await;
}
