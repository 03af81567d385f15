//! The seats of one site, sorted by what they could do now, so that a turn looks at the best of
//! them and at no other, however many there are.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use tabway_dialects::ids::NodeId;
use tokio::time::Instant;

use crate::nodes::{
    failure,
    seat::{Offer, Verdict},
};

/// What makes one free seat better than another: the smallest is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Too much went wrong with it lately.
    pub(super) is_sick: bool,
    /// Turns that it has.
    pub(super) load: usize,
    /// Equal seats take turns.
    pub(super) last_start: Option<Instant>,
}

/// Where a seat stands, and when that changes by itself.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) verdict: Verdict,
    /// Set where the verdict is that a lane is free.
    pub(super) rank: Rank,
    pub(super) changes: Option<Instant>,
}

/// The same as the index keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Free(Rank),
    Soon,
    Later(Instant),
    /// How little its failure says, and when it ends: those without an end come last.
    Never(u8, bool, Option<Instant>),
}

impl Place {
    fn of(standing: &Standing) -> Self {
        match &standing.verdict {
            Verdict::Free(_) => Self::Free(standing.rank),
            Verdict::Soon(_) => Self::Soon,
            Verdict::Later(at, _) => Self::Later(*at),
            Verdict::Never(failure) => {
                let ends = standing.changes;
                Self::Never(failure::vagueness(failure.class), ends.is_none(), ends)
            }
        }
    }
}

/// Seats that offer the same.
#[derive(Debug)]
struct Group {
    offer: Arc<Offer>,
    free: BTreeSet<(Rank, NodeId)>,
    soon: BTreeSet<NodeId>,
    later: BTreeSet<(Instant, NodeId)>,
    never: BTreeSet<(u8, bool, Option<Instant>, NodeId)>,
}

impl Group {
    fn new(offer: Arc<Offer>) -> Self {
        let (free, soon) = (BTreeSet::new(), BTreeSet::new());
        Self { offer, free, soon, later: BTreeSet::new(), never: BTreeSet::new() }
    }

    fn is_empty(&self) -> bool {
        let Self { free, soon, later, never, .. } = self;
        free.is_empty() && soon.is_empty() && later.is_empty() && never.is_empty()
    }

    fn insert(&mut self, place: Place, id: NodeId) {
        match place {
            Place::Free(rank) => self.free.insert((rank, id)),
            Place::Soon => self.soon.insert(id),
            Place::Later(at) => self.later.insert((at, id)),
            Place::Never(vague, endless, ends) => self.never.insert((vague, endless, ends, id)),
        };
    }

    fn remove(&mut self, place: Place, id: NodeId) {
        match place {
            Place::Free(rank) => self.free.remove(&(rank, id)),
            Place::Soon => self.soon.remove(&id),
            Place::Later(at) => self.later.remove(&(at, id)),
            Place::Never(vague, endless, ends) => self.never.remove(&(vague, endless, ends, id)),
        };
    }
}

/// The seats of one site.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// As many as there are different offers: seats of one site mostly offer the same.
    groups: Vec<Group>,
    seats: HashMap<NodeId, (Arc<Offer>, Place, Option<Instant>)>,
    /// Seats whose standing changes by itself, the first one first.
    changes: BTreeSet<(Instant, NodeId)>,
}

impl Pool {
    /// Puts a seat where it stands now.
    pub(super) fn set(&mut self, id: NodeId, offer: &Arc<Offer>, standing: &Standing) {
        let place = Place::of(standing);
        let known = self.seats.get(&id);
        let is_same = known.is_some_and(|(old, at, changes)| {
            Arc::ptr_eq(old, offer) && *at == place && *changes == standing.changes
        });
        if is_same {
            return;
        }
        self.remove(id);
        let same = |group: &Group| Arc::ptr_eq(&group.offer, offer) || group.offer == *offer;
        let at = self.groups.iter().position(same).unwrap_or_else(|| {
            self.groups.push(Group::new(offer.clone()));
            self.groups.len() - 1
        });
        self.groups[at].insert(place, id);
        if let Some(at) = standing.changes {
            self.changes.insert((at, id));
        }
        self.seats.insert(id, (offer.clone(), place, standing.changes));
    }

    /// Forgets a seat.
    pub(super) fn remove(&mut self, id: NodeId) {
        let Some((offer, place, changes)) = self.seats.remove(&id) else { return };
        if let Some(at) = changes {
            self.changes.remove(&(at, id));
        }
        if let Some(at) = self.groups.iter().position(|group| group.offer == offer) {
            self.groups[at].remove(place, id);
            if self.groups[at].is_empty() {
                self.groups.swap_remove(at);
            }
        }
    }

    /// The nodes that have one.
    pub(super) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.seats.keys().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.seats.is_empty()
    }

    /// A seat whose standing has changed by itself.
    pub(super) fn changed(&self, now: Instant) -> Option<NodeId> {
        self.changes.first().filter(|(at, _)| *at <= now).map(|(_, id)| *id)
    }

    /// When the next one does.
    pub(super) fn next_change(&self) -> Option<Instant> {
        self.changes.first().map(|(at, _)| *at)
    }

    /// Whether any seat's offer will do.
    pub(super) fn offers(&self, will_do: impl Fn(&Offer) -> bool) -> bool {
        self.groups.iter().any(|group| will_do(&group.offer))
    }

    /// The best free seat whose offer will do.
    pub(super) fn best(&self, will_do: impl Fn(&Offer) -> bool) -> Option<NodeId> {
        let groups = self.groups.iter().filter(|group| will_do(&group.offer));
        groups.filter_map(|group| group.free.first()).min().map(|(_, id)| *id)
    }

    /// Seats that say the most of why none is free: of each offer that will do the first to come,
    /// the first to be allowed, the one whose failure is clearest, and one that is free for others.
    pub(super) fn telling(&self, will_do: impl Fn(&Offer) -> bool) -> Vec<NodeId> {
        let groups = self.groups.iter().filter(|group| will_do(&group.offer));
        let ids = groups.flat_map(|group| {
            let soon = group.soon.first().copied();
            let later = group.later.first().map(|(_, id)| *id);
            let never = group.never.first().map(|(.., id)| *id);
            let free = group.free.first().map(|(_, id)| *id);
            [soon, later, never, free]
        });
        ids.flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tabway_dialects::chat::{Failure, FailureClass};
    use tabway_protocol::message::{Seat as Report, SeatState};
    use uuid::Uuid;

    use super::*;

    fn offer(models: &[&str]) -> Arc<Offer> {
        let report = Report {
            site: "s".to_owned(),
            state: SeatState::Ready,
            detail: String::new(),
            lanes: vec![],
            models: models.iter().map(|&model| model.to_owned()).collect(),
            told: std::collections::BTreeMap::new(),
            picture: false,
            harvests: true,
        };
        Arc::new(Offer::of(&report, &crate::nodes::rest::Rests::default(), true))
    }

    fn standing(kind: u8, load: usize, now: Instant) -> Standing {
        let busy = || Failure::new(FailureClass::Busy, "busy");
        let verdict = match kind {
            0 => Verdict::Free(1),
            1 => Verdict::Soon(busy()),
            2 => Verdict::Later(now, busy()),
            _ => Verdict::Never(busy()),
        };
        let rank = Rank { is_sick: load > 2, load, last_start: None };
        Standing { verdict, rank, changes: (kind == 2).then_some(now) }
    }

    proptest! {
        #[test]
        fn the_best_is_what_a_look_at_every_seat_would_find(
            changes in prop::collection::vec((0_u128..20, 0_u8..5, 0_usize..4, 0_usize..3), 1..200),
        ) {
            let offers = [offer(&["a"]), offer(&["a", "b"]), offer(&["b"])];
            let (mut pool, mut seats, now) = (Pool::default(), HashMap::new(), Instant::now());
            for (id, kind, load, offered) in changes {
                let id = NodeId::from_uuid(Uuid::from_u128(id));
                if kind == 4 {
                    pool.remove(id);
                    seats.remove(&id);
                } else {
                    let standing = standing(kind, load, now);
                    pool.set(id, &offers[offered], &standing);
                    seats.insert(id, (kind, standing.rank, offered));
                }
                for model in ["a", "b", "c"] {
                    let will_do = |offer: &Offer| offer.has(model, None);
                    let free = seats.iter().filter(|(_, (kind, _, offered))| {
                        *kind == 0 && will_do(&offers[*offered])
                    });
                    let expected = free.map(|(id, (_, rank, _))| (*rank, *id)).min();
                    prop_assert_eq!(pool.best(will_do), expected.map(|(_, id)| id));
                }
                prop_assert_eq!(pool.is_empty(), seats.is_empty());
                let waits = seats.values().any(|(kind, ..)| *kind == 2);
                prop_assert_eq!(pool.next_change().is_some(), waits);
                prop_assert_eq!(pool.groups.is_empty(), seats.is_empty());
            }
        }
    }
}
