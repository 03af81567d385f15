//! Which conversation of the page a request goes to: on with the one that it repeats, where a page
//! of the same key still shows it, else a new one.

use std::sync::Arc;

use tabway_dialects::{
    chat::{ChatRequest, Event},
    ids::JobId,
};
use tabway_protocol::adapter::{Adapter, Parameter};

use crate::{
    app::App,
    call::{
        admit::Call,
        choice::Choice,
        talk::{Answered, Talk},
    },
    config::Conversations,
    media::Delivery,
    nodes::{HeldTalk, JobHandle},
};

/// A request's own conversation, and what the page makes of it.
pub(super) struct Conversation {
    app: Arc<App>,
    talk: Talk,
    answered: Answered,
    at: Option<HeldTalk>,
}

impl Conversation {
    /// None where the site wants a new chat each time, or where the page gives two answers at once,
    /// of which it goes on with both; or for pictures alone, which are no turn of a conversation.
    pub(super) fn of(
        call: &Call,
        site: &str,
        (model, choice): (&str, &Choice<'_>),
        request: &ChatRequest,
    ) -> Option<Self> {
        let app = call.worker.app.clone();
        let wanted = app.manners(site).conversations == Conversations::Continue
            && call.media != Delivery::Apart;
        (wanted && choice.answers() == 1).then(|| Self {
            talk: Talk::of(&call.owner, &[site, model], request),
            answered: Answered::default(),
            at: None,
            app,
        })
    }

    /// The page that shows all turns before this one, as far as we know.
    pub(super) fn held(&self) -> Option<(HeldTalk, usize)> {
        Some((self.app.talks.find(self.talk.head.as_ref()?)?, self.talk.tail))
    }

    /// A lane has the turn: what it showed before is no more.
    pub(super) fn begins(&mut self, job: &JobHandle) {
        let (node, lane, after) = (job.node(), job.lane(), job.id());
        self.app.talks.leave(node, lane);
        self.at = Some(HeldTalk { node, lane, after });
    }

    /// More of the answer, as the client gets it.
    pub(super) fn hear(&mut self, events: &[Event]) {
        for event in events {
            self.answered.push(event);
        }
    }

    /// The answer is whole. Only the turn that the conversation ends with can be gone on from.
    pub(super) fn ends(&self, job: JobId) {
        if let Some(at) = self.at.filter(|at| at.after == job) {
            self.app.talks.stands(self.talk.answered(&self.answered), at);
        }
    }
}

/// Leaves of a request the turns from this one on. Instructions that the page has no field for were
/// typed with the first of them.
pub(super) fn leave_last(request: &mut ChatRequest, tail: usize, adapter: &Adapter) {
    request.messages.drain(..tail.min(request.messages.len()));
    if !adapter.parameters.contains_key(&Parameter::System) {
        request.system.clear();
    }
}
