//! What is wrong with a configuration, in one line.

use std::path::Path;

/// A configuration that cannot be used. Its words name the file and line, or the variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
}

impl ConfigError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }

    /// Says where it was found.
    pub(crate) fn at(self, place: &str) -> Self {
        Self { message: format!("{place}: {}", self.message) }
    }

    /// A file that is not what it should be.
    pub(crate) fn from_toml(path: &Path, text: &str, error: &toml::de::Error) -> Self {
        let words = suggest(error.message());
        let line =
            error.span().map(|span| 1 + text[..span.start.min(text.len())].matches('\n').count());
        match line {
            Some(line) => Self::new(format!("{}:{line}: {words}", path.display())),
            None => Self::new(format!("{}: {words}", path.display())),
        }
    }
}

/// serde says which keys it expected; the nearest of them is what was meant.
fn suggest(message: &str) -> String {
    let message = message.replace('\n', " ");
    let Some(rest) = message.strip_prefix("unknown field `") else { return message };
    let Some((unknown, rest)) = rest.split_once('`') else { return message };
    let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
    match nearest(unknown, &known) {
        Some(near) => format!("unknown key `{unknown}`; did you mean `{near}`?"),
        None => format!("unknown key `{unknown}`; known here: {}", known.join(", ")),
    }
}

/// The known name that a mistyped one is most like.
pub(super) fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), *name))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
