//! How long an account rests after which failure.

use std::time::Duration;

use tabway_dialects::chat::{Failure, FailureClass};

use crate::config::Routing;

/// The first rest of an account whose credential was refused, and the longest. Only one request
/// then tries whether that still holds.
const REFUSED_REST: Duration = Duration::from_secs(60);
const MAX_REFUSED_REST: Duration = Duration::from_secs(3_600);

/// Why an account rests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The upstream limits it for now.
    Limit,
    /// Its quota or its money is used up.
    Quota,
    /// Its credential was refused.
    Refused,
    /// Too many of its last requests failed.
    Failures,
}

impl Why {
    /// What a failure means for the account; nothing where it is the request's own fault.
    pub(crate) fn of(class: FailureClass) -> Option<Self> {
        use FailureClass as C;
        match class {
            C::UpstreamRateLimited => Some(Self::Limit),
            C::UpstreamQuota => Some(Self::Quota),
            C::UpstreamAuth => Some(Self::Refused),
            C::UpstreamUnreachable
            | C::UpstreamError
            | C::UpstreamBadResponse
            | C::FirstTokenTimeout
            | C::SilenceTimeout => Some(Self::Failures),
            _ => None,
        }
    }

    /// In a few words, as the ledger and `route explain` have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Limit => "rate limit",
            Self::Quota => "quota used up",
            Self::Refused => "credential refused",
            Self::Failures => "failing",
        }
    }

    /// How long it rests. What the upstream says is kept exactly, up to the most that it is
    /// believed for; what we choose ourselves doubles each time in a row, with a part by chance so
    /// that accounts which failed together do not come back together.
    pub(super) fn rest(self, failure: &Failure, streak: u32, chance: f64, rules: &Routing) -> u64 {
        let told = failure.retry_after_ms.map(Duration::from_millis);
        let (usual, most) = match self {
            Self::Limit => (rules.usual_rest, rules.max_rest),
            Self::Quota => (rules.quota_rest, rules.max_quota_rest),
            Self::Refused => (REFUSED_REST, MAX_REFUSED_REST),
            Self::Failures => (rules.failure_rest, rules.max_failure_rest),
        };
        let chosen = || {
            let doubled = usual.saturating_mul(1 << streak.min(16)).min(most);
            doubled.mul_f64(0.5 + chance / 2.0)
        };
        let rest = match self {
            Self::Refused => chosen(),
            _ => told.map_or_else(chosen, |told| told.min(most)),
        };
        u64::try_from(rest.as_millis()).unwrap_or(u64::MAX).max(1)
    }

    /// The longest wait that a client is told of after this failure.
    pub(crate) fn most(self, rules: &Routing) -> Duration {
        match self {
            Self::Quota => rules.max_quota_rest,
            _ => rules.max_rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn rest(why: Why, told: Option<u64>, streak: u32, chance: f64) -> u64 {
        let mut failure = Failure::new(FailureClass::UpstreamError, "");
        failure.retry_after_ms = told;
        why.rest(&failure, streak, chance, &Routing::default())
    }

    #[test]
    fn what_the_upstream_says_is_kept_exactly_up_to_the_most() {
        assert_eq!(rest(Why::Limit, Some(40_000), 3, 0.7), 40_000);
        assert_eq!(rest(Why::Limit, Some(u64::MAX), 0, 0.0), HOUR);
        assert_eq!(rest(Why::Limit, Some(0), 0, 0.0), 1);
        assert_eq!(rest(Why::Quota, Some(5 * HOUR), 0, 0.0), 5 * HOUR);
        assert_eq!(rest(Why::Quota, Some(u64::MAX), 0, 0.0), 24 * HOUR);
        assert_eq!(rest(Why::Failures, Some(7_000), 0, 0.0), 7_000);
        assert_eq!(rest(Why::Refused, Some(7_000), 0, 1.0), 60_000, "our own word");
    }

    #[test]
    fn what_we_choose_doubles_up_to_the_most_with_a_part_by_chance() {
        assert_eq!(rest(Why::Failures, None, 0, 0.0), 2_500);
        assert_eq!(rest(Why::Failures, None, 0, 1.0), 5_000);
        assert_eq!(rest(Why::Failures, None, 3, 1.0), 40_000);
        assert_eq!(rest(Why::Failures, None, u32::MAX, 1.0), 300_000);
        assert_eq!(rest(Why::Refused, None, 1, 1.0), 120_000);
        assert_eq!(rest(Why::Refused, None, 40, 1.0), HOUR);
    }
}
