//! Who is connected, what they can serve, which lane has which turn, who waits for one.
//!
//! Plain state behind one lock that is held for microseconds: no method here waits or calls out.

mod harvest;
mod idle;
mod left;
mod looks;
mod members;
mod memory;
mod pool;
mod queue;
mod search;
mod sites;
mod standing;
mod turns;
mod waiting;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tabway_dialects::{
    chat::Failure,
    ids::{JobId, NodeId, RequestId},
};
use tabway_protocol::{adapter::Told, message::Site};
use tabway_store::Run;
use tokio::{sync::Notify, time::Instant};

use self::{memory::KeptSeats, pool::Pool, queue::Queue};
pub(super) use self::{
    queue::{QueueRules, Ticket},
    waiting::{Delivery, is_vain},
};
use super::node::NodeState;

type Sites = BTreeMap<String, Arc<Site>>;
type Drafts = HashMap<NodeId, Arc<Site>>;

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
    /// The seats of each site, so that a turn looks at the best one only.
    pools: HashMap<String, Pool>,
    sites: Sites,
    /// Sites that one node alone has, while an adapter is tried in it.
    drafts: Drafts,
    /// What pages said of their models, by site and model: the last word of any browser.
    told: HashMap<String, HashMap<String, Told>>,
    queues: BTreeMap<String, Queue>,
    /// Where requests wait, by the request's id.
    waiting: HashMap<RequestId, Ticket>,
    tickets: u64,
    rules: QueueRules,
    /// How old the last look at a page may be.
    pub(in crate::nodes) check_every: Option<Duration>,
    /// What was written of seats that have not come yet.
    kept: KeptSeats,
    /// Seats whose state is to be written.
    dirty: HashMap<NodeId, HashSet<String>>,
    /// Rung when there is one.
    pub(super) dirt: Arc<Notify>,
    /// When a queue is looked at again although nothing was heard.
    alarm: Option<Instant>,
    /// Lost turns whose answers are to be read once a lane of their seat is free.
    harvests: HashMap<JobId, (NodeId, String)>,
    /// Turns of an earlier life whose clients have not asked again.
    left: Vec<Run>,
    /// Nodes that may not come back; their ids are never given again.
    removed: HashSet<NodeId>,
}
