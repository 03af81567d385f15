//! Which account holds the prompt cache of a conversation. Bounded: what is oldest is forgotten.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hasher, RandomState},
    sync::{Mutex, PoisonError},
};

/// How long an upstream is expected to keep a prompt, from its last use.
const LIFE_MS: u64 = 600_000;

/// Parts of the table, each with a lock of its own.
const PARTS: usize = 16;

/// Conversations of one half of a part: all together know 32,768 at the least, twice as many at
/// the most.
const HALF: usize = 2_048;

/// At most so many bytes of each end of a conversation's beginning are hashed.
const ENDS: usize = 2_048;

/// The conversations and their accounts.
#[derive(Debug)]
pub struct Affinity {
    hashes: RandomState,
    parts: [Mutex<Part>; PARTS],
}

#[derive(Debug, Default)]
struct Part {
    young: HashMap<u64, Held>,
    old: HashMap<u64, Held>,
}

/// An account of a place, by its number and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) account: u64,
    pub(crate) at: usize,
    until: u64,
}

impl Default for Affinity {
    fn default() -> Self {
        Self { hashes: RandomState::new(), parts: std::array::from_fn(|_| Mutex::default()) }
    }
}

impl Affinity {
    /// A conversation's number: whose it is, with which model, and how it begins.
    pub(crate) fn conversation(&self, owner: &str, model: &str, beginning: &[u8]) -> u64 {
        let mut hash = self.hashes.build_hasher();
        for text in [owner, model] {
            hash.write_usize(text.len());
            hash.write(text.as_bytes());
        }
        hash.write_usize(beginning.len());
        hash.write(&beginning[..beginning.len().min(ENDS)]);
        hash.write(&beginning[beginning.len().saturating_sub(ENDS)..]);
        hash.finish()
    }

    /// The account that answered last.
    pub(crate) fn of(&self, conversation: u64, now: u64) -> Option<Held> {
        let part = self.part(conversation).lock().unwrap_or_else(PoisonError::into_inner);
        let held = part.young.get(&conversation).or_else(|| part.old.get(&conversation))?;
        (now < held.until).then_some(*held)
    }

    /// This account answered.
    pub(crate) fn hold(&self, conversation: u64, (account, at): (u64, usize), now: u64) {
        let mut part = self.part(conversation).lock().unwrap_or_else(PoisonError::into_inner);
        if part.young.len() >= HALF && !part.young.contains_key(&conversation) {
            part.old = std::mem::take(&mut part.young);
        }
        part.young.insert(conversation, Held { account, at, until: now + LIFE_MS });
    }

    fn part(&self, conversation: u64) -> &Mutex<Part> {
        let at = usize::try_from(conversation % PARTS as u64).unwrap_or(0);
        &self.parts[at]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_keeps_its_account_for_a_while() {
        let affinity = Affinity::default();
        let one = affinity.conversation("k", "m", b"hello");
        assert_eq!(one, affinity.conversation("k", "m", b"hello"));
        for (owner, model, beginning) in
            [("k2", "m", &b"hello"[..]), ("k", "m2", b"hello"), ("k", "m", b"hallo")]
        {
            assert_ne!(one, affinity.conversation(owner, model, beginning));
        }
        assert_eq!(affinity.of(one, 0), None);
        affinity.hold(one, (7, 3), 10);
        assert_eq!(affinity.of(one, 10).map(|held| (held.account, held.at)), Some((7, 3)));
        assert_eq!(affinity.of(one, 10 + LIFE_MS), None);
    }

    #[test]
    fn it_is_bounded_and_forgets_the_oldest() {
        let affinity = Affinity::default();
        let last = 1_000_000_u64;
        (0..=last).for_each(|conversation| affinity.hold(conversation, (1, 0), 0));
        let count = |part: &Mutex<Part>| {
            let part = part.lock().unwrap();
            part.young.len() + part.old.len()
        };
        assert!(affinity.parts.iter().map(count).sum::<usize>() <= PARTS * HALF * 2);
        assert!(affinity.of(last, 1).is_some() && affinity.of(last - 30_000, 1).is_some());
        assert!(affinity.of(0, 1).is_none());
    }
}
