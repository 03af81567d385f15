//! A limit and what of it is used: atomics, and a lock only where a window turns.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use super::{Full, Limit, MOST, Now, Window, millis, packed::Packed};

/// Parts of a rolling window. One bucket more is kept: the oldest is still partly in the window.
const PARTS: i64 = 12;

/// When to come back where only requests in flight stand in the way.
const SOON: Duration = Duration::from_secs(1);

/// The farthest that a clock on the wall may be set back without leaving the period it was in: a
/// tenth of it, within these.
const SLIGHTLY_MS: (i64, i64) = (60_000, 3_600_000);

/// A limit and what of it is used.
///
/// Laws: `total` is at no moment less than the sum of the buckets, and equal to it when nobody is
/// inside a method; a bucket and a reservation know each other by number, so that what is given
/// back is given back to the bucket that it came from or, when that has gone, to none.
#[derive(Debug)]
pub struct Meter {
    window: Window,
    amount: AtomicU64,
    total: AtomicU64,
    /// One for a period, `PARTS + 1` for a rolling window.
    buckets: Box<[Packed]>,
    /// What of the one bucket of a period is settled.
    settled: Packed,
    /// Number of the bucket that is filled now.
    tick: AtomicU64,
    /// From when to when it is filled, by the window's clock.
    start: AtomicI64,
    end: AtomicI64,
    turning: Mutex<()>,
}

impl Meter {
    /// A meter of which nothing is used.
    #[must_use]
    pub fn new(limit: &Limit, now: Now) -> Arc<Self> {
        let (start, end, buckets) = match &limit.window {
            Window::Calendar(calendar) => {
                let (start, end) = calendar.around(now.wall_ms);
                (start, end, 1)
            }
            Window::Rolling(length) => {
                (now.steady_ms, now.steady_ms + part(*length), PARTS as usize + 1)
            }
        };
        Arc::new(Self {
            window: limit.window.clone(),
            amount: AtomicU64::new(limit.amount.min(MOST)),
            total: AtomicU64::new(0),
            buckets: (0..buckets).map(|_| Packed::default()).collect(),
            settled: Packed::default(),
            tick: AtomicU64::new(0),
            start: AtomicI64::new(start),
            end: AtomicI64::new(end),
            turning: Mutex::new(()),
        })
    }

    /// In which time it counts.
    #[must_use]
    pub fn window(&self) -> &Window {
        &self.window
    }

    /// How much there is in one window.
    #[must_use]
    pub fn amount(&self) -> u64 {
        self.amount.load(Ordering::Relaxed)
    }

    /// Another limit; what is used stays used.
    pub fn resize(&self, amount: u64) {
        self.amount.store(amount.min(MOST), Ordering::Relaxed);
    }

    /// Reserves an amount. Nothing of it is given where not all is left. An amount of zero takes
    /// nothing, but is refused where nothing is left.
    ///
    /// # Errors
    /// [`Full`]
    pub fn try_reserve(self: &Arc<Self>, amount: u64, now: Now) -> Result<Reservation, Full> {
        self.turn(now);
        let (need, limit) = (amount.max(1), self.amount());
        let more = |total: u64| {
            total.checked_add(need).is_some_and(|sum| sum <= limit).then_some(total + amount)
        };
        if self.total.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).is_err() {
            return Err(self.full(need, now));
        }
        let (bucket, number) = self.put(amount);
        Ok(Reservation { meter: self.clone(), bucket, number, amount, open: true })
    }

    /// Counts what was used before this meter was made, even beyond its limit.
    pub fn charge(&self, amount: u64, now: Now) {
        self.turn(now);
        self.total.fetch_add(amount, Ordering::AcqRel);
        let (_, number) = self.put(amount);
        self.settled.add_to(number, amount);
    }

    /// How much is left. What is reserved is not.
    #[must_use]
    pub fn left(&self, now: Now) -> u64 {
        self.amount().saturating_sub(self.used(now))
    }

    /// How much is used or reserved.
    #[must_use]
    pub fn used(&self, now: Now) -> u64 {
        self.turn(now);
        self.total.load(Ordering::Acquire)
    }

    /// How long until nothing counts any more that counts now.
    #[must_use]
    pub fn resets_in(&self, now: Now) -> Duration {
        self.turn(now);
        match &self.window {
            Window::Calendar(_) => self.until_end(now),
            Window::Rolling(length) => {
                let tick = self.tick.load(Ordering::Acquire);
                let newest = (0..self.len()).find(|age| self.aged(tick, *age).amount() > 0);
                newest.map_or(Duration::ZERO, |age| self.comes_free(*length, age, now))
            }
        }
    }

    /// The same as a moment, Unix milliseconds.
    #[must_use]
    pub fn resets_at(&self, now: Now) -> i64 {
        now.wall_ms.saturating_add(millis(self.resets_in(now)))
    }

    /// Puts into the newest bucket what `total` counts already: the bucket, and its number.
    fn put(&self, amount: u64) -> (usize, u16) {
        let bucket = self.index(self.tick.load(Ordering::Acquire));
        // A bucket that has turned since is as good: it is a newer one.
        let (number, fitted) = self.buckets[bucket].add(amount);
        self.total.fetch_sub(amount - fitted, Ordering::AcqRel);
        (bucket, number)
    }

    /// Lets the windows that are over go.
    fn turn(&self, now: Now) {
        let time = self.clock(now);
        // In the order in which they are read, see `begin`.
        let (start, end) = (self.start.load(Ordering::Acquire), self.end.load(Ordering::Acquire));
        if (start..end).contains(&time) {
            return;
        }
        let _turning = self.turning.lock().unwrap_or_else(PoisonError::into_inner);
        let (start, end) = (self.start.load(Ordering::Acquire), self.end.load(Ordering::Acquire));
        if (start..end).contains(&time) {
            return;
        }
        match &self.window {
            Window::Rolling(_) if time < start => {
                // Another thread read the clock a little later and was here first.
            }
            Window::Rolling(length) => {
                let part = part(*length);
                let parts = (time - start) / part;
                let start = start + parts * part;
                self.begin(u64::try_from(parts).unwrap_or_default(), start, start + part);
            }
            Window::Calendar(calendar) => {
                let slightly =
                    (calendar.period.usual_ms() / 10).clamp(SLIGHTLY_MS.0, SLIGHTLY_MS.1);
                if time < start && start - time <= slightly {
                    return;
                }
                let (new_start, new_end) = calendar.around(time);
                // A clock that was set far back: what was spent goes back with it. Counting it
                // twice refuses too much until that period ends; forgetting it would give the
                // budget again.
                let turns = u64::from(time >= end);
                self.begin(turns, new_start, new_end);
            }
        }
    }

    /// Begins so many buckets. Held by the lock. The buckets change before the times are known, so
    /// that nobody who sees the new times fills an old bucket.
    fn begin(&self, turns: u64, start: i64, end: i64) {
        let tick = self.tick.load(Ordering::Acquire);
        let newest = tick.wrapping_add(turns);
        let passed = turns.min(self.len());
        for age in (0..passed).rev() {
            let tick = newest.wrapping_sub(age);
            let gone = self.buckets[self.index(tick)].begin(number(tick));
            if self.len() == 1 {
                self.settled.begin(number(tick));
            }
            self.total.fetch_sub(gone, Ordering::AcqRel);
        }
        self.tick.store(newest, Ordering::Release);
        self.end.store(end, Ordering::Release);
        self.start.store(start, Ordering::Release);
    }

    fn full(&self, need: u64, now: Now) -> Full {
        let limit = self.amount();
        if need > limit {
            return Full { retry_after: None, held: false };
        }
        match &self.window {
            Window::Calendar(_) if self.settled.amount().saturating_add(need) <= limit => {
                Full { retry_after: Some(SOON.min(self.until_end(now))), held: true }
            }
            Window::Calendar(_) => Full { retry_after: Some(self.until_end(now)), held: false },
            Window::Rolling(length) => {
                let tick = self.tick.load(Ordering::Acquire);
                let mut over =
                    self.total.load(Ordering::Acquire).saturating_add(need).saturating_sub(limit);
                let enough = (0..self.len()).rev().find(|age| {
                    over = over.saturating_sub(self.aged(tick, *age).amount());
                    over == 0
                });
                let wait = self.comes_free(*length, enough.unwrap_or(0), now);
                Full { retry_after: Some(wait), held: false }
            }
        }
    }

    /// What was reserved turned out to be `actual`.
    fn settle(&self, reservation: &Reservation, actual: u64) {
        let Reservation { bucket, number, amount, .. } = *reservation;
        let bucket = &self.buckets[bucket];
        if actual <= amount {
            let taken = bucket.take_from(number, amount - actual);
            self.total.fetch_sub(taken, Ordering::AcqRel);
        } else {
            let more = actual - amount;
            self.total.fetch_add(more, Ordering::AcqRel);
            let added = bucket.add_to(number, more);
            self.total.fetch_sub(more - added, Ordering::AcqRel);
        }
        if self.len() == 1 {
            self.settled.add_to(number, actual);
        }
    }

    fn clock(&self, now: Now) -> i64 {
        match self.window {
            Window::Rolling(_) => now.steady_ms,
            Window::Calendar(_) => now.wall_ms,
        }
    }

    fn until_end(&self, now: Now) -> Duration {
        positive(self.end.load(Ordering::Acquire).saturating_sub(self.clock(now)))
    }

    /// How long until the bucket of that age is reused.
    fn comes_free(&self, length: Duration, age: u64, now: Now) -> Duration {
        let left = i64::try_from(self.len() - 1 - age.min(self.len() - 1)).unwrap_or_default();
        self.until_end(now) + positive(left.saturating_mul(part(length)))
    }

    fn len(&self) -> u64 {
        self.buckets.len() as u64
    }

    fn index(&self, tick: u64) -> usize {
        // Less than the number of buckets.
        (tick % self.len()) as usize
    }

    fn aged(&self, tick: u64, age: u64) -> &Packed {
        &self.buckets[self.index(tick.wrapping_add(self.len()).wrapping_sub(age))]
    }
}

/// How long one bucket of a rolling window is filled, milliseconds; rounded up.
fn part(length: Duration) -> i64 {
    millis(length).saturating_add(PARTS - 1).checked_div(PARTS).unwrap_or(1).max(1)
}

fn number(tick: u64) -> u16 {
    // The low sixteen bits are the number.
    tick as u16
}

fn positive(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or_default())
}

/// An amount that nobody else can use. Dropped it is given back.
#[derive(Debug)]
pub struct Reservation {
    meter: Arc<Meter>,
    bucket: usize,
    number: u16,
    amount: u64,
    open: bool,
}

impl Reservation {
    /// How much.
    #[must_use]
    pub fn amount(&self) -> u64 {
        self.amount
    }

    /// It turned out to be so much: less is given back, more is counted even beyond the limit.
    pub fn settle(mut self, actual: u64) {
        self.open = false;
        self.meter.settle(&self, actual);
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            self.meter.settle(self, 0);
        }
    }
}
