//! How much of something may be used in a time: requests, tokens, money. What a request may need
//! is reserved before it is sent and settled when it is over, so that many at once cannot use more
//! than there is.
//!
//! A [`Meter`] counts in the window in which a request **began**: what it settles later changes
//! that window, and nothing if the window is gone. So a new period starts whole, and the same
//! totals come out of the ledger after a restart.
//!
//! **The bound.** What is reserved never exceeds the limit. A request that turns out to need more
//! than it reserved is counted with what it needed: the limit can be exceeded by at most the sum
//! of these differences over the requests that are in flight at once.

mod gate;
mod meter;
mod packed;
mod window;

#[cfg(test)]
mod tests;

use std::{
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

pub use self::{
    gate::{Gate, Permit},
    meter::{Meter, Reservation},
    window::{Calendar, Period, UnknownZone, Window},
};

/// The largest amount that a meter counts: 281 million dollars, or 281 trillion tokens.
pub const MOST: u64 = (1 << 48) - 1;

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum What {
    /// Requests.
    Requests,
    /// Tokens in and out.
    Tokens,
    /// Money, in millionths of a dollar.
    MicroUsd,
}

/// So much of something in a window of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Limit {
    /// Of what.
    pub what: What,
    /// How much; [`MOST`] at most.
    pub amount: u64,
    /// In which time.
    pub window: Window,
}

/// There is not enough left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Full {
    /// When there will be enough. `None` where there never is: more is asked for than the limit.
    pub retry_after: Option<Duration>,
    /// Whether only requests in flight stand in the way, which may give back what they hold.
    /// Known of periods only.
    pub held: bool,
}

/// The time by both clocks. Rolling windows go by the steady one, which never jumps; periods of
/// the calendar by the one on the wall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Unix milliseconds.
    pub wall_ms: i64,
    /// Milliseconds since some moment of this process.
    pub steady_ms: i64,
}

impl Now {
    /// Reads both clocks.
    #[must_use]
    pub fn read() -> Self {
        static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { wall_ms: millis(since), steady_ms: millis(BEGAN.elapsed()) }
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
