//! What is wrong now, what was told last, and how each channel did.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::Serialize;
use tabway_store::ledger::now_ms;

use super::message::{Message, Phase};

/// Messages that are remembered.
const LAST: usize = 200;

/// The most that can be wrong at once and be listed.
const MAX_ACTIVE: usize = 1_000;

/// What is shown of alerts.
#[derive(Debug, Default)]
pub struct Board(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    active: BTreeMap<(&'static str, String), Message>,
    last: VecDeque<Message>,
    channels: BTreeMap<String, Delivery>,
}

/// How a channel did last.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Delivery {
    /// Messages that arrived.
    pub(crate) delivered: u64,
    /// Messages that were given up.
    pub(crate) lost: u64,
    /// When one arrived last, Unix milliseconds.
    pub(crate) delivered_ms: Option<i64>,
    /// Why the last one that did not arrive did not.
    pub(crate) error: Option<String>,
}

impl Board {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, message: &Message) {
        let mut inner = self.inner();
        let key = (message.rule, message.whose.to_string());
        match message.phase {
            Phase::Raised if inner.active.len() < MAX_ACTIVE || inner.active.contains_key(&key) => {
                inner.active.insert(key, message.clone());
            }
            Phase::Cleared => {
                inner.active.remove(&key);
            }
            Phase::Raised | Phase::Said => {}
        }
        if inner.last.len() >= LAST {
            inner.last.pop_back();
        }
        inner.last.push_front(message.clone());
    }

    pub(super) fn arrived(&self, channel: &str) {
        let mut inner = self.inner();
        let delivery = inner.channels.entry(channel.to_owned()).or_default();
        delivery.delivered += 1;
        delivery.delivered_ms = Some(now_ms());
        delivery.error = None;
    }

    pub(super) fn lost(&self, channel: &str, words: &str) {
        let mut inner = self.inner();
        let delivery = inner.channels.entry(channel.to_owned()).or_default();
        delivery.lost += 1;
        delivery.error = Some(words.to_owned());
    }

    /// What is wrong now.
    pub(crate) fn active(&self) -> Vec<Message> {
        self.inner().active.values().cloned().collect()
    }

    /// How much is wrong now, by rule.
    pub(crate) fn counts(&self) -> BTreeMap<&'static str, usize> {
        let mut counts = BTreeMap::new();
        for (rule, _) in self.inner().active.keys() {
            *counts.entry(*rule).or_default() += 1;
        }
        counts
    }

    /// What was told last, the newest first.
    pub(crate) fn last(&self, most: usize) -> Vec<Message> {
        self.inner().last.iter().take(most).cloned().collect()
    }

    /// How a channel did.
    pub(crate) fn delivery(&self, channel: &str) -> Delivery {
        self.inner().channels.get(channel).cloned().unwrap_or_default()
    }
}
