//! `patches`: how an adapter describes a document that records replace and patch.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Condition, Framing, TextAs, When};

/// `patches`: a document that records replace and patch; the answer is text in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct PatchesSpec {
    /// How the stream is cut into records.
    #[serde(default)]
    pub framing: Framing,
    /// Conditions on records that carry patches: all of them.
    #[serde(default)]
    pub only: Vec<Condition>,
    /// Pointer to the list of patches in a record; the record itself where empty.
    #[serde(default)]
    pub patches: String,
    /// Pointer to what tells documents apart, where a stream carries several; one where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub document_key: Option<String>,
    /// How a patch is written.
    pub layout: PatchLayout,
    /// Where the text is in the document. Several texts of one `as` and `choice` are one.
    pub text: Vec<DocumentText>,
    /// Pointer in the document to what tells the messages of one turn apart, where one document
    /// takes the place of another; texts of several are kept apart by an empty line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub message_id: Option<String>,
    /// What holds of the document once the answer is complete: all of them.
    #[serde(default)]
    pub document_done: Vec<Condition>,
    /// Any of these ends the answer.
    #[serde(default)]
    pub done: Vec<When>,
    /// Data that is not JSON and ends the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub done_data: Option<String>,
    /// Any of these means that the site refused the prompt.
    #[serde(default)]
    pub refused: Vec<When>,
    /// Any of these is a failure.
    #[serde(default)]
    pub error: Vec<When>,
    /// Pointers to the words of a refusal or a failure.
    #[serde(default)]
    pub error_message: Vec<String>,
    /// Pointer in the document to the site's id of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub reply_id: Option<String>,
    /// Pointer in the document to the model that the site names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<String>,
}

/// Text in a document.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct DocumentText {
    /// Conditions on the document: all of them.
    pub only: Vec<Condition>,
    /// Path to the items that hold the text: `*` stands for any one step, `-1` for the last; the
    /// document itself where empty.
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
