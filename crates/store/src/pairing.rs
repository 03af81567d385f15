//! Codes that pair a browser: short and for once, or a fleet key for several.

use std::{sync::Arc, time::Duration};

use sqlx::Row;

use crate::{StoreError, clock, database::Database, secrets, secrets::Secrets};

/// How long a one-time code is good.
const CODE_LIFE: Duration = Duration::from_secs(5 * 60);

/// Wrong codes after which every open one-time code is dead.
const TRIES: i64 = 5;

/// A code, shown once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// What is typed: `XXXX-XXXX-XX`, or a long fleet key.
    pub text: String,
    /// When it ends, Unix milliseconds.
    pub expires_ms: i64,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redeemed {
    /// It was a one-time code: its owner is asked to compare the fingerprint.
    Once,
    /// It was a fleet key, which its owner made for unattended pairing.
    Fleet,
    /// It is not known, used up, or ended.
    Refused,
}

/// The codes of the database; only their hashes are kept.
pub struct Pairing {
    database: Database,
    secrets: Arc<Secrets>,
}

impl Pairing {
    pub(crate) fn new(database: Database, secrets: Arc<Secrets>) -> Self {
        Self { database, secrets }
    }

    /// Makes a one-time code.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create(&self) -> Result<Code, StoreError> {
        self.insert(secrets::new_code()?, false, 1, CODE_LIFE).await
    }

    /// Makes a fleet key that pairs `count` browsers within `life`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_fleet(&self, count: u32, life: Duration) -> Result<Code, StoreError> {
        let text = secrets::new_key()?.replacen("tw-", "fleet-", 1);
        self.insert(text, true, count, life).await
    }

    /// Uses a code up by one conditional update, so that of many at once exactly one succeeds. A
    /// wrong code costs every open one-time code a try.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn redeem(&self, text: &str) -> Result<Redeemed, StoreError> {
        let now = clock::now_ms();
        let row = sqlx::query(
            "UPDATE pairing_codes SET uses_left = uses_left - 1 \
             WHERE hash = $1 AND uses_left > 0 AND tries_left > 0 AND expires_ms > $2 \
             RETURNING fleet",
        )
        .bind(self.secrets.hash_code(text))
        .bind(now)
        .fetch_optional(&self.database.writer)
        .await?;
        if let Some(row) = row {
            let fleet = row.get::<i64, _>("fleet") != 0;
            return Ok(if fleet { Redeemed::Fleet } else { Redeemed::Once });
        }
        sqlx::query(
            "UPDATE pairing_codes SET tries_left = tries_left - 1 \
             WHERE fleet = 0 AND uses_left > 0 AND tries_left > 0 AND expires_ms > $1",
        )
        .bind(now)
        .execute(&self.database.writer)
        .await?;
        Ok(Redeemed::Refused)
    }

    async fn insert(
        &self,
        text: String,
        fleet: bool,
        uses: u32,
        life: Duration,
    ) -> Result<Code, StoreError> {
        let now = clock::now_ms();
        let life = i64::try_from(life.as_millis()).unwrap_or(i64::MAX);
        let expires_ms = now.saturating_add(life);
        sqlx::query("DELETE FROM pairing_codes WHERE expires_ms <= $1 OR uses_left <= 0")
            .bind(now)
            .execute(&self.database.writer)
            .await?;
        sqlx::query(
            "INSERT INTO pairing_codes \
             (hash, fleet, uses_left, tries_left, created_ms, expires_ms) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(self.secrets.hash_code(&text))
        .bind(i64::from(fleet))
        .bind(i64::from(uses))
        .bind(TRIES)
        .bind(now)
        .bind(expires_ms)
        .execute(&self.database.writer)
        .await?;
        Ok(Code { text, expires_ms })
    }
}
