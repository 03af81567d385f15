//! `records`: how an adapter describes a stream of JSON records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Condition, TextAs, TextMode, When};

/// `records`: a stream of JSON records; text by pointer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct RecordsSpec {
    /// How the stream is cut into records.
    pub framing: Framing,
    /// For `array`: how many lists deep its records lie; 1 where absent.
    #[ts(optional)]
    pub depth: Option<u8>,
    /// Where the records lie inside those that the framing gives.
    #[ts(optional)]
    pub inner: Option<Inner>,
    /// What comes before any of these is not of the turn: pages say hello over the same stream.
    /// Everything counts where empty.
    pub begin: Vec<When>,
    /// Conditions on records that carry text: all of them.
    pub only: Vec<Condition>,
    /// Where the text is. Of the rules with the same `as` and `choice`, the first that finds text
    /// in a record is taken.
    pub text: Vec<TextRule>,
    /// Where calls of the client's functions are, on a page with `[tools]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub call: Vec<CallRule>,
    /// Pointer to what tells the messages of one turn apart; one message where absent. Texts of
    /// several are kept apart by an empty line.
    #[ts(optional)]
    pub message_id: Option<String>,
    /// Words that say why an answer has ended.
    pub finish: Vec<FinishRule>,
    /// Any of these ends the answer.
    pub done: Vec<When>,
    /// Data that is not JSON and ends the answer (`[DONE]`).
    #[ts(optional)]
    pub done_data: Option<String>,
    /// Any of these means that the site refused the prompt.
    pub refused: Vec<When>,
    /// Any of these is a failure.
    pub error: Vec<When>,
    /// Pointers to the words of a refusal or a failure.
    pub error_message: Vec<String>,
    /// Pointer to the site's id of the reply.
    #[ts(optional)]
    pub reply_id: Option<String>,
    /// Pointer to the model that the site names.
    #[ts(optional)]
    pub model: Option<String>,
}

/// How a stream is cut into records.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Framing {
    /// Server-sent events; a record is the data of one, named as the event.
    #[default]
    Sse,
    /// One record a line.
    Lines,
    /// Lines `prefix:JSON`; a record is named as its prefix. A line that is an object has no name.
    PrefixLines,
    /// One record a message of a WebSocket or EventSource.
    Messages,
    /// The whole body is one record.
    Whole,
    /// The body is a list that grows; its elements are records. An object in its place is one, too.
    Array,
    /// Lists and objects one after another, with lengths or a guard between them.
    Frames,
    /// Socket.IO events on a WebSocket or its long-polling fallback; a record is the first argument
    /// of one, named as the event.
    Socketio,
}

/// Records within records.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Inner {
    /// Path to the parts: `*` stands for any one step, `-1` for the last; the record itself where
    /// empty.
    pub each: String,
    /// Conditions on a part: all of them.
    pub each_only: Vec<Condition>,
    /// Pointer within a part to a string that holds a record as JSON; the part itself is the
    /// record where absent.
    #[ts(optional)]
    pub json: Option<String>,
}

/// Text in a record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct TextRule {
    /// The record's name, where it matters.
    #[ts(optional)]
    pub event: Option<String>,
    /// Conditions on the record: all of them.
    pub only: Vec<Condition>,
    /// Path to the items that hold the text: `*` stands for any one step, `-1` for the last; the
    /// record itself where empty.
    pub each: String,
    /// Conditions on an item: all of them.
    pub each_only: Vec<Condition>,
    /// Pointer to the text within the item; the item itself where empty.
    pub pointer: String,
    /// What the text is.
    #[serde(rename = "as")]
    pub text_as: TextAs,
    /// Which answer of several it belongs to, 0 or 1.
    pub choice: u8,
    /// Delta or cumulative, within its message.
    pub mode: TextMode,
    /// Whether it counts only for a message that a rule without `follows` has brought up.
    pub follows: bool,
}

/// A call of a function in a record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct CallRule {
    /// The record's name, where it matters.
    #[ts(optional)]
    pub event: Option<String>,
    /// Conditions on the record: all of them.
    pub only: Vec<Condition>,
    /// Path to the items that are calls: `*` stands for any one step, `-1` for the last; the
    /// record itself where empty.
    pub each: String,
    /// Conditions on an item: all of them.
    pub each_only: Vec<Condition>,
    /// Pointer to the function's name within the item.
    pub name: String,
    /// Pointer to its arguments within the item.
    pub arguments: String,
    /// How the arguments are written.
    pub form: ArgumentsForm,
}

/// How a page's stream writes the arguments of a call.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum ArgumentsForm {
    /// A JSON object, or a text that holds one.
    #[default]
    Json,
    /// A `google.protobuf.Struct` as a list by positions, without keys.
    Struct,
}

/// A word of the site that says why an answer has ended. Other words do not end it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct FinishRule {
    /// The record's name, where it matters.
    #[ts(optional)]
    pub event: Option<String>,
    /// Pointer to the word.
    pub pointer: String,
    /// Which answer of several it ends, 0 or 1.
    pub choice: u8,
    /// Words that mean: the model was done.
    pub stop: Vec<String>,
    /// Words that mean: the output limit was reached.
    pub length: Vec<String>,
    /// Words that mean: the site's filter stepped in.
    pub content_filter: Vec<String>,
}
