//! Which lane takes a turn, and the lane's way back.

use std::{sync::Arc, time::Duration};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{NodeId, RequestId},
    site_chat::Attachment,
};
use tabway_protocol::{
    ability::Ability,
    adapter::{Limits, QuotaKind},
    message::{self, Conversation, JobFile},
};
use tokio::time::Instant;

use super::{
    Blocked, Registry,
    search::Search,
    standing::{standing, standing_of_lane},
};
use crate::nodes::{
    failure,
    handle::Job,
    held::{self, HeldTalk},
    link::Outgoing,
    order::{JobOrder, MAX_TURN, PAGES_OWN},
    quiet, reset,
    seat::{Offer, Seat, Verdict},
    self_test::{Look, Waiting},
    turn::Turn,
};

/// Our own deadlines leave the node this long to say what happened itself.
const SLACK: Duration = Duration::from_secs(10);

/// The most browsers that a failure names.
const MOST_NAMED: usize = 5;

impl Registry {
    /// Starts a turn on the best lane.
    pub(in crate::nodes) fn begin(
        &mut self,
        order: &JobOrder,
        now: Instant,
    ) -> Result<Arc<Job>, Blocked> {
        let Some(site) = self.known(&order.site) else {
            return Err(Blocked::Never(failure::no_node(&order.site)));
        };
        let limits = &site.adapter.limits;
        let kind = kind_of(order, limits);
        loop {
            let at = order.pinned.as_ref().and_then(|pinned| pinned.node);
            let (id, lane) = match (order.lane, order.held) {
                (Some(lane), _) => self.find_lane(order, lane, limits, now)?,
                (None, Some(talk)) => {
                    leave_alone(&order.site, limits, now)?;
                    self.find_held(order, &talk, (limits, kind), now)?
                }
                (None, None) => {
                    leave_alone(&order.site, limits, now)?;
                    match at {
                        Some(node) => self.find_at(order, node, (limits, kind), now)?,
                        None => self.find(order, limits, kind, now)?,
                    }
                }
            };
            if let Some(node) = self.nodes.get(&id).filter(|_| order.tools.is_some())
                && !node.can(Ability::PageTools)
            {
                let labels = [node.label().to_owned()];
                let outdated = failure::outdated(&order.site, &labels).with_param("tools");
                return Err(Blocked::Never(outdated));
            }
            if let Some(job) = self.claim(order, limits, (id, lane, kind), now) {
                return Ok(job);
            }
            // Its socket takes no more: it is as good as lost, and the next best is looked for.
        }
    }

    fn find(
        &mut self,
        order: &JobOrder,
        limits: &Limits,
        kind: QuotaKind,
        now: Instant,
    ) -> Result<(NodeId, u64), Blocked> {
        let site = order.site.as_str();
        self.catch_up(site, now);
        let Some(pool) = self.pools.get(site) else {
            return Err(Blocked::Never(failure::no_node(site)));
        };
        let has = |offer: &Offer| offer.has(&order.model, order.mode.as_deref());
        let will_do = |offer: &Offer| has(offer) && (offer.opens || order.pinned.is_none());
        let judged = |id| {
            let node = self.nodes.get(&id)?;
            Some(standing(node, node.seats.get(site)?, limits, Some(kind), now).verdict)
        };
        let mut search = Search::default();
        match pool
            .best(|offer| will_do(offer) && !offer.rests(kind))
            .and_then(|id| Some((id, judged(id)?)))
        {
            Some((id, Verdict::Free(lane))) => return Ok((id, lane)),
            Some((_, verdict)) => search.note(verdict),
            None => {}
        }
        let telling = pool.telling(will_do);
        if telling.is_empty() && pool.offers(has) {
            let labels =
                pool.nodes().filter_map(|id| Some(self.nodes.get(&id)?.label().to_owned()));
            let labels: Vec<_> = labels.take(MOST_NAMED).collect();
            search.note(Verdict::Never(failure::outdated(site, &labels)));
        } else if telling.is_empty() {
            let wanted = order.mode.as_ref().unwrap_or(&order.model);
            let words = format!("{site}: the page offers no model `{}`", failure::plain(wanted));
            search.note(Verdict::Never(Failure::new(FailureClass::ModelNotFound, words)));
        }
        telling.into_iter().filter_map(judged).for_each(|verdict| search.note(verdict));
        Err(search.outcome(site))
    }

    /// A free lane of the one browser that can open the conversation.
    fn find_at(
        &self,
        order: &JobOrder,
        at: NodeId,
        (limits, kind): (&Limits, QuotaKind),
        now: Instant,
    ) -> Result<(NodeId, u64), Blocked> {
        let mut search = Search::default();
        let node = self.nodes.get(&at);
        if let Some((node, seat)) = node.and_then(|node| Some((node, node.seats.get(&order.site)?)))
        {
            if !node.can(Ability::Places) {
                let labels = [node.label().to_owned()];
                return Err(Blocked::Never(failure::outdated(&order.site, &labels)));
            }
            match standing(node, seat, limits, Some(kind), now).verdict {
                Verdict::Free(lane) => return Ok((at, lane)),
                verdict => search.note(verdict),
            }
        }
        Err(search.outcome(&order.site))
    }

    /// Whether any page of the site tells the model.
    pub(in crate::nodes) fn offers(&self, site: &str, model: &str, mode: Option<&str>) -> bool {
        self.pools.get(site).is_some_and(|pool| pool.offers(|offer| offer.has(model, mode)))
    }

    /// The lane that must take it, in which a draft is tried.
    fn find_lane(
        &self,
        order: &JobOrder,
        lane: u64,
        limits: &Limits,
        now: Instant,
    ) -> Result<(NodeId, u64), Blocked> {
        let site = order.site.as_str();
        let mut search = Search::default();
        let Some(pool) = self.pools.get(site) else {
            // The browser has just been told of the site.
            search.note(Verdict::Soon(failure::no_node(site)));
            return Err(search.outcome(site));
        };
        for id in pool.nodes() {
            let Some(node) = self.nodes.get(&id) else { continue };
            let Some(seat) = node.seats.get(site) else { continue };
            match standing_of_lane(node, seat, (lane, None), limits, now) {
                Verdict::Free(lane) => return Ok((id, lane)),
                verdict => search.note(verdict),
            }
        }
        Err(search.outcome(site))
    }

    /// The lane that shows the conversation, where it still does.
    fn find_held(
        &self,
        order: &JobOrder,
        talk: &HeldTalk,
        (limits, kind): (&Limits, QuotaKind),
        now: Instant,
    ) -> Result<(NodeId, u64), Blocked> {
        let mut search = Search::default();
        let node = self.nodes.get(&talk.node);
        if let Some((node, seat)) = node.and_then(|node| Some((node, node.seats.get(&order.site)?)))
        {
            if let Some(lost) = held::lost(node, seat, talk) {
                return Err(Blocked::Never(lost));
            }
            match standing_of_lane(node, seat, (talk.lane, Some(kind)), limits, now) {
                Verdict::Free(lane) => return Ok((talk.node, lane)),
                verdict => search.note(verdict),
            }
        }
        Err(search.outcome(&order.site))
    }

    fn claim(
        &mut self,
        order: &JobOrder,
        limits: &Limits,
        (id, lane, kind): (NodeId, u64, QuotaKind),
        now: Instant,
    ) -> Option<Arc<Job>> {
        let link = self.nodes.get(&id)?.link.clone()?;
        let total = order.total.min(MAX_TURN);
        let turn = Turn::new(link.epoch, now + order.accept + SLACK, now + total + SLACK);
        let job = Arc::new(Job::new(order, (id, lane), kind, turn));
        let message = message::Job {
            job: job.id.to_string(),
            lane,
            site: order.site.clone(),
            prompt: order.prompt.clone(),
            conversation: match (&order.held, &order.pinned) {
                (None, None) => Conversation::Fresh,
                _ => Conversation::Continue,
            },
            place: order.pinned.as_ref().map(|pinned| pinned.address.clone()),
            after: order.held.map(|held| held.after.to_string()),
            model: self.chosen(order),
            mode: order.mode.clone(),
            settings: order.settings.clone(),
            tools: order.tools.clone(),
            files: order.files.iter().map(listed).collect(),
            accept_ms: failure::millis(order.accept),
            total_ms: failure::millis(total),
        };
        let files = order.files.iter().map(|file| file.bytes.clone()).collect();
        let message = Box::new(message);
        let begin = match self.look_before(id, &order.site, now) {
            Some(look) => Outgoing::Test(job.clone(), Waiting { order: message, files, look }),
            None => Outgoing::Begin(job.clone(), message, files),
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
        self.mark(id, &order.site);
        self.refresh(id, now);
        Some(job)
    }

    /// The model to choose on the page: none where it is the page's own, or cannot be chosen.
    fn chosen(&self, order: &JobOrder) -> Option<String> {
        let can = self.sites.get(&order.site)?.adapter.models.select.is_some();
        (can && order.model != PAGES_OWN).then(|| order.model.clone())
    }

    /// How the page is looked at before a turn begins, if at all.
    fn look_before(&self, node: NodeId, site: &str, now: Instant) -> Option<Look> {
        let seat = self.nodes.get(&node)?.seats.get(site)?;
        if seat.is_untested(&self.sites.get(site)?.adapter) {
            return Some(Look::SelfTest);
        }
        let every = self.check_every?;
        seat.is_stale(every, now).then_some(Look::Human)
    }

    /// The lane of a turn is free.
    pub(in crate::nodes) fn release(&mut self, job: &Job, now: Instant) {
        if self.is_claimed(job)
            && let Some(node) = self.nodes.get_mut(&job.node)
        {
            node.claims.remove(&job.lane);
            self.refresh(job.node, now);
        }
    }

    /// The turn that a request has.
    pub(in crate::nodes) fn job_of(&self, request: RequestId) -> Option<Arc<Job>> {
        let mut jobs = self.nodes.values().flat_map(|node| node.claims.values());
        jobs.find(|job| job.request == Some(request)).cloned()
    }

    /// Does something to the seat of a turn, and judges it anew.
    pub(in crate::nodes) fn with_seat(
        &mut self,
        job: &Job,
        now: Instant,
        change: impl FnOnce(&mut Seat),
    ) {
        let node = self.nodes.get_mut(&job.node);
        if let Some(seat) = node.and_then(|node| node.seats.get_mut(&job.site)) {
            change(seat);
            self.mark(job.node, &job.site);
            self.refresh(job.node, now);
        }
    }

    /// Whether the turn still has its lane.
    pub(in crate::nodes) fn is_claimed(&self, job: &Job) -> bool {
        let claims = self.nodes.get(&job.node).map(|node| &node.claims);
        claims.and_then(|claims| claims.get(&job.lane)).is_some_and(|held| held.id == job.id)
    }
}

/// Which quota a turn counts against.
fn kind_of(order: &JobOrder, limits: &Limits) -> QuotaKind {
    let names = || [Some(&order.model), order.mode.as_ref()].into_iter().flatten();
    let found = limits.quotas.iter().find(|quota| names().any(|name| quota.counts(name)));
    found.map_or(QuotaKind::default(), |quota| quota.kind)
}

/// The hours in which the site takes no turn at all.
fn leave_alone(site: &str, limits: &Limits, now: Instant) -> Result<(), Blocked> {
    if limits.quiet.is_empty() {
        return Ok(());
    }
    match quiet::left(&limits.quiet, reset::of_day()) {
        Some(left) => Err(Blocked::Wait(Some(now + left), failure::quiet(site, left))),
        None => Ok(()),
    }
}

/// A file as the job lists it.
fn listed(file: &Attachment) -> JobFile {
    let size = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
    JobFile { name: file.name.clone(), mime: file.mime.clone(), size }
}
