//! SQLite: one writer, several readers, write-ahead log.

use std::{fs, path::Path, time::Duration};

use sqlx::{
    SqlSafeStr, SqlitePool,
    migrate::{Migration, MigrationType, Migrator},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{StoreError, folder, ledger::spool, snapshot};

/// Number, name and text of each migration, oldest first. A released one never changes.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "begin", include_str!("../migrations/sqlite/0001_begin.sql")),
    (2, "adapters", include_str!("../migrations/sqlite/0002_adapters.sql")),
    (3, "files", include_str!("../migrations/sqlite/0003_files.sql")),
    (4, "seats", include_str!("../migrations/sqlite/0004_seats.sql")),
    (5, "conversations", include_str!("../migrations/sqlite/0005_conversations.sql")),
    (6, "pinned", include_str!("../migrations/sqlite/0006_pinned.sql")),
    (7, "runs", include_str!("../migrations/sqlite/0007_runs.sql")),
    (8, "accounts", include_str!("../migrations/sqlite/0008_accounts.sql")),
    (9, "routes", include_str!("../migrations/sqlite/0009_routes.sql")),
    (10, "usage", include_str!("../migrations/sqlite/0010_usage.sql")),
    (11, "keys", include_str!("../migrations/sqlite/0011_keys.sql")),
    (12, "log", include_str!("../migrations/sqlite/0012_log.sql")),
];

/// The database's file in the data folder.
pub(crate) const FILE: &str = "main.db";

/// Connections that read at once.
const READERS: u32 = 4;

/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(5);

/// Two pools on one file: SQLite has one writer, so waiting for it is done here, in order.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    pub(crate) writer: SqlitePool,
    pub(crate) reader: SqlitePool,
}

impl Database {
    pub(crate) async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        let path = data_dir.join(FILE);
        // The spool is made after the database. An empty database in its place would have no keys,
        // and a gateway without keys is open to everybody on its machine.
        let is_empty = fs::metadata(&path).map_or(true, |found| found.len() == 0);
        if is_empty && data_dir.join(spool::FOLDER).exists() {
            return Err(StoreError::Missing(path));
        }
        // Made here and not by SQLite, for the mode.
        folder::private_file(&path).map_err(|error| StoreError::folder(&path, error))?;
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .busy_timeout(BUSY)
            .foreign_keys(true);
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let latest = MIGRATIONS.last().map_or(0, |(number, ..)| *number);
        snapshot::before_update(&writer, data_dir, latest).await?;
        migrations().run(&writer).await?;
        let reader = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_lazy_with(options.read_only(true));
        Ok(Self { writer, reader })
    }
}

/// Built here and not by sqlx's macro, which would bring a compile-time parser along.
fn migrations() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(number, name, text)| {
        Migration::new(
            *number,
            (*name).into(),
            MigrationType::Simple,
            (*text).into_sql_str(),
            false,
        )
    });
    Migrator::with_migrations(migrations.collect())
}

#[cfg(test)]
mod tests {
    use sqlx::AssertSqlSafe;
    use tempfile::TempDir;

    use super::*;

    const FIRST: &str = "req_0199aa00000070008000000000000001";
    const SECOND: &str = "req_0199aa00000070008000000000000002";

    /// A database as it was before migration 12.
    async fn of_before(folder: &Path) {
        let options =
            SqliteConnectOptions::new().filename(folder.join(FILE)).create_if_missing(true);
        let old = SqlitePool::connect_with(options).await.expect("a database");
        let all = migrations();
        let before = all.migrations.iter().filter(|one| one.version < 12).cloned().collect();
        Migrator::with_migrations(before).run(&old).await.expect("the old shape");
        let row = |id: &str, outcome: &str, error: &str| {
            format!(
                "INSERT INTO requests (id, client_id, key_name, surface, model, stream, outcome, \
                 target, attempts, input_tokens, cache_read_tokens, cache_write_tokens, \
                 output_tokens, reasoning_tokens, usage_estimated, cost_micro_usd, opened_ms, \
                 first_byte_ms, total_ms, error, priced) VALUES ('{id}', 'mine', 'dev', \
                 'openai_chat', 'm', 1, '{outcome}', 'p/m', 2, 1, 2, 3, 4, 5, 0, 6, 7, 8, 9, \
                 '{error}', 1)"
            )
        };
        let attempt = |number: u8, error: &str| {
            format!(
                "INSERT INTO attempts (request, number, target, kind, outcome, accepted, losses, \
                 total_ms, error, account, route) VALUES ('{SECOND}', {number}, 'p/m', \
                 'provider', 'upstream_error', 1, '', 5, '{error}', 'main', 'first')"
            )
        };
        for text in [
            row(FIRST, "ok", ""),
            row(SECOND, "upstream_error", "it broke off"),
            attempt(1, "connection refused"),
            attempt(2, "it broke off"),
        ] {
            sqlx::query(AssertSqlSafe(text)).execute(&old).await.expect("a row");
        }
        old.close().await;
    }

    #[tokio::test]
    async fn the_log_of_before_an_update_is_there_after_it() {
        let folder = TempDir::new().expect("a folder");
        of_before(folder.path()).await;
        let database = Database::open(folder.path()).await.expect("updated");
        // All of a row in one text, names in words.
        let told: Vec<String> = sqlx::query_scalar(
            "SELECT concat_ws(' ', lower(hex(requests.id)), o.name, k.name, t.name, \
             input_tokens, total_ms, error, try_ms) FROM requests \
             JOIN names o ON o.id = outcome JOIN names k ON k.id = key \
             JOIN names t ON t.id = target ORDER BY number",
        )
        .fetch_all(&database.reader)
        .await
        .expect("rows");
        let of = |id: &str, rest: &str| format!("{} {rest}", id.trim_start_matches("req_"));
        let second = of(SECOND, "upstream_error dev p/m 1 9 it broke off");
        assert_eq!(told, [of(FIRST, "ok dev p/m 1 9 "), second]);
        let tries: Vec<(i64, i64, String)> =
            sqlx::query_as("SELECT request, number, error FROM attempts ORDER BY number")
                .fetch_all(&database.reader)
                .await
                .expect("tries");
        let errors = [(2, 1, "connection refused".into()), (2, 2, "it broke off".into())];
        assert_eq!(tries, errors);
        let found: Vec<i64> = sqlx::query_scalar(
            "SELECT rowid FROM failure_words WHERE failure_words MATCH 'refused'",
        )
        .fetch_all(&database.reader)
        .await
        .expect("words");
        assert_eq!(found, [2]);
    }
}
