//! Reading the configuration again while the gateway runs: all of it or nothing.

use std::sync::Arc;

use super::upstream_hosts;
use crate::{
    app::App,
    config::{Config, ConfigError, Environment, Flags},
    keys,
    prices::Prices,
    sites,
    upstream::DialRules,
};

/// What a reload reads again.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) flags: Flags,
    pub(super) env: Environment,
    pub(super) rules: DialRules,
}

impl Source {
    /// Puts the new configuration in force; requests in flight end with the one they began with.
    ///
    /// # Errors
    /// What is wrong with it; the old one stays in force.
    pub(super) fn reload(&self, app: &Arc<App>) -> Result<(), ConfigError> {
        let config = Config::load(&self.flags, &self.env)?;
        config.check_public_bind(!config.keys.is_empty() || app.store.keys().any())?;
        keys::refuse_twice(&config, &app.store)?;
        for setting in only_at_start(&app.config(), &config) {
            tracing::warn!("{setting} changed; that takes a restart");
        }
        let sites = sites::reloaded(app, &config)?;
        let prices = Prices::load(&config)?;
        self.rules.replace(upstream_hosts(&config));
        app.replace_config(config);
        app.prices.store(Arc::new(prices));
        app.nodes.set_sites(sites);
        Ok(())
    }
}

/// Settings that changed and cannot be changed while running.
fn only_at_start(old: &Config, new: &Config) -> Vec<&'static str> {
    [
        ("listen", old.listen != new.listen),
        ("data_dir", old.data_dir != new.data_dir),
        ("workers", old.workers != new.workers),
        ("tls", old.tls != new.tls),
        ("log", old.log != new.log),
        ("limits.max_connections", old.limits.max_connections != new.limits.max_connections),
        ("limits.connect_timeout", old.limits.connect_timeout != new.limits.connect_timeout),
    ]
    .into_iter()
    .filter_map(|(setting, changed)| changed.then_some(setting))
    .collect()
}
