//! What of a seat outlives the gateway, so that a restart is no way around its pacing.

use sqlx::Row;
use tabway_dialects::ids::NodeId;

use crate::{StoreError, clock, database::Database};

/// A seat's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatState {
    /// The browser.
    pub node: NodeId,
    /// The site's name.
    pub site: String,
    /// JSON; its shape is the gateway's.
    pub state: String,
}

/// The seats of the database.
pub struct Seats {
    database: Database,
}

impl Seats {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Every seat that is known.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<SeatState>, StoreError> {
        let rows = sqlx::query("SELECT node, site, state FROM seats")
            .fetch_all(&self.database.reader)
            .await?;
        rows.iter()
            .map(|row| {
                let node: String = row.get("node");
                let node = node.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
                Ok(SeatState { node, site: row.get("site"), state: row.get("state") })
            })
            .collect()
    }

    /// Keeps the state of these seats, all or none. Those of browsers that are not paired any more
    /// are left out.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save(&self, seats: &[SeatState]) -> Result<(), StoreError> {
        let now = clock::now_ms();
        let mut transaction = self.database.writer.begin().await?;
        for seat in seats {
            sqlx::query(
                "INSERT INTO seats (node, site, state, changed_ms) \
                 SELECT $1, $2, $3, $4 WHERE EXISTS (SELECT 1 FROM nodes WHERE id = $1) \
                 ON CONFLICT (node, site) DO UPDATE SET \
                 state = excluded.state, changed_ms = excluded.changed_ms",
            )
            .bind(seat.node.to_string())
            .bind(&seat.site)
            .bind(&seat.state)
            .bind(now)
            .execute(&mut *transaction)
            .await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}
