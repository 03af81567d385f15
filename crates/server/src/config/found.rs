//! Providers that nobody wrote down: those whose key stands in the environment under its usual
//! name, and engines that would answer on this machine.

use std::sync::Arc;

use super::{Account, ConfigError, Environment, Provider, Secret, build::make_provider, preset};

/// Providers to look for beside those that are declared. A declared one of the same name or
/// address stays as it is.
pub(super) fn providers(
    declared: &[Arc<Provider>],
    env: &Environment,
) -> Result<Vec<Arc<Provider>>, ConfigError> {
    let mut found = Vec::new();
    for (name, preset) in preset::all() {
        let secret = preset.key_variable.as_deref().and_then(|variable| env.get(variable));
        if secret.is_none() && !preset.local {
            continue;
        }
        let prices = preset.layer()?;
        let account = Account { name: "found".to_owned(), secret: secret.map(Secret::new) };
        let (dialects, auth) = (preset.dialects, preset.auth);
        let made = make_provider(name, &preset.base_url, dialects, auth, vec![account])?;
        let known = |one: &Arc<Provider>| one.name == made.name || one.base_url == made.base_url;
        if !declared.iter().any(known) {
            found.push(Arc::new(Provider {
                discover: true,
                local: preset.local,
                preset: Some(made.name.clone()),
                prices,
                ..made
            }));
        }
    }
    Ok(found)
}
