//! Looks at pages that nobody asked a turn of: now and again while they are idle, and when their
//! owner wants to know. A look reads what the page shows; nothing is clicked, typed or loaded.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use tabway_dialects::{chat::Failure, ids::NodeId};
use tokio::time::{Instant, sleep};

use super::{Nodes, Seen};

/// Pages that are looked at at once.
const AT_ONCE: usize = 16;

/// The longest between two times of asking which pages are due.
const TICK: Duration = Duration::from_secs(60);
const SHORTEST_TICK: Duration = Duration::from_millis(20);

/// What a look at a page brought.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The browser.
    pub node: NodeId,
    /// The site.
    pub site: String,
    /// What it shows, or why nobody could say.
    pub seen: Result<Seen, Failure>,
}

impl Nodes {
    /// Looks at every bridged page of the connected browsers, or of one of them. What was found
    /// stands in the seats afterwards.
    pub async fn check(&self, node: Option<NodeId>) -> Vec<Looked> {
        let pages: Vec<(NodeId, String)> = {
            let registry = self.shared.registry();
            let asked = registry.nodes().filter(|one| node.is_none_or(|id| one.id() == id));
            let connected = asked.filter(|one| one.is_connected());
            let bridged = connected.flat_map(|one| {
                let seats = one.seats.iter().filter(|(_, seat)| !seat.report.lanes.is_empty());
                seats.map(|(site, _)| (one.id(), site.clone()))
            });
            bridged.filter(|(_, site)| registry.has_site(site)).collect()
        };
        self.look_at(pages).await
    }

    /// Looks at one page.
    pub async fn look(&self, node: NodeId, site: String) {
        self.look_at(vec![(node, site)]).await;
    }

    /// Looks at idle pages whose last look is too old. Runs for ever.
    pub(crate) async fn keep_checking(self) {
        loop {
            let every = self.shared.registry().check_every.unwrap_or(TICK);
            sleep((every / 4).clamp(SHORTEST_TICK, TICK)).await;
            let due = self.shared.registry().due_looks(Instant::now());
            for looked in self.look_at(due).await {
                if let Err(failure) = looked.seen {
                    let Looked { node, site, .. } = looked;
                    tracing::info!(%node, site, "a page was not looked at: {}", failure.message);
                }
            }
        }
    }

    async fn look_at(&self, pages: Vec<(NodeId, String)>) -> Vec<Looked> {
        let looks = pages.into_iter().map(|(node, site)| async move {
            let seen = self.diagnose(&site, Some(node), None).await;
            if let Ok(seen) = &seen {
                self.shared.registry().looked(node, &site, seen, Instant::now());
            }
            Looked { node, site, seen }
        });
        let mut looked: Vec<Looked> = stream::iter(looks).buffer_unordered(AT_ONCE).collect().await;
        looked.sort_by(|a, b| (a.node, &a.site).cmp(&(b.node, &b.site)));
        looked
    }
}
