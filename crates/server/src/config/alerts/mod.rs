//! `[alerts]`: what is told, to whom, and how often pages are looked at.

mod channel;
mod quiet;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde::Deserialize;

use self::channel::FileChannel;
pub use self::{
    channel::{Channel, Hook, Mail, MailTls, Receiver, Severity},
    quiet::QuietHours,
};
use super::{ConfigError, Environment, Secret, duration::Span, file::OneOrMany};

/// What the section says.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// Where messages go.
    pub channels: Vec<Arc<Channel>>,
    /// A state that is over sooner is not told of.
    pub after: Duration,
    /// How often an idle page is looked at; before a turn, too, where the last look is older.
    pub check_every: Duration,
    /// How long before the end of a session its human is warned.
    pub session_notice: Duration,
    /// How often the rules are looked at.
    pub every: Duration,
    /// From where on something is told.
    pub rules: AlertRules,
    /// When only what is critical is told.
    pub quiet: QuietHours,
}

/// From where on something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertRules {
    /// So many of a hundred requests fail.
    pub error_percent: u64,
    /// Of fewer requests nothing is said.
    pub min_requests: u64,
    /// One request in twenty takes longer.
    pub p95: Duration,
    /// So many turns wait for a page.
    pub backlog: usize,
    /// A browser is away for so long.
    pub node_gone: Duration,
    /// So much of a hundred of a key's budget is used.
    pub budget_percent: u64,
    /// Rules that are not looked at.
    pub off: Vec<String>,
}

/// The names of all rules.
pub const RULES: [&str; 8] = [
    "error_rate",
    "slow",
    "backlog",
    "node_gone",
    "human_needed",
    "account_out",
    "budget_near",
    "adapter_broken",
];

/// The most channels.
const MAX_CHANNELS: usize = 16;

/// `[alerts]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileAlerts {
    pub(super) webhook: Option<String>,
    pub(super) secret: Option<String>,
    pub(super) after: Option<Span>,
    pub(super) check_every: Option<Span>,
    pub(super) session_notice: Option<Span>,
    pub(super) every: Option<Span>,
    pub(super) quiet: Option<OneOrMany>,
    pub(super) time_zone: Option<String>,
    pub(super) rules: FileRules,
    pub(super) channels: Vec<FileChannel>,
}

/// `[alerts.rules]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FileRules {
    pub(super) error_percent: Option<u64>,
    pub(super) min_requests: Option<u64>,
    pub(super) p95: Option<Span>,
    pub(super) backlog: Option<usize>,
    pub(super) node_gone: Option<Span>,
    pub(super) budget_percent: Option<u64>,
    pub(super) off: Vec<String>,
}

pub(super) fn alerts(file: FileAlerts, env: &Environment) -> Result<Alerts, ConfigError> {
    let span =
        |span: Option<Span>, standard| span.map_or(Duration::from_secs(standard), |span| span.0);
    let quiet = file.quiet.map(OneOrMany::into_vec).unwrap_or_default();
    let mut channels = Vec::new();
    channels.extend(plain_webhook(file.webhook, file.secret, env)?);
    for (at, written) in file.channels.into_iter().enumerate() {
        let found = channel::channel(written, env);
        channels.push(found.map_err(|error| error.at(&format!("channels[{at}]")))?);
    }
    let mut names = HashSet::new();
    if let Some(twice) = channels.iter().find(|one| !names.insert(one.name.as_str())) {
        return Err(ConfigError::new(format!(
            "two channels have the name `{}`; give each a `name`",
            twice.name
        )));
    }
    if channels.len() > MAX_CHANNELS {
        return Err(ConfigError::new(format!("more than {MAX_CHANNELS} channels")));
    }
    Ok(Alerts {
        after: span(file.after, 5),
        check_every: span(file.check_every, 30 * 60),
        session_notice: span(file.session_notice, 24 * 3_600),
        every: span(file.every, 15),
        rules: rules(file.rules).map_err(|error| error.at("rules"))?,
        quiet: QuietHours::read(&quiet, file.time_zone.as_deref())?,
        channels: channels.into_iter().map(Arc::new).collect(),
    })
}

/// `alerts.webhook`, the short way to have one.
fn plain_webhook(
    address: Option<String>,
    secret: Option<String>,
    env: &Environment,
) -> Result<Option<Channel>, ConfigError> {
    let Some(address) = address else {
        return match secret {
            Some(_) => Err(ConfigError::new("`secret` is of no use without `webhook`")),
            None => Ok(None),
        };
    };
    let secret = secret.map(|text| Secret::resolve(&text, env)).transpose();
    let secret = secret.map_err(|error| error.at("secret"))?;
    let to = Receiver::Webhook(Hook::read("webhook", &address, secret)?);
    Ok(Some(Channel { name: "webhook".to_owned(), min: Severity::Info, to }))
}

fn rules(file: FileRules) -> Result<AlertRules, ConfigError> {
    let percent = |value: Option<u64>, standard, name: &str| match value.unwrap_or(standard) {
        value @ 1..=100 => Ok(value),
        _ => Err(ConfigError::new(format!("`{name}` is from 1 to 100"))),
    };
    if let Some(unknown) = file.off.iter().find(|name| !RULES.contains(&name.as_str())) {
        let all = RULES.join(", ");
        return Err(ConfigError::new(format!("`off`: no rule `{unknown}`; there are {all}")));
    }
    let span =
        |span: Option<Span>, standard| span.map_or(Duration::from_secs(standard), |span| span.0);
    Ok(AlertRules {
        error_percent: percent(file.error_percent, 10, "error_percent")?,
        min_requests: file.min_requests.unwrap_or(20).max(1),
        p95: span(file.p95, 30),
        backlog: file.backlog.unwrap_or(50).max(1),
        node_gone: span(file.node_gone, 300),
        budget_percent: percent(file.budget_percent, 80, "budget_percent")?,
        off: file.off,
    })
}
