//! What is written down about a request. Dropped before the end it says that the client left, so
//! every admitted request has exactly one end.

use std::{io, sync::Arc, time::Instant};

use tabway_dialects::{
    chat::{Failure, FailureClass, Usage},
    ids::{NodeId, RequestId},
    patch::Peek,
};
use tabway_store::ledger::{self, Ended, Opened};

use super::{
    Order, admit::input_tokens, catalogue, places::InFlight, repeats::Repeat, route::Candidate,
};
use crate::{
    app::App,
    keys::{Admission, Caller, Watch, ended},
    metrics::{End, Kind, ModelFigures},
    redact,
};

/// The longest words of a failure, in bytes.
const MAX_WORDS: usize = 600;

/// One admitted request.
pub(crate) struct Record {
    app: Arc<App>,
    id: RequestId,
    caller: Caller,
    started: Instant,
    attempts: u32,
    attempt_began: Instant,
    first_byte_ms: Option<u64>,
    /// What is counted of its model.
    figures: Arc<ModelFigures>,
    kind: Kind,
    /// Tokens of the request, by estimate.
    input_estimate: u64,
    held: Held,
    /// Gone when the end is written.
    slot: Option<ledger::Slot>,
}

/// What a request holds until its end.
#[derive(Debug)]
pub(super) struct Held {
    /// Of its key's limits.
    pub(super) admission: Option<Box<Admission>>,
    /// The name under which nobody may send it again.
    pub(super) repeat: Option<Box<Repeat>>,
}

/// What an attempt at a page adds to its row.
#[derive(Debug, Clone, Default)]
pub(super) struct PageFacts {
    /// The browser.
    pub(super) node: Option<NodeId>,
    /// Its tab.
    pub(super) lane: Option<u64>,
    /// `fresh` or `continued`; empty for a provider.
    pub(super) conversation: &'static str,
    /// Whether the page had taken the prompt.
    pub(super) accepted: bool,
    /// Fields that could not be carried.
    pub(super) losses: String,
}

impl Record {
    /// Takes a slot of the ledger and marks the request as in flight.
    ///
    /// # Errors
    /// `saturated` where the ledger cannot follow one more, `internal_error` where it cannot be
    /// written at all.
    pub(super) fn open(
        app: Arc<App>,
        order: &Order,
        peek: &Peek,
        figures: Arc<ModelFigures>,
        held: Held,
    ) -> Result<Self, Failure> {
        let mut slot = app.store.ledger().reserve().ok_or_else(|| {
            Failure::new(FailureClass::Saturated, "too many requests are open")
                .with_retry_after_ms(1_000)
        })?;
        let opened = Opened {
            request: order.id,
            client_id: order.client_id.clone(),
            key_name: order.caller.key().map_or_else(String::new, |key| key.name.clone()),
            surface: order.surface.to_owned(),
            model: peek.model.clone(),
            stream: peek.stream,
            opened_ms: ledger::now_ms(),
        };
        slot.opened(opened).map_err(|error| unwritable(&error))?;
        app.metrics.in_flight.inc();
        let (id, started) = (order.id, order.started);
        let slot = Some(slot);
        Ok(Self {
            id,
            caller: order.caller.clone(),
            started,
            attempts: 0,
            attempt_began: started,
            first_byte_ms: None,
            figures,
            kind: Kind::of(peek.stream),
            input_estimate: input_tokens(&order.body),
            held,
            slot,
            app,
        })
    }

    /// The request's id.
    pub(super) fn id(&self) -> RequestId {
        self.id
    }

    /// The name of the key that asks; empty where there is none.
    pub(super) fn key(&self) -> &str {
        self.caller.key().map_or("", |key| key.name.as_str())
    }

    /// Whether the key that asks may use a model.
    pub(super) fn may_use(&self, model: &str) -> bool {
        self.caller.may_use(model)
    }

    /// An eye on the end of the key.
    pub(super) fn watch(&self) -> Watch {
        self.caller.watch()
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An attempt begins.
    pub(super) fn attempt_begins(&mut self) {
        self.attempts += 1;
        self.attempt_began = Instant::now();
    }

    /// An attempt failed.
    pub(super) fn attempt_failed(
        &mut self,
        candidate: &Candidate,
        failure: &Failure,
        page: PageFacts,
    ) {
        let code = failure.class.code();
        tracing::info!(
            request = %self.id,
            target = candidate.label(),
            code,
            internal = failure.internal.as_deref().unwrap_or_default(),
            "attempt failed"
        );
        self.note_attempt(candidate, Some(failure.class), page, words_of(failure));
    }

    /// The retry budget allowed no further attempt.
    pub(super) fn retry_refused(&mut self, candidate: &Candidate) {
        let target = candidate.label();
        tracing::info!(request = %self.id, target, "not tried: the retry budget is used up");
        if let Some(slot) = &mut self.slot {
            slot.last_attempt(|attempt| {
                attempt.route.push_str("; no further attempt: the retry budget is used up");
            });
        }
    }

    /// A stream that had begun has failed: its account may have to rest.
    pub(super) fn stream_failed(&self, in_flight: &mut InFlight, failure: &Failure) {
        in_flight.failed(failure, &self.app.config().routing);
    }

    /// The first byte of an answer is here.
    pub(super) fn answered(&mut self, candidate: &Candidate) {
        let since = self.started.elapsed();
        self.first_byte_ms = Some(millis(since));
        self.figures.first_token.observe(since);
        if let Some(slot) = &mut self.slot {
            if matches!(self.kind, Kind::Stream)
                && let Err(error) = slot.begun()
            {
                tracing::error!(request = %self.id, %error, "a stream begins that is not noted");
            }
            slot.so_far(Ended {
                target: candidate.label(),
                first_byte_ms: self.first_byte_ms,
                ..Ended::default()
            });
        }
    }

    /// The request ends well. Call it before the client sees the end.
    ///
    /// # Errors
    /// When the end cannot be written: the client must not see success.
    pub(super) fn succeed(
        &mut self,
        candidate: &Candidate,
        usage: Option<Usage>,
        page: PageFacts,
    ) -> Result<(), Failure> {
        self.note_attempt(candidate, None, page, String::new());
        let usage = usage.unwrap_or_else(|| self.estimate(0));
        let ended = self.took(candidate, usage, String::new());
        self.end(None, ended).map_err(|error| unwritable(&error))
    }

    /// The request's tokens and so many of an answer, as an estimate.
    pub(super) fn estimate(&self, output: u64) -> Usage {
        Usage { input: self.input_estimate, output, estimated: true, ..Usage::default() }
    }

    /// A provider's answer fails after it began: what the client has of it is paid for.
    pub(super) fn break_off(&mut self, candidate: &Candidate, failure: &Failure, usage: Usage) {
        self.attempt_failed(candidate, failure, PageFacts::default());
        let ended = self.took(candidate, usage, words_of(failure));
        self.end_or_say(failure.class, ended);
    }

    /// The client leaves a provider that is at work for it, or its key ends.
    pub(super) fn cut_short(&mut self, candidate: &Candidate, usage: Usage) {
        if self.slot.is_none() {
            return;
        }
        let (outcome, words) = match self.caller.watch().is_over() {
            true => (ended().class, words_of(&ended())),
            false => (FailureClass::ClientGone, String::new()),
        };
        self.note_attempt(candidate, Some(outcome), PageFacts::default(), words.clone());
        let ended = self.took(candidate, usage, words);
        self.end_or_say(outcome, ended);
    }

    /// What an answer took, and what that costs.
    fn took(&self, candidate: &Candidate, usage: Usage, error: String) -> Ended {
        self.figures.used(usage.total_input(), usage.output);
        let cost = self.app.prices.load().cost(candidate.place(), candidate.model(), &usage);
        Ended {
            target: candidate.label(),
            usage,
            cost_micro_usd: cost.unwrap_or(0),
            priced: cost.is_some(),
            error,
            ..Ended::default()
        }
    }

    /// The request fails; gives the failure back for the client.
    pub(super) fn fail(mut self, failure: Failure) -> Failure {
        self.fail_in_stream(&failure);
        failure
    }

    /// The request fails after its answer began.
    pub(super) fn fail_in_stream(&mut self, failure: &Failure) {
        let ended = Ended { error: words_of(failure), ..Ended::default() };
        self.end_or_say(failure.class, ended);
    }

    fn end_or_say(&mut self, class: FailureClass, ended: Ended) {
        if let Err(error) = self.end(Some(class), ended) {
            tracing::error!(request = %self.id, %error, "the end could not be written");
        }
    }

    fn note_attempt(&mut self, candidate: &Candidate, end: End, page: PageFacts, error: String) {
        let target = candidate.label();
        let is_listed = || catalogue::is_listed_at(&self.app, candidate.at(), candidate.model());
        self.app.metrics.attempt_ended(&target, is_listed, end);
        let outcome = word(end);
        let Some(slot) = &mut self.slot else { return };
        let is_provider = candidate.is_provider();
        slot.attempt(ledger::Attempt {
            target,
            kind: if is_provider { "provider" } else { "site" }.to_owned(),
            node: page.node,
            lane: page.lane,
            conversation: page.conversation.to_owned(),
            outcome: outcome.to_owned(),
            accepted: page.accepted || (is_provider && outcome != "upstream_unreachable"),
            losses: page.losses,
            error,
            total_ms: millis(self.attempt_began.elapsed()),
            account: candidate.account_name().to_owned(),
            route: candidate.why().to_owned(),
        });
    }

    fn end(&mut self, end: End, ended: Ended) -> io::Result<()> {
        let Some(slot) = self.slot.take() else { return Ok(()) };
        self.count(end);
        let (tokens, cost) = (ended.usage.total(), ended.cost_micro_usd);
        let written = slot.finish(Ended {
            outcome: word(end).to_owned(),
            first_byte_ms: self.first_byte_ms,
            total_ms: millis(self.started.elapsed()),
            ..ended
        });
        if written.is_ok() {
            // What the key is charged is what the row says, which is what a restart reads.
            self.settle(tokens, cost);
            if let Some(repeat) = self.held.repeat.take().filter(|_| end.is_none()) {
                repeat.answered();
            }
        }
        written
    }

    fn settle(&mut self, tokens: u64, micro_usd: u64) {
        if let Some(admission) = self.held.admission.take() {
            admission.settle(self.attempts > 0, tokens, micro_usd);
        }
    }

    fn count(&self, end: End) {
        self.app.metrics.in_flight.dec();
        self.figures.duration.observe(self.started.elapsed());
        self.figures.ended(self.kind, end);
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if self.caller.watch().is_over() {
            // The client did not leave: its answer was taken away.
            return self.fail_in_stream(&ended());
        }
        // The slot's own end writes `client_gone`.
        if self.slot.take().is_some() {
            self.count(Some(FailureClass::ClientGone));
        }
        self.settle(0, 0);
    }
}

/// An end as the ledger has it.
fn word(end: End) -> &'static str {
    end.map_or("ok", FailureClass::code)
}

/// A failure's words for the ledger: those for the client, and those for the log.
fn words_of(failure: &Failure) -> String {
    let words = match &failure.internal {
        Some(internal) => format!("{}: {internal}", failure.message),
        None => failure.message.clone(),
    };
    redact::bounded(&words, MAX_WORDS)
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::new(FailureClass::Internal, "the request cannot be recorded")
        .with_internal(format!("ledger: {error}"))
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
