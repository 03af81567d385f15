//! The nodes: who is connected, and what each says that it can serve.

use std::{collections::BTreeMap, sync::Arc};

use tabway_dialects::ids::{JobId, NodeId};
use tabway_protocol::message::{self, Seat as Report};
use tokio::time::Instant;

use super::Registry;
use crate::nodes::{
    handle::Job,
    kept::Moment,
    link::{Farewell, Link, Outgoing},
    node::{NodeFacts, NodeState},
};

/// The most models of a site of which it is kept what its pages said.
const MOST_TOLD: usize = 2_000;

impl Registry {
    pub(in crate::nodes) fn nodes(&self) -> impl Iterator<Item = &NodeState> {
        self.nodes.values()
    }

    pub(in crate::nodes) fn node(&self, id: NodeId) -> Option<&NodeState> {
        self.nodes.get(&id)
    }

    pub(in crate::nodes) fn links(&self) -> impl Iterator<Item = (NodeId, &Link)> {
        self.nodes.iter().filter_map(|(id, node)| Some((*id, node.link.as_ref()?)))
    }

    /// The link of a node.
    pub(in crate::nodes) fn link(&self, node: NodeId) -> Option<&Link> {
        self.nodes.get(&node)?.link.as_ref()
    }

    /// The link that speaks for a turn now.
    pub(in crate::nodes) fn link_of(&self, job: &Job) -> Option<&Link> {
        self.nodes.get(&job.node)?.link.as_ref()
    }

    /// A proven socket of a paired node: it takes the place of an older one. False where the node
    /// was removed while its handshake was under way.
    pub(in crate::nodes) fn join(&mut self, facts: NodeFacts, link: Link, now: Instant) -> bool {
        if self.removed.contains(&facts.id) {
            return false;
        }
        let node = self.nodes.entry(facts.id).or_insert_with(|| NodeState::new(facts.clone()));
        if let Some(old) = node.link.take() {
            old.tell(Outgoing::Close(Farewell {
                code: message::close::SUPERSEDED,
                words: "a newer socket of the same browser took over",
                refusal: None,
            }));
            node.lose_turns(old.epoch, now);
        }
        let id = facts.id;
        node.join(facts, link, now);
        self.hold_seats(id);
        self.refresh(id, now);
        true
    }

    /// A socket is gone. Nothing happens if it was not the one in force.
    pub(in crate::nodes) fn lose(&mut self, id: NodeId, epoch: u64, now: Instant) {
        if let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_at(epoch)) {
            node.link = None;
            node.lost_at = Some(now);
            node.lose_turns(epoch, now);
            self.refresh(id, now);
        }
    }

    /// The node is not paired any more.
    pub(in crate::nodes) fn remove(&mut self, id: NodeId) -> bool {
        self.removed.insert(id);
        self.drafts.remove(&id);
        self.kept.remove(&id);
        self.dirty.remove(&id);
        let Some(node) = self.nodes.remove(&id) else { return false };
        for site in node.seats.keys() {
            self.leave_pool(site, id);
        }
        node.dismiss();
        true
    }

    /// What a node can serve now.
    pub(in crate::nodes) fn seats(
        &mut self,
        id: NodeId,
        epoch: u64,
        paused: bool,
        reports: Vec<Report>,
        now: Instant,
    ) {
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_at(epoch)) else { return };
        node.paused = paused;
        node.heard = true;
        let draft = self.drafts.get(&id).map(|draft| draft.name.as_str());
        let is_known = |site: &str| self.sites.contains_key(site) || draft == Some(site);
        let known = reports.into_iter().filter(|report| is_known(&report.site));
        let told = &mut self.told;
        let known = known.inspect(|report| {
            if !report.told.is_empty() && self.sites.contains_key(&report.site) {
                let of_site = told.entry(report.site.clone()).or_default();
                if of_site.len() > MOST_TOLD {
                    of_site.clear();
                }
                of_site.extend(report.told.clone());
            }
        });
        let mut kept = self.kept.remove(&id).unwrap_or_default();
        node.update_seats(known, |site| kept.remove(site));
        if !kept.is_empty() {
            self.kept.insert(id, kept);
        }
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) =
            std::mem::take(&mut node.seats).into_iter().partition(|(site, _)| is_known(site));
        node.seats = kept;
        let moment = Moment::new(now, tabway_store::ledger::now_ms());
        for (site, seat) in gone {
            self.leave_pool(&site, id);
            // It may come again, and its pacing with it.
            self.kept.entry(id).or_default().insert(site, seat.kept(moment));
        }
        self.refresh(id, now);
    }

    /// The sites of a node for which requests wait.
    pub(in crate::nodes) fn queued_sites(&self, id: NodeId) -> Vec<String> {
        let seats = self.nodes.get(&id).into_iter().flat_map(|node| node.seats.keys());
        seats.filter(|site| self.queues.contains_key(*site)).cloned().collect()
    }

    /// A turn that the node says it still holds.
    pub(in crate::nodes) fn held(&self, id: NodeId, epoch: u64, job: JobId) -> Option<Arc<Job>> {
        let node = self.nodes.get(&id).filter(|node| node.is_at(epoch))?;
        node.claims.values().find(|claimed| claimed.id == job).cloned()
    }
}
