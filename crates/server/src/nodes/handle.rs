//! A turn that was given to a lane, as the request path holds it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId, RequestId},
};
use tabway_protocol::{adapter::QuotaKind, message::GatewayMessage};
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

use super::{
    health::Fault,
    order::{JobEvent, JobOrder},
    seat::Seat,
    shared::Shared,
    turn::{End, Turn},
};

/// A turn shared by the socket that brings its answer and the request that waits for it.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) request: Option<RequestId>,
    pub(super) node: NodeId,
    pub(super) site: String,
    pub(super) lane: u64,
    /// See [`JobOrder::print`].
    pub(super) print: Option<[u8; 32]>,
    /// The quota that it counts against.
    pub(super) kind: QuotaKind,
    turn: Mutex<Turn>,
    wake: Notify,
}

impl Job {
    pub(super) fn new(
        order: &JobOrder,
        (node, lane): (NodeId, u64),
        kind: QuotaKind,
        turn: Turn,
    ) -> Self {
        Self {
            id: JobId::from_uuid(Uuid::now_v7()),
            request: order.request,
            node,
            site: order.site.clone(),
            lane,
            print: order.print,
            kind,
            turn: Mutex::new(turn),
            wake: Notify::new(),
        }
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

    /// The lane that has it.
    #[must_use]
    pub fn lane(&self) -> u64 {
        self.job.lane
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

    /// Whether its browser is away: the page's silence says nothing then.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.job.turn().is_away()
    }

    /// The page was given up because it took too long.
    pub fn too_slow(&self) {
        let now = Instant::now();
        let late = |seat: &mut Seat| seat.health.fault(Fault::Silent, now);
        self.shared.registry().with_seat(&self.job, now, late);
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
        let now = Instant::now();
        let expired = job.turn().expire(now);
        if expired {
            let fault = match job.turn().end() {
                Some(End::Failed { failure, .. }) => match failure.class {
                    FailureClass::PageNotStarted => Fault::NotStarted,
                    FailureClass::TotalTimeout => Fault::Silent,
                    _ => Fault::LaneLost,
                },
                _ => Fault::Silent,
            };
            self.registry().with_seat(job, now, |seat| seat.health.fault(fault, now));
            self.abandon(job);
        }
    }
}
