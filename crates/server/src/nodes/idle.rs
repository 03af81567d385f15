//! Tabs that have done no turn for long: loaded again by the clock, where a site's owner wants it.

use std::time::Duration;

use tabway_dialects::ids::NodeId;
use tokio::time::{Instant, sleep};

use super::Nodes;

/// How often it is looked which tabs are due.
const TICK: Duration = Duration::from_secs(30);

impl Nodes {
    /// Has tabs loaded again that nobody has used for as long as `after` says of their site; one of
    /// a seat at a time. A tab of which `holds` says that it shows a conversation which may be gone
    /// on with is left alone, as is any that works, rests or needs its human. Says how many were
    /// asked for: their browsers look once more whether somebody uses them.
    pub fn reload_idle(
        &self,
        after: impl Fn(&str) -> Option<Duration>,
        holds: impl Fn(NodeId, u64) -> bool,
    ) -> usize {
        self.shared.registry().reload_idle(after, holds, Instant::now())
    }

    /// The same from time to time. Runs for ever.
    pub(crate) async fn keep_reloading(
        self,
        after: impl Fn(&str) -> Option<Duration>,
        holds: impl Fn(NodeId, u64) -> bool,
    ) {
        loop {
            sleep(TICK).await;
            let asked = self.reload_idle(&after, &holds);
            if asked > 0 {
                tracing::info!(asked, "idle pages are loaded again");
            }
        }
    }
}
