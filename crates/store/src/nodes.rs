//! Paired browsers.

use sqlx::{Row, sqlite::SqliteRow};
use tabway_dialects::ids::NodeId;

use crate::{StoreError, clock, database::Database};

/// A paired browser profile.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Node {
    /// Its id.
    pub id: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// Its public key: base64url of the uncompressed point.
    pub public_key: String,
    /// The extension origin that it was paired from, and may come from.
    pub origin: String,
    /// Browser name and version.
    pub browser: String,
    /// Unix milliseconds.
    pub paired_ms: i64,
    /// When it last connected, Unix milliseconds.
    pub seen_ms: i64,
}

/// A browser to be paired.
#[derive(Debug, Clone)]
pub struct NewNode {
    /// What its owner calls it.
    pub label: String,
    /// Its public key.
    pub public_key: String,
    /// The extension origin.
    pub origin: String,
    /// Browser name and version.
    pub browser: String,
}

/// The paired browsers of the database.
pub struct Nodes {
    database: Database,
}

impl Nodes {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Pairs a browser. One that is paired already keeps its id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert(&self, new: NewNode) -> Result<Node, StoreError> {
        let now = clock::now_ms();
        let row = sqlx::query(
            "INSERT INTO nodes (id, label, public_key, origin, browser, paired_ms, seen_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $6) \
             ON CONFLICT (public_key) DO UPDATE SET \
             label = excluded.label, origin = excluded.origin, browser = excluded.browser, \
             seen_ms = excluded.seen_ms RETURNING *",
        )
        .bind(NodeId::from_uuid(clock::new_uuid()).to_string())
        .bind(new.label)
        .bind(new.public_key)
        .bind(new.origin)
        .bind(new.browser)
        .bind(now)
        .fetch_one(&self.database.writer)
        .await?;
        node_of(&row)
    }

    /// The browser with that public key.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn by_key(&self, public_key: &str) -> Result<Option<Node>, StoreError> {
        let row = sqlx::query("SELECT * FROM nodes WHERE public_key = $1")
            .bind(public_key)
            .fetch_optional(&self.database.reader)
            .await?;
        row.as_ref().map(node_of).transpose()
    }

    /// Every paired browser, oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Node>, StoreError> {
        let rows =
            sqlx::query("SELECT * FROM nodes ORDER BY id").fetch_all(&self.database.reader).await?;
        rows.iter().map(node_of).collect()
    }

    /// Notes that a browser connected.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn seen(&self, id: NodeId) -> Result<(), StoreError> {
        sqlx::query("UPDATE nodes SET seen_ms = $1 WHERE id = $2")
            .bind(clock::now_ms())
            .bind(id.to_string())
            .execute(&self.database.writer)
            .await?;
        Ok(())
    }

    /// Unpairs a browser; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, id: NodeId) -> Result<bool, StoreError> {
        let mut transaction = self.database.writer.begin().await?;
        sqlx::query("DELETE FROM seats WHERE node = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        let done = sqlx::query("DELETE FROM nodes WHERE id = $1")
            .bind(id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(done.rows_affected() > 0)
    }
}

fn node_of(row: &SqliteRow) -> Result<Node, StoreError> {
    let id: String = row.get("id");
    let id = id.parse().map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
    Ok(Node {
        id,
        label: row.get("label"),
        public_key: row.get("public_key"),
        origin: row.get("origin"),
        browser: row.get("browser"),
        paired_ms: row.get("paired_ms"),
        seen_ms: row.get("seen_ms"),
    })
}
