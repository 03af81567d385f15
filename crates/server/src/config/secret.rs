//! Secrets: read from the file, the environment or another file, and never printed.

use std::{fmt, path::Path, sync::Arc};

use secrecy::{ExposeSecret, SecretString};

use super::{ConfigError, Environment};

/// Text that no `Debug`, `Display` or `Serialize` gives away. A copy is a pointer.
#[derive(Clone)]
pub struct Secret(Arc<SecretString>);

impl Secret {
    /// Wraps a text.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Arc::new(SecretString::from(text.into())))
    }

    /// The text itself; call it where it leaves for its one purpose, nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Resolves what a setting says: `env:NAME`, `file:PATH` (the first line), or the secret itself.
    ///
    /// # Errors
    /// When the variable or file is missing or empty.
    pub(super) fn resolve(text: &str, env: &Environment) -> Result<Self, ConfigError> {
        let found = if let Some(name) = text.strip_prefix("env:") {
            env.get(name)
                .map(str::to_owned)
                .ok_or_else(|| ConfigError::new(format!("the variable {name} is not set")))?
        } else if let Some(path) = text.strip_prefix("file:") {
            read_first_line(Path::new(path))?
        } else {
            text.to_owned()
        };
        if found.is_empty() {
            return Err(ConfigError::new("an empty secret"));
        }
        if found.chars().any(|c| c.is_control()) {
            return Err(ConfigError::new("a secret with control characters"));
        }
        Ok(Self::new(found))
    }

    /// The same for a secret of several lines, such as a key file: `file:PATH` is all of it.
    ///
    /// # Errors
    /// When the variable or file is missing or empty.
    pub(super) fn resolve_document(text: &str, env: &Environment) -> Result<Self, ConfigError> {
        let found = match (text.strip_prefix("env:"), text.strip_prefix("file:")) {
            (Some(name), _) => env
                .get(name)
                .map(str::to_owned)
                .ok_or_else(|| ConfigError::new(format!("the variable {name} is not set")))?,
            (None, Some(path)) => std::fs::read_to_string(path)
                .map_err(|error| ConfigError::new(format!("{path}: {error}")))?,
            (None, None) => text.to_owned(),
        };
        if found.trim().is_empty() {
            return Err(ConfigError::new("an empty secret"));
        }
        Ok(Self::new(found))
    }
}

/// The first line of a secret's file, without its end.
pub(super) fn read_first_line(path: &Path) -> Result<String, ConfigError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| ConfigError::new(format!("{}: {error}", path.display())))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        let secret = Secret::new("canary-7f3a");
        assert_eq!(
            format!("{secret:?} {:?}", Some(&secret)),
            "Secret(hidden) Some(Secret(hidden))"
        );
    }

    #[test]
    fn comes_from_the_environment_a_file_or_itself() {
        let env = Environment::from_pairs([("MY_KEY", "abc")]);
        assert_eq!(Secret::resolve("env:MY_KEY", &env).unwrap().expose(), "abc");
        assert_eq!(Secret::resolve("plain", &env).unwrap().expose(), "plain");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-file\n").unwrap();
        let text = format!("file:{}", file.path().display());
        assert_eq!(Secret::resolve(&text, &env).unwrap().expose(), "from-file");
        let error = Secret::resolve("env:OTHER", &env).unwrap_err();
        assert_eq!(error.to_string(), "the variable OTHER is not set");
    }
}
