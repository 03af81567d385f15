//! What a request takes of its key's limits: reserved before it is sent, settled when it is over.

use std::time::Duration;

use tabway_dialects::chat::{Failure, FailureClass};

use super::{
    meters::{Budget, Meters},
    policy::dollars,
};
use crate::limits::{Full, Meter, Now, Permit, Reservation, Window};

/// When to come back where other requests of the key are in the way.
const SOON_MS: u64 = 1_000;

/// What a request may need.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// Tokens in and out.
    pub(crate) tokens: u64,
    /// Money; 0 where no price is known.
    pub(crate) micro_usd: u64,
}

/// What a request holds of its key's limits. Dropped, all of it is given back.
#[derive(Debug)]
pub(crate) struct Admission {
    requests: Option<Reservation>,
    tokens: Option<Reservation>,
    budget: Option<Reservation>,
    _permit: Option<Permit>,
}

impl Admission {
    /// It is over, and this is what it took; nothing where it failed or its client left. But what
    /// was sent to somebody is a request: limits of requests are there to protect them.
    pub(crate) fn settle(self, sent: bool, tokens: u64, micro_usd: u64) {
        settle(self.requests, u64::from(sent));
        settle(self.tokens, tokens);
        settle(self.budget, micro_usd);
    }
}

fn settle(reservation: Option<Reservation>, actual: u64) {
    if let Some(reservation) = reservation {
        reservation.settle(actual);
    }
}

impl Meters {
    /// Whether anything is limited.
    pub(super) fn limit(&self) -> bool {
        self.requests.is_some()
            || self.tokens.is_some()
            || self.gate.is_some()
            || self.budget.is_some()
    }

    /// Whether it matters how much a request may need.
    pub(super) fn count_amounts(&self) -> bool {
        self.tokens.is_some() || self.budget.is_some()
    }

    /// Takes what a request may need, all or nothing.
    ///
    /// # Errors
    /// `key_busy`, `key_rate_limited`, `key_budget_used`
    pub(super) fn admit(&self, estimate: Estimate, now: Now) -> Result<Admission, Failure> {
        let permit = match &self.gate {
            Some(gate) => Some(gate.enter().ok_or_else(busy)?),
            None => None,
        };
        let take = |meter: &std::sync::Arc<Meter>, amount| meter.try_reserve(amount, now);
        let requests = self
            .requests
            .as_ref()
            .map(|meter| take(meter, 1).map_err(|full| limited(meter, "send", "requests", full)));
        let tokens = self.tokens.as_ref().map(|meter| {
            // What may need more than there ever is goes alone.
            let amount = estimate.tokens.min(meter.amount());
            take(meter, amount).map_err(|full| limited(meter, "use", "tokens", full))
        });
        let budget = self.budget.as_ref().map(|budget| {
            let amount = estimate.micro_usd;
            take(&budget.meter, amount).map_err(|full| overspent(budget, amount, full, now))
        });
        Ok(Admission {
            requests: requests.transpose()?,
            tokens: tokens.transpose()?,
            budget: budget.transpose()?,
            _permit: permit,
        })
    }
}

fn busy() -> Failure {
    let words = "this key has as many requests in flight as it may";
    Failure::new(FailureClass::KeyBusy, words).with_retry_after_ms(SOON_MS)
}

fn limited(meter: &Meter, does: &str, what: &str, full: Full) -> Failure {
    let words = format!("this key may {does} {} {what} a minute", meter.amount());
    let wait = full.retry_after.map_or(SOON_MS, millis);
    Failure::new(FailureClass::KeyRateLimited, words).with_retry_after_ms(wait)
}

fn overspent(budget: &Budget, amount: u64, full: Full, now: Now) -> Failure {
    let meter = &budget.meter;
    let whole = dollars(meter.amount());
    let period = match meter.window() {
        Window::Calendar(calendar) => calendar.period.name(),
        Window::Rolling(_) => "window",
    };
    let Some(wait) = full.retry_after else {
        let words = format!(
            "this request may cost {}, more than this key's whole budget of {whole} a {period}; \
             ask for less with max_tokens",
            dollars(amount)
        );
        return Failure::new(FailureClass::KeyBudget, words).with_param("max_tokens");
    };
    if full.held {
        let words = format!(
            "requests in flight hold what is left of this key's budget of {whole} a {period}"
        );
        let failure = Failure::new(FailureClass::KeyBusy, words);
        return failure.with_retry_after_ms(millis(wait));
    }
    let left = match meter.left(now) {
        0 => String::new(),
        left => {
            format!(" but for {}, and this request may cost {}", dollars(left), dollars(amount))
        }
    };
    let resets = jiff::Timestamp::from_millisecond(meter.resets_at(now));
    let resets = resets.map(|at| format!("; it begins again at {at:.0}")).unwrap_or_default();
    let words = format!("this key's budget of {whole} a {period} is used up{left}{resets}");
    Failure::new(FailureClass::KeyBudget, words).with_retry_after_ms(millis(wait))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
