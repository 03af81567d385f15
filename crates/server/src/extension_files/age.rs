//! Whether a browser's extension is as old as the one that this gateway carries.

use std::cmp::Ordering;

use serde::Serialize;

use super::version;

/// How a browser's extension compares with ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "ExtensionAge")]
pub(crate) enum Age {
    /// The same version.
    Current,
    /// The browser's is older.
    Older,
    /// The browser's is newer.
    Newer,
    /// What it says of itself is no version.
    Unknown,
}

impl Age {
    /// The age of an extension of this version.
    #[must_use]
    pub(crate) fn of(extension: &str) -> Self {
        Self::between(extension, version())
    }

    fn between(extension: &str, ours: &str) -> Self {
        match (numbers(extension), numbers(ours)) {
            (Some(theirs), Some(ours)) => match theirs.cmp(&ours) {
                Ordering::Less => Self::Older,
                Ordering::Equal => Self::Current,
                Ordering::Greater => Self::Newer,
            },
            _ => Self::Unknown,
        }
    }

    /// What its owner should do, if anything. A build of the same number may still be older: it
    /// `is_outdated` where it does not understand all that we say.
    #[must_use]
    pub(crate) fn advice(self, extension: &str, is_outdated: bool) -> Option<String> {
        let ours = version();
        let words = match self {
            Self::Current if !is_outdated => return None,
            Self::Current => format!(
                "extension {extension} is an older build than this gateway's: download it from \
                 /extension/ and reload it"
            ),
            Self::Older => format!(
                "extension {extension}, this gateway carries {ours}: download it from \
                 /extension/ and reload it"
            ),
            Self::Newer => format!(
                "extension {extension} is newer than the {ours} that this gateway carries: \
                 update the gateway"
            ),
            Self::Unknown => format!(
                "an extension of no known version, this gateway carries {ours}: download it from \
                 /extension/ and reload it"
            ),
        };
        Some(words)
    }
}

/// A version as browsers read it: up to four numbers with dots between; what is missing is zero.
fn numbers(version: &str) -> Option<[u32; 4]> {
    let mut numbers = [0; 4];
    let mut parts = version.split('.');
    for (at, part) in parts.by_ref().take(numbers.len()).enumerate() {
        if part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        numbers[at] = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        for (older, newer) in
            [("0.1.0", "0.2.0"), ("0.9.0", "0.10.0"), ("0.2", "0.2.1"), ("1.2.3.4", "1.2.3.5")]
        {
            assert_eq!(Age::between(older, newer), Age::Older, "{older} {newer}");
            assert_eq!(Age::between(newer, older), Age::Newer, "{newer} {older}");
        }
        assert_eq!(Age::between("0.1", "0.1.0"), Age::Current);
    }

    #[test]
    fn what_is_no_version_is_said() {
        for text in ["", "x", "1.", ".1", "1.2.3.4.5", "1.0-beta", "-1", "+1", "99999999999"] {
            assert_eq!(Age::between(text, "0.1.0"), Age::Unknown, "{text}");
        }
        assert!(Age::Unknown.advice("x", false).is_some());
        assert!(Age::Current.advice("0.1.0", false).is_none());
    }
}
