//! Quotas of a page that end apart from each other, and the hours in which it is left alone.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a quota counts.
#[derive(
    Debug,
    Clone,
    Copy,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    TS,
)]
#[serde(rename_all = "snake_case")]
pub enum QuotaKind {
    /// Turns that give text.
    #[default]
    Text,
    /// Turns that give pictures.
    Image,
    /// Turns that give films.
    Video,
}

/// A quota beside that of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// What it counts.
    pub kind: QuotaKind,
    /// Models and modes whose turns it counts, `*` at the end for any rest.
    #[serde(default)]
    pub models: Vec<String>,
    /// Words of the page's message that mean this quota, whatever was asked for.
    #[serde(default)]
    pub words: Vec<String>,
}

impl Quota {
    /// Whether it counts the turns of a model or mode.
    #[must_use]
    pub fn counts(&self, name: &str) -> bool {
        self.models.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(head) => name.starts_with(head),
            None => pattern == name,
        })
    }

    /// Whether the page's words mean it.
    #[must_use]
    pub fn is_meant(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        self.words.iter().any(|word| words.contains(&word.to_lowercase()))
    }
}

/// Hours of the day, `HH:MM-HH:MM`, over midnight where the end is before the start: seconds of
/// the day of both.
#[must_use]
pub fn hours(text: &str) -> Option<(u64, u64)> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (second_of_day(from)?, second_of_day(to)?);
    (from != to).then_some((from, to))
}

fn second_of_day(text: &str) -> Option<u64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let number = |digits: &str, most: u64| {
        let is_number = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|number| is_number && *number <= most)
    };
    Some(number(hour, 23)? * 3_600 + number(minute, 59)? * 60)
}
