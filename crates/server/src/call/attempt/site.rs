//! An attempt at a page: the request as a prompt, a turn of a lane, and the page's records decoded
//! into events.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Delta, Event, Failure, FailureClass, Loss, Severity},
    ids::NodeId,
    site_chat::{TurnDecoder, estimate_usage},
    stream::Order,
};
use tabway_protocol::message::Site;
use tokio::time::{Instant, timeout_at};

use super::{Failed, page_order};
use crate::{
    call::{admit::Call, choice::Choice, record::PageFacts},
    nodes::{JobEvent, JobHandle, JobOrder},
};

/// How long a request waits for a free lane and the seat's pacing.
const LANE_PATIENCE: Duration = Duration::from_secs(60);

/// A page's answer in progress.
pub(in crate::call) struct PageAnswer {
    /// Gone when the turn needs nothing more from us. Dropped earlier it presses Stop.
    job: Option<JobHandle>,
    node: NodeId,
    decoder: TurnDecoder,
    order: Order,
    prompt: String,
    /// How long the page may be silent.
    silence: Duration,
    /// When the whole turn must be over.
    deadline: Instant,
    /// Whether the page took the prompt.
    accepted: bool,
    /// Events that nobody has taken yet; they follow the grammar.
    ready: Vec<Event>,
    ended: bool,
    /// Fields that the page could not honour in full.
    pub(in crate::call) losses: Vec<String>,
}

pub(super) async fn attempt(call: &Call, site: &str, model: &str) -> Result<PageAnswer, Failed> {
    let known = find_site(call, site)?;
    let choice = Choice::of(&known.adapter, model);
    let prompt = page_order::prompt(&call.body, &known.adapter, &choice)?;
    let limits = &known.adapter.limits;
    let ms = Duration::from_millis;
    let left = call.deadline.saturating_duration_since(std::time::Instant::now());
    let total = ms(limits.total_ms).min(left);
    let losses = meaning_lost(&prompt.losses);
    let plain = JobOrder::new(site, choice.model, &prompt.text);
    let uploads = known.adapter.files.as_ref().map_or(0, |files| files.wait_ms);
    let order = JobOrder {
        wait: LANE_PATIENCE.min(left),
        total,
        mode: choice.mode.map(|mode| mode.name.clone()),
        settings: prompt.settings,
        accept: if prompt.files.is_empty() { plain.accept } else { plain.accept + ms(uploads) },
        files: prompt.files,
        ..plain
    };
    let job = call.worker.app.nodes.start(order).await?;
    let node = job.node();
    let mut answer = PageAnswer {
        job: Some(job),
        node,
        decoder: TurnDecoder::new(
            &known.adapter.answer,
            choice.sides(),
            !known.adapter.media.is_empty(),
        ),
        order: Order::default(),
        prompt: prompt.text,
        silence: call.model.deadlines.idle.unwrap_or(ms(limits.silence_ms)),
        deadline: Instant::now() + total,
        accepted: false,
        ready: Vec::new(),
        ended: false,
        losses,
    };
    let patience = call.model.deadlines.first_byte.unwrap_or(ms(limits.first_token_ms));
    let first_token = Instant::now() + patience;
    while !answer.has_begun() {
        let stepped = answer.step(first_token, FailureClass::FirstTokenTimeout).await;
        stepped.map_err(|failure| Failed { failure, page: answer.facts() })?;
    }
    Ok(answer)
}

impl PageAnswer {
    /// The next events, at least one unless the answer has ended.
    pub(in crate::call) async fn next(&mut self) -> Result<Vec<Event>, Failure> {
        while self.ready.is_empty() && !self.ended {
            self.step(Instant::now() + self.silence, FailureClass::SilenceTimeout).await?;
        }
        Ok(std::mem::take(&mut self.ready))
    }

    /// Whether every event has been taken.
    pub(in crate::call) fn has_ended(&self) -> bool {
        self.ended && self.ready.is_empty()
    }

    /// What the ledger says of the page.
    pub(in crate::call) fn facts(&self) -> PageFacts {
        let (accepted, losses) = (self.accepted, self.losses.join(","));
        PageFacts { node: Some(self.node), accepted, losses }
    }

    /// Whether something of the answer is there: text, or its end.
    fn has_begun(&self) -> bool {
        let text = |event: &Event| matches!(event, Event::Delta { delta: Delta::Text(text), .. } if !text.is_empty());
        self.ended || self.decoder.has_media() || self.ready.iter().any(text)
    }

    async fn step(&mut self, due: Instant, late: FailureClass) -> Result<(), Failure> {
        let Some(job) = &mut self.job else { return Ok(()) };
        let event = timeout_at(due.min(self.deadline), job.next()).await.map_err(|_| {
            if due < self.deadline {
                Failure::new(late, "the page was silent for too long")
            } else {
                Failure::new(FailureClass::TotalTimeout, "the page's answer took too long")
            }
        })?;
        let mut decoded = Vec::new();
        match event {
            JobEvent::Accepted => self.accepted = true,
            JobEvent::Record(record) => {
                self.accepted = true;
                if let Err(failure) = self.decoder.push(record, &mut decoded) {
                    return Err(self.complained(failure));
                }
            }
            JobEvent::Done { .. } => {
                self.decoder.finish(&mut decoded)?;
                if self.decoder.has_lost_media() {
                    self.losses.push("media".to_owned());
                }
                self.ended = true;
            }
            JobEvent::Failed { failure, accepted } => {
                self.accepted |= accepted;
                return Err(failure);
            }
        }
        for event in decoded {
            self.order.push(event, &mut self.ready);
        }
        if self.ended || self.decoder.is_complete() {
            self.end()?;
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

    /// The answer is whole; the lane is free when the page says so.
    fn end(&mut self) -> Result<(), Failure> {
        if !self.decoder.has_answer() {
            return Err(Failure::new(FailureClass::PageError, "the page ended without an answer"));
        }
        let usage = estimate_usage(&self.prompt, self.decoder.answer_chars());
        self.order.push(Event::Usage(usage), &mut self.ready);
        self.order.finish(&mut self.ready);
        self.ended = true;
        if let Some(job) = self.job.take() {
            job.complete();
        }
        Ok(())
    }
}

fn find_site(call: &Call, name: &str) -> Result<Arc<Site>, Failure> {
    let sites = call.worker.app.nodes.sites();
    sites.into_iter().find(|site| site.name == name).ok_or_else(|| {
        let words = format!("no site is named `{name}`; `tabway site list` shows those there are");
        Failure::new(FailureClass::NoNode, words)
    })
}

fn meaning_lost(losses: &[Loss]) -> Vec<String> {
    let meaning = losses.iter().filter(|loss| loss.severity >= Severity::Meaning);
    meaning.map(|loss| loss.path.clone()).collect()
}
