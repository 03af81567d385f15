//! Which idle tabs are loaded again.

use std::time::Duration;

use tabway_dialects::ids::NodeId;
use tabway_protocol::{
    ability::Ability,
    message::{GatewayMessage, SeatState},
};
use tokio::time::Instant;

use super::Registry;
use crate::nodes::{failure, quiet, reset};

impl Registry {
    /// Asks browsers to load tabs again that have done nothing for as long as `after` says of their
    /// site. Says how many.
    pub(in crate::nodes) fn reload_idle(
        &mut self,
        after: impl Fn(&str) -> Option<Duration>,
        holds: impl Fn(NodeId, u64) -> bool,
        now: Instant,
    ) -> usize {
        let mut asked = 0;
        for node in self.nodes.values_mut() {
            let id = node.id();
            let willing = !node.paused && node.heard && node.can(Ability::ReloadIdle);
            let Some(link) = node.link.clone().filter(|_| willing) else { continue };
            let (claims, awaited) = (&node.claims, &node.awaited);
            for (name, seat) in &mut node.seats {
                let (Some(site), Some(after)) = (self.sites.get(name), after(name)) else {
                    continue;
                };
                let rests = seat.rests_for(now).is_some() || seat.need(now).is_some();
                let is_quiet = quiet::left(&site.adapter.limits.quiet, reset::of_day()).is_some();
                let ready = seat.report.state == SeatState::Ready;
                if !ready || rests || is_quiet || awaited.contains(name) {
                    continue;
                }
                let may = |lane| !claims.contains_key(&lane) && !holds(id, lane);
                let Some(lane) = seat.reload(after, may, now) else { continue };
                let (site, idle_ms) = (name.clone(), failure::millis(after));
                asked += usize::from(link.say(&GatewayMessage::ReloadIdle { site, lane, idle_ms }));
            }
        }
        asked
    }
}
