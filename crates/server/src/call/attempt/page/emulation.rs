//! What a page lacks, for one request: whether it is emulated there, and the turn that mends an
//! answer.

use tabway_dialects::{
    chat::{ChatRequest, Event, Failure, OutputFormat, Severity},
    emulate::{Ending, Plan, Style, Turn},
    ids::RequestId,
    site_chat::DecoderSpec,
};
use tabway_protocol::adapter::Adapter;

use tokio::time::Instant;

use super::{
    answer::PageAnswer,
    harvest::Harvests,
    order,
    turn::{decoder, job_order},
};
use crate::{call::choice::Choice, config::Model};

/// An emulated answer in progress.
pub(super) struct Emulation {
    turn: Turn,
    /// The request in words alone.
    request: ChatRequest,
    /// Fields that are emulated.
    pub(super) fields: Vec<&'static str>,
    /// What that weakens.
    pub(super) losses: Vec<String>,
}

/// The request as the page gets it, and what is emulated of it.
///
/// # Errors
/// As [`Plan::of`].
pub(super) fn prepare(
    request: ChatRequest,
    (model, adapter, choice): (&Model, &Adapter, &Choice<'_>),
    (id, native): (RequestId, bool),
) -> Result<(ChatRequest, Option<Emulation>), Failure> {
    // Of two answers to one prompt none could be mended without the other.
    let is_wanted = model.emulate || (native && request.output == OutputFormat::Text);
    if !is_wanted || choice.answers() > 1 {
        return Ok((request, None));
    }
    let style = match adapter.answer {
        DecoderSpec::Dom(_) => Style::Fences,
        DecoderSpec::Records(_) | DecoderSpec::Patches(_) => Style::Tags,
    };
    let Some(plan) = Plan::of(&request, style)? else { return Ok((request, None)) };
    let plan = if native { plan.natively() } else { plan };
    let losses = plan.losses().into_iter().filter(|loss| loss.severity >= Severity::Meaning);
    let request = plan.apply(&request);
    let emulation = Emulation {
        request: request.clone(),
        fields: plan.fields(),
        losses: losses.map(|loss| loss.path).collect(),
        turn: Turn::new(plan, call_ids(id)),
    };
    Ok((request, Some(emulation)))
}

impl Emulation {
    /// The events that the client gets for those of the page.
    ///
    /// # Errors
    /// As [`Turn::push`].
    pub(super) fn pass(&mut self, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let mut out = Vec::with_capacity(events.len());
        events.into_iter().try_for_each(|event| self.turn.push(event, &mut out))?;
        Ok(out)
    }

    /// The page's answer has ended: what is left of it, and the request of one more turn, where
    /// something has to be mended.
    ///
    /// # Errors
    /// As [`Turn::end`].
    pub(super) fn end(&mut self) -> Result<(Vec<Event>, Option<ChatRequest>), Failure> {
        let mut out = Vec::new();
        Ok(match self.turn.end(&mut out)? {
            Ending::Whole => (out, None),
            Ending::Again(repair) => (out, Some(repair.follow(&self.request))),
        })
    }
}

impl PageAnswer {
    /// One more turn, in a chat of its own, whose answer goes on where this one ended.
    pub(super) async fn mend(&mut self, request: &ChatRequest) -> Result<(), Failure> {
        let again = &self.again;
        let choice = Choice::of(&again.site.adapter, &again.model);
        let packing = self.app.manners(&again.site.name).packing;
        let written = (again.given.clone(), packing);
        let prompt = order::prompt(request, &again.site.adapter, &choice, written)?;
        // What the page shows then is not what the client repeats.
        self.conversation = None;
        self.conversation_word = "fresh";
        self.prompt.clone_from(&prompt.text);
        self.meter.begin(&self.prompt);
        let left = self.deadline.saturating_duration_since(Instant::now());
        let wait = self.app.config().queue.wait.min(left);
        let order = job_order(again, &choice, prompt, (wait, left));
        let job = self.app.nodes.start(order).await?;
        (self.id, self.node, self.lane) = (job.id(), job.node(), job.lane());
        self.app.talks.leave(self.node, self.lane);
        self.decoder = decoder(&again.site, &choice, again.tools.is_some());
        self.harvests = Harvests::default();
        self.first_token = Instant::now() + again.patience;
        self.job = Some(job);
        Ok(())
    }
}

/// What ids of calls begin with: the random half of the request's id. They stay below the 40
/// characters that some clients hold them to.
fn call_ids(id: RequestId) -> String {
    let id = id.uuid().simple().to_string();
    format!("call_{}_", id.get(12..).unwrap_or_default())
}
