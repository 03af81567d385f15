//! Requests that are sent again with the same `Idempotency-Key`: one of them goes to an upstream.
//! A repeat is refused while the first is at work and after it was answered; what failed, or was
//! left by its client, may be sent again. Requests without the header never come here.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};

/// How long an answered request is remembered.
const REMEMBERED: Duration = Duration::from_hours(1);

/// Parts, each with a lock of its own, and the most that one remembers.
const SHARDS: usize = 16;
const MOST: usize = 4_096;

/// The longest key, in bytes.
const MAX_KEY: usize = 255;

/// What was sent with such a key.
#[derive(Debug)]
pub struct Repeats {
    hasher: RandomState,
    shards: [Mutex<HashMap<Name, First>>; SHARDS],
}

/// Whose key it is, and the key.
type Name = (String, String);

/// The request that came first.
#[derive(Debug, Clone, Copy)]
struct First {
    id: RequestId,
    /// Nothing while it is at work.
    answered: Option<Instant>,
}

impl Default for Repeats {
    fn default() -> Self {
        Self { hasher: RandomState::new(), shards: Default::default() }
    }
}

/// The first request with its key. Dropped without an answer it is forgotten.
#[derive(Debug)]
pub(super) struct Repeat {
    all: Arc<Repeats>,
    name: Name,
    answered: bool,
}

impl Repeats {
    /// Takes a key of an owner for a request.
    ///
    /// # Errors
    /// `duplicate_request` where another request has it, `invalid_request` where it is too long,
    /// `saturated` where no more can be remembered.
    pub(super) fn begin(
        self: &Arc<Self>,
        owner: String,
        key: String,
        id: RequestId,
    ) -> Result<Box<Repeat>, Failure> {
        if key.len() > MAX_KEY {
            let words = format!("idempotency-key: longer than {MAX_KEY} bytes");
            return Err(Failure::new(FailureClass::InvalidRequest, words));
        }
        let name = (owner, key);
        let mut shard = self.shard(&name);
        match shard.get(&name) {
            Some(First { id, answered: None }) => {
                let words = format!("a request with this idempotency-key is at work: {id}");
                return Err(Failure::new(FailureClass::Duplicate, words).with_retry_after_ms(1_000));
            }
            Some(First { id, answered: Some(at) }) if at.elapsed() < REMEMBERED => {
                let words = format!("a request with this idempotency-key was answered: {id}");
                return Err(Failure::new(FailureClass::Duplicate, words));
            }
            _ => {}
        }
        if shard.len() >= MOST {
            shard.retain(|_, first| first.answered.is_none_or(|at| at.elapsed() < REMEMBERED));
        }
        if shard.len() >= MOST {
            let oldest = shard.iter().filter_map(|(name, first)| Some((first.answered?, name)));
            match oldest.min().map(|(_, name)| name.clone()) {
                Some(oldest) => drop(shard.remove(&oldest)),
                None => {
                    let words = "too many requests with an idempotency-key are open";
                    return Err(Failure::new(FailureClass::Saturated, words));
                }
            }
        }
        shard.insert(name.clone(), First { id, answered: None });
        drop(shard);
        Ok(Box::new(Repeat { all: self.clone(), name, answered: false }))
    }

    fn shard(&self, name: &Name) -> MutexGuard<'_, HashMap<Name, First>> {
        let at = self.hasher.hash_one(name) % SHARDS as u64;
        let at = usize::try_from(at).unwrap_or(0);
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Repeat {
    /// It was answered: who sends it again is told so.
    pub(super) fn answered(mut self) {
        self.answered = true;
    }
}

impl Drop for Repeat {
    fn drop(&mut self) {
        let mut shard = self.all.shard(&self.name);
        match shard.get_mut(&self.name) {
            Some(first) if self.answered => first.answered = Some(Instant::now()),
            _ => drop(shard.remove(&self.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(all: &Arc<Repeats>, owner: &str, key: &str) -> Result<Box<Repeat>, FailureClass> {
        let id = RequestId::from_uuid(uuid::Uuid::nil());
        all.begin(owner.to_owned(), key.to_owned(), id).map_err(|failure| failure.class)
    }

    #[test]
    fn one_at_a_time_and_none_after_an_answer() {
        let all = Arc::default();
        let first = begin(&all, "a", "k").expect("the first");
        assert_eq!(begin(&all, "a", "k").err(), Some(FailureClass::Duplicate));
        assert!(begin(&all, "b", "k").is_ok(), "another's key is another key");
        drop(first);
        begin(&all, "a", "k").expect("it failed, so it may be sent again").answered();
        assert_eq!(begin(&all, "a", "k").err(), Some(FailureClass::Duplicate));
        assert_eq!(begin(&all, "a", &"k".repeat(256)).err(), Some(FailureClass::InvalidRequest));
    }

    #[test]
    fn the_oldest_answers_are_forgotten_and_memory_has_a_bound() {
        let all = Arc::default();
        for at in 0..SHARDS * MOST + 1_000 {
            begin(&all, "a", &at.to_string()).expect("room").answered();
        }
        let kept: usize = all.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(kept <= SHARDS * MOST, "{kept}");
    }
}
