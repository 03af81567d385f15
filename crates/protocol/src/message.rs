//! Control messages: a closed list, an id in every one that concerns a job.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    ability::{Abilities, Ability},
    adapter::{Adapter, Parameter, Role, Told},
    teach::{Lesson, LessonReport},
};

/// The version that this gateway speaks.
pub const PROTOCOL_VERSION: u32 = 1;

/// Seconds between heartbeats: below the 30 s after which an idle extension worker is stopped.
pub const HEARTBEAT_SECONDS: u64 = 20;

/// Seconds for which a job outlives its lost socket.
pub const GRACE_SECONDS: u64 = 60;

/// The longest control message, in bytes (a pushed adapter list is the largest).
pub const MAX_MESSAGE_BYTES: usize = 1 << 20;

/// WebSocket close codes of ours.
pub mod close {
    /// A message that the protocol does not know, or three with a foreign id.
    pub const BAD_MESSAGE: u16 = 4400;
    /// The node is not paired (any more).
    pub const UNPAIRED: u16 = 4401;
    /// The proof or the pairing was refused.
    pub const REFUSED: u16 = 4403;
    /// A newer socket of the same node took over.
    pub const SUPERSEDED: u16 = 4409;
    /// The extension is too old or too new.
    pub const VERSION: u16 = 4426;
    /// The gateway is stopping.
    pub const GOING_AWAY: u16 = 1001;
}

/// What the gateway says. Where words or fields came after the first version, an [`Ability`] or the
/// node's own report says that they are understood.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GatewayMessage {
    /// First word on a new socket: sign this.
    Challenge {
        /// Protocol version of the gateway.
        protocol: u32,
        /// Id of the gateway's data folder.
        gateway: String,
        /// Random, for one use.
        nonce: String,
        /// What the gateway understands. One that does not name any takes no hello that does.
        #[serde(default)]
        #[ts(as = "Option<Vec<Ability>>", optional)]
        abilities: Abilities,
    },
    /// The code is good; the owner is asked to compare the fingerprint.
    Pairing {
        /// Short fingerprint, also computed by the node.
        fingerprint: String,
    },
    /// The node is in.
    Welcome {
        /// Its id.
        node: String,
        /// Grows with each socket of the node; the greatest is in force.
        #[ts(type = "number")]
        epoch: u64,
        /// Milliseconds between heartbeats.
        #[ts(type = "number")]
        heartbeat_ms: u64,
        /// The gateway's version.
        version: String,
        /// Version of the extension that the gateway carries.
        #[serde(default)]
        extension_version: String,
        /// The sites to serve.
        sites: Vec<Site>,
    },
    /// The node is not in; a close frame follows.
    Refused {
        /// `unpaired`, `bad_proof`, `bad_code`, `rejected`, `expired`, `removed`, `version`.
        code: String,
        /// Words for the popup.
        message: String,
    },
    /// The sites changed.
    Sites {
        /// All of them.
        sites: Vec<Site>,
    },
    /// A sign of life; the node answers with its own.
    Heartbeat,
    /// One turn.
    Job(Job),
    /// Read the answer of a turn that was lost; nothing is typed or clicked.
    Harvest(Harvest),
    /// The client left or a deadline passed: press Stop, free the lane.
    Cancel {
        /// The job.
        job: String,
    },
    /// Every chunk up to `seq` is safe and may be forgotten.
    Ack {
        /// The job.
        job: String,
        /// The last safe chunk.
        seq: u32,
    },
    /// Answer to a resumed job that is still wanted: send again from `seq + 1`.
    Resumed {
        /// The job.
        job: String,
        /// The last safe chunk; 0 where none is.
        seq: u32,
    },
    /// Answer to a resumed job that is not known: press Stop, forget it.
    Stop {
        /// The job.
        job: String,
    },
    /// Look at a page of the site and say what is found there; nothing is clicked or typed.
    Diagnose {
        /// Number of the question.
        request: String,
        /// The site.
        site: String,
        /// The tab to look at; the one that serves best where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional, type = "number")]
        lane: Option<u64>,
        /// An adapter to look with in place of the site's own (a draft).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        adapter: Option<Box<Adapter>>,
        /// Milliseconds to look again for, while something of the adapter's self-test is missing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional, type = "number")]
        wait_ms: Option<u64>,
    },
    /// What was made of a lesson.
    Taught(LessonReport),
    /// Say which address a tab of the site shows.
    Locate {
        /// Number of the question.
        request: String,
        /// The site.
        site: String,
        /// The tab; the one that serves best where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional, type = "number")]
        lane: Option<u64>,
    },
    /// What became of a conversation that is to stand for a model.
    Pinned {
        /// Words for the popup.
        words: String,
    },
    /// Read again what models the pages offer, where nobody uses them.
    Reread {
        /// Number of the question.
        request: String,
        /// Of this site alone; of all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        site: Option<String>,
    },
    /// Load the page of a lane again, unless somebody uses it or it needs its human.
    ReloadIdle {
        /// The site.
        site: String,
        /// The tab.
        #[ts(type = "number")]
        lane: u64,
        /// Milliseconds for which nobody may have touched it.
        #[ts(type = "number")]
        idle_ms: u64,
    },
}

/// A site: an adapter at an origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Scheme, host, port.
    pub origin: String,
    /// How the page is used.
    pub adapter: Adapter,
}

/// One turn for a lane.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Job {
    /// Its id.
    pub job: String,
    /// The lane (a number that the node gave the tab).
    #[ts(type = "number")]
    pub lane: u64,
    /// The site.
    pub site: String,
    /// What to type.
    pub prompt: String,
    /// Start a new chat, or go on in the page's own.
    pub conversation: Conversation,
    /// With `continue`: the turn after which the page must still stand; nothing is typed where it
    /// does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<String>,
    /// Path and query of the conversation to go on with, which the tab opens and must then show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<String>,
    /// The model to choose, as the seat reported it; the page's own choice stands where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub model: Option<String>,
    /// The adapter's mode to open, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mode: Option<String>,
    /// Settings that the page offers, in the API's words; several texts for `stop`.
    #[serde(default)]
    pub settings: BTreeMap<Parameter, Vec<String>>,
    /// Declarations of functions for the page's own dialog, as JSON; what the page had is put back
    /// where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub tools: Option<String>,
    /// Files to add to the prompt; their bytes came before, in `file` frames.
    #[serde(default)]
    pub files: Vec<JobFile>,
    /// Milliseconds until the page must have accepted the prompt.
    #[ts(type = "number")]
    pub accept_ms: u64,
    /// Milliseconds after which the turn is stopped whatever happens.
    #[ts(type = "number")]
    pub total_ms: u64,
}

/// The answer of a turn whose page was lost after it had taken the prompt: the conversation is opened
/// again and read. It has an id of its own, by which its records and its end are told like a turn's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Harvest {
    /// Its id.
    pub job: String,
    /// The turn that was lost.
    pub of: String,
    /// The lane to open the conversation in.
    #[ts(type = "number")]
    pub lane: u64,
    /// The site.
    pub site: String,
    /// Milliseconds until the page must show the answer.
    #[ts(type = "number")]
    pub accept_ms: u64,
    /// Milliseconds after which it is given up.
    #[ts(type = "number")]
    pub total_ms: u64,
}

/// A file of a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct JobFile {
    /// Its name.
    pub name: String,
    /// Its media type.
    pub mime: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub size: u64,
}

/// Which conversation of the page a turn goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Conversation {
    /// A new one.
    Fresh,
    /// The one that the page shows.
    Continue,
}

/// What a node says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum NodeMessage {
    /// Answer to the challenge.
    Hello {
        /// Protocol version of the extension.
        protocol: u32,
        /// The extension's version.
        extension: String,
        /// Browser name and version.
        browser: String,
        /// What its owner calls it.
        label: String,
        /// Public key: uncompressed P-256 point, base64url without padding.
        key: String,
        /// ECDSA P-256 SHA-256 over [`crate::pairing::proof_text`], `r || s`, base64url.
        signature: String,
        /// A pairing code or fleet key, while not yet paired.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        code: Option<String>,
        /// What the extension understands.
        #[serde(default, skip_serializing_if = "Abilities::is_empty")]
        #[ts(as = "Option<Vec<Ability>>", optional)]
        abilities: Abilities,
    },
    /// Answer to a heartbeat.
    Heartbeat,
    /// What the node can serve now; sent whenever it changes.
    Seats {
        /// Its human paused it.
        paused: bool,
        /// One for each pushed site that has a permission or a tab.
        seats: Vec<Seat>,
    },
    /// The page took the prompt: it is never typed again.
    Accepted {
        /// The job.
        job: String,
    },
    /// The page is done and the lane free.
    Done {
        /// The job.
        job: String,
        /// Number of the last chunk.
        last_seq: u32,
        /// Whether it was stopped on our word.
        cancelled: bool,
    },
    /// The turn failed.
    Failed {
        /// The job.
        job: String,
        /// Number of the last chunk.
        last_seq: u32,
        /// Whether the page had taken the prompt.
        accepted: bool,
        /// Why.
        failure: NodeFailure,
    },
    /// After a reconnect: jobs that the node still holds.
    Resume {
        /// The jobs.
        jobs: Vec<ResumeJob>,
    },
    /// What a page shows: an answer to `diagnose`, or said before a turn fails on the page.
    Diagnosis(Diagnosis),
    /// Answer to `locate`.
    Located {
        /// Number of the question.
        request: String,
        /// Path and query that the tab shows; none where there is no such tab.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        address: Option<String>,
    },
    /// Its human wants the conversation at an address to stand for a model.
    Pin {
        /// The site.
        site: String,
        /// The model's name there.
        model: String,
        /// Path and query.
        address: String,
    },
    /// Answer to `reread`, after the seats that it changed.
    Reread {
        /// Number of the question.
        request: String,
        /// Sites whose pages told their models.
        read: Vec<String>,
        /// Sites that have a page, and what kept it from telling: its human or a turn uses it.
        busy: Vec<String>,
    },
    /// A turn that its human did by hand, to be made into an adapter and tried in the same tab.
    Teach(Box<Lesson>),
    /// What was understood of a lesson is to be kept as a draft.
    KeepLesson {
        /// The lesson.
        lesson: String,
    },
    /// The human is done with a lesson.
    EndLesson {
        /// The lesson.
        lesson: String,
    },
}

/// What a page shows, without a word of its contents but those of its signals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Diagnosis {
    /// Number of the question, or the job that fails.
    pub about: String,
    /// The site.
    pub site: String,
    /// The page's path, without query.
    pub path: String,
    /// What the page is good for.
    pub state: SeatState,
    /// Words for the owner.
    #[serde(default)]
    pub detail: String,
    /// Each role of the adapter, and `proof`.
    pub locators: Vec<FoundLocator>,
    /// Each signal of the adapter that holds now.
    pub signals: Vec<FoundSignal>,
    /// Boxes of the page as an SVG without its texts, the found elements marked by their roles.
    pub sketch: String,
}

/// What a role's locators found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundLocator {
    /// The role, or `proof`.
    pub role: String,
    /// Which locator of the list resolved, from 0; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub locator: Option<u32>,
    /// How many elements it found.
    pub count: u32,
    /// Whether the one that is taken is visible.
    pub visible: bool,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The element in short: tag, id, test id, role; no text.
    #[serde(default)]
    pub element: String,
}

/// A signal that holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundSignal {
    /// Its name.
    pub signal: String,
    /// Which probe of its list, from 0.
    pub probe: u32,
    /// Words that the element shows.
    #[serde(default)]
    pub words: String,
}

/// Which roles the self-test of a page did not find.
#[must_use]
pub fn missing_roles(diagnosis: &Diagnosis, wanted: &[Role]) -> Vec<Role> {
    let found =
        |role: &Role| diagnosis.locators.iter().any(|one| one.count > 0 && one.role == role.word());
    wanted.iter().copied().filter(|role| !found(role)).collect()
}

/// A (node, site) pair as the node sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Seat {
    /// The site.
    pub site: String,
    /// What its page shows.
    pub state: SeatState,
    /// Words for the owner, where something is wrong.
    #[serde(default)]
    pub detail: String,
    /// Its tabs.
    pub lanes: Vec<Lane>,
    /// Models that the page offers; the adapter's fixed list where it has one.
    #[serde(default)]
    pub models: Vec<String>,
    /// Its owner lets the gateway keep a picture of the page (the sketch of a diagnosis) while the
    /// page needs its human.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    #[ts(as = "Option<bool>", optional)]
    pub picture: bool,
    /// What the page says that they can take and give.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, Told>,
    /// Whether answers of lost turns can be read from the page's conversations.
    #[serde(default)]
    pub harvests: bool,
}

/// What the page of a seat shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema, TS)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// A prompt can be typed.
    Ready,
    /// The page is loading.
    Loading,
    /// No tab of the site is bridged.
    NoTab,
    /// The origin is not granted.
    NotPermitted,
    /// The session has ended.
    SignedOut,
    /// A challenge for the human.
    Challenge,
    /// A consent for the human.
    Consent,
    /// The page shows an error.
    Error,
    /// The composer was not found.
    PageChanged,
    /// The site is closed for a while.
    Maintenance,
}

/// A bridged tab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Lane {
    /// The node's number of it.
    #[ts(type = "number")]
    pub lane: u64,
    /// What it does.
    pub state: LaneState,
    /// The turn that ended last in the page, where nobody has touched the page since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub after: Option<String>,
}

/// What a lane does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LaneState {
    /// Nothing.
    Idle,
    /// A turn.
    Busy,
    /// Its human uses it.
    Yielded,
    /// Its page is not ready.
    Unready,
}

/// Why a turn failed on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NodeFailure {
    /// Which kind.
    pub class: NodeFailureClass,
    /// Words of ours.
    pub message: String,
    /// The adapter's locator that did not resolve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub locator: Option<String>,
    /// Words of the site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub site_words: Option<String>,
}

/// Kinds of failure on a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum NodeFailureClass {
    /// The session has ended.
    SignedOut,
    /// A challenge for the human.
    Challenge,
    /// A consent for the human.
    Consent,
    /// The site limits its user.
    RateLimited,
    /// A quota of the account is used up.
    Quota,
    /// The site is closed for a while.
    Maintenance,
    /// The site refused the prompt.
    Moderated,
    /// A locator did not resolve.
    PageChanged,
    /// The page did not take the prompt or did not start to answer.
    NotStarted,
    /// The page showed an error of its own.
    PageError,
    /// The human took over.
    HumanBusy,
    /// Tab closed, reloaded, navigated away or crashed.
    LaneLost,
    /// The job's lane, site or form is not known.
    BadJob,
    /// The buffer of unacknowledged chunks is full.
    TooLarge,
    /// The page did not take a file.
    FileRefused,
    /// The page has no such model or setting, or did not take it.
    ChoiceRefused,
    /// The page's dialog for tools is not there, or did not take them. Nothing was typed.
    ToolsRefused,
    /// The page does not show the conversation any more that the turn was to go on with.
    ConversationLost,
    /// The page does not show the answer of the turn that was lost.
    AnswerLost,
}

/// A job that the node still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ResumeJob {
    /// The job.
    pub job: String,
    /// Whether the page has taken the prompt.
    pub accepted: bool,
    /// Number of the last chunk made.
    pub last_seq: u32,
    /// Number of the first chunk that can still be sent again; 0 where that is not known.
    #[serde(default)]
    pub first_seq: u32,
}
