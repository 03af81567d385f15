//! Rest after a limit or failures: of the whole seat, or of one of its quotas.

use std::{collections::BTreeMap, time::Duration};

use tabway_dialects::chat::Failure;
use tabway_protocol::adapter::QuotaKind;
use tokio::time::Instant;

/// Until when, and why.
#[derive(Debug, Clone)]
pub(super) struct Rest {
    pub(super) until: Instant,
    pub(super) failure: Failure,
}

impl Rest {
    /// What whoever asks meanwhile is told.
    pub(super) fn refusal(&self, now: Instant) -> Failure {
        let left = super::failure::millis(self.until.saturating_duration_since(now)).max(1);
        self.failure.clone().with_retry_after_ms(left)
    }
}

/// The rests of a seat.
#[derive(Debug, Clone, Default)]
pub(super) struct Rests {
    pub(super) whole: Option<Rest>,
    pub(super) quotas: BTreeMap<QuotaKind, Rest>,
}

impl Rests {
    /// Why no turn of this kind can start, if so.
    pub(super) fn of(&self, kind: Option<QuotaKind>, now: Instant) -> Option<&Rest> {
        let quota = || kind.and_then(|kind| self.quotas.get(&kind));
        let over = |rest: &&Rest| rest.until > now;
        self.whole.as_ref().filter(over).or_else(|| quota().filter(over))
    }

    /// Forgets those that are over.
    pub(super) fn settle(&mut self, now: Instant) {
        self.whole.take_if(|rest| rest.until <= now);
        self.quotas.retain(|_, rest| rest.until > now);
    }

    /// When the first one is over.
    pub(super) fn first_end(&self) -> Option<Instant> {
        self.whole.iter().chain(self.quotas.values()).map(|rest| rest.until).min()
    }

    /// How long the whole seat still rests.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        self.of(None, now).map(|rest| rest.until - now)
    }
}
