//! From the text of a file to an [`Adapter`].

use toml::Deserializer;

use super::{Adapter, check};

/// Why a file is not an adapter: one line, which names the place and says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// The text is not TOML.
    #[error("line {line}: {words}")]
    Syntax {
        /// Line in the file, from 1.
        line: usize,
        /// What is wrong.
        words: String,
    },
    /// A key is unknown or missing, or a value has the wrong type.
    #[error("line {line}: {}{words}", place(.path))]
    Shape {
        /// Line in the file, from 1.
        line: usize,
        /// Dotted path of the key; empty for the whole file.
        path: String,
        /// What is wrong.
        words: String,
    },
    /// Every key is well formed, but not what it says.
    #[error("{path}: {words}")]
    Rule {
        /// Dotted path of the key.
        path: String,
        /// What is wrong.
        words: String,
    },
}

fn place(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl Adapter {
    /// Reads and checks the text of an adapter file.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn parse(text: &str) -> Result<Self, AdapterError> {
        let source = Deserializer::parse(text).map_err(|error| AdapterError::Syntax {
            line: line_of(text, &error),
            words: one_line(error.message()),
        })?;
        let adapter: Self = serde_path_to_error::deserialize(source).map_err(|error| {
            let path = error.path().to_string();
            AdapterError::Shape {
                line: line_of(text, error.inner()),
                path: if path == "." { String::new() } else { path },
                words: with_suggestion(&one_line(error.inner().message())),
            }
        })?;
        check::check(&adapter)?;
        Ok(adapter)
    }
}

/// The line on which the error's span begins; the first where it has none.
fn line_of(text: &str, error: &toml::de::Error) -> usize {
    let start = error.span().map_or(0, |span| span.start);
    1 + text.bytes().take(start).filter(|byte| *byte == b'\n').count()
}

fn one_line(message: &str) -> String {
    message.trim().replace('\n', ", ")
}

/// serde's message lists the words that it knows between backticks; the nearest is what was meant.
fn with_suggestion(message: &str) -> String {
    for (lead, what) in [("unknown field `", "key"), ("unknown variant `", "value")] {
        let Some(rest) = message.strip_prefix(lead) else { continue };
        let Some((unknown, rest)) = rest.split_once('`') else { continue };
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        return match nearest(unknown, &known) {
            Some(near) => format!("unknown {what} `{unknown}`; did you mean `{near}`?"),
            None => format!("unknown {what} `{unknown}`; known here: {}", known.join(", ")),
        };
    }
    message.to_owned()
}

fn nearest<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|name| (strsim::jaro_winkler(unknown, name), *name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, name)| name)
}
