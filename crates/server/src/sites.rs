//! Every site: those of the file and those that were added by command. A site has one owner.

use std::{collections::BTreeMap, sync::Arc};

use tabway_protocol::message::Site;
use tabway_store::{Store, StoreError};

use crate::{
    adapters::Adapters,
    app::App,
    config::{Config, ConfigError, Manners, SiteSettings},
};

/// Sites that cannot be put in force.
#[derive(Debug, thiserror::Error)]
pub enum SitesError {
    /// The configuration and the database do not fit together.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The database refuses.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All sites with their adapters.
///
/// # Errors
/// When the file names an adapter that is not there, or a site that was also added by command.
pub async fn load(
    config: &Config,
    store: &Store,
    adapters: &Adapters,
) -> Result<Vec<Site>, SitesError> {
    let mut sites = declared(config, adapters)?;
    for added in store.sites().list().await? {
        refuse_twice(&sites, &added.name)?;
        match adapters.site(&added.name, &added.adapter, Some(&added.origin)) {
            Ok(site) => sites.push(site),
            // A gateway of another version may not have it any more; the rest still works.
            Err(error) => tracing::warn!(site = added.name, %error, "a site is left out"),
        }
    }
    Ok(sites)
}

/// The sites of the file, each with its adapter.
///
/// # Errors
/// When there is no such adapter.
fn declared(config: &Config, adapters: &Adapters) -> Result<Vec<Site>, ConfigError> {
    let sites = config.sites.iter().map(|site| {
        let wrong = |words: String| ConfigError::new(format!("site `{}`: {words}", site.name));
        let mut made = adapters
            .site(&site.name, &site.adapter, site.origin.as_deref())
            .map_err(|error| wrong(error.to_string()))?;
        site.pacing.over(&mut made.adapter).map_err(wrong)?;
        Ok(made)
    });
    sites.collect()
}

/// All sites after a reload: those of the new file, and those that were added by command.
///
/// # Errors
/// See [`load`].
pub fn reloaded(app: &App, config: &Config) -> Result<Vec<Site>, ConfigError> {
    let mut sites = declared(config, &app.adapters)?;
    let old = app.config_snapshot();
    for site in app.nodes.sites() {
        if !old.sites.iter().any(|of_file| of_file.name == site.name) {
            refuse_twice(&sites, &site.name)?;
            sites.push((*site).clone());
        }
    }
    Ok(sites)
}

fn refuse_twice(sites: &[Site], name: &str) -> Result<(), ConfigError> {
    if !sites.iter().any(|site| site.name == name) {
        return Ok(());
    }
    Err(ConfigError::new(format!(
        "site `{name}` is both in the file and added by command; `tabway site remove {name}` \
         removes the latter"
    )))
}

/// Puts all sites in force and tells every node.
///
/// # Errors
/// See [`load`]; the old ones stay in force.
pub async fn publish(app: &App) -> Result<(), SitesError> {
    let config = app.config_snapshot();
    app.nodes.set_sites(load(&config, &app.store, &app.adapters).await?);
    Ok(take_manners(app).await?)
}

/// Takes up how the sites of the database are spoken to.
///
/// # Errors
/// When the database refuses.
pub async fn take_manners(app: &App) -> Result<(), StoreError> {
    let mut added = BTreeMap::new();
    for site in app.store.sites().list().await? {
        match read_settings(&site.settings) {
            Ok((_, manners)) => {
                added.insert(site.name, Arc::new(manners));
            }
            // Another version of the gateway may have written it; the usual manners do.
            Err(error) => tracing::warn!(site = site.name, %error, "its settings are left out"),
        }
    }
    app.added.store(Arc::new(added));
    Ok(())
}

/// Settings as the database holds them.
///
/// # Errors
/// What is wrong with them.
pub fn read_settings(text: &str) -> Result<(SiteSettings, Manners), ConfigError> {
    let written: SiteSettings =
        serde_json::from_str(text).map_err(|error| ConfigError::new(error.to_string()))?;
    let manners = Manners::read(&written)?;
    Ok((written, manners))
}
