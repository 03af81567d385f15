//! How requests and attempts ended, counted in atomics: one for each class of failure.

use std::sync::atomic::{AtomicU64, Ordering};

use tabway_dialects::chat::FailureClass;

/// How something ended: well, or with a failure.
pub(crate) type End = Option<FailureClass>;

const ENDS: usize = FailureClass::ALL.len() + 1;

/// Counts by how something ended.
#[derive(Debug)]
pub(crate) struct Ends([AtomicU64; ENDS]);

impl Default for Ends {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::new(0)))
    }
}

impl Ends {
    /// Counts one.
    pub(crate) fn count(&self, end: End) {
        // The classes are numbered from 0 in the order of their list.
        let at = end.map_or(0, |class| class as usize + 1);
        if let Some(counter) = self.0.get(at) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What ended so at least once.
    pub(crate) fn read(&self) -> impl Iterator<Item = (End, u64)> {
        let ends = std::iter::once(None).chain(FailureClass::ALL.iter().copied().map(Some));
        let counts = self.0.iter().map(|counter| counter.load(Ordering::Relaxed));
        ends.zip(counts).filter(|(_, count)| *count > 0)
    }
}

/// Whose doing an end was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// Nobody's: it went well.
    Ok,
    /// The client's: what it asked for cannot be had, or it has used up what it may.
    Refused,
    /// Ours, an upstream's or a page's.
    Failed,
    /// The client left.
    ClientGone,
}

impl Outcome {
    /// Every one.
    pub(crate) const ALL: [Self; 4] = [Self::Ok, Self::Refused, Self::Failed, Self::ClientGone];

    /// As a label.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::ClientGone => "client_gone",
        }
    }

    /// Whose doing it was.
    pub(crate) fn of(end: End) -> Self {
        use FailureClass as C;
        match end {
            None => Self::Ok,
            Some(C::ClientGone) => Self::ClientGone,
            Some(
                C::InvalidJson
                | C::InvalidRequest
                | C::BodyTooLarge
                | C::InvalidKey
                | C::PermissionDenied
                | C::KeyRateLimited
                | C::KeyBusy
                | C::KeyBudget
                | C::ModelNotFound
                | C::NotFound
                | C::MethodNotAllowed
                | C::Unsupported
                | C::Gone
                | C::Misdirected
                | C::StorageFull
                | C::UpstreamRejected
                | C::ContextTooLong
                | C::ContentFiltered
                | C::FileTooLarge
                | C::FileRefused
                | C::Moderated
                | C::Cancelled,
            ) => Self::Refused,
            Some(_) => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_has_a_counter_of_its_own() {
        let ends = Ends::default();
        let all = || std::iter::once(None).chain(FailureClass::ALL.iter().copied().map(Some));
        for (times, end) in all().enumerate() {
            (0..=times).for_each(|_| ends.count(end));
        }
        let wanted: Vec<_> = all().zip(1..).collect();
        assert_eq!(ends.read().collect::<Vec<_>>(), wanted);
    }

    #[test]
    fn who_asks_for_nonsense_is_not_counted_as_our_failure() {
        assert_eq!(Outcome::of(None), Outcome::Ok);
        assert_eq!(Outcome::of(Some(FailureClass::KeyBudget)), Outcome::Refused);
        assert_eq!(Outcome::of(Some(FailureClass::SignedOut)), Outcome::Failed);
        assert_eq!(Outcome::of(Some(FailureClass::ClientGone)), Outcome::ClientGone);
    }
}
