//! What the vault refuses, and what to do about it.

use std::path::PathBuf;

/// A failure of the vault. One line each, for a person; none names a secret.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A record does not open: it was changed, moved, or sealed by another key.
    #[error(
        "a stored credential cannot be opened: it was changed outside of Tabway; remove the \
         account and add it again"
    )]
    Broken,
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
    /// There are records and no key.
    #[error(
        "the vault's key {0} is missing: put it back from your backup (TABWAY_VAULT_KEY_FILE names \
         a copy elsewhere); without it the stored credentials cannot be read"
    )]
    Missing(PathBuf),
    /// A key that others may read is no secret.
    #[error("the vault's key {0} can be read by others: chmod 600 it")]
    OpenToOthers(PathBuf),
    /// The key is not written as it must be.
    #[error("the vault's key {place}: {words}")]
    Unreadable {
        /// File or variable.
        place: String,
        /// What is wrong.
        words: String,
    },
    /// The key is well formed and not the one that sealed the records.
    #[error(
        "the vault's key {place} is not the one that sealed the stored credentials (key {id}): put \
         the right one back from your backup"
    )]
    Wrong {
        /// File or variable.
        place: String,
        /// Which of the ring.
        id: u32,
    },
    /// The passphrase does not open the key.
    #[error(
        "the passphrase does not open the vault's key {0}: set TABWAY_VAULT_PASSPHRASE (or \
         TABWAY_VAULT_PASSPHRASE_FILE) to the one that it was closed with"
    )]
    Passphrase(PathBuf),
    /// A key that Tabway does not write is its owner's to change.
    #[error(
        "the vault's key comes from {0}: add a line with the next key there (`2:` and 64 hex \
         digits), start again, then `tabway vault rotate`"
    )]
    NotOurs(String),
    /// Records are still sealed by that key.
    #[error("{count} record(s) are still sealed by key {id}: `tabway vault rotate` first")]
    InUse {
        /// Which key.
        id: u32,
        /// How many.
        count: usize,
    },
    /// No such key, or the one in use.
    #[error("key {0} is the one in use, or is not of the ring: `tabway vault status` lists them")]
    NotOld(u32),
    /// A file cannot be read or written.
    #[error("the vault's key {path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}
