//! What was passed over, and why: for the ledger, and for the client where nothing is left.

use std::fmt::Write;

use tabway_dialects::chat::{Failure, FailureClass};

use crate::{
    call::places::{Standing, Why},
    config::Routing,
};

/// The most bytes of reasons that are kept of one attempt.
const MAX_WORDS: usize = 480;

/// The wait that is told while another request finds out.
const TRIAL_MS: u64 = 1_000;

/// What was passed over since the last attempt, and the shortest wait of all of them.
#[derive(Debug, Default)]
pub(super) struct Passed {
    words: String,
    wait_ms: Option<u64>,
    limit: Option<Why>,
    failing: Option<Why>,
}

impl Passed {
    /// An account that takes nothing now.
    pub(super) fn rests(&mut self, label: &str, account: &str, standing: Standing) {
        let (why, wait_ms) = match standing {
            Standing::Well => return,
            Standing::Due(why) | Standing::OnTrial(why) => (why, TRIAL_MS),
            Standing::Rests(why, ms) => (why, ms),
            Standing::Full(ms) => (Why::Limit, ms),
        };
        match why {
            Why::Limit | Why::Quota => self.limit = Some(why),
            Why::Failures | Why::Refused => self.failing = Some(why),
        }
        self.wait_ms = Some(self.wait_ms.map_or(wait_ms, |least| least.min(wait_ms)));
        self.note(|words| match standing {
            Standing::Full(_) => {
                let seconds = wait_ms.div_ceil(1_000);
                write!(words, "{label}#{account} is full for {seconds} s by its limits")
            }
            Standing::Rests(..) => {
                write!(
                    words,
                    "{label}#{account} rests {} s: {}",
                    wait_ms.div_ceil(1_000),
                    why.word()
                )
            }
            _ => write!(words, "{label}#{account} is on trial: {}", why.word()),
        });
    }

    /// Anything else.
    pub(super) fn other(&mut self, label: &str, reason: &str) {
        self.note(|words| write!(words, "{label} {reason}"));
    }

    /// What was passed over since the last call.
    pub(super) fn take(&mut self) -> String {
        std::mem::take(&mut self.words)
    }

    /// What the client is told where nothing could be tried.
    pub(super) fn failure(&self, rules: &Routing) -> Option<Failure> {
        let (class, why, words) = match (self.limit, self.failing) {
            (Some(why), _) => {
                let words = "every account behind this model rests after a limit";
                (FailureClass::UpstreamRateLimited, why, words)
            }
            (None, Some(why)) => {
                let words = "every account behind this model rests after failures";
                (FailureClass::TargetsResting, why, words)
            }
            (None, None) => return None,
        };
        let most = u64::try_from(why.most(rules).as_millis()).unwrap_or(u64::MAX);
        let wait_ms = self.wait_ms.unwrap_or(TRIAL_MS).min(most);
        Some(Failure::new(class, words).with_retry_after_ms(wait_ms))
    }

    fn note(&mut self, write: impl FnOnce(&mut String) -> std::fmt::Result) {
        if self.words.len() >= MAX_WORDS {
            return;
        }
        if !self.words.is_empty() {
            self.words.push_str("; ");
        }
        // Writing into a text does not fail.
        let _ = write(&mut self.words);
        if self.words.len() > MAX_WORDS {
            let end = (0..=MAX_WORDS).rev().find(|at| self.words.is_char_boundary(*at));
            self.words.truncate(end.unwrap_or(0));
            self.words.push('…');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_wait_is_told_and_a_limit_counts_more_than_a_failure() {
        let mut passed = Passed::default();
        let rules = Routing::default();
        assert!(passed.failure(&rules).is_none());
        passed.rests("p/m", "a", Standing::Rests(Why::Failures, 9_000));
        let failure = passed.failure(&rules).unwrap();
        assert_eq!(
            (failure.class, failure.retry_after_ms),
            (FailureClass::TargetsResting, Some(9_000))
        );
        passed.rests("p/m", "b", Standing::Rests(Why::Quota, 40_500));
        passed.rests("p/m", "c", Standing::OnTrial(Why::Limit));
        let failure = passed.failure(&rules).unwrap();
        assert_eq!(failure.class, FailureClass::UpstreamRateLimited);
        assert_eq!(failure.retry_after_ms, Some(1_000));
        assert_eq!(
            passed.take(),
            "p/m#a rests 9 s: failing; p/m#b rests 41 s: quota used up; p/m#c is on trial: rate limit"
        );
    }

    #[test]
    fn the_words_are_bounded() {
        let mut passed = Passed::default();
        (0..1_000).for_each(|_| passed.other("plätze/modell", "sind voll"));
        assert!(passed.take().len() <= MAX_WORDS + '…'.len_utf8());
    }
}
