//! One account: what it has in flight, how it did lately, and its rest.
//!
//! While it is well, a look costs one atomic load. After a rest one request goes first; the others
//! go elsewhere until its outcome is known.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, AtomicUsize, Ordering},
};

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_store::ledger;

use super::{
    allowance::{Allowance, Taken},
    chance,
    outcomes::Outcomes,
    rest::Why,
};
use crate::config::{Routing, Terms};

/// How an account is doing.
#[derive(Debug)]
pub struct Account {
    /// Another one for each account of this process.
    id: u64,
    name: String,
    in_flight: AtomicUsize,
    outcomes: Outcomes,
    /// When its rest ends, in milliseconds of the places' clock; 0 while it is well.
    until: AtomicU64,
    rest: Mutex<Option<Rest>>,
    allowance: Allowance,
}

#[derive(Debug, Clone)]
struct Rest {
    why: Why,
    until: u64,
    /// How often in a row, from 0.
    streak: u32,
    /// A request has gone first.
    on_trial: bool,
    /// Unix milliseconds.
    since_ms: i64,
}

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Any request may go.
    Well,
    /// Its rest is over; one request may go first.
    Due(Why),
    /// One has gone; the others wait for its outcome.
    OnTrial(Why),
    /// Nobody goes for so many milliseconds.
    Rests(Why, u64),
    /// By its owner's limits too little is left, for so many milliseconds.
    Full(u64),
}

impl Standing {
    /// Whether a request may go.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Well | Self::Due(_))
    }
}

impl Account {
    pub(super) fn new(name: &str, terms: &Terms) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            name: name.to_owned(),
            in_flight: AtomicUsize::new(0),
            outcomes: Outcomes::default(),
            until: AtomicU64::new(0),
            rest: Mutex::new(None),
            allowance: Allowance::new(terms),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Requests in flight.
    #[must_use]
    pub fn load(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    /// Where it stands.
    #[must_use]
    pub fn standing(&self, now: u64) -> Standing {
        let rested = self.rested(now);
        match self.allowance.full().filter(|_| rested.is_open()) {
            Some(ms) => Standing::Full(ms),
            None => rested,
        }
    }

    fn rested(&self, now: u64) -> Standing {
        if self.until.load(Ordering::Acquire) == 0 {
            return Standing::Well;
        }
        match &*self.rest() {
            None => Standing::Well,
            Some(rest) if now < rest.until => Standing::Rests(rest.why, rest.until - now),
            Some(rest) if rest.on_trial => Standing::OnTrial(rest.why),
            Some(rest) => Standing::Due(rest.why),
        }
    }

    /// How urgent it is to spend what is left of it, by its owner's limits.
    pub(crate) fn urgency(&self) -> u64 {
        self.allowance.urgency()
    }

    /// What is left of it by its owner's limits, in words.
    pub(crate) fn left(&self) -> String {
        self.allowance.words()
    }

    /// Since when it is out because its credential was refused, Unix milliseconds.
    #[must_use]
    pub fn refused_since(&self) -> Option<i64> {
        if self.until.load(Ordering::Acquire) == 0 {
            return None;
        }
        self.rest().as_ref().filter(|rest| rest.why == Why::Refused).map(|rest| rest.since_ms)
    }

    /// Lets a request of about so many tokens go; else says where it stands.
    pub(super) fn go(self: &Arc<Self>, now: u64, tokens: u64) -> Result<Going, Standing> {
        let taken = self.allowance.take(tokens).map_err(Standing::Full)?;
        let mut first = false;
        if self.until.load(Ordering::Acquire) != 0
            && let Some(rest) = &mut *self.rest()
        {
            if now < rest.until {
                return Err(Standing::Rests(rest.why, rest.until - now));
            }
            if rest.on_trial {
                return Err(Standing::OnTrial(rest.why));
            }
            rest.on_trial = true;
            first = true;
        }
        self.in_flight.fetch_add(1, Ordering::Relaxed);
        Ok(Going { account: self.clone(), first, taken })
    }

    fn rest(&self) -> MutexGuard<'_, Option<Rest>> {
        self.rest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, failure: &Failure, first: bool, now: u64, rules: &Routing) -> Option<Why> {
        let why = Why::of(failure.class)?;
        let count = if why == Why::Failures { self.outcomes.bad(rules.of) } else { 0 };
        let mut known = self.rest();
        // Older requests say nothing new of a credential that was refused.
        if !first && known.as_ref().is_some_and(|rest| rest.why == Why::Refused) {
            return None;
        }
        let rests_now = known.as_ref().is_some_and(|rest| now < rest.until || rest.on_trial);
        // Never one error alone, but for the request that was to find out.
        if why == Why::Failures && !first && (rests_now || count < rules.failures) {
            return None;
        }
        // Of many that fail together the first one says how often in a row.
        let streak = match &*known {
            Some(rest) if first => rest.streak + 1,
            Some(rest) => rest.streak,
            None => 0,
        };
        let until = now.saturating_add(why.rest(failure, streak, chance(), rules));
        let since_ms = known.as_ref().filter(|rest| rest.why == why).map(|rest| rest.since_ms);
        let longer = known.as_ref().is_none_or(|rest| first || rest.until < until);
        if longer {
            let since_ms = since_ms.unwrap_or_else(ledger::now_ms);
            // Somebody may still be on trial: then this is not the one.
            let on_trial = !first && known.as_ref().is_some_and(|rest| rest.on_trial);
            *known = Some(Rest { why, until, streak, on_trial, since_ms });
            self.until.store(until, Ordering::Release);
        }
        (!rests_now || first).then_some(why)
    }

    fn is_well_again(&self) -> Option<Why> {
        let was = self.rest().take()?;
        self.until.store(0, Ordering::Release);
        self.outcomes.clear();
        Some(was.why)
    }
}

/// A request that goes by an account. Dropped without a word it says nothing of the account.
#[derive(Debug)]
pub(super) struct Going {
    account: Arc<Account>,
    /// It is the one that goes first after a rest.
    first: bool,
    taken: Taken,
}

impl Going {
    pub(super) fn name(&self) -> &str {
        &self.account.name
    }

    /// The answer has begun.
    pub(super) fn answered(&mut self) {
        if std::mem::take(&mut self.first) {
            if let Some(why) = self.account.is_well_again() {
                tracing::info!(account = self.account.name, was = why.word(), "serves again");
            }
        } else {
            self.account.outcomes.good();
        }
    }

    /// The upstream counted so many tokens, where it did.
    pub(super) fn settle(&mut self, tokens: Option<u64>) {
        self.taken.settle(tokens);
    }

    /// It failed; says why the account rests from now on, where it does.
    pub(super) fn failed(&mut self, failure: &Failure, now: u64, rules: &Routing) -> Option<Why> {
        match failure.class {
            FailureClass::UpstreamUnreachable => self.taken.give_back(),
            // It counts as a request; tokens are not counted for a refusal.
            _ => self.taken.settle(Some(0)),
        }
        let first = self.first;
        let why = self.account.failed(failure, first, now, rules);
        if why.is_some() {
            self.first = false;
        }
        why
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        self.account.in_flight.fetch_sub(1, Ordering::Relaxed);
        // Who leaves in the middle has used what nobody has counted.
        self.taken.settle(None);
        if self.first
            && let Some(rest) = &mut *self.account.rest()
        {
            // It has found out nothing: the next one may.
            rest.on_trial = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: FailureClass, ms: Option<u64>) -> Failure {
        let mut failure = Failure::new(class, "");
        failure.retry_after_ms = ms;
        failure
    }

    fn account() -> Arc<Account> {
        Arc::new(Account::new("a", &Terms::default()))
    }

    fn fails(account: &Arc<Account>, class: FailureClass, ms: Option<u64>, now: u64) {
        let mut going = account.go(now, 1).expect("may go");
        going.failed(&failure(class, ms), now, &Routing::default());
    }

    #[test]
    fn after_a_rest_one_request_goes_first() {
        let account = account();
        fails(&account, FailureClass::UpstreamRateLimited, Some(100), 1_000);
        assert_eq!(account.standing(1_050), Standing::Rests(Why::Limit, 50));
        assert!(account.go(1_099, 1).is_err());
        let mut first = account.go(1_100, 1).expect("its rest is over");
        assert!((0..1_000).all(|_| account.go(1_100, 1).is_err()), "one, not a thousand");
        assert_eq!(account.standing(1_100), Standing::OnTrial(Why::Limit));
        first.answered();
        assert_eq!(account.standing(1_100), Standing::Well);
        assert!(account.go(1_100, 1).is_ok());
    }

    #[test]
    fn who_goes_first_and_leaves_makes_room_for_the_next() {
        let account = account();
        fails(&account, FailureClass::UpstreamRateLimited, Some(100), 0);
        drop(account.go(100, 1).expect("goes first"));
        assert_eq!(account.standing(100), Standing::Due(Why::Limit));
        // A fault of the request says nothing of the account either.
        fails(&account, FailureClass::UpstreamRejected, None, 100);
        assert_eq!(account.standing(100), Standing::Due(Why::Limit));
        assert_eq!(account.load(), 0);
    }

    #[test]
    fn failures_rest_it_by_n_of_m_and_never_one() {
        let account = account();
        for _ in 0..4 {
            fails(&account, FailureClass::UpstreamError, None, 0);
            assert_eq!(account.standing(0), Standing::Well);
        }
        fails(&account, FailureClass::FirstTokenTimeout, None, 0);
        let Standing::Rests(Why::Failures, first) = account.standing(0) else { panic!() };
        assert!((2_500..=5_000).contains(&first), "{first}");
        // Who goes first and fails rests it for twice as long, at once.
        fails(&account, FailureClass::UpstreamError, None, 5_000);
        let Standing::Rests(Why::Failures, second) = account.standing(5_000) else { panic!() };
        assert!((5_000..=10_000).contains(&second), "{second}");
        account.go(15_000, 1).expect("goes first").answered();
        fails(&account, FailureClass::UpstreamError, None, 15_000);
        assert_eq!(account.standing(15_000), Standing::Well, "what was is forgotten");
    }

    #[test]
    fn many_that_fail_together_count_as_one_in_a_row_and_the_longest_rest_holds() {
        let account = account();
        let rules = Routing::default();
        let mut together: Vec<_> = (0..50).map(|_| account.go(0, 1).expect("well")).collect();
        let class = FailureClass::UpstreamRateLimited;
        let told: Vec<_> = together
            .iter_mut()
            .zip([Some(9_000), Some(40_000), Some(1)].into_iter().cycle())
            .filter_map(|(going, ms)| going.failed(&failure(class, ms), 0, &rules))
            .collect();
        assert_eq!(told, [Why::Limit], "said once");
        assert_eq!(account.standing(0), Standing::Rests(Why::Limit, 40_000));
        // An answer to an older request is no proof.
        assert!(account.go(0, 1).is_err(), "it rests");
        together.iter_mut().for_each(Going::answered);
        assert_eq!(account.standing(0), Standing::Rests(Why::Limit, 40_000));
    }

    #[test]
    fn a_refused_credential_is_out_until_one_request_finds_it_good() {
        let account = account();
        fails(&account, FailureClass::UpstreamAuth, None, 0);
        let since = account.refused_since();
        assert!(since.is_some());
        let Standing::Rests(Why::Refused, left) = account.standing(0) else { panic!() };
        fails(&account, FailureClass::UpstreamAuth, None, left);
        assert_eq!(account.refused_since(), since);
        account.go(10_000_000, 1).expect("goes first").answered();
        assert_eq!(account.refused_since(), None);
    }
}
