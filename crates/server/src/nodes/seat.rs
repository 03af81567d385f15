//! A seat: what its page shows, its pacing and its rest. They belong to the seat, not to a lane:
//! more tabs give parallelism, never more turns.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::{
    adapter::{Adapter, Limits, QuotaKind},
    message::{Lane, LaneState, NodeFailureClass, Seat as Report, SeatState},
};
use tokio::time::Instant;

use super::{
    failure,
    health::{Fault, Health},
    kept::{Kept, Moment, Restored},
    need::{Need, NeedKind},
    order::PAGES_OWN,
    rest::{Rest, Rests},
    self_test::SelfTest,
};

const HOUR: Duration = Duration::from_secs(3_600);

/// Rest after a page could not take a turn; doubled with each more in a row. What may be a hiccup
/// is forgiven once.
const FIRST_REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(300);

/// How often it is looked whether a seat with many faults has become better with time.
const SICK_LOOK: Duration = Duration::from_secs(60);

/// What of a seat outlives its node's socket.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) report: Report,
    /// Its browser's extension opens conversations by their addresses.
    opens: bool,
    pub(super) offer: Arc<Offer>,
    pub(super) turns: u64,
    /// The last word before this one was that no prompt can be typed.
    was_unready: bool,
    last_start: Option<Instant>,
    /// Starts of the last hour, where the adapter caps them.
    starts: VecDeque<Instant>,
    rests: Rests,
    failures_in_row: u32,
    pub(super) health: Health,
    pub(super) self_test: Option<SelfTest>,
    /// What its human is needed for.
    need: Option<Need>,
    /// When its page was last seen to be as it says; none where a turn has met otherwise.
    looked_at: Option<Instant>,
    /// When it was last asked.
    asked_at: Option<Instant>,
    /// When its page says that the session ends, in milliseconds since the epoch.
    pub(super) session_ends_ms: Option<i64>,
    /// Since when each lane has done nothing.
    idle: HashMap<u64, Instant>,
}

/// What a seat can be asked for: the models that its page tells, modes among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    models: Vec<String>,
    /// Quotas that are used up.
    resting: Vec<QuotaKind>,
    /// Whether it opens conversations by their addresses.
    pub(super) opens: bool,
}

impl Offer {
    pub(super) fn of(report: &Report, rests: &Rests, opens: bool) -> Self {
        let mut models = report.models.clone();
        models.sort_unstable();
        Self { models, resting: rests.quotas.keys().copied().collect(), opens }
    }

    /// Whether turns of a kind rest.
    pub(super) fn rests(&self, kind: QuotaKind) -> bool {
        self.resting.contains(&kind)
    }

    /// Whether the page offers the model, in the mode where one is asked for.
    pub(super) fn has(&self, model: &str, mode: Option<&str>) -> bool {
        let tells =
            |name: &str| self.models.binary_search_by(|told| told.as_str().cmp(name)).is_ok();
        match mode {
            Some(mode) => tells(mode) && (model == PAGES_OWN || tells(model)),
            None => model == PAGES_OWN || tells(model),
        }
    }
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
    /// A seat that is seen for the first time, with what was written of it before.
    pub(super) fn new(report: Report, opens: bool, kept: Option<Kept>, moment: Moment) -> Self {
        let mut kept = kept.unwrap_or_default();
        let need = kept.need.take();
        let Restored { last_start, starts, rests, failures_in_row, health } = kept.restored(moment);
        let mut seat = Self {
            was_unready: report.state != SeatState::Ready,
            offer: Arc::new(Offer::of(&report, &rests, opens)),
            report,
            opens,
            turns: 0,
            last_start,
            starts: starts.into(),
            rests,
            failures_in_row,
            health,
            self_test: None,
            need,
            looked_at: Some(Instant::now()),
            asked_at: None,
            session_ends_ms: None,
            idle: HashMap::new(),
        };
        seat.note_idle(moment.now());
        seat.note_need_or(false);
        seat
    }

    /// What is to be kept of it.
    pub(super) fn kept(&self, moment: Moment) -> Kept {
        let starts = self.starts.iter().copied();
        let rests = (&self.rests, self.failures_in_row);
        let mut kept = Kept::of(self.last_start, starts, rests, &self.health, moment);
        kept.need.clone_from(&self.need);
        kept
    }

    /// Forgets rests that are over.
    pub(super) fn settle(&mut self, now: Instant) {
        self.rests.settle(now);
        let words = self.quota_rest(now).map(|rest| failure::plain(&rest.failure.message));
        match (&self.need, words) {
            (Some(need), None) if need.kind == NeedKind::Quota => self.need = None,
            (None, Some(words)) => self.need_human(NeedKind::Quota, words, true),
            _ => {}
        }
        if !self.offer.resting.iter().eq(self.rests.quotas.keys()) {
            self.offer = Arc::new(Offer::of(&self.report, &self.rests, self.opens));
        }
    }

    /// The node's latest word. A page that is ready again after its human looked rests no more.
    pub(super) fn update(&mut self, report: Report, opens: bool) {
        let mended = self.was_unready && report.state == SeatState::Ready;
        let of_human = self.rests.whole.as_ref().is_some_and(|rest| {
            use FailureClass as C;
            matches!(rest.failure.class, C::SignedOut | C::Challenge | C::Consent | C::PageChanged)
        });
        if mended && of_human {
            self.rests.whole = None;
        }
        self.was_unready = report.state != SeatState::Ready;
        if mended {
            self.looked_at = Some(Instant::now());
        }
        if report.models != self.report.models || opens != self.opens {
            self.offer = Arc::new(Offer::of(&report, &self.rests, opens));
        }
        self.opens = opens;
        self.report = report;
        self.note_idle(Instant::now());
        self.note_need_or(mended);
    }

    /// A lane that came, or that has just done something, is idle from now on.
    fn note_idle(&mut self, now: Instant) {
        let before = std::mem::take(&mut self.idle);
        let idle = self.report.lanes.iter().filter(|lane| lane.state == LaneState::Idle);
        self.idle =
            idle.map(|lane| (lane.lane, before.get(&lane.lane).copied().unwrap_or(now))).collect();
    }

    /// A lane that has done nothing for so long, of those that may be loaded again. It is named
    /// once: its time begins anew.
    pub(super) fn reload(
        &mut self,
        every: Duration,
        may: impl Fn(u64) -> bool,
        now: Instant,
    ) -> Option<u64> {
        let is_due = |since: &Instant| now.saturating_duration_since(*since) >= every;
        let due = self.idle.iter().filter(|(lane, since)| is_due(since) && may(**lane));
        let (&lane, _) = due.min_by_key(|(lane, since)| (**since, **lane))?;
        self.idle.insert(lane, now);
        // The page that comes is looked at before a turn is typed there.
        self.looked_at = None;
        Some(lane)
    }

    /// Keeps what its human is needed for in line with what the page shows. A tab that is closed or
    /// loads anew has not been mended.
    fn note_need_or(&mut self, mended: bool) {
        let lasts = |need: &Need| need.kind == NeedKind::Quota || (need.of_turn && !mended);
        if self.report.state == SeatState::Ready && !self.need.as_ref().is_some_and(lasts) {
            self.need = None;
        }
        self.note_need();
    }

    fn note_need(&mut self) {
        let Some(kind) = NeedKind::of_state(self.report.state) else { return };
        let words = failure::plain(&self.report.detail);
        self.need_human(kind, words, false);
    }

    /// Its human is needed; for the same thing as before, since before.
    fn need_human(&mut self, kind: NeedKind, words: String, of_turn: bool) {
        match self.need.as_mut().filter(|need| need.kind == kind) {
            Some(need) => {
                need.words = if words.is_empty() { std::mem::take(&mut need.words) } else { words };
            }
            None => {
                let since_ms = tabway_store::ledger::now_ms();
                self.need = Some(Need { kind, since_ms, words, of_turn });
            }
        }
    }

    /// The rest of a used-up quota.
    fn quota_rest(&self, now: Instant) -> Option<&Rest> {
        let of_quota = |rest: &&Rest| rest.failure.class == FailureClass::SiteQuota;
        let whole = self.rests.whole.iter().filter(of_quota);
        whole.chain(self.rests.quotas.values()).find(|rest| rest.until > now)
    }

    /// What its human is needed for now.
    pub(super) fn need(&self, now: Instant) -> Option<&Need> {
        let is_over = |need: &Need| need.kind == NeedKind::Quota && self.quota_rest(now).is_none();
        self.need.as_ref().filter(|need| !is_over(need))
    }

    /// Whether a turn of the kind can start, and where. `claimed` says which lanes have one.
    pub(super) fn verdict(
        &self,
        limits: &Limits,
        kind: Option<QuotaKind>,
        claimed: impl Fn(u64) -> bool,
        now: Instant,
    ) -> Verdict {
        let site = self.report.site.as_str();
        if let Some(rest) = self.rests.of(kind, now) {
            return Verdict::Never(rest.refusal(now));
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
        // A page that shows a conversation is kept for it while there are others: the oldest goes
        // first, as the ids of turns grow with time.
        let free = self.report.lanes.iter().filter(free);
        if let Some(lane) = free.min_by_key(|lane| lane.after.as_deref()) {
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

    /// When its verdict changes although nothing happens.
    pub(super) fn changes(&self, limits: &Limits, now: Instant) -> Option<Instant> {
        let paced = Some(self.paced_until(limits, now)).filter(|until| *until > now);
        let well = self.health.is_sick(now).then(|| now + SICK_LOOK);
        [self.rests.first_end(), paced, well].into_iter().flatten().min()
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

    /// Its page was looked at.
    pub(super) fn looked(&mut self, now: Instant) {
        self.looked_at = Some(now);
    }

    /// Whether the last look at its page is too old to begin a turn on it.
    pub(super) fn is_stale(&self, every: Duration, now: Instant) -> bool {
        self.looked_at.is_none_or(|at| now.saturating_duration_since(at) >= every)
    }

    /// Whether it is time to look at its page although no turn wants it. It is asked about once.
    pub(super) fn ask(&mut self, every: Duration, now: Instant) -> bool {
        let last = self.looked_at.max(self.asked_at);
        let is_due = last.is_none_or(|at| now.saturating_duration_since(at) >= every);
        if is_due && !self.report.lanes.is_empty() {
            self.asked_at = Some(now);
            return true;
        }
        false
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
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.failures_in_row = 0;
        self.looked(now);
        self.health.success(now);
        self.need.take_if(|need| need.of_turn && need.kind != NeedKind::Quota);
    }

    /// A turn failed on the page: what is broken is not tried again at once.
    /// A quota that is used up rests alone.
    pub(super) fn failed(
        &mut self,
        class: NodeFailureClass,
        kind: QuotaKind,
        failure: &Failure,
        now: Instant,
    ) {
        use NodeFailureClass as N;
        if let Some(fault) = Fault::of(class) {
            self.health.fault(fault, now);
        }
        if let Some(need) = NeedKind::of_failure(class) {
            self.need_human(need, failure::plain(&failure.message), true);
            self.looked_at = None;
        }
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
            | N::ChoiceRefused
            | N::ToolsRefused
            | N::ConversationLost
            | N::AnswerLost => return,
        };
        let rest = Rest { until: now + rest, failure: failure.clone() };
        match class {
            N::Quota => drop(self.rests.quotas.insert(kind, rest)),
            _ => self.rests.whole = Some(rest),
        }
        self.settle(now);
    }

    /// How long all of it still rests.
    pub(super) fn rests_for(&self, now: Instant) -> Option<Duration> {
        self.rests.left(now)
    }

    /// Its rests.
    pub(super) fn rests(&self) -> &Rests {
        &self.rests
    }

    /// Turns that were started within the hour, where the adapter caps them.
    pub(super) fn started_in_hour(&self, now: Instant) -> usize {
        self.starts.iter().filter(|at| **at + HOUR > now).count()
    }
}

#[cfg(test)]
mod tests;
