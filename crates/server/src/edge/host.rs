//! Which names a request may use for us. A web page can make any name of its own resolve to this
//! machine (DNS rebinding); only names that we know are answered.

use std::net::IpAddr;

use http::{Request, header, uri::Authority};
use tabway_dialects::chat::{Failure, FailureClass};

use crate::{app::App, config::Config};

/// Refuses a request that calls us by a name that is not ours.
///
/// # Errors
/// `misdirected` where the name is foreign, `invalid_request` where there is none or several.
pub(super) fn check<B>(app: &App, request: &Request<B>) -> Result<(), Failure> {
    let bad = |words: &str| Failure::new(FailureClass::InvalidRequest, words);
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map_err(|_| bad("the Host header is not readable"))?,
        (None, _) => return Err(bad("the Host header is missing")),
        (Some(_), Some(_)) => return Err(bad("the request has two Host headers")),
    };
    // A request in absolute form names us twice; neither may be foreign.
    let target = request.uri().authority().map(Authority::as_str);
    for name in std::iter::once(host).chain(target) {
        if !is_ours(app, name) {
            return Err(Failure::new(
                FailureClass::Misdirected,
                format!(
                    "`{}` is not a name of this gateway; add it to `hosts` in the configuration",
                    name.chars().take(100).filter(char::is_ascii_graphic).collect::<String>()
                ),
            ));
        }
    }
    Ok(())
}

fn is_ours(app: &App, host: &str) -> bool {
    let name = without_port(host);
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    if let Ok(ip) = name.trim_matches(['[', ']']).parse::<IpAddr>() {
        return is_our_address(app, ip);
    }
    let config = app.config();
    config.hosts.iter().any(|known| known.eq_ignore_ascii_case(name))
        || public_name(&config).is_some_and(|known| known.eq_ignore_ascii_case(name))
}

/// A page cannot make the browser send an IP address that is not its own, so an address is foreign
/// only where we do not listen on it. `0.0.0.0` is a way round a browser's local network checks.
fn is_our_address(app: &App, ip: IpAddr) -> bool {
    if ip.is_unspecified() {
        return false;
    }
    ip.to_canonical().is_loopback()
        || app.addresses().iter().any(|ours| ours.ip() == ip || ours.ip().is_unspecified())
}

fn public_name(config: &Config) -> Option<&str> {
    let url = config.public_url.as_deref()?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    Some(without_port(rest.split('/').next().unwrap_or(rest)))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        // The colons of a bare IPv6 address are not a port.
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !ends_inside(name) => {
            name
        }
        _ => host,
    }
}

fn ends_inside(name: &str) -> bool {
    name.starts_with('[') && !name.ends_with(']')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Environment, Flags, Secret};

    async fn app(pairs: &[(&str, &str)], bound: &str) -> App {
        let env = Environment::from_pairs(pairs.iter().copied());
        let config = Config::load(&Flags::default(), &env).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = tabway_store::Store::open(folder.path()).await.unwrap();
        let app = App::new(
            config,
            env,
            Secret::new("t"),
            std::sync::Arc::new(store),
            crate::adapters::Adapters::default(),
        );
        app.set_addresses(vec![bound.parse().unwrap()]);
        app
    }

    fn is_taken(app: &App, host: &str) -> bool {
        let request = Request::get("/v1/models").header("host", host).body(()).unwrap();
        check(app, &request).is_ok()
    }

    #[tokio::test]
    async fn loopback_and_declared_names_are_ours() {
        let pairs =
            [("TABWAY_HOSTS", "box.lan,Other"), ("TABWAY_PUBLIC_URL", "https://ai.example:8443/x")];
        let app = app(&pairs, "127.0.0.1:7070").await;
        for host in [
            "localhost",
            "LOCALHOST:7070",
            "127.0.0.1:1",
            "[::1]:7070",
            "box.lan:80",
            "other",
            "ai.example",
        ] {
            assert!(is_taken(&app, host), "{host}");
        }
        for host in [
            "rebind.test",
            "127.0.0.1.evil.test",
            "0.0.0.0:7070",
            "[::]",
            "10.0.0.9",
            "localhost.evil.test",
            "a/?",
            "",
            "localhost:70:70",
        ] {
            assert!(!is_taken(&app, host), "{host}");
        }
    }

    #[tokio::test]
    async fn on_a_public_address_any_address_is_ours_but_no_name() {
        let app = app(&[], "0.0.0.0:7070").await;
        assert!(is_taken(&app, "192.168.1.5:7070"));
        assert!(!is_taken(&app, "0.0.0.0:7070"));
        assert!(!is_taken(&app, "rebind.test"));
    }

    #[tokio::test]
    async fn the_request_line_counts_too() {
        let app = app(&[], "127.0.0.1:7070").await;
        let request = Request::get("http://evil.test/v1/models")
            .header("host", "localhost")
            .body(())
            .unwrap();
        assert_eq!(check(&app, &request).unwrap_err().class, FailureClass::Misdirected);
        let twice = Request::get("/").header("host", "localhost").header("host", "x").body(());
        assert_eq!(check(&app, &twice.unwrap()).unwrap_err().class, FailureClass::InvalidRequest);
    }
}
