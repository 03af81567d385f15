//! Why the store cannot do what it was asked. One line each, for a person.

use std::{io, path::PathBuf};

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another gateway runs on the same data.
    #[error(
        "another gateway holds the data folder {0}: stop it (`tabway status` shows it), or choose \
         another folder with --data-dir"
    )]
    Held(PathBuf),
    /// The folder or a file in it cannot be used.
    #[error("the data folder cannot be used: {path}: {source}")]
    Folder {
        /// What cannot be used.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that was there is gone. It is not made anew, for the rest is of no use without it.
    #[error(
        "{0} is missing or empty: put the file of a backup back, or begin with another --data-dir"
    )]
    Missing(PathBuf),
    /// A file of secrets is not what it should be.
    #[error("{0}")]
    Secrets(String),
    /// The database refuses.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database cannot be brought up to date, or is newer than this program.
    #[error("the database cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A name is taken.
    #[error("{kind} `{name}` exists already")]
    Exists {
        /// `key`, `site`.
        kind: &'static str,
        /// Which.
        name: String,
    },
    /// There is no room for another file.
    #[error("{of} may have {most} bytes of files together; delete some, or wait until they expire")]
    Full {
        /// The bound.
        most: u64,
        /// Whose bound it is.
        of: &'static str,
    },
    /// A key that could not be used, or that anybody could.
    #[error("a key must {0}")]
    KeyRefused(&'static str),
    /// The system gives no random bytes: nothing secret can be made.
    #[error("the system gives no random bytes")]
    Random,
    /// The vault refuses.
    #[error(transparent)]
    Vault(#[from] crate::VaultError),
    /// A backup cannot be written or read.
    #[error("the backup: {0}")]
    Backup(#[source] io::Error),
    /// A file of another kind.
    #[error("this is no backup of Tabway, or one of a later version")]
    NoBackup,
    /// It does not open.
    #[error("the backup does not open: another passphrase, or the file was changed or cut")]
    BackupClosed,
    /// A backup makes a folder anew.
    #[error("{0} is not empty: name a folder that is not there yet with --data-dir")]
    Occupied(PathBuf),
    /// A thread cannot be started.
    #[error("a thread cannot be started: {0}")]
    Thread(#[source] io::Error),
}

impl StoreError {
    pub(crate) fn folder(path: impl Into<PathBuf>, source: io::Error) -> Self {
        Self::Folder { path: path.into(), source }
    }

    /// A taken name instead of the database's words for it.
    pub(crate) fn or_exists(error: sqlx::Error, kind: &'static str, name: &str) -> Self {
        match &error {
            sqlx::Error::Database(inner) if inner.is_unique_violation() => {
                Self::Exists { kind, name: name.to_owned() }
            }
            _ => Self::Database(error),
        }
    }
}
