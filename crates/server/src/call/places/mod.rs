//! How the places behind our models are doing: requests in flight, and each account's rest after a
//! limit, a refused credential or failures.
//!
//! Found without a lock. What a reload leaves as it was keeps its state.

mod account;
mod affinity;
mod allowance;
mod budget;
mod outcomes;
mod pace;
mod rest;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use arc_swap::ArcSwap;
use tabway_dialects::chat::{Failure, Usage};

pub use account::{Account, Standing};
pub use affinity::Affinity;
pub(crate) use affinity::Held;
pub use budget::RetryBudget;
pub use pace::Pace;
pub use rest::Why;

use crate::config::{Config, Provider, Routing};

/// All places by name.
#[derive(Debug)]
pub struct Places {
    known: ArcSwap<HashMap<String, Arc<Place>>>,
    /// Held while a place is added or replaced.
    changing: Mutex<()>,
    /// What may be tried again.
    pub retries: RetryBudget,
    /// Which account holds which conversation's prompt.
    pub affinity: Affinity,
    epoch: Instant,
}

impl Default for Places {
    fn default() -> Self {
        Self {
            known: ArcSwap::default(),
            changing: Mutex::default(),
            retries: RetryBudget::default(),
            affinity: Affinity::default(),
            epoch: Instant::now(),
        }
    }
}

/// One place.
#[derive(Debug)]
pub struct Place {
    name: String,
    in_flight: Arc<AtomicUsize>,
    turn: AtomicUsize,
    /// What it was made for; nothing for a site.
    provider: Option<Arc<Provider>>,
    /// As many as the provider has, in its order; none of a site: its seats have their own state.
    accounts: Vec<Arc<Account>>,
    /// How fast its models are, of those where that decides.
    paces: Arc<ArcSwap<HashMap<String, Arc<Pace>>>>,
    epoch: Instant,
}

/// An account whose credential was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAccount {
    /// The provider.
    pub provider: String,
    /// The account.
    pub account: String,
    /// Since when, Unix milliseconds.
    pub since_ms: i64,
}

impl Places {
    /// A provider's place, and its accounts' state.
    #[must_use]
    pub fn of(&self, provider: &Arc<Provider>) -> Arc<Place> {
        let is_same = |place: &&Arc<Place>| {
            place.provider.as_ref().is_some_and(|known| Arc::ptr_eq(known, provider))
        };
        if let Some(place) = self.known.load().get(&provider.name).filter(is_same) {
            return place.clone();
        }
        self.put(&provider.name, Some(provider))
    }

    /// A site's place.
    #[must_use]
    pub fn of_site(&self, name: &str) -> Arc<Place> {
        if let Some(place) = self.known.load().get(name) {
            return place.clone();
        }
        self.put(name, None)
    }

    /// Forgets the providers that the configuration has no more. Requests in flight keep theirs.
    pub(crate) fn keep(&self, config: &Config) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = HashMap::clone(&self.known.load());
        known.retain(|name, place| place.provider.is_none() || config.provider(name).is_some());
        self.known.store(Arc::new(known));
    }

    /// Milliseconds of the places' clock.
    #[must_use]
    pub fn now(&self) -> u64 {
        elapsed(self.epoch)
    }

    /// Every account whose credential was refused.
    #[must_use]
    pub fn refused(&self) -> Vec<RefusedAccount> {
        let known = self.known.load();
        let accounts = known.values().flat_map(|place| {
            place.accounts.iter().filter_map(|account| {
                let since_ms = account.refused_since()?;
                let (provider, account) = (place.name.clone(), account.name().to_owned());
                Some(RefusedAccount { provider, account, since_ms })
            })
        });
        accounts.collect()
    }

    fn put(&self, name: &str, provider: Option<&Arc<Provider>>) -> Arc<Place> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = HashMap::clone(&self.known.load());
        let place = Arc::new(Place::new(name, provider, known.get(name), self.epoch));
        known.insert(name.to_owned(), place.clone());
        self.known.store(Arc::new(known));
        place
    }
}

impl Place {
    /// Accounts that are still the same keep their state.
    fn new(
        name: &str,
        provider: Option<&Arc<Provider>>,
        old: Option<&Arc<Self>>,
        epoch: Instant,
    ) -> Self {
        let paces = old.map(|old| old.paces.clone()).unwrap_or_default();
        let in_flight = old.map(|old| old.in_flight.clone()).unwrap_or_default();
        let old = old.and_then(|old| Some((old.provider.as_ref()?, &old.accounts)));
        let old = old.filter(|(old, _)| provider.is_some_and(|new| new.base_url == old.base_url));
        let mut states: HashMap<&str, (_, &Arc<Account>)> = HashMap::new();
        if let Some((old, accounts)) = old {
            let pairs = old.accounts.iter().zip(accounts);
            states.extend(pairs.map(|(was, state)| (was.name.as_str(), (was, state))));
        }
        let accounts = provider.into_iter().flat_map(|provider| &provider.accounts).map(|now| {
            let same = states
                .get(now.name.as_str())
                .filter(|(was, _)| was.is_same(now) && was.terms == now.terms);
            same.map_or_else(
                || Arc::new(Account::new(&now.name, &now.terms)),
                |(_, state)| (*state).clone(),
            )
        });
        Self {
            name: name.to_owned(),
            in_flight,
            paces,
            turn: AtomicUsize::new(0),
            accounts: accounts.collect(),
            provider: provider.cloned(),
            epoch,
        }
    }

    /// Requests in flight.
    #[must_use]
    pub fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Its accounts.
    #[must_use]
    pub fn accounts(&self) -> &[Arc<Account>] {
        &self.accounts
    }

    /// How fast a model is here.
    #[must_use]
    pub fn pace(&self, model: &str) -> Arc<Pace> {
        if let Some(pace) = self.paces.load().get(model) {
            return pace.clone();
        }
        let fresh = Arc::new(Pace::default());
        let mut found = fresh.clone();
        self.paces.rcu(|paces| {
            let mut paces = HashMap::clone(paces);
            found = paces.entry(model.to_owned()).or_insert_with(|| fresh.clone()).clone();
            paces
        });
        found
    }

    /// Whether it has the account.
    pub(crate) fn holds(&self, held: Held) -> bool {
        self.accounts.get(held.at).is_some_and(|account| account.id() == held.account)
    }

    /// Where the accounts' turn begins this time: another one each time.
    pub(crate) fn turn(&self) -> usize {
        match self.accounts.len() {
            0 | 1 => 0,
            count => self.turn.fetch_add(1, Ordering::Relaxed) % count,
        }
    }

    /// Counts a request of about so many tokens in flight until the guard is dropped.
    ///
    /// # Errors
    /// Where the account stands, if it takes none in the meantime.
    pub(crate) fn enter(
        self: &Arc<Self>,
        account: Option<usize>,
        tokens: u64,
    ) -> Result<InFlight, Standing> {
        let going = match account.and_then(|at| self.accounts.get(at)) {
            None => None,
            Some(account) => Some(account.go(elapsed(self.epoch), tokens)?),
        };
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(InFlight { place: self.clone(), going })
    }
}

/// A request in flight at a place.
#[derive(Debug)]
pub struct InFlight {
    place: Arc<Place>,
    going: Option<account::Going>,
}

impl InFlight {
    /// The answer has begun.
    pub(crate) fn answered(&mut self) {
        if let Some(going) = &mut self.going {
            going.answered();
        }
    }

    /// The answer is whole; the upstream counted so many tokens, if it did.
    pub(crate) fn settle(&mut self, usage: Option<&Usage>) {
        if let Some(going) = &mut self.going {
            let counted = usage.filter(|usage| !usage.estimated);
            going.settle(counted.map(|usage| usage.total_input().saturating_add(usage.output)));
        }
    }

    /// It failed: its account may have to rest.
    pub(crate) fn failed(&mut self, failure: &Failure, rules: &Routing) {
        let Some(going) = &mut self.going else { return };
        if let Some(why) = going.failed(failure, elapsed(self.place.epoch), rules) {
            let (provider, account) = (&*self.place.name, going.name());
            tracing::warn!(provider, account, why = why.word(), "an account rests");
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.place.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

fn elapsed(epoch: Instant) -> u64 {
    u64::try_from(epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A fraction of 1 by chance.
pub(super) fn chance() -> f64 {
    f64::from(u32::try_from(random() >> 32).unwrap_or(0)) / f64::from(u32::MAX)
}

pub(super) fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without random bytes the first of several takes all: a worse share, not a failure.
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use tabway_dialects::chat::FailureClass;

    use super::*;
    use crate::config::{Environment, Flags};

    fn config(accounts: &[(&str, &str)]) -> Config {
        let mut text =
            "[[providers]]\nname = \"p\"\nbase_url = \"http://127.0.0.1:9/v1\"\n".to_owned();
        for (name, secret) in accounts {
            text += &format!("[[providers.accounts]]\nname = \"{name}\"\nsecret = \"{secret}\"\n");
        }
        load(&text)
    }

    fn load(text: &str) -> Config {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c.toml");
        std::fs::write(&path, text).unwrap();
        let flags = Flags { config: Some(path), ..Flags::default() };
        Config::load(&flags, &Environment::from_pairs::<&str, &str>([])).unwrap()
    }

    fn rest(places: &Places, config: &Config, account: usize) {
        let place = places.of(&config.providers[0]);
        let mut entered = place.enter(Some(account), 1).expect("well");
        let failure =
            Failure::new(FailureClass::UpstreamRateLimited, "").with_retry_after_ms(60_000);
        entered.failed(&failure, &Routing::default());
    }

    fn open(places: &Places, config: &Config) -> Vec<bool> {
        let place = places.of(&config.providers[0]);
        place.accounts().iter().map(|one| one.standing(places.now()).is_open()).collect()
    }

    #[test]
    fn counts_what_is_in_flight_and_takes_turns() {
        let places = Places::default();
        let config = config(&[("a", "1"), ("b", "2")]);
        let place = places.of(&config.providers[0]);
        let guard = place.enter(Some(1), 1);
        assert_eq!(places.of(&config.providers[0]).load(), 1);
        assert_eq!(place.accounts()[1].load(), 1);
        drop(guard);
        assert_eq!((place.load(), place.accounts()[1].load()), (0, 0));
        assert_eq!((0..4).map(|_| place.turn()).collect::<Vec<_>>(), [0, 1, 0, 1]);
    }

    #[test]
    fn a_reload_keeps_the_state_of_what_did_not_change() {
        let places = Places::default();
        let first = config(&[("a", "1"), ("b", "2"), ("c", "3")]);
        (0..3).for_each(|at| rest(&places, &first, at));
        assert_eq!(open(&places, &first), [false, false, false]);
        let next = config(&[("new", "0"), ("c", "3"), ("a", "1"), ("b", "another")]);
        places.keep(&next);
        assert_eq!(open(&places, &next), [true, false, false, true]);
        places.keep(&load("discover = false"));
        assert_eq!(open(&places, &next), [true; 4]);
    }
}
