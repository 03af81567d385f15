//! Keys of the configuration: those that are written in it, and a file of existing ones.

use std::path::Path;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use tabway_store::KeyLimits;

use super::{ConfigError, Environment, KeyConfig, ModelFilter, Secret, file::FileKey};
use crate::keys::{Policy, micro_usd};

/// The largest keys file.
const MAX_BYTES: u64 = 32 << 20;

/// The most characters of a label, and the most labels.
const MAX_LABEL: usize = 200;
const MAX_LABELS: usize = 50;

/// A line of a keys file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyLine {
    /// Its name, where the line gives one.
    pub name: Option<String>,
    /// The secret.
    pub value: String,
}

/// Reads a keys file: a secret a line, or a name and a secret; `#` begins a comment.
///
/// # Errors
/// Words that name the line and never repeat it.
pub fn key_lines(text: &str) -> Result<Vec<KeyLine>, String> {
    let mut found = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let comment = |word: &&str| word.starts_with('#');
        let words: Vec<&str> = line.split_whitespace().take_while(|word| !comment(word)).collect();
        let (name, value) = match words[..] {
            [] => continue,
            [value] => (None, value),
            [name, value] => (Some(name.to_owned()), value),
            _ => return Err(format!("line {number}: a secret, or a name and a secret")),
        };
        if !value.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(format!("line {number}: a secret is of visible ASCII characters"));
        }
        found.push(KeyLine { name, value: value.to_owned() });
    }
    Ok(found)
}

/// The keys of a file, as if they stood in the configuration. Those without a name are numbered.
pub(super) fn read(path: &Path) -> Result<Vec<FileKey>, ConfigError> {
    let unreadable =
        |words: String| ConfigError::new(format!("keys_file {}: {words}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?.len();
    if size > MAX_BYTES {
        return Err(unreadable(format!("it is larger than {MAX_BYTES} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    let lines = key_lines(&text).map_err(unreadable)?;
    let keys = (1..).zip(lines).map(|(number, line)| FileKey {
        name: line.name.unwrap_or_else(|| format!("keys-file-{number}")),
        secret: line.value,
        ..FileKey::default()
    });
    Ok(keys.collect())
}

/// A key, checked.
pub(super) fn build(key: FileKey, env: &Environment) -> Result<KeyConfig, ConfigError> {
    let wrong = |words: String| ConfigError::new(words);
    let limits = KeyLimits {
        rpm: key.rpm,
        tpm: key.tpm,
        concurrency: key.concurrency,
        budget_micro_usd: key.budget_usd.map(micro_usd).transpose().map_err(wrong)?,
        period: key.period,
        time_zone: key.time_zone,
    };
    let policy = Policy::read(&limits).map_err(wrong)?;
    check_labels(key.labels.iter()).map_err(wrong)?;
    let expires_ms = key.expires.as_deref().map(|text| moment(text, limits.time_zone.as_deref()));
    Ok(KeyConfig {
        name: key.name,
        secret: Secret::resolve(&key.secret, env)?,
        models: ModelFilter::new(key.models),
        expires_ms: expires_ms.transpose().map_err(wrong)?,
        labels: key.labels,
        limits,
        policy,
    })
}

/// Bounds what an owner notes.
///
/// # Errors
/// Words that say what is too much.
pub fn check_labels<'l>(
    labels: impl ExactSizeIterator<Item = (&'l String, &'l String)>,
) -> Result<(), String> {
    if labels.len() > MAX_LABELS {
        return Err(format!("labels: {MAX_LABELS} at most"));
    }
    let fits = |text: &str| text.len() <= MAX_LABEL && !text.chars().any(char::is_control);
    for (name, value) in labels {
        if name.is_empty() || !fits(name) || !fits(value) {
            let name: String = name.chars().take(20).collect();
            return Err(format!(
                "labels: `{}` is not a name and a text of {MAX_LABEL} bytes at most",
                name.escape_debug()
            ));
        }
    }
    Ok(())
}

/// A moment such as `2026-12-31T18:00:00Z`, or the first one of a day, in the key's time zone.
fn moment(text: &str, zone: Option<&str>) -> Result<i64, String> {
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment.as_millisecond());
    }
    let unread = || {
        let text = text.escape_debug();
        format!(
            "expires: `{text}` is not a day such as 2026-12-31 or a moment such as 2026-12-31T18:00:00Z"
        )
    };
    let day: Date = text.parse().map_err(|_| unread())?;
    let zone = TimeZone::get(zone.unwrap_or("UTC")).map_err(|_| unread())?;
    let first = day.to_zoned(zone).map_err(|_| unread())?;
    Ok(first.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_file_has_a_secret_a_line() {
        let text = "# kept from the old gateway\n\nsk-one\n  alice   sk#two # hers\r\n#sk-three\n";
        let line = |name: Option<&str>, value: &str| KeyLine {
            name: name.map(str::to_owned),
            value: value.to_owned(),
        };
        let expected = vec![line(None, "sk-one"), line(Some("alice"), "sk#two")];
        assert_eq!(key_lines(text), Ok(expected));
        for (wrong, at) in [("a b c", 1), ("sk-1\nschl\u{fc}ssel", 2)] {
            let words = key_lines(wrong).unwrap_err();
            assert!(words.starts_with(&format!("line {at}:")), "{words}");
            assert!(!words.contains("schl"), "the line is not repeated: {words}");
        }
    }

    #[test]
    fn a_key_ends_at_a_moment_or_with_the_beginning_of_a_day() {
        assert_eq!(moment("1970-01-02", None), Ok(86_400_000));
        assert_eq!(moment("1970-01-02", Some("Europe/Berlin")), Ok(82_800_000));
        assert_eq!(moment("1970-01-01T00:00:01Z", None), Ok(1_000));
        for wrong in ["", "tomorrow", "2026-02-30", "12:00"] {
            assert!(moment(wrong, None).unwrap_err().contains("expires"), "{wrong}");
        }
    }
}
