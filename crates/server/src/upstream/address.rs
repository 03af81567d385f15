//! Which addresses may be dialled.

use std::{
    collections::HashSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
};

use arc_swap::ArcSwap;

/// Hosts that the owner configured, which are their own exemption from the dial checks. Shared by
/// all workers and swapped when the configuration changes.
#[derive(Debug, Clone, Default)]
pub struct DialRules {
    configured: Arc<ArcSwap<HashSet<String>>>,
}

impl DialRules {
    /// Rules with these configured hosts (names or IP literals, as they stand in a URL).
    #[must_use]
    pub fn new(hosts: impl IntoIterator<Item = String>) -> Self {
        let rules = Self::default();
        rules.replace(hosts);
        rules
    }

    /// Replaces the configured hosts.
    pub fn replace(&self, hosts: impl IntoIterator<Item = String>) {
        let hosts = hosts.into_iter().map(|host| host.to_ascii_lowercase()).collect();
        self.configured.store(Arc::new(hosts));
    }

    /// Whether a proxy may be asked for this name, which it resolves itself: only names that the
    /// owner configured, and none that clouds give to their metadata.
    #[must_use]
    pub fn allow_name(&self, host: &str) -> bool {
        const METADATA: [&str; 3] = ["metadata", "metadata.google.internal", "instance-data"];
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        !METADATA.contains(&host.as_str()) && self.configured.load().contains(&host)
    }

    /// Whether `host`, resolved to `address`, may be dialled.
    #[must_use]
    pub fn allow(&self, host: &str, address: IpAddr) -> bool {
        let address = embedded(address);
        if is_never_an_upstream(address) {
            return false;
        }
        is_public(address) || self.configured.load().contains(&host.to_ascii_lowercase())
    }
}

/// The IPv4 address inside an IPv6 one: mapped, NAT64 (RFC 6052) and 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address.to_canonical() else { return address.to_canonical() };
    let s = v6.segments();
    let inner =
        |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match s {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x64, 0xff9b, 1, _, _, _, high, low] => {
            inner(high, low)
        }
        [0x2002, high, low, ..] => inner(high, low),
        _ => IpAddr::V6(v6),
    }
}

/// Link-local (cloud metadata lives there), metadata addresses elsewhere, and what names no host.
fn is_never_an_upstream(address: IpAddr) -> bool {
    const ALIBABA_METADATA: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);
    const AWS_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);
    const GOOGLE_METADATA: Ipv6Addr = Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254);
    match address {
        IpAddr::V4(v4) => {
            v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || v4.is_multicast()
                || v4 == ALIBABA_METADATA
        }
        IpAddr::V6(v6) => {
            v6.is_unicast_link_local()
                || v6.is_unspecified()
                || v6.is_multicast()
                || v6 == AWS_METADATA
                || v6 == GOOGLE_METADATA
        }
    }
}

/// Whether the address is of the public Internet.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [a, b, c, _] = v4.octets();
            let shared = a == 100 && (64..128).contains(&b);
            let benchmark = a == 198 && (18..20).contains(&b);
            let protocol = a == 192 && b == 0 && c == 0;
            !(v4.is_loopback()
                || v4.is_private()
                || v4.is_documentation()
                || a == 0
                || a >= 240
                || shared
                || benchmark
                || protocol)
        }
        IpAddr::V6(v6) => {
            let documentation = v6.segments()[0] == 0x2001 && v6.segments()[1] == 0xdb8;
            !(v6.is_loopback() || v6.is_unique_local() || documentation)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allow(host: &str, address: &str) -> bool {
        DialRules::new(["engine.lan".to_owned(), "127.0.0.1".to_owned()])
            .allow(host, address.parse().expect("an address"))
    }

    #[test]
    fn a_public_address_may_be_dialled_by_any_name() {
        for address in ["1.1.1.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert!(allow("api.example.com", address), "{address}");
        }
    }

    #[test]
    fn a_private_address_needs_a_configured_name() {
        for address in [
            "127.0.0.1",
            "127.9.9.9",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "::1",
            "fd12::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "198.18.0.1",
            "240.0.0.1",
        ] {
            assert!(!allow("api.example.com", address), "{address}");
            assert!(allow("Engine.LAN", address), "{address}");
        }
    }

    #[test]
    fn a_proxy_is_asked_for_configured_names_only() {
        let rules =
            DialRules::new(["api.example.com", "metadata.google.internal"].map(str::to_owned));
        assert!(rules.allow_name("API.example.com") && rules.allow_name("api.example.com."));
        for name in ["other.example.com", "metadata.google.internal", "Metadata.Google.Internal."] {
            assert!(!rules.allow_name(name), "{name}");
        }
    }

    #[test]
    fn metadata_is_never_dialled() {
        for address in [
            "169.254.169.254",
            "169.254.170.2",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::",
            "100.100.100.200",
            "fd00:ec2::254",
            "fe80::1",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
        ] {
            assert!(!allow("engine.lan", address), "{address}");
        }
    }
}
