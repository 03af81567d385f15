//! What a person who starts the gateway wants to know: where it is, what it takes, what to do next.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::app::App;

/// The address that a program on this machine uses.
pub(super) fn local_url(app: &App) -> String {
    let scheme = if app.config().tls.is_some() { "https" } else { "http" };
    let Some(first) = app.addresses().first() else { return String::new() };
    let ip = match first.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!("{scheme}://{}", SocketAddr::new(ip, first.port()))
}

/// A few lines for the terminal.
pub(super) fn lines(app: &App) -> Vec<String> {
    let url = local_url(app);
    let mut lines = vec![format!("Tabway serves at {url}")];
    lines.push(if app.keys.any() {
        format!("  API     {url}/v1   with one of your keys")
    } else {
        format!("  API     {url}/v1   any key is accepted: none is defined and only this machine can connect")
    });
    let config = app.config();
    let named = config.providers.iter().filter(|provider| !provider.local);
    let places: Vec<String> = named
        .map(|provider| provider.name.clone())
        .chain(config.sites.iter().map(|site| site.name.clone()))
        .collect();
    lines.push(if places.is_empty() {
        "  Models  none declared: looking for engines on this machine and paired browsers"
            .to_owned()
    } else {
        format!("  Models  from {}", places.join(", "))
    });
    lines
        .push(format!("  Browser {url}/extension/ has the extension; `tabway node pair` pairs it"));
    lines
}
