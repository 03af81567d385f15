//! Through which proxy an upstream is reached, decided once for each provider.

use std::{fmt, net::IpAddr, sync::Arc};

use http::Uri;
use percent_encoding::percent_decode_str;

use super::{ConfigError, Environment, Network, Secret};

/// A proxy.
#[derive(Clone)]
pub struct Proxy {
    /// How it is spoken to.
    pub scheme: ProxyScheme,
    /// Its host, without brackets.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who we are to it: a name and a password.
    pub credentials: Option<(String, Secret)>,
}

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProxyScheme {
    /// `CONNECT`, in the clear to the proxy.
    Http,
    /// `CONNECT`, over TLS to the proxy.
    Https,
    /// SOCKS5; the proxy resolves names.
    Socks5,
}

impl PartialEq for Proxy {
    fn eq(&self, other: &Self) -> bool {
        let credentials = |proxy: &Self| {
            proxy.credentials.clone().map(|(name, word)| (name, word.expose().to_owned()))
        };
        (self.scheme, &self.host, self.port) == (other.scheme, &other.host, other.port)
            && credentials(self) == credentials(other)
    }
}

impl fmt::Display for Proxy {
    /// Without its credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.scheme {
            ProxyScheme::Http => "http",
            ProxyScheme::Https => "https",
            ProxyScheme::Socks5 => "socks5",
        };
        match self.host.contains(':') {
            true => write!(f, "{scheme}://[{}]:{}", self.host, self.port),
            false => write!(f, "{scheme}://{}:{}", self.host, self.port),
        }
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Proxy {
    /// Reads an address such as `socks5://name:word@host:1080`.
    ///
    /// # Errors
    /// What is wrong with it; never its credentials.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let wrong = |words: &str| ConfigError::new(format!("the proxy's address {words}"));
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("begins with http://, https:// or socks5://"))?;
        let (scheme, usual) = match scheme {
            "http" => (ProxyScheme::Http, 80),
            "https" => (ProxyScheme::Https, 443),
            "socks5" | "socks5h" => (ProxyScheme::Socks5, 1_080),
            "socks4" | "socks4a" => return Err(wrong("is of SOCKS4, which is not spoken here")),
            _ => return Err(wrong("begins with http://, https:// or socks5://")),
        };
        let (credentials, place) = match rest.rsplit_once('@') {
            Some((credentials, place)) => (Some(credentials), place),
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let uri: Uri = format!("http://{place}/")
            .parse()
            .map_err(|_| wrong("has no host and port such as proxy.lan:1080"))?;
        let host = uri.host().filter(|host| !host.is_empty() && uri.path() == "/");
        let host = host.ok_or_else(|| wrong("has no host and port such as proxy.lan:1080"))?;
        let credentials = credentials
            .map(|text| {
                let (name, word) = text.split_once(':').unwrap_or((text, ""));
                let decode = |text: &str| {
                    let text = percent_decode_str(text).decode_utf8().ok()?.into_owned();
                    let fits = text.len() <= 255 && !text.chars().any(char::is_control);
                    fits.then_some(text)
                };
                let unfit = || wrong("has a name or password that cannot be sent");
                let name = decode(name).filter(|name| !name.contains(':')).ok_or_else(unfit)?;
                Ok((name, Secret::new(decode(word).ok_or_else(unfit)?)))
            })
            .transpose()?;
        Ok(Self {
            scheme,
            host: host.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(usual),
            credentials,
        })
    }
}

/// What the configuration says about proxies.
#[derive(Debug, Clone, Default)]
pub struct Proxies {
    general: Choice,
    /// Hosts that are reached directly.
    not: Vec<NotBy>,
}

/// What one setting `proxy` says.
#[derive(Debug, Clone, Default)]
pub(super) enum Choice {
    /// Nothing, or `none`.
    #[default]
    Direct,
    By(Arc<Proxy>),
    /// `env`: by the variables, one for each scheme.
    Environment {
        http: Option<Arc<Proxy>>,
        https: Option<Arc<Proxy>>,
    },
}

/// A host or hosts that are reached directly.
#[derive(Debug, Clone)]
enum NotBy {
    Everything,
    Network(Network),
    /// The name itself and names below it.
    Name(String),
}

impl Choice {
    pub(super) fn read(text: &str, env: &Environment) -> Result<Self, ConfigError> {
        match text {
            "none" | "" => Ok(Self::Direct),
            "env" => {
                let by = |names: &[&str]| {
                    let found = names.iter().find_map(|name| Some((*name, env.get(name)?)));
                    found
                        .map(|(name, text)| {
                            // `host:port` without a scheme is usual there.
                            let full = match text.contains("://") {
                                true => text.to_owned(),
                                false => format!("http://{text}"),
                            };
                            Proxy::parse(&full).map(Arc::new).map_err(|error| error.at(name))
                        })
                        .transpose()
                };
                let http = by(&["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])?;
                let https = by(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])?;
                Ok(Self::Environment { http, https })
            }
            text => {
                let resolved = Secret::resolve(text, env)?;
                Ok(Self::By(Arc::new(Proxy::parse(resolved.expose())?)))
            }
        }
    }

    fn of(&self, scheme: Option<&str>) -> Option<Arc<Proxy>> {
        match self {
            Self::Direct => None,
            Self::By(proxy) => Some(proxy.clone()),
            Self::Environment { http, https } => match scheme {
                Some("https") => https.clone(),
                _ => http.clone(),
            },
        }
    }
}

impl Proxies {
    pub(super) fn read(
        proxy: Option<&str>,
        no_proxy: &[String],
        env: &Environment,
    ) -> Result<Self, ConfigError> {
        let general = Choice::read(proxy.unwrap_or("none"), env).map_err(|e| e.at("proxy"))?;
        let mut written: Vec<String> = no_proxy.to_vec();
        if matches!(general, Choice::Environment { .. })
            && let Some(text) = env.get("no_proxy").or_else(|| env.get("NO_PROXY"))
        {
            written.extend(text.split(',').map(|entry| entry.trim().to_owned()));
        }
        let entries = written.iter().filter(|entry| !entry.is_empty());
        let not = entries.map(|entry| NotBy::read(entry)).collect::<Result<_, _>>()?;
        Ok(Self { general, not })
    }

    /// The proxy for an address, where its provider says nothing of its own.
    #[must_use]
    pub fn of(&self, uri: &Uri) -> Option<Arc<Proxy>> {
        let host = uri.host()?.trim_matches(['[', ']']).to_ascii_lowercase();
        if is_loopback(&host) || self.not.iter().any(|entry| entry.holds(&host)) {
            return None;
        }
        self.general.of(uri.scheme_str())
    }

    /// The proxy for an address whose provider says its own.
    pub(super) fn of_own(&self, own: Option<&Choice>, uri: &Uri) -> Option<Arc<Proxy>> {
        match own {
            None => self.of(uri),
            Some(own) => own.of(uri.scheme_str()),
        }
    }

    /// Every proxy's host: each was configured.
    pub(super) fn host(&self) -> impl Iterator<Item = String> {
        let found = [self.general.of(Some("http")), self.general.of(Some("https"))];
        found.into_iter().flatten().map(|proxy| proxy.host.clone())
    }
}

impl NotBy {
    fn read(entry: &str) -> Result<Self, ConfigError> {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return Ok(Self::Everything);
        }
        if let Ok(network) = entry.trim_matches(['[', ']']).parse() {
            return Ok(Self::Network(network));
        }
        let name = entry.trim_start_matches("*.").trim_start_matches('.');
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
        if name.is_empty() || !name.chars().all(fits) {
            return Err(ConfigError::new(format!(
                "no_proxy: `{}` is not a name such as engine.lan, or a network such as 10.0.0.0/8",
                entry.escape_debug()
            )));
        }
        Ok(Self::Name(name.to_owned()))
    }

    fn holds(&self, host: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Network(network) => {
                host.parse::<IpAddr>().is_ok_and(|address| network.contains(address))
            }
            Self::Name(name) => {
                host == name || host.strip_suffix(name).is_some_and(|head| head.ends_with('.'))
            }
        }
    }
}

/// A proxy of the environment that programs which follow it would ask for this machine itself.
#[must_use]
pub fn swallows_loopback(env: &Environment) -> Option<String> {
    let variables = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    let set = variables.into_iter().find(|name| env.get(name).is_some())?;
    let not = env.get("no_proxy").or_else(|| env.get("NO_PROXY")).unwrap_or_default();
    let not: Vec<NotBy> = not.split(',').filter_map(|one| NotBy::read(one.trim()).ok()).collect();
    let hosts = ["127.0.0.1", "localhost"].into_iter();
    let missing: Vec<_> = hosts.filter(|host| !not.iter().any(|one| one.holds(host))).collect();
    let missing = (!missing.is_empty()).then(|| missing.join(" and "))?;
    Some(format!(
        "{set} is set and NO_PROXY does not name {missing}: programs that follow it ask the proxy \
         for this machine itself. Tabway does not, but your clients may"
    ))
}

/// This machine is never reached through a proxy: it would be the proxy's own.
pub(super) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(proxy: &str, no_proxy: &[&str], env: &[(&str, &str)], url: &str) -> Option<String> {
        let not: Vec<String> = no_proxy.iter().map(|entry| (*entry).to_owned()).collect();
        let env = Environment::from_pairs(env.iter().copied());
        let proxies = Proxies::read(Some(proxy), &not, &env).unwrap();
        proxies.of(&url.parse().unwrap()).map(|proxy| proxy.to_string())
    }

    #[test]
    fn loopback_and_what_no_proxy_holds_are_reached_directly() {
        let not = ["10.0.0.0/8", ".lan", "api.example.com", "fd00::/8"];
        for url in [
            "http://127.0.0.1:8000/",
            "http://127.8.9.1/",
            "http://localhost:11434/",
            "http://[::1]:8000/",
            "http://10.1.2.3/",
            "http://[fd12::1]/",
            "http://engine.lan/",
            "http://lan/",
            "https://API.example.com/",
            "https://eu.api.example.com/",
        ] {
            assert_eq!(by("http://proxy:3128", &not, &[], url), None, "{url}");
        }
        for url in ["http://11.0.0.1/", "https://example.com/", "http://planet/", "http://wlan/"] {
            let through = by("http://proxy:3128", &not, &[], url);
            assert_eq!(through.as_deref(), Some("http://proxy:3128"), "{url}");
        }
        assert_eq!(by("http://proxy:3128", &["*"], &[], "https://example.com/"), None);
    }

    #[test]
    fn variables_count_only_where_that_is_said() {
        let env =
            [("HTTPS_PROXY", "p.lan:1"), ("ALL_PROXY", "socks5://s.lan"), ("NO_PROXY", "x.y")];
        assert_eq!(by("none", &[], &env, "https://example.com/"), None);
        let through = |url| by("env", &[], &env, url);
        assert_eq!(through("https://example.com/").as_deref(), Some("http://p.lan:1"));
        assert_eq!(through("http://example.com/").as_deref(), Some("socks5://s.lan:1080"));
        assert_eq!(through("https://x.y/"), None);
        assert_eq!(through("http://127.0.0.1:11434/"), None);
    }

    #[test]
    fn a_proxy_that_swallows_loopback_is_noticed() {
        let notice = |pairs: &[(&str, &str)]| {
            swallows_loopback(&Environment::from_pairs(pairs.iter().copied()))
        };
        assert_eq!(notice(&[]), None);
        assert_eq!(notice(&[("HTTPS_PROXY", "p:1")]), None);
        assert!(notice(&[("HTTP_PROXY", "p:1")]).unwrap().contains("127.0.0.1 and localhost"));
        let half = notice(&[("ALL_PROXY", "p:1"), ("NO_PROXY", "localhost")]).unwrap();
        assert!(half.contains("does not name 127.0.0.1:"), "{half}");
        assert_eq!(notice(&[("http_proxy", "p:1"), ("no_proxy", "localhost,127.0.0.0/8")]), None);
    }

    #[test]
    fn a_proxys_credentials_are_read_and_not_printed() {
        let proxy = Proxy::parse("socks5h://us%40er:pa%3Ass@[fd00::1]:9").unwrap();
        assert_eq!((proxy.host.as_str(), proxy.port), ("fd00::1", 9));
        let (name, word) = proxy.credentials.clone().unwrap();
        assert_eq!((name.as_str(), word.expose()), ("us@er", "pa:ss"));
        assert_eq!(format!("{proxy} {proxy:?}"), "socks5://[fd00::1]:9 socks5://[fd00::1]:9");
        for wrong in ["proxy:3128", "ftp://p", "socks4://p", "http://", "http://a b", "http://p/x"]
        {
            let error = Proxy::parse(wrong).unwrap_err().to_string();
            assert!(error.starts_with("the proxy's address"), "{error}");
        }
        let error = Proxy::parse("http://canary:canary\u{7}@p").unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}
