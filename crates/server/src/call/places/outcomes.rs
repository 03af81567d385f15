//! How the last tries ended, a bit each: counted without a lock, and for nothing while all is well.

use std::sync::atomic::{AtomicU64, Ordering};

/// The last outcomes, the newest in the lowest bit; set where it failed.
#[derive(Debug, Default)]
pub(super) struct Outcomes(AtomicU64);

impl Outcomes {
    /// A good one. Where all were good nothing changes, and nothing is written.
    pub(super) fn good(&self) {
        if self.0.load(Ordering::Relaxed) != 0 {
            self.push(0);
        }
    }

    /// A failure; gives how many of the last `of` failed, this one among them.
    pub(super) fn bad(&self, of: u32) -> u32 {
        let shown = u64::MAX >> (64 - of.clamp(1, 64));
        (self.push(1) & shown).count_ones()
    }

    /// Forgets all of them.
    pub(super) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn push(&self, bit: u64) -> u64 {
        let shifted = |bits: u64| bits << 1 | bit;
        let before =
            self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |bits| Some(shifted(bits)));
        shifted(before.unwrap_or_else(|bits| bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_counted_among_the_last_ones_only() {
        let outcomes = Outcomes::default();
        outcomes.good();
        assert_eq!((1..=3).map(|_| outcomes.bad(4)).collect::<Vec<_>>(), [1, 2, 3]);
        outcomes.good();
        assert_eq!(outcomes.bad(4), 3, "the first one is out of sight");
        (0..4).for_each(|_| outcomes.good());
        assert_eq!(outcomes.bad(4), 1);
        assert_eq!(outcomes.bad(64), 6, "all of them are still there");
        outcomes.clear();
        assert_eq!(outcomes.bad(64), 1);
    }
}
