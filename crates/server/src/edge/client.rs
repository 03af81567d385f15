//! Where a request comes from, and whether the gateway may be administered from there.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName};
use tabway_dialects::chat::{Failure, FailureClass};

use super::Context;
use crate::config::{Config, Network};

/// The address of each hop, the last one at the end.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What proxies write into a request that they hand on.
const HANDED_ON: [HeaderName; 4] = [
    FORWARDED_FOR,
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-real-ip"),
];

/// Whether a proxy handed the request on: it comes from elsewhere although the connection may not.
pub(crate) fn is_handed_on(headers: &HeaderMap) -> bool {
    HANDED_ON.iter().any(|name| headers.contains_key(name))
}

/// Refuses whoever comes from a network that is not among `admin.allow_from`.
///
/// # Errors
/// `permission_denied`, with the setting that would let it in.
pub(crate) fn may_administer(
    config: &Config,
    context: &Context,
    headers: &HeaderMap,
) -> Result<(), Failure> {
    let Some(allowed) = &config.admin_allow_from else { return Ok(()) };
    let words = match address(&config.trusted_proxies, context.peer.ip(), headers) {
        Some(address) if holds(allowed, address) => return Ok(()),
        Some(address) => format!(
            "the gateway is not administered from {address}; add its network to \
             `admin.allow_from` in the configuration"
        ),
        None => "it cannot be told from where the proxy took this request; `admin.allow_from` \
                 needs that proxy among `trusted_proxies`, and its `x-forwarded-for`"
            .to_owned(),
    };
    Err(Failure::new(FailureClass::PermissionDenied, words))
}

/// The client's address: the peer's, or what trusted proxies say of it. Nothing where it cannot be
/// told.
fn address(trusted: &[Network], peer: IpAddr, headers: &HeaderMap) -> Option<IpAddr> {
    if !is_handed_on(headers) {
        return Some(peer.to_canonical());
    }
    if !holds(trusted, peer) {
        return None;
    }
    // Each proxy adds what it sees at the end. What stands before the first stranger is a word of
    // that stranger's.
    let hops = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().ok());
    let hops: Vec<&str> = hops.collect::<Option<Vec<_>>>()?;
    let mut client = None;
    for hop in hops.iter().flat_map(|value| value.split(',')).rev() {
        let hop: IpAddr = hop.trim().parse().ok()?;
        client = Some(hop.to_canonical());
        if !holds(trusted, hop) {
            break;
        }
    }
    client
}

fn holds(networks: &[Network], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(trusted: &[&str], peer: &str, headers: &[(&'static str, &str)]) -> Option<String> {
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        address(&trusted, peer.parse().unwrap(), &map).map(|address| address.to_string())
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxy = ["10.0.0.0/8"];
        let told = |value| [("x-forwarded-for", value)];
        for (trusted, peer, headers, wanted) in [
            (&[][..], "192.0.2.1", &[][..], Some("192.0.2.1")),
            (&[], "::ffff:192.0.2.1", &[], Some("192.0.2.1")),
            (&[], "192.0.2.1", &told("127.0.0.1"), None),
            (&proxy, "192.0.2.1", &told("127.0.0.1"), None),
            (&proxy, "10.0.0.1", &[], Some("10.0.0.1")),
            (&proxy, "10.0.0.1", &told("192.0.2.1"), Some("192.0.2.1")),
            (&proxy, "10.0.0.1", &told("127.0.0.1, 192.0.2.1"), Some("192.0.2.1")),
            (&proxy, "10.0.0.1", &told("127.0.0.1,192.0.2.1, 10.0.0.2"), Some("192.0.2.1")),
            (&proxy, "10.0.0.1", &told("10.0.0.3, 10.0.0.2"), Some("10.0.0.3")),
            (&proxy, "10.0.0.1", &told("192.0.2.1, unknown"), None),
            (&proxy, "10.0.0.1", &told(""), None),
            (&proxy, "10.0.0.1", &[("x-real-ip", "192.0.2.1")], None),
            (
                &proxy,
                "10.0.0.1",
                &[("x-forwarded-for", "127.0.0.1"), ("x-forwarded-for", "192.0.2.1")],
                Some("192.0.2.1"),
            ),
        ] {
            assert_eq!(seen(trusted, peer, headers).as_deref(), wanted, "{peer} {headers:?}");
        }
    }
}
