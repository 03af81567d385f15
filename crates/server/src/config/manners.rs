//! How a site is spoken to: where a request's conversation goes, and how it is written.

use tabway_dialects::site_chat::Packing;

use super::ConfigError;

/// How a site is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Manners {
    /// Whether a page's conversation is gone on with.
    pub conversations: Conversations,
    /// How a conversation of several turns is written as one text.
    pub packing: Packing,
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

impl Conversations {
    /// As the file writes it.
    ///
    /// # Errors
    /// Words that name those there are.
    pub fn read(word: &str) -> Result<Self, ConfigError> {
        match word {
            "continue" => Ok(Self::Continue),
            "fresh" => Ok(Self::Fresh),
            other => Err(ConfigError::new(format!(
                "`conversations = \"{other}\"` is not one of: continue, fresh"
            ))),
        }
    }
}

/// How packing is written in the file.
///
/// # Errors
/// Words that name those there are.
pub fn read_packing(
    template: Option<&str>,
    merge_system: Option<bool>,
) -> Result<Packing, ConfigError> {
    let mut packing = Packing::default();
    if let Some(word) = template {
        packing.template = Packing::template(word).ok_or_else(|| {
            ConfigError::new(format!(
                "`packing = \"{word}\"` is not one of: headings, transcript, tags"
            ))
        })?;
    }
    packing.merge_system = merge_system.unwrap_or_default();
    Ok(packing)
}
