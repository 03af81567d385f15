//! How the places behind our models are doing: requests in flight, and rest after a limit.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// The longest rest that an upstream's word is believed for.
const MAX_REST: Duration = Duration::from_secs(3_600);

/// The rest after a limit without a word of how long.
const USUAL_REST: Duration = Duration::from_secs(5);

/// All places by name, as many as are configured.
#[derive(Debug)]
pub struct Places {
    known: RwLock<HashMap<String, Arc<Place>>>,
    epoch: Instant,
}

impl Default for Places {
    fn default() -> Self {
        Self { known: RwLock::default(), epoch: Instant::now() }
    }
}

/// One place.
#[derive(Debug)]
pub struct Place {
    in_flight: AtomicUsize,
    turn: AtomicUsize,
    /// For each account: until when it rests, milliseconds of our own clock; 0 while it does not.
    resting: Vec<AtomicU64>,
    epoch: Instant,
}

impl Places {
    /// The place of that name, with so many accounts.
    #[must_use]
    pub fn get(&self, name: &str, accounts: usize) -> Arc<Place> {
        let fits = |place: &&Arc<Place>| place.resting.len() == accounts;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = known.get(name).filter(fits) {
            return place.clone();
        }
        drop(known);
        let fresh = Arc::new(Place {
            in_flight: AtomicUsize::new(0),
            turn: AtomicUsize::new(0),
            resting: (0..accounts).map(|_| AtomicU64::new(0)).collect(),
            epoch: self.epoch,
        });
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let place = known.entry(name.to_owned()).or_insert_with(|| fresh.clone());
        if place.resting.len() != accounts {
            // The configuration changed its accounts.
            *place = fresh;
        }
        place.clone()
    }
}

impl Place {
    /// Requests in flight.
    #[must_use]
    pub fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Counts a request in flight until the guard is dropped.
    #[must_use]
    pub fn enter(self: &Arc<Self>) -> InFlight {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        InFlight(self.clone())
    }

    /// Accounts in the order in which they are to be tried, a different first one each time.
    pub fn accounts(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.resting.len();
        let turn = if count > 1 { self.turn.fetch_add(1, Ordering::Relaxed) } else { 0 };
        (0..count).map(move |at| turn.wrapping_add(at) % count)
    }

    /// How long an account still rests; `None` when it does not.
    #[must_use]
    pub fn rests_for(&self, account: usize) -> Option<Duration> {
        let until = self.resting.get(account)?.load(Ordering::Relaxed);
        if until == 0 {
            return None;
        }
        let left = until.saturating_sub(self.now_ms());
        (left > 0).then(|| Duration::from_millis(left))
    }

    /// Rests an account: as long as the upstream says, within reason.
    pub fn rest(&self, account: usize, asked_ms: Option<u64>) {
        let rest = asked_ms.map_or(USUAL_REST, Duration::from_millis).min(MAX_REST);
        let until = self.now_ms() + u64::try_from(rest.as_millis()).unwrap_or(0);
        if let Some(resting) = self.resting.get(account) {
            resting.fetch_max(until, Ordering::Relaxed);
        }
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A request in flight at a place.
#[derive(Debug)]
pub struct InFlight(Arc<Place>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_is_in_flight() {
        let places = Places::default();
        let place = places.get("a", 1);
        let guard = place.enter();
        assert_eq!(places.get("a", 1).load(), 1);
        drop(guard);
        assert_eq!(place.load(), 0);
    }

    #[test]
    fn accounts_take_turns_and_rest() {
        let places = Places::default();
        let place = places.get("a", 2);
        let firsts: Vec<_> = (0..4).filter_map(|_| place.accounts().next()).collect();
        assert_eq!(firsts, [0, 1, 0, 1]);
        place.rest(1, Some(60_000));
        assert!(place.rests_for(0).is_none());
        assert!(place.rests_for(1).unwrap() > Duration::from_secs(50));
        place.rest(0, Some(u64::MAX));
        assert!(place.rests_for(0).unwrap() <= MAX_REST);
        assert!(places.get("a", 3).rests_for(0).is_none(), "other accounts, another state");
    }
}
