//! Everything that a request or a command of the admin API needs, in one place.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Instant,
};

use arc_swap::{ArcSwap, Guard};
use tabway_store::Store;
use tokio::sync::Semaphore;

use crate::{
    accounts::Accounts,
    adapters::Adapters,
    alerts::Board,
    call::{pins::Pins, places::Places, repeats::Repeats, talks::Talks},
    config::{Config, ConfigError, Environment, Manners, Secret},
    discover::Discovered,
    keys::Keys,
    metrics::Metrics,
    nodes::Nodes,
    prices::Prices,
    reload::Reloads,
    shutdown::Shutdown,
    upstream::{DialRules, EgressOptions},
};

/// The most uploads at once.
const MAX_UPLOADS: usize = 16;

/// The most texts of requests that are written down at once.
const MAX_KEEPING: usize = 64;

/// The running gateway's shared state.
pub struct App {
    config: ArcSwap<Config>,
    /// The variables that it was started with.
    pub env: Environment,
    /// What `/api/*` asks for.
    pub admin_token: Secret,
    /// What outlives the process.
    pub store: Arc<Store>,
    /// Kinds of page.
    pub adapters: Adapters,
    /// API keys.
    pub keys: Keys,
    /// Browsers.
    pub nodes: Nodes,
    /// Accounts that were added by command.
    pub accounts: Accounts,
    /// Which addresses may be dialled.
    pub(crate) dial: DialRules,
    egress: OnceLock<EgressOptions>,
    /// How the places behind our models are doing.
    pub places: Places,
    /// Requests that must not be done twice.
    pub(crate) repeats: Arc<Repeats>,
    /// Which page shows which conversation.
    pub talks: Talks,
    /// Conversations that stand for a model.
    pub pins: Pins,
    /// How sites that were added by command are spoken to.
    pub(crate) added: ArcSwap<BTreeMap<String, Arc<Manners>>>,
    /// Models that nobody had to write down.
    pub discovered: Discovered,
    /// What models cost.
    pub prices: ArcSwap<Prices>,
    /// What is wrong now, and what was told last.
    pub alerts: Board,
    /// Figures.
    pub metrics: Metrics,
    /// Uploads at once: each holds its bytes on the disk before anything counts them.
    pub uploading: Semaphore,
    /// Texts of requests that are written down at once.
    pub(crate) keeping: Arc<Semaphore>,
    /// Readings of the configuration.
    pub reloads: Reloads,
    /// The word to stop.
    pub shutdown: Shutdown,
    /// When it started.
    pub started: Instant,
    addresses: OnceLock<Vec<SocketAddr>>,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: Config,
        env: Environment,
        admin_token: Secret,
        store: Arc<Store>,
        adapters: Adapters,
    ) -> Self {
        let nodes = Nodes::new(store.clone());
        Self {
            keys: Keys::new(&config, store.clone()),
            metrics: Metrics::new(nodes.decisions(), nodes.waits()),
            nodes,
            store,
            adapters,
            accounts: Accounts::default(),
            alerts: Board::default(),
            dial: DialRules::new(config.hosts_dialled()),
            egress: OnceLock::new(),
            places: Places::default(),
            repeats: Arc::default(),
            talks: Talks::default(),
            pins: Pins::default(),
            added: ArcSwap::default(),
            discovered: Discovered::default(),
            prices: ArcSwap::default(),
            uploading: Semaphore::new(MAX_UPLOADS),
            keeping: Arc::new(Semaphore::new(MAX_KEEPING)),
            config: ArcSwap::from_pointee(config),
            env,
            admin_token,
            reloads: Reloads::default(),
            shutdown: Shutdown::default(),
            started: Instant::now(),
            addresses: OnceLock::new(),
        }
    }

    /// The configuration in force, without a lock. Do not hold it over an await.
    #[must_use]
    pub fn config(&self) -> Guard<Arc<Config>> {
        self.config.load()
    }

    /// The configuration in force, to keep.
    #[must_use]
    pub fn config_snapshot(&self) -> Arc<Config> {
        self.config.load_full()
    }

    /// How a site is spoken to.
    #[must_use]
    pub fn manners(&self, site: &str) -> Arc<Manners> {
        let declared = self.config().manners(site).cloned();
        declared.or_else(|| self.added.load().get(site).cloned()).unwrap_or_default()
    }

    /// Puts another configuration in force, as a whole.
    ///
    /// # Errors
    /// Where its prices cannot be read; the old one stays in force.
    pub(crate) fn replace_config(&self, config: Config) -> Result<(), ConfigError> {
        let prices = Prices::load(&config)?;
        self.dial.replace(config.hosts_dialled());
        self.keys.declare(&config.keys);
        self.places.keep(&config);
        self.prices.store(Arc::new(prices));
        self.config.store(Arc::new(config));
        self.discovered.repoint(self);
        self.set_bridge();
        Ok(())
    }

    /// Tells the bridge how many requests may wait, and how often pages are looked at.
    pub(crate) fn set_bridge(&self) {
        let (queue, every) = (self.config().queue, self.config().alerts.check_every);
        self.nodes.set_queue(queue.size, queue.per_key);
        self.nodes.set_check_every(every);
    }

    /// What an upstream is reached with; nothing before the start is complete.
    #[must_use]
    pub(crate) fn egress(&self) -> Option<&EgressOptions> {
        self.egress.get()
    }

    /// Notes what upstreams are reached with, once.
    pub(crate) fn set_egress(&self, options: EgressOptions) {
        // A second call would be a second start; the first one's stand.
        let _ = self.egress.set(options);
    }

    /// The addresses that are listened on; empty before the start is complete.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        self.addresses.get().map_or(&[], Vec::as_slice)
    }

    /// Notes the bound addresses, once.
    pub(crate) fn set_addresses(&self, addresses: Vec<SocketAddr>) {
        // A second call would be a second start; the first one's addresses stand.
        let _ = self.addresses.set(addresses);
    }
}
