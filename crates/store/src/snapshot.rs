//! Copies of the database as a file, taken while it is in use.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use sqlx::{Row, SqlitePool};

use crate::{StoreError, database::FILE, folder};

/// How many copies of before an update are kept.
const KEPT: usize = 2;

/// Writes a whole copy to a path where nothing is yet; it is there when it is complete.
pub(crate) async fn take(database: &SqlitePool, path: &Path) -> Result<(), StoreError> {
    let wrong = |error| StoreError::folder(path, error);
    let part = path.with_extension("part");
    if part.exists() {
        fs::remove_file(&part).map_err(wrong)?;
    }
    // Made first and empty, which SQLite allows, so that nobody else may read it at any time.
    drop(folder::private_file(&part).map_err(wrong)?);
    let name = part.to_string_lossy().into_owned();
    sqlx::query("VACUUM INTO $1").bind(name).execute(database).await?;
    File::open(&part).and_then(|file| file.sync_all()).map_err(wrong)?;
    fs::rename(&part, path).map_err(wrong)
}

/// Keeps a copy of a database that is about to be brought up to date.
pub(crate) async fn before_update(
    database: &SqlitePool,
    data_dir: &Path,
    latest: i64,
) -> Result<(), StoreError> {
    let Some(current) = version(database).await? else { return Ok(()) };
    if current >= latest {
        return Ok(());
    }
    let path = data_dir.join(format!("{FILE}.before-{latest:04}"));
    // One is there where an update was interrupted: it is from before the first of its steps.
    if !path.exists() {
        tracing::info!(from = current, to = latest, copy = %path.display(), "the database is copied, then brought up to date");
        take(database, &path).await?;
    }
    for old in copies(data_dir).into_iter().rev().skip(KEPT) {
        if let Err(error) = fs::remove_file(&old) {
            tracing::warn!(%error, copy = %old.display(), "an old copy of the database stays");
        }
    }
    Ok(())
}

/// The last migration that was applied; none in a new database.
async fn version(database: &SqlitePool) -> Result<Option<i64>, StoreError> {
    let table = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '_sqlx_migrations'";
    if sqlx::query(table).fetch_optional(database).await?.is_none() {
        return Ok(None);
    }
    let row = sqlx::query("SELECT MAX(version) FROM _sqlx_migrations WHERE success")
        .fetch_one(database)
        .await?;
    Ok(row.get(0))
}

/// Copies of before an update, oldest first.
fn copies(data_dir: &Path) -> Vec<PathBuf> {
    let start = format!("{FILE}.before-");
    let entries = fs::read_dir(data_dir).into_iter().flatten().flatten();
    let ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.strip_prefix(&start).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(ours).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use sqlx::{Row, sqlite::SqliteConnectOptions};
    use tempfile::TempDir;

    use super::*;
    use crate::database::Database;

    async fn count(path: &Path) -> i64 {
        let options = SqliteConnectOptions::new().filename(path).read_only(true);
        let copy = SqlitePool::connect_with(options).await.expect("a database");
        let row = sqlx::query("SELECT COUNT(*) FROM sites").fetch_one(&copy).await.expect("a row");
        row.get(0)
    }

    #[tokio::test]
    async fn an_update_leaves_a_copy_of_what_was_before_and_the_last_two_are_kept() {
        let folder = TempDir::new().expect("a folder");
        let database = Database::open(folder.path()).await.expect("a database");
        assert!(copies(folder.path()).is_empty(), "a new one has no before");
        let add = "INSERT INTO sites (name, adapter, origin, created_ms) VALUES ($1, 'a', 'o', 1)";
        for (latest, rows) in [(1_001, 1), (1_002, 2), (1_003, 3)] {
            sqlx::query(add)
                .bind(latest.to_string())
                .execute(&database.writer)
                .await
                .expect("added");
            before_update(&database.writer, folder.path(), latest).await.expect("copied");
            let copy = folder.path().join(format!("main.db.before-{latest:04}"));
            assert_eq!(count(&copy).await, rows);
            let mode = fs::metadata(&copy).expect("there").permissions().mode() & 0o777;
            assert_eq!(mode, 0o600);
            // Interrupted and begun again: the first copy stands.
            before_update(&database.writer, folder.path(), latest).await.expect("kept");
            assert_eq!(count(&copy).await, rows);
        }
        assert_eq!(copies(folder.path()).len(), KEPT);
        before_update(&database.writer, folder.path(), 1).await.expect("nothing to do");
        assert_eq!(copies(folder.path()).len(), KEPT);
    }
}
