//! `[alerts]`: who is told when a page needs its human, and how often pages are looked at.

use std::{fmt, time::Duration};

use http::Uri;

use super::{ConfigError, Environment, Secret, file::FileAlerts};

/// What the section says.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// Where messages go.
    pub webhook: Option<Webhook>,
    /// A state that is over sooner is not told of.
    pub after: Duration,
    /// How often an idle page is looked at; before a turn, too, where the last look is older.
    pub check_every: Duration,
    /// How long before the end of a session its human is warned.
    pub session_notice: Duration,
}

/// An address that takes messages. It may hold a token of the service that it belongs to: only its
/// host is ever shown.
#[derive(Clone)]
pub struct Webhook {
    /// The address.
    pub url: Uri,
    /// Sent as `Authorization: Bearer`.
    pub secret: Option<Secret>,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("host", &self.url.host()).finish_non_exhaustive()
    }
}

impl Webhook {
    /// The host, as the checks of a dial know it.
    #[must_use]
    pub fn host(&self) -> Option<String> {
        self.url.host().map(|host| host.trim_matches(['[', ']']).to_owned())
    }
}

pub(super) fn alerts(file: FileAlerts, env: &Environment) -> Result<Alerts, ConfigError> {
    let webhook = match (file.webhook, file.secret) {
        (Some(address), secret) => {
            let secret = secret.map(|text| Secret::resolve(&text, env)).transpose();
            Some(Webhook {
                url: url(&address)?,
                secret: secret.map_err(|error| error.at("secret"))?,
            })
        }
        (None, Some(_)) => {
            return Err(ConfigError::new("`secret` is of no use without `webhook`"));
        }
        (None, None) => None,
    };
    let span = |span: Option<super::duration::Span>, standard| {
        span.map_or(Duration::from_secs(standard), |span| span.0)
    };
    Ok(Alerts {
        webhook,
        after: span(file.after, 5),
        check_every: span(file.check_every, 30 * 60),
        session_notice: span(file.session_notice, 24 * 3_600),
    })
}

fn url(address: &str) -> Result<Uri, ConfigError> {
    let bad = || ConfigError::new("`webhook` is not an address such as https://host/path");
    let url: Uri = address.parse().map_err(|_| bad())?;
    let is_http = matches!(url.scheme_str(), Some("http" | "https"));
    let authority = url.authority().ok_or_else(bad)?;
    if authority.as_str().contains('@') {
        return Err(ConfigError::new(
            "`webhook` holds a user name; put the credential in `alerts.secret`",
        ));
    }
    if is_http { Ok(url) } else { Err(bad()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(webhook: Option<&str>, secret: Option<&str>) -> Result<Alerts, ConfigError> {
        let file = FileAlerts {
            webhook: webhook.map(str::to_owned),
            secret: secret.map(str::to_owned),
            ..FileAlerts::default()
        };
        alerts(file, &Environment::from_pairs([("HOOK", "canary")]))
    }

    #[test]
    fn an_address_is_taken_and_its_secret_is_not_shown() {
        let alerts = read(Some("https://ntfy.example/topic"), Some("env:HOOK")).expect("well");
        assert!(!format!("{alerts:?}").contains("canary"));
        let webhook = alerts.webhook.expect("an address");
        assert_eq!(webhook.host().as_deref(), Some("ntfy.example"));
        assert_eq!(webhook.secret.expect("a secret").expose(), "canary");
        assert_eq!(alerts.check_every, Duration::from_secs(1_800));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for wrong in ["ntfy.example/topic", "ftp://host/", "https://user:word@host/", "not one"] {
            assert!(read(Some(wrong), None).is_err(), "{wrong}");
        }
        assert!(read(None, Some("env:HOOK")).is_err());
        assert!(read(Some("http://host/"), Some("env:ABSENT")).is_err());
    }
}
