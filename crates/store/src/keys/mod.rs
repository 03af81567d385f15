//! API keys. The database keeps hashes; who looks a key up does so in memory by [`Keys::digest`],
//! so its cost does not grow with their number, and a secret is never compared byte by byte.

mod row;

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, PoisonError, RwLock, RwLockReadGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use data_encoding::HEXLOWER;
use sqlx::{AssertSqlSafe, Row, Sqlite, Transaction};
use tabway_dialects::ids::KeyId;

use self::row::{COLUMNS, digest_of, key_of};
pub use self::row::{Key, KeyLimits};
use crate::{StoreError, clock, database::Database, secrets, secrets::Secrets};

/// The keyed hash of a secret.
pub type Digest = [u8; 32];

/// What a new key is to be.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// An existing secret to keep; a fresh one is made where absent.
    pub value: Option<String>,
    /// Models it may use; all where absent.
    pub models: Option<Vec<String>>,
    /// How much it may use.
    pub limits: KeyLimits,
    /// What its owner notes of it.
    pub labels: BTreeMap<String, String>,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// A secret that opens a key.
#[derive(Debug, Clone)]
pub struct KeySecret {
    /// Its hash.
    pub digest: Digest,
    /// The key.
    pub key: Arc<Key>,
    /// Until when it does, Unix milliseconds: a rotation has replaced it.
    pub until_ms: Option<i64>,
}

/// A key and the hashes that open it.
struct Held {
    key: Arc<Key>,
    secrets: Vec<(Digest, Option<i64>)>,
}

/// The keys of the database.
pub struct Keys {
    database: Database,
    secrets: Arc<Secrets>,
    held: RwLock<BTreeMap<KeyId, Held>>,
    version: AtomicU64,
}

impl Keys {
    pub(crate) async fn load(
        database: Database,
        secrets: Arc<Secrets>,
    ) -> Result<Self, StoreError> {
        sqlx::query("DELETE FROM former_secrets WHERE until_ms <= $1")
            .bind(clock::now_ms())
            .execute(&database.writer)
            .await?;
        let rows = sqlx::query(AssertSqlSafe(format!("SELECT {COLUMNS} FROM keys")))
            .fetch_all(&database.writer)
            .await?;
        let former = sqlx::query("SELECT hash, key, until_ms FROM former_secrets")
            .fetch_all(&database.writer)
            .await?;
        let mut held: HashMap<String, Held> = rows
            .iter()
            .filter_map(key_of)
            .map(|(digest, key)| {
                let secrets = vec![(digest, None)];
                (key.id.to_string(), Held { key: Arc::new(key), secrets })
            })
            .collect();
        for row in &former {
            if let (Some(digest), Some(held)) =
                (digest_of(row), held.get_mut(&row.get::<String, _>("key")))
            {
                held.secrets.push((digest, row.get("until_ms")));
            }
        }
        let held = held.into_values().map(|held| (held.key.id, held)).collect();
        Ok(Self { database, secrets, held: RwLock::new(held), version: AtomicU64::new(0) })
    }

    /// The keyed hash by which a secret is known.
    #[must_use]
    pub fn digest(&self, secret: &str) -> Digest {
        self.secrets.hash_key(secret)
    }

    /// Every secret that opens a key that is not revoked.
    #[must_use]
    pub fn open_secrets(&self) -> Vec<KeySecret> {
        let held = self.held();
        let live = held.values().filter(|held| held.key.revoked_ms.is_none());
        live.flat_map(|held| {
            held.secrets.iter().map(|(digest, until_ms)| KeySecret {
                digest: *digest,
                key: held.key.clone(),
                until_ms: *until_ms,
            })
        })
        .collect()
    }

    /// Changes whenever a key does.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Whether any key was ever made. A gateway whose keys are all revoked or over is closed to
    /// everybody, not open.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.held().is_empty()
    }

    /// Every key, also the revoked ones, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Key>> {
        self.held().values().map(|held| held.key.clone()).collect()
    }

    /// The key of that name or id.
    #[must_use]
    pub fn named(&self, name_or_id: &str) -> Option<Arc<Key>> {
        let held = self.held();
        let by_id = name_or_id.parse().ok().and_then(|id: KeyId| held.get(&id));
        by_id
            .or_else(|| held.values().find(|held| held.key.name == name_or_id))
            .map(|held| held.key.clone())
    }

    /// Makes a key and gives its secret, which cannot be had again.
    ///
    /// # Errors
    /// `Exists` where the name or the secret is taken, `KeyRefused` where the secret is empty or
    /// no header can carry it, or where the key would have ended already.
    pub async fn create(&self, new: NewKey) -> Result<(Arc<Key>, String), StoreError> {
        let mut made = self.create_all(vec![new]).await?;
        made.pop().ok_or_else(|| sqlx::Error::RowNotFound.into())
    }

    /// Makes several keys, all or none.
    ///
    /// # Errors
    /// Those of [`Keys::create`]
    pub async fn create_all(
        &self,
        new: Vec<NewKey>,
    ) -> Result<Vec<(Arc<Key>, String)>, StoreError> {
        let mut transaction = self.database.writer.begin().await?;
        let mut made = Vec::with_capacity(new.len());
        for new in new {
            made.push(self.insert(&mut transaction, new).await?);
        }
        transaction.commit().await?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        for (key, secret) in &made {
            let secrets = vec![(self.digest(secret), None)];
            held.insert(key.id, Held { key: key.clone(), secrets });
        }
        drop(held);
        self.changed();
        Ok(made)
    }

    async fn insert(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        new: NewKey,
    ) -> Result<(Arc<Key>, String), StoreError> {
        if new.expires_ms.is_some_and(|end| end <= clock::now_ms()) {
            return Err(StoreError::KeyRefused("end in the future"));
        }
        let secret = usable(new.value)?;
        self.refuse_former(transaction, &secret, &new.name).await?;
        let key = Key {
            id: KeyId::from_uuid(clock::new_uuid()),
            name: new.name,
            hint: hint(&secret),
            models: new.models,
            limits: new.limits,
            labels: new.labels,
            created_ms: clock::now_ms(),
            expires_ms: new.expires_ms,
            revoked_ms: None,
        };
        let limits = &key.limits;
        // Texts in a map always make JSON.
        let labels = serde_json::to_string(&key.labels).unwrap_or_default();
        sqlx::query(
            "INSERT INTO keys (id, name, hash, hint, models, rpm, tpm, concurrency, \
             budget_micro_usd, period, time_zone, labels, created_ms, expires_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(key.id.to_string())
        .bind(&key.name)
        .bind(HEXLOWER.encode(&self.digest(&secret)))
        .bind(&key.hint)
        .bind(key.models.as_ref().map(|models| models.join("\n")))
        .bind(limits.rpm.map(whole))
        .bind(limits.tpm.map(whole))
        .bind(limits.concurrency)
        .bind(limits.budget_micro_usd.map(whole))
        .bind(&limits.period)
        .bind(&limits.time_zone)
        .bind((!key.labels.is_empty()).then_some(labels))
        .bind(key.created_ms)
        .bind(key.expires_ms)
        .execute(&mut **transaction)
        .await
        .map_err(|error| StoreError::or_exists(error, "key", &key.name))?;
        Ok((Arc::new(key), secret))
    }

    /// A secret that a rotation has replaced opens its old key for a while and no other.
    async fn refuse_former(
        &self,
        transaction: &mut Transaction<'_, Sqlite>,
        secret: &str,
        name: &str,
    ) -> Result<(), StoreError> {
        let found = sqlx::query("SELECT 1 FROM former_secrets WHERE hash = $1")
            .bind(HEXLOWER.encode(&self.digest(secret)))
            .fetch_optional(&mut **transaction)
            .await?;
        match found {
            None => Ok(()),
            Some(_) => Err(StoreError::Exists { kind: "key", name: name.to_owned() }),
        }
    }

    /// Gives the key of that name or id another secret, a fresh one where none is brought; the one
    /// that it had works until then. `None` where there is no such key, or it is revoked.
    ///
    /// # Errors
    /// Those of [`Keys::create`]
    pub async fn rotate(
        &self,
        name_or_id: &str,
        value: Option<String>,
        until_ms: Option<i64>,
    ) -> Result<Option<(Arc<Key>, String)>, StoreError> {
        let secret = usable(value)?;
        let Some(key) = self.named(name_or_id).filter(|key| key.revoked_ms.is_none()) else {
            return Ok(None);
        };
        let digest = self.digest(&secret);
        let mine = |held: &Held| held.secrets.iter().any(|(known, _)| *known == digest);
        if self.held().get(&key.id).is_some_and(mine) {
            return Err(StoreError::KeyRefused("have another secret than before"));
        }
        let mut transaction = self.database.writer.begin().await?;
        self.refuse_former(&mut transaction, &secret, &key.name).await?;
        if let Some(until_ms) = until_ms {
            sqlx::query(
                "INSERT INTO former_secrets (hash, key, until_ms) \
                 SELECT hash, id, $1 FROM keys WHERE id = $2",
            )
            .bind(until_ms)
            .bind(key.id.to_string())
            .execute(&mut *transaction)
            .await?;
        }
        sqlx::query("UPDATE keys SET hash = $1, hint = $2 WHERE id = $3")
            .bind(HEXLOWER.encode(&digest))
            .bind(hint(&secret))
            .bind(key.id.to_string())
            .execute(&mut *transaction)
            .await
            .map_err(|error| StoreError::or_exists(error, "key", &key.name))?;
        transaction.commit().await?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let key = Arc::new(Key { hint: hint(&secret), ..Key::clone(&key) });
        if let Some(held) = held.get_mut(&key.id) {
            for (_, until) in &mut held.secrets {
                // The newest had no end yet.
                *until = until.or(Some(until_ms.unwrap_or(0)));
            }
            held.secrets.retain(|(_, until)| until.is_some_and(|end| end > clock::now_ms()));
            held.secrets.push((digest, None));
            held.key = key.clone();
        }
        drop(held);
        self.changed();
        Ok(Some((key, secret)))
    }

    /// Revokes the key of that name or id; whether there was one to revoke.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke(&self, name_or_id: &str) -> Result<bool, StoreError> {
        let Some(key) = self.named(name_or_id).filter(|key| key.revoked_ms.is_none()) else {
            return Ok(false);
        };
        let now = clock::now_ms();
        let done =
            sqlx::query("UPDATE keys SET revoked_ms = $1 WHERE id = $2 AND revoked_ms IS NULL")
                .bind(now)
                .bind(key.id.to_string())
                .execute(&self.database.writer)
                .await?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = held.get_mut(&key.id) {
            held.key = Arc::new(Key { revoked_ms: Some(now), ..Key::clone(&held.key) });
        }
        drop(held);
        self.changed();
        Ok(done.rows_affected() > 0)
    }

    fn held(&self) -> RwLockReadGuard<'_, BTreeMap<KeyId, Held>> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn changed(&self) {
        self.version.fetch_add(1, Ordering::AcqRel);
    }
}

/// The secret that was brought, where a header can carry it, or a fresh one.
fn usable(value: Option<String>) -> Result<String, StoreError> {
    match value {
        None => secrets::new_key(),
        Some(value) if !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic()) => {
            Ok(value)
        }
        Some(_) => Err(StoreError::KeyRefused("be of visible ASCII characters, without spaces")),
    }
}

/// The end of a secret that is long enough to give four characters away.
fn hint(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 16 { String::new() } else { secret.chars().skip(count - 4).collect() }
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
