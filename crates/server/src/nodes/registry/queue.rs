//! Requests that wait for a lane.

use std::{collections::VecDeque, sync::Arc};

use tabway_dialects::chat::Failure;
use tokio::{sync::oneshot, time::Instant};

use super::{Blocked, Registry};
use crate::nodes::{
    handle::{Job, JobHandle},
    order::JobOrder,
};

/// Requests that may wait for a site at once.
const MAX_WAITING: usize = 256;

/// A request that waits for a lane.
#[derive(Debug)]
pub(super) struct Waiter {
    ticket: u64,
    order: JobOrder,
    answer: oneshot::Sender<Result<JobHandle, Failure>>,
}

/// What a waiter is to be told once the lock is released.
pub(in crate::nodes) type Delivery =
    (oneshot::Sender<Result<JobHandle, Failure>>, Result<Arc<Job>, Failure>);

impl Registry {
    /// Puts a request into its site's queue; its ticket, or nothing where the queue is full.
    pub(in crate::nodes) fn enqueue(
        &mut self,
        order: JobOrder,
        answer: oneshot::Sender<Result<JobHandle, Failure>>,
    ) -> Option<u64> {
        self.tickets += 1;
        let ticket = self.tickets;
        let queue = self.queues.entry(order.site.clone()).or_default();
        if queue.len() >= MAX_WAITING {
            return None;
        }
        queue.push_back(Waiter { ticket, order, answer });
        Some(ticket)
    }

    /// Takes a request out of the queue.
    pub(in crate::nodes) fn dequeue(&mut self, site: &str, ticket: u64) {
        if let Some(queue) = self.queues.get_mut(site) {
            queue.retain(|waiter| waiter.ticket != ticket);
            if queue.is_empty() {
                self.queues.remove(site);
            }
        }
    }

    /// Whether others wait for the site already.
    pub(in crate::nodes) fn has_waiters(&self, site: &str) -> bool {
        self.queues.contains_key(site)
    }

    /// Serves the queue of a site from its front as far as possible. Also says when to try again.
    pub(in crate::nodes) fn serve(
        &mut self,
        site: &str,
        now: Instant,
    ) -> (Vec<Delivery>, Option<Instant>) {
        let mut deliveries = Vec::new();
        let Some(waiting) = self.queues.remove(site) else { return (deliveries, None) };
        let mut next: Option<Instant> = None;
        // A request whose model must wait does not hold up those for another.
        let mut blocked: Vec<(String, Option<String>)> = Vec::new();
        let mut still = VecDeque::with_capacity(waiting.len());
        for waiter in waiting {
            if waiter.answer.is_closed() {
                continue;
            }
            let wanted = (waiter.order.model.clone(), waiter.order.mode.clone());
            if blocked.contains(&wanted) {
                still.push_back(waiter);
                continue;
            }
            match self.begin(&waiter.order, now) {
                Ok(job) => deliveries.push((waiter.answer, Ok(job))),
                Err(Blocked::Never(failure)) => deliveries.push((waiter.answer, Err(failure))),
                Err(Blocked::Wait(at, _)) => {
                    next = [next, at].into_iter().flatten().min();
                    blocked.push(wanted);
                    still.push_back(waiter);
                }
            }
        }
        if !still.is_empty() {
            self.queues.insert(site.to_owned(), still);
        }
        (deliveries, next)
    }

    /// Serves every queue: something changed for several sites.
    pub(in crate::nodes) fn serve_all(&mut self, now: Instant) -> Vec<Delivery> {
        let sites: Vec<String> = self.queues.keys().cloned().collect();
        sites.iter().flat_map(|site| self.serve(site, now).0).collect()
    }
}
