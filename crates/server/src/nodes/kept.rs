//! What of a seat is written down, so that neither a restart nor a kill is a way around its pacing
//! and its rests.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};
use tabway_dialects::chat::{Failure, FailureClass};
use tabway_protocol::adapter::QuotaKind;
use tokio::time::Instant;

use super::{
    health::{Fault, Health, Mark},
    need::Need,
    rest::{Rest, Rests},
};

/// No rest is longer, whatever the clock did meanwhile.
const LONGEST_REST_MS: i64 = 24 * 3_600 * 1_000;

/// One moment on both clocks: the one that never jumps, and the one that outlives the process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    now: Instant,
    unix_ms: i64,
}

impl Moment {
    pub(super) fn new(now: Instant, unix_ms: i64) -> Self {
        Self { now, unix_ms }
    }

    pub(super) fn now(self) -> Instant {
        self.now
    }

    pub(super) fn here() -> Self {
        Self::new(Instant::now(), tabway_store::ledger::now_ms())
    }

    fn written(self, at: Instant) -> i64 {
        let ms = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        match at.checked_duration_since(self.now) {
            Some(ahead) => self.unix_ms.saturating_add(ms(ahead)),
            None => self.unix_ms.saturating_sub(ms(self.now - at)),
        }
    }

    /// A moment that has passed; one that the wall clock puts ahead is now.
    fn past(self, ms: i64) -> Instant {
        let ago = u64::try_from(self.unix_ms.saturating_sub(ms)).unwrap_or_default();
        self.now.checked_sub(Duration::from_millis(ago)).unwrap_or(self.now)
    }

    /// A moment to come, at most so many milliseconds ahead.
    fn ahead(self, ms: i64, most: i64) -> Instant {
        let left = ms.saturating_sub(self.unix_ms).clamp(0, most.clamp(0, LONGEST_REST_MS));
        self.now + Duration::from_millis(u64::try_from(left).unwrap_or_default())
    }
}

/// The state of a seat as it is written, and as it waits for its site to come back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Kept {
    last_start_ms: Option<i64>,
    starts_ms: Vec<i64>,
    rest: Option<KeptRest>,
    quotas: BTreeMap<QuotaKind, KeptRest>,
    failures_in_row: u32,
    faults: Vec<KeptFault>,
    /// What its human is needed for. It is not written: a new life looks for itself.
    #[serde(skip)]
    pub(super) need: Option<Need>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptRest {
    until_ms: i64,
    /// What was left of it when it was written: a clock that goes back makes it no longer.
    #[serde(default = "longest_rest")]
    left_ms: i64,
    code: String,
    message: String,
}

fn longest_rest() -> i64 {
    LONGEST_REST_MS
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct KeptFault {
    fault: Fault,
    share: f64,
    at_ms: i64,
}

/// The same as the registry uses it.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) last_start: Option<Instant>,
    pub(super) starts: Vec<Instant>,
    pub(super) rests: Rests,
    pub(super) failures_in_row: u32,
    pub(super) health: Health,
}

impl Kept {
    pub(super) fn of(
        last_start: Option<Instant>,
        starts: impl Iterator<Item = Instant>,
        (rests, failures_in_row): (&Rests, u32),
        health: &Health,
        moment: Moment,
    ) -> Self {
        let rest = |rest: &Rest| KeptRest {
            until_ms: moment.written(rest.until),
            left_ms: moment.written(rest.until).saturating_sub(moment.unix_ms),
            code: rest.failure.class.code().to_owned(),
            message: rest.failure.message.clone(),
        };
        Self {
            last_start_ms: last_start.map(|at| moment.written(at)),
            starts_ms: starts.map(|at| moment.written(at)).collect(),
            rest: rests.whole.as_ref().map(rest),
            quotas: rests.quotas.iter().map(|(kind, found)| (*kind, rest(found))).collect(),
            failures_in_row,
            faults: health
                .marks()
                .map(|&Mark { fault, share, at }| KeptFault {
                    fault,
                    share,
                    at_ms: moment.written(at),
                })
                .collect(),
            need: None,
        }
    }

    pub(super) fn restored(self, moment: Moment) -> Restored {
        let rest = |kept: KeptRest| {
            let mut classes = FailureClass::ALL.iter();
            let class = classes.find(|class| class.code() == kept.code).copied();
            let failure =
                Failure::new(class.unwrap_or(FailureClass::SiteRateLimited), kept.message);
            Rest { until: moment.ahead(kept.until_ms, kept.left_ms), failure }
        };
        let mark = |kept: KeptFault| Mark {
            fault: kept.fault,
            share: kept.share.clamp(0.0, 1.0),
            at: moment.past(kept.at_ms),
        };
        Restored {
            last_start: self.last_start_ms.map(|ms| moment.past(ms)),
            starts: self.starts_ms.into_iter().map(|ms| moment.past(ms)).collect(),
            rests: Rests {
                whole: self.rest.map(rest),
                quotas: self.quotas.into_iter().map(|(kind, kept)| (kind, rest(kept))).collect(),
            },
            failures_in_row: self.failures_in_row.min(10),
            health: Health::restored(self.faults.into_iter().map(mark)),
        }
    }
}
