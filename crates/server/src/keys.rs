//! API keys as the request path sees them: one lookup by keyed hash, no database.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use arc_swap::ArcSwap;
use aws_lc_rs::hmac;
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::KeyId,
};
use tabway_store::Store;

use crate::config::{Config, ConfigError, KeyConfig, ModelFilter};

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
    /// Keys that were made by command.
    store: Arc<Store>,
}

impl Keys {
    /// The keys of the configuration and of the database.
    #[must_use]
    pub fn new(config: &Config, store: Arc<Store>) -> Self {
        let mut seed = [0; 32];
        // Without random bytes the hash is still a hash; the pepper only guards memory dumps.
        let _ = aws_lc_rs::rand::fill(&mut seed);
        let pepper = hmac::Key::new(hmac::HMAC_SHA256, &seed);
        let keys = Self { pepper, declared: ArcSwap::default(), store };
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
        !self.declared.load().is_empty() || self.store.keys().any()
    }

    /// Who presents this credential.
    ///
    /// # Errors
    /// `invalid_api_key`
    pub fn identify(&self, credential: &Credential<'_>) -> Result<Caller, Failure> {
        if !self.any() {
            // Loopback only: a public address does not start without a key.
            return Ok(Caller(None));
        }
        let key = match credential {
            Credential::Key(secret) => self.find(secret),
            Credential::Absent => {
                return Err(refused("no API key; send authorization: Bearer ..."));
            }
            Credential::Malformed => None,
        };
        let key = key.ok_or_else(|| refused("this API key is not known"))?;
        if key.expires_ms.is_some_and(|end| end <= now_ms()) {
            return Err(refused("this API key has expired"));
        }
        Ok(Caller(Some(key)))
    }

    fn find(&self, secret: &str) -> Option<Arc<Key>> {
        let declared = self.declared.load().get(&self.digest(secret)).cloned();
        declared.or_else(|| self.store.keys().find(secret).map(|key| Arc::new(made(&key))))
    }

    fn digest(&self, secret: &str) -> Digest {
        let tag = hmac::sign(&self.pepper, secret.as_bytes());
        let mut digest = [0; 32];
        digest.copy_from_slice(tag.as_ref());
        digest
    }
}

/// A key of the database as the request path sees it.
fn made(key: &tabway_store::Key) -> Key {
    Key {
        id: Some(key.id),
        name: key.name.clone(),
        models: ModelFilter::new(key.models.clone()),
        expires_ms: key.expires_ms,
    }
}

/// A key has one owner: a name in the file and in the database is an error.
pub(crate) fn refuse_twice(config: &Config, store: &Store) -> Result<(), ConfigError> {
    let made = store.keys().list();
    let twice = |key: &&KeyConfig| made.iter().any(|made| made.is_live() && made.name == key.name);
    match config.keys.iter().find(twice) {
        None => Ok(()),
        Some(key) => Err(ConfigError::new(format!(
            "key `{0}` is both in the file and made by command; `tabway key revoke {0}` revokes \
             the latter",
            key.name
        ))),
    }
}

/// What a client presents.
#[derive(Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// Nothing.
    Absent,
    /// A text that may be a key. Never logged.
    Key(&'a str),
    /// Something that no key looks like.
    Malformed,
}

/// Someone whose credential was good: a known key, or anyone where there are no keys.
#[derive(Debug, Clone)]
pub struct Caller(Option<Arc<Key>>);

impl Caller {
    /// The key, where there is one.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        self.0.as_deref()
    }

    /// Whose files are this caller's: a name that no other key has.
    #[must_use]
    pub fn owner(&self) -> String {
        match self.key() {
            Some(Key { id: Some(id), .. }) => id.to_string(),
            Some(key) => format!("file:{}", key.name),
            None => String::new(),
        }
    }

    /// Whether the caller may use the model.
    #[must_use]
    pub fn may_use(&self, model: &str) -> bool {
        self.key().is_none_or(|key| key.models.allows(model))
    }
}

fn refused(words: &str) -> Failure {
    Failure::new(FailureClass::InvalidKey, words)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
