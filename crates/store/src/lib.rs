//! The ledger and everything else that outlives the process: SQLite behind one [`Store`].
//!
//! Statements are portable SQL, in files by noun. The request path never waits for the database:
//! keys are found in memory, and the ledger writes to its spool.

mod accounts;
mod adapters;
pub mod backup;
mod clock;
mod database;
mod error;
pub mod files;
mod folder;
mod keys;
pub mod ledger;
mod nodes;
mod pairing;
mod pinned;
mod runs;
mod seats;
mod secrets;
mod sites;
mod snapshot;
mod vault;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

pub use accounts::{Account, Accounts, NewAccount};
pub use adapters::{AdapterRevision, AdapterState, Adapters, NewAdapterRevision};
pub use error::StoreError;
pub use files::Files;
pub use keys::{Digest, Key, KeyLimits, KeySecret, Keys, NewKey};
pub use ledger::Ledger;
pub use nodes::{NewNode, Node, Nodes};
pub use pairing::{Code, Pairing, Redeemed};
pub use pinned::{NewPin, Pin, Pinned};
pub use runs::{Run, Runs};
pub use seats::{SeatState, Seats};
pub use sites::{Site, Sites};
use tabway_dialects::ids::GatewayId;
pub use vault::{
    KEY_FILE as VAULT_KEY_FILE, KeySource, KeyStatus, Plain, Rotation, Vault, VaultError,
    VaultStatus,
};

use self::{database::Database, folder::Folder};

/// The data folder of one gateway, held by one process.
pub struct Store {
    /// Keeps the lock.
    _folder: Folder,
    gateway: GatewayId,
    keys: Keys,
    nodes: Nodes,
    pairing: Pairing,
    pinned: Pinned,
    runs: Runs,
    seats: Seats,
    sites: Sites,
    adapters: Adapters,
    vault: Arc<Vault>,
    accounts: Accounts,
    media: Files,
    uploads: Files,
    bodies: Files,
    ledger: Ledger,
    database: Database,
    data_dir: PathBuf,
}

impl Store {
    /// Opens a data folder: makes it where it is missing, takes its lock, brings the database up
    /// to date, and replays what the ledger's spool holds.
    ///
    /// # Errors
    /// One line each: another process holds the folder, it cannot be written, the database is
    /// damaged or newer than this program.
    pub async fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Self::open_with(data_dir, KeySource::default()).await
    }

    /// The same, with the vault's keys from where their owner keeps them.
    ///
    /// # Errors
    /// As [`Store::open`], and what is wrong with the vault's key; the database is then untouched.
    pub async fn open_with(data_dir: &Path, keys: KeySource) -> Result<Self, StoreError> {
        let folder = Folder::open(data_dir)?;
        let checked = vault::check(data_dir, keys).await?;
        let secrets = secrets::Secrets::open(data_dir)?;
        let gateway = secrets.gateway();
        let secrets = Arc::new(secrets);
        let database = Database::open(data_dir).await?;
        let vault = Arc::new(Vault::new(data_dir, database.clone(), checked));
        let ledger = Ledger::open(data_dir, &database, secrets.clone()).await?;
        Ok(Self {
            _folder: folder,
            gateway,
            keys: Keys::load(database.clone(), secrets.clone()).await?,
            nodes: Nodes::new(database.clone()),
            pairing: Pairing::new(database.clone(), secrets.clone()),
            pinned: Pinned::new(database.clone()),
            runs: Runs::new(database.clone(), secrets),
            seats: Seats::new(database.clone()),
            sites: Sites::new(database.clone()),
            adapters: Adapters::new(database.clone()),
            accounts: Accounts::new(database.clone(), vault.clone()),
            vault,
            media: Files::open(data_dir, database.clone(), files::Kind::Media).await?,
            uploads: Files::open(data_dir, database.clone(), files::Kind::Upload).await?,
            bodies: Files::open(data_dir, database.clone(), files::Kind::Body).await?,
            ledger,
            database,
            data_dir: data_dir.to_owned(),
        })
    }

    /// Whose data this is.
    #[must_use]
    pub fn gateway_id(&self) -> GatewayId {
        self.gateway
    }

    /// API keys.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Paired browsers.
    #[must_use]
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// Codes that pair a browser.
    #[must_use]
    pub fn pairing(&self) -> &Pairing {
        &self.pairing
    }

    /// Conversations of pages that stand for a model.
    #[must_use]
    pub fn pinned(&self) -> &Pinned {
        &self.pinned
    }

    /// Turns that pages have.
    #[must_use]
    pub fn runs(&self) -> &Runs {
        &self.runs
    }

    /// What of the browsers' seats outlives the gateway.
    #[must_use]
    pub fn seats(&self) -> &Seats {
        &self.seats
    }

    /// Sites that were added by command.
    #[must_use]
    pub fn sites(&self) -> &Sites {
        &self.sites
    }

    /// Adapters that were taught or published here.
    #[must_use]
    pub fn adapters(&self) -> &Adapters {
        &self.adapters
    }

    /// Credentials at rest.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// Credentials of providers that were added by command.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Pictures, videos and files of answers.
    #[must_use]
    pub fn media(&self) -> &Files {
        &self.media
    }

    /// Files that clients uploaded.
    #[must_use]
    pub fn uploads(&self) -> &Files {
        &self.uploads
    }

    /// What requests said and were answered, each owned by its request.
    #[must_use]
    pub fn bodies(&self) -> &Files {
        &self.bodies
    }

    /// The record of requests.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Copies the database into a file of the data folder, with all rows that were written before
    /// the call; [`backup::write`] takes it from there.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn snapshot(&self) -> Result<PathBuf, StoreError> {
        self.ledger.flush().await;
        backup::snapshot_from(&self.database.writer, &self.data_dir).await
    }

    /// Waits until the ledger's rows are in the database. Call it after the last request has
    /// ended; whatever comes later waits in the spool for the next start.
    pub async fn close(&self) {
        self.ledger.close().await;
    }
}

#[cfg(test)]
mod tests;
