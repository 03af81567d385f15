//! How long things took: a histogram of atomics, so that workers never wait for each other.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The limits of the buckets in microseconds. A proxied answer takes milliseconds, a page's minutes.
const LIMITS: [u64; 13] = [
    10_000,
    50_000,
    100_000,
    500_000,
    1_000_000,
    2_500_000,
    5_000_000,
    10_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    1_800_000_000,
];

/// What lies over the last limit has a bucket of its own.
const BUCKETS: usize = LIMITS.len() + 1;

/// Times that something took.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    buckets: [AtomicU64; BUCKETS],
    sum_us: AtomicU64,
}

/// What was counted up to a moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Times {
    buckets: [u64; BUCKETS],
    sum_us: u64,
}

impl Timing {
    /// Counts one.
    pub(crate) fn observe(&self, time: Duration) {
        let us = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let at = LIMITS.iter().position(|limit| us <= *limit).unwrap_or(LIMITS.len());
        if let Some(bucket) = self.buckets.get(at) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    /// All that was counted so far.
    pub(crate) fn read(&self) -> Times {
        Times {
            buckets: std::array::from_fn(|at| self.buckets[at].load(Ordering::Relaxed)),
            sum_us: self.sum_us.load(Ordering::Relaxed),
        }
    }
}

impl Times {
    /// How many.
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// All of them together, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        Duration::from_micros(self.sum_us).as_secs_f64()
    }

    /// Each bucket's limit in seconds and how many it holds.
    pub(crate) fn buckets(&self) -> [(f64, u64); BUCKETS] {
        std::array::from_fn(|at| {
            let limit = LIMITS.get(at).map(|us| Duration::from_micros(*us).as_secs_f64());
            (limit.unwrap_or(f64::INFINITY), self.buckets[at])
        })
    }

    /// Adds others.
    pub(crate) fn add(&mut self, other: &Self) {
        for (bucket, more) in self.buckets.iter_mut().zip(other.buckets) {
            *bucket = bucket.saturating_add(more);
        }
        self.sum_us = self.sum_us.saturating_add(other.sum_us);
    }

    /// What was counted since `before`.
    pub(crate) fn since(&self, before: &Self) -> Self {
        Self {
            buckets: std::array::from_fn(|at| self.buckets[at].saturating_sub(before.buckets[at])),
            sum_us: self.sum_us.saturating_sub(before.sum_us),
        }
    }

    /// The time that so many of a hundred stay below, in seconds, as evenly as a bucket's times may
    /// lie; nothing where nothing was counted. What lies over the last limit counts as that.
    pub(crate) fn percentile(&self, percent: u64) -> Option<f64> {
        let wanted = self.count().saturating_mul(percent).div_ceil(100);
        let (mut below, mut from) = (0, 0);
        for (at, held) in self.buckets.iter().enumerate() {
            let to = LIMITS.get(at).copied().unwrap_or(from);
            if *held > 0 && below + held >= wanted {
                let into = (to - from).saturating_mul(wanted.saturating_sub(below)) / held;
                return Some(Duration::from_micros(from + into).as_secs_f64());
            }
            (below, from) = (below + held, to);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_into_buckets_and_tells_percentiles() {
        let timing = Timing::default();
        assert_eq!(timing.read().percentile(95), None);
        for ms in [5, 10, 11, 20_000, 3_000_000] {
            timing.observe(Duration::from_millis(ms));
        }
        let times = timing.read();
        assert_eq!(times.count(), 5);
        assert_eq!(times.buckets()[..3], [(0.01, 2), (0.05, 1), (0.1, 0)]);
        assert_eq!(times.buckets()[BUCKETS - 1], (f64::INFINITY, 1));
        assert!((times.seconds() - 3_020.026).abs() < 0.001);
        assert_eq!(times.percentile(40), Some(0.01));
        assert_eq!(times.percentile(80), Some(30.0));
        assert_eq!(times.percentile(95), Some(1_800.0));
    }

    #[test]
    fn what_came_since_is_told_alone() {
        let timing = Timing::default();
        timing.observe(Duration::from_secs(50));
        let before = timing.read();
        (0..10).for_each(|_| timing.observe(Duration::from_secs(2)));
        let since = timing.read().since(&before);
        assert_eq!((since.count(), since.percentile(100)), (10, Some(2.5)));
        let mut both = since;
        both.add(&before);
        assert_eq!(both, timing.read());
    }
}
