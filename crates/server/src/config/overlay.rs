//! Layers over the file: variables, names that other programs use, and flags.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    str::FromStr,
};

use super::{
    ConfigError, Environment, Origin,
    document::Document,
    duration::Span,
    error::nearest,
    file::{FileConfig, FileKey, OneOrMany},
    secret::read_first_line,
};

/// The largest file that is read: ten thousand models fit several times.
const MAX_FILE_BYTES: u64 = 16 << 20;

/// What the command line says.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    /// `--config`
    pub config: Option<PathBuf>,
    /// `--data-dir`
    pub data_dir: Option<PathBuf>,
    /// `--listen`
    pub listen: Option<String>,
    /// `--host`
    pub host: Option<String>,
    /// `--port`
    pub port: Option<u16>,
}

/// The file with everything laid over it.
pub(super) struct Layered {
    pub(super) file: FileConfig,
    pub(super) document: Document,
    pub(super) path: Option<PathBuf>,
    pub(super) origins: BTreeMap<String, Origin>,
    pub(super) notes: Vec<String>,
}

/// A setting that a variable may hold: `TABWAY_` and its path in capitals.
type Setter = fn(&mut FileConfig, &str) -> Result<(), String>;

const SETTINGS: &[(&str, Setter)] = &[
    ("listen", |file, text| {
        file.listen = Some(OneOrMany::Many(list(text)));
        Ok(())
    }),
    ("data_dir", |file, text| {
        file.data_dir = Some(text.into());
        Ok(())
    }),
    ("keys_file", |file, text| {
        file.keys_file = Some(text.into());
        Ok(())
    }),
    ("hosts", |file, text| {
        file.hosts = list(text);
        Ok(())
    }),
    ("public_url", |file, text| {
        file.public_url = Some(text.to_owned());
        Ok(())
    }),
    ("tls.cert", |file, text| {
        file.tls.get_or_insert_default().cert = Some(text.into());
        Ok(())
    }),
    ("tls.key", |file, text| {
        file.tls.get_or_insert_default().key = Some(text.into());
        Ok(())
    }),
    ("trusted_proxies", |file, text| {
        file.trusted_proxies = list(text);
        Ok(())
    }),
    ("admin.allow_from", |file, text| set(&mut file.admin.allow_from, list(text))),
    ("insecure_lan", |file, text| set(&mut file.insecure_lan, flag(text)?)),
    ("cors_origins", |file, text| {
        file.cors_origins = list(text);
        Ok(())
    }),
    ("workers", |file, text| set(&mut file.workers, number(text)?)),
    ("discover", |file, text| set(&mut file.discover, flag(text)?)),
    ("proxy", |file, text| set(&mut file.proxy, text.to_owned())),
    ("no_proxy", |file, text| {
        file.no_proxy = list(text);
        Ok(())
    }),
    ("limits.max_body_bytes", |file, text| set(&mut file.limits.max_body_bytes, number(text)?)),
    ("limits.max_answer_bytes", |file, text| set(&mut file.limits.max_answer_bytes, number(text)?)),
    ("limits.max_connections", |file, text| set(&mut file.limits.max_connections, number(text)?)),
    ("limits.header_timeout", |file, text| {
        set(&mut file.limits.header_timeout, Span::parse(text)?)
    }),
    ("limits.body_timeout", |file, text| set(&mut file.limits.body_timeout, Span::parse(text)?)),
    ("limits.write_timeout", |file, text| set(&mut file.limits.write_timeout, Span::parse(text)?)),
    ("limits.connect_timeout", |file, text| {
        set(&mut file.limits.connect_timeout, Span::parse(text)?)
    }),
    ("limits.drain_timeout", |file, text| set(&mut file.limits.drain_timeout, Span::parse(text)?)),
    ("media.form", |file, text| set(&mut file.media.form, text.to_owned())),
    ("media.ttl", |file, text| set(&mut file.media.ttl, Span::parse(text)?)),
    ("media.max_bytes", |file, text| set(&mut file.media.max_bytes, number(text)?)),
    ("media.max_item_bytes", |file, text| set(&mut file.media.max_item_bytes, number(text)?)),
    ("files.ttl", |file, text| set(&mut file.files.ttl, Span::parse(text)?)),
    ("files.max_bytes", |file, text| set(&mut file.files.max_bytes, number(text)?)),
    ("files.max_key_bytes", |file, text| set(&mut file.files.max_key_bytes, number(text)?)),
    ("files.max_item_bytes", |file, text| set(&mut file.files.max_item_bytes, number(text)?)),
    ("ledger.keep", |file, text| set(&mut file.ledger.keep, text.to_owned())),
    ("ledger.max_rows", |file, text| set(&mut file.ledger.max_rows, number(text)?)),
    ("ledger.store_bodies", |file, text| {
        file.ledger.store_bodies = list(text);
        Ok(())
    }),
    ("ledger.bodies_keep", |file, text| set(&mut file.ledger.bodies_keep, Span::parse(text)?)),
    ("ledger.bodies_max_bytes", |file, text| set(&mut file.ledger.bodies_max_bytes, number(text)?)),
    ("ledger.body_max_bytes", |file, text| set(&mut file.ledger.body_max_bytes, number(text)?)),
    ("refresh_models", |file, text| set(&mut file.refresh_models, text.to_owned())),
    ("queue.size", |file, text| set(&mut file.queue.size, number(text)?)),
    ("queue.per_key", |file, text| set(&mut file.queue.per_key, number(text)?)),
    ("queue.wait", |file, text| set(&mut file.queue.wait, Span::parse(text)?)),
    ("alerts.webhook", |file, text| set(&mut file.alerts.webhook, text.to_owned())),
    ("alerts.secret", |file, text| set(&mut file.alerts.secret, text.to_owned())),
    ("alerts.after", |file, text| set(&mut file.alerts.after, Span::parse(text)?)),
    ("alerts.session_notice", |file, text| {
        set(&mut file.alerts.session_notice, Span::parse(text)?)
    }),
    ("alerts.check_every", |file, text| set(&mut file.alerts.check_every, Span::parse(text)?)),
    ("alerts.every", |file, text| set(&mut file.alerts.every, Span::parse(text)?)),
    ("alerts.quiet", |file, text| {
        file.alerts.quiet = Some(OneOrMany::Many(list(text)));
        Ok(())
    }),
    ("alerts.time_zone", |file, text| set(&mut file.alerts.time_zone, text.to_owned())),
    ("alerts.rules.error_percent", |file, text| {
        set(&mut file.alerts.rules.error_percent, number(text)?)
    }),
    ("alerts.rules.min_requests", |file, text| {
        set(&mut file.alerts.rules.min_requests, number(text)?)
    }),
    ("alerts.rules.p95", |file, text| set(&mut file.alerts.rules.p95, Span::parse(text)?)),
    ("alerts.rules.backlog", |file, text| set(&mut file.alerts.rules.backlog, number(text)?)),
    ("alerts.rules.node_gone", |file, text| {
        set(&mut file.alerts.rules.node_gone, Span::parse(text)?)
    }),
    ("alerts.rules.budget_percent", |file, text| {
        set(&mut file.alerts.rules.budget_percent, number(text)?)
    }),
    ("alerts.rules.off", |file, text| {
        file.alerts.rules.off = list(text);
        Ok(())
    }),
    ("routing.usual_rest", |file, text| set(&mut file.routing.usual_rest, Span::parse(text)?)),
    ("routing.max_rest", |file, text| set(&mut file.routing.max_rest, Span::parse(text)?)),
    ("routing.quota_rest", |file, text| set(&mut file.routing.quota_rest, Span::parse(text)?)),
    ("routing.max_quota_rest", |file, text| {
        set(&mut file.routing.max_quota_rest, Span::parse(text)?)
    }),
    ("routing.failure_rest", |file, text| set(&mut file.routing.failure_rest, Span::parse(text)?)),
    ("routing.max_failure_rest", |file, text| {
        set(&mut file.routing.max_failure_rest, Span::parse(text)?)
    }),
    ("routing.failures", |file, text| set(&mut file.routing.failures, number(text)?)),
    ("routing.of", |file, text| set(&mut file.routing.of, number(text)?)),
    ("routing.retry_percent", |file, text| set(&mut file.routing.retry_percent, number(text)?)),
    ("routing.retry_floor", |file, text| set(&mut file.routing.retry_floor, number(text)?)),
    ("log.level", |file, text| set(&mut file.log.level, text.to_owned())),
    ("log.format", |file, text| set(&mut file.log.format, text.to_owned())),
    ("vault.key_file", |file, text| set(&mut file.vault.key_file, text.into())),
    ("vault.passphrase", |file, text| set(&mut file.vault.passphrase, text.to_owned())),
    ("log.files", |file, text| set(&mut file.log.files, flag(text)?)),
    ("log.keep", |file, text| set(&mut file.log.keep, Span::parse(text)?)),
    ("log.max_bytes", |file, text| set(&mut file.log.max_bytes, number(text)?)),
    ("log.file_bytes", |file, text| set(&mut file.log.file_bytes, number(text)?)),
    ("admin_token", |file, text| set(&mut file.admin_token, text.to_owned())),
];

/// Names of other programs that mean something here: (variable, setting).
const BORROWED: &[(&str, &str)] =
    &[("LOG_LEVEL", "log.level"), ("ADMIN_SECRET_KEY", "admin_token")];

/// Names of other programs that mean nothing here yet, and what to say.
const UNUSED: &[(&str, &str)] = &[
    ("FORCE_HEADLESS", "`tabway browser start` follows it; serving starts no browser"),
    ("FORCE_HEADED", "`tabway browser start` follows it; serving starts no browser"),
    ("UNIFIED_PROXY_CONFIG", "`tabway browser start` follows it; upstreams are dialled directly"),
];

/// The file to read: the flag, the variable, or the usual place where it exists.
pub(super) fn config_path(
    flags: &Flags,
    env: &Environment,
) -> Result<Option<PathBuf>, ConfigError> {
    let named = flags.config.clone().or_else(|| env.get("TABWAY_CONFIG").map(PathBuf::from));
    if named.is_some() {
        return Ok(named);
    }
    let home = || Path::new(env.get("HOME").unwrap_or(".")).join(".config");
    let usual =
        env.get("XDG_CONFIG_HOME").map_or_else(home, PathBuf::from).join("tabway/config.toml");
    Ok(usual.is_file().then_some(usual))
}

/// Reads a file; unknown keys are errors.
pub(super) fn read_file(path: &Path) -> Result<(FileConfig, Document), ConfigError> {
    let wrong = |words: &dyn fmt::Display| ConfigError::new(format!("{}: {words}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| wrong(&error))?.len();
    if length > MAX_FILE_BYTES {
        return Err(wrong(&format_args!("{length} bytes; at most {MAX_FILE_BYTES} are read")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(&error))?;
    let file =
        toml::from_str(&text).map_err(|error| ConfigError::from_toml(path, &text, &error))?;
    Ok((file, Document::read(&text)))
}

/// Lays variables and flags over the file.
pub(super) fn layer(
    (file, document): (FileConfig, Document),
    path: Option<&Path>,
    flags: &Flags,
    env: &Environment,
) -> Result<Layered, ConfigError> {
    let mut layered = Layered {
        file,
        document,
        path: path.map(Path::to_owned),
        origins: BTreeMap::new(),
        notes: Vec::new(),
    };
    note_file_settings(&mut layered);
    borrow_names(&mut layered, env)?;
    own_variables(&mut layered, env)?;
    place_address(&mut layered, flags, env)?;
    if let Some(folder) = &flags.data_dir {
        layered.file.data_dir = Some(folder.clone());
        layered.origins.insert("data_dir".to_owned(), Origin::Flag("--data-dir"));
    }
    Ok(layered)
}

fn note_file_settings(layered: &mut Layered) {
    let Some(path) = &layered.path else { return };
    let settings = layered.document.settings();
    layered.origins = settings
        .map(|(setting, line)| (setting.to_owned(), Origin::File { path: path.clone(), line }))
        .collect();
}

/// Variables of the programs that people come from.
fn borrow_names(layered: &mut Layered, env: &Environment) -> Result<(), ConfigError> {
    for (variable, setting) in BORROWED {
        if let Some(text) = env.get(variable) {
            apply(layered, setting, variable, text)?;
            layered.notes.push(format!("{variable} is understood as {setting}"));
        }
    }
    for (variable, words) in UNUSED {
        if env.get(variable).is_some() {
            layered.notes.push(format!("{variable} has no effect: {words}"));
        }
    }
    for variable in ["API_KEYS", "API_KEY"] {
        let Some(text) = env.get(variable) else { continue };
        let keys = list(text);
        layered.notes.push(format!("{variable} is understood as {} API key(s)", keys.len()));
        for (at, secret) in keys.into_iter().enumerate() {
            let name = format!("{}-{}", variable.to_lowercase().replace('_', "-"), at + 1);
            layered.file.keys.push(FileKey { name, secret, ..FileKey::default() });
        }
    }
    Ok(())
}

/// `TABWAY_*`, and `TABWAY_*_FILE` whose file holds the value.
fn own_variables(layered: &mut Layered, env: &Environment) -> Result<(), ConfigError> {
    let mut known = vec!["TABWAY_CONFIG".to_owned()];
    for (setting, _) in SETTINGS {
        let variable = variable_of(setting);
        let from_file = format!("{variable}_FILE");
        match (env.get(&variable), env.get(&from_file)) {
            (Some(_), Some(_)) => {
                return Err(ConfigError::new(format!("both {variable} and {from_file} are set")));
            }
            (Some(text), None) => apply(layered, setting, &variable, text)?,
            (None, Some(path)) => {
                let text = read_first_line(Path::new(path)).map_err(|e| e.at(&from_file))?;
                apply(layered, setting, &from_file, &text)?;
            }
            (None, None) => {}
        }
        known.extend([variable, from_file]);
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for name in env.names("TABWAY_").filter(|name| !known.contains(name)) {
        if let Some(near) =
            nearest(name, &known).filter(|near| strsim::levenshtein(near, name) <= 2)
        {
            layered.notes.push(format!("{name} is not a setting; did you mean {near}?"));
        }
    }
    Ok(())
}

fn apply(
    layered: &mut Layered,
    setting: &str,
    variable: &str,
    text: &str,
) -> Result<(), ConfigError> {
    if let Some((_, setter)) = SETTINGS.iter().find(|(name, _)| *name == setting) {
        setter(&mut layered.file, text).map_err(|words| ConfigError::new(words).at(variable))?;
        layered.origins.insert(setting.to_owned(), Origin::Variable(variable.to_owned()));
    }
    Ok(())
}

/// `--listen` stands alone; host and port, from flags or variables, change their half of the rest.
fn place_address(
    layered: &mut Layered,
    flags: &Flags,
    env: &Environment,
) -> Result<(), ConfigError> {
    if let Some(listen) = &flags.listen {
        layered.file.listen = Some(OneOrMany::Many(list(listen)));
        layered.origins.insert("listen".to_owned(), Origin::Flag("--listen"));
    }
    let settled =
        matches!(layered.origins.get("listen"), Some(Origin::Flag(_) | Origin::Variable(_)));
    let borrowed = |names: &[&'static str]| {
        let found = names.iter().find_map(|name| Some((*name, env.get(name)?)));
        found
            .filter(|_| !settled)
            .map(|(name, text)| (Origin::Variable(name.to_owned()), text.to_owned()))
    };
    let host = match &flags.host {
        Some(host) => Some((Origin::Flag("--host"), host.clone())),
        None => borrowed(&["HOST"]),
    };
    let port = match flags.port {
        Some(port) => Some((Origin::Flag("--port"), port.to_string())),
        None => borrowed(&["PORT", "SERVER_PORT"]),
    };
    if host.is_none() && port.is_none() {
        return Ok(());
    }
    let first = match layered.file.listen.clone() {
        Some(listen) => listen.into_vec().into_iter().next(),
        None => None,
    };
    let first = parse_address(first.as_deref().unwrap_or(super::build::DEFAULT_LISTEN))?;
    let mut address = first;
    if let Some((origin, text)) = port {
        let wrong = || ConfigError::new(format!("{origin}: `{text}` is not a port"));
        address.set_port(text.parse().map_err(|_| wrong())?);
        say_borrowed(layered, &origin, "the port");
        layered.origins.insert("listen".to_owned(), origin);
    }
    if let Some((origin, text)) = host {
        let wrong =
            || ConfigError::new(format!("{origin}: `{text}` is not an IP address or localhost"));
        let ip: IpAddr = if text == "localhost" {
            IpAddr::from([127, 0, 0, 1])
        } else {
            text.trim_matches(['[', ']']).parse().map_err(|_| wrong())?
        };
        address.set_ip(ip);
        say_borrowed(layered, &origin, "the host");
        layered.origins.insert("listen".to_owned(), origin);
    }
    layered.file.listen = Some(OneOrMany::One(address.to_string()));
    Ok(())
}

fn say_borrowed(layered: &mut Layered, origin: &Origin, what: &str) {
    if let Origin::Variable(name) = origin {
        layered.notes.push(format!("{name} is understood as {what} to listen on"));
    }
}

/// An address and port; `localhost` is 127.0.0.1.
pub(super) fn parse_address(text: &str) -> Result<SocketAddr, ConfigError> {
    let numeric = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        ConfigError::new(format!("listen: `{text}` is not an address such as 127.0.0.1:7070"))
    })
}

fn variable_of(setting: &str) -> String {
    format!("TABWAY_{}", setting.replace('.', "_").to_uppercase())
}

fn set<T>(place: &mut Option<T>, value: T) -> Result<(), String> {
    *place = Some(value);
    Ok(())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(str::to_owned).collect()
}

fn flag(text: &str) -> Result<bool, String> {
    match text {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => Err(format!("`{text}` is neither true nor false")),
    }
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}
