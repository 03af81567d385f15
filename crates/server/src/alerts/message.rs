//! What the webhook and the log are told.

use std::fmt;

use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_store::ledger::now_ms;
use uuid::Uuid;

use crate::{
    app::App,
    call::places::RefusedAccount,
    nodes::{NeedView, SeatNeed, SessionEnd},
};

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A seat needs its human.
    Needs(SeatNeed),
    /// It can be used again.
    Back(SeatNeed),
    /// Its session ends soon.
    Ends(SessionEnd),
    /// An upstream refuses an account's credential.
    Refused(RefusedAccount),
    /// It takes it again, or it was replaced.
    Accepted(RefusedAccount),
}

/// The message as it is sent. Nothing of prompts or answers is in it.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Message {
    /// The same when it is sent again after a failure.
    id: String,
    event: &'static str,
    at_ms: i64,
    /// The gateway's id.
    gateway: String,
    /// Where its state is shown, where it has a public address.
    #[serde(skip_serializing_if = "Option::is_none")]
    page: Option<String>,
    #[serde(flatten)]
    pub(super) whose: Whose,
    #[serde(flatten)]
    about: About,
    /// All of it in a line: services that post messages to people show this.
    pub(super) text: String,
}

/// Whose state it is.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Whose {
    Seat { node: NodeId, browser: String, site: String },
    Account { provider: String, account: String },
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seat { node, site, .. } => write!(f, "{site} in {node}"),
            Self::Account { provider, account } => write!(f, "{provider}#{account}"),
        }
    }
}

/// What it is about.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum About {
    Need { reason: &'static str, advice: &'static str, since_ms: i64, words: String },
    End { advice: &'static str, ends_ms: i64 },
    Account { advice: &'static str, since_ms: i64 },
}

/// What to do about a session that ends.
const RENEW: &str = "Sign in again in that browser before it ends.";

/// What to do about a refused credential.
const RENEW_KEY: &str = "Give the account another secret; it rests, and one request now and then \
                         tries the old one.";

impl Message {
    pub(super) fn of(app: &App, event: Event) -> Self {
        let seat = |node, browser, site| Whose::Seat { node, browser, site };
        let (event, whose, about, text) = match event {
            Event::Needs(SeatNeed { node, label, site, need }) => {
                let text = format!("{site} in {label}: {}. {}", need.problem, need.advice);
                ("seat.needs_human", seat(node, label, site), About::of(need), text)
            }
            Event::Back(SeatNeed { node, label, site, need }) => {
                let text = format!("{site} in {label}: in service again.");
                ("seat.back", seat(node, label, site), About::of(need), text)
            }
            Event::Ends(SessionEnd { node, label, site, ends_ms }) => {
                let hours = ends_ms.saturating_sub(now_ms()).max(0) / 3_600_000;
                let text = format!("{site} in {label}: its session ends in {hours} h. {RENEW}");
                let about = About::End { advice: RENEW, ends_ms };
                ("seat.session_ends", seat(node, label, site), about, text)
            }
            Event::Refused(RefusedAccount { provider, account, since_ms }) => {
                let text = format!(
                    "{provider}#{account}: the upstream refuses its credential. {RENEW_KEY}"
                );
                let about = About::Account { advice: RENEW_KEY, since_ms };
                ("account.out", Whose::Account { provider, account }, about, text)
            }
            Event::Accepted(RefusedAccount { provider, account, since_ms }) => {
                let text = format!("{provider}#{account}: in service again.");
                let about = About::Account { advice: "", since_ms };
                ("account.back", Whose::Account { provider, account }, about, text)
            }
        };
        Self {
            id: format!("alert_{}", Uuid::now_v7().simple()),
            event,
            at_ms: now_ms(),
            gateway: app.store.gateway_id().to_string(),
            page: app.config().public_url.clone(),
            whose,
            about,
            text,
        }
    }

    /// Whether somebody has to do something.
    pub(super) fn is_urgent(&self) -> bool {
        !self.event.ends_with(".back")
    }
}

impl About {
    fn of(need: NeedView) -> Self {
        let NeedView { reason, advice, since_ms, words, .. } = need;
        Self::Need { reason: reason.word(), advice, since_ms, words }
    }
}
