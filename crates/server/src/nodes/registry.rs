//! Who is connected, what they can serve, which lane has which turn, who waits for one.
//!
//! Plain state behind one lock that is held for microseconds: no method here waits or calls out.

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
    site_chat::Attachment,
};
use tabway_protocol::{
    adapter::Limits,
    message::{self, JobFile, Seat as Report, SeatState, Site},
};
use tokio::{sync::oneshot, time::Instant};
use uuid::Uuid;

use super::{
    failure,
    handle::{Job, JobHandle},
    link::{Farewell, Link, Outgoing},
    node::{NodeFacts, NodeState},
    order::{JobOrder, MAX_TURN, PAGES_OWN},
    seat::{Seat, Verdict},
    self_test::Waiting,
    turn::Turn,
};

mod search;

use search::Search;

/// How long requests wait for a node that has just lost its socket.
const RETURN_PATIENCE: Duration = Duration::from_secs(10);

/// Our own deadlines leave the node this long to say what happened itself.
const SLACK: Duration = Duration::from_secs(10);

/// Requests that may wait for a site at once.
const MAX_WAITING: usize = 256;

/// A request that waits for a lane.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) ticket: u64,
    pub(super) order: JobOrder,
    pub(super) answer: oneshot::Sender<Result<JobHandle, Failure>>,
}

/// What a waiter is to be told once the lock is released.
pub(super) type Delivery = (oneshot::Sender<Result<JobHandle, Failure>>, Result<Arc<Job>, Failure>);

/// Why no turn can start now.
#[derive(Debug)]
pub(super) enum Blocked {
    /// It may, from this moment on or when something changes; the failure says what is waited for.
    Wait(Option<Instant>, Failure),
    /// Not without a change that nobody announces.
    Never(Failure),
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Registry {
    nodes: HashMap<NodeId, NodeState>,
    /// Nodes that have a seat of the site, so that a turn looks at no others.
    offering: HashMap<String, Vec<NodeId>>,
    sites: BTreeMap<String, Arc<Site>>,
    /// Sites that one node alone has, while an adapter is tried in it.
    drafts: HashMap<NodeId, Arc<Site>>,
    queues: HashMap<String, VecDeque<Waiter>>,
    tickets: u64,
    /// Nodes that may not come back; their ids are never given again.
    removed: HashSet<NodeId>,
    /// Where the last search began, so that equal seats take turns.
    turn: usize,
}

impl Registry {
    // Sites.

    /// Replaces all sites. Says whether anything changed.
    pub(super) fn set_sites(&mut self, sites: Vec<Site>) -> bool {
        let sites: BTreeMap<String, Arc<Site>> =
            sites.into_iter().map(|site| (site.name.clone(), Arc::new(site))).collect();
        let changed = sites != self.sites;
        self.sites = sites;
        changed
    }

    pub(super) fn sites(&self) -> impl Iterator<Item = &Arc<Site>> {
        self.sites.values()
    }

    pub(super) fn site(&self, name: &str) -> Option<Arc<Site>> {
        self.sites.get(name).cloned()
    }

    /// Sets or takes away the site that a node alone has. Says whether there was one.
    pub(super) fn set_draft(&mut self, node: NodeId, site: Option<Arc<Site>>) -> bool {
        let old = match site {
            Some(site) => self.drafts.insert(node, site),
            None => self.drafts.remove(&node),
        };
        if let (Some(old), Some(state)) = (&old, self.nodes.get_mut(&node)) {
            state.seats.remove(&old.name);
            self.offering.remove(&old.name);
        }
        old.is_some()
    }

    /// The sites that a node has, its own draft among them.
    pub(super) fn sites_for(&self, node: NodeId) -> Vec<Site> {
        let sites = self.sites.values().chain(self.drafts.get(&node));
        sites.map(|site| Site::clone(site)).collect()
    }

    /// Whether a node has a site that no other has.
    pub(super) fn has_draft(&self, node: NodeId) -> bool {
        self.drafts.contains_key(&node)
    }

    /// Whether a site is everybody's.
    pub(super) fn has_site(&self, site: &str) -> bool {
        self.sites.contains_key(site)
    }

    fn limits(&self, site: &str) -> Option<Limits> {
        let draft = || self.drafts.values().find(|draft| draft.name == site);
        self.sites.get(site).or_else(draft).map(|site| site.adapter.limits.clone())
    }

    // Nodes.

    pub(super) fn nodes(&self) -> impl Iterator<Item = &NodeState> {
        self.nodes.values()
    }

    pub(super) fn node(&self, id: NodeId) -> Option<&NodeState> {
        self.nodes.get(&id)
    }

    pub(super) fn links(&self) -> impl Iterator<Item = (NodeId, &Link)> {
        self.nodes.iter().filter_map(|(id, node)| Some((*id, node.link.as_ref()?)))
    }

    /// The link of a node.
    pub(super) fn link(&self, node: NodeId) -> Option<&Link> {
        self.nodes.get(&node)?.link.as_ref()
    }

    /// The link that speaks for a turn now.
    pub(super) fn link_of(&self, job: &Job) -> Option<&Link> {
        self.nodes.get(&job.node)?.link.as_ref()
    }

    /// A proven socket of a paired node: it takes the place of an older one. False where the node
    /// was removed while its handshake was under way.
    pub(super) fn join(&mut self, facts: NodeFacts, link: Link, now: Instant) -> bool {
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
        node.join(facts, link, now);
        true
    }

    /// A socket is gone. Nothing happens if it was not the one in force.
    pub(super) fn lose(&mut self, id: NodeId, epoch: u64, now: Instant) {
        if let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_at(epoch)) {
            node.link = None;
            node.lost_at = Some(now);
            node.lose_turns(epoch, now);
        }
    }

    /// The node is not paired any more.
    pub(super) fn remove(&mut self, id: NodeId) -> bool {
        self.removed.insert(id);
        self.drafts.remove(&id);
        let Some(node) = self.nodes.remove(&id) else { return false };
        for nodes in self.offering.values_mut() {
            nodes.retain(|other| *other != id);
        }
        node.dismiss();
        true
    }

    /// What a node can serve now.
    pub(super) fn seats(&mut self, id: NodeId, epoch: u64, paused: bool, reports: Vec<Report>) {
        let Some(node) = self.nodes.get_mut(&id).filter(|node| node.is_at(epoch)) else { return };
        node.paused = paused;
        node.heard = true;
        let draft = self.drafts.get(&id).map(|draft| draft.name.as_str());
        let is_known = |site: &str| self.sites.contains_key(site) || draft == Some(site);
        let known = reports.into_iter().filter(|report| is_known(&report.site));
        node.update_seats(known);
        node.seats.retain(|site, _| is_known(site));
        for site in node.seats.keys() {
            let nodes = self.offering.entry(site.clone()).or_default();
            if !nodes.contains(&id) {
                nodes.push(id);
            }
        }
        for (site, nodes) in &mut self.offering {
            nodes.retain(|other| *other != id || node.seats.contains_key(site));
        }
    }

    /// A turn that the node says it still holds.
    pub(super) fn held(&self, id: NodeId, epoch: u64, job: JobId) -> Option<Arc<Job>> {
        let node = self.nodes.get(&id).filter(|node| node.is_at(epoch))?;
        node.claims.values().find(|claimed| claimed.id == job).cloned()
    }

    // Turns.

    /// Starts a turn on the best lane.
    pub(super) fn begin(&mut self, order: &JobOrder, now: Instant) -> Result<Arc<Job>, Blocked> {
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
    pub(super) fn release(&mut self, job: &Job) {
        if self.is_claimed(job)
            && let Some(node) = self.nodes.get_mut(&job.node)
        {
            node.claims.remove(&job.lane);
        }
    }

    /// The seat of a turn.
    pub(super) fn seat_of(&mut self, job: &Job) -> Option<&mut Seat> {
        self.nodes.get_mut(&job.node)?.seats.get_mut(&job.site)
    }

    /// Whether the turn still has its lane.
    pub(super) fn is_claimed(&self, job: &Job) -> bool {
        let claims = self.nodes.get(&job.node).map(|node| &node.claims);
        claims.and_then(|claims| claims.get(&job.lane)).is_some_and(|held| held.id == job.id)
    }

    // Waiting.

    /// Puts a request into its site's queue; its ticket, or nothing where the queue is full.
    pub(super) fn enqueue(
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
    pub(super) fn dequeue(&mut self, site: &str, ticket: u64) {
        if let Some(queue) = self.queues.get_mut(site) {
            queue.retain(|waiter| waiter.ticket != ticket);
            if queue.is_empty() {
                self.queues.remove(site);
            }
        }
    }

    /// Whether others wait for the site already.
    pub(super) fn has_waiters(&self, site: &str) -> bool {
        self.queues.contains_key(site)
    }

    /// Serves the queue of a site from its front as far as possible. Also says when to try again.
    pub(super) fn serve(&mut self, site: &str, now: Instant) -> (Vec<Delivery>, Option<Instant>) {
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
    pub(super) fn serve_all(&mut self, now: Instant) -> Vec<Delivery> {
        let sites: Vec<String> = self.queues.keys().cloned().collect();
        sites.iter().flat_map(|site| self.serve(site, now).0).collect()
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
