//! Which lane takes a turn, and the lane's way back.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
    site_chat::Attachment,
};
use tabway_protocol::{
    adapter::Limits,
    message::{self, JobFile, SeatState},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{Blocked, Registry, search::Search};
use crate::nodes::{
    failure,
    handle::Job,
    link::Outgoing,
    node::NodeState,
    order::{JobOrder, MAX_TURN, PAGES_OWN},
    seat::{Seat, Verdict},
    self_test::Waiting,
    turn::Turn,
};

/// How long requests wait for a node that has just lost its socket.
const RETURN_PATIENCE: Duration = Duration::from_secs(10);

/// Our own deadlines leave the node this long to say what happened itself.
const SLACK: Duration = Duration::from_secs(10);

impl Registry {
    /// Starts a turn on the best lane.
    pub(in crate::nodes) fn begin(
        &mut self,
        order: &JobOrder,
        now: Instant,
    ) -> Result<Arc<Job>, Blocked> {
        let Some(limits) = self.limits(&order.site) else {
            return Err(Blocked::Never(failure::no_node(&order.site)));
        };
        loop {
            let (id, lane) = self.find(order, &limits, now)?;
            if let Some(job) = self.claim(order, &limits, (id, lane), now) {
                return Ok(job);
            }
            // Its socket takes no more: it is as good as lost, and the next best is looked for.
        }
    }

    fn find(
        &mut self,
        order: &JobOrder,
        limits: &Limits,
        now: Instant,
    ) -> Result<(NodeId, u64), Blocked> {
        let site = order.site.as_str();
        let ids = self.offering.get(site).map_or(&[][..], Vec::as_slice);
        self.turn = self.turn.wrapping_add(1);
        let mut best: Option<(usize, Option<Instant>, NodeId, u64)> = None;
        let mut search = Search::default();
        if order.lane.is_some() && ids.is_empty() {
            // The browser has just been told of the site.
            search.note(Verdict::Soon(failure::no_node(site)));
        }
        for at in 0..ids.len() {
            let id = ids[(self.turn.wrapping_add(at)) % ids.len()];
            let Some(node) = self.nodes.get(&id) else { continue };
            let Some(seat) = node.seats.get(site) else { continue };
            match judge(node, seat, order, limits, now) {
                Verdict::Free(lane) => {
                    let load = node.turns_of(site);
                    let rank = (load, seat.last_start());
                    if best.as_ref().is_none_or(|(l, at, ..)| rank < (*l, *at)) {
                        best = Some((load, seat.last_start(), id, lane));
                    }
                    if load == 0 {
                        // Nobody has less to do; a thousand idle nodes are not compared.
                        break;
                    }
                }
                verdict => search.note(verdict),
            }
        }
        best.map(|(_, _, id, lane)| (id, lane)).ok_or_else(|| search.outcome(site))
    }

    fn claim(
        &mut self,
        order: &JobOrder,
        limits: &Limits,
        (id, lane): (NodeId, u64),
        now: Instant,
    ) -> Option<Arc<Job>> {
        let link = self.nodes.get(&id)?.link.clone()?;
        let total = order.total.min(MAX_TURN);
        let turn = Turn::new(link.epoch, now + order.accept + SLACK, now + total + SLACK);
        let job_id = JobId::from_uuid(Uuid::now_v7());
        let job = Arc::new(Job::new(job_id, id, &order.site, lane, turn));
        let message = message::Job {
            job: job_id.to_string(),
            lane,
            site: order.site.clone(),
            prompt: order.prompt.clone(),
            conversation: order.conversation,
            model: self.chosen(order),
            mode: order.mode.clone(),
            settings: order.settings.clone(),
            files: order.files.iter().map(listed).collect(),
            accept_ms: failure::millis(order.accept),
            total_ms: failure::millis(total),
        };
        let files = order.files.iter().map(|file| file.bytes.clone()).collect();
        let message = Box::new(message);
        let begin = match self.is_untested(id, &order.site) {
            true => Outgoing::Test(job.clone(), Waiting { order: message, files }),
            false => Outgoing::Begin(job.clone(), message, files),
        };
        if !link.tell(begin) {
            self.lose(id, link.epoch, now);
            return None;
        }
        let node = self.nodes.get_mut(&id)?;
        node.claims.insert(lane, job.clone());
        if let Some(seat) = node.seats.get_mut(&order.site) {
            seat.start(limits, now);
        }
        Some(job)
    }

    /// The model to choose on the page: none where it is the page's own, or cannot be chosen.
    fn chosen(&self, order: &JobOrder) -> Option<String> {
        let can = self.sites.get(&order.site)?.adapter.models.select.is_some();
        (can && order.model != PAGES_OWN).then(|| order.model.clone())
    }

    fn is_untested(&self, node: NodeId, site: &str) -> bool {
        let seat = self.nodes.get(&node).and_then(|node| node.seats.get(site));
        seat.zip(self.sites.get(site)).is_some_and(|(seat, site)| seat.is_untested(&site.adapter))
    }

    /// The lane of a turn is free.
    pub(in crate::nodes) fn release(&mut self, job: &Job) {
        if self.is_claimed(job)
            && let Some(node) = self.nodes.get_mut(&job.node)
        {
            node.claims.remove(&job.lane);
        }
    }

    /// The seat of a turn.
    pub(in crate::nodes) fn seat_of(&mut self, job: &Job) -> Option<&mut Seat> {
        self.nodes.get_mut(&job.node)?.seats.get_mut(&job.site)
    }

    /// Whether the turn still has its lane.
    pub(in crate::nodes) fn is_claimed(&self, job: &Job) -> bool {
        let claims = self.nodes.get(&job.node).map(|node| &node.claims);
        claims.and_then(|claims| claims.get(&job.lane)).is_some_and(|held| held.id == job.id)
    }
}

/// A file as the job lists it.
fn listed(file: &Attachment) -> JobFile {
    let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
    JobFile { name: file.name.clone(), mime: file.mime.clone(), size }
}
fn judge(
    node: &NodeState,
    seat: &Seat,
    order: &JobOrder,
    limits: &Limits,
    now: Instant,
) -> Verdict {
    let site = &order.site;
    if !node.is_connected() {
        let recently = node.lost_at.is_some_and(|at| now - at < RETURN_PATIENCE);
        let failure = failure::no_node(site);
        return if recently { Verdict::Soon(failure) } else { Verdict::Never(failure) };
    }
    if node.paused {
        let words = format!("{site}: the browser is paused by its owner");
        return Verdict::Never(Failure::new(FailureClass::NoNode, words));
    }
    if node.is_flapping(now) {
        let words = format!("{site}: the browser comes and goes; it rests");
        return Verdict::Never(Failure::new(FailureClass::NoNode, words));
    }
    if !node.heard {
        return Verdict::Soon(failure::no_node(site));
    }
    if !seat.offers(&order.model, order.mode.as_deref()) {
        let wanted = order.mode.as_ref().unwrap_or(&order.model);
        let words = format!("{site}: the page offers no model `{}`", failure::plain(wanted));
        return Verdict::Never(Failure::new(FailureClass::ModelNotFound, words));
    }
    if order.lane.is_some() && seat.report.state == SeatState::NoTab {
        // The tab is there; its page has not been looked at with this adapter yet.
        return Verdict::Soon(failure::no_node(site));
    }
    let other = |lane| order.lane.is_some_and(|only| only != lane);
    seat.verdict(site, limits, |lane| other(lane) || node.claims.contains_key(&lane), now)
}
