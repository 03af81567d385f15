//! API keys. Found in memory by their keyed hash: the cost of a lookup does not grow with their
//! number, and a secret is never compared byte by byte.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use data_encoding::HEXLOWER;
use sqlx::{Row, sqlite::SqliteRow};
use tabway_dialects::ids::KeyId;

use crate::{StoreError, clock, database::Database, secrets, secrets::Secrets};

/// A key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// Its name, unique.
    pub name: String,
    /// The last four characters of the secret, to tell keys apart.
    pub hint: String,
    /// Models it may use; all where absent. A `*` at the end stands for any rest.
    pub models: Option<Vec<String>>,
    /// Unix milliseconds.
    pub created_ms: i64,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
    /// When it was revoked, Unix milliseconds.
    pub revoked_ms: Option<i64>,
}

impl Key {
    /// Whether it may be used now.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.revoked_ms.is_none() && self.expires_ms.is_none_or(|end| clock::now_ms() < end)
    }
}

/// What a new key is to be.
#[derive(Debug, Clone, Default)]
pub struct NewKey {
    /// Its name.
    pub name: String,
    /// An existing secret to keep; a fresh one is made where absent.
    pub value: Option<String>,
    /// Models it may use; all where absent.
    pub models: Option<Vec<String>>,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

type Index = HashMap<[u8; 32], Arc<Key>>;

/// The keys of the database.
pub struct Keys {
    database: Database,
    secrets: Arc<Secrets>,
    index: RwLock<Index>,
}

const COLUMNS: &str = "id, name, hash, hint, models, created_ms, expires_ms, revoked_ms";

impl Keys {
    pub(crate) async fn load(
        database: Database,
        secrets: Arc<Secrets>,
    ) -> Result<Self, StoreError> {
        let keys = Self { database, secrets, index: RwLock::default() };
        keys.reload().await?;
        Ok(keys)
    }

    /// The live key with that secret.
    #[must_use]
    pub fn find(&self, secret: &str) -> Option<Arc<Key>> {
        let hash = self.secrets.hash_key(secret);
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.get(&hash).filter(|key| key.is_live()).cloned()
    }

    /// Whether any key was ever made. A gateway whose keys are all revoked or over is closed to
    /// everybody, not open.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.index.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Makes a key and gives its secret, which cannot be had again.
    ///
    /// # Errors
    /// `Exists` where the name or the secret is taken, `KeyRefused` where the secret is empty or
    /// no header can carry it, or where the key would have ended already.
    pub async fn create(&self, new: NewKey) -> Result<(Arc<Key>, String), StoreError> {
        if new.expires_ms.is_some_and(|end| end <= clock::now_ms()) {
            return Err(StoreError::KeyRefused("end in the future"));
        }
        let is_usable =
            |value: &str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic());
        if !new.value.as_deref().is_none_or(is_usable) {
            return Err(StoreError::KeyRefused("be of visible ASCII characters, without spaces"));
        }
        let secret = match new.value {
            Some(secret) => secret,
            None => secrets::new_key()?,
        };
        let hash = HEXLOWER.encode(&self.secrets.hash_key(&secret));
        let id = KeyId::from_uuid(clock::new_uuid());
        let models = new.models.as_ref().map(|models| models.join("\n"));
        sqlx::query(
            "INSERT INTO keys (id, name, hash, hint, models, created_ms, expires_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(&new.name)
        .bind(hash)
        .bind(hint(&secret))
        .bind(models)
        .bind(clock::now_ms())
        .bind(new.expires_ms)
        .execute(&self.database.writer)
        .await
        .map_err(|error| StoreError::or_exists(error, "key", &new.name))?;
        self.reload().await?;
        let made = self.find(&secret).ok_or(sqlx::Error::RowNotFound)?;
        Ok((made, secret))
    }

    /// Every key, also the revoked ones, oldest first.
    #[must_use]
    pub fn list(&self) -> Vec<Arc<Key>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = index.values().cloned().collect();
        keys.sort_by_key(|key| key.id);
        keys
    }

    /// Revokes the key of that name or id; whether there was one to revoke.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke(&self, name_or_id: &str) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE keys SET revoked_ms = $1 \
             WHERE (name = $2 OR id = $2) AND revoked_ms IS NULL",
        )
        .bind(clock::now_ms())
        .bind(name_or_id)
        .execute(&self.database.writer)
        .await?;
        self.reload().await?;
        Ok(done.rows_affected() > 0)
    }

    async fn reload(&self) -> Result<(), StoreError> {
        let rows = sqlx::query(sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM keys")))
            .fetch_all(&self.database.writer)
            .await?;
        let index: Index = rows.iter().filter_map(key_of).collect();
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = index;
        Ok(())
    }
}

/// A row that cannot be read is no key: nobody gets in by it.
fn key_of(row: &SqliteRow) -> Option<([u8; 32], Arc<Key>)> {
    let hash = HEXLOWER.decode(row.get::<String, _>("hash").as_bytes()).ok()?.try_into().ok()?;
    let models: Option<String> = row.get("models");
    let key = Key {
        id: row.get::<String, _>("id").parse().ok()?,
        name: row.get("name"),
        hint: row.get("hint"),
        models: models.map(|models| models.lines().map(str::to_owned).collect()),
        created_ms: row.get("created_ms"),
        expires_ms: row.get("expires_ms"),
        revoked_ms: row.get("revoked_ms"),
    };
    Some((hash, Arc::new(key)))
}

/// The end of a secret that is long enough to give four characters away.
fn hint(secret: &str) -> String {
    let count = secret.chars().count();
    if count < 16 { String::new() } else { secret.chars().skip(count - 4).collect() }
}
