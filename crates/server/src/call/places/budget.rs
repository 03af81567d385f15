//! How much may be tried again: a share of the traffic of the last seconds, and a floor, so that a
//! failing upstream is not asked more than usual by everybody at once.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::config::Routing;

/// How long a window is; two of them are looked at.
const WINDOW_MS: u64 = 10_000;

/// Requests and attempts beyond the first of one window, which its number names.
#[derive(Debug, Default)]
struct Window {
    number: AtomicU64,
    requests: AtomicU64,
    retries: AtomicU64,
}

/// The windows take turns.
#[derive(Debug, Default)]
pub struct RetryBudget([Window; 2]);

impl RetryBudget {
    /// A request has come.
    pub(crate) fn request(&self, now_ms: u64) {
        self.window(now_ms).requests.fetch_add(1, Ordering::Relaxed);
    }

    /// Takes one more attempt; says whether there was one.
    pub(crate) fn retry(&self, now_ms: u64, rules: &Routing) -> bool {
        let now = self.window(now_ms);
        let number = now.number.load(Ordering::Relaxed);
        let before = &self.0[usize::from(number.is_multiple_of(2))];
        let is_last = before.number.load(Ordering::Relaxed) + 1 == number;
        let sum = |of: fn(&Window) -> &AtomicU64| {
            let last = if is_last { of(before).load(Ordering::Relaxed) } else { 0 };
            of(now).load(Ordering::Relaxed) + last
        };
        let share = sum(|window| &window.requests) * u64::from(rules.retry_percent) / 100;
        let allowed = share + u64::from(rules.retry_floor);
        if sum(|window| &window.retries) >= allowed {
            return false;
        }
        // Several that look at the same time may each take the last one: as many as there are
        // workers.
        now.retries.fetch_add(1, Ordering::Relaxed);
        true
    }

    fn window(&self, now_ms: u64) -> &Window {
        let number = now_ms / WINDOW_MS + 1;
        let window = &self.0[usize::from(!number.is_multiple_of(2))];
        let known = window.number.load(Ordering::Relaxed);
        if known < number
            && window
                .number
                .compare_exchange(known, number, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        {
            window.requests.store(0, Ordering::Relaxed);
            window.retries.store(0, Ordering::Relaxed);
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(retry_percent: u32, retry_floor: u32) -> Routing {
        Routing { retry_percent, retry_floor, ..Routing::default() }
    }

    #[test]
    fn retries_are_a_share_of_the_traffic_and_a_floor() {
        let budget = RetryBudget::default();
        (0..100).for_each(|_| budget.request(5));
        let taken = |now, rules: &Routing| (0..500).filter(|_| budget.retry(now, rules)).count();
        assert_eq!(taken(6, &rules(10, 3)), 13);
        assert_eq!(taken(WINDOW_MS + 6, &rules(10, 3)), 0, "the last window still counts");
        assert_eq!(taken(2 * WINDOW_MS + 6, &rules(10, 3)), 3, "only the floor is left");
        assert_eq!(taken(9 * WINDOW_MS, &rules(10, 0)), 0);
    }
}
