//! What of the seats is to be written down, and what was written before the gateway started.

use std::collections::HashMap;

use tabway_dialects::ids::NodeId;
use tabway_store::SeatState;

use super::Registry;
use crate::nodes::kept::{Kept, Moment};

impl Registry {
    /// What was written before; it counts for seats that come from now on.
    pub(in crate::nodes) fn restore(&mut self, seats: Vec<SeatState>) {
        for SeatState { node, site, state } in seats {
            match serde_json::from_str::<Kept>(&state) {
                Ok(kept) => drop(self.kept.entry(node).or_default().insert(site, kept)),
                // Of a later version of this program, perhaps; its pacing begins anew.
                Err(error) => tracing::warn!(%node, site, %error, "a seat's state cannot be read"),
            }
        }
    }

    /// A seat's state is to be written.
    pub(super) fn mark(&mut self, node: NodeId, site: &str) {
        self.dirty.entry(node).or_default().insert(site.to_owned());
        self.dirt.notify_one();
    }

    /// Every seat's state is to be written.
    pub(in crate::nodes) fn mark_all(&mut self) {
        for (id, node) in &self.nodes {
            self.dirty.entry(*id).or_default().extend(node.seats.keys().cloned());
        }
    }

    /// The states that are to be written, once.
    pub(in crate::nodes) fn take_dirty(&mut self) -> Vec<SeatState> {
        let moment = Moment::here();
        let mut states = Vec::new();
        for (node, sites) in std::mem::take(&mut self.dirty) {
            for site in sites {
                let seat = self.nodes.get(&node).and_then(|state| state.seats.get(&site));
                let kept = seat.map(|seat| seat.kept(moment));
                let Some(kept) = kept else { continue };
                match serde_json::to_string(&kept) {
                    Ok(state) => states.push(SeatState { node, site, state }),
                    Err(error) => tracing::error!(%error, "a seat's state cannot be written"),
                }
            }
        }
        states
    }
}

/// States that wait for their seat.
pub(super) type KeptSeats = HashMap<NodeId, HashMap<String, Kept>>;
