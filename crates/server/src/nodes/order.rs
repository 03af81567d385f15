//! What the request path asks of the bridge and what it is told: the seam between the two.

use std::{collections::BTreeSet, time::Duration};

use tabway_dialects::{
    chat::Failure,
    ids::{JobId, NodeId, RequestId},
    site_chat::{Attachment, PageRecord, Settings},
};
use tabway_protocol::{
    adapter::{Capability, QuotaKind},
    message::{LaneState, SeatState},
};

use super::{HealthReport, NeedView, SelfTest, held::HeldTalk};

/// The longest that any turn may take.
pub const MAX_TURN: Duration = Duration::from_secs(2 * 60 * 60);

/// The model's name that stands for the page's own choice.
pub const PAGES_OWN: &str = "default";

/// One turn for a site.
#[derive(Debug, Clone)]
pub struct JobOrder {
    /// The request that it is for, by which it is found and cancelled; none for our own turns.
    pub request: Option<RequestId>,
    /// The name of the key that asks: keys take turns in the queue. Empty where there is none.
    pub key: String,
    /// The site.
    pub site: String,
    /// The model as seats report it; [`PAGES_OWN`] leaves the choice to the page.
    pub model: String,
    /// The adapter's mode to open, by name.
    pub mode: Option<String>,
    /// Settings for the page's controls.
    pub settings: Settings,
    /// Declarations of functions for the page's own dialog.
    pub tools: Option<String>,
    /// Files to add to the prompt.
    pub files: Vec<Attachment>,
    /// The lane that must take it, in which a draft is tried; any where absent.
    pub lane: Option<u64>,
    /// What to type.
    pub prompt: String,
    /// The conversation of a page to go on with, and nowhere else; a new chat where absent.
    pub held: Option<HeldTalk>,
    /// The conversation to open and go on with.
    pub pinned: Option<Pinned>,
    /// By which the request is known again after the gateway was killed; none for turns of our own.
    pub print: Option<[u8; 32]>,
    /// The lost turn whose answer is to be read where it was typed; nothing is typed then.
    pub harvest: Option<LostTurn>,
    /// How long to wait for a free lane and the seat's pacing.
    pub wait: Duration,
    /// Until the page must have accepted the prompt.
    pub accept: Duration,
    /// For the whole turn; at most [`MAX_TURN`].
    pub total: Duration,
}

/// A conversation of a site by its address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pinned {
    /// The browser that can open it; any of the site where none.
    pub node: Option<NodeId>,
    /// Path and query.
    pub address: String,
}

impl JobOrder {
    /// A turn in a new chat, with the usual deadlines.
    #[must_use]
    pub fn new(
        site: impl Into<String>,
        model: impl Into<String>,
        prompt: impl Into<String>,
    ) -> Self {
        Self {
            request: None,
            key: String::new(),
            site: site.into(),
            model: model.into(),
            mode: None,
            settings: Settings::new(),
            tools: None,
            files: Vec::new(),
            lane: None,
            prompt: prompt.into(),
            held: None,
            pinned: None,
            print: None,
            harvest: None,
            wait: Duration::from_secs(60),
            accept: Duration::from_secs(30),
            total: Duration::from_secs(15 * 60),
        }
    }
}

/// A turn whose page was lost after it had taken the prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostTurn {
    /// Its id.
    pub job: JobId,
    /// The browser that had it.
    pub node: NodeId,
    /// Its tab; another of the seat will do.
    pub lane: u64,
}

/// What becomes of a turn. Records come in order, each exactly once; the last event is `Done` or
/// `Failed`, and there is one of them.
#[derive(Debug, Clone, PartialEq)]
pub enum JobEvent {
    /// The page took the prompt: it is never typed again.
    Accepted,
    /// What the page sent or showed.
    Record(PageRecord),
    /// The page is done.
    Done {
        /// Whether it was stopped on our word.
        cancelled: bool,
    },
    /// The turn failed.
    Failed {
        /// Why.
        failure: Failure,
        /// Whether the page had taken the prompt, as far as we know.
        accepted: bool,
    },
}

/// Where a request stands in the queue of its site.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueuePlace {
    /// How many are served before it is done waiting, itself counted.
    pub position: usize,
    /// How many wait.
    pub of: usize,
}

/// A request that waits for a lane, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueuedView {
    /// The request; none for the gateway's own turns.
    pub request: Option<RequestId>,
    /// The site.
    pub site: String,
    /// The model there.
    pub model: String,
    /// The name of the key that asks.
    pub key: String,
    /// Where it stands.
    pub place: QueuePlace,
    /// For how long it has waited.
    pub waited: Duration,
    /// For how much longer it will.
    pub left: Duration,
    /// What it waits for.
    pub reason: Option<String>,
}

/// A model of a site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SiteModel {
    /// The site.
    pub site: String,
    /// The model's name there.
    pub model: String,
    /// Whether a seat could serve it now or as soon as a lane is free.
    pub ready: bool,
    /// What it can take and give.
    pub capabilities: BTreeSet<Capability>,
}

/// A paired browser, for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeView {
    /// Its id.
    pub id: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// Browser name and version.
    pub browser: String,
    /// The extension's version.
    pub extension: String,
    /// The extension does not understand all that this gateway has to say.
    pub is_outdated: bool,
    /// Whether its socket is open.
    pub connected: bool,
    /// Its human paused it.
    pub paused: bool,
    /// It comes and goes too often to be given turns.
    pub flapping: bool,
    /// What it can serve.
    pub seats: Vec<SeatView>,
}

/// A (node, site) pair, for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct SeatView {
    /// The node.
    pub node: NodeId,
    /// What its owner calls the node.
    pub label: String,
    /// The site.
    pub site: String,
    /// What its page shows.
    pub state: SeatState,
    /// Words for the owner, where something is wrong.
    pub detail: String,
    /// Milliseconds for which it rests after a limit or failures.
    pub rests_ms: Option<u64>,
    /// The same with why, and used-up quotas, which rest alone.
    pub rests: Vec<RestView>,
    /// How well it does.
    pub health: HealthReport,
    /// Turns of the last hour, where the site caps them.
    pub started_in_hour: usize,
    /// Turns since the gateway started.
    pub turns: u64,
    /// What its human is needed for.
    pub need: Option<NeedView>,
    /// Its owner lets us keep a picture while it needs its human.
    pub picture: bool,
    /// When its page says that the session ends, in milliseconds since the epoch.
    pub session_ends_ms: Option<i64>,
    /// How its last self-test went; none where its adapter needs none or had none yet.
    pub self_test: Option<SelfTest>,
    /// Its tabs.
    pub lanes: Vec<LaneView>,
    /// Models that the page offers.
    pub models: Vec<String>,
}

/// A rest of a seat, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "Rest")]
pub struct RestView {
    /// The quota that is used up; all of the seat where none.
    pub quota: Option<QuotaKind>,
    /// Milliseconds to its end.
    pub left_ms: u64,
    /// The code of the failure that it is for.
    pub code: &'static str,
    /// What the page said.
    pub words: String,
}

/// A bridged tab, for people to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneView {
    /// The node's number of it.
    pub lane: u64,
    /// What it does.
    pub state: LaneState,
    /// The turn that we gave it.
    pub job: Option<JobId>,
}
