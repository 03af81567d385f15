//! Conversations of pages that stand for a model of their site.

use sqlx::{Row, sqlite::SqliteRow};
use tabway_dialects::ids::{NodeId, PinId};
use uuid::Uuid;

use crate::{StoreError, clock, database::Database};

/// A conversation of a page that a model's requests are typed in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "Conversation")]
pub struct Pin {
    /// Its id.
    #[schemars(with = "String")]
    pub id: PinId,
    /// The site.
    pub site: String,
    /// The model's name there.
    pub model: String,
    /// The model, mode and side of the page that it is answered as, where that is not the name's own.
    #[serde(rename = "as")]
    pub choice: Option<String>,
    /// The browser that can open it; any of the site where none.
    #[schemars(with = "Option<String>")]
    pub node: Option<NodeId>,
    /// Path and query of the page.
    pub address: String,
    /// The name of the only key that may use it; any where none.
    pub key: Option<String>,
    /// Who pinned it: `popup`, `command` or `import`.
    pub source: String,
    /// Unix milliseconds.
    pub created_ms: i64,
}

/// A conversation to be pinned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPin {
    /// The site.
    pub site: String,
    /// The model's name there.
    pub model: String,
    /// What it is answered as.
    pub choice: Option<String>,
    /// The browser that can open it.
    pub node: Option<NodeId>,
    /// Path and query of the page.
    pub address: String,
    /// The name of the only key that may use it.
    pub key: Option<String>,
    /// Who pins it.
    pub source: &'static str,
}

/// The pinned conversations of the database.
pub struct Pinned {
    database: Database,
}

impl Pinned {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Pins a conversation.
    ///
    /// # Errors
    /// `Exists` where it is pinned for that model already.
    pub async fn add(&self, new: NewPin) -> Result<Pin, StoreError> {
        let pin = Pin {
            id: PinId::from_uuid(Uuid::now_v7()),
            site: new.site,
            model: new.model,
            choice: new.choice,
            node: new.node,
            address: new.address,
            key: new.key,
            source: new.source.to_owned(),
            created_ms: clock::now_ms(),
        };
        sqlx::query(
            "INSERT INTO pinned \
             (id, site, model, choice, node, address, key_name, source, created_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(pin.id.to_string())
        .bind(&pin.site)
        .bind(&pin.model)
        .bind(pin.choice.as_deref().unwrap_or_default())
        .bind(pin.node.map(|node| node.to_string()).unwrap_or_default())
        .bind(&pin.address)
        .bind(pin.key.as_deref().unwrap_or_default())
        .bind(&pin.source)
        .bind(pin.created_ms)
        .execute(&self.database.writer)
        .await
        .map_err(|error| StoreError::or_exists(error, "conversation", &pin.address))?;
        Ok(pin)
    }

    /// Every one, in the order in which they were pinned.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Pin>, StoreError> {
        let rows = sqlx::query(
            "SELECT id, site, model, choice, node, address, key_name, source, created_ms \
             FROM pinned ORDER BY id",
        )
        .fetch_all(&self.database.reader)
        .await?;
        Ok(rows.iter().filter_map(read).collect())
    }

    /// Lets one go; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, id: PinId) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM pinned WHERE id = $1")
            .bind(id.to_string())
            .execute(&self.database.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

/// A row that is none of ours is left out.
fn read(row: &SqliteRow) -> Option<Pin> {
    let node: String = row.get("node");
    let some = |name| Some(row.get::<String, _>(name)).filter(|text| !text.is_empty());
    Some(Pin {
        id: row.get::<String, _>("id").parse().ok()?,
        site: row.get("site"),
        model: row.get("model"),
        choice: some("choice"),
        node: if node.is_empty() { None } else { Some(node.parse().ok()?) },
        address: row.get("address"),
        key: some("key_name"),
        source: row.get("source"),
        created_ms: row.get("created_ms"),
    })
}
