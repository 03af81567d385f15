//! What an adapter says, key by key.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tabway_dialects::site_chat::DecoderSpec;
use ts_rs::TS;

use super::{
    Control, Files, Media, Mode, Models, Overlay, PageTools, Parameter, Quota, SelfTest, Signals,
    Tap, Target,
};

/// The schema version of an adapter file.
pub const SCHEMA_VERSION: u32 = 1;

/// One kind of page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Adapter {
    /// Version of this format: 1.
    pub schema: u32,
    /// Its name, that of the file.
    pub name: String,
    /// What people call the page.
    pub title: String,
    /// Grows with each change.
    pub revision: u32,
    /// Which version of the real site it ran against, and when; absent where never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub verified: Option<Verified>,
    /// What the site's terms say about such use, for the owner to read.
    pub terms: String,
    /// Where the site's official API is described, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub official_api: Option<String>,
    /// Where the chat is and how it is known.
    pub page: Page,
    /// Elements by role: each an ordered list, the first that resolves is taken.
    pub locators: BTreeMap<Role, Vec<Locator>>,
    /// How text gets into the composer.
    pub composer: Composer,
    /// How a turn is sent.
    pub send: Send,
    /// How a new chat is begun.
    pub new_chat: NewChat,
    /// Whether each new chat is made a temporary one first: the switch is pressed and seen to be on,
    /// or the turn fails before anything is typed.
    #[serde(default)]
    pub temporary_chat: bool,
    /// What the page shows when something is so; any probe of a list suffices.
    #[serde(default)]
    pub signals: Signals,
    /// Which of the page's own streams are read.
    #[serde(default)]
    pub tap: Vec<Tap>,
    /// How they, or the page itself, become text.
    pub answer: DecoderSpec,
    /// Models that the page offers, and how one is chosen.
    #[serde(default)]
    pub models: Models,
    /// Ways of the page to answer that are models of their own: battle, side by side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<Mode>,
    /// Settings that the page offers.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<Parameter, Control>,
    /// The page's own dialog for tools; they are put into words where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tools: Option<PageTools>,
    /// How files and pictures get into the page; none can where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub files: Option<Files>,
    /// Pictures, videos and files in an answer: fetched in the page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// What may cover the page and may be closed. Never a consent, terms or a challenge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overlays: Vec<Overlay>,
    /// Pacing, sizes and deadlines.
    #[serde(default)]
    pub limits: Limits,
    /// What must be found on a page at rest.
    #[serde(default)]
    pub self_test: SelfTest,
}

/// A run against the real site.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The site's version.
    pub version: String,
    /// The day, `YYYY-MM-DD`.
    pub date: String,
}

/// Where the chat is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Path that opens the chat.
    pub start: String,
    /// Origins of the public site, newest first, where there is one; people host it where empty.
    #[serde(default)]
    pub origins: Vec<String>,
    /// Paths (globs) on which the runner never acts.
    #[serde(default)]
    pub deny: Vec<String>,
    /// Elements of which one must exist, since self-hosted pages have no fixed host.
    #[serde(default)]
    pub proof: Vec<Locator>,
    /// Whether the page paints answers only while it is visible.
    #[serde(default)]
    pub needs_visible: bool,
}

/// What an element is for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema, TS,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Where the prompt is typed.
    Composer,
    /// The button that sends it.
    Send,
    /// The button that stops an answer.
    Stop,
    /// The control that begins a new chat.
    NewChat,
    /// A confirmation that the page asks for after `new_chat`.
    NewChatConfirm,
    /// A prompt as the conversation shows it.
    Question,
    /// An answer of the model.
    Answer,
    /// The text inside an answer.
    AnswerBody,
    /// The reasoning inside an answer, apart from its text.
    Thought,
    /// What unfolds the reasoning.
    ThoughtToggle,
    /// What scrolls the list of answers, where a page keeps only those in view.
    Scroller,
    /// The switch for a chat that the site does not keep; one that does not tell its state must give way
    /// to something else once it is on.
    TemporaryChat,
    /// What opens the list of models.
    ModelMenu,
    /// One model of the opened list.
    ModelItem,
    /// Where the page shows the chosen model.
    ModelCurrent,
    /// The field that takes files.
    FileInput,
    /// What opens the menu in which files are added.
    Attach,
    /// Where files may be dropped.
    DropZone,
    /// A file that the page has taken.
    AttachPreview,
    /// A file that is still under way.
    AttachBusy,
    /// A file that the page refused.
    AttachError,
}

impl Role {
    /// The role as a file writes it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Composer => "composer",
            Self::Send => "send",
            Self::Stop => "stop",
            Self::NewChat => "new_chat",
            Self::NewChatConfirm => "new_chat_confirm",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::AnswerBody => "answer_body",
            Self::Thought => "thought",
            Self::ThoughtToggle => "thought_toggle",
            Self::Scroller => "scroller",
            Self::TemporaryChat => "temporary_chat",
            Self::ModelMenu => "model_menu",
            Self::ModelItem => "model_item",
            Self::ModelCurrent => "model_current",
            Self::FileInput => "file_input",
            Self::Attach => "attach",
            Self::DropZone => "drop_zone",
            Self::AttachPreview => "attach_preview",
            Self::AttachBusy => "attach_busy",
            Self::AttachError => "attach_error",
        }
    }
}

/// How an element is found. Exactly one of `css`, `test_id`, `role`, `text`, `placeholder`, `label`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Locator {
    /// A CSS selector.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub css: Option<String>,
    /// The value of `data-testid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub test_id: Option<String>,
    /// An ARIA role, explicit or of the element; with `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub role: Option<String>,
    /// The accessible name that goes with `role`; any of these, in any language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub name: Vec<String>,
    /// Text that a button, link or heading shows, whole and without case; any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub text: Vec<String>,
    /// The placeholder of a field; any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub placeholder: Vec<String>,
    /// The `aria-label`; any of these.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub label: Vec<String>,
    /// It must be visible (`true`) or hidden (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub visible: Option<bool>,
    /// It must be enabled (`true`) or disabled (`false`).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub enabled: Option<bool>,
    /// It lies within this element.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub within: Option<Box<Target>>,
    /// It lies in the frame of the same origin that this CSS selector finds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub frame: Option<String>,
    /// Take the last match, not the first.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub last: bool,
}

/// How text gets into the composer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Composer {
    /// What kind of field it is.
    pub kind: ComposerKind,
    /// An attribute of an element around the composer that repeats the text, which some pages lay
    /// it out by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mirror_attribute: Option<String>,
    /// What becomes of a prompt above `limits.max_prompt_chars`.
    #[serde(default)]
    pub long_prompt: LongPrompt,
}

/// Kinds of composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ComposerKind {
    /// A textarea or input, controlled by a framework or not.
    Textarea,
    /// An editable element without an editor of its own behind it.
    Contenteditable,
    /// `ProseMirror`, and tiptap which is built on it.
    Prosemirror,
    /// Lexical.
    Lexical,
    /// Quill.
    Quill,
}

/// What becomes of a prompt that is longer than the page takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum LongPrompt {
    /// The request is refused.
    #[default]
    Refuse,
    /// It goes as a text file; needs `[files]`.
    Attach,
}

/// How a turn is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Steps, tried in order until the page has accepted.
    pub by: Vec<SendStep>,
    /// Proofs of which one means: accepted.
    pub accepted: Vec<AcceptedProof>,
    /// Milliseconds to wait for a proof after each step.
    #[serde(default = "default_proof_ms")]
    #[ts(type = "number")]
    pub proof_ms: u64,
}

fn default_proof_ms() -> u64 {
    3_000
}

/// One way to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SendStep {
    /// Click the send button.
    Click,
    /// Click it with all the pointer events of a mouse.
    Pointer,
    /// Press Enter in the composer.
    Enter,
    /// Press Ctrl+Enter in the composer.
    CtrlEnter,
    /// Press Meta+Enter in the composer.
    MetaEnter,
}

/// What shows that the page has taken the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum AcceptedProof {
    /// The composer is empty again.
    ComposerEmpty,
    /// The stop button shows.
    StopVisible,
    /// A tapped stream opened, or a tapped socket sent the prompt.
    TapOpened,
    /// The page's path changed.
    UrlChanged,
    /// An answer that was not there before.
    AnswerAppeared,
}

/// How a new chat is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum NewChat {
    /// Click the `new_chat` element, and `new_chat_confirm` where there is one.
    Click,
    /// Open the start path again.
    Navigate,
}

/// Pacing, sizes and deadlines of a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The least milliseconds between two turns of a seat.
    #[ts(type = "number")]
    pub min_gap_ms: u64,
    /// The most turns of a seat in an hour; 0 for no cap.
    pub per_hour: u32,
    /// Hours in which a seat takes no turn, `HH:MM-HH:MM` where the gateway runs.
    pub quiet: Vec<String>,
    /// Quotas that end apart from that of text.
    pub quotas: Vec<Quota>,
    /// The longest prompt in characters.
    pub max_prompt_chars: u32,
    /// Milliseconds until the first text.
    #[ts(type = "number")]
    pub first_token_ms: u64,
    /// Milliseconds between two records.
    #[ts(type = "number")]
    pub silence_ms: u64,
    /// Milliseconds for the whole turn.
    #[ts(type = "number")]
    pub total_ms: u64,
    /// Milliseconds that a seat rests after a limit whose end the site does not say.
    #[ts(type = "number")]
    pub cool_down_ms: u64,
    /// Turns after which the page is opened anew; 0 for never.
    pub reopen_after: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_gap_ms: 1_000,
            per_hour: 0,
            quiet: Vec::new(),
            quotas: Vec::new(),
            max_prompt_chars: 100_000,
            first_token_ms: 90_000,
            silence_ms: 120_000,
            total_ms: 900_000,
            cool_down_ms: 300_000,
            reopen_after: 0,
        }
    }
}
