//! Accounts of providers: those of the file and those of the database, in force together.

mod probe;
mod token;

use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;
use tabway_store::{Store, StoreError};

use crate::{
    app::App,
    config::{AccountKind, AccountSettings, AddedAccount, Config, ConfigError, LeftOut, Secret},
};

pub(crate) use probe::{Probe, probe};
pub(crate) use token::sent;

/// The accounts of the database, opened, and which of them are of no use.
#[derive(Default)]
pub struct Accounts {
    added: ArcSwap<Vec<AddedAccount>>,
    /// Those that do not open.
    closed: ArcSwap<Vec<LeftOut>>,
    /// Those that do not fit the configuration in force.
    unfit: ArcSwap<Vec<LeftOut>>,
    /// One change of the database's accounts at a time, from the reading to the putting in force.
    changing: tokio::sync::Mutex<()>,
    /// One change of the configuration at a time.
    swapping: Mutex<()>,
}

/// Accounts that cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum AccountsError {
    /// The configuration and the database do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the accounts of the database. One that does not open, or that another version wrote, is
/// left out; the others are of use.
///
/// # Errors
/// When the database refuses.
pub async fn read(store: &Store) -> Result<(Vec<AddedAccount>, Vec<LeftOut>), StoreError> {
    let (mut added, mut left_out) = (Vec::new(), Vec::new());
    for (account, secret) in store.accounts().open().await? {
        if !account.enabled {
            continue;
        }
        let leave = |words: String| LeftOut {
            provider: account.provider.clone(),
            name: account.name.clone(),
            words,
        };
        let secret = match secret {
            Ok(secret) => secret,
            Err(error) => {
                left_out.push(leave(error.to_string()));
                continue;
            }
        };
        let kind = AccountKind::parse(&account.kind);
        let settings: Result<AccountSettings, _> = serde_json::from_str(&account.settings);
        match (kind, settings, secret.expose_text()) {
            (Ok(kind), Ok(settings), Some(secret)) => added.push(AddedAccount {
                provider: account.provider.clone(),
                name: account.name.clone(),
                kind,
                secret: Secret::new(secret),
                settings,
            }),
            _ => left_out.push(leave("another version of the gateway wrote it".to_owned())),
        }
    }
    Ok((added, left_out))
}

impl Accounts {
    /// Notes the accounts of a start.
    pub(crate) fn begin_with(
        &self,
        added: Vec<AddedAccount>,
        closed: Vec<LeftOut>,
        unfit: Vec<LeftOut>,
    ) {
        self.added.store(added.into());
        self.closed.store(closed.into());
        self.unfit.store(unfit.into());
        for one in self.left_out() {
            tracing::warn!("account {}/{} is left out: {}", one.provider, one.name, one.words);
        }
    }

    /// Accounts that are of no use, and why.
    #[must_use]
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.closed.load().iter().chain(self.unfit.load().iter()).cloned().collect()
    }
}

/// Puts a configuration of the file in force, with the accounts of the database.
///
/// # Errors
/// Where both have an account of the same name; the old configuration stays in force.
pub(crate) fn reload(app: &App, config: &Config) -> Result<(), ConfigError> {
    let _one_at_a_time = app.accounts.swapping.lock().unwrap_or_else(PoisonError::into_inner);
    let (config, unfit) = config.with_accounts(&app.accounts.added.load())?;
    app.replace_config(config)?;
    app.accounts.unfit.store(unfit.into());
    Ok(())
}

/// Takes up what the database has now. Requests in flight end with the account that they began
/// with; no later one takes an account that is gone.
///
/// # Errors
/// When the database refuses, or an account would have two owners.
pub(crate) async fn publish(app: &App) -> Result<(), AccountsError> {
    let _one_at_a_time = app.accounts.changing.lock().await;
    let (added, closed) = read(&app.store).await?;
    let _swapping = app.accounts.swapping.lock().unwrap_or_else(PoisonError::into_inner);
    let (config, unfit) = app.config_snapshot().with_accounts(&added)?;
    app.replace_config(config)?;
    app.accounts.begin_with(added, closed, unfit);
    Ok(())
}
