//! What the node says.

use std::{sync::Arc, time::Duration};

use axum::extract::ws::{Message, Utf8Bytes};
use bytes::Bytes;
use tabway_dialects::ids::JobId;
use tabway_protocol::{
    frame::Frame,
    message::{GatewayMessage, NodeFailure, NodeMessage, ResumeJob, Seat},
    teach::{LessonReport, LessonState},
};
use tokio::time::Instant;

use super::{
    Session,
    end::{BAD_MESSAGE, CHATTER, End, FOREIGN},
};
use crate::nodes::{
    captures::Capture,
    failure,
    handle::Job,
    lessons::{HeardLesson, LessonWord},
    reread::Answer,
    turn::Came,
};

/// Messages about unknown turns after which the socket is closed.
const MAX_STRIKES: u8 = 3;

/// Words that concern no turn: how many at once, and how fast they may come again.
const CHATTER_BURST: u32 = 1_000;
const CHATTER_EVERY: Duration = Duration::from_millis(20);

/// The most seats, tabs, models and held turns that a node may report.
const MAX_LISTED: usize = 1_000;

impl Session {
    pub(super) async fn hear(
        &mut self,
        incoming: Option<Result<Message, axum::Error>>,
    ) -> Result<(), End> {
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
            NodeMessage::Located { request, address } => {
                self.spend_chatter()?;
                self.nodes.shared.located(self.facts.id, &request, address);
                Ok(())
            }
            NodeMessage::Pin { site, model, address } => {
                self.spend_chatter()?;
                let wish = Capture { node: self.facts.id, site, model, address };
                if self.nodes.entrance.captures.hear(wish) {
                    return Ok(());
                }
                let words = "too many wishes wait; try again in a minute".to_owned();
                self.say(&GatewayMessage::Pinned { words }).await
            }
            NodeMessage::Reread { request, read, busy } => {
                self.spend_chatter()?;
                if read.len().max(busy.len()) > MAX_LISTED {
                    return Err(BAD_MESSAGE);
                }
                self.nodes.shared.reread(self.facts.id, &request, Answer { read, busy });
                Ok(())
            }
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
        let listed: usize = seats
            .iter()
            .map(|seat| 1 + seat.lanes.len() + seat.models.len() + seat.told.len())
            .sum();
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
                (None, _) if self.nodes.shared.registry().is_kept(self.facts.id, id) => {}
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

    pub(super) fn spend_chatter(&mut self) -> Result<(), End> {
        let now = Instant::now();
        self.chatter = self.chatter.max(now) + CHATTER_EVERY;
        if self.chatter - now > CHATTER_EVERY * CHATTER_BURST { Err(CHATTER) } else { Ok(()) }
    }
}
