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
