//! The outbound proxy of a browser.

use super::FleetError;

/// Schemes that Chromium's `--proxy-server` knows.
const SCHEMES: &[&str] = &["http", "https", "socks4", "socks5"];

/// A proxy's address that Chromium can use as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxyAddress(String);

impl ProxyAddress {
    /// Takes `scheme://host:port`.
    ///
    /// # Errors
    /// With words that say what would do.
    pub fn parse(text: &str) -> Result<Self, FleetError> {
        let wrong = |why: &str| {
            let words = format!(
                "`{text}` cannot be the proxy: {why}; write http://, https://, socks4:// or socks5://, host and port"
            );
            Err(FleetError::Proxy(words))
        };
        let Some((scheme, rest)) = text.split_once("://") else { return wrong("no scheme") };
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        if !SCHEMES.contains(&scheme) {
            return wrong("its scheme is not known");
        }
        // It would stand in the list of processes, where everybody reads it.
        if authority.contains('@') {
            let words = "the proxy's address must not hold a password: Chromium does not take one on its command line. Use a proxy on this machine that signs in upstream";
            return Err(FleetError::Proxy(words.to_owned()));
        }
        let clean = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
        match authority.rsplit_once(':') {
            Some((host, port))
                if !host.is_empty()
                    && port.parse::<u16>().is_ok()
                    && authority.chars().all(clean) =>
            {
                Ok(Self(format!("{scheme}://{authority}")))
            }
            _ => wrong("no host and port"),
        }
    }

    /// Chromium's arguments: this proxy for all but this machine and the gateway.
    #[must_use]
    pub fn arguments(&self, gateway_host: &str) -> [String; 2] {
        let bypass = format!("localhost;*.localhost;127.0.0.0/8;[::1];{gateway_host}");
        [format!("--proxy-server={}", self.0), format!("--proxy-bypass-list={bypass}")]
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_chromium_takes() {
        for good in ["http://10.0.0.1:3128", "socks5://proxy.test:1080", "https://[::1]:8443"] {
            assert_eq!(ProxyAddress::parse(good).expect(good).as_str(), good);
        }
        assert_eq!(ProxyAddress::parse("http://p:1/").expect("slash").as_str(), "http://p:1");
        for bad in
            ["", "p:1", "ftp://p:1", "http://p", "http://:1", "http://p:x", "http://p:1,direct://"]
        {
            let error = ProxyAddress::parse(bad).expect_err(bad).to_string();
            assert!(error.contains("socks5"), "{error}");
        }
        let error = ProxyAddress::parse("http://me:secret@p:1").expect_err("password").to_string();
        assert!(error.contains("password") && !error.contains("secret"), "{error}");
    }

    #[test]
    fn loopback_and_the_gateway_are_not_asked_of_it() {
        let proxy = ProxyAddress::parse("http://p.test:1").expect("good");
        assert_eq!(
            proxy.arguments("192.168.1.9"),
            [
                "--proxy-server=http://p.test:1",
                "--proxy-bypass-list=localhost;*.localhost;127.0.0.0/8;[::1];192.168.1.9"
            ]
        );
    }
}
