//! What sockets, requests and the admin API share: the registry behind its lock, and what happens
//! outside of it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
};
use tabway_protocol::message::{NodeFailure, Seat as Report};
use tokio::{sync::oneshot, time::Instant};

use super::{
    diagnosis::{Diagnoses, Seen},
    failure,
    handle::{Job, JobHandle},
    link::{Link, Outgoing},
    node::NodeFacts,
    order::JobOrder,
    registry::{Blocked, Delivery, Registry},
    reset,
    self_test::{self, SelfTest},
    turn,
};

/// What sockets, requests and the admin API share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    registry: Mutex<Registry>,
    diagnoses: Mutex<Diagnoses>,
}

/// A place in a site's queue; leaving it gives the place up.
pub(super) struct Ticket {
    number: u64,
    site: String,
    pub(super) answer: oneshot::Receiver<Result<JobHandle, Failure>>,
    shared: Arc<Shared>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.shared.registry().dequeue(&self.site, self.number);
    }
}

/// What became of an order at once.
pub(super) enum Begun {
    Job(JobHandle),
    /// It waits; the failure says for what.
    Queued(Ticket, Failure),
    Refused(Failure),
}

impl Shared {
    pub(super) fn registry(&self) -> MutexGuard<'_, Registry> {
        self.registry.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where both are held, the registry's lock was taken first.
    pub(super) fn diagnoses(&self) -> MutexGuard<'_, Diagnoses> {
        self.diagnoses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn begin_or_queue(self: &Arc<Self>, order: JobOrder, give_up: Instant) -> Begun {
        let now = Instant::now();
        let mut registry = self.registry();
        let site = order.site.clone();
        // Whoever came first is served first.
        let reason = if registry.has_waiters(&site) {
            failure::busy(&site)
        } else {
            match registry.begin(&order, now) {
                Ok(job) => {
                    drop(registry);
                    return Begun::Job(JobHandle::new(job, self.clone()));
                }
                Err(Blocked::Never(failure)) => return Begun::Refused(failure),
                // Its hour is used up: a wait would only end in the same words.
                Err(Blocked::Wait(Some(at), failure))
                    if at > give_up && failure.class == FailureClass::SiteRateLimited =>
                {
                    return Begun::Refused(failure);
                }
                Err(Blocked::Wait(_, failure)) => failure,
            }
        };
        let (sender, answer) = oneshot::channel();
        match registry.enqueue(order, sender) {
            Some(number) => {
                drop(registry);
                Begun::Queued(Ticket { number, site, answer, shared: self.clone() }, reason)
            }
            None => Begun::Refused(failure::busy(&site)),
        }
    }

    /// Serves a site's queue; says when to try again.
    pub(super) fn serve(self: &Arc<Self>, site: &str) -> Option<Instant> {
        let (deliveries, next) = self.registry().serve(site, Instant::now());
        self.deliver(deliveries);
        next
    }

    /// Something changed that any queue may wait for.
    pub(super) fn serve_all(self: &Arc<Self>) {
        let deliveries = self.registry().serve_all(Instant::now());
        self.deliver(deliveries);
    }

    /// See [`Registry::join`].
    pub(super) fn join(&self, facts: NodeFacts, link: Link, now: Instant) -> bool {
        self.registry().join(facts, link, now)
    }

    /// See [`Registry::lose`].
    pub(super) fn lose(self: &Arc<Self>, node: NodeId, epoch: u64) {
        self.registry().lose(node, epoch, Instant::now());
        self.serve_all();
    }

    /// See [`Registry::seats`].
    pub(super) fn seats(
        self: &Arc<Self>,
        node: NodeId,
        epoch: u64,
        paused: bool,
        reports: Vec<Report>,
    ) {
        self.registry().seats(node, epoch, paused, reports);
        self.serve_all();
    }

    /// See [`Registry::held`].
    pub(super) fn held(&self, node: NodeId, epoch: u64, job: JobId) -> Option<Arc<Job>> {
        self.registry().held(node, epoch, job)
    }

    /// Outside the lock: a handle that nobody takes any more cancels its turn.
    pub(super) fn deliver(self: &Arc<Self>, deliveries: Vec<Delivery>) {
        for (answer, outcome) in deliveries {
            let outcome = outcome.map(|job| JobHandle::new(job, self.clone()));
            drop(answer.send(outcome));
        }
    }

    /// How long a limit of the site still lasts: by its own words, else by the adapter's rest.
    pub(super) fn limit_left(&self, site: &str, failure: &NodeFailure) -> Duration {
        let Some(site) = self.registry().site(site) else { return Duration::ZERO };
        let adapter = &site.adapter;
        let words = failure.site_words.as_deref().unwrap_or_default();
        reset::time_left(&adapter.signals.reset_words, words, reset::of_day())
            .unwrap_or(Duration::from_millis(adapter.limits.cool_down_ms))
    }

    /// The node's last word on a turn: its lane is free.
    pub(super) fn concluded(self: &Arc<Self>, job: &Job, failed: Option<&NodeFailure>) {
        // What we stopped says nothing about the page.
        let stopped = !matches!(job.turn().end(), Some(turn::End::Done { cancelled: false }));
        let limit = failed.map(|failed| self.limit_left(&job.site, failed));
        {
            let mut registry = self.registry();
            registry.release(job);
            if let Some(seat) = registry.seat_of(job) {
                match failed {
                    None if !stopped => seat.succeeded(),
                    None => {}
                    Some(failed) => {
                        let limit = limit.unwrap_or_default();
                        let failure = failure::of_node(&job.site, failed, false, limit);
                        seat.failed(failed.class, &failure, Instant::now());
                    }
                }
            }
        }
        job.wake();
        self.serve_all();
    }

    /// A look at the page of a turn that waits for its self-test: why it may not start, if so.
    pub(super) fn tested(&self, job: &Job, seen: &Seen) -> Option<NodeFailure> {
        let mut registry = self.registry();
        let site = registry.site(&job.site)?;
        let objection = self_test::objection(&site.adapter, &seen.diagnosis, &seen.summary);
        if let Some(seat) = registry.seat_of(job) {
            seat.self_test = Some(SelfTest {
                adapter: site.adapter.name.clone(),
                revision: site.adapter.revision,
                passed: objection.is_none(),
                summary: seen.summary.clone(),
            });
        }
        objection
    }

    /// The lane of a turn that nobody waits for is free, or as good as.
    pub(super) fn released(self: &Arc<Self>, job: &Job) {
        self.registry().release(job);
        self.serve_all();
    }

    /// The client or a deadline ended a turn: Stop is pressed; the lane is free when the node
    /// says so, or at once where it is away.
    pub(super) fn abandon(self: &Arc<Self>, job: &Arc<Job>) {
        self.dismiss(job, Outgoing::Cancel(job.clone()));
    }

    /// The client needs nothing more of a turn that goes well.
    pub(super) fn leave(self: &Arc<Self>, job: &Arc<Job>) {
        job.turn().unheard();
        self.dismiss(job, Outgoing::Leave(job.clone()));
    }

    fn dismiss(self: &Arc<Self>, job: &Arc<Job>, word: Outgoing) {
        let told = {
            let registry = self.registry();
            if !registry.is_claimed(job) {
                // The node's last word came first.
                return;
            }
            registry.link_of(job).is_some_and(|link| link.tell(word))
        };
        if !told {
            self.released(job);
        }
    }
}
