//! The queue of one site: the keys take turns, and each key's requests are served in their order.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use tabway_dialects::chat::Failure;
use tokio::{sync::oneshot, time::Instant};

use crate::nodes::{handle::JobHandle, held::HeldTalk, order::JobOrder};

/// How many may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::nodes) struct QueueRules {
    /// For one site.
    pub(in crate::nodes) size: usize,
    /// Of one key for one site.
    pub(in crate::nodes) per_key: usize,
}

/// A place in a queue.
#[derive(Debug, Clone)]
pub(in crate::nodes) struct Ticket {
    pub(in crate::nodes) site: String,
    pub(super) key: String,
    pub(super) number: u64,
}

/// A request that waits for a lane.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) number: u64,
    pub(super) order: Arc<JobOrder>,
    pub(super) since: Instant,
    pub(super) give_up: Instant,
    pub(super) answer: oneshot::Sender<Result<JobHandle, Failure>>,
}

/// What a request asks of a seat. Those that ask for the same wait for the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wish {
    model: String,
    mode: Option<String>,
    lane: Option<u64>,
    held: Option<HeldTalk>,
}

impl Wish {
    pub(super) fn of(order: &JobOrder) -> Self {
        let JobOrder { model, mode, lane, held, .. } = order;
        Self { model: model.clone(), mode: mode.clone(), lane: *lane, held: *held }
    }
}

/// How many wait for it, and why they still do.
#[derive(Debug)]
struct Wished {
    count: usize,
    reason: Failure,
}

/// Requests of one site that wait.
#[derive(Debug, Default)]
pub(super) struct Queue {
    /// Keys with requests here; the first is served next and then goes to the end.
    ring: VecDeque<String>,
    keys: HashMap<String, VecDeque<Waiter>>,
    wishes: HashMap<Wish, Wished>,
    len: usize,
    /// When pacing lets the first of them go on.
    pub(super) next: Option<Instant>,
}

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn len_of(&self, key: &str) -> usize {
        self.keys.get(key).map_or(0, VecDeque::len)
    }

    /// Puts a request behind those of its key.
    pub(super) fn push(&mut self, waiter: Waiter, reason: Failure) {
        let wished = self.wishes.entry(Wish::of(&waiter.order));
        wished.or_insert(Wished { count: 0, reason }).count += 1;
        let key = &waiter.order.key;
        if !self.keys.contains_key(key) {
            self.ring.push_back(key.clone());
        }
        self.keys.entry(key.clone()).or_default().push_back(waiter);
        self.len += 1;
    }

    /// Takes a request out.
    pub(super) fn remove(&mut self, key: &str, number: u64) -> Option<Waiter> {
        let waiting = self.keys.get_mut(key)?;
        let at = waiting.iter().position(|waiter| waiter.number == number)?;
        let waiter = waiting.remove(at)?;
        if waiting.is_empty() {
            self.keys.remove(key);
            self.ring.retain(|other| other != key);
        }
        let wish = Wish::of(&waiter.order);
        if let Some(wished) = self.wishes.get_mut(&wish) {
            wished.count -= 1;
            if wished.count == 0 {
                self.wishes.remove(&wish);
            }
        }
        self.len -= 1;
        Some(waiter)
    }

    /// The request that is served next of those whose wish is not among the `blocked`.
    pub(super) fn first(&self, blocked: &[Wish]) -> Option<&Waiter> {
        if blocked.len() >= self.wishes.len() {
            return None;
        }
        let open = |waiter: &&Waiter| !blocked.contains(&Wish::of(&waiter.order));
        self.ring.iter().filter_map(|key| self.keys.get(key)).find_map(|all| all.iter().find(open))
    }

    /// A key was served: the others come first now.
    pub(super) fn served(&mut self, key: &str) {
        if let Some(at) = self.ring.iter().position(|other| other == key)
            && let Some(key) = self.ring.remove(at)
        {
            self.ring.push_back(key);
        }
    }

    /// Why a wish cannot be served now.
    pub(super) fn blocked(&mut self, wish: &Wish, reason: Failure) {
        if let Some(wished) = self.wishes.get_mut(wish) {
            wished.reason = reason;
        }
    }

    /// Why a request still waits.
    pub(super) fn reason(&self, key: &str, number: u64) -> Option<Failure> {
        let waiter = self.keys.get(key)?.iter().find(|waiter| waiter.number == number)?;
        self.wishes.get(&Wish::of(&waiter.order)).map(|wished| wished.reason.clone())
    }

    /// How many come before a request, itself counted.
    pub(super) fn position(&self, key: &str, number: u64) -> Option<usize> {
        let round = self.keys.get(key)?.iter().position(|waiter| waiter.number == number)?;
        let turn = self.ring.iter().position(|other| other == key)?;
        let before = self.ring.iter().enumerate().map(|(at, other)| {
            let rounds = if at < turn { round + 1 } else { round };
            self.len_of(other).min(rounds)
        });
        Some(before.sum::<usize>() + 1)
    }

    /// All of them, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Waiter> {
        self.keys.values().flatten()
    }
}

#[cfg(test)]
mod tests {
    use tabway_dialects::chat::FailureClass;

    use super::*;

    fn put(queue: &mut Queue, key: &str, number: u64, model: &str) {
        let order = JobOrder { key: key.to_owned(), ..JobOrder::new("s", model, "") };
        let order = Arc::new(order);
        let (answer, _) = oneshot::channel();
        let now = Instant::now();
        let waiter = Waiter { number, order, since: now, give_up: now, answer };
        queue.push(waiter, Failure::new(FailureClass::Busy, "busy"));
    }

    /// Serves all of them one by one.
    fn order_of(queue: &mut Queue, blocked: &[Wish]) -> Vec<u64> {
        let mut numbers = Vec::new();
        while let Some(next) = queue.first(blocked) {
            let (key, number) = (next.order.key.clone(), next.number);
            assert_eq!(queue.position(&key, number).filter(|_| blocked.is_empty()), {
                blocked.is_empty().then_some(1)
            });
            queue.remove(&key, number);
            queue.served(&key);
            numbers.push(number);
        }
        numbers
    }

    #[test]
    fn a_key_with_many_requests_does_not_hold_up_the_others() {
        let mut queue = Queue::default();
        for number in 1..=4 {
            put(&mut queue, "greedy", number, "m");
        }
        put(&mut queue, "modest", 5, "m");
        put(&mut queue, "modest", 6, "m");
        assert_eq!(queue.position("modest", 5), Some(2));
        assert_eq!(queue.position("greedy", 4), Some(6));
        assert_eq!(order_of(&mut queue, &[]), [1, 5, 2, 6, 3, 4]);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn who_waits_for_another_model_is_not_held_up() {
        let mut queue = Queue::default();
        put(&mut queue, "a", 1, "busy");
        put(&mut queue, "a", 2, "free");
        put(&mut queue, "a", 3, "busy");
        let busy = Wish::of(&JobOrder::new("s", "busy", ""));
        assert_eq!(order_of(&mut queue, std::slice::from_ref(&busy)), [2]);
        assert!(queue.first(&[busy]).is_none());
        assert_eq!(queue.len(), 2);
    }
}
