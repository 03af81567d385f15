//! From one key to the next while the gateway serves. The new key is in its file before a record is
//! sealed by it, and the old one stays until nothing is left under it: a rotation that is cut short
//! at any point leaves every record readable, and the next one goes on where it ended.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use sqlx::Row;

use super::{Place, Purpose, Vault, VaultError, blob, keyring::Keyring};
use crate::{StoreError, accounts};

/// Records that are sealed anew in one transaction: other writers wait no longer than that.
const BATCH: usize = 100;

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Rotation {
    /// The key that seals now.
    pub key: u32,
    /// Records that were sealed anew.
    pub resealed: usize,
    /// Records that do not open and stay as they are.
    pub broken: usize,
}

/// The vault at a glance.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct VaultStatus {
    /// File or variable of the keys.
    pub source: String,
    /// Whether the gateway writes that file itself.
    pub own: bool,
    /// Whether a passphrase closes it.
    pub passphrase: bool,
    /// The keys, oldest first; the last one seals.
    pub keys: Vec<KeyStatus>,
    /// Records that do not open.
    pub broken: usize,
}

/// One key of the ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "VaultKey")]
pub struct KeyStatus {
    /// Its id.
    pub id: u32,
    /// Records that it sealed.
    pub records: usize,
}

/// A record of the database.
struct Record {
    id: String,
    provider: String,
    blob: Vec<u8>,
}

impl Record {
    fn row(&self) -> String {
        accounts::sealed_row(&self.id, &self.provider)
    }
}

fn place(row: &str) -> Place<'_> {
    Place { purpose: Purpose::Account, table: "accounts", row, column: "secret" }
}

impl Vault {
    /// Seals every record by a new key, or goes on with a rotation that was cut short.
    ///
    /// # Errors
    /// Where the keys are not ours to write and their owner gave no newer one; where the database or
    /// the file refuses.
    pub async fn rotate(&self) -> Result<Rotation, StoreError> {
        let _alone = self.changing.lock().await;
        let mut ring = self.ready_alone().await?;
        let records = self.records().await?;
        let newest = ring.newest()?.id;
        let is_older = |record: &Record| blob::key_id(&record.blob).is_ok_and(|id| id != newest);
        // Records under older keys: a rotation was cut short, or the owner gave a newer key.
        if !records.iter().any(is_older) {
            ring = self.next(&ring).await?;
        }
        // What an earlier call has sealed anew takes no transaction of this one.
        let newest = ring.newest()?.id;
        let is_done = |record: &Record| blob::key_id(&record.blob).is_ok_and(|id| id == newest);
        let left: Vec<Record> = records.into_iter().filter(|record| !is_done(record)).collect();
        let (mut resealed, mut broken) = (0, 0);
        for batch in left.chunks(BATCH) {
            let (done, failed) = self.reseal(&ring, batch).await?;
            resealed += done;
            broken += failed;
        }
        Ok(Rotation { key: ring.newest()?.id, resealed, broken })
    }

    /// A ring with one more key, in its file and proven by its canary.
    async fn next(&self, ring: &Keyring) -> Result<Keyring, StoreError> {
        let next = ring.with_next()?;
        self.source.write(&self.data_dir, &next)?;
        self.set_ring(next);
        self.ready_alone().await
    }

    async fn reseal(&self, ring: &Keyring, batch: &[Record]) -> Result<(usize, usize), StoreError> {
        let newest = ring.newest()?;
        let (mut resealed, mut broken) = (0, 0);
        let mut transaction = self.database.writer.begin().await?;
        for record in batch {
            let row = record.row();
            let Ok(text) = self.open(&place(&row), &record.blob) else {
                broken += 1;
                continue;
            };
            let sealed = blob::seal(newest, &place(&row), text.expose())?;
            // A record that was replaced or removed meanwhile is left alone.
            let done = sqlx::query("UPDATE accounts SET secret = $1 WHERE id = $2 AND secret = $3")
                .bind(sealed)
                .bind(&record.id)
                .bind(&record.blob)
                .execute(&mut *transaction)
                .await?;
            resealed += usize::try_from(done.rows_affected()).unwrap_or_default();
        }
        transaction.commit().await?;
        Ok((resealed, broken))
    }

    /// Forgets an older key that no record is under.
    ///
    /// # Errors
    /// Where it is in use, or not of the ring; where the keys are not ours to write.
    pub async fn drop_key(&self, id: u32) -> Result<(), StoreError> {
        let _alone = self.changing.lock().await;
        let ring = self.ring().ok_or(VaultError::NotOld(id))?;
        if ring.newest()?.id == id || ring.find(id).is_none() {
            return Err(VaultError::NotOld(id).into());
        }
        let records = self.records().await?;
        let count =
            records.iter().filter(|record| blob::key_id(&record.blob).is_ok_and(|key| key == id));
        match count.count() {
            0 => {}
            count => return Err(VaultError::InUse { id, count }.into()),
        }
        // The canary first: a key without one is merely kept, a canary without its key is a refusal.
        sqlx::query("DELETE FROM vault WHERE key = $1")
            .bind(i64::from(id))
            .execute(&self.database.writer)
            .await?;
        let without = ring.without(id);
        self.source.write(&self.data_dir, &without)?;
        self.set_ring(without);
        Ok(())
    }

    /// Which keys there are and how much each of them holds.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn status(&self) -> Result<VaultStatus, StoreError> {
        let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
        if let Some(ring) = self.ring() {
            counts.extend(ring.ids().map(|id| (id, 0)));
        }
        let mut broken = 0;
        for record in self.records().await? {
            if self.open(&place(&record.row()), &record.blob).is_err() {
                broken += 1;
            }
            if let Ok(id) = blob::key_id(&record.blob) {
                *counts.entry(id).or_default() += 1;
            }
        }
        Ok(VaultStatus {
            source: self.source.name(&self.data_dir),
            own: self.source.is_own(),
            passphrase: self.source.passphrase.is_some() && self.source.is_own(),
            keys: counts.into_iter().map(|(id, records)| KeyStatus { id, records }).collect(),
            broken,
        })
    }

    async fn records(&self) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query("SELECT id, provider, secret FROM accounts ORDER BY id")
            .fetch_all(&self.database.writer)
            .await?;
        let records = rows.iter().map(|row| Record {
            id: row.get("id"),
            provider: row.get("provider"),
            blob: row.get("secret"),
        });
        Ok(records.collect())
    }
}
