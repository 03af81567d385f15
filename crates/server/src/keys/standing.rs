//! How a key stands with its limits, for headers and lists.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use super::{Key, Keys, meters::Meters};
use crate::limits::{Meter, Now};

/// How one limit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct Standing {
    /// How much there is.
    pub(crate) limit: u64,
    /// How much of it is neither used nor reserved.
    pub(crate) left: u64,
    /// Until nothing counts any more that counts now.
    #[serde(skip)]
    pub(crate) resets_in: Duration,
    /// The same as a moment, Unix milliseconds.
    pub(crate) resets_ms: i64,
}

impl Standing {
    fn of(meter: &Meter, now: Now) -> Self {
        Self {
            limit: meter.amount(),
            left: meter.left(now),
            resets_in: meter.resets_in(now),
            resets_ms: meter.resets_at(now),
        }
    }
}

/// How all limits of a key stand; absent where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub(crate) struct Standings {
    pub(crate) requests: Option<Standing>,
    pub(crate) tokens: Option<Standing>,
    /// Micro-USD.
    pub(crate) budget: Option<Standing>,
    /// Requests in flight, where their number is limited.
    pub(crate) in_flight: Option<u32>,
}

/// A share is told in so many parts.
const PARTS: u64 = 10_000;

impl Keys {
    /// Looks at every key that has a budget, with the used or reserved part of it; 1 is all.
    pub(crate) fn each_budget(&self, mut look: impl FnMut(&Key, f64)) {
        let (index, now) = (self.index.load(), Now::read());
        for key in index.all() {
            let Some(budget) = &key.meters.budget else { continue };
            let parts = budget.meter.used(now).saturating_mul(PARTS);
            let parts = parts / budget.meter.amount().max(1);
            let parts = u32::try_from(parts).unwrap_or(u32::MAX);
            look(key, f64::from(parts) / 10_000.0);
        }
    }
}

impl Meters {
    pub(super) fn standings(&self, now: Now) -> Standings {
        let of = |meter: Option<&Arc<Meter>>| meter.map(|meter| Standing::of(meter, now));
        Standings {
            requests: of(self.requests.as_ref()),
            tokens: of(self.tokens.as_ref()),
            budget: of(self.budget.as_ref().map(|budget| &budget.meter)),
            in_flight: self.gate.as_ref().map(|gate| gate.inside()),
        }
    }
}
