//! Settings that a page may offer, and what a request says of each.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::chat::ChatRequest;

/// A setting of the API that a page may offer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Parameter {
    /// `temperature`.
    Temperature,
    /// `max_tokens`, `max_completion_tokens`.
    MaxTokens,
    /// `top_p`.
    TopP,
    /// `stop`.
    Stop,
    /// `reasoning_effort`.
    Thinking,
    /// `web_search_options`.
    Search,
    /// The system instructions, in a box of their own.
    System,
}

impl Parameter {
    /// Every setting.
    pub const ALL: [Self; 7] = [
        Self::Temperature,
        Self::MaxTokens,
        Self::TopP,
        Self::Stop,
        Self::Thinking,
        Self::Search,
        Self::System,
    ];

    /// The setting as a file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::MaxTokens => "max_tokens",
            Self::TopP => "top_p",
            Self::Stop => "stop",
            Self::Thinking => "thinking",
            Self::Search => "search",
            Self::System => "system",
        }
    }

    /// The client's field, by which a loss is named.
    #[must_use]
    pub fn field(self) -> &'static str {
        match self {
            Self::Thinking => "reasoning_effort",
            Self::Search => WEB_SEARCH,
            other => other.word(),
        }
    }

    /// What the request says of it; nothing where it does not name it. Instructions are texts of
    /// the prompt, so they are not asked for here.
    pub(super) fn asked(self, request: &ChatRequest) -> Option<Vec<String>> {
        let sampling = &request.sampling;
        match self {
            Self::Temperature => sampling.temperature.map(|value| vec![value.to_string()]),
            Self::MaxTokens => request.max_output_tokens.map(|value| vec![value.to_string()]),
            Self::TopP => sampling.top_p.map(|value| vec![value.to_string()]),
            Self::Stop => Some(sampling.stop.clone()).filter(|stop| !stop.is_empty()),
            Self::Thinking => sampling.reasoning_effort.clone().map(|word| vec![word]),
            // The options themselves say how to search; that they are there says: search.
            Self::Search => request.extra.fields.get(WEB_SEARCH).map(|_| vec!["on".to_owned()]),
            Self::System => None,
        }
    }
}

const WEB_SEARCH: &str = "web_search_options";

/// What a request asks of the settings that a page offers, in the API's words.
pub type Settings = BTreeMap<Parameter, Vec<String>>;
