//! How much is kept: the oldest goes, or the new one is refused.

use sqlx::{Row, Sqlite, Transaction};

use super::Kind;
use crate::StoreError;

/// What happens when the files of a kind would be more than they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// The oldest go.
    Evict {
        /// The most bytes together.
        most: u64,
    },
    /// The new one is refused.
    Refuse {
        /// The most bytes together.
        most: u64,
        /// The most bytes of one owner.
        most_of_owner: u64,
    },
}

/// Makes room for so many bytes more; ids of what went.
pub(super) async fn make(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    owner: &str,
    bytes: u64,
    room: Room,
) -> Result<Vec<String>, StoreError> {
    match room {
        Room::Evict { most } => evict(transaction, kind, bytes, most).await,
        Room::Refuse { most, most_of_owner } => {
            let full = |held: u64, most: u64| held.saturating_add(bytes) > most;
            if full(held(transaction, kind, Some(owner)).await?, most_of_owner) {
                return Err(StoreError::Full { most: most_of_owner, of: "this key" });
            }
            if full(held(transaction, kind, None).await?, most) {
                return Err(StoreError::Full { most, of: "the gateway" });
            }
            Ok(Vec::new())
        }
    }
}

async fn held(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    owner: Option<&str>,
) -> Result<u64, StoreError> {
    let row = sqlx::query(
        "SELECT COALESCE(SUM(bytes), 0) AS held FROM files \
         WHERE kind = $1 AND ($2 IS NULL OR owner = $2)",
    )
    .bind(kind.word())
    .bind(owner)
    .fetch_one(&mut **transaction)
    .await?;
    Ok(u64::try_from(row.get::<i64, _>("held")).unwrap_or_default())
}

async fn evict(
    transaction: &mut Transaction<'_, Sqlite>,
    kind: Kind,
    bytes: u64,
    most: u64,
) -> Result<Vec<String>, StoreError> {
    if bytes > most {
        return Err(StoreError::Full { most, of: "the gateway" });
    }
    let mut left = held(transaction, kind, None).await?;
    let mut gone = Vec::new();
    while left.saturating_add(bytes) > most {
        let oldest = sqlx::query(
            "DELETE FROM files WHERE id = \
             (SELECT id FROM files WHERE kind = $1 ORDER BY created_ms, id LIMIT 1) \
             RETURNING id, bytes",
        )
        .bind(kind.word())
        .fetch_optional(&mut **transaction)
        .await?;
        let Some(oldest) = oldest else { break };
        left = left.saturating_sub(u64::try_from(oldest.get::<i64, _>("bytes")).unwrap_or(0));
        gone.push(oldest.get("id"));
    }
    Ok(gone)
}
