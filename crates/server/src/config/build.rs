//! From what is written to what is meant: references resolved, every value checked.

use std::{collections::BTreeSet, num::NonZero, path::Path, sync::Arc};

use http::Uri;
use tabway_dialects::chat::Dialect;
use tabway_protocol::adapter::hours;

use super::{
    Account, AccountKind, AfterAccept, Auth, Config, ConfigError, Deadlines, Environment, Limits,
    LogConfig, Manners, Model, Owner, Pacing, Place, Provider, Proxies, Queue, Secret, SiteConfig,
    SiteSettings, Target, TlsFiles, added, alerts, default_data_dir,
    error::nearest,
    file::{
        FileAccount, FileConfig, FileLimits, FileLog, FileModel, FilePacing, FileProvider,
        FileQueue, FileSite, FileTarget, FileTls,
    },
    found, keeping, keys, net,
    overlay::{Layered, parse_address},
    pools, preset,
    proxy::Choice,
    routing, template, terms, vault,
};
use crate::prices::{self, Entry, WrittenEntry};

/// Where a gateway listens unless told otherwise.
pub(super) const DEFAULT_LISTEN: &str = "127.0.0.1:7070";

pub(super) fn build(layered: Layered, env: &Environment) -> Result<Config, ConfigError> {
    let Layered { file, document, path, origins, notes } = layered;
    let place = path.as_deref().map_or_else(String::new, |path| path.display().to_string());
    let in_file = |error: ConfigError| if place.is_empty() { error } else { error.at(&place) };
    let base = path.as_deref().and_then(Path::parent).unwrap_or(Path::new("."));
    let FileConfig { keys, keys_file, providers, sites, models, prices, .. } = file;

    let mut keys = keys;
    let keys_file = keys_file.map(|file| base.join(file));
    if let Some(file) = &keys_file {
        keys.extend(keys::read(file).map_err(in_file)?);
    }
    let keys = named("key", keys, |key| &key.name, |key| keys::build(key, env)).map_err(in_file)?;
    let proxies = Proxies::read(file.proxy.as_deref(), &file.no_proxy, env).map_err(in_file)?;
    let providers = named("provider", providers, |p| &p.name, |p| build_provider(p, &proxies, env))
        .map_err(in_file)?;
    let sites = named("site", sites, |site| &site.name, build_site).map_err(in_file)?;
    let discover = file.discover.unwrap_or(path.is_none());
    let mut providers: Vec<Arc<Provider>> = providers.into_iter().map(Arc::new).collect();
    if discover {
        providers.extend(found::providers(&providers, &proxies, env)?);
    }
    check_places(&providers, &sites).map_err(in_file)?;
    let mut models =
        named("model", models, |model| &model.name, |model| build_model(model, &providers))
            .map_err(in_file)?;
    pools::chains(&mut models).map_err(in_file)?;
    let models: Vec<Arc<Model>> = models.into_iter().map(Arc::new).collect();
    let prices = build_prices(prices, &providers).map_err(in_file)?;
    let by_name = models.iter().map(|model| (model.name.clone(), model.clone())).collect();

    Ok(Config {
        listen: match file.listen {
            Some(listen) => listen
                .into_vec()
                .iter()
                .map(|text| parse_address(text))
                .collect::<Result<_, _>>()?,
            None => vec![parse_address(DEFAULT_LISTEN)?],
        },
        data_dir: file.data_dir.unwrap_or_else(|| default_data_dir(env)),
        hosts: file.hosts.iter().map(|host| host.to_ascii_lowercase()).collect(),
        public_url: file.public_url.map(public_url).transpose()?,
        tls: tls(file.tls, base)?,
        trusted_proxies: net::all(&file.trusted_proxies)
            .map_err(|error| error.at("trusted_proxies"))?,
        admin_allow_from: (file.admin.allow_from.as_deref())
            .map(net::some)
            .transpose()
            .map_err(|error| error.at("admin.allow_from"))?,
        insecure_lan: file.insecure_lan.unwrap_or(false),
        cors_origins: file.cors_origins,
        workers: workers(file.workers)?,
        discover,
        refresh_models: keeping::refresh(file.refresh_models.as_deref())?,
        limits: limits(&file.limits),
        media: keeping::media(&file.media)?,
        files: keeping::files(&file.files),
        ledger: keeping::ledger(&file.ledger)?,
        queue: queue(&file.queue),
        alerts: alerts::alerts(file.alerts, env).map_err(|error| error.at("alerts"))?,
        routing: routing::routing(&file.routing).map_err(|error| in_file(error.at("routing")))?,
        log: log(&file.log)?,
        keys,
        keys_file,
        providers,
        sites,
        models,
        by_name,
        prices,
        proxies,
        vault: vault::keys(file.vault, base, env)?,
        admin_token: file
            .admin_token
            .map(|text| Secret::resolve(&text, env).map_err(|error| error.at("admin_token")))
            .transpose()?,
        path,
        document,
        origins,
        notes,
    })
}

/// Builds each entry of a list; its name is part of every complaint and may come once.
fn named<F, T>(
    kind: &str,
    entries: Vec<F>,
    name: impl Fn(&F) -> &String,
    build: impl Fn(F) -> Result<T, ConfigError>,
) -> Result<Vec<T>, ConfigError> {
    let mut seen = BTreeSet::new();
    let mut built = Vec::with_capacity(entries.len());
    for entry in entries {
        let name = name(&entry).clone();
        check_name(kind, &name)?;
        if !seen.insert(name.clone()) {
            return Err(ConfigError::new(format!("two {kind}s are named `{name}`")));
        }
        built.push(build(entry).map_err(|error| error.at(&format!("{kind} `{name}`")))?);
    }
    Ok(built)
}

pub(super) fn check_name(kind: &str, name: &str) -> Result<(), ConfigError> {
    let plain = name.chars().all(|c| c.is_ascii_graphic());
    // A slash would make `place/model` ambiguous.
    let slash = name.contains('/') && kind != "model";
    if name.is_empty() || name.len() > 200 || !plain || slash {
        return Err(ConfigError::new(format!("`{}` is not a {kind}'s name", name.escape_debug())));
    }
    Ok(())
}

fn build_provider(
    provider: FileProvider,
    proxies: &Proxies,
    env: &Environment,
) -> Result<Provider, ConfigError> {
    let preset = provider.preset.as_deref().map(preset::find).transpose()?;
    let base_url = provider
        .base_url
        .or_else(|| preset.as_ref().and_then(|preset| preset.base_url.clone()))
        .ok_or_else(|| match &provider.preset {
            Some(name) => preset::no_address(name),
            None => ConfigError::new("base_url or preset is missing"),
        })?;
    let dialects = provider
        .dialects
        .or_else(|| preset.as_ref().map(|preset| preset.dialects.clone()))
        .unwrap_or_else(|| vec![Dialect::OpenaiChat]);
    if dialects.iter().any(|dialect| *dialect != Dialect::OpenaiChat) || dialects.is_empty() {
        return Err(ConfigError::new("dialects: only openai_chat is understood yet"));
    }
    let auth = match &provider.auth {
        Some(text) => Auth::parse(text)?,
        None => preset.as_ref().map(|preset| preset.auth).unwrap_or_default(),
    };
    let prices = preset.as_ref().map(preset::Preset::layer).transpose()?.unwrap_or_default();
    let mut made = Provider {
        discover: provider.discover,
        preset: provider.preset,
        prices,
        project: provider.project,
        location: provider.location,
        probe_model: preset.as_ref().and_then(|preset| preset.probe_model.clone()),
        probe_path: preset.and_then(|preset| preset.probe_path),
        ..make_provider(provider.name, &base_url, dialects, auth)?
    };
    let own = provider.proxy.as_deref().map(|text| Choice::read(text, env)).transpose()?;
    made.proxy = proxies.of_own(own.as_ref(), &made.base_uri);
    let accounts =
        named("account", provider.accounts, |one| &one.name, |one| build_account(one, &made, env))?;
    made.accounts = accounts;
    added::settle(&mut made);
    Ok(made)
}

fn build_account(
    account: FileAccount,
    provider: &Provider,
    env: &Environment,
) -> Result<Account, ConfigError> {
    let kind = account.kind.as_deref().map_or(Ok(AccountKind::Bearer), AccountKind::parse)?;
    let secret = match kind {
        AccountKind::Bearer => Secret::resolve(&account.secret, env)?,
        AccountKind::ServiceAccount => Secret::resolve_document(&account.secret, env)?,
    };
    let mut made = Account::new(account.name, kind, provider.auth, secret, Owner::File)?;
    made.settle(provider, account.project.as_deref(), account.location.as_deref())?;
    made.terms = terms::terms(&account.limits, account.weight)?;
    Ok(made)
}

/// A provider with a checked address.
///
/// # Errors
/// When the address is not plain `http:` or `https:`.
pub(super) fn make_provider(
    name: String,
    base_url: &str,
    dialects: Vec<Dialect>,
    auth: Auth,
) -> Result<Provider, ConfigError> {
    let given = base_url.trim_end_matches('/').to_owned();
    let (template, base_url) = match template::is_template(&given) {
        true => (Some(given.clone()), template::fill(&given, template::NO_PROJECT, None)?),
        false => (None, given),
    };
    let (base_uri, chat_url) = addresses(&base_url)?;
    Ok(Provider {
        name,
        base_url,
        base_uri,
        chat_url,
        template,
        project: None,
        location: None,
        dialects,
        auth,
        discover: false,
        local: false,
        made: false,
        accounts: Vec::new(),
        preset: None,
        probe_model: None,
        probe_path: None,
        proxy: None,
        prices: Arc::default(),
    })
}

/// Where an API begins, and where its chat is.
///
/// # Errors
/// When the address is not plain `http:` or `https:`.
pub(super) fn addresses(base_url: &str) -> Result<(Uri, Uri), ConfigError> {
    let base_uri: Uri = base_url.parse().map_err(|error| {
        ConfigError::new(format!("base_url `{}`: {error}", base_url.escape_debug()))
    })?;
    let plain = matches!(base_uri.scheme_str(), Some("http" | "https"))
        && base_uri.query().is_none()
        && base_uri.authority().is_some_and(|authority| !authority.as_str().contains('@'));
    if !plain {
        return Err(ConfigError::new(format!(
            "base_url `{}` is not an http or https address without user and query",
            base_url.escape_debug()
        )));
    }
    let chat_url = format!("{base_url}/chat/completions")
        .parse()
        .map_err(|error| ConfigError::new(format!("base_url: {error}")))?;
    Ok((base_uri, chat_url))
}

fn build_site(site: FileSite) -> Result<SiteConfig, ConfigError> {
    let FilePacing { min_gap, per_hour, quiet } = site.limits;
    if let Some(wrong) = quiet.iter().find(|text| hours(text).is_none()) {
        let words = format!("limits.quiet `{wrong}` is not HH:MM-HH:MM, such as 23:00-07:00");
        return Err(ConfigError::new(words));
    }
    let pacing = Pacing { min_gap: min_gap.map(|span| span.0), per_hour, quiet };
    let manners = Arc::new(Manners::read(&SiteSettings {
        conversations: site.conversations,
        packing: site.packing,
        merge_system: site.merge_system,
        aliases: site.aliases,
        pinned: site.pinned,
        reload_idle: site.reload_idle,
        tools: site.tools,
    })?);
    let plain = self::site(site.name, site.adapter, site.origin.as_deref())?;
    Ok(SiteConfig { pacing, manners, ..plain })
}

/// A site whose name and origin are well formed.
pub(super) fn site(
    name: String,
    adapter: String,
    origin: Option<&str>,
) -> Result<SiteConfig, ConfigError> {
    check_name("site", &name)?;
    let origin = origin.map(bare_origin).transpose()?;
    let (pacing, manners) = (Pacing::default(), Arc::default());
    Ok(SiteConfig { name, adapter, origin, pacing, manners })
}

fn bare_origin(origin: &str) -> Result<String, ConfigError> {
    let uri: Option<Uri> = origin.parse().ok();
    let bare = uri.as_ref().and_then(|uri| {
        let scheme = uri.scheme_str().filter(|scheme| matches!(*scheme, "http" | "https"))?;
        let bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let authority = uri.authority().filter(|a| bare && !a.as_str().contains('@'))?;
        Some(format!("{scheme}://{}", authority.as_str().to_ascii_lowercase()))
    });
    bare.ok_or_else(|| {
        ConfigError::new(format!(
            "origin `{}` is not scheme, host and port such as http://127.0.0.1:7860",
            origin.escape_debug()
        ))
    })
}

fn build_model(model: FileModel, providers: &[Arc<Provider>]) -> Result<Model, ConfigError> {
    let strategy = pools::strategy(model.strategy.as_deref())?;
    let after_accept = match model.after_accept.as_deref() {
        None | Some("fail") => AfterAccept::Fail,
        Some("provider") => AfterAccept::Provider,
        Some(other) => {
            return Err(ConfigError::new(format!(
                "after_accept `{other}` is not fail or provider"
            )));
        }
    };
    if model.targets.is_empty() {
        return Err(ConfigError::new("targets is empty"));
    }
    let standard = Deadlines::default();
    Ok(Model {
        name: model.name,
        strategy,
        targets: model
            .targets
            .into_iter()
            .map(|target| build_target(target, providers))
            .collect::<Result<_, _>>()?,
        deadlines: Deadlines {
            first_byte: model.first_byte_timeout.map(|span| span.0),
            idle: model.idle_timeout.map(|span| span.0),
            total: model.total_timeout.map_or(standard.total, |span| span.0),
            commit_after: model.commit_after.map_or(standard.commit_after, |span| span.0),
        },
        after_accept,
        emulate: model.emulate.unwrap_or(true),
        fallbacks: model.fallbacks,
        affinity: model.affinity.unwrap_or(true),
    })
}

/// A provider must be in the file; a site may be in the database.
fn build_target(target: FileTarget, providers: &[Arc<Provider>]) -> Result<Target, ConfigError> {
    let place = match (target.provider, target.site) {
        (Some(name), None) => Place::Provider(find_provider(&name, providers)?),
        (None, Some(site)) => Place::Site(site),
        _ => return Err(ConfigError::new("a target names either a provider or a site")),
    };
    let weight = target.weight.unwrap_or(1);
    if weight == 0 {
        return Err(ConfigError::new("a weight is at least 1"));
    }
    if target.context_window == Some(0) {
        return Err(ConfigError::new("a context_window is at least 1 token"));
    }
    Ok(Target { place, model: target.model, weight, context_window: target.context_window })
}

fn find_provider(name: &str, providers: &[Arc<Provider>]) -> Result<Arc<Provider>, ConfigError> {
    if let Some(found) = providers.iter().find(|provider| provider.name == name) {
        return Ok(found.clone());
    }
    let known: Vec<&str> = providers.iter().map(|provider| provider.name.as_str()).collect();
    let hint =
        nearest(name, &known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
    Err(ConfigError::new(format!("no provider is named `{name}`{hint}")))
}

/// Prices of providers that are there, or of all of a preset.
fn build_prices(
    written: Vec<WrittenEntry>,
    providers: &[Arc<Provider>],
) -> Result<Vec<Entry>, ConfigError> {
    let entries: Vec<Entry> =
        written.into_iter().map(WrittenEntry::read).collect::<Result<_, _>>()?;
    for name in entries.iter().filter_map(|entry| entry.provider.as_deref()) {
        if !preset::exists(name) {
            find_provider(name, providers).map_err(|error| error.at("prices"))?;
        }
    }
    prices::check(&entries)?;
    Ok(entries)
}

fn check_places(providers: &[Arc<Provider>], sites: &[SiteConfig]) -> Result<(), ConfigError> {
    match sites.iter().find(|site| providers.iter().any(|p| p.name == site.name)) {
        Some(site) => {
            Err(ConfigError::new(format!("a provider and a site are both named `{}`", site.name)))
        }
        None => Ok(()),
    }
}

fn public_url(text: String) -> Result<String, ConfigError> {
    let fits = text.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if !fits {
        return Err(ConfigError::new(format!(
            "public_url `{}` is not an address",
            text.escape_debug()
        )));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn tls(files: Option<FileTls>, base: &Path) -> Result<Option<TlsFiles>, ConfigError> {
    match files {
        None => Ok(None),
        Some(FileTls { cert: Some(cert), key: Some(key) }) => {
            Ok(Some(TlsFiles { cert: base.join(cert), key: base.join(key) }))
        }
        Some(FileTls { cert: None, .. }) => Err(ConfigError::new("tls.cert is missing")),
        Some(FileTls { key: None, .. }) => Err(ConfigError::new("tls.key is missing")),
    }
}

fn workers(asked: Option<usize>) -> Result<usize, ConfigError> {
    match asked {
        Some(count) if (1..=1_024).contains(&count) => Ok(count),
        Some(count) => Err(ConfigError::new(format!("workers: {count} is not between 1 and 1024"))),
        None => Ok(std::thread::available_parallelism().map_or(1, NonZero::get)),
    }
}

fn limits(file: &FileLimits) -> Limits {
    let standard = Limits::default();
    let span =
        |asked: Option<super::duration::Span>, standard| asked.map_or(standard, |span| span.0);
    Limits {
        max_body_bytes: file.max_body_bytes.unwrap_or(standard.max_body_bytes),
        max_answer_bytes: file.max_answer_bytes.unwrap_or(standard.max_answer_bytes),
        max_connections: file.max_connections.unwrap_or(standard.max_connections).max(1),
        header_timeout: span(file.header_timeout, standard.header_timeout),
        body_timeout: span(file.body_timeout, standard.body_timeout),
        write_timeout: span(file.write_timeout, standard.write_timeout),
        connect_timeout: span(file.connect_timeout, standard.connect_timeout),
        drain_timeout: span(file.drain_timeout, standard.drain_timeout),
    }
}

/// A key may take half of a queue unless told otherwise, so that none is full of one key alone.
fn queue(file: &FileQueue) -> Queue {
    let standard = Queue::default();
    let size = file.size.unwrap_or(standard.size);
    Queue {
        size,
        per_key: file.per_key.unwrap_or(size.div_ceil(2)),
        wait: file.wait.map_or(standard.wait, |span| span.0),
    }
}

fn log(file: &FileLog) -> Result<LogConfig, ConfigError> {
    let level = match file.level.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None | Some("info") => tracing::Level::INFO,
        Some("error" | "critical" | "fatal") => tracing::Level::ERROR,
        Some("warn" | "warning") => tracing::Level::WARN,
        Some("debug") => tracing::Level::DEBUG,
        Some("trace") => tracing::Level::TRACE,
        Some(other) => {
            return Err(ConfigError::new(format!(
                "log.level `{other}` is not one of error, warn, info, debug, trace"
            )));
        }
    };
    let json = match file.format.as_deref() {
        None | Some("text") => false,
        Some("json") => true,
        Some(other) => {
            return Err(ConfigError::new(format!("log.format `{other}` is not text or json")));
        }
    };
    Ok(LogConfig { level, json, files: keeping::log_files(file)? })
}
