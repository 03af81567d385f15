//! How fast browsers are let in: after a restart of the gateway all of them come at once.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Between two handshakes: 200 a second.
const GAP: Duration = Duration::from_millis(5);

/// Handshakes that need not wait although others came just before.
const BURST: u32 = 20;

/// Whoever would wait longer is told to come again.
const LONGEST: Duration = Duration::from_secs(5);

/// The pace of handshakes.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// When the last one that was let in had its turn.
    last: Mutex<Option<Instant>>,
}

impl Pace {
    /// When a handshake that comes now may begin; `None` where that is too late.
    pub(super) fn slot(&self, now: Instant) -> Option<Instant> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let allowance = now.checked_sub(GAP * BURST).unwrap_or(now);
        let at = last.map_or(allowance, |last| (last + GAP).max(allowance));
        if at > now + LONGEST {
            return None;
        }
        *last = Some(at);
        Some(at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_at_once_are_spread_and_the_rest_comes_again() {
        let (pace, now) = (Pace::default(), Instant::now());
        let slots: Vec<Instant> = (0..2_000).map_while(|_| pace.slot(now)).collect();
        assert!((1_000..=1_100).contains(&slots.len()), "{}", slots.len());
        for (at, slot) in slots.iter().enumerate() {
            let in_second = slots[at..].iter().take_while(|s| **s < *slot + Duration::from_secs(1));
            assert!(in_second.count() <= 200 + BURST as usize);
        }
        assert_eq!(pace.slot(now), None);
        let later = now + Duration::from_secs(60);
        assert_eq!(pace.slot(later), Some(later));
    }
}
