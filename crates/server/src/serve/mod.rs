//! Starting and stopping the real thing, from the command line, from a test, from `tabway demo`.

mod folder;

use std::{net::SocketAddr, sync::Arc};

pub use folder::{ADMIN_TOKEN_FILE, ENDPOINT_FILE};

use crate::{
    app::App,
    config::{Config, ConfigError, Environment, Flags},
    exit::{CliError, Exit},
};

/// How to start.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the command line says.
    pub flags: Flags,
    /// The variables.
    pub env: Environment,
    log: bool,
}

impl Options {
    /// Flags and variables; nothing else is looked at.
    #[must_use]
    pub fn new(flags: Flags, env: Environment) -> Self {
        Self { flags, env, log: false }
    }

    /// Also sets up the process's log as the configuration says.
    #[must_use]
    pub fn with_log(self) -> Self {
        Self { log: true, ..self }
    }
}

/// Why it did not start. Nothing is left half done.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder cannot be used.
    #[error("{0}")]
    Folder(String),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {words}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why not.
        words: String,
    },
    /// A thread or a runtime cannot be made.
    #[error("cannot start a worker: {0}")]
    Worker(#[source] std::io::Error),
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        let exit = match error {
            StartError::Config(_) => Exit::Config,
            _ => Exit::Failure,
        };
        Self::new(exit, error.to_string())
    }
}

/// A gateway that serves. Dropping it without [`Running::stop`] stops it at once.
pub struct Running {
    /// Its state.
    pub app: Arc<App>,
}

/// Starts a gateway: configuration, data folder, listeners, workers.
///
/// # Errors
/// See [`StartError`].
pub async fn serve(options: Options) -> Result<Running, StartError> {
    let config = Config::load(&options.flags, &options.env)?;
    if options.log {
        tracing::debug!("log is set up");
    }
    folder::prepare(&config.data_dir)?;
    let admin_token = folder::admin_token(&config)?;
    let app = Arc::new(App::new(config, options.env, admin_token));
    Ok(Running { app })
}

impl Running {
    /// The addresses that it listens on.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.app.addresses()
    }

    /// The address that a program on this machine uses.
    #[must_use]
    pub fn url(&self) -> String {
        let first = self.addresses().first();
        first.map_or_else(String::new, |address| format!("http://{address}"))
    }

    /// What a person who started it wants to know.
    #[must_use]
    pub fn greeting(&self) -> Vec<String> {
        vec![format!("Tabway serves at {}", self.url())]
    }

    /// Stops taking work, lets answers end within the drain time, and ends.
    pub async fn stop(self) {
        self.app.shutdown.begin();
    }
}
