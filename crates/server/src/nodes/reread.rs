//! The models that pages offer, read again: at their owner's word and from time to time.

use std::{
    collections::{BTreeSet, HashMap},
    time::Duration,
};

use tabway_dialects::ids::NodeId;
use tabway_protocol::{ability::Ability, message::GatewayMessage};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};
use uuid::Uuid;

use super::{Nodes, shared::Shared};

/// How long browsers may take to read their pages.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a browser says of the reading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) read: Vec<String>,
    pub(super) busy: Vec<String>,
}

/// Browsers that were asked and have not answered.
pub(super) type Rereads = HashMap<String, (NodeId, oneshot::Sender<Answer>)>;

/// Questions under way, each with its answer to come.
type Asked = Vec<(String, oneshot::Receiver<Answer>)>;

/// What came of a reading.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Reread {
    /// Browsers that were asked.
    pub asked: usize,
    /// Those of them that did not answer in time.
    pub silent: usize,
    /// Browsers whose extension is too old to be asked.
    pub outdated: Vec<String>,
    /// Sites whose pages told their models.
    pub read: BTreeSet<String>,
    /// Sites whose pages somebody uses: they are left alone.
    pub busy: BTreeSet<String>,
}

impl Reread {
    /// The same in a line.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { asked, silent, outdated, read, busy } = self;
        let mut words = match read.is_empty() {
            true if *asked == 0 => "no browser is connected whose pages could be read".to_owned(),
            true => format!("no page of {asked} browsers has a list of models to read"),
            false => format!("models of {} read again", listed(read)),
        };
        if !busy.is_empty() {
            words.push_str(&format!("; in use and left alone: {}", listed(busy)));
        }
        if *silent > 0 {
            words.push_str(&format!("; {silent} browsers did not answer"));
        }
        if !outdated.is_empty() {
            words.push_str(&format!("; update the extension of {}", outdated.join(", ")));
        }
        words
    }
}

fn listed(sites: &BTreeSet<String>) -> String {
    sites.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
}

impl Nodes {
    /// Has every browser that serves the site, or any site, read its pages' models again, and waits
    /// for what they say. Pages that somebody uses are left alone.
    pub async fn reread(&self, site: Option<&str>) -> Reread {
        let until = Instant::now() + PATIENCE;
        let (asked, outdated) = self.ask_to_reread(site);
        let mut found = Reread { asked: asked.len(), outdated, ..Reread::default() };
        for (request, answer) in asked {
            match timeout_at(until, answer).await {
                Ok(Ok(Answer { read, busy })) => {
                    found.read.extend(read);
                    found.busy.extend(busy);
                }
                _ => {
                    self.shared.rereads().remove(&request);
                    found.silent += 1;
                }
            }
        }
        // A page of one browser told what that of another could not.
        found.busy.retain(|site| !found.read.contains(site));
        found
    }

    fn ask_to_reread(&self, site: Option<&str>) -> (Asked, Vec<String>) {
        let registry = self.shared.registry();
        let mut rereads = self.shared.rereads();
        let serving = registry.nodes().filter(|node| {
            site.map_or(!node.seats.is_empty(), |site| node.seats.contains_key(site))
        });
        let (mut asked, mut outdated) = (Vec::new(), Vec::new());
        for node in serving {
            let Some(link) = &node.link else { continue };
            if !node.can(Ability::Reread) {
                outdated.push(node.label().to_owned());
                continue;
            }
            let request = format!("reread-{}", Uuid::now_v7().simple());
            let site = site.map(str::to_owned);
            if link.say(&GatewayMessage::Reread { request: request.clone(), site }) {
                let (sender, answer) = oneshot::channel();
                rereads.insert(request.clone(), (node.id(), sender));
                asked.push((request, answer));
            }
        }
        (asked, outdated)
    }

    /// Has the pages read again every so often; `every` is asked each time, and may say never.
    pub(crate) async fn keep_reading(self, every: impl Fn() -> Option<Duration>) {
        /// How often it is looked whether the setting has changed.
        const LOOK: Duration = Duration::from_secs(60);
        let mut last = Instant::now();
        loop {
            let due = every().map(|span| last + span);
            let look = Instant::now() + LOOK;
            tokio::time::sleep_until(due.map_or(look, |due| due.min(look))).await;
            if due.is_some_and(|due| Instant::now() >= due) {
                last = Instant::now();
                let found = self.reread(None).await;
                tracing::debug!(asked = found.asked, silent = found.silent, "models read again");
            }
        }
    }
}

impl Shared {
    /// A browser has read its pages. What nobody asked for is dropped.
    pub(super) fn reread(&self, node: NodeId, request: &str, answer: Answer) {
        let mut rereads = self.rereads();
        if rereads.get(request).is_some_and(|(asked, _)| *asked == node)
            && let Some((_, asker)) = rereads.remove(request)
        {
            drop(asker.send(answer));
        }
    }
}
