//! Starting and stopping the real thing, from the command line, from a test, from `tabway demo`.

mod folder;
mod greeting;
mod log;
mod tidy;

use std::{io, net::SocketAddr, sync::Arc, thread::JoinHandle};

pub use folder::{ADMIN_TOKEN_FILE, ENDPOINT_FILE};

use tabway_store::{Store, StoreError};

use crate::{
    accounts,
    adapters::Adapters,
    alerts,
    app::App,
    call::pins,
    config::{Change, Config, ConfigError, Environment, Flags},
    discover,
    exit::{CliError, Exit},
    keys, listen, logs, media,
    prices::Prices,
    reload,
    runtime::{self, Listening},
    sites::{self, SitesError},
    teach,
    upstream::{Egress, EgressOptions},
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
    Worker(#[source] io::Error),
    /// The data cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// TLS cannot be set up.
    #[error("TLS: {0}")]
    Tls(#[from] rustls::Error),
}

impl From<SitesError> for StartError {
    fn from(error: SitesError) -> Self {
        match error {
            SitesError::Config(error) => Self::Config(error),
            SitesError::Store(error) => Self::Store(error),
        }
    }
}

impl From<StartError> for CliError {
    fn from(error: StartError) -> Self {
        let exit = match error {
            StartError::Config(_) | StartError::Store(StoreError::Vault(_)) => Exit::Config,
            _ => Exit::Failure,
        };
        Self::new(exit, error.to_string())
    }
}

/// A gateway that serves. Dropping it without [`Running::stop`] stops it at once.
pub struct Running {
    /// Its state.
    pub app: Arc<App>,
    workers: Vec<JoinHandle<()>>,
    discovery: tokio::task::JoinHandle<()>,
    time: tokio::task::JoinHandle<()>,
    memory: tokio::task::JoinHandle<()>,
    left: tokio::task::JoinHandle<()>,
    school: Option<tokio::task::JoinHandle<()>>,
    tidying: tokio::task::JoinHandle<()>,
    forgetting: tokio::task::JoinHandle<()>,
    reading: tokio::task::JoinHandle<()>,
    telling: tokio::task::JoinHandle<()>,
    checking: tokio::task::JoinHandle<()>,
    reloading: tokio::task::JoinHandle<()>,
    wishes: Option<tokio::task::JoinHandle<()>>,
    watching: tokio::task::JoinHandle<()>,
    keys: tokio::task::JoinHandle<()>,
}

/// Starts a gateway: configuration, data folder, listeners, workers; in this order, so that what
/// is wrong is said before anything is touched.
///
/// # Errors
/// See [`StartError`].
pub async fn serve(options: Options) -> Result<Running, StartError> {
    let config = Config::load(&options.flags, &options.env)?;
    if options.log {
        log::set_up(&config.log);
    }
    for note in &config.notes {
        tracing::info!("{note}");
    }
    let tls = config.tls.as_ref().map(listen::acceptor).transpose()?;
    folder::prepare(&config.data_dir)?;
    let store = Arc::new(Store::open_with(&config.data_dir, config.vault.clone()).await?);
    let (added, closed) = accounts::read(&store).await?;
    let (config, unfit) = config.with_accounts(&added)?;
    if let Some(files) = &config.log.files {
        logs::start(store.ledger().follow(), config.data_dir.clone(), files.clone())
            .map_err(StartError::Worker)?;
    }
    config.check_public_bind(!config.keys.is_empty() || store.keys().any())?;
    keys::refuse_twice(&config, &store)?;
    let adapters = Adapters::load(&store).await?;
    let sites = sites::load(&config, &store, &adapters).await?;
    let mut listening = Vec::with_capacity(config.listen.len());
    for address in &config.listen {
        let socket = listen::bind(*address, config.limits.write_timeout)
            .map_err(|error| cannot_listen(*address, &error))?;
        listening.push(Listening { socket, tls: tls.clone() });
    }
    let admin_token = folder::admin_token(&config)?;
    let source = reload::Source { flags: options.flags, env: options.env.clone() };

    let prices = Prices::load(&config)?;
    let app = Arc::new(App::new(config, options.env, admin_token, store, adapters));
    app.prices.store(Arc::new(prices));
    app.accounts.begin_with(added, closed, unfit);
    let egress = EgressOptions::new(app.dial.clone(), app.config().limits.connect_timeout)?;
    app.set_egress(egress.clone());
    app.nodes.set_sites(sites);
    app.reloads.set_source(source);
    app.set_bridge();
    app.nodes.restore().await?;
    sites::take_manners(&app).await?;
    app.keys.recall().await?;
    app.pins.load(app.store.pinned().list().await?);
    app.set_addresses(addresses(&listening).map_err(StartError::Worker)?);
    let workers = runtime::start(&app, &egress, &listening).map_err(StartError::Worker)?;
    let looking = discover::keep_looking(app.clone(), Egress::new(&egress));
    let lessons = app.nodes.lessons();
    let school = lessons.map(|lessons| tokio::spawn(teach::keep_school(app.clone(), lessons)));
    let tidying = tokio::spawn(media::tidy::keep_tidy(app.clone()));
    let forgetting = tokio::spawn(tidy::keep_tidy(app.clone()));
    let telling = tokio::spawn(alerts::keep_telling(app.clone(), Egress::new(&egress)));
    let discovery = tokio::spawn(looking);
    let checking = tokio::spawn(app.nodes.clone().keep_checking());
    let (of, talks) = (app.clone(), app.clone());
    let reloading = app.nodes.clone().keep_reloading(
        move |site| of.manners(site).reload_idle,
        move |node, lane| talks.talks.holds(node, lane),
    );
    let reloading = tokio::spawn(reloading);
    let wishes = app.nodes.captures().map(|wishes| tokio::spawn(pins::keep(app.clone(), wishes)));
    let watching = tokio::spawn(reload::keep_watching(app.clone()));
    let keys = tokio::spawn(keys::keep(app.clone()));
    let time = tokio::spawn(app.nodes.keep_time());
    let memory = tokio::spawn(app.nodes.keep_seats());
    let left = tokio::spawn(app.nodes.stop_left());
    let asked = app.clone();
    let reading = app.nodes.clone().keep_reading(move || asked.config_snapshot().refresh_models);
    let reading = tokio::spawn(reading);
    let running = Running {
        app,
        workers,
        discovery,
        time,
        memory,
        left,
        school,
        tidying,
        forgetting,
        reading,
        telling,
        checking,
        reloading,
        wishes,
        watching,
        keys,
    };
    folder::note_endpoint(&running.app.config().data_dir, &running.url())?;
    Ok(running)
}

fn addresses(listening: &[Listening]) -> io::Result<Vec<SocketAddr>> {
    listening.iter().map(|one| one.socket.local_addr()).collect()
}

fn cannot_listen(address: SocketAddr, error: &io::Error) -> StartError {
    let words = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "the port is taken; another gateway may be running (`tabway status`), or choose \
             another with --port"
                .to_owned()
        }
        _ => error.to_string(),
    };
    StartError::Listen { address, words }
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
        greeting::local_url(&self.app)
    }

    /// What a person who started it wants to know.
    #[must_use]
    pub fn greeting(&self) -> Vec<String> {
        greeting::lines(&self.app)
    }

    /// Reads the configuration again, all of it or nothing, and says what changed in the file.
    ///
    /// # Errors
    /// What is wrong with it; the old one stays in force.
    pub fn reload(&self) -> Result<Vec<Change>, ConfigError> {
        reload::reload(&self.app)
    }

    fn end_tasks(&self) {
        self.discovery.abort();
        self.tidying.abort();
        self.forgetting.abort();
        self.reading.abort();
        self.telling.abort();
        self.checking.abort();
        self.reloading.abort();
        self.watching.abort();
        self.keys.abort();
        self.time.abort();
        self.memory.abort();
        if let Some(wishes) = &self.wishes {
            wishes.abort();
        }
        self.left.abort();
        if let Some(school) = &self.school {
            school.abort();
        }
    }

    /// Stops taking work, lets answers end within the drain time, waits for the ledger's rows to
    /// be in the database, and ends.
    pub async fn stop(mut self) {
        self.app.shutdown.begin();
        let workers = std::mem::take(&mut self.workers);
        let joined = tokio::task::spawn_blocking(move || {
            for worker in workers {
                if worker.join().is_err() {
                    tracing::error!("a worker ended by a panic");
                }
            }
        });
        // The blocking task does not panic, and nobody cancels it.
        let _ = joined.await;
        self.end_tasks();
        self.app.nodes.write_seats().await;
        self.app.store.close().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.app.shutdown.hurry();
        self.end_tasks();
    }
}
