//! One turn as a state machine: what the node says, what the client takes, what time does to it.
//! It knows neither sockets nor clocks, so every race can be played in a test.

use std::{collections::VecDeque, time::Duration};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    site_chat::PageRecord,
};
use tabway_protocol::{frame::MAX_RECORD_BYTES, message::GRACE_SECONDS};
use tokio::time::Instant;

use super::order::JobEvent;

/// How long missing records may stay missing after they were asked for.
const GAP_PATIENCE: Duration = Duration::from_secs(10);

/// How often the same missing record is asked for.
const MAX_ASKED: u8 = 3;

/// Unacknowledged records or bytes after which an acknowledgement is worth a message.
const ACK_RECORDS: u32 = 32;
const ACK_BYTES: usize = 64 * 1024;

/// The most that waits for a client that reads slowly: more than a node that keeps to its own
/// limit can send without being acknowledged.
const MAX_QUEUED: usize = 32 << 20;

/// What a waiting record costs beside its payload.
const RECORD_COST: usize = 64;

/// The most that one answer may hold.
const MAX_ANSWER_BYTES: usize = 100 << 20;
const MAX_RECORDS: u32 = 1_000_000;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    Done { cancelled: bool },
    Failed { failure: Failure, accepted: bool },
}

/// What to do about a record that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// It is in order and waits for the client.
    Taken,
    /// It came before, or for nobody: nothing to do.
    Ignored,
    /// Records before it are missing: ask for those after this number again.
    Ask(u32),
    /// The turn ended by it: over a limit.
    Over,
}

/// Records are missing.
#[derive(Debug)]
struct Gap {
    since: Instant,
    /// The highest number seen beyond the gap.
    highest: u32,
    asked: u8,
}

/// A record that waits, or a part of one.
#[derive(Debug)]
struct Waiting {
    bytes: usize,
    record: PageRecord,
    /// It goes on in the next.
    more: bool,
}

/// One turn.
#[derive(Debug)]
pub(super) struct Turn {
    /// The socket that speaks for it; none while the node is away.
    epoch: Option<u64>,
    lost_at: Option<Instant>,
    accept_by: Instant,
    total_by: Instant,
    /// The node may have the order: from here on only its word tells that nothing was typed.
    given: bool,
    accepted: bool,
    told_accepted: bool,
    /// Nobody listens any more: records are acknowledged and forgotten.
    unheard: bool,
    /// Number of the last record that came in order.
    last: u32,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    /// Bytes of a record whose last part has not come.
    growing: usize,
    /// The parts of a record that were taken so far.
    begun: Option<PageRecord>,
    total_bytes: usize,
    taken: u32,
    acked: u32,
    unacked_bytes: usize,
    gap: Option<Gap>,
    /// The node's last word, until every record before it is here.
    announced: Option<(u32, End)>,
    end: Option<End>,
}

impl Turn {
    pub(super) fn new(epoch: u64, accept_by: Instant, total_by: Instant) -> Self {
        Self {
            epoch: Some(epoch),
            lost_at: None,
            accept_by,
            total_by,
            given: false,
            accepted: false,
            told_accepted: false,
            unheard: false,
            last: 0,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            growing: 0,
            begun: None,
            total_bytes: 0,
            taken: 0,
            acked: 0,
            unacked_bytes: 0,
            gap: None,
            announced: None,
            end: None,
        }
    }

    /// A turn that types nothing: what it reads was accepted before.
    pub(super) fn reading(mut self) -> Self {
        self.accepted = true;
        self
    }

    /// How it ended, once it has.
    pub(super) fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    pub(super) fn is_accepted(&self) -> bool {
        self.accepted
    }

    /// Whether its node is away.
    pub(super) fn is_away(&self) -> bool {
        self.lost_at.is_some()
    }

    /// Whether somebody still waits for its answer.
    pub(super) fn is_wanted(&self) -> bool {
        self.end.is_none() && !self.unheard
    }

    fn hears(&self, epoch: u64) -> bool {
        self.end.is_none() && self.epoch == Some(epoch)
    }

    // The node's side.

    /// The node is about to be told.
    pub(super) fn give(&mut self) {
        self.given = true;
    }

    /// The page took the prompt.
    pub(super) fn accept(&mut self, epoch: u64) {
        if self.hears(epoch) {
            self.accepted = true;
        }
    }

    /// A record came, or a part of one: with `more`, the next goes on with it.
    pub(super) fn record(
        &mut self,
        epoch: u64,
        seq: u32,
        (record, more): (PageRecord, bool),
        now: Instant,
    ) -> Came {
        if !self.hears(epoch) || seq <= self.last {
            return Came::Ignored;
        }
        if seq > self.last + 1 {
            return self.missing(seq, now);
        }
        self.last = seq;
        self.gap = None;
        let bytes = payload_bytes(&record);
        self.total_bytes = self.total_bytes.saturating_add(bytes);
        if self.unheard {
            self.taken = seq;
            self.unacked_bytes += bytes;
        } else {
            self.waiting_bytes += bytes + RECORD_COST;
            self.waiting.push_back(Waiting { bytes, record, more });
        }
        let whole = self.growing + bytes;
        self.growing = if more { whole } else { 0 };
        if whole > MAX_RECORD_BYTES {
            return self.over("one piece of the answer is larger than 10 MiB");
        }
        if self.total_bytes > MAX_ANSWER_BYTES || seq > MAX_RECORDS {
            return self.over("the answer grew over the limit of 100 MiB or a million pieces");
        }
        if self.waiting_bytes > MAX_QUEUED {
            return self
                .over("the node sent more than the client has read and the protocol allows");
        }
        self.conclude(now);
        Came::Taken
    }

    fn over(&mut self, words: &str) -> Came {
        self.fail(Failure::new(FailureClass::AnswerTooLarge, words));
        Came::Over
    }

    fn missing(&mut self, seq: u32, now: Instant) -> Came {
        let gap = self.gap.get_or_insert(Gap { since: now, highest: 0, asked: 0 });
        // What was under way before our question reached the node has ever higher numbers; a lower
        // one is an answer to the question, with a hole of its own.
        let first = gap.asked == 0;
        let again = seq <= gap.highest;
        gap.highest = gap.highest.max(seq);
        if !first && !again {
            return Came::Ignored;
        }
        if gap.asked >= MAX_ASKED {
            return Came::Ignored;
        }
        gap.asked += 1;
        gap.highest = seq;
        Came::Ask(self.last)
    }

    /// The node says that the page is done. Asks for records that are missing.
    pub(super) fn done(
        &mut self,
        epoch: u64,
        last_seq: u32,
        cancelled: bool,
        now: Instant,
    ) -> Came {
        self.announce(epoch, last_seq, End::Done { cancelled }, now)
    }

    /// The node says that the turn failed. Asks for records that are missing.
    pub(super) fn failed(
        &mut self,
        epoch: u64,
        last_seq: u32,
        failure: Failure,
        accepted: bool,
        now: Instant,
    ) -> Came {
        if self.hears(epoch) {
            self.accepted |= accepted;
        }
        let accepted = self.accepted;
        // A failed turn's records matter less than its end: a lane that is gone cannot send them.
        let last_seq = last_seq.min(self.last);
        self.announce(epoch, last_seq, End::Failed { failure, accepted }, now)
    }

    fn announce(&mut self, epoch: u64, last_seq: u32, end: End, now: Instant) -> Came {
        if !self.hears(epoch) {
            return Came::Ignored;
        }
        self.announced = Some((last_seq, end));
        self.conclude(now);
        if self.end.is_some() { Came::Taken } else { self.missing(last_seq + 1, now) }
    }

    fn conclude(&mut self, _now: Instant) {
        if self.announced.as_ref().is_some_and(|(last_seq, _)| *last_seq <= self.last) {
            self.end = self.announced.take().map(|(_, end)| end);
        }
    }

    /// The socket is gone; the node has a while to come back. What it was not told of may go
    /// elsewhere at once.
    pub(super) fn lose(&mut self, epoch: u64, now: Instant) {
        if self.epoch == Some(epoch) {
            self.epoch = None;
            self.lost_at = Some(now);
            if !self.given {
                self.fail_lost("the browser went away before it had the turn");
            }
        }
    }

    /// The node came back and still holds it. Says from where to go on, or nothing where it ended.
    pub(super) fn resume(&mut self, epoch: u64, accepted: bool) -> Option<u32> {
        if self.end.is_some() {
            return None;
        }
        self.epoch = Some(epoch);
        self.lost_at = None;
        self.gap = None;
        self.accepted |= accepted;
        Some(self.last)
    }

    // The client's side.

    /// What comes next, if it is here.
    pub(super) fn take(&mut self) -> Option<JobEvent> {
        if self.accepted && !self.told_accepted {
            self.told_accepted = true;
            return Some(JobEvent::Accepted);
        }
        while let Some(Waiting { bytes, record, more }) = self.waiting.pop_front() {
            self.waiting_bytes -= bytes + RECORD_COST;
            self.taken += 1;
            self.unacked_bytes += bytes;
            let Some(record) = parts::joined(self.begun.take(), record) else {
                self.fail_lost("the node broke off in the middle of a record");
                break;
            };
            if !more {
                return Some(JobEvent::Record(record));
            }
            self.begun = Some(record);
        }
        self.end.as_ref().map(|end| match end.clone() {
            End::Done { cancelled } => JobEvent::Done { cancelled },
            End::Failed { failure, accepted } => JobEvent::Failed { failure, accepted },
        })
    }

    /// The number to acknowledge, when it is worth a message.
    pub(super) fn ack_due(&mut self) -> Option<u32> {
        let due = self.taken - self.acked >= ACK_RECORDS || self.unacked_bytes >= ACK_BYTES;
        if !due || self.end.is_some() {
            return None;
        }
        self.acked = self.taken;
        self.unacked_bytes = 0;
        Some(self.acked)
    }

    /// Number of the last record that came in order.
    pub(super) fn last(&self) -> u32 {
        self.last
    }

    /// Nobody listens any more.
    pub(super) fn unheard(&mut self) {
        self.unheard = true;
        self.waiting.clear();
        self.waiting_bytes = 0;
        self.taken = self.last;
    }

    // Time.

    /// When [`Turn::expire`] has something to do.
    pub(super) fn deadline(&self) -> Instant {
        let lost = self.lost_at.map(|at| at + Duration::from_secs(GRACE_SECONDS));
        let gap = self.gap.as_ref().map(|gap| gap.since + GAP_PATIENCE);
        let waits = !self.accepted && self.announced.is_none() && self.lost_at.is_none();
        let accept = waits.then_some(self.accept_by);
        [lost, gap, accept].into_iter().flatten().fold(self.total_by, Instant::min)
    }

    /// Ends it if a deadline has passed. Says whether it did.
    pub(super) fn expire(&mut self, now: Instant) -> bool {
        if self.end.is_some() || now < self.deadline() {
            return false;
        }
        let failure = if now >= self.total_by {
            Failure::new(FailureClass::TotalTimeout, "the turn took longer than it may")
        } else if self.lost_at.is_some() {
            self.lost("the browser went away and did not come back in time")
        } else if self.gap.is_some() {
            self.lost("the browser did not send all of the answer")
        } else if self.given {
            self.lost("the browser did not say in time whether the page took the prompt")
        } else {
            let words = "the page did not take the prompt in time";
            Failure::new(FailureClass::PageNotStarted, words)
        };
        self.fail(failure);
        true
    }

    /// Without the node's word, a turn that it may have is taken for typed.
    fn lost(&self, words: &str) -> Failure {
        let class = match self.accepted || self.given {
            true => FailureClass::OutcomeUnknown,
            false => FailureClass::NodeLost,
        };
        Failure::new(class, words)
    }

    /// Ends it as a failure, unless it has ended.
    pub(super) fn fail(&mut self, failure: Failure) {
        let accepted = self.accepted || failure.class == FailureClass::OutcomeUnknown;
        self.end.get_or_insert(End::Failed { failure, accepted });
    }

    /// Ends it because its node will not come back.
    pub(super) fn fail_lost(&mut self, words: &str) {
        let failure = self.lost(words);
        self.fail(failure);
    }
}

fn payload_bytes(record: &PageRecord) -> usize {
    match record {
        PageRecord::Bytes { bytes, .. } | PageRecord::MediaBytes { bytes, .. } => bytes.len(),
        PageRecord::Message { text, .. } => text.len(),
        PageRecord::Dom { html, .. } => html.len(),
        PageRecord::Opened { .. } | PageRecord::Closed { .. } | PageRecord::Media { .. } => 0,
    }
}

mod parts;
#[cfg(test)]
mod tests;
