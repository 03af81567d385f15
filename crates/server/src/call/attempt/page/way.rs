//! The way that a turn goes: into a new chat, on with a conversation that a page shows, into one that
//! stands for the model, or back to where it was typed before.

use std::time::Duration;

use tabway_dialects::chat::{ChatRequest, Role};

use super::{
    conversation::Conversation,
    pinned::{self, Taken},
};
use crate::nodes::{HeldTalk, LeftTurn};

/// How long it waits for the tab that shows its conversation; after that any will do.
const TALK_PATIENCE: Duration = Duration::from_secs(10);

/// Where a turn goes.
#[derive(Default)]
pub(super) struct Way {
    /// The request's own conversation, where the page's may be gone on with.
    pub(super) conversation: Option<Conversation>,
    /// The page that shows all turns before this one, and where that is in the request.
    pub(super) on: Option<(HeldTalk, usize)>,
    /// The conversation that stands for the model.
    pub(super) pinned: Option<Taken>,
    /// It was typed in an earlier life of the gateway: its answer is read.
    pub(super) left: Option<LeftTurn>,
    /// Its tools go into the page's own dialog.
    pub(super) native: bool,
}

impl Way {
    /// What becomes of the page's conversation, in the ledger's word.
    pub(super) fn word(&self) -> &'static str {
        match (&self.on, &self.pinned) {
            (_, Some(_)) => "pinned",
            (Some(_), None) => "continued",
            (None, None) => "fresh",
        }
    }

    /// How many turns of the request the page has already.
    pub(super) fn shown(&self, asked: &ChatRequest) -> usize {
        if self.pinned.as_ref().is_some_and(|taken| !taken.is_whole) {
            let last = asked.messages.iter().rposition(|message| message.role == Role::Assistant);
            // A request that ends with an answer has nothing new: all of it is typed.
            return last.map_or(0, |last| last + 1) % asked.messages.len().max(1);
        }
        self.on.as_ref().map_or(0, |(_, turns)| *turns)
    }

    /// How long a turn waits for its place where another way is open.
    pub(super) fn patience(&self) -> Option<Duration> {
        match (&self.on, &self.pinned) {
            (_, Some(taken)) => (!taken.is_last).then_some(pinned::PATIENCE),
            (Some(_), None) => Some(TALK_PATIENCE),
            (None, None) => None,
        }
    }
}
