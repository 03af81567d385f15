//! Requests that wait for a lane: entering a queue, leaving it, being served.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::RequestId,
};
use tokio::{sync::oneshot, time::Instant};

use super::{
    Blocked, QueueRules, Registry,
    queue::{Queue, Ticket, Waiter, Wish},
};
use crate::nodes::{
    failure,
    handle::{Job, JobHandle},
    order::{JobOrder, QueuePlace, QueuedView},
};

/// When to ask again where a queue is full and nothing tells better.
const FULL_RETRY: Duration = Duration::from_secs(15);

/// What a waiter is to be told once the lock is released.
pub(in crate::nodes) type Delivery =
    (oneshot::Sender<Result<JobHandle, Failure>>, Result<Arc<Job>, Failure>);

impl Registry {
    pub(in crate::nodes) fn set_rules(&mut self, rules: QueueRules) {
        self.rules = rules;
    }

    /// Puts a request into its site's queue.
    ///
    /// # Errors
    /// `queue_full`
    pub(in crate::nodes) fn enqueue(
        &mut self,
        order: JobOrder,
        reason: Failure,
        (since, give_up): (Instant, Instant),
        answer: oneshot::Sender<Result<JobHandle, Failure>>,
    ) -> Result<Ticket, Failure> {
        let QueueRules { size, per_key } = self.rules;
        let site = order.site.clone();
        let (all, own) =
            self.queues.get(&site).map_or((0, 0), |queue| (queue.len(), queue.len_of(&order.key)));
        if all >= size || own >= per_key {
            let retry = reason.retry_after_ms.unwrap_or(failure::millis(FULL_RETRY));
            let words = match all >= size {
                true => format!("{site}: {all} requests wait already (`queue.size`)"),
                false => format!("{site}: {own} requests of this key wait (`queue.per_key`)"),
            };
            return Err(Failure::new(FailureClass::QueueFull, words).with_retry_after_ms(retry));
        }
        self.tickets += 1;
        let ticket = Ticket { site, key: order.key.clone(), number: self.tickets };
        if let Some(request) = order.request {
            self.waiting.insert(request, ticket.clone());
        }
        let order = Arc::new(order);
        let waiter = Waiter { number: ticket.number, order, since, give_up, answer };
        self.queues.entry(ticket.site.clone()).or_default().push(waiter, reason);
        Ok(ticket)
    }

    /// Takes a request out of its queue.
    pub(in crate::nodes) fn dequeue(&mut self, ticket: &Ticket) {
        self.take(&ticket.site, &ticket.key, ticket.number);
    }

    fn take(&mut self, site: &str, key: &str, number: u64) -> Option<Waiter> {
        let queue = self.queues.get_mut(site)?;
        let waiter = queue.remove(key, number);
        if queue.len() == 0 {
            self.queues.remove(site);
        }
        if let Some(request) = waiter.as_ref().and_then(|waiter| waiter.order.request) {
            self.waiting.remove(&request);
        }
        waiter
    }

    /// Whether others wait for the site already.
    pub(in crate::nodes) fn has_waiters(&self, site: &str) -> bool {
        self.queues.contains_key(site)
    }

    /// Why a request still waits.
    pub(in crate::nodes) fn reason(&self, ticket: &Ticket) -> Option<Failure> {
        self.queues.get(&ticket.site)?.reason(&ticket.key, ticket.number)
    }

    /// Where a request stands in its queue.
    pub(in crate::nodes) fn place(&self, ticket: &Ticket) -> Option<QueuePlace> {
        let queue = self.queues.get(&ticket.site)?;
        let position = queue.position(&ticket.key, ticket.number)?;
        Some(QueuePlace { position, of: queue.len() })
    }

    /// The same, by the request's id.
    pub(in crate::nodes) fn place_of(&self, request: RequestId) -> Option<QueuePlace> {
        self.place(self.waiting.get(&request)?)
    }

    /// Takes a waiting request out, to be told why.
    pub(in crate::nodes) fn cancel_waiting(
        &mut self,
        request: RequestId,
        failure: Failure,
    ) -> Option<Delivery> {
        let Ticket { site, key, number } = self.waiting.get(&request)?.clone();
        let waiter = self.take(&site, &key, number)?;
        Some((waiter.answer, Err(failure)))
    }

    /// Everything that waits, site by site in the order of service.
    pub(in crate::nodes) fn queued(&self, now: Instant) -> Vec<QueuedView> {
        let mut views: Vec<_> =
            self.queues.values().flat_map(|queue| views_of(queue, now)).collect();
        views.sort_by(|a, b| (&a.site, a.place.position).cmp(&(&b.site, b.place.position)));
        views
    }

    /// Serves the queue of a site from its front as far as possible.
    pub(in crate::nodes) fn serve(&mut self, site: &str, now: Instant) -> Vec<Delivery> {
        let mut deliveries = Vec::new();
        let mut next: Option<Instant> = None;
        // A request whose model must wait does not hold up those for another.
        let mut blocked: Vec<Wish> = Vec::new();
        while let Some(waiter) = self.queues.get(site).and_then(|queue| queue.first(&blocked)) {
            let (key, number) = (waiter.order.key.clone(), waiter.number);
            if waiter.answer.is_closed() {
                self.take(site, &key, number);
                continue;
            }
            let (order, give_up) = (waiter.order.clone(), waiter.give_up);
            let outcome = match self.begin(&order, now) {
                Ok(job) => Ok(job),
                Err(Blocked::Never(failure)) => Err(failure),
                Err(Blocked::Wait(Some(at), failure)) if is_vain(at, give_up, &failure) => {
                    Err(failure)
                }
                Err(Blocked::Wait(at, reason)) => {
                    let wish = Wish::of(&order);
                    if let Some(queue) = self.queues.get_mut(site) {
                        queue.blocked(&wish, reason);
                    }
                    next = [next, at].into_iter().flatten().min();
                    blocked.push(wish);
                    continue;
                }
            };
            if let Some(waiter) = self.take(site, &key, number) {
                if let Some(queue) = self.queues.get_mut(site).filter(|_| outcome.is_ok()) {
                    queue.served(&key);
                }
                deliveries.push((waiter.answer, outcome));
            }
        }
        if let Some(queue) = self.queues.get_mut(site) {
            queue.next = next;
        }
        deliveries
    }

    /// When a queue is to be served although nothing was heard.
    pub(in crate::nodes) fn next_due(&self) -> Option<Instant> {
        let dues = self.queues.iter().flat_map(|(site, queue)| {
            [queue.next, self.pools.get(site).and_then(super::Pool::next_change)]
        });
        dues.flatten().min()
    }

    /// Sets the alarm; says whether it is another one than before.
    pub(in crate::nodes) fn set_alarm(&mut self) -> bool {
        let due = self.next_due();
        let changed = due != self.alarm;
        self.alarm = due;
        changed
    }

    /// The sites for which requests wait.
    pub(in crate::nodes) fn all_queued_sites(&self) -> Vec<String> {
        self.queues.keys().cloned().collect()
    }
}

/// Its hour is used up: a wait would only end in the same words.
pub(in crate::nodes) fn is_vain(at: Instant, give_up: Instant, failure: &Failure) -> bool {
    at > give_up && failure.class == FailureClass::SiteRateLimited
}

fn views_of(queue: &Queue, now: Instant) -> impl Iterator<Item = QueuedView> {
    queue.iter().filter_map(move |waiter| {
        let order = &waiter.order;
        let position = queue.position(&order.key, waiter.number)?;
        Some(QueuedView {
            request: order.request,
            site: order.site.clone(),
            model: order.model.clone(),
            key: order.key.clone(),
            place: QueuePlace { position, of: queue.len() },
            waited: now.saturating_duration_since(waiter.since),
            left: waiter.give_up.saturating_duration_since(now),
            reason: queue.reason(&order.key, waiter.number).map(|failure| failure.message),
        })
    })
}
