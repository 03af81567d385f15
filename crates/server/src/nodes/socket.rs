//! The task that owns a node's socket: what the node says, what it is told, its signs of life.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use tabway_dialects::ids::JobId;
use tabway_protocol::{
    frame::{Frame, file_frames},
    message::{
        GatewayMessage, HEARTBEAT_SECONDS, NodeFailure, NodeMessage, ResumeJob, Seat, close,
    },
    teach::{LessonReport, LessonState},
};
use tokio::{sync::mpsc, time::Instant};

use super::{
    Nodes, failure,
    handle::Job,
    handshake::{close_with, fault},
    lessons::{HeardLesson, LessonWord},
    link::{Farewell, Outgoing, text},
    node::NodeFacts,
    self_test::Waiting,
    turn::Came,
};
use crate::shutdown::Shutdown;

mod looks;

/// A node that says nothing for so long is gone.
const SILENCE: Duration = Duration::from_millis(HEARTBEAT_SECONDS * 1_000 * 5 / 2);

/// How long a page may go on after the client has its answer, before Stop is pressed.
const LEAVE_PATIENCE: Duration = Duration::from_secs(30);

/// How long a node may take to say that a stopped turn is over.
const CANCEL_PATIENCE: Duration = Duration::from_secs(10);

/// Messages about unknown turns after which the socket is closed.
const MAX_STRIKES: u8 = 3;

/// Ended turns about which late words are expected.
const REMEMBERED: usize = 64;

/// Words that concern no turn: how many at once, and how fast they may come again.
const CHATTER_BURST: u32 = 1_000;
const CHATTER_EVERY: Duration = Duration::from_millis(20);

/// The most seats, tabs, models and held turns that a node may report.
const MAX_LISTED: usize = 1_000;

/// Why the loop ends.
#[derive(Debug)]
enum End {
    /// We close, and say why.
    Close(Farewell),
    /// The other side is gone.
    Gone,
}

impl From<axum::Error> for End {
    fn from(error: axum::Error) -> Self {
        fault(&error).map_or(Self::Gone, |(code, words)| farewell(code, words))
    }
}

const fn farewell(code: u16, words: &'static str) -> End {
    End::Close(Farewell { code, words, refusal: None })
}

const BAD_MESSAGE: End = farewell(close::BAD_MESSAGE, "a message that the protocol does not know");
const FOREIGN: End = farewell(close::BAD_MESSAGE, "messages about turns of nobody");
const CHATTER: End = farewell(1008, "too many messages");
const SILENT: End = farewell(1001, "nothing was heard from the browser");
const STOPPING: End = farewell(close::GOING_AWAY, "the gateway is stopping");

/// A turn that nobody waits for any more.
#[derive(Debug)]
struct Orphan {
    job: Arc<Job>,
    at: Instant,
    cancelled: bool,
}

/// A node that is in.
pub(super) struct Session {
    nodes: Nodes,
    facts: NodeFacts,
    epoch: u64,
    socket: WebSocket,
    outgoing: mpsc::Receiver<Outgoing>,
    /// Turns that this socket speaks for.
    jobs: HashMap<JobId, Arc<Job>>,
    /// Those of them that wait for a look at their page; the node has not heard of them.
    testing: HashMap<JobId, Waiting>,
    ended: VecDeque<JobId>,
    orphans: Vec<Orphan>,
    strikes: u8,
    heard: Instant,
    /// Moment up to which the allowance for chatter is used up.
    chatter: Instant,
}

impl Session {
    pub(super) fn new(
        nodes: Nodes,
        facts: NodeFacts,
        epoch: u64,
        socket: WebSocket,
        outgoing: mpsc::Receiver<Outgoing>,
    ) -> Self {
        let now = Instant::now();
        Self {
            nodes,
            facts,
            epoch,
            socket,
            outgoing,
            jobs: HashMap::new(),
            testing: HashMap::new(),
            ended: VecDeque::new(),
            orphans: Vec::new(),
            strikes: 0,
            heard: now,
            chatter: now,
        }
    }

    /// Serves the socket until it ends.
    pub(super) async fn run(mut self, shutdown: &Shutdown) {
        let end = self.serve(shutdown).await;
        self.drop_tests();
        // First the registry, so that no turn is given to a socket that says goodbye.
        self.nodes.shared.lose(self.facts.id, self.epoch);
        if let End::Close(farewell) = end {
            tracing::info!(node = %self.facts.id, code = farewell.code, "closed: {}", farewell.words);
            if let Some(code) = farewell.refusal {
                let (code, message) = (code.to_owned(), farewell.words.to_owned());
                let refused = text(&GatewayMessage::Refused { code, message });
                let _ = self.socket.send(Message::Text(refused)).await;
            }
            close_with(&mut self.socket, farewell.code, farewell.words).await;
        }
    }

    async fn serve(&mut self, shutdown: &Shutdown) -> End {
        let mut beat = heartbeat();
        let mut stopping = std::pin::pin!(shutdown.draining());
        let mut draining = false;
        loop {
            if draining && self.jobs.is_empty() {
                return STOPPING;
            }
            let sweep = self.orphans.iter().map(|orphan| orphan.at).min();
            let outcome = tokio::select! {
                incoming = self.socket.recv() => self.hear(incoming).await,
                outgoing = self.outgoing.recv() => self.tell(outgoing).await,
                _ = beat.tick() => self.beat().await,
                () = at(sweep) => self.sweep().await,
                () = &mut stopping, if !draining => {
                    draining = true;
                    Ok(())
                }
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    // What the node says.

    async fn hear(&mut self, incoming: Option<Result<Message, axum::Error>>) -> Result<(), End> {
        self.heard = Instant::now();
        match incoming {
            Some(Ok(Message::Binary(bytes))) => self.hear_frame(bytes).await,
            Some(Ok(Message::Text(words))) => self.hear_words(&words).await,
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.spend_chatter(),
            Some(Ok(Message::Close(_))) | None => Err(End::Gone),
            Some(Err(error)) => Err(error.into()),
        }
    }

    async fn hear_words(&mut self, words: &Utf8Bytes) -> Result<(), End> {
        let message = serde_json::from_str(words.as_str()).map_err(|error| {
            tracing::info!(node = %self.facts.id, %error, "a message that is none");
            BAD_MESSAGE
        })?;
        match message {
            NodeMessage::Hello { .. } => Err(BAD_MESSAGE),
            NodeMessage::Heartbeat => self.spend_chatter(),
            NodeMessage::Seats { paused, seats } => self.hear_seats(paused, seats),
            NodeMessage::Accepted { job } => {
                if let Some(job) = self.job(&job)? {
                    job.turn().accept(self.epoch);
                    job.wake();
                }
                Ok(())
            }
            NodeMessage::Done { job, last_seq, cancelled } => {
                let Some(job) = self.job(&job)? else { return Ok(()) };
                let came = job.turn().done(self.epoch, last_seq, cancelled, Instant::now());
                self.after_last_word(&job, came, None).await
            }
            NodeMessage::Failed { job, last_seq, accepted, failure } => {
                let Some(job) = self.job(&job)? else { return Ok(()) };
                let limit = self.nodes.shared.limit_left(&job.site, &failure);
                let came = {
                    let mut turn = job.turn();
                    let accepted = accepted || turn.is_accepted();
                    let told = failure::of_node(&job.site, &failure, accepted, limit);
                    turn.failed(self.epoch, last_seq, told, accepted, Instant::now())
                };
                self.after_last_word(&job, came, Some(&failure)).await
            }
            NodeMessage::Resume { jobs } => self.hear_resume(jobs).await,
            NodeMessage::Diagnosis(diagnosis) => self.hear_diagnosis(diagnosis).await,
            NodeMessage::Teach(lesson) => self.hear_lesson(LessonWord::Teach(lesson)).await,
            NodeMessage::KeepLesson { lesson } => self.hear_lesson(LessonWord::Keep(lesson)).await,
            NodeMessage::EndLesson { lesson } => self.hear_lesson(LessonWord::End(lesson)).await,
        }
    }

    async fn hear_lesson(&mut self, word: LessonWord) -> Result<(), End> {
        self.spend_chatter()?;
        let about = match &word {
            LessonWord::Teach(lesson) => lesson.lesson.clone(),
            LessonWord::Keep(lesson) | LessonWord::End(lesson) => lesson.clone(),
        };
        let (node, label) = (self.facts.id, self.facts.label.clone());
        if self.nodes.entrance.lessons.hear(HeardLesson { node, label, word }) {
            return Ok(());
        }
        let words = "too many lessons wait; try again in a minute".to_owned();
        let report =
            LessonReport { lesson: about, state: LessonState::Failed, lines: vec![], words };
        self.say(&GatewayMessage::Taught(report)).await
    }

    fn hear_seats(&mut self, paused: bool, seats: Vec<Seat>) -> Result<(), End> {
        self.spend_chatter()?;
        let listed: usize = seats.iter().map(|seat| 1 + seat.lanes.len() + seat.models.len()).sum();
        if listed > MAX_LISTED {
            return Err(BAD_MESSAGE);
        }
        self.nodes.shared.seats(self.facts.id, self.epoch, paused, seats);
        Ok(())
    }

    async fn hear_frame(&mut self, bytes: Bytes) -> Result<(), End> {
        let frame = Frame::decode(bytes).map_err(|error| {
            tracing::info!(node = %self.facts.id, %error, "a frame that is none");
            BAD_MESSAGE
        })?;
        let Some(job) = self.find(frame.job)? else { return Ok(()) };
        let (came, over, ack) = {
            let mut turn = job.turn();
            let record = (frame.record, frame.more);
            let came = turn.record(self.epoch, frame.seq, record, Instant::now());
            // Records that nobody takes are acknowledged here.
            let ack = if turn.is_wanted() { None } else { turn.ack_due() };
            (came, turn.end().is_some(), ack)
        };
        if came == Came::Taken && over {
            // It was the last of those that were missing when the node said its last word.
            self.conclude(&job, None).await?;
        }
        if let Some(seq) = ack {
            self.say(&GatewayMessage::Ack { job: job.id.to_string(), seq }).await?;
        }
        match came {
            Came::Taken => job.wake(),
            Came::Ignored => {}
            Came::Ask(seq) => self.ask(&job, seq).await?,
            Came::Over => {
                job.wake();
                self.cancel(job).await?;
            }
        }
        Ok(())
    }

    /// The node has said its last word on a turn; records may still be missing.
    async fn after_last_word(
        &mut self,
        job: &Arc<Job>,
        came: Came,
        failed: Option<&NodeFailure>,
    ) -> Result<(), End> {
        if let Came::Ask(seq) = came {
            return self.ask(job, seq).await;
        }
        let over = job.turn().end().is_some();
        if over { self.conclude(job, failed).await } else { Ok(()) }
    }

    async fn ask(&mut self, job: &Job, seq: u32) -> Result<(), End> {
        tracing::debug!(job = %job.id, seq, "records are missing");
        job.wake();
        self.say(&GatewayMessage::Resumed { job: job.id.to_string(), seq }).await
    }

    /// A turn is over on both sides: its lane is free.
    async fn conclude(&mut self, job: &Arc<Job>, failed: Option<&NodeFailure>) -> Result<(), End> {
        let seq = job.turn().last();
        self.forget(job);
        self.nodes.shared.concluded(job, failed);
        self.say(&GatewayMessage::Ack { job: job.id.to_string(), seq }).await
    }

    async fn hear_resume(&mut self, held: Vec<ResumeJob>) -> Result<(), End> {
        if held.len() > MAX_LISTED {
            return Err(BAD_MESSAGE);
        }
        for held in held {
            let Ok(id) = held.job.parse::<JobId>() else { return Err(BAD_MESSAGE) };
            let job = self.nodes.shared.held(self.facts.id, self.epoch, id);
            let from = job.as_ref().and_then(|job| job.turn().resume(self.epoch, held.accepted));
            match (job, from) {
                (Some(job), Some(seq)) => {
                    job.wake();
                    self.jobs.insert(id, job);
                    self.say(&GatewayMessage::Resumed { job: held.job, seq }).await?;
                }
                (job, _) => {
                    // Of an earlier life of the gateway, or given up meanwhile.
                    if let Some(job) = job {
                        self.forget(&job);
                        self.nodes.shared.released(&job);
                    }
                    self.remember(id);
                    self.say(&GatewayMessage::Stop { job: held.job }).await?;
                }
            }
        }
        Ok(())
    }

    /// The turn of that id, if this socket speaks for it. A word about a turn that is none of this
    /// node's is counted.
    fn find(&mut self, id: JobId) -> Result<Option<Arc<Job>>, End> {
        if let Some(job) = self.jobs.get(&id) {
            return Ok(Some(job.clone()));
        }
        let late = self.ended.contains(&id);
        if late || self.nodes.shared.held(self.facts.id, self.epoch, id).is_some() {
            return Ok(None);
        }
        self.strikes += 1;
        tracing::warn!(node = %self.facts.id, job = %id, "a word about a turn of nobody");
        if self.strikes >= MAX_STRIKES { Err(FOREIGN) } else { Ok(None) }
    }

    fn job(&mut self, id: &str) -> Result<Option<Arc<Job>>, End> {
        self.find(id.parse().map_err(|_| BAD_MESSAGE)?)
    }

    fn spend_chatter(&mut self) -> Result<(), End> {
        let now = Instant::now();
        self.chatter = self.chatter.max(now) + CHATTER_EVERY;
        if self.chatter - now > CHATTER_EVERY * CHATTER_BURST { Err(CHATTER) } else { Ok(()) }
    }

    // What the node is told.

    async fn tell(&mut self, outgoing: Option<Outgoing>) -> Result<(), End> {
        match outgoing {
            // The registry has let go of this socket.
            None => Err(End::Gone),
            Some(Outgoing::Say(words)) => Ok(self.socket.send(Message::Text(words)).await?),
            Some(Outgoing::Begin(job, order, files)) => {
                self.send_files(job.id, &files).await?;
                self.jobs.insert(job.id, job);
                self.say(&GatewayMessage::Job(*order)).await
            }
            Some(Outgoing::Test(job, waiting)) => self.begin_test(job, waiting).await,
            Some(Outgoing::Leave(job)) => {
                if !self.ended.contains(&job.id) {
                    let at = Instant::now() + LEAVE_PATIENCE;
                    self.orphans.push(Orphan { job, at, cancelled: false });
                }
                Ok(())
            }
            Some(Outgoing::Cancel(job)) => {
                if self.ended.contains(&job.id) {
                    Ok(())
                } else {
                    self.cancel(job).await
                }
            }
            Some(Outgoing::Close(farewell)) => Err(End::Close(farewell)),
        }
    }

    /// The files of a turn, before its order.
    async fn send_files(&mut self, job: JobId, files: &[Bytes]) -> Result<(), End> {
        for (number, bytes) in (0..=u8::MAX).zip(files) {
            for frame in file_frames(job, number, bytes) {
                self.socket.send(Message::Binary(frame)).await?;
            }
        }
        Ok(())
    }

    /// Stop is pressed; the lane is free when the node says so, or after a while.
    async fn cancel(&mut self, job: Arc<Job>) -> Result<(), End> {
        if self.leave_test(&job) {
            return Ok(());
        }
        let word = GatewayMessage::Cancel { job: job.id.to_string() };
        let at = Instant::now() + CANCEL_PATIENCE;
        self.orphans.retain(|orphan| orphan.job.id != job.id);
        self.orphans.push(Orphan { job, at, cancelled: true });
        self.say(&word).await
    }

    async fn sweep(&mut self) -> Result<(), End> {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.orphans)
            .into_iter()
            .partition::<Vec<_>, _>(|orphan| orphan.at <= now);
        self.orphans = rest;
        for Orphan { job, cancelled, .. } in due {
            if cancelled {
                self.forget(&job);
                self.nodes.shared.released(&job);
            } else {
                job.turn().fail_lost("the page did not say that it was done");
                self.cancel(job).await?;
            }
        }
        Ok(())
    }

    async fn beat(&mut self) -> Result<(), End> {
        if self.heard.elapsed() > SILENCE {
            return Err(SILENT);
        }
        self.say(&GatewayMessage::Heartbeat).await
    }

    async fn say(&mut self, message: &GatewayMessage) -> Result<(), End> {
        Ok(self.socket.send(Message::Text(text(message))).await?)
    }

    fn forget(&mut self, job: &Job) {
        self.jobs.remove(&job.id);
        self.orphans.retain(|orphan| orphan.job.id != job.id);
        self.remember(job.id);
    }

    fn remember(&mut self, id: JobId) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
    }
}

/// Signs of life, at a moment of its own for each node.
fn heartbeat() -> tokio::time::Interval {
    let period = Duration::from_secs(HEARTBEAT_SECONDS);
    let mut share = [0; 1];
    // Without random bytes all beat together: worse, not wrong.
    let _ = aws_lc_rs::rand::fill(&mut share);
    let first = Instant::now() + period.mul_f64(f64::from(share[0]) / 256.0);
    let mut beat = tokio::time::interval_at(first, period);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    beat
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
