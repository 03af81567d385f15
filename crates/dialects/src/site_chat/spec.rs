//! How an adapter describes an answer: a closed vocabulary, no expressions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// How the records of a turn become text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecoderSpec {
    /// Server-sent events whose data is JSON; text by pointer.
    SseJson(SseJsonSpec),
    /// Server-sent events that patch a document: operation, path, value.
    SsePatch(SsePatchSpec),
    /// Socket.IO events on a WebSocket or its long-polling fallback.
    Socketio(SocketIoSpec),
    /// What the page shows, as HTML blocks.
    Dom(DomSpec),
}

/// The decoders by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DecoderKind {
    /// `sse_json`
    SseJson,
    /// `sse_patch`
    SsePatch,
    /// `socketio`
    Socketio,
    /// `dom`
    Dom,
}

impl DecoderSpec {
    /// Which decoder it names.
    #[must_use]
    pub fn kind(&self) -> DecoderKind {
        match self {
            Self::SseJson(_) => DecoderKind::SseJson,
            Self::SsePatch(_) => DecoderKind::SsePatch,
            Self::Socketio(_) => DecoderKind::Socketio,
            Self::Dom(_) => DecoderKind::Dom,
        }
    }
}

/// Whether a text field brings what is new or all so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum TextMode {
    /// Only what is new.
    #[default]
    Delta,
    /// All so far; what is new is the difference.
    Cumulative,
}

/// Holds when the value at `pointer` equals `equals`, or exists where `equals` is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct EventFilter {
    /// JSON pointer into the event.
    pub pointer: String,
    /// The value it must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string | number | boolean | null")]
    pub equals: Option<serde_json::Value>,
}

/// `sse_json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SseJsonSpec {
    /// Events that carry text; all where empty.
    pub only: Vec<EventFilter>,
    /// Pointers to text, first match wins.
    pub text: Vec<String>,
    /// Pointers to reasoning.
    pub reasoning: Vec<String>,
    /// Delta or cumulative.
    pub mode: TextMode,
    /// Any of these ends the answer.
    pub done: Vec<EventFilter>,
    /// Data that is not JSON and ends the answer (`[DONE]`).
    #[ts(optional)]
    pub done_data: Option<String>,
    /// Any of these is a failure.
    pub error: Vec<EventFilter>,
    /// Pointers to the failure's words.
    pub error_message: Vec<String>,
}

/// `sse_patch`: a document that events replace and patch; the answer is text in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct SsePatchSpec {
    /// Events that carry patches; all where empty.
    #[serde(default)]
    pub only: Vec<EventFilter>,
    /// Pointer to the list of patches in an event; the event itself where empty.
    #[serde(default)]
    pub patches: String,
    /// Pointer to what tells documents apart, where a stream carries several; one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub document_key: Option<String>,
    /// How a patch is written.
    pub layout: PatchLayout,
    /// Paths in the document that hold answer text; `*` stands for any one step, `-1` for the last.
    pub text: Vec<String>,
    /// Paths that hold reasoning.
    #[serde(default)]
    pub reasoning: Vec<String>,
    /// Any of these ends the answer.
    #[serde(default)]
    pub done: Vec<EventFilter>,
    /// Data that is not JSON and ends the answer.
    #[serde(default)]
    #[ts(optional)]
    pub done_data: Option<String>,
    /// Any of these is a failure.
    #[serde(default)]
    pub error: Vec<EventFilter>,
    /// Pointers to the failure's words.
    #[serde(default)]
    pub error_message: Vec<String>,
}

/// How a patch is written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PatchLayout {
    /// An object; a missing operation or path is that of the patch before.
    Keys(PatchKeys),
    /// An array: operation, path (an array of steps or a pointer), value.
    Positions,
}

/// Names of a patch's fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct PatchKeys {
    /// The operation's key.
    pub op: String,
    /// The path's key.
    pub path: String,
    /// The value's key.
    pub value: String,
}

/// `socketio`: Engine.IO packets with Socket.IO events `["name", argument...]`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct SocketIoSpec {
    /// What comes before any of these is not of the turn: pages say hello over the same socket.
    /// Everything counts where empty.
    pub begin: Vec<SocketIoEvent>,
    /// Where the text is.
    pub text: Vec<SocketIoText>,
    /// Pointer to what tells the messages of one turn apart; one message where absent. Texts of
    /// several are kept apart by an empty line.
    #[ts(optional)]
    pub message_id: Option<String>,
    /// Any of these ends the answer.
    pub done: Vec<SocketIoEvent>,
    /// Any of these is a failure.
    pub error: Vec<SocketIoEvent>,
    /// Pointers to the failure's words in the first argument.
    pub error_message: Vec<String>,
}

/// An event by its name and its first argument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct SocketIoEvent {
    /// The event's name.
    pub event: String,
    /// Conditions on the first argument: all of them.
    #[serde(default)]
    pub only: Vec<EventFilter>,
}

/// An event that carries text in its first argument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct SocketIoText {
    /// The event's name.
    pub event: String,
    /// Conditions on the first argument: all of them.
    #[serde(default)]
    pub only: Vec<EventFilter>,
    /// Pointer to the text.
    pub pointer: String,
    /// Delta or cumulative, within its message.
    #[serde(default)]
    pub mode: TextMode,
    /// Whether it counts only for a message that an event without `follows` has brought up.
    #[serde(default)]
    pub follows: bool,
}

/// `dom`: HTML blocks to Markdown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct DomSpec {
    /// CSS selectors of elements that are not part of the answer (buttons, labels); the runner
    /// leaves them out.
    pub strip: Vec<String>,
    /// A character that the page shows at the end while it writes.
    #[ts(optional)]
    pub cursor: Option<String>,
}
