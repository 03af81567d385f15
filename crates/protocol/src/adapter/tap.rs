//! Which of the page's own streams are read, and what for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_dialects::site_chat::EventFilter;
use ts_rs::TS;

/// One of the page's own streams.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Tap {
    /// How the page opens it.
    pub transport: Transport,
    /// The path, as a glob (`*` within a step, `**` over steps); the query does not count.
    pub path: String,
    /// The method, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub method: Option<String>,
    /// Whether it was already open before the turn (a socket that lives as long as the page).
    #[serde(default)]
    pub standing: bool,
    /// What it is read for.
    #[serde(default)]
    pub purpose: TapPurpose,
    /// Conditions on the request's body, which must be JSON then: pages ask the same path for
    /// titles and suggestions, too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<EventFilter>,
}

/// What a stream is read for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum TapPurpose {
    /// The answer.
    #[default]
    Answer,
    /// That the prompt was taken, and the status it got: the answer comes over another stream.
    Accepted,
    /// The page's list of models.
    Models,
    /// That a file arrived.
    Upload,
}

/// How the page opens a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// `fetch`.
    Fetch,
    /// `XMLHttpRequest`.
    Xhr,
    /// `EventSource`.
    Eventsource,
    /// `WebSocket`.
    Websocket,
}
