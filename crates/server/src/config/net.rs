//! Addresses in settings: networks and the names that a request may use for us.

use std::{net::IpAddr, str::FromStr};

use super::ConfigError;

/// A network in CIDR form; a bare address is a network of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

impl Network {
    /// Whether the address lies in it. An IPv4 address that is written as IPv6 counts as IPv4.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address.to_canonical()) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(base).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(base).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }
}

/// Every network of a setting.
pub(super) fn all(texts: &[String]) -> Result<Vec<Network>, ConfigError> {
    texts.iter().map(|text| text.parse().map_err(ConfigError::new)).collect()
}

/// The networks of a setting that lets in, of which there must be one.
pub(super) fn some(texts: &[String]) -> Result<Vec<Network>, ConfigError> {
    match texts {
        [] => Err(ConfigError::new("lets nobody in; leave it out, or name a network")),
        texts => all(texts),
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a network such as 10.0.0.0/8");
        let (base, bits) = match text.split_once('/') {
            Some((base, bits)) => (base, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| wrong())?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            Some(bits) => bits.parse().ok().filter(|bits| *bits <= most).ok_or_else(wrong)?,
            None => most,
        };
        Ok(Self { base, bits })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_hold_their_addresses() {
        let yes = [
            ("10.0.0.0/8", "10.9.8.7"),
            ("0.0.0.0/0", "1.2.3.4"),
            ("::1", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.1.1"),
            ("fd00::/8", "fd12::1"),
        ];
        for (network, address) in yes {
            assert!(
                network.parse::<Network>().unwrap().contains(address.parse().unwrap()),
                "{network} {address}"
            );
        }
        let no = [("10.0.0.0/8", "11.0.0.1"), ("127.0.0.1", "127.0.0.2"), ("0.0.0.0/0", "::1")];
        for (network, address) in no {
            assert!(
                !network.parse::<Network>().unwrap().contains(address.parse().unwrap()),
                "{network} {address}"
            );
        }
        for text in ["", "10.0.0.0/33", "x/8", "10.0.0.0/-1"] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
