//! Who is connected, what they can serve, which lane has which turn, who waits for one.
//!
//! Plain state behind one lock that is held for microseconds: no method here waits or calls out.

mod members;
mod queue;
mod search;
mod sites;
mod turns;

use std::{
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use tabway_dialects::{chat::Failure, ids::NodeId};
use tabway_protocol::message::Site;
use tokio::time::Instant;

pub(super) use self::queue::Delivery;
use self::queue::Waiter;
use super::node::NodeState;

/// Why no turn can start now.
#[derive(Debug)]
pub(super) enum Blocked {
    /// It may, from this moment on or when something changes; the failure says what is waited for.
    Wait(Option<Instant>, Failure),
    /// Not without a change that nobody announces.
    Never(Failure),
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Registry {
    nodes: HashMap<NodeId, NodeState>,
    /// Nodes that have a seat of the site, so that a turn looks at no others.
    offering: HashMap<String, Vec<NodeId>>,
    sites: BTreeMap<String, Arc<Site>>,
    /// Sites that one node alone has, while an adapter is tried in it.
    drafts: HashMap<NodeId, Arc<Site>>,
    queues: HashMap<String, VecDeque<Waiter>>,
    tickets: u64,
    /// Nodes that may not come back; their ids are never given again.
    removed: HashSet<NodeId>,
    /// Where the last search began, so that equal seats take turns.
    turn: usize,
}
