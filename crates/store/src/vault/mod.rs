//! Credentials at rest: each record has a data key of its own, wrapped by a key of the ring.
//!
//! The ring is a file of the data folder unless its owner keeps it elsewhere ([`KeySource`]). A
//! canary under each key proves at a start, before anything is written, that the right ones are
//! there.

mod blob;
mod error;
mod keyring;
pub(crate) mod passphrase;
mod plain;
mod rotate;
mod source;
#[cfg(test)]
mod tests;

use std::{
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock},
};

use sqlx::{Connection, Row, SqliteConnection, sqlite::SqliteConnectOptions};

pub(crate) use blob::{Place, Purpose};
pub use error::VaultError;
pub use plain::Plain;
pub use rotate::{KeyStatus, Rotation, VaultStatus};
pub use source::{KEY_FILE, KeySource};

use self::keyring::Keyring;
use crate::{
    StoreError,
    database::{self, Database},
};

/// What a canary says.
const CANARY: &[u8] = b"tabway vault canary";

/// The vault of one data folder.
pub struct Vault {
    database: Database,
    data_dir: PathBuf,
    source: KeySource,
    /// `None` until the first record is sealed.
    ring: RwLock<Option<Keyring>>,
    /// The ring changes one step at a time.
    changing: tokio::sync::Mutex<()>,
}

/// The ring of a data folder, checked against its canaries and nothing written.
pub(crate) struct Checked {
    source: KeySource,
    ring: Option<Keyring>,
}

/// Reads the keys and proves that they are those of the records. The database is only read, also
/// where it is of an older version.
///
/// # Errors
/// What is wrong with the key, and what to do.
pub(crate) async fn check(data_dir: &Path, source: KeySource) -> Result<Checked, StoreError> {
    let canaries = canaries(data_dir).await?;
    let ring = source.read(data_dir)?;
    let place = source.name(data_dir);
    for (id, canary) in &canaries {
        let Some(ring) = &ring else {
            return Err(VaultError::Missing(data_dir.join(KEY_FILE)).into());
        };
        let wrong = || VaultError::Wrong { place: place.clone(), id: *id };
        let key = ring.find(*id).ok_or_else(wrong)?;
        let opened = blob::open(key, &canary_place(&id.to_string()), canary);
        opened.map_err(|_| wrong())?;
    }
    Ok(Checked { source, ring })
}

/// Each key that sealed something, with its canary.
async fn canaries(data_dir: &Path) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    let path = data_dir.join(database::FILE);
    if std::fs::metadata(&path).map_or(true, |found| found.len() == 0) {
        return Ok(Vec::new());
    }
    let options = SqliteConnectOptions::new().filename(&path).read_only(true);
    let mut database = SqliteConnection::connect_with(&options).await?;
    let table = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'vault'";
    let there: i64 = sqlx::query_scalar(table).fetch_one(&mut database).await?;
    let mut found = Vec::new();
    if there > 0 {
        let rows = sqlx::query("SELECT key, canary FROM vault").fetch_all(&mut database).await?;
        for row in rows {
            let id = u32::try_from(row.get::<i64, _>("key")).map_err(|_| VaultError::Broken)?;
            found.push((id, row.get("canary")));
        }
    }
    database.close().await?;
    Ok(found)
}

fn canary_place(row: &str) -> Place<'_> {
    Place { purpose: Purpose::Canary, table: "vault", row, column: "canary" }
}

impl Vault {
    pub(crate) fn new(data_dir: &Path, database: Database, checked: Checked) -> Self {
        Self {
            database,
            data_dir: data_dir.to_owned(),
            source: checked.source,
            ring: RwLock::new(checked.ring),
            changing: tokio::sync::Mutex::default(),
        }
    }

    /// Seals a text for its place; the first time, makes the key.
    pub(crate) async fn seal(&self, place: &Place<'_>, text: &[u8]) -> Result<Vec<u8>, StoreError> {
        let ring = self.ready().await?;
        Ok(blob::seal(ring.newest()?, place, text)?)
    }

    /// Opens what was sealed for that place.
    pub(crate) fn open(&self, place: &Place<'_>, blob: &[u8]) -> Result<Plain, VaultError> {
        let ring = self.ring().ok_or(VaultError::Broken)?;
        let key = ring.find(blob::key_id(blob)?).ok_or(VaultError::Broken)?;
        blob::open(key, place, blob)
    }

    fn ring(&self) -> Option<Keyring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_ring(&self, ring: Keyring) {
        *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Some(ring);
    }

    /// A ring whose newest key has its canary.
    async fn ready(&self) -> Result<Keyring, StoreError> {
        let _alone = self.changing.lock().await;
        self.ready_alone().await
    }

    /// The same for who holds `changing`.
    async fn ready_alone(&self) -> Result<Keyring, StoreError> {
        let ring = match self.ring() {
            Some(ring) => ring,
            None => {
                let ring = Keyring::fresh()?;
                self.source.write(&self.data_dir, &ring)?;
                self.set_ring(ring.clone());
                ring
            }
        };
        let newest = ring.newest()?;
        let canary = blob::seal(newest, &canary_place(&newest.id.to_string()), CANARY)?;
        sqlx::query("INSERT INTO vault (key, canary) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(i64::from(newest.id))
            .bind(canary)
            .execute(&self.database.writer)
            .await?;
        Ok(ring)
    }
}
