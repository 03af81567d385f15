//! What sockets, requests and the admin API share: the registry behind its lock, and what happens
//! outside of it.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use prometheus_client::metrics::histogram::Histogram;
use tabway_dialects::{
    chat::Failure,
    ids::{JobId, NodeId},
};
use tabway_protocol::message::{NodeFailure, Seat as Report};
use tabway_store::Store;
use tokio::{
    sync::{Notify, oneshot},
    time::{Instant, sleep_until},
};

use super::{
    captures::Locates,
    diagnosis::{Diagnoses, Seen},
    failure,
    handle::{Job, JobHandle},
    link::{Link, Outgoing},
    node::NodeFacts,
    order::{JobOrder, QueuePlace},
    registry::{Blocked, Delivery, Registry, Ticket, is_vain},
    reread::Rereads,
    reset,
    self_test::{self, Look, SelfTest},
    turn,
};
use crate::metrics::Timing;

/// What sockets, requests and the admin API share.
#[derive(Debug)]
pub(super) struct Shared {
    registry: Mutex<Registry>,
    diagnoses: Mutex<Diagnoses>,
    rereads: Mutex<Rereads>,
    locates: Mutex<Locates>,
    /// Rung when the registry's alarm is to be set anew.
    alarm: Notify,
    /// Rung when something about a node has changed.
    pub(super) changed: Notify,
    /// Seconds that a decision took: which lane a turn gets, or that it waits.
    pub(super) decisions: Histogram,
    /// How long turns waited for a lane before they had one.
    pub(super) waits: Arc<Timing>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            registry: Mutex::default(),
            diagnoses: Mutex::default(),
            rereads: Mutex::default(),
            locates: Mutex::default(),
            alarm: Notify::new(),
            changed: Notify::new(),
            decisions: Histogram::new(DECISION_SECONDS),
            waits: Arc::default(),
        }
    }
}

/// The limits of the buckets: a decision takes microseconds.
const DECISION_SECONDS: [f64; 10] =
    [0.000_005, 0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.05];

/// A place in a site's queue; leaving it gives the place up.
pub(super) struct InQueue {
    ticket: Ticket,
    pub(super) answer: oneshot::Receiver<Result<JobHandle, Failure>>,
    shared: Arc<Shared>,
}

impl InQueue {
    /// The wait is over: why, and where it stood.
    pub(super) fn give_up(&self) -> Option<(Failure, QueuePlace)> {
        let registry = self.shared.registry();
        registry.reason(&self.ticket).zip(registry.place(&self.ticket))
    }
}

impl Drop for InQueue {
    fn drop(&mut self) {
        self.shared.registry().dequeue(&self.ticket);
    }
}

/// What became of an order at once.
pub(super) enum Begun {
    Job(JobHandle),
    Queued(InQueue),
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

    /// As with the diagnoses.
    pub(super) fn locates(&self) -> MutexGuard<'_, Locates> {
        self.locates.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As with the diagnoses.
    pub(super) fn rereads(&self) -> MutexGuard<'_, Rereads> {
        self.rereads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a turn, or puts it into its site's queue. Whoever came first is served first.
    pub(super) fn begin_or_queue(self: &Arc<Self>, order: JobOrder, give_up: Instant) -> Begun {
        let now = Instant::now();
        let begun = self.decide(order, now, give_up);
        self.decisions.observe(now.elapsed().as_secs_f64());
        begun
    }

    fn decide(self: &Arc<Self>, order: JobOrder, now: Instant, give_up: Instant) -> Begun {
        let mut registry = self.registry();
        let site = order.site.clone();
        let reason = if registry.has_waiters(&site) {
            failure::busy(&site)
        } else {
            match registry.begin(&order, now) {
                Ok(job) => {
                    drop(registry);
                    return Begun::Job(JobHandle::new(job, self.clone()));
                }
                Err(Blocked::Never(failure)) => return Begun::Refused(failure),
                Err(Blocked::Wait(Some(at), failure)) if is_vain(at, give_up, &failure) => {
                    return Begun::Refused(failure);
                }
                Err(Blocked::Wait(_, failure)) => failure,
            }
        };
        let (sender, answer) = oneshot::channel();
        let ticket = match registry.enqueue(order, reason, (now, give_up), sender) {
            Ok(ticket) => ticket,
            Err(failure) => return Begun::Refused(failure),
        };
        // It may want what those before it do not.
        let deliveries = registry.serve(&site, now);
        let rings = registry.set_alarm();
        drop(registry);
        self.ring(rings);
        self.deliver(deliveries);
        Begun::Queued(InQueue { ticket, answer, shared: self.clone() })
    }

    /// Serves the queues of these sites: something changed for them.
    fn serve(self: &Arc<Self>, mut registry: MutexGuard<'_, Registry>, sites: &[String]) {
        if sites.is_empty() {
            return;
        }
        let now = Instant::now();
        let deliveries: Vec<_> = sites.iter().flat_map(|site| registry.serve(site, now)).collect();
        let rings = registry.set_alarm();
        drop(registry);
        self.decisions.observe(now.elapsed().as_secs_f64());
        self.ring(rings);
        self.deliver(deliveries);
    }

    /// Something changed at a node that queues may wait for.
    fn serve_node(self: &Arc<Self>, registry: MutexGuard<'_, Registry>, node: NodeId) {
        let sites = registry.queued_sites(node);
        self.serve(registry, &sites);
        self.changed.notify_waiters();
    }

    /// Something changed that any queue may wait for.
    pub(super) fn serve_all(self: &Arc<Self>) {
        let registry = self.registry();
        let sites = registry.all_queued_sites();
        self.serve(registry, &sites);
    }

    fn ring(&self, rings: bool) {
        if rings {
            self.alarm.notify_one();
        }
    }

    /// Writes down what of the seats is to outlive the gateway, as soon as it changes. While one
    /// writing is under way the next changes gather.
    pub(super) async fn keep_seats(self: Arc<Self>, store: Arc<Store>) {
        let dirt = self.registry().dirt.clone();
        loop {
            dirt.notified().await;
            self.write_seats(&store).await;
        }
    }

    /// Writes what is to be written now.
    pub(super) async fn write_seats(&self, store: &Store) {
        let states = self.registry().take_dirty();
        if states.is_empty() {
            return;
        }
        if let Err(error) = store.seats().save(&states).await {
            tracing::error!(%error, "the pacing of seats cannot be written");
        }
    }

    /// Serves queues when time alone has changed what can be served.
    pub(super) async fn keep_time(self: Arc<Self>) {
        loop {
            let due = self.registry().next_due();
            let rung = self.alarm.notified();
            match due {
                Some(due) => tokio::select! {
                    () = sleep_until(due) => self.serve_all(),
                    () = rung => {}
                },
                None => rung.await,
            }
        }
    }

    /// See [`Registry::join`].
    pub(super) fn join(&self, facts: NodeFacts, link: Link, now: Instant) -> bool {
        self.registry().join(facts, link, now)
    }

    /// See [`Registry::lose`].
    pub(super) fn lose(self: &Arc<Self>, node: NodeId, epoch: u64) {
        let mut registry = self.registry();
        registry.lose(node, epoch, Instant::now());
        self.serve_node(registry, node);
    }

    /// See [`Registry::seats`].
    pub(super) fn seats(
        self: &Arc<Self>,
        node: NodeId,
        epoch: u64,
        paused: bool,
        reports: Vec<Report>,
    ) {
        let mut registry = self.registry();
        registry.seats(node, epoch, paused, reports, Instant::now());
        self.serve_node(registry, node);
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
        let now = Instant::now();
        let mut registry = self.registry();
        // The page may say which quota is used up, whatever was asked for.
        let words = failed.and_then(|failed| failed.site_words.as_deref()).unwrap_or_default();
        let meant = registry.site(&job.site).and_then(|site| {
            let mut quotas = site.adapter.limits.quotas.iter();
            quotas.find(|quota| quota.is_meant(words)).map(|quota| quota.kind)
        });
        registry.release(job, now);
        registry.with_seat(job, now, |seat| match failed {
            None if !stopped => seat.succeeded(now),
            None => {}
            Some(failed) => {
                let failure = failure::of_node(&job.site, failed, false, limit.unwrap_or_default());
                seat.failed(failed.class, meant.unwrap_or(job.kind), &failure, now);
            }
        });
        job.wake();
        self.serve_node(registry, job.node);
    }

    /// A look at the page of a turn that waits for it: why the turn may not start, if so.
    pub(super) fn tested(&self, job: &Job, seen: &Seen, look: Look) -> Option<NodeFailure> {
        let now = Instant::now();
        let mut registry = self.registry();
        let site = registry.site(&job.site)?;
        let objection = match look {
            Look::SelfTest => self_test::objection(&site.adapter, &seen.diagnosis, &seen.summary),
            Look::Human => self_test::need(&seen.diagnosis),
        };
        registry.with_seat(job, now, |seat| {
            seat.looked(now);
            if look == Look::SelfTest {
                seat.self_test = Some(SelfTest {
                    adapter: site.adapter.name.clone(),
                    revision: site.adapter.revision,
                    passed: objection.is_none(),
                    summary: seen.summary.clone(),
                });
            }
        });
        objection
    }

    /// The lane of a turn that nobody waits for is free, or as good as.
    pub(super) fn released(self: &Arc<Self>, job: &Job) {
        let mut registry = self.registry();
        registry.release(job, Instant::now());
        self.serve_node(registry, job.node);
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
