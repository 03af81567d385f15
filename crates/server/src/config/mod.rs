//! Configuration: file, environment and flags, parsed once into typed structs.
//!
//! A later source wins: defaults, the file, names of other programs (`PORT`, `HOST`, `API_KEYS`),
//! `TABWAY_*`, flags. [`Config::origins`] says where each setting came from.

mod account;
mod added;
mod alerts;
mod build;
mod document;
mod duration;
mod environment;
mod error;
mod file;
mod found;
mod keeping;
mod keys;
mod manners;
mod net;
mod overlay;
mod pacing;
mod pools;
pub mod preset;
mod proxy;
mod public;
mod routing;
mod secret;
mod service_account;
mod template;
mod terms;
mod vault;

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use self::document::Document;
use http::Uri;
use tabway_dialects::chat::Dialect;
use tabway_store::{KeyLimits, KeySource};

use crate::{
    keys::Policy,
    prices::{Entry, Layer},
};

pub use account::{Account, AccountKind, AccountSettings, Credential, Owner, Sent, hint};
pub use added::{AddedAccount, LeftOut};
pub use alerts::{
    AlertRules, Alerts, Channel, Hook, Mail, MailTls, RULES as ALERT_RULES, Receiver, Severity,
};
pub use document::{Change, ChangeKind};
pub use environment::Environment;
pub use error::ConfigError;
pub use keeping::{BodiesConfig, FilesConfig, LedgerConfig, MediaConfig, MediaForm};
pub use keys::{KeyLine, check_labels, key_lines};
pub use manners::{Conversations, Manners, Pick, PinRules, PinSend, SiteSettings, ToolsBy};
pub(crate) use manners::{LONGEST_IDLE, SHORTEST_IDLE};
pub use net::Network;
pub use overlay::Flags;
pub use pacing::Pacing;
pub use preset::Auth;
pub use proxy::{Proxies, Proxy, ProxyScheme, swallows_loopback};
pub use routing::Routing;
pub use secret::Secret;
pub use service_account::{Fetching, ServiceAccount, Token};
pub use terms::Terms;

/// Everything that is set; immutable, swapped as a whole.
#[derive(Debug, Clone)]
pub struct Config {
    /// Addresses to listen on.
    pub listen: Vec<SocketAddr>,
    /// Where the store lives.
    pub data_dir: PathBuf,
    /// Names that a request may use for us in `Host`, besides loopback and the bound addresses.
    pub hosts: Vec<String>,
    /// The address that clients use, where a proxy stands in between.
    pub public_url: Option<String>,
    /// Certificate and key of our own TLS.
    pub tls: Option<TlsFiles>,
    /// Proxies whose `x-forwarded-for` is believed.
    pub trusted_proxies: Vec<Network>,
    /// Networks from which the gateway is administered; any where absent.
    pub admin_allow_from: Option<Vec<Network>>,
    /// The owner accepts plain HTTP on a public address.
    pub insecure_lan: bool,
    /// Origins of web pages that may call the API from a browser; `*` for any.
    pub cors_origins: Vec<String>,
    /// Worker threads.
    pub workers: usize,
    /// Whether provider keys in the environment and engines on local ports are looked for.
    pub discover: bool,
    /// How often pages are asked again which models they offer; never where absent.
    pub refresh_models: Option<Duration>,
    /// Sizes and deadlines of connections.
    pub limits: Limits,
    /// Media of answers.
    pub media: MediaConfig,
    /// What clients upload.
    pub files: FilesConfig,
    /// The log of requests.
    pub ledger: LedgerConfig,
    /// How many requests may wait for a page, and for how long.
    pub queue: Queue,
    /// What is told, to whom, and how often pages are looked at.
    pub alerts: Alerts,
    /// When accounts rest, and how much is tried again.
    pub routing: Routing,
    /// What is logged and how.
    pub log: LogConfig,
    /// API keys that the file declares, and those of the keys file.
    pub keys: Vec<KeyConfig>,
    /// A file of existing keys.
    pub keys_file: Option<PathBuf>,
    /// Upstreams over HTTP.
    pub providers: Vec<Arc<Provider>>,
    /// Pages.
    pub sites: Vec<SiteConfig>,
    /// Public names and what stands behind them.
    pub models: Vec<Arc<Model>>,
    /// The same by name: a request finds its model in one step, however many there are.
    by_name: HashMap<String, Arc<Model>>,
    /// What models cost, by the file.
    pub prices: Vec<Entry>,
    /// Through which proxy upstreams are reached.
    pub proxies: Proxies,
    /// Where the keys of the vault come from.
    pub vault: KeySource,
    /// Stands in for the admin token that is made at the first start.
    pub admin_token: Option<Secret>,
    /// The file that was read.
    pub path: Option<PathBuf>,
    /// The file as it is written.
    document: Document,
    /// Where each setting came from; defaults are absent.
    pub origins: BTreeMap<String, Origin>,
    /// What the owner should know, one line each.
    pub notes: Vec<String>,
}

/// Where a setting came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Variable(String),
    /// A command line flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => write!(f, "variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// Files of the TLS listener, PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The chain, leaf first.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
}

/// Sizes and deadlines of connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// The largest request body.
    pub max_body_bytes: usize,
    /// The largest buffered answer of an upstream, and the most held of a stream.
    pub max_answer_bytes: usize,
    /// The most connections at once.
    pub max_connections: usize,
    /// From the connection, or the end of the answer before, to the end of the head.
    pub header_timeout: Duration,
    /// From the head to the end of the body.
    pub body_timeout: Duration,
    /// How long a client may refuse to read.
    pub write_timeout: Duration,
    /// How long a dial to an upstream may take, TLS included.
    pub connect_timeout: Duration,
    /// How long answers may go on after the word to stop.
    pub drain_timeout: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_body_bytes: 32 << 20,
            max_answer_bytes: 64 << 20,
            max_connections: 20_000,
            header_timeout: Duration::from_secs(20),
            body_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            drain_timeout: Duration::from_secs(30),
        }
    }
}

/// Requests that wait for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// The most that wait for one site.
    pub size: usize,
    /// The most of one key that wait for one site.
    pub per_key: usize,
    /// How long one waits.
    pub wait: Duration,
}

impl Default for Queue {
    fn default() -> Self {
        Self { size: 256, per_key: 128, wait: Duration::from_secs(60) }
    }
}

/// What is logged and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// The least level that is written.
    pub level: tracing::Level,
    /// Lines of JSON instead of text.
    pub json: bool,
    /// Files of requests in the data folder; none where absent.
    pub files: Option<LogFiles>,
}

/// Files of requests as lines of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFiles {
    /// How long they are kept.
    pub keep: Duration,
    /// The most bytes together; the oldest go.
    pub max_bytes: u64,
    /// When another one is begun.
    pub file_bytes: u64,
}

/// An API key of the file.
#[derive(Debug, Clone)]
pub struct KeyConfig {
    /// Its name.
    pub name: String,
    /// What clients send.
    pub secret: Secret,
    /// Models it may use.
    pub models: ModelFilter,
    /// How much it may use, as it is written.
    pub limits: KeyLimits,
    /// The same, checked.
    pub policy: Policy,
    /// What its owner notes of it.
    pub labels: BTreeMap<String, String>,
    /// When it ends, Unix milliseconds.
    pub expires_ms: Option<i64>,
}

/// Names of models, `*` at the end for any rest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ModelFilter(Option<Vec<String>>);

impl ModelFilter {
    /// Any of these; everything where `None`.
    #[must_use]
    pub fn new(patterns: Option<Vec<String>>) -> Self {
        Self(patterns)
    }

    /// The names; everything where `None`.
    #[must_use]
    pub fn patterns(&self) -> Option<&[String]> {
        self.0.as_deref()
    }

    /// Whether the name is among them. Exact: no folding of case, no trimming.
    #[must_use]
    pub fn allows(&self, model: &str) -> bool {
        self.0.as_ref().is_none_or(|patterns| {
            patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(head) => model.starts_with(head),
                None => pattern == model,
            })
        })
    }
}

/// An upstream over HTTP.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Where its API begins, without a slash at the end.
    pub base_url: String,
    /// The same, parsed.
    pub base_uri: Uri,
    /// Where chat requests go, made once.
    pub chat_url: Uri,
    /// The address as it is written, where each account has its own.
    pub(super) template: Option<String>,
    /// Google's project, for accounts that say none.
    pub(super) project: Option<String>,
    /// Google's location, for accounts that say none.
    pub(super) location: Option<String>,
    /// What it speaks, the most faithful first.
    pub dialects: Vec<Dialect>,
    /// How the credential is sent.
    pub auth: Auth,
    /// Whether every model that it lists is served as `provider/model`.
    pub discover: bool,
    /// Whether it runs on this machine and was not asked for by name: it may be absent.
    pub local: bool,
    /// Whether it is there only because an account of the database names it.
    pub made: bool,
    /// A small model of it, for a test where it lists none.
    pub probe_model: Option<String>,
    /// What a test asks for in place of the list of models.
    pub probe_path: Option<String>,
    /// What stands between us and it.
    pub proxy: Option<Arc<Proxy>>,
    /// Credentials; one without a secret where the upstream needs none.
    pub accounts: Vec<Account>,
    /// The preset that it was made from.
    pub preset: Option<String>,
    /// The preset's prices.
    pub prices: Arc<Layer>,
}

impl Provider {
    /// Hosts that are dialled for it: configured, so that each is its own exemption from the checks
    /// of a dial.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = String> {
        let accounts = self.accounts.iter();
        let of_accounts = accounts.flat_map(|account| {
            let own = account.urls.as_ref().and_then(|urls| urls.chat_url.host());
            let tokens = match &account.credential {
                Credential::Service(service) => service.token_uri.host(),
                Credential::Fixed(_) => None,
            };
            own.into_iter().chain(tokens)
        });
        let all = self.base_uri.host().into_iter().chain(of_accounts);
        let names = all.map(|host| host.trim_matches(['[', ']']).to_owned());
        names.chain(self.proxy.as_ref().map(|proxy| proxy.host.clone()))
    }

    /// Where chat requests of an account go.
    #[must_use]
    pub fn chat_url_of(&self, account: &Account) -> Uri {
        account.urls.as_ref().map_or(&self.chat_url, |urls| &urls.chat_url).clone()
    }

    /// Where the API of an account begins.
    #[must_use]
    pub fn base_url_of<'a>(&'a self, account: &'a Account) -> &'a str {
        account.urls.as_ref().map_or(&self.base_url, |urls| &urls.base_url)
    }
}

/// A page of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SiteConfig {
    /// Its name.
    pub name: String,
    /// The adapter's name.
    pub adapter: String,
    /// Scheme, host and port; the adapter's first where absent.
    pub origin: Option<String>,
    /// What its owner says of its limits.
    pub pacing: Pacing,
    /// How it is spoken to.
    pub manners: Arc<Manners>,
}

impl SiteConfig {
    /// A site whose name and origin are well formed.
    ///
    /// # Errors
    /// Words that say which is not.
    pub fn checked(
        name: String,
        adapter: String,
        origin: Option<&str>,
    ) -> Result<Self, ConfigError> {
        build::site(name, adapter, origin)
    }
}

/// A public name.
#[derive(Debug, Clone)]
pub struct Model {
    /// What clients ask for.
    pub name: String,
    /// In which order targets are tried.
    pub strategy: Strategy,
    /// What stands behind it.
    pub targets: Vec<Target>,
    /// Deadlines.
    pub deadlines: Deadlines,
    /// Whether a provider may answer after a page has taken the prompt and lost the answer.
    pub after_accept: AfterAccept,
    /// Whether tools and answers of a given form are emulated at pages.
    pub emulate: bool,
    /// Models whose targets are tried when these are used up, theirs among them.
    pub fallbacks: Vec<String>,
    /// Whether a conversation stays with the account that has answered it.
    pub affinity: bool,
}

impl Model {
    /// A name for one target, with the usual settings.
    #[must_use]
    pub fn plain(name: &str, place: Place, model: &str) -> Self {
        Self {
            name: name.to_owned(),
            strategy: Strategy::default(),
            targets: vec![Target {
                place,
                model: model.to_owned(),
                weight: 1,
                context_window: None,
            }],
            deadlines: Deadlines::default(),
            after_accept: AfterAccept::default(),
            emulate: true,
            fallbacks: Vec::new(),
            affinity: true,
        }
    }
}

/// In which order targets are tried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As they stand.
    #[default]
    Priority,
    /// By chance, in proportion to their weights.
    Weighted,
    /// The one with the fewest requests in flight.
    LeastBusy,
    /// The one whose first byte has come soonest of late.
    Latency,
    /// The cheapest.
    Cost,
}

/// What happens when a page has taken the prompt and the answer is lost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AfterAccept {
    /// `outcome_unknown`
    #[default]
    Fail,
    /// The next provider answers; no page does.
    Provider,
}

/// Deadlines of a model; each is a setting of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Until the first byte of an attempt. `None` leaves it to the adapter of a page, and is 120 s
    /// for a provider.
    pub first_byte: Option<Duration>,
    /// Between two pieces of an answer. `None` as above, 120 s.
    pub idle: Option<Duration>,
    /// For the whole request, all attempts together.
    pub total: Duration,
    /// After this long without a first token a stream's status is sent all the same.
    pub commit_after: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            first_byte: None,
            idle: None,
            total: Duration::from_secs(1_800),
            commit_after: Duration::from_secs(15),
        }
    }
}

/// One of a model's targets.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub place: Place,
    /// The model's name there.
    pub model: String,
    /// Its share under [`Strategy::Weighted`].
    pub weight: u32,
    /// How many tokens a request and its answer may have, where the owner says so.
    pub context_window: Option<u64>,
}

/// Where a target is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A provider.
    Provider(Arc<Provider>),
    /// A site, by name.
    Site(String),
}

impl Place {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Provider(provider) => &provider.name,
            Self::Site(name) => name,
        }
    }
}

impl fmt::Display for Target {
    /// `place/model`, as `x-tabway-target` and the ledger have it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.place.name(), self.model)
    }
}

impl Config {
    /// Reads and checks everything.
    ///
    /// # Errors
    /// One line that names the file and line, the variable or the flag.
    pub fn load(flags: &Flags, env: &Environment) -> Result<Self, ConfigError> {
        let path = overlay::config_path(flags, env)?;
        let file = match &path {
            Some(path) => overlay::read_file(path)?,
            None => Default::default(),
        };
        let layered = overlay::layer(file, path.as_deref(), flags, env)?;
        build::build(layered, env)
    }

    /// Whether the setting stands in the file, so that console and CLI only read it.
    #[must_use]
    pub fn from_file(&self, setting: &str) -> bool {
        self.origin(setting).is_some_and(|origin| matches!(origin, Origin::File { .. }))
    }

    /// Where a setting, or the first setting of a section, came from; nothing for a default.
    #[must_use]
    pub fn origin(&self, setting: &str) -> Option<&Origin> {
        let below = |name: &str| {
            name.strip_prefix(setting).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let from = self.origins.range(setting.to_owned()..);
        let mut near = from.take_while(|(name, _)| name.starts_with(setting));
        near.find(|(name, _)| below(name)).map(|(_, origin)| origin)
    }

    /// What is written otherwise in a later reading of the file.
    #[must_use]
    pub fn changes(&self, later: &Self) -> Vec<Change> {
        self.document.changes(&later.document)
    }

    /// The model of that name.
    #[must_use]
    pub fn model(&self, name: &str) -> Option<&Arc<Model>> {
        self.by_name.get(name)
    }

    /// The provider of that name.
    #[must_use]
    pub fn provider(&self, name: &str) -> Option<&Arc<Provider>> {
        self.providers.iter().find(|provider| provider.name == name)
    }

    /// Hosts that the owner configured: each is its own exemption from the checks of a dial.
    #[must_use]
    pub fn hosts_dialled(&self) -> Vec<String> {
        let providers = self.providers.iter().flat_map(|provider| provider.hosts());
        let channels = self.alerts.channels.iter().map(|channel| channel.to.host());
        providers.chain(channels).chain(self.proxies.host()).collect()
    }

    /// How a site of the file is spoken to.
    #[must_use]
    pub fn manners(&self, site: &str) -> Option<&Arc<Manners>> {
        let declared = self.sites.iter().find(|declared| declared.name == site);
        declared.map(|declared| &declared.manners)
    }

    /// Refuses an address that others can reach unless the owner has said how it is protected.
    ///
    /// # Errors
    /// A line that names the settings of which one is missing.
    pub fn check_public_bind(&self, has_keys: bool) -> Result<(), ConfigError> {
        public::check(self, has_keys)
    }
}

/// The folder for data where nothing says otherwise.
#[must_use]
pub fn default_data_dir(env: &Environment) -> PathBuf {
    let home = || Path::new(env.get("HOME").unwrap_or(".")).join(".local/share");
    env.get("XDG_DATA_HOME").map_or_else(home, PathBuf::from).join("tabway")
}

#[cfg(test)]
mod tests;
