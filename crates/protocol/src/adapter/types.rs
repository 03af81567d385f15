//! What an adapter says, key by key.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use tabway_dialects::site_chat::DecoderSpec;
use ts_rs::TS;

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
    /// What the page shows when something is so; any probe of a list suffices.
    #[serde(default)]
    pub signals: Signals,
    /// Which of the page's own streams are read.
    #[serde(default)]
    pub tap: Vec<Tap>,
    /// How they, or the page itself, become text.
    pub answer: DecoderSpec,
    /// Models that the page offers; `default` alone where empty.
    #[serde(default)]
    pub models: Vec<String>,
    /// Pacing, sizes and deadlines.
    #[serde(default)]
    pub limits: Limits,
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
    /// An answer of the model.
    Answer,
    /// The text inside an answer.
    AnswerBody,
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
}

/// Kinds of composer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum ComposerKind {
    /// A textarea or input, controlled by a framework or not.
    Textarea,
    /// An editable element.
    Contenteditable,
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
    /// Press Enter in the composer.
    Enter,
    /// Press Ctrl+Enter in the composer.
    CtrlEnter,
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

/// What the page shows when something is so.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Signals {
    /// The session has ended.
    pub signed_out: Vec<Probe>,
    /// A challenge: never touched.
    pub challenge: Vec<Probe>,
    /// A consent: never touched.
    pub consent: Vec<Probe>,
    /// The site limits its user.
    pub rate_limited: Vec<Probe>,
    /// The site refused the prompt.
    pub moderated: Vec<Probe>,
    /// An error of the page.
    pub error: Vec<Probe>,
    /// The answer is complete: all of these together.
    pub done: Vec<Probe>,
}

/// One observation. Exactly one of `shown`, `gone`, `url`, `tap_status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Probe {
    /// An element is there and visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub shown: Option<Target>,
    /// An element is not there or not visible.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub gone: Option<Target>,
    /// The page's path matches this glob.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub url: Option<String>,
    /// A tapped stream was answered with this status.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tap_status: Option<u16>,
}

/// An element by its role or by a locator of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, TS)]
#[serde(untagged)]
pub enum Target {
    /// One of the adapter's locators.
    Role(Role),
    /// Its own.
    Locator(Locator),
}

// By hand, since an untagged enum only says that no variant fits, and not which key is wrong.
impl<'de> Deserialize<'de> for Target {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> de::Visitor<'de> for Either {
            type Value = Target;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("the name of a locator, or a locator")
            }

            fn visit_str<E: de::Error>(self, role: &str) -> Result<Target, E> {
                Role::deserialize(de::value::StrDeserializer::new(role)).map(Target::Role)
            }

            fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Target, A::Error> {
                let source = de::value::MapAccessDeserializer::new(map);
                Locator::deserialize(source).map(Target::Locator)
            }
        }

        source.deserialize_any(Either)
    }
}

/// One of the page's own streams.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
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

/// Pacing, sizes and deadlines of a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// The least milliseconds between two turns of a seat.
    #[ts(type = "number")]
    pub min_gap_ms: u64,
    /// The most turns of a seat in an hour; 0 for no cap.
    pub per_hour: u32,
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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            min_gap_ms: 1_000,
            per_hour: 0,
            max_prompt_chars: 100_000,
            first_token_ms: 90_000,
            silence_ms: 120_000,
            total_ms: 900_000,
        }
    }
}
