//! Where each seat stands: judged when something about it changes, kept in its site's pool.

use std::time::Duration;

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::NodeId,
};
use tabway_protocol::{
    adapter::{Limits, QuotaKind},
    message::SeatState,
};
use tokio::time::Instant;

use super::{
    Registry,
    pool::{Pool, Rank, Standing},
    sites::known,
};
use crate::nodes::{
    failure,
    node::NodeState,
    seat::{Seat, Verdict},
};

/// How long requests wait for a node that has just lost its socket.
const RETURN_PATIENCE: Duration = Duration::from_secs(10);

impl Registry {
    /// Something about a node changed: all its seats are judged anew.
    pub(super) fn refresh(&mut self, id: NodeId, now: Instant) {
        let Some(node) = self.nodes.get_mut(&id) else { return };
        node.seats.values_mut().for_each(|seat| seat.settle(now));
        let node = &*node;
        for (name, seat) in &node.seats {
            let Some(site) = known(&self.sites, &self.drafts, name) else { continue };
            let standing = standing(node, seat, &site.adapter.limits, None, now);
            match self.pools.get_mut(name) {
                Some(pool) => pool.set(id, &seat.offer, &standing),
                None => {
                    let mut pool = Pool::default();
                    pool.set(id, &seat.offer, &standing);
                    self.pools.insert(name.clone(), pool);
                }
            }
        }
    }

    /// Judges those seats of a site anew whose standing has changed by itself.
    pub(super) fn catch_up(&mut self, site: &str, now: Instant) {
        while let Some(id) = self.pools.get(site).and_then(|pool| pool.changed(now)) {
            // What nobody judges any more would be due for ever.
            self.leave_pool(site, id);
            self.refresh(id, now);
        }
    }

    /// A site of a node is none any more.
    pub(super) fn leave_pool(&mut self, site: &str, id: NodeId) {
        if let Some(pool) = self.pools.get_mut(site) {
            pool.remove(id);
            if pool.is_empty() {
                self.pools.remove(site);
            }
        }
    }
}

/// Where a seat stands for a turn of its site, of any kind where none is named.
pub(super) fn standing(
    node: &NodeState,
    seat: &Seat,
    limits: &Limits,
    kind: Option<QuotaKind>,
    now: Instant,
) -> Standing {
    let site = seat.report.site.as_str();
    let is_sick = seat.health.is_sick(now);
    let rank = Rank { is_sick, load: node.turns_of(site), last_start: seat.last_start() };
    let (verdict, changes) = match of_node(node, site, now) {
        Some(blocked) => blocked,
        None => {
            let claimed = |lane| node.claims.contains_key(&lane);
            (seat.verdict(limits, kind, claimed, now), seat.changes(limits, now))
        }
    };
    Standing { verdict, rank, changes: changes.filter(|at| *at > now) }
}

/// Where a seat stands for a turn that one lane must take.
pub(super) fn standing_of_lane(
    node: &NodeState,
    seat: &Seat,
    (only, kind): (u64, Option<QuotaKind>),
    limits: &Limits,
    now: Instant,
) -> Verdict {
    let site = seat.report.site.as_str();
    if let Some((verdict, _)) = of_node(node, site, now) {
        return verdict;
    }
    if seat.report.state == SeatState::NoTab {
        // The tab is there; its page has not been looked at with this adapter yet.
        return Verdict::Soon(failure::no_node(site));
    }
    let claimed = |lane| lane != only || node.claims.contains_key(&lane);
    seat.verdict(limits, kind, claimed, now)
}

/// What of the node itself stands against any turn.
fn of_node(node: &NodeState, site: &str, now: Instant) -> Option<(Verdict, Option<Instant>)> {
    if !node.is_connected() {
        let failure = failure::no_node(site);
        let until = node.lost_at.map(|at| at + RETURN_PATIENCE).filter(|until| now < *until);
        return Some(match until {
            Some(until) => (Verdict::Soon(failure), Some(until)),
            None => (Verdict::Never(failure), None),
        });
    }
    if node.paused {
        let words = format!("{site}: the browser is paused by its owner");
        return Some((Verdict::Never(Failure::new(FailureClass::NoNode, words)), None));
    }
    if let Some(until) = node.flaps_until(now) {
        let words = format!("{site}: the browser comes and goes; it rests");
        let failure = Failure::new(FailureClass::NoNode, words);
        return Some((Verdict::Never(failure), Some(until)));
    }
    if node.is_awaited(site) {
        return Some((Verdict::Soon(failure::reading(site)), None));
    }
    (!node.heard).then(|| (Verdict::Soon(failure::no_node(site)), None))
}
