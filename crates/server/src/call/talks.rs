//! Which page shows which conversation, as far as we know: a hint that the page itself confirms.
//! It is not kept over a restart: a conversation that nobody knows is begun anew.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tabway_dialects::ids::NodeId;

use super::talk::Head;
use crate::nodes::HeldTalk;

/// The most conversations that are remembered: as many as pages show, and no page is older.
const MOST: usize = 20_000;

/// The conversations that pages show.
#[derive(Debug, Default)]
pub struct Talks {
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    by_head: HashMap<Head, HeldTalk>,
    by_lane: HashMap<(NodeId, u64), Head>,
}

impl Talks {
    /// Where the conversation stands.
    pub(super) fn find(&self, head: &Head) -> Option<HeldTalk> {
        self.known().by_head.get(head).copied()
    }

    /// A page stands at the end of this conversation.
    pub(super) fn stands(&self, head: Head, held: HeldTalk) {
        let mut known = self.known();
        known.leave(held.node, held.lane);
        if known.by_lane.len() >= MOST {
            // Most of them are of pages that are long gone.
            *known = Known::default();
        }
        known.by_lane.insert((held.node, held.lane), head);
        known.by_head.insert(head, held);
    }

    /// Whether a page shows a conversation that a client may go on with.
    pub(crate) fn holds(&self, node: NodeId, lane: u64) -> bool {
        self.known().by_lane.contains_key(&(node, lane))
    }

    /// A page has begun something else.
    pub(super) fn leave(&self, node: NodeId, lane: u64) {
        self.known().leave(node, lane);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn leave(&mut self, node: NodeId, lane: u64) {
        let Some(head) = self.by_lane.remove(&(node, lane)) else { return };
        let is_there = |held: &HeldTalk| (held.node, held.lane) == (node, lane);
        if self.by_head.get(&head).is_some_and(is_there) {
            self.by_head.remove(&head);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tabway_dialects::ids::JobId;
    use uuid::Uuid;

    fn held(lane: u64) -> HeldTalk {
        let node = NodeId::from_uuid(Uuid::nil());
        HeldTalk { node, lane, after: JobId::from_uuid(Uuid::from_u128(lane.into())) }
    }

    #[test]
    fn a_page_shows_one_conversation_and_the_newest_of_two_equal_ones_is_found() {
        let talks = Talks::default();
        talks.stands([1; 32], held(7));
        talks.stands([2; 32], held(7));
        assert_eq!((talks.find(&[1; 32]), talks.find(&[2; 32])), (None, Some(held(7))));
        talks.stands([2; 32], held(8));
        talks.leave(held(7).node, 7);
        assert_eq!(talks.find(&[2; 32]), Some(held(8)));
    }
}
