//! Conversations of pages that are to stand for a model: which address a tab shows, and what a
//! browser's human wants kept.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::NodeId,
};
use tabway_protocol::{ability::Ability, message::GatewayMessage};
use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use uuid::Uuid;

use super::{Nodes, failure, shared::Shared};

/// How long a browser may take to say what a tab shows.
const PATIENCE: Duration = Duration::from_secs(10);

/// Wishes that may wait.
const QUEUE: usize = 16;

/// A human's wish in the popup: this conversation for that model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capture {
    /// The browser.
    pub node: NodeId,
    /// The site.
    pub site: String,
    /// The model's name there.
    pub model: String,
    /// Path and query that the tab shows.
    pub address: String,
}

/// The way of wishes from sockets to their reader.
#[derive(Debug)]
pub(super) struct Captures {
    way: mpsc::Sender<Capture>,
    end: Mutex<Option<mpsc::Receiver<Capture>>>,
}

impl Default for Captures {
    fn default() -> Self {
        let (way, end) = mpsc::channel(QUEUE);
        Self { way, end: Mutex::new(Some(end)) }
    }
}

impl Captures {
    /// Hands a wish on; false where too many wait.
    pub(super) fn hear(&self, wish: Capture) -> bool {
        self.way.try_send(wish).is_ok()
    }
}

/// Browsers that were asked what a tab shows.
pub(super) type Locates = HashMap<String, (NodeId, oneshot::Sender<Option<String>>)>;

impl Nodes {
    /// What humans want captured, for the one who keeps it; nothing the second time.
    #[must_use]
    pub(crate) fn captures(&self) -> Option<mpsc::Receiver<Capture>> {
        let end = &self.entrance.captures.end;
        end.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Tells a browser what became of its human's wish.
    pub(crate) fn report_capture(&self, node: NodeId, words: String) {
        let registry = self.shared.registry();
        let node = registry.node(node).filter(|node| node.can(Ability::Places));
        if let Some(link) = node.and_then(|node| node.link.as_ref()) {
            link.say(&GatewayMessage::Pinned { words });
        }
    }

    /// The browser that serves the site best, or the one that is named, and the address that its tab
    /// shows.
    ///
    /// # Errors
    /// `no_node` where none is connected or it has no tab, `node_outdated` where its extension is too
    /// old to be asked, `node_lost` where it does not answer.
    pub async fn locate(
        &self,
        site: &str,
        node: Option<NodeId>,
        lane: Option<u64>,
    ) -> Result<(NodeId, String), Failure> {
        let request = format!("locate-{}", Uuid::now_v7().simple());
        let (id, answer) = {
            let registry = self.shared.registry();
            let with_tab = |node: &&super::node::NodeState| {
                let seat = node.seats.get(site);
                node.is_connected() && seat.is_some_and(|seat| !seat.report.lanes.is_empty())
            };
            let named = |other: &&super::node::NodeState| node.is_none_or(|id| other.id() == id);
            let (able, old): (Vec<_>, Vec<_>) = registry
                .nodes()
                .filter(with_tab)
                .filter(named)
                .partition(|node| node.can(Ability::Places));
            let Some(asked) = able.first() else {
                let labels: Vec<_> = old.iter().map(|node| node.label().to_owned()).collect();
                return Err(match labels.is_empty() {
                    true => failure::no_node(site),
                    false => failure::outdated(site, &labels),
                });
            };
            let (sender, answer) = oneshot::channel();
            let id = asked.id();
            self.shared.locates().insert(request.clone(), (id, sender));
            let site = site.to_owned();
            let question = GatewayMessage::Locate { request: request.clone(), site, lane };
            if let Some(link) = &asked.link {
                link.say(&question);
            }
            (id, answer)
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(Some(address))) => Ok((id, address)),
            Ok(Ok(None)) => {
                let words = format!("{site}: the browser has no such tab");
                Err(Failure::new(FailureClass::NoNode, words))
            }
            _ => {
                self.shared.locates().remove(&request);
                let words = format!("{site}: the browser did not say what its page shows");
                Err(Failure::new(FailureClass::NodeLost, words))
            }
        }
    }

    /// Whether any page of the site tells the model, in the mode where one is named.
    pub(crate) fn offers(&self, site: &str, model: &str, mode: Option<&str>) -> bool {
        self.shared.registry().offers(site, model, mode)
    }
}

impl Shared {
    /// A browser says what a tab shows. What nobody asked for is dropped.
    pub(super) fn located(&self, node: NodeId, request: &str, address: Option<String>) {
        let mut locates = self.locates();
        if locates.get(request).is_some_and(|(asked, _)| *asked == node)
            && let Some((_, asker)) = locates.remove(request)
        {
            drop(asker.send(address));
        }
    }
}
