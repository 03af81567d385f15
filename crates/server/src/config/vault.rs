//! Where the keys of the vault come from.

use std::path::{Path, PathBuf};

use tabway_store::{KeySource, Plain};

use super::{ConfigError, Environment, file::FileVault};

/// A credential that systemd hands to the service (`LoadCredential=tabway-vault-key:...`).
const CREDENTIAL: &str = "tabway-vault-key";

/// Reads what the owner says; `base` is the configuration file's folder.
pub(super) fn keys(
    file: FileVault,
    base: &Path,
    env: &Environment,
) -> Result<KeySource, ConfigError> {
    let key = env.get("TABWAY_VAULT_KEY").map(Plain::new);
    if key.is_some() && file.key_file.is_some() {
        return Err(ConfigError::new("TABWAY_VAULT_KEY and vault.key_file are both set"));
    }
    let named = file.key_file.map(|path| base.join(path));
    let path = named.or_else(|| credential(env)).filter(|_| key.is_none());
    let passphrase = file.passphrase.map(Plain::new);
    if passphrase.is_some() && (key.is_some() || path.is_some()) {
        return Err(ConfigError::new(
            "a passphrase closes the key in the data folder, and the key comes from elsewhere: \
             set one of TABWAY_VAULT_PASSPHRASE, TABWAY_VAULT_KEY and TABWAY_VAULT_KEY_FILE",
        ));
    }
    Ok(KeySource { key, file: path, passphrase })
}

fn credential(env: &Environment) -> Option<PathBuf> {
    let path = Path::new(env.get("CREDENTIALS_DIRECTORY")?).join(CREDENTIAL);
    path.is_file().then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(file: FileVault, pairs: &[(&str, &str)]) -> Result<KeySource, ConfigError> {
        keys(file, Path::new("/etc/tabway"), &Environment::from_pairs(pairs.iter().copied()))
    }

    #[test]
    fn keys_come_from_one_place() {
        let none = read(FileVault::default(), &[]).unwrap();
        assert!(none.key.is_none() && none.file.is_none() && none.passphrase.is_none());
        let named = || FileVault { key_file: Some("keys".into()), passphrase: None };
        assert_eq!(read(named(), &[]).unwrap().file.unwrap(), Path::new("/etc/tabway/keys"));
        let folder = tempfile::TempDir::new().unwrap();
        std::fs::write(folder.path().join(CREDENTIAL), "x").unwrap();
        let directory = folder.path().display().to_string();
        let systemd = read(FileVault::default(), &[("CREDENTIALS_DIRECTORY", &directory)]).unwrap();
        assert_eq!(systemd.file.unwrap(), folder.path().join(CREDENTIAL));
        let key = [("TABWAY_VAULT_KEY", "ab")];
        assert!(read(FileVault::default(), &key).unwrap().key.is_some());
        assert!(read(named(), &key).is_err());
        let closed = FileVault { key_file: None, passphrase: Some("p".into()) };
        assert!(read(closed, &key).is_err());
    }
}
