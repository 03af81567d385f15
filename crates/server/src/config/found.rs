//! Providers that nobody wrote down: those whose key stands in the environment under its usual
//! name, and engines that would answer on this machine.

use std::sync::Arc;

use super::{
    Account, AccountKind, ConfigError, Environment, Owner, Provider, Proxies, Secret,
    added::settle, preset,
};

/// Providers to look for beside those that are declared. A declared one of the same name or
/// address stays as it is.
pub(super) fn providers(
    declared: &[Arc<Provider>],
    proxies: &Proxies,
    env: &Environment,
) -> Result<Vec<Arc<Provider>>, ConfigError> {
    let mut found = Vec::new();
    for (name, preset) in preset::all() {
        let secret = preset.key_variable.as_deref().and_then(|variable| env.get(variable));
        if secret.is_none() && !preset.local {
            continue;
        }
        let mut made = preset::provider(&name)?;
        if let Some(secret) = secret.map(Secret::new) {
            let (kind, auth) = (AccountKind::Bearer, preset.auth);
            let account = Account::new("found".to_owned(), kind, auth, secret, Owner::Environment)
                .map_err(|error| error.at(preset.key_variable.as_deref().unwrap_or(&name)))?;
            made.accounts.push(account);
        }
        settle(&mut made);
        let known = |one: &Arc<Provider>| one.name == made.name || one.base_url == made.base_url;
        if !declared.iter().any(known) {
            found.push(Arc::new(Provider {
                discover: true,
                proxy: proxies.of(&made.base_uri),
                ..made
            }));
        }
    }
    Ok(found)
}
