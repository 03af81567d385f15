//! A key as it is stored.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use sqlx::{Row, sqlite::SqliteRow};
use tabway_dialects::ids::KeyId;

use super::Digest;
use crate::clock;

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
    /// How much it may use.
    #[serde(flatten)]
    pub limits: KeyLimits,
    /// What its owner notes of it.
    pub labels: BTreeMap<String, String>,
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

/// How much a key may use; without a limit where absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct KeyLimits {
    /// Requests in a minute.
    pub rpm: Option<u64>,
    /// Tokens in a minute.
    pub tpm: Option<u64>,
    /// Requests at once.
    pub concurrency: Option<u32>,
    /// Micro-USD in a period.
    pub budget_micro_usd: Option<u64>,
    /// The budget's period: `minute`, `hour`, `day`, `week`, `month`.
    pub period: Option<String>,
    /// Whose days they are.
    pub time_zone: Option<String>,
}

/// Everything of a key's row.
pub(super) const COLUMNS: &str = "id, name, hash, hint, models, rpm, tpm, concurrency, \
     budget_micro_usd, period, time_zone, labels, created_ms, expires_ms, revoked_ms";

/// A row that cannot be read is no key: nobody gets in by it.
pub(super) fn key_of(row: &SqliteRow) -> Option<(Digest, Key)> {
    let models: Option<String> = row.get("models");
    let labels: Option<String> = row.get("labels");
    let key = Key {
        id: row.get::<String, _>("id").parse().ok()?,
        name: row.get("name"),
        hint: row.get("hint"),
        models: models.map(|models| models.lines().map(str::to_owned).collect()),
        limits: KeyLimits {
            rpm: number(row, "rpm")?,
            tpm: number(row, "tpm")?,
            concurrency: number(row, "concurrency")?,
            budget_micro_usd: number(row, "budget_micro_usd")?,
            period: row.get("period"),
            time_zone: row.get("time_zone"),
        },
        labels: match labels {
            Some(labels) => serde_json::from_str(&labels).ok()?,
            None => BTreeMap::new(),
        },
        created_ms: row.get("created_ms"),
        expires_ms: row.get("expires_ms"),
        revoked_ms: row.get("revoked_ms"),
    };
    Some((digest_of(row)?, key))
}

/// `None` where a number makes no sense: then the limit would be another one.
fn number<T: TryFrom<i64>>(row: &SqliteRow, column: &str) -> Option<Option<T>> {
    let found: Option<i64> = row.get(column);
    found.map(|found| T::try_from(found).ok()).map_or(Some(None), |number| number.map(Some))
}

/// The hash in a row.
pub(super) fn digest_of(row: &SqliteRow) -> Option<Digest> {
    HEXLOWER.decode(row.get::<String, _>("hash").as_bytes()).ok()?.try_into().ok()
}
