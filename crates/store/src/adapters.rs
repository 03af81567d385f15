//! Revisions of adapters that were taught or published here; those of the program are not here.

use sqlx::{Row, sqlite::SqliteRow};

use crate::{StoreError, clock, database::Database};

/// What a revision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdapterState {
    /// Nobody but its maker has it.
    Draft,
    /// It is in force, or was until a later one was published.
    Published,
}

impl AdapterState {
    fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
        }
    }
}

/// One revision of an adapter.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AdapterRevision {
    /// The adapter's name.
    pub name: String,
    /// Its number; each is greater than those before.
    pub revision: u32,
    /// What it is.
    pub state: AdapterState,
    /// The adapter as TOML; empty where the program's own is meant.
    pub text: String,
    /// The revision whose text it repeats.
    pub copy_of: Option<u32>,
    /// Who made it.
    pub made_by: String,
    /// Where it was taught.
    pub origin: Option<String>,
    /// When, in Unix milliseconds.
    pub created_ms: i64,
}

/// A revision to be added.
#[derive(Debug, Clone)]
pub struct NewAdapterRevision {
    /// The adapter's name.
    pub name: String,
    /// What it is.
    pub state: AdapterState,
    /// The adapter as TOML.
    pub text: String,
    /// The revision whose text it repeats.
    pub copy_of: Option<u32>,
    /// Who makes it.
    pub made_by: String,
    /// Where it was taught.
    pub origin: Option<String>,
    /// Numbers up to this one are the program's own.
    pub above: u32,
}

/// The revisions of the database.
pub struct Adapters {
    database: Database,
}

impl Adapters {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Adds a revision under the next free number.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add(&self, new: &NewAdapterRevision) -> Result<AdapterRevision, StoreError> {
        // One writer: the number is free until this statement has ended.
        let row = sqlx::query(
            "INSERT INTO adapters (name, revision, state, text, copy_of, made_by, origin, created_ms) \
             SELECT $1, COALESCE(MAX(largest.revision), 0) + 1, $3, $4, $5, $6, $7, $8 FROM \
             (SELECT revision FROM adapters WHERE name = $1 UNION ALL SELECT $2) AS largest \
             RETURNING *",
        )
        .bind(&new.name)
        .bind(i64::from(new.above))
        .bind(new.state.word())
        .bind(&new.text)
        .bind(new.copy_of.map(i64::from))
        .bind(&new.made_by)
        .bind(&new.origin)
        .bind(clock::now_ms())
        .fetch_one(&self.database.writer)
        .await?;
        Ok(revision(&row))
    }

    /// Every revision of an adapter, the latest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn history(&self, name: &str) -> Result<Vec<AdapterRevision>, StoreError> {
        let rows = sqlx::query("SELECT * FROM adapters WHERE name = $1 ORDER BY revision DESC")
            .bind(name)
            .fetch_all(&self.database.reader)
            .await?;
        Ok(rows.iter().map(revision).collect())
    }

    /// The revision of each adapter that is in force.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn in_force(&self) -> Result<Vec<AdapterRevision>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM adapters AS one WHERE state = 'published' AND revision = \
             (SELECT MAX(revision) FROM adapters WHERE name = one.name AND state = 'published') \
             ORDER BY name",
        )
        .fetch_all(&self.database.reader)
        .await?;
        Ok(rows.iter().map(revision).collect())
    }

    /// Drafts that nobody has published, the latest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drafts(&self) -> Result<Vec<AdapterRevision>, StoreError> {
        let rows = sqlx::query(
            "SELECT * FROM adapters AS one WHERE state = 'draft' AND NOT EXISTS \
             (SELECT 1 FROM adapters WHERE name = one.name AND copy_of = one.revision) \
             ORDER BY created_ms DESC, name, revision DESC",
        )
        .fetch_all(&self.database.reader)
        .await?;
        Ok(rows.iter().map(revision).collect())
    }
}

fn revision(row: &SqliteRow) -> AdapterRevision {
    let number = |name: &str| u32::try_from(row.get::<i64, _>(name)).unwrap_or(u32::MAX);
    let state = match row.get("state") {
        "published" => AdapterState::Published,
        _ => AdapterState::Draft,
    };
    AdapterRevision {
        name: row.get("name"),
        revision: number("revision"),
        state,
        text: row.get("text"),
        copy_of: row.get::<Option<i64>, _>("copy_of").map(|_| number("copy_of")),
        made_by: row.get("made_by"),
        origin: row.get("origin"),
        created_ms: row.get("created_ms"),
    }
}
