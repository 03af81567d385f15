//! What the webhook and the log are told.

use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_store::ledger::now_ms;
use uuid::Uuid;

use crate::{
    app::App,
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
    pub(super) node: NodeId,
    browser: String,
    pub(super) site: String,
    #[serde(flatten)]
    about: About,
    /// All of it in a line: services that post messages to people show this.
    pub(super) text: String,
}

/// What it is about.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum About {
    Need { reason: &'static str, advice: &'static str, since_ms: i64, words: String },
    End { advice: &'static str, ends_ms: i64 },
}

/// What to do about a session that ends.
const RENEW: &str = "Sign in again in that browser before it ends.";

impl Message {
    pub(super) fn of(app: &App, event: Event) -> Self {
        let (event, node, browser, site, about, text) = match event {
            Event::Needs(SeatNeed { node, label, site, need }) => {
                let text = format!("{site} in {label}: {}. {}", need.problem, need.advice);
                ("seat.needs_human", node, label, site, About::of(need), text)
            }
            Event::Back(SeatNeed { node, label, site, need }) => {
                let text = format!("{site} in {label}: in service again.");
                ("seat.back", node, label, site, About::of(need), text)
            }
            Event::Ends(SessionEnd { node, label, site, ends_ms }) => {
                let hours = ends_ms.saturating_sub(now_ms()).max(0) / 3_600_000;
                let text = format!("{site} in {label}: its session ends in {hours} h. {RENEW}");
                let about = About::End { advice: RENEW, ends_ms };
                ("seat.session_ends", node, label, site, about, text)
            }
        };
        Self {
            id: format!("alert_{}", Uuid::now_v7().simple()),
            event,
            at_ms: now_ms(),
            gateway: app.store.gateway_id().to_string(),
            page: app.config().public_url.clone(),
            node,
            browser,
            site,
            about,
            text,
        }
    }

    /// Whether somebody has to do something.
    pub(super) fn is_urgent(&self) -> bool {
        self.event != "seat.back"
    }
}

impl About {
    fn of(need: NeedView) -> Self {
        let NeedView { reason, advice, since_ms, words, .. } = need;
        Self::Need { reason: reason.word(), advice, since_ms, words }
    }
}
