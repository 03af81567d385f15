//! Lanes for reading the answers of lost turns. It is no turn: nothing is typed, so neither pacing
//! nor a rest stands against it, and it goes before whatever waits for the seat.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
};
use tabway_protocol::{
    adapter::QuotaKind,
    message::{GatewayMessage, Harvest, Lane, LaneState, SeatState},
};
use tokio::time::Instant;

use super::{Blocked, Registry};
use crate::nodes::{
    failure,
    handle::Job,
    link::Outgoing,
    node::NodeState,
    order::{JobOrder, LostTurn},
    turn::Turn,
};

/// How long a page that is loaded anew has no tab.
const RELOADING: Duration = Duration::from_secs(3);

/// How long a browser that has just come opens its tabs.
const SETTLING: Duration = Duration::from_secs(30);

impl Registry {
    /// Has the answer of a lost turn read in a lane of the seat that had it.
    pub(in crate::nodes) fn begin_harvest(
        &mut self,
        order: &JobOrder,
        lost: LostTurn,
        now: Instant,
    ) -> Result<Arc<Job>, Blocked> {
        if self.removed.contains(&lost.node) {
            return Err(Blocked::Never(unknown("the browser is not paired any more")));
        }
        // It may not have come yet since the gateway was started.
        let Some(node) = self.nodes.get(&lost.node) else { return Err(wait(&order.site)) };
        let lane = lane_of(node, &order.site, lost, now)?;
        let Some(link) = node.link.clone() else { return Err(wait(&order.site)) };
        let turn = Turn::new(link.epoch, now + order.total, now + order.total).reading();
        let job = Arc::new(Job::new(order, (lost.node, lane), QuotaKind::default(), turn));
        let message = Box::new(Harvest {
            job: job.id.to_string(),
            of: lost.job.to_string(),
            lane,
            site: order.site.clone(),
            accept_ms: failure::millis(order.accept),
            total_ms: failure::millis(order.total),
        });
        if !link.tell(Outgoing::Harvest(job.clone(), message)) {
            self.lose(lost.node, link.epoch, now);
            return Err(wait(&order.site));
        }
        if let Some(node) = self.nodes.get_mut(&lost.node) {
            node.claims.insert(lane, job.clone());
        }
        self.refresh(lost.node, now);
        Ok(job)
    }

    /// The answer of a lost turn is to be read: until that begins its seat takes no turn, and its
    /// node is not told to stop it.
    pub(in crate::nodes) fn await_harvest(&mut self, lost: LostTurn, site: &str) {
        self.harvests.insert(lost.job, (lost.node, site.to_owned()));
        self.hold_seats(lost.node);
    }

    /// It has begun, or nobody waits for it any more.
    pub(in crate::nodes) fn end_await(&mut self, lost: LostTurn) {
        self.harvests.remove(&lost.job);
        if let Some(link) = self.link(lost.node) {
            link.say(&GatewayMessage::Stop { job: lost.job.to_string() });
        }
        self.hold_seats(lost.node);
    }

    /// Seats of a node take no turn while a harvest waits for them.
    pub(super) fn hold_seats(&mut self, id: NodeId) {
        let awaited = self.harvests.values().filter(|(node, _)| *node == id);
        let awaited = awaited.map(|(_, site)| site.clone()).collect();
        if let Some(node) = self.nodes.get_mut(&id) {
            node.awaited = awaited;
            self.refresh(id, Instant::now());
        }
    }

    /// Whether a turn that its node still holds is not to be stopped: its answer is awaited, or may
    /// be asked for again.
    pub(in crate::nodes) fn is_kept(&self, node: NodeId, job: JobId) -> bool {
        let awaited = self.harvests.get(&job).is_some_and(|(of, _)| *of == node);
        awaited || self.is_left(node, job)
    }
}

/// The lane that had the turn where it can be used, else any of the seat.
fn lane_of(node: &NodeState, site: &str, lost: LostTurn, now: Instant) -> Result<u64, Blocked> {
    let seat = node.seats.get(site).filter(|_| node.is_connected() && node.heard && !node.paused);
    let Some(seat) = seat else { return Err(wait(site)) };
    if seat.report.lanes.is_empty() {
        // A page that is only loaded anew is there again soon, and a browser that has just come
        // brings its tabs after itself.
        let settled = node.joined_at().map_or(now, |at| at + SETTLING);
        let until = settled.max(now + RELOADING);
        return Err(Blocked::Wait(Some(until), failure::no_node(site)));
    }
    if !seat.report.harvests {
        return Err(Blocked::Never(unknown("the answer cannot be read from this page again")));
    }
    if seat.report.state != SeatState::Ready {
        return Err(wait(site));
    }
    let free =
        |lane: &&Lane| lane.state == LaneState::Idle && !node.claims.contains_key(&lane.lane);
    let free = seat.report.lanes.iter().filter(free);
    let best = free.min_by_key(|lane| (lane.lane != lost.lane, lane.after.clone()));
    best.map(|lane| lane.lane).ok_or_else(|| wait(site))
}

fn wait(site: &str) -> Blocked {
    Blocked::Wait(None, failure::no_node(site))
}

fn unknown(words: &str) -> Failure {
    Failure::new(FailureClass::OutcomeUnknown, words)
}
