//! What a search for a lane learns of the seats that have none.

use tabway_dialects::chat::Failure;
use tokio::time::Instant;

use super::Blocked;
use crate::nodes::{failure, seat::Verdict};

/// What a search without a free lane has learned.
#[derive(Debug, Default)]
pub(super) struct Search {
    soon: Option<Failure>,
    later: Option<(Instant, Failure)>,
    never: Option<Failure>,
}

impl Search {
    pub(super) fn note(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Free(_) => {}
            Verdict::Soon(failure) => {
                self.soon.get_or_insert(failure);
            }
            Verdict::Later(at, failure) => {
                if self.later.as_ref().is_none_or(|(first, _)| at < *first) {
                    self.later = Some((at, failure));
                }
            }
            Verdict::Never(failure) => {
                let rank = |failure: &Failure| failure::vagueness(failure.class);
                if self.never.as_ref().is_none_or(|known| rank(&failure) < rank(known)) {
                    self.never = Some(failure);
                }
            }
        }
    }

    pub(super) fn outcome(self, site: &str) -> Blocked {
        match (self.soon, self.later, self.never) {
            (Some(soon), later, _) => Blocked::Wait(later.map(|(at, _)| at), soon),
            (None, Some((at, failure)), _) => Blocked::Wait(Some(at), failure),
            (None, None, Some(failure)) => Blocked::Never(failure),
            (None, None, None) => Blocked::Never(failure::no_node(site)),
        }
    }
}
