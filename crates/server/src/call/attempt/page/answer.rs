//! A page's answer: its records decoded into events, until its end or until its page is lost.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Delta, Event, Failure, FailureClass, Usage},
    ids::{JobId, NodeId},
    site_chat::{Medium, TurnDecoder},
    stream::Order,
};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use super::{
    conversation::Conversation,
    emulation::Emulation,
    harvest::{self, Harvests},
    meter::Meter,
    noted::Noted,
    turn::Again,
};
use crate::{
    app::App,
    call::{attempt::Failed, record::PageFacts},
    media::{self, Delivery},
    nodes::{JobEvent, JobHandle},
};

/// A page's answer in progress.
pub(in crate::call) struct PageAnswer {
    /// Gone when the turn needs nothing more from us. Dropped earlier it presses Stop.
    pub(super) job: Option<JobHandle>,
    pub(super) id: JobId,
    pub(super) node: NodeId,
    pub(super) lane: u64,
    /// The conversation, where the page's may be gone on with.
    pub(super) conversation: Option<Conversation>,
    /// What became of the page's own: `fresh`, `continued` or `pinned`.
    pub(super) conversation_word: &'static str,
    /// Nobody else types in the pinned conversation meanwhile.
    pub(super) _pinned: Option<OwnedSemaphorePermit>,
    pub(super) app: Arc<App>,
    pub(super) delivery: Delivery,
    /// Media that are not in the text.
    pub(super) apart: Vec<Medium>,
    pub(super) base: String,
    pub(super) decoder: TurnDecoder,
    /// What became of pages that were lost.
    pub(super) harvests: Harvests,
    pub(super) _noted: Noted,
    pub(super) order: Order,
    pub(super) prompt: String,
    /// What is emulated, where something is.
    pub(super) emulation: Option<Emulation>,
    /// For a further turn.
    pub(super) again: Again,
    /// When the page must have begun.
    pub(super) first_token: Instant,
    /// How long the page may be silent.
    pub(super) silence: Duration,
    /// When the whole answer must be over.
    pub(super) deadline: Instant,
    /// Whether the page took the prompt.
    pub(super) accepted: bool,
    /// Counts what the turn uses.
    pub(super) meter: Meter,
    /// Tokens of turns that have ended.
    pub(super) spent: Option<Usage>,
    /// Events that nobody has taken yet; they follow the grammar.
    pub(super) ready: Vec<Event>,
    pub(super) ended: bool,
    /// Fields that the page could not honour in full.
    pub(in crate::call) losses: Vec<String>,
}

impl PageAnswer {
    /// Waits until something of the answer is there.
    pub(super) async fn begin(&mut self) -> Result<(), Failed> {
        while !self.has_begun() {
            let stepped = self.step().await;
            stepped.map_err(|failure| Failed { failure, page: self.facts() })?;
        }
        Ok(())
    }

    /// The next events, at least one unless the answer has ended.
    pub(in crate::call) async fn next(&mut self) -> Result<Vec<Event>, Failure> {
        while self.ready.is_empty() && !self.ended {
            self.step().await?;
        }
        Ok(std::mem::take(&mut self.ready))
    }

    /// The media that are not in the text.
    pub(in crate::call) fn take_media(&mut self) -> Vec<Medium> {
        std::mem::take(&mut self.apart)
    }

    /// Whether every event has been taken.
    pub(in crate::call) fn has_ended(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    /// What the ledger says of the page.
    pub(in crate::call) fn facts(&self) -> PageFacts {
        let (accepted, losses) = (self.accepted, self.losses.join(","));
        let conversation = self.conversation_word;
        let (node, lane) = (Some(self.node), Some(self.lane));
        PageFacts { node, lane, conversation, accepted, losses }
    }

    /// Fields of the request that are honoured by prompt alone.
    pub(in crate::call) fn emulated(&self) -> Vec<&'static str> {
        self.emulation.as_ref().map(|emulation| emulation.fields.clone()).unwrap_or_default()
    }

    /// Whether something of the answer is there: text, a call, or its end.
    fn has_begun(&self) -> bool {
        let some = |event: &Event| matches!(event, Event::Delta { delta: Delta::Text(more) | Delta::Arguments(more), .. } if !more.is_empty());
        self.ended || self.decoder.has_media() || self.ready.iter().any(some)
    }

    async fn step(&mut self) -> Result<(), Failure> {
        let stepped = self.one_step().await;
        match self.harvests.has_begun() {
            true => stepped.map_err(harvest::unknown),
            false => stepped,
        }
    }

    async fn one_step(&mut self) -> Result<(), Failure> {
        let Some(job) = &mut self.job else { return Ok(()) };
        // What is held back has been heard, too.
        let (due, late) = if self.decoder.has_answer() {
            (Instant::now() + self.silence, FailureClass::SilenceTimeout)
        } else {
            (self.first_token, FailureClass::FirstTokenTimeout)
        };
        let mut event = timeout_at(due.min(self.deadline), job.next()).await.ok();
        if event.is_none() && job.is_away() {
            // Its own grace ends the turn, or its page's word.
            event = timeout_at(self.deadline, job.next()).await.ok();
        }
        let event = event.ok_or_else(|| {
            job.too_slow();
            if Instant::now() < self.deadline {
                Failure::new(late, "the page was silent for too long")
            } else {
                Failure::new(FailureClass::TotalTimeout, "the page's answer took too long")
            }
        })?;
        let mut decoded = Vec::new();
        let mut done = false;
        match event {
            JobEvent::Accepted => self.accepted = true,
            JobEvent::Record(record) => {
                self.accepted = true;
                if let Err(failure) = self.decoder.push(record, &mut decoded) {
                    return Err(self.complained(failure));
                }
            }
            JobEvent::Done { .. } => {
                let media = self.decoder.finish(&mut decoded)?;
                self.deliver(media, &mut decoded).await;
                if self.decoder.has_lost_media() {
                    self.losses.push("media".to_owned());
                }
                done = true;
            }
            JobEvent::Failed { failure, accepted } => {
                self.accepted |= accepted;
                // A call is in no conversation as it was made.
                if self.harvests.is_for(failure.class) && self.again.tools.is_none() {
                    return self.harvest(failure).await;
                }
                return Err(failure);
            }
        }
        self.meter.hear(&decoded);
        decoded = self.harvests.pass(decoded)?;
        if let Some(emulation) = &mut self.emulation {
            decoded = emulation.pass(decoded)?;
        }
        self.say(decoded);
        if done || self.decoder.is_complete() { self.end().await } else { Ok(()) }
    }

    /// Gives the answer's media in the way that is asked for. One that cannot be kept is said with
    /// its data: an answer is not lost for want of room.
    async fn deliver(&mut self, media: Vec<Medium>, out: &mut Vec<Event>) {
        let mut said = Vec::with_capacity(media.len());
        for medium in media {
            let address = match self.delivery {
                Delivery::Apart => {
                    self.apart.push(medium);
                    continue;
                }
                _ if medium.unread.is_some() => medium.unread.clone(),
                Delivery::Inline => None,
                Delivery::Kept => match media::keep(&self.app, &medium, &self.base).await {
                    Ok(address) => Some(address),
                    Err(error) => {
                        tracing::warn!(%error, "a medium is not kept");
                        None
                    }
                },
            };
            said.push((medium, address));
        }
        self.decoder.close(&said, out);
    }

    fn say(&mut self, events: Vec<Event>) {
        let heard = self.ready.len();
        for event in events {
            self.order.push(event, &mut self.ready);
        }
        if let Some(conversation) = &mut self.conversation {
            conversation.hear(&self.ready[heard..]);
        }
    }

    /// The turn is whole; the lane is free when the page says so.
    async fn end(&mut self) -> Result<(), Failure> {
        if !self.decoder.has_answer() {
            return Err(Failure::new(FailureClass::PageError, "the page ended without an answer"));
        }
        if let Some(job) = self.job.take() {
            job.complete();
        }
        let turn = self.meter.spent(&self.prompt, self.decoder.answer_chars()).await;
        let spent = self.spent.map_or(turn, |spent| spent.and(turn));
        self.spent = Some(spent);
        if let Some(emulation) = &mut self.emulation {
            let (left, mending) = emulation.end()?;
            self.say(left);
            if let Some(request) = mending {
                return self.mend(&request).await;
            }
        }
        self.order.push(Event::Usage(spent), &mut self.ready);
        self.order.finish(&mut self.ready);
        self.ended = true;
        if let Some(conversation) = &self.conversation {
            conversation.ends(self.id);
        }
        Ok(())
    }

    /// The records hold a failure. Where the site itself said so, its page ends the turn by itself:
    /// nothing is to be stopped, and its node says what the page shows.
    fn complained(&mut self, failure: Failure) -> Failure {
        if matches!(failure.class, FailureClass::PageError | FailureClass::Moderated)
            && let Some(job) = self.job.take()
        {
            job.complete();
        }
        failure
    }
}
