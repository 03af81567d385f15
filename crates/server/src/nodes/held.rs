//! A conversation that a page still shows: where it is, and whether it is still there.

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::{JobId, NodeId},
};
use tabway_protocol::message::LaneState;

use super::{node::NodeState, seat::Seat};

/// Where a conversation stands: in which tab, and after which turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct HeldTalk {
    /// The browser.
    pub node: NodeId,
    /// The tab.
    pub lane: u64,
    /// The last turn of it.
    pub after: JobId,
}

/// Why the lane cannot go on with the conversation; `None` where it can, now or once its last turn
/// has ended there.
pub(super) fn lost(node: &NodeState, seat: &Seat, held: &HeldTalk) -> Option<Failure> {
    let ending = node.claims.get(&held.lane).map(|job| job.id == held.after);
    let stands = match ending {
        Some(ours) => ours,
        None => seat.report.lanes.iter().any(|lane| {
            let after = lane.after.as_deref().and_then(|after| after.parse().ok());
            lane.lane == held.lane && lane.state == LaneState::Idle && after == Some(held.after)
        }),
    };
    let words = "no tab shows the conversation any more";
    (!stands).then(|| Failure::new(FailureClass::NodeLost, words))
}
