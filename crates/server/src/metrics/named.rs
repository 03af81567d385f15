//! Figures by a name that the owner chose. Found without a lock; the number of names is bounded, and
//! what comes after that, or by a client's own words, is counted together.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use arc_swap::ArcSwap;

/// The most names with figures of their own.
pub(crate) const MAX_NAMES: usize = 200;

/// What stands for all other names.
pub(crate) const OTHER: &str = "other";

/// Figures by name.
#[derive(Debug)]
pub(crate) struct Named<T> {
    known: ArcSwap<HashMap<Box<str>, Arc<T>>>,
    other: Arc<T>,
    /// Held while a name is added.
    adding: Mutex<()>,
}

impl<T: Default> Default for Named<T> {
    fn default() -> Self {
        Self { known: ArcSwap::default(), other: Arc::default(), adding: Mutex::default() }
    }
}

impl<T: Default> Named<T> {
    /// The figures of a name; `is_ours` says whether it is one of the owner's, and is only asked the
    /// first time.
    pub(crate) fn of(&self, name: &str, is_ours: impl FnOnce() -> bool) -> Arc<T> {
        {
            let known = self.known.load();
            if name == OTHER {
                return self.other.clone();
            }
            if let Some(figures) = known.get(name) {
                return figures.clone();
            }
            if known.len() >= MAX_NAMES || !is_ours() {
                return self.other.clone();
            }
        }
        let _adding = self.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut known = HashMap::clone(&self.known.load());
        if known.len() >= MAX_NAMES && !known.contains_key(name) {
            return self.other.clone();
        }
        let figures = known.entry(name.into()).or_default().clone();
        self.known.store(Arc::new(known));
        figures
    }

    /// The figures of everything that has none of its own.
    pub(crate) fn other(&self) -> &Arc<T> {
        &self.other
    }

    /// All of them, in the order of their names, the others last.
    pub(crate) fn all(&self) -> Vec<(Box<str>, Arc<T>)> {
        let known = self.known.load();
        let mut all: Vec<_> = known.iter().map(|(name, one)| (name.clone(), one.clone())).collect();
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        all.push((OTHER.into(), self.other.clone()));
        all
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn names_are_bounded_and_words_of_clients_are_no_names() {
        let named = Named::<AtomicU64>::default();
        let count = |name: &str, ours| named.of(name, || ours).fetch_add(1, Ordering::Relaxed);
        count("a-clients-words", false);
        for number in 0..1_000 {
            count(&format!("model-{number:04}"), true);
        }
        count("model-0003", true);
        let all = named.all();
        assert_eq!(all.len(), MAX_NAMES + 1);
        assert_eq!((&*all[3].0, all[3].1.load(Ordering::Relaxed)), ("model-0003", 2));
        let (name, other) = all.last().expect("the others");
        assert_eq!((&**name, other.load(Ordering::Relaxed)), (OTHER, 801));
    }
}
