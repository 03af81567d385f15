//! An attempt at a page: the request as a prompt, a turn of a lane, and the page's records decoded
//! into events.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{ChatRequest, Delta, Event, Failure, FailureClass, Loss, Role, Severity, Usage},
    ids::{JobId, NodeId, RequestId},
    openai_chat::decode_request,
    site_chat::{Given, Medium, Prompt, TurnDecoder, estimate_usage},
    stream::Order,
};
use tabway_protocol::message::Site;
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

use super::{
    Failed,
    conversation::{self, Conversation},
    emulation::{self, Emulation},
    fitting,
    harvest::{self, Harvests},
    named_files,
    noted::Noted,
    page_order,
    pinned::{self, Taken},
};
use crate::{
    app::App,
    call::{admit::Call, choice::Choice, record::PageFacts},
    media::{self, Delivery},
    nodes::{HeldTalk, JobEvent, JobHandle, JobOrder, LeftTurn},
};

/// How long it waits for the tab that shows its conversation; after that any will do.
const TALK_PATIENCE: Duration = Duration::from_secs(10);

/// How often a turn may begin again that a browser lost before its page took the prompt.
const MOST_REDONE: u8 = 2;

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
    conversation_word: &'static str,
    /// Nobody else types in the pinned conversation meanwhile.
    _pinned: Option<OwnedSemaphorePermit>,
    pub(super) app: Arc<App>,
    delivery: Delivery,
    /// Media that are not in the text.
    apart: Vec<Medium>,
    base: String,
    pub(super) decoder: TurnDecoder,
    /// What became of pages that were lost.
    pub(super) harvests: Harvests,
    _noted: Noted,
    order: Order,
    pub(super) prompt: String,
    /// What is emulated, where something is.
    emulation: Option<Emulation>,
    /// For a further turn.
    pub(super) again: Again,
    /// When the page must have begun.
    pub(super) first_token: Instant,
    /// How long the page may be silent.
    silence: Duration,
    /// When the whole answer must be over.
    pub(super) deadline: Instant,
    /// Whether the page took the prompt.
    accepted: bool,
    /// Tokens of turns that have ended.
    spent: Usage,
    /// Events that nobody has taken yet; they follow the grammar.
    ready: Vec<Event>,
    ended: bool,
    /// Fields that the page could not honour in full.
    pub(in crate::call) losses: Vec<String>,
}

/// What every turn of an answer has in common.
pub(super) struct Again {
    pub(super) request: RequestId,
    /// The name of the key that asks.
    pub(super) key: String,
    pub(super) site: Arc<Site>,
    /// The model's name there.
    pub(super) model: String,
    /// Files that the request names.
    given: BTreeMap<String, Given>,
    /// How long the page may take to begin.
    pub(super) patience: Duration,
}

pub(super) async fn attempt(call: &Call, site: &str, model: &str) -> Result<PageAnswer, Failed> {
    let known = find_site(call, site)?;
    let choice = Choice::of(&known.adapter, model);
    let asked = decode_request(&call.body)?;
    let app = &call.worker.app;
    let print = app.store.runs().print(&call.owner, &call.body);
    if let Some(left) = app.nodes.take_left(&print, site) {
        tracing::info!(request = %call.record.id(), job = %left.lost.job, "asked again after a restart");
        let way = Way { left: Some(left), ..Way::default() };
        return turn(call, &known, (model, &asked), way).await;
    }
    if app.nodes.is_left_elsewhere(&print, site) {
        let words = "a page of another site has this request already";
        return Err(Failure::new(FailureClass::NodeLost, words).into());
    }
    if call.media != Delivery::Apart
        && let Some(answer) = pinned::attempt(call, &known, (model, &asked)).await
    {
        return answer;
    }
    // The conversation is the client's own, before anything is put into it.
    let conversation = || Conversation::of(call, site, (model, &choice), &asked);
    let going = conversation();
    if let Some((held, tail)) = going.as_ref().and_then(Conversation::held) {
        let way = Way { conversation: going, on: Some((held, tail)), ..Way::default() };
        match turn(call, &known, (model, &asked), way).await {
            Err(failed) if !failed.page.accepted => {
                let code = failed.failure.class.code();
                tracing::info!(request = %call.record.id(), code, "a new chat instead");
            }
            outcome => return outcome,
        }
    }
    let mut lost: Option<Failed> = None;
    let mut redone = 0;
    loop {
        let way = Way { conversation: conversation(), ..Way::default() };
        let failed = match turn(call, &known, (model, &asked), way).await {
            Err(failed) => failed,
            answer => return answer,
        };
        // The browser's word is that nothing was sent: no harm is done by doing it again.
        let again = failed.failure.class == FailureClass::NodeLost && !failed.page.accepted;
        if !again || redone == MOST_REDONE {
            // That no other page is there says less than what became of the first.
            let began = failed.page.node.is_some();
            return Err(lost.filter(|_| !began).unwrap_or(failed));
        }
        redone += 1;
        tracing::info!(request = %call.record.id(), "again: {}", failed.failure.message);
        lost = Some(failed);
    }
}

/// Where a turn goes.
#[derive(Default)]
struct Way {
    /// The request's own conversation, where the page's may be gone on with.
    conversation: Option<Conversation>,
    /// The page that shows all turns before this one.
    on: Option<(HeldTalk, usize)>,
    /// The conversation that stands for the model.
    pinned: Option<Taken>,
    /// It was typed in an earlier life of the gateway: its answer is read.
    left: Option<LeftTurn>,
}

/// One turn in a conversation that stands for the model.
pub(super) async fn pinned_turn(
    call: &Call,
    known: &Arc<Site>,
    order: (&str, &ChatRequest),
    taken: Taken,
) -> Result<PageAnswer, Failed> {
    turn(call, known, order, Way { pinned: Some(taken), ..Way::default() }).await
}

/// One turn of a lane: its last turns alone where a page shows the others, else all of it in any.
async fn turn(
    call: &Call,
    known: &Arc<Site>,
    (model, asked): (&str, &ChatRequest),
    Way { mut conversation, on, pinned, left: earlier }: Way,
) -> Result<PageAnswer, Failed> {
    let choice = Choice::of(&known.adapter, model);
    let ours = (&*call.model, &known.adapter, &choice);
    let (mut request, emulation) = emulation::prepare(asked.clone(), ours, call.record.id())?;
    let held = on.map(|(held, tail)| {
        conversation::leave_last(&mut request, tail, &known.adapter);
        held
    });
    if pinned.as_ref().is_some_and(|taken| !taken.is_whole) {
        let last = asked.messages.iter().rposition(|message| message.role == Role::Assistant);
        if let Some(last) = last.filter(|last| last + 1 < asked.messages.len()) {
            conversation::leave_last(&mut request, last + 1, &known.adapter);
        }
    }
    let given = match &known.adapter.files {
        // Of all of it: a turn that mends an answer begins a new chat.
        Some(_) => named_files::of(call, asked).await?,
        None => BTreeMap::new(),
    };
    let packing = call.worker.app.manners(&known.name).packing;
    let prompt = page_order::prompt(&request, &known.adapter, &choice, (given.clone(), packing))?;
    let can = call.worker.app.nodes.capabilities(&known.name, choice.model);
    fitting::check(asked, call.media, &can)?;
    let limits = &known.adapter.limits;
    let ms = Duration::from_millis;
    let left = call.deadline.saturating_duration_since(std::time::Instant::now());
    let total = ms(limits.total_ms).min(left);
    let mut losses = meaning_lost(&prompt.losses);
    losses.extend(emulation.iter().flat_map(|emulation| emulation.losses.iter().cloned()));
    let (silence, patience) = (
        call.model.deadlines.idle.unwrap_or(ms(limits.silence_ms)),
        call.model.deadlines.first_byte.unwrap_or(ms(limits.first_token_ms)),
    );
    let text = prompt.text.clone();
    let app = call.worker.app.clone();
    let mut wait = app.config().queue.wait.min(left);
    if held.is_some() {
        wait = wait.min(TALK_PATIENCE);
    }
    if pinned.as_ref().is_some_and(|taken| !taken.is_last) {
        wait = wait.min(pinned::PATIENCE);
    }
    let (request, key) = (call.record.id(), call.record.key().to_owned());
    let (site, model) = (known.clone(), model.to_owned());
    let again = Again { request, key, site, model, given, patience };
    let order = job_order(&again, &choice, prompt, (wait, total));
    let mut order = JobOrder { held, pinned: pinned.as_ref().map(Taken::place), ..order };
    if pinned.is_some() {
        pinned::model_of(call, known, &choice).clone_into(&mut order.model);
    }
    let mut harvests = Harvests::default();
    match &earlier {
        None => order.print = Some(app.store.runs().print(&call.owner, &call.body)),
        Some(LeftTurn { lost, .. }) => {
            order.harvest = Some(*lost);
            (order.wait, order.accept) = (harvest::LEFT_PATIENCE.min(total), harvest::OPENING);
            harvests = Harvests::of(*lost);
        }
    }
    let noted = Noted::new(&app, request, earlier.map(|left| left.run.request));
    let typed = harvests.has_begun();
    let job = app.nodes.start(order).await.map_err(|failure| Failed {
        failure,
        page: PageFacts { accepted: typed, ..PageFacts::default() },
    })?;
    if let Some(conversation) = &mut conversation {
        conversation.begins(&job);
    } else {
        app.talks.leave(job.node(), job.lane());
    }
    let mut answer = PageAnswer {
        id: job.id(),
        node: job.node(),
        lane: job.lane(),
        conversation,
        conversation_word: match (&held, &pinned) {
            (_, Some(_)) => "pinned",
            (Some(_), None) => "continued",
            (None, None) => "fresh",
        },
        _pinned: pinned.map(|taken| taken.permit),
        job: Some(job),
        app,
        delivery: call.media,
        apart: Vec::new(),
        base: call.base.clone(),
        decoder: match typed {
            true => harvest::decoder(&known.adapter, &choice),
            false => decoder(known, &choice),
        },
        harvests,
        _noted: noted,
        order: Order::default(),
        prompt: text,
        emulation,
        first_token: Instant::now() + if typed { patience.max(harvest::OPENING) } else { patience },
        again,
        silence,
        deadline: Instant::now() + total,
        accepted: typed,
        spent: Usage::default(),
        ready: Vec::new(),
        ended: false,
        losses,
    };
    while !answer.has_begun() {
        let stepped = answer.step().await;
        stepped.map_err(|failure| Failed { failure, page: answer.facts() })?;
    }
    Ok(answer)
}

impl PageAnswer {
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
                if self.harvests.is_for(failure.class) {
                    return self.harvest(failure).await;
                }
                return Err(failure);
            }
        }
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
        let spent = estimate_usage(&self.prompt, self.decoder.answer_chars());
        self.spent.input += spent.input;
        self.spent.output += spent.output;
        if let Some(job) = self.job.take() {
            job.complete();
        }
        if let Some(emulation) = &mut self.emulation {
            let (left, mending) = emulation.end()?;
            self.say(left);
            if let Some(request) = mending {
                return self.mend(&request).await;
            }
        }
        self.order.push(Event::Usage(Usage { estimated: true, ..self.spent }), &mut self.ready);
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

    /// One more turn, in a chat of its own, whose answer goes on where this one ended.
    async fn mend(&mut self, request: &ChatRequest) -> Result<(), Failure> {
        let again = &self.again;
        let choice = Choice::of(&again.site.adapter, &again.model);
        let packing = self.app.manners(&again.site.name).packing;
        let written = (again.given.clone(), packing);
        let prompt = page_order::prompt(request, &again.site.adapter, &choice, written)?;
        // What the page shows then is not what the client repeats.
        self.conversation = None;
        self.conversation_word = "fresh";
        self.prompt.clone_from(&prompt.text);
        let left = self.deadline.saturating_duration_since(Instant::now());
        let wait = self.app.config().queue.wait.min(left);
        let order = job_order(again, &choice, prompt, (wait, left));
        let job = self.app.nodes.start(order).await?;
        (self.id, self.node, self.lane) = (job.id(), job.node(), job.lane());
        self.app.talks.leave(self.node, self.lane);
        self.decoder = decoder(&again.site, &choice);
        self.harvests = Harvests::default();
        self.first_token = Instant::now() + again.patience;
        self.job = Some(job);
        Ok(())
    }
}

/// A turn of a lane.
fn job_order(
    Again { request, key, site, .. }: &Again,
    choice: &Choice<'_>,
    prompt: Prompt,
    (wait, total): (Duration, Duration),
) -> JobOrder {
    let plain = JobOrder::new(&site.name, choice.model, prompt.text);
    let uploads = site.adapter.files.as_ref().map_or(0, |files| files.wait_ms);
    let uploads = if prompt.files.is_empty() { 0 } else { uploads };
    JobOrder {
        request: Some(*request),
        key: key.clone(),
        wait,
        total,
        mode: choice.mode.map(|mode| mode.name.clone()),
        settings: prompt.settings,
        accept: plain.accept + Duration::from_millis(uploads),
        files: prompt.files,
        ..plain
    }
}

fn decoder(site: &Site, choice: &Choice<'_>) -> TurnDecoder {
    let adapter = &site.adapter;
    TurnDecoder::new(&adapter.answer, choice.sides(), !adapter.media.is_empty())
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
