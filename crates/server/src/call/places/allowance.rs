//! What is left of an account by its owner's limits.

use std::{sync::Arc, time::Duration};

use crate::{
    config::Terms,
    limits::{Full, Meter, Now, Reservation, What, Window},
};

/// The wait that is told where only requests in flight stand in the way.
const SHORT: Duration = Duration::from_secs(1);

/// The meters of an account; none for most, which then cost nothing.
#[derive(Debug, Default)]
pub(super) struct Allowance(Vec<(What, Arc<Meter>)>);

/// What a request holds of them.
#[derive(Debug, Default)]
pub(super) struct Taken(Vec<(What, Reservation)>);

impl Allowance {
    pub(super) fn new(terms: &Terms) -> Self {
        let now = Now::read();
        Self(terms.limits.iter().map(|limit| (limit.what, Meter::new(limit, now))).collect())
    }

    /// How many milliseconds until something is left, where nothing is.
    pub(super) fn full(&self) -> Option<u64> {
        if self.0.is_empty() {
            return None;
        }
        let now = Now::read();
        let waits = self.0.iter().filter_map(|(_, meter)| {
            let full = meter.try_reserve(0, now).err()?;
            Some(wait(full))
        });
        waits.max()
    }

    /// Takes one request and so many tokens of each; gives the wait where not all is left.
    pub(super) fn take(&self, tokens: u64) -> Result<Taken, u64> {
        if self.0.is_empty() {
            return Ok(Taken::default());
        }
        let now = Now::read();
        let mut taken = Vec::with_capacity(self.0.len());
        for (what, meter) in &self.0 {
            let amount = match what {
                What::Requests => 1,
                // The count is an estimate: one that is larger than the limit may take all of it.
                What::Tokens | What::MicroUsd => tokens.min(meter.amount()),
            };
            taken.push((*what, meter.try_reserve(amount, now).map_err(wait)?));
        }
        Ok(Taken(taken))
    }

    /// How urgent it is to spend it: what is left of the longest limit, as a share, by the time to
    /// its reset. What is lost soonest is spent first; without limits nothing is lost.
    pub(super) fn urgency(&self) -> u64 {
        let now = Now::read();
        let length = |meter: &Meter| match meter.window() {
            Window::Rolling(length) => *length,
            Window::Calendar(calendar) => {
                let (start, end) = calendar.around(now.wall_ms);
                Duration::from_millis(u64::try_from(end.saturating_sub(start)).unwrap_or(0))
            }
        };
        let longest = self.0.iter().map(|(_, meter)| meter).max_by_key(|meter| length(meter));
        let Some(meter) = longest else { return 0 };
        let left = match meter.window() {
            // Nothing of it is lost at one moment: what is used comes back by and by.
            Window::Rolling(length) => *length,
            Window::Calendar(_) => meter.resets_in(now),
        };
        let share =
            u128::from(meter.left(now)) * 1_000_000_000_000 / u128::from(meter.amount().max(1));
        u64::try_from(share / left.as_millis().max(1)).unwrap_or(u64::MAX)
    }

    /// `12 of 60 requests`, of each limit.
    pub(super) fn words(&self) -> String {
        let now = Now::read();
        let all = self.0.iter().map(|(what, meter)| {
            let what = match what {
                What::Requests => "requests",
                What::Tokens => "tokens",
                What::MicroUsd => "micro-USD",
            };
            format!("{} of {} {what} left", meter.left(now), meter.amount())
        });
        all.collect::<Vec<_>>().join(", ")
    }
}

impl Taken {
    /// It used so many tokens; what was reserved where nobody says.
    pub(super) fn settle(&mut self, tokens: Option<u64>) {
        for (what, reservation) in self.0.drain(..) {
            let reserved = reservation.amount();
            reservation.settle(match what {
                What::Requests => reserved,
                What::Tokens | What::MicroUsd => tokens.unwrap_or(reserved),
            });
        }
    }

    /// The request never left.
    pub(super) fn give_back(&mut self) {
        self.0.clear();
    }
}

fn wait(full: Full) -> u64 {
    let wait = if full.held { SHORT } else { full.retry_after.unwrap_or(SHORT) };
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Calendar, Limit, Period};

    fn limit(what: What, amount: u64, window: Window) -> Limit {
        Limit { what, amount, window }
    }

    fn hours(count: u64) -> Window {
        Window::Rolling(Duration::from_secs(count * 3_600))
    }

    fn allowance(limits: Vec<Limit>) -> Allowance {
        Allowance::new(&Terms { limits, weight: 1 })
    }

    #[test]
    fn requests_and_tokens_are_taken_together_or_not_at_all() {
        let all =
            allowance(vec![limit(What::Requests, 2, hours(1)), limit(What::Tokens, 100, hours(5))]);
        let mut first = all.take(60).unwrap();
        assert!(all.take(60).is_err(), "not that many tokens are left");
        assert_eq!(all.words(), "1 of 2 requests left, 40 of 100 tokens left");
        first.settle(Some(10));
        assert!(all.take(500).is_err(), "an estimate above the limit wants all of it");
        let mut taken = all.take(80).unwrap();
        assert!(all.full().is_some());
        taken.give_back();
        assert_eq!(all.full(), None);
        assert!(all.take(91).is_err_and(|wait| wait > 1_000));
        assert!(allowance(vec![]).take(u64::MAX).is_ok());
    }

    #[test]
    fn what_is_lost_soonest_is_spent_first() {
        let of = |limit| allowance(vec![limit]).urgency();
        let month = Window::Calendar(Calendar::new(Period::Month, "UTC").unwrap());
        let minute = Window::Calendar(Calendar::new(Period::Minute, "UTC").unwrap());
        let [month, minute] = [month, minute].map(|window| limit(What::Requests, 100, window));
        assert!(of(minute.clone()) > of(limit(What::Requests, 100, hours(5))));
        assert!(of(minute.clone()) > of(month.clone()));
        assert!(of(month.clone()) > allowance(vec![]).urgency());
        // The longest limit counts: a rate of a minute is no allowance that is lost.
        let both = allowance(vec![minute, month.clone()]);
        assert!(both.urgency() <= of(month.clone()).saturating_add(of(month.clone()) / 100));
        let half = allowance(vec![limit(What::Requests, 100, hours(5))]);
        let full = half.urgency();
        (0..50).for_each(|_| half.take(0).unwrap().settle(None));
        assert!(half.urgency() < full, "the less is left, the less urgent it is");
    }
}
