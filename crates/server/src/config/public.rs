//! The rule for addresses that others can reach.

use super::{Config, ConfigError};

pub(super) fn check(config: &Config, has_keys: bool) -> Result<(), ConfigError> {
    let Some(address) = config.listen.iter().find(|address| !address.ip().is_loopback()) else {
        return Ok(());
    };
    if !has_keys {
        return Err(ConfigError::new(format!(
            "{address} can be reached by others and there is no API key: add one with `tabway key \
             create` or [[keys]], or listen on 127.0.0.1"
        )));
    }
    if config.tls.is_none() && config.trusted_proxies.is_empty() && !config.insecure_lan {
        return Err(ConfigError::new(format!(
            "{address} can be reached by others in plain text: set tls.cert and tls.key, or \
             trusted_proxies where a proxy does TLS, or insecure_lan = true to accept the risk"
        )));
    }
    Ok(())
}
