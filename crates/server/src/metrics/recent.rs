//! The last minutes: what is counted for ever is looked at now and then, and the difference is what
//! has come since. Nothing of it is on the path of a request.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::entity::Totals;

/// How far back is looked.
pub(crate) const WINDOW: Duration = Duration::from_secs(5 * 60);

/// The least between two samples; so many of them are kept.
const STEP: Duration = Duration::from_secs(10);

/// What was counted, and when.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<(Instant, Totals)>>);

impl Recent {
    /// Takes a sample, where the last one is old enough, and gives what has come in the window. Just
    /// started, that is all there is.
    pub(crate) fn look(&self, now: Instant, totals: Totals) -> Totals {
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // The last sample from before the window is where it begins.
        while samples.get(1).is_some_and(|(at, _)| now.saturating_duration_since(*at) >= WINDOW) {
            samples.pop_front();
        }
        let begin = samples
            .front()
            .filter(|(at, _)| now.saturating_duration_since(*at) >= WINDOW)
            .map(|(_, before)| *before);
        let last = samples.back().map(|(at, _)| *at);
        if last.is_none_or(|last| now.saturating_duration_since(last) >= STEP) {
            samples.push_back((now, totals));
        }
        totals.since(&begin.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_window_counts_no_more() {
        let (recent, start) = (Recent::default(), Instant::now());
        let look = |seconds, ok, failed| {
            let totals = Totals { ok, failed, ..Totals::default() };
            let since = recent.look(start + Duration::from_secs(seconds), totals);
            (since.ok, since.failed)
        };
        assert_eq!(look(0, 5, 1), (5, 1));
        assert_eq!(look(1, 6, 1), (6, 1));
        assert_eq!(look(100, 10, 1), (10, 1));
        assert_eq!(look(300, 20, 1), (15, 0), "what had come by the first look is over");
        assert_eq!(look(399, 20, 1), (15, 0));
        assert_eq!(look(400, 20, 1), (10, 0));
        assert_eq!(look(600, 20, 1), (0, 0));
        assert_eq!(look(9_000, 21, 2), (1, 1), "nobody has looked for long");
    }

    #[test]
    fn samples_are_bounded() {
        let (recent, start) = (Recent::default(), Instant::now());
        for ms in 0..100_000 {
            recent.look(start + Duration::from_millis(ms * 10), Totals::default());
        }
        assert!(recent.0.lock().expect("free").len() <= 32);
    }
}
