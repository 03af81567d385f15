//! `[[alerts.channels]]`: where messages go.

use std::{fmt, str::FromStr};

use http::Uri;
use serde::Deserialize;

use super::super::{ConfigError, Environment, Secret, file::OneOrMany};

/// How much a message matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now.
    Critical,
}

impl Severity {
    /// As settings and messages have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

impl FromStr for Severity {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let all = [Self::Info, Self::Warning, Self::Critical];
        all.into_iter().find(|one| one.word() == text).ok_or_else(|| {
            ConfigError::new("`min_severity` is one of `info`, `warning` and `critical`")
        })
    }
}

/// One way to tell somebody.
#[derive(Debug)]
pub struct Channel {
    /// What it is called in logs and commands.
    pub name: String,
    /// What matters less is not sent there.
    pub min: Severity,
    /// Where it leads.
    pub to: Receiver,
}

/// Where a channel leads. What is secret in it is never shown; of an address only the host is.
#[derive(Debug)]
pub enum Receiver {
    /// JSON to an address.
    Webhook(Hook),
    /// A topic of an ntfy server.
    Ntfy(Hook),
    /// A chat, by a bot.
    Telegram {
        /// The server of the bots' API, with the bot's token in it.
        bot: Hook,
        /// The chat's id or `@name`.
        chat: String,
    },
    /// Mail.
    Email(Box<Mail>),
}

impl Receiver {
    /// The word for its kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Webhook(_) => "webhook",
            Self::Ntfy(_) => "ntfy",
            Self::Telegram { .. } => "telegram",
            Self::Email(_) => "email",
        }
    }

    /// The host, as the checks of a dial know it.
    #[must_use]
    pub fn host(&self) -> String {
        match self {
            Self::Webhook(hook) | Self::Ntfy(hook) | Self::Telegram { bot: hook, .. } => {
                hook.host()
            }
            Self::Email(mail) => mail.server.clone(),
        }
    }
}

/// An address that takes messages. It may hold a token of the service that it belongs to: only its
/// host is ever shown.
#[derive(Clone)]
pub struct Hook {
    /// The address.
    pub url: Uri,
    /// Sent as `Authorization: Bearer`.
    pub secret: Option<Secret>,
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hook").field("host", &self.host()).finish_non_exhaustive()
    }
}

impl Hook {
    pub(super) fn read(
        setting: &str,
        address: &str,
        secret: Option<Secret>,
    ) -> Result<Self, ConfigError> {
        Ok(Self { url: url(setting, address)?, secret })
    }

    fn host(&self) -> String {
        self.url.host().unwrap_or_default().trim_matches(['[', ']']).to_owned()
    }
}

/// A server that takes mail, and whose.
#[derive(Debug)]
pub struct Mail {
    /// The server's name.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is encrypted.
    pub tls: MailTls,
    /// Who we are to it.
    pub login: Option<(String, Secret)>,
    /// Who the mail is from.
    pub from: String,
    /// Who gets it.
    pub to: Vec<String>,
}

/// How the way to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From the first byte.
    Always,
    /// After a word in the clear; without it nothing is sent.
    StartTls,
    /// Not at all.
    Never,
}

/// A channel as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::config) struct FileChannel {
    name: Option<String>,
    kind: String,
    min_severity: Option<String>,
    url: Option<String>,
    secret: Option<String>,
    chat: Option<String>,
    server: Option<String>,
    port: Option<u16>,
    tls: Option<String>,
    user: Option<String>,
    from: Option<String>,
    to: Option<OneOrMany>,
}

/// Where the bots' API is.
const TELEGRAM: &str = "https://api.telegram.org";

pub(super) fn channel(file: FileChannel, env: &Environment) -> Result<Channel, ConfigError> {
    let secret = file.secret.as_deref().map(|text| Secret::resolve(text, env)).transpose();
    let secret = secret.map_err(|error| error.at("secret"))?;
    let name = file.name.clone().unwrap_or_else(|| file.kind.clone());
    if name.is_empty() || name.len() > 64 || name.chars().any(char::is_control) {
        return Err(ConfigError::new("`name` has 1 to 64 printable characters"));
    }
    let min = file.min_severity.as_deref().map_or(Ok(Severity::Info), str::parse)?;
    file.refuse_others()?;
    let to = match file.kind.as_str() {
        "webhook" => Receiver::Webhook(Hook::read("url", &want(file.url, "url")?, secret)?),
        "ntfy" => Receiver::Ntfy(Hook::read("url", &want(file.url, "url")?, secret)?),
        "telegram" => {
            let token = want(secret, "secret")?;
            let server = file.url.as_deref().unwrap_or(TELEGRAM).trim_end_matches('/');
            // A token that is no part of a path is none; what is wrong is not said of a secret.
            let address = format!("{server}/bot{}/sendMessage", token.expose());
            Receiver::Telegram {
                bot: Hook::read("url", &address, None)?,
                chat: want(file.chat, "chat")?,
            }
        }
        "email" => Receiver::Email(Box::new(mail(file, secret)?)),
        _ => {
            return Err(ConfigError::new(
                "`kind` is one of `webhook`, `ntfy`, `telegram` and `email`",
            ));
        }
    };
    Ok(Channel { name, min, to })
}

impl FileChannel {
    /// A setting of another kind is a mistake, not a thing to be silent about.
    fn refuse_others(&self) -> Result<(), ConfigError> {
        let is_mail = self.kind == "email";
        let others = [
            ("url", self.url.is_some() && is_mail),
            ("chat", self.chat.is_some() && self.kind != "telegram"),
            ("server", self.server.is_some() && !is_mail),
            ("port", self.port.is_some() && !is_mail),
            ("tls", self.tls.is_some() && !is_mail),
            ("user", self.user.is_some() && !is_mail),
            ("from", self.from.is_some() && !is_mail),
            ("to", self.to.is_some() && !is_mail),
        ];
        match others.iter().find(|(_, wrong)| *wrong) {
            Some((name, _)) => {
                Err(ConfigError::new(format!("`{name}` is of no use for kind `{}`", self.kind)))
            }
            None => Ok(()),
        }
    }
}

fn want<T>(found: Option<T>, name: &str) -> Result<T, ConfigError> {
    found.ok_or_else(|| ConfigError::new(format!("`{name}` is missing")))
}

fn mail(file: FileChannel, secret: Option<Secret>) -> Result<Mail, ConfigError> {
    let server = want(file.server, "server")?;
    let tls = match file.tls.as_deref() {
        None | Some("starttls") => MailTls::StartTls,
        Some("tls") => MailTls::Always,
        Some("none") => MailTls::Never,
        Some(_) => return Err(ConfigError::new("`tls` is one of `starttls`, `tls` and `none`")),
    };
    let login = match (file.user, secret) {
        (Some(user), Some(word)) => Some((user, word)),
        (None, None) => None,
        (Some(_), None) => return Err(ConfigError::new("`user` is of no use without `secret`")),
        (None, Some(_)) => return Err(ConfigError::new("`secret` is of no use without `user`")),
    };
    let local =
        server.parse::<std::net::IpAddr>().map_or(server == "localhost", |a| a.is_loopback());
    if login.is_some() && tls == MailTls::Never && !local {
        return Err(ConfigError::new(
            "a password is not sent in the clear; `tls` is `starttls` or `tls`",
        ));
    }
    let (from, to) = (want(file.from, "from")?, want(file.to, "to")?.into_vec());
    if to.is_empty() {
        return Err(ConfigError::new("`to` is empty"));
    }
    for address in to.iter().chain([&from]) {
        if address.parse::<lettre::message::Mailbox>().is_err() {
            return Err(ConfigError::new(format!("`{address}` is no mail address")));
        }
    }
    let port = file.port.unwrap_or(match tls {
        MailTls::Always => 465,
        MailTls::StartTls => 587,
        MailTls::Never => 25,
    });
    Ok(Mail { server, port, tls, login, from, to })
}

fn url(setting: &str, address: &str) -> Result<Uri, ConfigError> {
    let bad =
        || ConfigError::new(format!("`{setting}` is not an address such as https://host/path"));
    let url: Uri = address.parse().map_err(|_| bad())?;
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    let authority = url.authority().ok_or_else(bad)?;
    if authority.as_str().contains('@') {
        return Err(ConfigError::new(format!(
            "`{setting}` holds a user name; put the credential in `secret`"
        )));
    }
    if is_http { Ok(url) } else { Err(bad()) }
}
