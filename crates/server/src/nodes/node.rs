//! One paired browser as the registry knows it; it outlives its sockets.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tabway_dialects::ids::NodeId;
use tabway_protocol::message::{self, LaneState, Seat as Report, SeatState};
use tokio::time::Instant;

use super::{
    failure,
    handle::Job,
    link::{Farewell, Link, Outgoing},
    order::{LaneView, NodeView, SeatView},
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

    /// It came so often lately that it will soon be gone again.
    pub(super) fn is_flapping(&self, now: Instant) -> bool {
        let (Some(first), Some(last)) = (self.comings.front(), self.comings.back()) else {
            return false;
        };
        self.comings.len() == FLAPS && *last - *first < FLAP_WINDOW && now - *last < FLAP_WINDOW
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

    /// Turns that it has for the site.
    pub(super) fn turns_of(&self, site: &str) -> usize {
        self.claims.values().filter(|job| job.site == site).count()
    }

    /// Takes its word on what it can serve. A seat that it does not name any more is kept, so that
    /// its pacing cannot be forgotten by leaving and coming back.
    pub(super) fn update_seats(&mut self, reports: impl Iterator<Item = Report>) {
        for seat in self.seats.values_mut() {
            seat.report.state = SeatState::NoTab;
            seat.report.lanes.clear();
        }
        for report in reports {
            match self.seats.get_mut(&report.site) {
                Some(seat) => seat.update(report),
                None => {
                    self.seats.insert(report.site.clone(), Seat::new(report));
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
            connected: self.is_connected(),
            paused: self.paused,
            flapping: self.is_flapping(now),
            seats: self.seats.values().map(|seat| self.seat_view(seat, now)).collect(),
        }
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
            turns: seat.turns,
            self_test: seat.self_test.clone(),
            lanes: report.lanes.iter().map(lane_view).collect(),
            models: report.models.clone(),
        }
    }
}
