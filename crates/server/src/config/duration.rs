//! Durations in settings: `"500ms"`, `"15s"`, `"2m"`, `"1h"`, `"90d"`, or a number of seconds.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// A duration as a setting writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span(pub Duration);

impl Span {
    /// Reads a text.
    ///
    /// # Errors
    /// Words that say what is wrong.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let millis = match unit.trim() {
            "ms" => 1.0,
            "" | "s" => 1_000.0,
            "m" => 60_000.0,
            "h" => 3_600_000.0,
            "d" => 86_400_000.0,
            _ => {
                return Err(format!("`{text}` is not a duration; write 500ms, 15s, 2m, 1h or 90d"));
            }
        };
        let number: f64 = number.parse().map_err(|_| format!("`{text}` is not a duration"))?;
        Self::from_millis(number * millis)
    }

    fn from_millis(millis: f64) -> Result<Self, String> {
        const YEAR_MS: f64 = 365.0 * 24.0 * 3_600_000.0;
        if !(1.0..=YEAR_MS).contains(&millis) {
            return Err("a duration is between 1ms and a year".to_owned());
        }
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "in range by the check above"
        )]
        Ok(Self(Duration::from_millis(millis as u64)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Seconds(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Seconds(seconds) => Self::from_millis(seconds * 1_000.0),
            Written::Text(text) => Self::parse(&text),
        }
        .map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        for (text, millis) in [("500ms", 500), ("15s", 15_000), ("2m", 120_000), ("1.5", 1_500)] {
            assert_eq!(Span::parse(text).unwrap().0, Duration::from_millis(millis), "{text}");
        }
        for text in ["", "abc", "0", "-1s", "5 days", "1e9h"] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }
}
