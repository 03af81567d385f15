//! One paired browser as the registry knows it; it outlives its sockets.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    ability::{Abilities, Ability},
    message::{self, LaneState, Seat as Report, SeatState},
};
use tokio::time::Instant;

use super::{
    failure,
    handle::Job,
    health::{self, HealthReport, Reason},
    kept::{Kept, Moment},
    link::{Farewell, Link, Outgoing},
    need::NeedView,
    order::{LaneView, NodeView, RestView, SeatView},
    seat::Seat,
};

/// A node that connected this often within the window is not given turns until it has stayed.
const FLAPS: usize = 5;
const FLAP_WINDOW: Duration = Duration::from_secs(30);

/// What a node says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NodeFacts {
    pub(super) id: NodeId,
    pub(super) label: String,
    pub(super) browser: String,
    pub(super) extension: String,
    pub(super) abilities: Abilities,
}

/// A node.
#[derive(Debug)]
pub(super) struct NodeState {
    facts: NodeFacts,
    pub(super) link: Option<Link>,
    pub(super) lost_at: Option<Instant>,
    pub(super) paused: bool,
    /// It has said on this socket what it can serve.
    pub(super) heard: bool,
    pub(super) seats: BTreeMap<String, Seat>,
    /// Turns by lane. A lane serves several sites of one origin, so claims are the node's.
    pub(super) claims: HashMap<u64, Arc<Job>>,
    /// Sites of lost turns whose answers are to be read here once a lane is free.
    pub(super) awaited: Vec<String>,
    comings: VecDeque<Instant>,
}

impl NodeState {
    pub(super) fn new(facts: NodeFacts) -> Self {
        Self {
            facts,
            link: None,
            lost_at: None,
            paused: false,
            heard: false,
            seats: BTreeMap::new(),
            claims: HashMap::new(),
            awaited: Vec::new(),
            comings: VecDeque::new(),
        }
    }

    /// A socket of it is in.
    pub(super) fn join(&mut self, facts: NodeFacts, link: Link, now: Instant) {
        self.facts = facts;
        self.link = Some(link);
        self.lost_at = None;
        self.heard = false;
        if self.comings.len() == FLAPS {
            self.comings.pop_front();
        }
        self.comings.push_back(now);
    }

    pub(super) fn id(&self) -> NodeId {
        self.facts.id
    }

    pub(super) fn label(&self) -> &str {
        &self.facts.label
    }

    /// Whether its extension understands something that came after the first version.
    pub(super) fn can(&self, ability: Ability) -> bool {
        self.facts.abilities.has(ability)
    }

    pub(super) fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    /// Whether a turn could start on the seat now or soon.
    pub(super) fn could_serve(&self, seat: &Seat, now: Instant) -> bool {
        let willing = self.is_connected() && !self.paused && !self.is_flapping(now);
        willing
            && matches!(seat.report.state, SeatState::Ready | SeatState::Loading)
            && seat.rests_for(now).is_none()
    }

    pub(super) fn is_at(&self, epoch: u64) -> bool {
        self.link.as_ref().is_some_and(|link| link.epoch == epoch)
    }

    /// When its socket was opened.
    pub(super) fn joined_at(&self) -> Option<Instant> {
        self.comings.back().copied()
    }

    /// It came so often lately that it will soon be gone again.
    pub(super) fn is_flapping(&self, now: Instant) -> bool {
        self.flaps_until(now).is_some()
    }

    /// Until when that is held against it.
    pub(super) fn flaps_until(&self, now: Instant) -> Option<Instant> {
        let (first, last) = (self.comings.front()?, self.comings.back()?);
        let often = self.comings.len() == FLAPS && *last - *first < FLAP_WINDOW;
        Some(*last + FLAP_WINDOW).filter(|until| often && now < *until)
    }

    /// Its turns wait for it to come back; those that nobody waits for are over.
    pub(super) fn lose_turns(&mut self, epoch: u64, now: Instant) {
        self.claims.retain(|_, job| {
            let mut turn = job.turn();
            turn.lose(epoch, now);
            let wanted = turn.is_wanted();
            drop(turn);
            job.wake();
            wanted
        });
    }

    /// Whether a lane of the site is awaited.
    pub(super) fn is_awaited(&self, site: &str) -> bool {
        self.awaited.iter().any(|awaited| awaited == site)
    }

    /// Turns that it has for the site.
    pub(super) fn turns_of(&self, site: &str) -> usize {
        self.claims.values().filter(|job| job.site == site).count()
    }

    /// Takes its word on what it can serve. A seat that it does not name any more is kept, so that
    /// its pacing cannot be forgotten by leaving and coming back.
    pub(super) fn update_seats(
        &mut self,
        reports: impl Iterator<Item = Report>,
        mut kept: impl FnMut(&str) -> Option<Kept>,
    ) {
        for seat in self.seats.values_mut() {
            seat.report.state = SeatState::NoTab;
            seat.report.lanes.clear();
        }
        let opens = self.can(Ability::Places);
        for report in reports {
            match self.seats.get_mut(&report.site) {
                Some(seat) => seat.update(report, opens),
                None => {
                    let kept = kept(&report.site);
                    let seat = Seat::new(report, opens, kept, Moment::here());
                    self.seats.insert(seat.report.site.clone(), seat);
                }
            }
        }
    }

    /// It is not ours any more.
    pub(super) fn dismiss(self) {
        for job in self.claims.values() {
            job.turn().fail_lost("the browser was removed");
            job.wake();
        }
        if let Some(link) = self.link {
            link.tell(Outgoing::Close(Farewell {
                code: message::close::UNPAIRED,
                words: "this browser was removed from the gateway",
                refusal: Some("removed"),
            }));
        }
    }

    pub(super) fn view(&self, now: Instant) -> NodeView {
        NodeView {
            id: self.facts.id,
            label: self.facts.label.clone(),
            browser: self.facts.browser.clone(),
            extension: self.facts.extension.clone(),
            is_outdated: self.facts.abilities != Abilities::all(),
            connected: self.is_connected(),
            paused: self.paused,
            flapping: self.is_flapping(now),
            seats: self.seats.values().map(|seat| self.seat_view(seat, now)).collect(),
        }
    }

    /// How well a seat does: its faults, and what stands against it now.
    fn health(&self, seat: &Seat, now: Instant) -> HealthReport {
        let mut standing = Vec::new();
        if !self.is_connected() {
            let advice = "Start that browser; its extension connects by itself.";
            standing.push((100, Reason::now("not_connected", "the browser is away", advice)));
        }
        if self.is_flapping(now) {
            let advice = "Look at its network; it is used again once it has stayed.";
            standing.push((40, Reason::now("flapping", "the browser comes and goes", advice)));
        }
        let state = seat.report.state;
        if let Some(((points, code), (problem, advice))) =
            health::of_state(state).zip(health::mend(state))
        {
            standing.push((points, Reason::now(code, problem, advice)));
        }
        if let Some(rest) = seat.rests().of(None, now) {
            let advice = "It is used again by itself.";
            standing.push((30, Reason::now("resting", rest.failure.message.clone(), advice)));
        }
        if let Some(test) = seat.self_test.as_ref().filter(|test| !test.passed) {
            let advice = "Teach this page or mend the adapter.";
            standing.push((60, Reason::now("self_test", test.summary.clone(), advice)));
        }
        seat.health.report(standing, now)
    }

    fn seat_view(&self, seat: &Seat, now: Instant) -> SeatView {
        let report = &seat.report;
        let lane_view = |lane: &message::Lane| {
            let job = self.claims.get(&lane.lane).map(|job| job.id);
            let state = if job.is_some() { LaneState::Busy } else { lane.state };
            LaneView { lane: lane.lane, state, job }
        };
        SeatView {
            node: self.facts.id,
            label: self.facts.label.clone(),
            site: report.site.clone(),
            state: report.state,
            detail: failure::plain(&report.detail),
            rests_ms: seat.rests_for(now).map(failure::millis),
            rests: rests(seat, now),
            health: self.health(seat, now),
            started_in_hour: seat.started_in_hour(now),
            turns: seat.turns,
            need: seat.need(now).map(NeedView::from),
            picture: report.picture,
            session_ends_ms: seat.session_ends_ms,
            self_test: seat.self_test.clone(),
            lanes: report.lanes.iter().map(lane_view).collect(),
            models: report.models.clone(),
        }
    }
}

fn rests(seat: &Seat, now: Instant) -> Vec<RestView> {
    let rests = seat.rests();
    let quotas = rests.quotas.iter().map(|(kind, rest)| (Some(*kind), rest));
    let all = rests.whole.iter().map(|rest| (None, rest)).chain(quotas);
    all.filter(|(_, rest)| rest.until > now)
        .map(|(quota, rest)| RestView {
            quota,
            left_ms: failure::millis(rest.until - now),
            code: rest.failure.class.code(),
            words: rest.failure.message.clone(),
        })
        .collect()
}
