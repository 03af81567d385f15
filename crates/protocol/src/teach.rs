//! Teaching a page: what a node saw of one turn that its human did by hand, and what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::adapter::{ComposerKind, Locator, Role, SendStep, Transport};

/// The most bytes of a lesson's streams, as JSON: a lesson is one control message.
pub const MAX_SEEN_BYTES: usize = 700 << 10;

/// One turn that a person did by hand while the node looked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    /// The node's number of it.
    pub lesson: String,
    /// The lane in which it was done.
    #[ts(type = "number")]
    pub lane: u64,
    /// The page's scheme, host and port.
    pub origin: String,
    /// The page's path when the lesson began.
    pub path: String,
    /// The page's title.
    pub title: String,
    /// What to call the adapter; made from the page's host where empty.
    #[serde(default)]
    pub name: String,
    /// The site whose adapter is to be repaired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub repairs: Option<String>,
    /// What was clicked, and what was seen to be Stop: locators that found just that there and then.
    pub locators: BTreeMap<Role, Vec<Locator>>,
    /// What kind of field the composer is.
    pub composer: ComposerKind,
    /// How the person sent the prompt.
    pub sent_by: SendStep,
    /// What the page did.
    pub seen: Seen,
    /// What was asked.
    pub prompt: String,
    /// The answer's text as the page shows it.
    pub answer: String,
    /// What the page's own streams brought.
    pub streams: Vec<SeenStream>,
}

/// What a page did in a lesson.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Seen {
    /// It showed no answer when the lesson began.
    pub fresh: bool,
    /// The composer became empty when the prompt was sent.
    pub emptied: bool,
    /// The send button was there again when the answer was complete.
    pub send_again: bool,
    /// The composer could not be used while the answer was written.
    pub locked: bool,
}

/// One of the page's own streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct SeenStream {
    /// How the page opened it.
    pub transport: Transport,
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// Whether it was open before the prompt was typed.
    pub standing: bool,
    /// HTTP status, 0 where there is none.
    pub status: u16,
    /// The body of a fetch or XHR, as text.
    #[serde(default)]
    pub body: String,
    /// The messages of a WebSocket or EventSource.
    #[serde(default)]
    pub messages: Vec<String>,
    /// Whether more came than is here.
    #[serde(default)]
    pub cut: bool,
}

/// How far a lesson has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum LessonState {
    /// A turn runs with what was understood.
    Trying,
    /// The turn went well.
    Understood,
    /// It did not, or nothing could be made of the lesson.
    Failed,
    /// It is a draft now.
    Saved,
}

/// What the gateway made of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LessonReport {
    /// The node's number of it.
    pub lesson: String,
    /// How far it has come.
    pub state: LessonState,
    /// What was understood, line by line.
    pub lines: Vec<LessonLine>,
    /// Words for the person.
    pub words: String,
}

/// One thing that was understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct LessonLine {
    /// What: `composer`, `stream`, `first text`.
    pub what: String,
    /// How it is found or what it was.
    pub found: String,
}
