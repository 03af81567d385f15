//! A seat: what its page shows, its pacing and its rest. They belong to the seat, not to a lane:
//! more tabs give parallelism, never more turns.

use std::{collections::VecDeque, time::Duration};

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::{
    adapter::{Adapter, Limits},
    message::{Lane, LaneState, NodeFailureClass, Seat as Report, SeatState},
};
use tokio::time::Instant;

use super::{failure, order::PAGES_OWN, self_test::SelfTest};

const HOUR: Duration = Duration::from_secs(3_600);

/// Rest after a page could not take a turn; doubled with each more in a row. What may be a hiccup
/// is forgiven once.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// What of a seat outlives its node's socket.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) report: Report,
    pub(super) turns: u64,
    /// The last word before this one was that no prompt can be typed.
    was_unready: bool,
    last_start: Option<Instant>,
    /// Starts of the last hour, where the adapter caps them.
    starts: VecDeque<Instant>,
    rest: Option<Rest>,
    failures_in_row: u32,
    pub(super) self_test: Option<SelfTest>,
}

#[derive(Debug, Clone)]
struct Rest {
    until: Instant,
    failure: Failure,
}

/// Whether a seat can take a turn.
#[derive(Debug)]
pub(super) enum Verdict {
    /// On this lane, now.
    Free(u64),
    /// Not before this moment.
    Later(Instant, Failure),
    /// When a lane is free or the page has loaded.
    Soon(Failure),
    /// Not without a change.
    Never(Failure),
}

impl Seat {
    pub(super) fn new(report: Report) -> Self {
        Self {
            was_unready: report.state != SeatState::Ready,
            report,
            turns: 0,
            last_start: None,
            starts: VecDeque::new(),
            rest: None,
            failures_in_row: 0,
            self_test: None,
        }
    }

    /// The node's latest word. A page that is ready again after its human looked rests no more.
    pub(super) fn update(&mut self, report: Report) {
        let mended = self.was_unready && report.state == SeatState::Ready;
        let of_human = self.rest.as_ref().is_some_and(|rest| {
            use FailureClass as C;
            matches!(rest.failure.class, C::SignedOut | C::Challenge | C::Consent | C::PageChanged)
        });
        if mended && of_human {
            self.rest = None;
        }
        self.was_unready = report.state != SeatState::Ready;
        self.report = report;
    }

    /// Whether the page offers the model, in the mode where one is asked for.
    pub(super) fn offers(&self, model: &str, mode: Option<&str>) -> bool {
        let reports = |name: &str| self.report.models.iter().any(|offered| offered == name);
        match mode {
            Some(mode) => reports(mode) && (model == PAGES_OWN || reports(model)),
            None => model == PAGES_OWN || reports(model),
        }
    }

    /// Whether a turn can start, and where. `claimed` says which lanes have one.
    pub(super) fn verdict(
        &self,
        site: &str,
        limits: &Limits,
        claimed: impl Fn(u64) -> bool,
        now: Instant,
    ) -> Verdict {
        if let Some(rest) = self.resting(now) {
            let failure = rest.failure.clone();
            let left = failure::millis(rest.until - now).max(1);
            return Verdict::Never(failure.with_retry_after_ms(left));
        }
        if let Some(failure) = failure::of_seat(site, self.report.state, &self.report.detail) {
            return Verdict::Never(failure);
        }
        let paced = self.paced_until(limits, now);
        if paced > now {
            return Verdict::Later(paced, failure::paced(site, paced - now));
        }
        if self.report.state == SeatState::Loading {
            return Verdict::Soon(Failure::new(
                FailureClass::PageNotStarted,
                format!("{site}: the page is still loading"),
            ));
        }
        let free = |lane: &&Lane| lane.state == LaneState::Idle && !claimed(lane.lane);
        if let Some(lane) = self.report.lanes.iter().find(free) {
            return Verdict::Free(lane.lane);
        }
        let yielded = !self.report.lanes.is_empty()
            && self.report.lanes.iter().all(|lane| lane.state == LaneState::Yielded);
        Verdict::Soon(match yielded {
            true => {
                Failure::new(FailureClass::HumanBusy, format!("{site}: its human uses the tab"))
                    .with_retry_after_ms(10_000)
            }
            false => failure::busy(site),
        })
    }

    /// The first moment at which its pacing allows a turn.
    fn paced_until(&self, limits: &Limits, now: Instant) -> Instant {
        let gap = self.last_start.map(|at| at + Duration::from_millis(limits.min_gap_ms));
        let cap = usize::try_from(limits.per_hour).unwrap_or(usize::MAX);
        let hour = (cap > 0 && self.starts.len() >= cap)
            .then(|| self.starts.get(self.starts.len() - cap).map(|at| *at + HOUR))
            .flatten();
        gap.into_iter().chain(hour).fold(now, Instant::max)
    }

    /// Whether its page must be looked at before the adapter is trusted with a turn: once for each
    /// revision that never ran against the real site.
    pub(super) fn is_untested(&self, adapter: &Adapter) -> bool {
        let covered = || self.self_test.as_ref().is_some_and(|test| test.covers(adapter));
        adapter.verified.is_none() && !covered()
    }

    /// A turn starts.
    pub(super) fn start(&mut self, limits: &Limits, now: Instant) {
        self.turns += 1;
        self.last_start = Some(now);
        if limits.per_hour > 0 {
            while self.starts.front().is_some_and(|at| *at + HOUR <= now) {
                self.starts.pop_front();
            }
            self.starts.push_back(now);
        }
    }

    /// When the last turn started.
    pub(super) fn last_start(&self) -> Option<Instant> {
        self.last_start
    }

    /// A turn went well.
    pub(super) fn succeeded(&mut self) {
        self.failures_in_row = 0;
    }

    /// A turn failed on the page: what is broken is not tried again at once.
    pub(super) fn failed(&mut self, class: NodeFailureClass, failure: &Failure, now: Instant) {
        use NodeFailureClass as N;
        let hiccup = matches!(class, N::NotStarted | N::PageError);
        let rest = match class {
            // What the client was told: the rest of the limit, by the site's words or the adapter's.
            N::RateLimited | N::Quota | N::Maintenance => {
                Duration::from_millis(failure.retry_after_ms.unwrap_or_default())
            }
            N::SignedOut
            | N::Challenge
            | N::Consent
            | N::PageChanged
            | N::NotStarted
            | N::PageError => {
                self.failures_in_row = (self.failures_in_row + 1).min(10);
                if hiccup && self.failures_in_row == 1 {
                    return;
                }
                (FIRST_REST * 2_u32.pow(self.failures_in_row - 1)).min(LONGEST_REST)
            }
            N::Moderated
            | N::HumanBusy
            | N::LaneLost
            | N::BadJob
            | N::TooLarge
            | N::FileRefused
            | N::ChoiceRefused => return,
        };
        self.rest = Some(Rest { until: now + rest, failure: failure.clone() });
    }

    fn resting(&self, now: Instant) -> Option<&Rest> {
        self.rest.as_ref().filter(|rest| rest.until > now)
    }

    /// How long it still rests.
    pub(super) fn rests_for(&self, now: Instant) -> Option<Duration> {
        self.resting(now).map(|rest| rest.until - now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat(lanes: &[(u64, LaneState)]) -> Seat {
        Seat::new(Report {
            site: "s".to_owned(),
            state: SeatState::Ready,
            detail: String::new(),
            lanes: lanes.iter().map(|&(lane, state)| Lane { lane, state }).collect(),
            models: vec![],
        })
    }

    fn limits(min_gap_ms: u64, per_hour: u32) -> Limits {
        Limits { min_gap_ms, per_hour, ..Limits::default() }
    }

    fn free(seat: &Seat, limits: &Limits, claimed: &[u64], now: Instant) -> Option<u64> {
        match seat.verdict("s", limits, |lane| claimed.contains(&lane), now) {
            Verdict::Free(lane) => Some(lane),
            _ => None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_gap_belongs_to_the_seat_and_not_to_the_lane() {
        let mut seat = seat(&[(1, LaneState::Idle), (2, LaneState::Idle)]);
        let (limits, now) = (limits(1_000, 0), Instant::now());
        assert_eq!(free(&seat, &limits, &[], now), Some(1));
        seat.start(&limits, now);
        let Verdict::Later(at, failure) = seat.verdict("s", &limits, |lane| lane == 1, now) else {
            panic!("paced");
        };
        assert_eq!(at - now, Duration::from_secs(1));
        assert_eq!(failure.class, FailureClass::SiteRateLimited);
        assert_eq!(free(&seat, &limits, &[1], now + Duration::from_secs(1)), Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_cap_of_an_hour_slides() {
        let mut seat = seat(&[(1, LaneState::Idle)]);
        let (limits, now) = (limits(0, 2), Instant::now());
        let minutes = |n: u64| now + Duration::from_secs(60 * n);
        seat.start(&limits, minutes(0));
        seat.start(&limits, minutes(30));
        assert_eq!(free(&seat, &limits, &[], minutes(59)), None);
        assert_eq!(free(&seat, &limits, &[], minutes(60)), Some(1));
        seat.start(&limits, minutes(60));
        assert_eq!(free(&seat, &limits, &[], minutes(89)), None);
        assert_eq!(free(&seat, &limits, &[], minutes(90)), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_needs_its_human_rests_longer_each_time_until_it_is_mended() {
        let mut seat = seat(&[(1, LaneState::Idle)]);
        let (limits, now) = (limits(0, 0), Instant::now());
        let failure = Failure::new(FailureClass::PageChanged, "send");
        seat.failed(NodeFailureClass::PageChanged, &failure, now);
        assert_eq!(seat.rests_for(now), Some(FIRST_REST));
        seat.failed(NodeFailureClass::PageChanged, &failure, now);
        assert_eq!(seat.rests_for(now), Some(FIRST_REST * 2));
        assert_eq!(free(&seat, &limits, &[], now), None);
        let mut report = seat.report.clone();
        report.state = SeatState::PageChanged;
        seat.update(report.clone());
        report.state = SeatState::Ready;
        seat.update(report);
        assert_eq!(free(&seat, &limits, &[], now), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_rests_the_seat_for_as_long_as_the_client_was_told() {
        let mut seat = seat(&[(1, LaneState::Idle)]);
        let (limits, now) = (limits(0, 0), Instant::now());
        let told = Failure::new(FailureClass::SiteQuota, "used up").with_retry_after_ms(90_000);
        seat.failed(NodeFailureClass::Quota, &told, now);
        let almost = now + Duration::from_secs(89);
        let Verdict::Never(refused) = seat.verdict("s", &limits, |_| false, almost) else {
            panic!("rests");
        };
        assert_eq!((refused.class, refused.retry_after_ms), (FailureClass::SiteQuota, Some(1_000)));
        assert_eq!(free(&seat, &limits, &[], now + Duration::from_secs(90)), Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_that_its_human_uses_is_left_alone() {
        let seat = seat(&[(1, LaneState::Yielded)]);
        let verdict = seat.verdict("s", &limits(0, 0), |_| false, Instant::now());
        let Verdict::Soon(failure) = verdict else { panic!("soon") };
        assert_eq!(failure.class, FailureClass::HumanBusy);
    }
}
