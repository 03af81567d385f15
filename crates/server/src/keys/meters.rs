//! What is used of a key's limits. It outlives a reload of the configuration.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use super::{end::End, policy::Policy};
use crate::limits::{Gate, Limit, Meter, Now, What, Window};

const MINUTE: Duration = Duration::from_secs(60);

/// What is used of a key's limits; nothing is counted where there is no limit.
#[derive(Debug, Clone)]
pub(crate) struct Meters {
    pub(super) requests: Option<Arc<Meter>>,
    pub(super) tokens: Option<Arc<Meter>>,
    pub(super) gate: Option<Arc<Gate>>,
    pub(super) budget: Option<Arc<Budget>>,
    /// The end of the key itself.
    pub(super) end: Arc<End>,
}

/// What is spent of a budget.
#[derive(Debug)]
pub(super) struct Budget {
    pub(super) meter: Arc<Meter>,
    /// Whether what was spent before the meter was made is counted.
    recalled: AtomicBool,
}

impl Budget {
    /// Whether the ledger's part is still to be added. Says so once.
    pub(super) fn wants_recall(&self) -> bool {
        !self.recalled.swap(true, Ordering::AcqRel)
    }

    /// The ledger could not be read.
    pub(super) fn recall_failed(&self) {
        self.recalled.store(false, Ordering::Release);
    }

    /// When the present period began, Unix milliseconds.
    pub(super) fn period_start(&self, now: Now) -> i64 {
        match self.meter.window() {
            Window::Calendar(calendar) => calendar.around(now.wall_ms).0,
            Window::Rolling(_) => now.wall_ms,
        }
    }
}

impl Meters {
    /// Meters for a policy. Those that count in the same time as before go on with what they have.
    pub(super) fn new(policy: &Policy, before: Option<&Self>, now: Now) -> Self {
        let a_minute = |what, amount: Option<u64>, before: Option<&Arc<Meter>>| {
            let limit = Limit { what, amount: amount?, window: Window::Rolling(MINUTE) };
            Some(kept_or_new(&limit, before, now))
        };
        let gate = policy.concurrency.map(|most| match before.and_then(|b| b.gate.clone()) {
            Some(gate) => {
                gate.resize(most);
                gate
            }
            None => Gate::new(most),
        });
        let budget = policy.budget.as_ref().map(|allowance| {
            let window = Window::Calendar(allowance.calendar.clone());
            let before = before.and_then(|before| before.budget.clone());
            match before.filter(|before| *before.meter.window() == window) {
                Some(before) => {
                    before.meter.resize(allowance.micro_usd);
                    before
                }
                None => {
                    let limit = Limit { what: What::MicroUsd, amount: allowance.micro_usd, window };
                    Arc::new(Budget {
                        meter: Meter::new(&limit, now),
                        recalled: AtomicBool::new(false),
                    })
                }
            }
        });
        let requests = before.and_then(|before| before.requests.as_ref());
        let tokens = before.and_then(|before| before.tokens.as_ref());
        Self {
            requests: a_minute(What::Requests, policy.rpm, requests),
            tokens: a_minute(What::Tokens, policy.tpm, tokens),
            gate,
            budget,
            end: before.map_or_else(Arc::default, |before| before.end.clone()),
        }
    }
}

fn kept_or_new(limit: &Limit, before: Option<&Arc<Meter>>, now: Now) -> Arc<Meter> {
    match before.filter(|before| *before.window() == limit.window) {
        Some(before) => {
            before.resize(limit.amount);
            before.clone()
        }
        None => Meter::new(limit, now),
    }
}
