//! Every key by the hash of its secret: one look, however many there are. Immutable; a change
//! makes another one.

use std::{collections::HashMap, sync::Arc};

use tabway_store::{Digest, Store};

use super::{Key, Owner};
use crate::{config::KeyConfig, limits::Now};

/// All keys that may be used, now or until they expire.
#[derive(Debug, Default)]
pub(super) struct Index {
    by_secret: HashMap<Digest, Entry>,
    by_owner: HashMap<Owner, Arc<Key>>,
    /// Those that expire, the soonest first.
    pub(super) expiring: Vec<(i64, Arc<Key>)>,
    /// Whether there is or ever was a key: then nobody comes in without one.
    pub(super) closed: bool,
}

#[derive(Debug)]
struct Entry {
    key: Arc<Key>,
    /// When a rotation takes the secret away.
    until_ms: Option<i64>,
}

impl Index {
    /// The keys of the file and of the database. A key that was there before keeps its meters.
    pub(super) fn build(declared: &[KeyConfig], store: &Store, before: &Self, now: Now) -> Self {
        let mut index =
            Self { closed: !declared.is_empty() || store.keys().any(), ..Self::default() };
        for secret in store.keys().open_secrets() {
            let owner = Owner::Made(secret.key.id);
            let key = index.by_owner.get(&owner).cloned().or_else(|| {
                let before = before.by_owner.get(&owner);
                // Nothing of it has changed: the very same.
                let same = before.filter(|before| before.is_of(&secret.key));
                same.cloned().or_else(|| Key::made(&secret.key, before, now).map(Arc::new))
            });
            let Some(key) = key else { continue };
            index.by_owner.entry(owner).or_insert_with(|| key.clone());
            index.by_secret.insert(secret.digest, Entry { key, until_ms: secret.until_ms });
        }
        for written in declared {
            let owner = Owner::File(written.name.clone());
            let key = Arc::new(Key::declared(written, before.by_owner.get(&owner), now));
            let digest = store.keys().digest(written.secret.expose());
            index.by_owner.insert(owner, key.clone());
            index.by_secret.insert(digest, Entry { key, until_ms: None });
        }
        let ends = index.by_owner.values().filter_map(|key| Some((key.expires_ms?, key.clone())));
        index.expiring = ends.collect();
        index.expiring.sort_by_key(|(end, _)| *end);
        index
    }

    /// The key that a secret opens.
    pub(super) fn find(&self, digest: &Digest, wall_ms: i64) -> Option<&Arc<Key>> {
        let entry = self.by_secret.get(digest)?;
        entry.until_ms.is_none_or(|end| wall_ms < end).then_some(&entry.key)
    }

    pub(super) fn owned(&self, owner: &Owner) -> Option<&Arc<Key>> {
        self.by_owner.get(owner)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Arc<Key>> {
        self.by_owner.values()
    }

    /// Ends the keys of the index before that are not in this one.
    pub(super) fn end_others(&self, before: &Self) {
        for (owner, key) in &before.by_owner {
            if !self.by_owner.contains_key(owner) {
                key.meters.end.come();
            }
        }
    }
}
