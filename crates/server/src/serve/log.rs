//! The process's log, on standard error.

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    fmt,
    layer::SubscriberExt,
    util::SubscriberInitExt,
};

use crate::config::LogConfig;

/// Sets it up, once for the process; a second call changes nothing.
pub(super) fn set_up(config: &LogConfig) {
    let level = LevelFilter::from_level(config.level);
    // Libraries speak below warning only when ours speaks of everything.
    let libraries = if config.level == tracing::Level::TRACE { level } else { LevelFilter::WARN };
    let filter = Targets::new().with_default(libraries.min(level)).with_target("tabway", level);
    let registry = tracing_subscriber::registry().with(filter);
    let outcome = if config.json {
        registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init()
    } else {
        let colours = std::io::IsTerminal::is_terminal(&std::io::stderr());
        let layer = fmt::layer().with_writer(std::io::stderr).with_ansi(colours);
        registry.with(layer).try_init()
    };
    if outcome.is_err() {
        tracing::debug!("a log is set up already");
    }
}
