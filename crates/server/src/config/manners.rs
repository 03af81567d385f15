//! How a site is spoken to: where a request's conversation goes, how it is written, and what else its
//! models are called.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use tabway_dialects::site_chat::Packing;

use super::{ConfigError, duration::Span};

/// The most names that a site's models may be given.
const MOST_ALIASES: usize = 1_000;

/// Pages of others are not loaded again sooner, and a page that is idle for longer needs no clock.
pub(crate) const SHORTEST_IDLE: Duration = Duration::from_secs(5 * 60);
pub(crate) const LONGEST_IDLE: Duration = Duration::from_secs(7 * 86_400);

/// How a site is spoken to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manners {
    /// Whether a page's conversation is gone on with.
    pub conversations: Conversations,
    /// How a conversation of several turns is written as one text.
    pub packing: Packing,
    /// Other names of its models.
    pub aliases: BTreeMap<String, String>,
    /// How pinned conversations are used.
    pub pinned: PinRules,
    /// How long a tab does no turn until it is loaded again; never where absent.
    pub reload_idle: Option<Duration>,
    /// How a page is given the client's tools.
    pub tools: ToolsBy,
}

/// How a page is given the client's tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ToolsBy {
    /// In the page's own dialog, where it has one and takes them; else in words.
    #[default]
    Auto,
    /// In the page's own dialog, or not at all.
    Native,
    /// In words.
    Emulated,
}

/// How pinned conversations are used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PinRules {
    /// Whether a request fails where none of its model's can be used now; any chat will do otherwise.
    pub strict: bool,
    /// Which of several is taken.
    pub pick: Pick,
    /// What of a request is typed there.
    pub send: PinSend,
}

/// Which of several pinned conversations is taken.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pick {
    /// By chance, of those that are free.
    #[default]
    Random,
    /// The one that had the fewest turns since the gateway started.
    LeastBusy,
}

/// What of a request is typed in a pinned conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum PinSend {
    /// What came after the model's last answer: the conversation itself holds what was before.
    #[default]
    Last,
    /// All of it, packed.
    Whole,
}

/// Where the next turn of a conversation goes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Conversations {
    /// On in the page's own conversation where it shows all but the last turn; else a new chat.
    #[default]
    Continue,
    /// Always a new chat.
    Fresh,
}

/// The same as it is written, in the file or by command.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SiteSettings {
    /// `continue` or `fresh`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversations: Option<String>,
    /// `headings`, `transcript` or `tags`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packing: Option<String>,
    /// Whether instructions in the middle go to those at the head.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merge_system: Option<bool>,
    /// Other names of its models.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<String, String>,
    /// How pinned conversations are used.
    #[serde(skip_serializing_if = "WrittenPinRules::is_empty")]
    pub pinned: WrittenPinRules,
    /// How long a tab does no turn until it is loaded again, or `off`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reload_idle: Option<String>,
    /// `auto`, `native` or `emulated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<String>,
}

/// `pinned` of a site.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WrittenPinRules {
    /// Whether a request fails where none can be used now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strict: Option<bool>,
    /// `random` or `least_busy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pick: Option<String>,
    /// `last` or `whole`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub send: Option<String>,
}

impl WrittenPinRules {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Manners {
    /// Reads settings.
    ///
    /// # Errors
    /// Words that name the setting and what it may be.
    pub fn read(written: &SiteSettings) -> Result<Self, ConfigError> {
        let SiteSettings {
            conversations,
            packing,
            merge_system,
            aliases,
            pinned,
            reload_idle,
            tools,
        } = written;
        let mut how = Packing::default();
        if let Some(word) = packing {
            let known = ["headings", "transcript", "tags"];
            how.template =
                Packing::template(word).ok_or_else(|| none_of("packing", word, &known))?;
        }
        how.merge_system = merge_system.unwrap_or_default();
        if aliases.len() > MOST_ALIASES {
            return Err(ConfigError::new(format!(
                "`aliases` holds more than {MOST_ALIASES} names"
            )));
        }
        let bad = |name: &String| {
            name.is_empty() || name.len() > 200 || name.chars().any(char::is_control)
        };
        if let Some((alias, _)) = aliases.iter().find(|(alias, model)| bad(alias) || bad(model)) {
            let words = format!("`aliases` names `{}` badly", alias.escape_debug());
            return Err(ConfigError::new(words));
        }
        Ok(Self {
            conversations: word(
                "conversations",
                conversations.as_deref(),
                &[("continue", Conversations::Continue), ("fresh", Conversations::Fresh)],
            )?,
            packing: how,
            aliases: aliases.clone(),
            pinned: PinRules {
                strict: pinned.strict.unwrap_or_default(),
                pick: word(
                    "pinned.pick",
                    pinned.pick.as_deref(),
                    &[("random", Pick::Random), ("least_busy", Pick::LeastBusy)],
                )?,
                send: word(
                    "pinned.send",
                    pinned.send.as_deref(),
                    &[("last", PinSend::Last), ("whole", PinSend::Whole)],
                )?,
            },
            reload_idle: reload_idle.as_deref().map_or(Ok(None), idle)?,
            tools: word(
                "tools",
                tools.as_deref(),
                &[
                    ("auto", ToolsBy::Auto),
                    ("native", ToolsBy::Native),
                    ("emulated", ToolsBy::Emulated),
                ],
            )?,
        })
    }
}

/// How long a tab may be idle; none where it may for ever.
fn idle(written: &str) -> Result<Option<Duration>, ConfigError> {
    if written == "off" {
        return Ok(None);
    }
    let wrong = |words: String| ConfigError::new(format!("`reload_idle`: {words}"));
    let Span(span) = Span::parse(written).map_err(wrong)?;
    if !(SHORTEST_IDLE..=LONGEST_IDLE).contains(&span) {
        return Err(wrong("write `off`, or from 5m to 7d, such as 6h".to_owned()));
    }
    Ok(Some(span))
}

/// What a word means, the usual where there is none.
fn word<T: Copy + Default>(
    setting: &str,
    written: Option<&str>,
    known: &[(&str, T)],
) -> Result<T, ConfigError> {
    let Some(written) = written else { return Ok(T::default()) };
    let found = known.iter().find(|(word, _)| *word == written);
    let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
    found.map(|(_, meaning)| *meaning).ok_or_else(|| none_of(setting, written, &words))
}

fn none_of(setting: &str, written: &str, known: &[&str]) -> ConfigError {
    let known = known.join(", ");
    ConfigError::new(format!("`{setting} = \"{}\"` is not one of: {known}", written.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_idle_tab_is_loaded_again_within_bounds_and_not_without_a_word() {
        let read = |text: Option<&str>| {
            let reload_idle = text.map(str::to_owned);
            Manners::read(&SiteSettings { reload_idle, ..SiteSettings::default() })
        };
        for (text, span) in [
            (None, None),
            (Some("off"), None),
            (Some("5m"), Some(300)),
            (Some("6h"), Some(21_600)),
            (Some("7d"), Some(604_800)),
        ] {
            let manners = read(text).expect("good");
            assert_eq!(manners.reload_idle, span.map(Duration::from_secs), "{text:?}");
        }
        for text in ["299s", "8d", "-1", "often", "0"] {
            let error = read(Some(text)).expect_err(text).to_string();
            assert!(error.contains("`reload_idle`"), "{error}");
        }
    }
}
