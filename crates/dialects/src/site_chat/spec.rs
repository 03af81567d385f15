//! How an adapter describes an answer: a closed vocabulary, no expressions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{PatchesSpec, RecordsSpec};

/// How the records of a turn become text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum DecoderSpec {
    /// JSON records of a stream; text by pointer.
    Records(RecordsSpec),
    /// JSON records that patch a document: operation, path, value.
    Patches(PatchesSpec),
    /// What the page shows, as HTML blocks.
    Dom(DomSpec),
}

impl DecoderSpec {
    /// The answers of one prompt that its rules name, in order: 0 alone, or 0 and 1.
    #[must_use]
    pub fn choices(&self) -> Vec<u8> {
        let mut choices: Vec<u8> = match self {
            Self::Records(spec) => spec.text.iter().map(|rule| rule.choice).collect(),
            Self::Patches(spec) => spec.text.iter().map(|rule| rule.choice).collect(),
            Self::Dom(_) => vec![0],
        };
        choices.sort_unstable();
        choices.dedup();
        choices
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

/// What must hold in a record, or must not where `not` is set. Without `equals`, `length` and `at_least`: there is a value at
/// `pointer`, and it is not null.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// JSON pointer into the record.
    pub pointer: String,
    /// The value that must be there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "string | number | boolean | null")]
    pub equals: Option<serde_json::Value>,
    /// The length of the list that must be there, in elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub length: Option<u32>,
    /// The least length of the list that must be there, in elements.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at_least: Option<u32>,
    /// Whether it must not hold.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(as = "Option<bool>", optional)]
    pub not: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// A record by its name and what it says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct When {
    /// The record's name: of a server-sent or Socket.IO event, or a line's prefix.
    #[ts(optional)]
    pub event: Option<String>,
    /// Conditions on the record: all of them.
    pub only: Vec<Condition>,
    /// The answer of several that it concerns, 0 or 1; all where absent.
    #[ts(optional)]
    pub choice: Option<u8>,
}

/// What a text is.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum TextAs {
    /// The answer.
    #[default]
    Text,
    /// Reasoning apart from the answer.
    Reasoning,
    /// The address of a picture; said as Markdown where it is `https`.
    Image,
}

/// `dom`: HTML blocks to Markdown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct DomSpec {
    /// CSS selectors of elements that are not part of the answer (buttons, labels); the runner
    /// leaves them out.
    pub strip: Vec<String>,
    /// CSS selectors of icons whose text is their name (`home`, `content_copy`); the runner leaves
    /// them out. Those of Material are known.
    pub icons: Vec<String>,
    /// What the page shows at the end of the text while it writes.
    #[ts(optional)]
    pub cursor: Option<String>,
    /// CSS selector of what names the language above a block of code, where no class does; it goes
    /// from the text to the fence.
    #[ts(optional)]
    pub code_label: Option<String>,
    /// CSS selector of the elements whose children are the blocks, where the page puts an answer
    /// together from several.
    #[ts(optional)]
    pub blocks: Option<String>,
}
