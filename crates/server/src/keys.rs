//! API keys as the request path sees them: one lookup by keyed hash, no database.

use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;
use tabway_dialects::ids::KeyId;

use crate::config::{Config, KeyConfig, ModelFilter};

/// A known key, without its secret.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id in the database; `None` for a key of the file.
    pub id: Option<KeyId>,
    /// Its name.
    pub name: String,
    /// Models it may use.
    pub models: ModelFilter,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// How a secret is hashed for the lookup. A secret is never compared byte by byte, so the time of
/// a lookup says nothing about it.
type Digest = [u8; 32];

/// All known keys.
pub struct Keys {
    /// Hashes the file's keys; lives as long as the process.
    pepper: hmac::Key,
    declared: ArcSwap<HashMap<Digest, Arc<Key>>>,
}

impl Keys {
    /// The keys of the configuration.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut seed = [0; 32];
        // Without random bytes the hash is still a hash; the pepper only guards memory dumps.
        let _ = aws_lc_rs::rand::fill(&mut seed);
        let keys =
            Self { pepper: hmac::Key::new(hmac::HMAC_SHA256, &seed), declared: ArcSwap::default() };
        keys.declare(&config.keys);
        keys
    }

    /// Replaces the keys of the configuration.
    pub fn declare(&self, keys: &[KeyConfig]) {
        let declared = keys.iter().map(|key| {
            let known = Key {
                id: None,
                name: key.name.clone(),
                models: key.models.clone(),
                expires_ms: None,
            };
            (self.digest(key.secret.expose()), Arc::new(known))
        });
        self.declared.store(Arc::new(declared.collect()));
    }

    /// Whether there is any key; without one a loopback gateway takes any.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.declared.load().is_empty()
    }

    /// The key with that secret.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<Arc<Key>> {
        self.declared.load().get(&self.digest(secret)).cloned()
    }

    fn digest(&self, secret: &str) -> Digest {
        let tag = hmac::sign(&self.pepper, secret.as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(tag.as_ref());
        digest
    }
}
