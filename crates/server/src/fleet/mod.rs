//! Browsers that the gateway's owner has Tabway start: a profile each, kept by name, with the
//! extension loaded and paired. Ordinary browsers without a DevTools port: what tends their tabs is
//! the extension itself (docs/FLEET.md).

mod backoff;
mod launch;
mod memory;
mod mode;
mod process;
mod profile;
mod proxy;

pub use backoff::Backoff;
pub use launch::{Launch, Running};
pub use memory::used_bytes;
pub use mode::{Decision, Mode, Surroundings, decide};
pub use process::end_leftovers;
pub use profile::{Held, Profile, Profiles, Settings, State, Status};
pub use proxy::ProxyAddress;

/// The most tabs of one site in one browser.
pub const MAX_LANES: u32 = 16;

/// The most browsers that one command starts.
pub const MAX_BROWSERS: u32 = 64;

/// Why a browser of the fleet cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A name that cannot be a folder everywhere.
    #[error(
        "`{0}` cannot be the name of a profile: 1 to 32 lower-case letters, digits, - and _, the first no - or _"
    )]
    Name(String),
    /// No such profile.
    #[error("there is no profile `{0}`; `tabway browser profiles` shows those there are")]
    Unknown(String),
    /// Another process runs it.
    #[error("`{0}` is running already; `tabway browser stop {0}` ends it")]
    Busy(String),
    /// A file of it cannot be used.
    #[error("cannot use {path}: {error}")]
    File {
        /// Which.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A file of it says nothing that is understood.
    #[error("{path} is not understood: {reason}; correct or remove it")]
    Content {
        /// Which.
        path: String,
        /// Why.
        reason: String,
    },
    /// A variable says neither yes nor no.
    #[error("{name}={value} is neither 1 nor 0")]
    Switch {
        /// The variable.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// A window is asked for where none can be shown.
    #[error(
        "headed ({0}), but there is no display: DISPLAY and WAYLAND_DISPLAY are not set. Start it from a desktop, or take --headless"
    )]
    NoDisplay(String),
    /// An outbound proxy that cannot be used.
    #[error("{0}")]
    Proxy(String),
    /// The browser could not be started.
    #[error(transparent)]
    Browser(#[from] crate::browser::BrowserError),
}

impl FleetError {
    pub(super) fn file(path: &std::path::Path, error: std::io::Error) -> Self {
        Self::File { path: path.display().to_string(), error }
    }
}
