//! How long a target takes to its first byte.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// What of a new figure goes into the mean.
const SHARE: f64 = 0.3;

/// After so long without a request a target counts as half as slow, so that one that was slow once
/// gets another chance.
const HALF_LIFE_MS: f64 = 60_000.0;

/// A mean that follows the last figures and fades while there are none.
#[derive(Debug, Default)]
pub struct Pace {
    /// Microseconds; 0 while nothing is known.
    mean_us: AtomicU64,
    /// When it was last asked, in milliseconds of the places' clock.
    asked: AtomicU64,
}

impl Pace {
    /// It took so long.
    pub(crate) fn note(&self, took: Duration) {
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
        let mean = |known: u64| match known {
            0 => took,
            _ => blend(known, took),
        };
        // The closure always gives a value.
        let _ = self
            .mean_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |known| Some(mean(known)));
    }

    /// It is asked now: others that look at the same time see it as slow as it was.
    pub(crate) fn ask(&self, now: u64) {
        self.asked.store(now, Ordering::Relaxed);
    }

    /// How long it is expected to take, in microseconds; 0 where nothing is known.
    pub(crate) fn expected(&self, now: u64) -> u64 {
        let idle = now.saturating_sub(self.asked.load(Ordering::Relaxed));
        faded(self.mean_us.load(Ordering::Relaxed), idle)
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "milliseconds and microseconds: far below where a double loses a whole number"
)]
fn blend(known: u64, took: u64) -> u64 {
    ((known as f64) * (1.0 - SHARE) + (took as f64) * SHARE).max(1.0) as u64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "milliseconds and microseconds: far below where a double loses a whole number"
)]
fn faded(mean: u64, idle_ms: u64) -> u64 {
    ((mean as f64) * (-(idle_ms as f64) / HALF_LIFE_MS).exp2()) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_and_fades_until_it_is_asked_again() {
        let pace = Pace::default();
        assert_eq!(pace.expected(5), 0, "who is not known comes first");
        pace.ask(1_000);
        pace.note(Duration::from_millis(800));
        assert_eq!(pace.expected(1_000), 800_000);
        pace.note(Duration::from_millis(200));
        assert_eq!(pace.expected(1_000), 620_000);
        assert_eq!(pace.expected(61_000), 310_000);
        pace.ask(61_000);
        assert_eq!(pace.expected(61_000), 620_000, "one finds out, not all");
    }
}
