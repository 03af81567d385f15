//! Which pages are due for a look, and what the look says of their seats.

use tabway_dialects::ids::NodeId;
use tabway_protocol::message::Diagnosis;
use tokio::time::Instant;

use super::Registry;
use crate::nodes::{Seen, node::NodeState, reset, self_test};

impl Registry {
    /// Idle pages whose last look is too old; each is named once.
    pub(in crate::nodes) fn due_looks(&mut self, now: Instant) -> Vec<(NodeId, String)> {
        let Some(every) = self.check_every else { return Vec::new() };
        let mut due = Vec::new();
        let idle = |node: &&mut NodeState| node.is_connected() && !node.paused && node.heard;
        for node in self.nodes.values_mut().filter(idle) {
            let id = node.id();
            let busy: Vec<String> = node.claims.values().map(|job| job.site.clone()).collect();
            for (site, seat) in &mut node.seats {
                let known = self.sites.contains_key(site) && !busy.contains(site);
                if known && seat.ask(every, now) {
                    due.push((id, site.clone()));
                }
            }
        }
        due
    }

    /// A page was looked at.
    pub(in crate::nodes) fn looked(&mut self, id: NodeId, site: &str, seen: &Seen, now: Instant) {
        let words = self.sites.get(site).map(|site| &site.adapter.signals.session_words);
        let ends = words.and_then(|words| session_end(words, &seen.diagnosis));
        let Some(seat) = self.nodes.get_mut(&id).and_then(|node| node.seats.get_mut(site)) else {
            return;
        };
        if self_test::need(&seen.diagnosis).is_none() {
            seat.looked(now);
        }
        seat.session_ends_ms = ends;
    }
}

/// When the session of a page ends, by what it shows.
fn session_end(patterns: &[String], seen: &Diagnosis) -> Option<i64> {
    let shown = seen.signals.iter().find(|found| found.signal == "session_ends")?;
    let left = reset::session_left(patterns, &shown.words)?;
    let left = i64::try_from(left.as_millis()).ok()?;
    Some(tabway_store::ledger::now_ms().saturating_add(left))
}
