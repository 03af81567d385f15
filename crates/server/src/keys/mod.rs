//! API keys as the request path sees them: one lookup by keyed hash, no database, and what is used
//! of each key's limits.

mod admission;
mod end;
mod index;
mod keeper;
mod meters;
mod policy;
mod standing;

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwap;
use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::KeyId,
};
use tabway_store::{KeyLimits, Store};
use tokio::sync::Notify;

pub use self::policy::{Allowance, Policy};
pub(crate) use self::{
    admission::{Admission, Estimate},
    end::{Watch, ended},
    keeper::keep,
    policy::{dollars, micro_usd},
    standing::{Standing, Standings},
};
use self::{index::Index, meters::Meters};
use crate::{
    config::{Config, ConfigError, KeyConfig, ModelFilter},
    limits::Now,
};

/// Whose a key is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Owner {
    /// The configuration file's, by its name.
    File(String),
    /// The database's.
    Made(KeyId),
}

/// A known key, without its secret.
#[derive(Debug)]
pub struct Key {
    /// Whose it is.
    pub owner: Owner,
    /// Its name.
    pub name: String,
    /// Models it may use.
    pub models: ModelFilter,
    /// How much it may use, as it is set.
    pub limits: KeyLimits,
    /// What its owner notes of it.
    pub labels: BTreeMap<String, String>,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
    meters: Meters,
    /// The row that it was made from.
    row: Option<Arc<tabway_store::Key>>,
}

impl Key {
    /// A key of the file.
    fn declared(written: &KeyConfig, before: Option<&Arc<Self>>, now: Now) -> Self {
        Self {
            owner: Owner::File(written.name.clone()),
            name: written.name.clone(),
            models: written.models.clone(),
            limits: written.limits.clone(),
            labels: written.labels.clone(),
            expires_ms: written.expires_ms,
            meters: Meters::new(&written.policy, before.map(|key| &key.meters), now),
            row: None,
        }
    }

    /// A key of the database. One whose limits cannot be read lets nobody in.
    fn made(row: &Arc<tabway_store::Key>, before: Option<&Arc<Self>>, now: Now) -> Option<Self> {
        let policy = Policy::read(&row.limits).inspect_err(|words| {
            tracing::error!(key = row.name, words, "the key's limits make no sense; it is closed");
        });
        Some(Self {
            owner: Owner::Made(row.id),
            name: row.name.clone(),
            models: ModelFilter::new(row.models.clone()),
            limits: row.limits.clone(),
            labels: row.labels.clone(),
            expires_ms: row.expires_ms,
            meters: Meters::new(&policy.ok()?, before.map(|key| &key.meters), now),
            row: Some(row.clone()),
        })
    }

    fn is_of(&self, row: &Arc<tabway_store::Key>) -> bool {
        self.row.as_ref().is_some_and(|mine| Arc::ptr_eq(mine, row))
    }

    /// How it stands with its limits.
    pub(crate) fn standings(&self) -> Standings {
        self.meters.standings(Now::read())
    }

    /// When the present period of its budget began, Unix milliseconds.
    pub(crate) fn period_start_ms(&self) -> Option<i64> {
        self.meters.budget.as_ref().map(|budget| budget.period_start(Now::read()))
    }
}

/// All known keys.
pub struct Keys {
    store: Arc<Store>,
    index: ArcSwap<Index>,
    /// The keys of the configuration; held while the index is made.
    declared: Mutex<Vec<KeyConfig>>,
    /// Of which keys of the database the index was made.
    version: AtomicU64,
    /// A budget may want its past from the ledger.
    changed: Notify,
}

impl Keys {
    /// The keys of the configuration and of the database.
    #[must_use]
    pub fn new(config: &Config, store: Arc<Store>) -> Self {
        let keys = Self {
            store,
            index: ArcSwap::default(),
            declared: Mutex::default(),
            version: AtomicU64::new(0),
            changed: Notify::new(),
        };
        keys.declare(&config.keys);
        keys
    }

    /// Replaces the keys of the configuration.
    pub fn declare(&self, keys: &[KeyConfig]) {
        let mut declared = self.declared.lock().unwrap_or_else(PoisonError::into_inner);
        *declared = keys.to_vec();
        self.rebuild(&declared);
    }

    /// Takes over what changed in the database.
    pub fn refresh(&self) {
        if self.version.load(Ordering::Acquire) == self.store.keys().version() {
            return;
        }
        // Who comes while another thread is at it goes by the index there is.
        match self.declared.try_lock() {
            Ok(declared) => self.rebuild(&declared),
            Err(TryLockError::Poisoned(declared)) => self.rebuild(&declared.into_inner()),
            Err(TryLockError::WouldBlock) => {}
        }
    }

    fn rebuild(&self, declared: &MutexGuard<'_, Vec<KeyConfig>>) {
        // Read first: a change that comes meanwhile is seen the next time.
        let version = self.store.keys().version();
        let before = self.index.load_full();
        let index = Index::build(declared, &self.store, &before, Now::read());
        index.end_others(&before);
        self.index.store(Arc::new(index));
        self.version.store(version, Ordering::Release);
        self.changed.notify_one();
    }

    /// Whether there is any key; without one a loopback gateway takes any.
    #[must_use]
    pub fn any(&self) -> bool {
        self.refresh();
        self.index.load().closed
    }

    /// Who presents this credential.
    ///
    /// # Errors
    /// `invalid_api_key`
    pub fn identify(&self, credential: &Credential<'_>) -> Result<Caller, Failure> {
        self.refresh();
        let index = self.index.load();
        if !index.closed {
            // Loopback only: a public address does not start without a key.
            return Ok(Caller(None));
        }
        let now = Now::read().wall_ms;
        let key = match credential {
            Credential::Key(secret) => index.find(&self.store.keys().digest(secret), now),
            Credential::Absent => {
                return Err(refused("no API key; send authorization: Bearer ..."));
            }
            Credential::Malformed => None,
        };
        let key = key.ok_or_else(|| refused("this API key is not known"))?;
        if key.expires_ms.is_some_and(|end| end <= now) {
            return Err(refused("this API key has expired"));
        }
        Ok(Caller(Some(key.clone())))
    }

    /// The key of that owner.
    pub(crate) fn owned(&self, owner: &Owner) -> Option<Arc<Key>> {
        self.refresh();
        self.index.load().owned(owner).cloned()
    }
}

/// A key has one owner: a name or a secret in the file and in the database is an error.
pub(crate) fn refuse_twice(config: &Config, store: &Store) -> Result<(), ConfigError> {
    if config.keys.is_empty() {
        return Ok(());
    }
    let made = store.keys().open_secrets();
    let by_name: BTreeMap<&str, &str> =
        made.iter().filter(|one| one.key.is_live()).map(|one| (&*one.key.name, "name")).collect();
    let by_secret: BTreeMap<_, _> =
        made.iter().map(|one| (one.digest, one.key.name.as_str())).collect();
    for key in &config.keys {
        let name = key.name.as_str();
        if by_name.contains_key(name) {
            return Err(ConfigError::new(format!(
                "key `{name}` is both in the file and made by command; `tabway key revoke {name}` \
                 revokes the latter"
            )));
        }
        if let Some(other) = by_secret.get(&store.keys().digest(key.secret.expose())) {
            return Err(ConfigError::new(format!(
                "key `{name}` of the file has the secret of `{other}`, which was made by command; \
                 `tabway key revoke {other}` revokes the latter"
            )));
        }
    }
    Ok(())
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
        match self.key().map(|key| &key.owner) {
            Some(Owner::Made(id)) => id.to_string(),
            Some(Owner::File(name)) => format!("file:{name}"),
            None => String::new(),
        }
    }

    /// Whether the caller may use the model.
    #[must_use]
    pub fn may_use(&self, model: &str) -> bool {
        self.key().is_none_or(|key| key.models.allows(model))
    }

    /// Takes what a request may need of the key's limits; nothing where it has none.
    ///
    /// # Errors
    /// `key_busy`, `key_rate_limited`, `key_budget_used`
    pub(crate) fn admit(
        &self,
        estimate: impl FnOnce() -> Estimate,
    ) -> Result<Option<Box<Admission>>, Failure> {
        let Some(meters) = self.key().map(|key| &key.meters).filter(|meters| meters.limit()) else {
            return Ok(None);
        };
        let estimate = if meters.count_amounts() { estimate() } else { Estimate::default() };
        meters.admit(estimate, Now::read()).map(|admission| Some(Box::new(admission)))
    }

    /// An eye on the end of the key.
    pub(crate) fn watch(&self) -> Watch {
        Watch::new(self.key().map(|key| key.meters.end.clone()))
    }
}

fn refused(words: &str) -> Failure {
    Failure::new(FailureClass::InvalidKey, words)
}
