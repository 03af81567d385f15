//! What a page shows when something is so.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use ts_rs::TS;

use super::{Locator, Role};

/// What the page shows when something is so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Signals {
    /// The session has ended.
    pub signed_out: Vec<Probe>,
    /// A challenge: never touched.
    pub challenge: Vec<Probe>,
    /// A consent: never touched.
    pub consent: Vec<Probe>,
    /// The site limits its user.
    pub rate_limited: Vec<Probe>,
    /// A quota of the account is used up, or the page offers to pay for more.
    pub quota: Vec<Probe>,
    /// The site is closed for a while.
    pub maintenance: Vec<Probe>,
    /// The page asks to be loaded again: done before the next turn.
    pub outdated: Vec<Probe>,
    /// The site refused the prompt.
    pub moderated: Vec<Probe>,
    /// An error of the page.
    pub error: Vec<Probe>,
    /// The answer is complete: all of these together.
    pub done: Vec<Probe>,
    /// How the site's words say when a limit ends, with `{seconds}`, `{minutes}`, `{hours}`, `{days}`,
    /// `{time}` (`HH:MM`, 12 or 24 hours) or `{date}` (`YYYY-MM-DD`, a `{time}` after it is of that
    /// day) where the number stands: `"try again in {minutes} minutes"`.
    pub reset_words: Vec<String>,
    /// Where the page shows when the session ends. It hinders no turn: its human is warned before.
    pub session_ends: Vec<Probe>,
    /// How its words say it, as in `reset_words`: `"session expires in {hours} hours"`.
    pub session_words: Vec<String>,
}

/// One observation. Exactly one of `shown`, `gone`, `url`, `tap_status`; `says` goes with `shown`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// An element is there and visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<Target>,
    /// The element shows one of these texts, without case.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub says: Vec<String>,
    /// An element is not there or not visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub gone: Option<Target>,
    /// The page's path matches this glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// A tapped stream was answered with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tap_status: Option<u16>,
}

/// An element by its role or by a locator of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
pub enum Target {
    /// One of the adapter's locators.
    Role(Role),
    /// Its own.
    Locator(Box<Locator>),
}

// By hand, since an untagged enum only says that no variant fits, and not which key is wrong.
impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> de::Visitor<'de> for Either {
            type Value = Target;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("the name of a locator, or a locator")
            }

            fn visit_str<E: de::Error>(self, role: &str) -> Result<Target, E> {
                Role::deserialize(de::value::StrDeserializer::new(role)).map(Target::Role)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                let source = de::value::MapAccessDeserializer::new(map);
                Locator::deserialize(source).map(Box::new).map(Target::Locator)
            }
        }

        source.deserialize_any(Either)
    }
}
