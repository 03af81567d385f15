//! What the webhook and the log are told.

use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_store::ledger::now_ms;
use uuid::Uuid;

use crate::{app::App, nodes::SeatNeed};

/// Something that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Event {
    /// A seat needs its human.
    Needs(SeatNeed),
    /// It can be used again.
    Back(SeatNeed),
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
    reason: &'static str,
    advice: &'static str,
    since_ms: i64,
    words: String,
    /// All of it in a line: services that post messages to people show this.
    pub(super) text: String,
}

impl Message {
    pub(super) fn of(app: &App, event: Event) -> Self {
        let (name, SeatNeed { node, label, site, need }, text) = match event {
            Event::Needs(need) => {
                let SeatNeed { label, site, need: found, .. } = &need;
                let text = format!("{site} in {label}: {}. {}", found.problem, found.advice);
                ("seat.needs_human", need, text)
            }
            Event::Back(need) => {
                let text = format!("{} in {}: in service again.", need.site, need.label);
                ("seat.back", need, text)
            }
        };
        Self {
            id: format!("alert_{}", Uuid::now_v7().simple()),
            event: name,
            at_ms: now_ms(),
            gateway: app.store.gateway_id().to_string(),
            page: app.config().public_url.clone(),
            node,
            browser: label,
            site,
            reason: need.reason.word(),
            advice: need.advice,
            since_ms: need.since_ms,
            words: need.words,
            text,
        }
    }

    pub(super) fn needs_human(&self) -> bool {
        self.event == "seat.needs_human"
    }
}
