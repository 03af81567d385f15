//! The gateway's database as a stranger reads it: with SQL, and nothing of the gateway's code.

use std::{path::Path, time::Duration};

use anyhow::Result;
use sqlx::{
    Row as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqlitePoolOptions},
};

/// What the ledger says of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The client's own name of the request.
    pub client_id: String,
    /// How it ended.
    pub outcome: String,
    /// How many tries the request's row counts.
    pub attempts: i64,
    /// How many rows of tries there are.
    pub attempt_rows: i64,
}

/// A ledger that is open for reading.
#[derive(Debug)]
pub struct Ledger(SqlitePool);

impl Ledger {
    /// Opens the database of a data folder.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(data: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(data.join("main.db"))
            .read_only(true)
            .busy_timeout(Duration::from_secs(10));
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        Ok(Self(pool))
    }

    /// Every request that has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        // A request's one try is in its own row, where nothing more is to be said of it.
        let sql = "SELECT COALESCE(client_id, ''), name, attempts, (try_ms IS NOT NULL) + \
                   (SELECT COUNT(*) FROM attempts WHERE request = requests.number) \
                   FROM requests JOIN names ON names.id = outcome";
        let rows = sqlx::query(sql).fetch_all(&self.0).await?;
        let row = |row: sqlx::sqlite::SqliteRow| {
            Ok(Row {
                client_id: row.try_get(0)?,
                outcome: row.try_get(1)?,
                attempts: row.try_get(2)?,
                attempt_rows: row.try_get(3)?,
            })
        };
        rows.into_iter().map(row).collect()
    }

    /// How many requests are marked as in flight.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn open_requests(&self) -> Result<i64> {
        Ok(sqlx::query_scalar("SELECT COUNT(*) FROM open_requests").fetch_one(&self.0).await?)
    }

    /// Whether SQLite finds nothing wrong with the file.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn is_sound(&self) -> Result<bool> {
        let words: String = sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&self.0).await?;
        Ok(words == "ok")
    }
}
