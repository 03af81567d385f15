//! Sites that were added by command; those of the configuration file are not here.

use sqlx::Row;

use crate::{StoreError, clock, database::Database};

/// An adapter at an origin.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Site {
    /// Its name, unique.
    pub name: String,
    /// The adapter's name.
    pub adapter: String,
    /// Scheme, host and port.
    pub origin: String,
    /// How it is spoken to: JSON.
    pub settings: String,
}

/// The sites of the database.
pub struct Sites {
    database: Database,
}

impl Sites {
    pub(crate) fn new(database: Database) -> Self {
        Self { database }
    }

    /// Adds a site.
    ///
    /// # Errors
    /// `Exists` where the name is taken.
    pub async fn add(&self, site: &Site) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO sites (name, adapter, origin, settings, created_ms) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&site.name)
        .bind(&site.adapter)
        .bind(&site.origin)
        .bind(&site.settings)
        .bind(clock::now_ms())
        .execute(&self.database.writer)
        .await
        .map_err(|error| StoreError::or_exists(error, "site", &site.name))?;
        Ok(())
    }

    /// Every site, by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn list(&self) -> Result<Vec<Site>, StoreError> {
        let rows = sqlx::query("SELECT name, adapter, origin, settings FROM sites ORDER BY name")
            .fetch_all(&self.database.reader)
            .await?;
        let sites = rows.iter().map(|row| Site {
            name: row.get("name"),
            adapter: row.get("adapter"),
            origin: row.get("origin"),
            settings: row.get("settings"),
        });
        Ok(sites.collect())
    }

    /// Says how a site is spoken to; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set(&self, name: &str, settings: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE sites SET settings = $2 WHERE name = $1")
            .bind(name)
            .bind(settings)
            .execute(&self.database.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }

    /// Removes a site; whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove(&self, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM sites WHERE name = $1")
            .bind(name)
            .execute(&self.database.writer)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}
