//! Reading the configuration again while the gateway runs: all of it or nothing.
//!
//! On SIGHUP, by command, and by itself when the file has changed.

use std::{
    path::Path,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use serde::Serialize;

use crate::{
    accounts,
    app::App,
    config::{Change, Config, ConfigError, Environment, Flags},
    keys, sites,
};

/// How often the file is looked at. It is read when two looks have found it the same, so that a
/// file that is still being written is left alone.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What a reload reads again.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) flags: Flags,
    pub(crate) env: Environment,
}

/// How the last reading went.
#[derive(Debug, Clone, Default, Serialize, schemars::JsonSchema)]
pub(crate) struct Reading {
    /// When, Unix milliseconds.
    pub(crate) at_ms: i64,
    /// What was wrong with the file; the configuration before it is in force.
    pub(crate) error: Option<String>,
}

/// Reloads of one gateway, one at a time.
#[derive(Default)]
pub struct Reloads {
    source: OnceLock<Source>,
    turn: Mutex<()>,
    last: ArcSwap<Reading>,
}

impl Reloads {
    /// Says where the configuration comes from, once.
    pub(crate) fn set_source(&self, source: Source) {
        // A second call would be a second start; the first one's source stands.
        let _ = self.source.set(source);
        self.note(None);
    }

    /// How the last reading went.
    pub(crate) fn last(&self) -> Arc<Reading> {
        self.last.load_full()
    }

    fn note(&self, error: Option<String>) {
        let since = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        let at_ms = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
        self.last.store(Arc::new(Reading { at_ms, error }));
    }
}

/// Puts the new configuration in force, and says what changed in the file; requests in flight end
/// with the one they began with.
///
/// # Errors
/// What is wrong with it; the old one stays in force.
pub(crate) fn reload(app: &Arc<App>) -> Result<Vec<Change>, ConfigError> {
    let _turn = app.reloads.turn.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(source) = app.reloads.source.get() else { return Ok(Vec::new()) };
    let reloaded = take(app, source);
    app.reloads.note(reloaded.as_ref().err().map(ConfigError::to_string));
    match &reloaded {
        Ok(changes) => {
            tracing::info!(changes = changes.len(), "the configuration was read again");
            for change in changes {
                tracing::info!("{change}");
            }
        }
        Err(error) => tracing::error!(%error, "the old configuration stays in force"),
    }
    reloaded
}

fn take(app: &Arc<App>, source: &Source) -> Result<Vec<Change>, ConfigError> {
    let config = Config::load(&source.flags, &source.env)?;
    config.check_public_bind(!config.keys.is_empty() || app.store.keys().any())?;
    keys::refuse_twice(&config, &app.store)?;
    let sites = sites::reloaded(app, &config)?;
    let old = app.config_snapshot();
    for setting in only_at_start(&old, &config) {
        tracing::warn!("{setting} changed; that takes a restart");
    }
    let changes = old.changes(&config);
    accounts::reload(app, &config)?;
    app.nodes.set_sites(sites);
    Ok(changes)
}

/// Reads the configuration again whenever its file or its keys file has changed. Runs for ever.
pub(crate) async fn keep_watching(app: Arc<App>) {
    let stamps = || {
        let config = app.config();
        [&config.path, &config.keys_file].map(|path| path.as_deref().map(Stamp::of))
    };
    let mut read = stamps();
    let mut seen = read;
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = stamps();
        if now == seen && now != read {
            read = now;
            // What is wrong with it is in the log and in the state.
            let _ = reload(&app);
        }
        seen = now;
    }
}

/// What tells one writing of a file from another; nothing while it is gone.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp(Option<(SystemTime, u64)>);

impl Stamp {
    fn of(path: &Path) -> Self {
        let found = std::fs::metadata(path).ok();
        Self(found.and_then(|found| Some((found.modified().ok()?, found.len()))))
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
