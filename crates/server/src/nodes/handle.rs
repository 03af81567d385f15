//! A turn that was given to a lane, as the request path holds it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
};
use tabway_protocol::message::GatewayMessage;
use tokio::{sync::Notify, time::Instant};

use super::{order::JobEvent, shared::Shared, turn::Turn};

/// A turn shared by the socket that brings its answer and the request that waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) node: NodeId,
    pub(super) site: String,
    pub(super) lane: u64,
    turn: Mutex<Turn>,
    wake: Notify,
}

impl Job {
    pub(super) fn new(id: JobId, node: NodeId, site: &str, lane: u64, turn: Turn) -> Self {
        let (site, turn) = (site.to_owned(), Mutex::new(turn));
        Self { id, node, site, lane, turn, wake: Notify::new() }
    }

    /// Its state; the registry's lock is never taken while this is held.
    pub(super) fn turn(&self) -> MutexGuard<'_, Turn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something came that the request waits for.
    pub(super) fn wake(&self) {
        self.wake.notify_one();
    }
}

/// A turn in the request's hands. Dropping it presses Stop on the page.
#[derive(Debug)]
pub struct JobHandle {
    job: Arc<Job>,
    shared: Arc<Shared>,
    /// The request has all that it needs; nothing is to be cancelled.
    settled: bool,
}

impl JobHandle {
    pub(super) fn new(job: Arc<Job>, shared: Arc<Shared>) -> Self {
        Self { job, shared, settled: false }
    }

    /// The turn's id.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.job.id
    }

    /// The node that has it.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.job.node
    }

    /// The next event. After `Done` or `Failed` the same one again. Taking records is what
    /// acknowledges them: a client that reads slowly slows the node.
    pub async fn next(&mut self) -> JobEvent {
        loop {
            let deadline = {
                let mut turn = self.job.turn();
                let event = turn.take();
                let (ack, deadline) = (turn.ack_due(), turn.deadline());
                drop(turn);
                if let Some(seq) = ack {
                    self.shared.acknowledge(&self.job, seq);
                }
                if let Some(event) = event {
                    self.settled |=
                        matches!(event, JobEvent::Done { .. } | JobEvent::Failed { .. });
                    return event;
                }
                deadline
            };
            tokio::select! {
                () = self.job.wake.notified() => {}
                () = tokio::time::sleep_until(deadline) => self.shared.expire(&self.job),
            }
        }
    }

    /// The answer is whole although the page has not said that it is done: lets it end by itself.
    /// Its lane is free when it does.
    pub fn complete(mut self) {
        if !self.settled {
            self.settled = true;
            self.shared.leave(&self.job);
        }
    }
}

impl Drop for JobHandle {
    fn drop(&mut self) {
        if !self.settled {
            self.job.turn().fail(Failure::new(FailureClass::ClientGone, "the client left"));
            self.shared.abandon(&self.job);
        }
    }
}

impl Shared {
    /// Tells the node that records are safe. A lost word does no harm: the next one holds it too.
    fn acknowledge(&self, job: &Job, seq: u32) {
        let message = GatewayMessage::Ack { job: job.id.to_string(), seq };
        if let Some(link) = self.registry().link_of(job) {
            link.say(&message);
        }
    }

    /// A deadline may have passed.
    fn expire(self: &Arc<Self>, job: &Arc<Job>) {
        let expired = job.turn().expire(Instant::now());
        if expired {
            self.abandon(job);
        }
    }
}
