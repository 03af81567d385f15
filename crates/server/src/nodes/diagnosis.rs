//! What pages showed: questions that wait for an answer, and the last answers of each site.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fmt::Write as _,
    time::Duration,
};

use tabway_dialects::{
    chat::{Failure, FailureClass},
    ids::NodeId,
};
use tabway_protocol::{
    adapter::{Adapter, Locator},
    message::{Diagnosis, FoundLocator, GatewayMessage, SeatState},
};
use tokio::{sync::oneshot, time::timeout};
use uuid::Uuid;

use super::{
    Nodes,
    failure::{self, plain},
    node::{NodeFacts, NodeState},
    shared::Shared,
};

/// How long a browser may take to look at its page.
const PATIENCE: Duration = Duration::from_secs(15);

/// How many answers of a site are kept.
const KEPT: usize = 20;

/// The longest sketch, in bytes.
const MAX_SKETCH: usize = 128 << 10;

/// The most roles and signals of an answer: more than the vocabulary has.
const MAX_LISTED: usize = 100;

/// What a page showed, when and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Milliseconds since the epoch.
    pub at_ms: i64,
    /// The browser.
    pub node: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// What the page showed.
    pub diagnosis: Diagnosis,
    /// The same in a line.
    pub summary: String,
}

/// Questions and answers.
#[derive(Debug, Default)]
pub(super) struct Diagnoses {
    asked: HashMap<String, (NodeId, oneshot::Sender<Seen>)>,
    kept: BTreeMap<String, VecDeque<Seen>>,
}

impl Diagnoses {
    /// A question to a node. It may stay without an answer: then whoever asked leaves by
    /// [`Diagnoses::leave`].
    pub(super) fn ask(&mut self, request: String, node: NodeId) -> oneshot::Receiver<Seen> {
        let (sender, receiver) = oneshot::channel();
        self.asked.insert(request, (node, sender));
        receiver
    }

    /// Nobody waits for the answer any more.
    pub(super) fn leave(&mut self, request: &str) {
        self.asked.remove(request);
    }

    /// Keeps an answer and hands it to whoever asked. Says whether somebody had.
    pub(super) fn answered(&mut self, seen: Seen) -> bool {
        let about = &seen.diagnosis.about;
        let asker = match self.asked.get(about) {
            Some((node, _)) if *node == seen.node => self.asked.remove(about),
            _ => None,
        };
        match asker {
            Some((_, asker)) => {
                self.keep(seen.clone());
                drop(asker.send(seen));
                true
            }
            None => false,
        }
    }

    /// Keeps an answer among the last ones of its site.
    pub(super) fn keep(&mut self, seen: Seen) {
        let kept = self.kept.entry(seen.diagnosis.site.clone()).or_default();
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(seen);
    }

    /// The last answers of a site, the newest first.
    pub(super) fn of(&self, site: &str) -> Vec<Seen> {
        self.kept.get(site).into_iter().flatten().rev().cloned().collect()
    }
}

impl Nodes {
    /// Asks a browser what its page of the site shows: the one that serves the site best, or the
    /// one that is named. `draft` looks with another adapter than the site's own.
    ///
    /// # Errors
    /// `no_node` where none is connected, `node_lost` where it does not answer.
    pub async fn diagnose(
        &self,
        site: &str,
        node: Option<NodeId>,
        draft: Option<Adapter>,
    ) -> Result<Seen, Failure> {
        let request = format!("diagnosis-{}", Uuid::now_v7().simple());
        let question = GatewayMessage::Diagnose {
            request: request.clone(),
            site: site.to_owned(),
            lane: None,
            adapter: draft.map(Box::new),
            wait_ms: None,
        };
        let answer = {
            let registry = self.shared.registry();
            let asked = match node {
                Some(id) => registry.node(id).filter(|node| node.is_connected()),
                None => registry
                    .nodes()
                    .filter(|node| node.is_connected())
                    .min_by_key(|node| rank(node, site)),
            };
            let Some(asked) = asked else { return Err(failure::no_node(site)) };
            let answer = self.shared.diagnoses().ask(request.clone(), asked.id());
            if !asked.link.as_ref().is_some_and(|link| link.say(&question)) {
                self.shared.diagnoses().leave(&request);
                return Err(failure::no_node(site));
            }
            answer
        };
        match timeout(PATIENCE, answer).await {
            Ok(Ok(seen)) => Ok(seen),
            _ => {
                self.shared.diagnoses().leave(&request);
                let words = format!("{site}: the browser did not say what its page shows");
                Err(Failure::new(FailureClass::NodeLost, words))
            }
        }
    }

    /// What pages of the site showed lately, the newest first.
    #[must_use]
    pub fn diagnoses(&self, site: &str) -> Vec<Seen> {
        self.shared.diagnoses().of(site)
    }
}

/// Which browser is asked first: the lowest.
fn rank(node: &NodeState, site: &str) -> u8 {
    match node.seats.get(site).map(|seat| &seat.report) {
        Some(report) if report.state == SeatState::Ready => 0,
        Some(report) if !report.lanes.is_empty() => 1,
        Some(report) if report.state != SeatState::NotPermitted => 2,
        Some(_) => 3,
        None => 4,
    }
}

impl Shared {
    /// A browser says what a page shows: an answer, or the last look at the page of a turn
    /// (`of_turn`) that fails. What nobody asked for is dropped.
    pub(super) fn diagnosed(
        &self,
        node: &NodeFacts,
        diagnosis: Diagnosis,
        of_turn: bool,
    ) -> Option<Seen> {
        let site = self.registry().site(&diagnosis.site)?;
        let diagnosis = bounded(diagnosis)?;
        let summary = summary(&diagnosis, &site.adapter);
        let (node, label) = (node.id, node.label.clone());
        let seen = Seen { at_ms: tabway_store::ledger::now_ms(), node, label, diagnosis, summary };
        let mut diagnoses = self.diagnoses();
        if of_turn {
            diagnoses.keep(seen.clone());
        } else if !diagnoses.answered(seen.clone()) {
            return None;
        }
        Some(seen)
    }
}

/// The answer within bounds and without control characters; none where it is over them.
pub(super) fn bounded(diagnosis: Diagnosis) -> Option<Diagnosis> {
    let listed = diagnosis.locators.len().max(diagnosis.signals.len());
    if diagnosis.sketch.len() > MAX_SKETCH || listed > MAX_LISTED {
        return None;
    }
    let mut bounded = diagnosis;
    bounded.path = plain(&bounded.path);
    bounded.detail = plain(&bounded.detail);
    for found in &mut bounded.locators {
        found.role = plain(&found.role);
        found.element = plain(&found.element);
    }
    for found in &mut bounded.signals {
        found.signal = plain(&found.signal);
        found.words = plain(&found.words);
    }
    Some(bounded)
}

/// An answer in a line: the signals that hold, then what was found and what is missing of the roles
/// that a turn needs.
pub(super) fn summary(diagnosis: &Diagnosis, adapter: &Adapter) -> String {
    let mut parts: Vec<String> = Vec::new();
    for found in &diagnosis.signals {
        let words = if found.words.is_empty() { "holds".to_owned() } else { quoted(&found.words) };
        parts.push(format!("signal {} {words}", found.signal));
    }
    for found in &diagnosis.locators {
        let wanted = adapter.self_test.found.iter().any(|role| role.word() == found.role);
        let needed = wanted || matches!(found.role.as_str(), "composer" | "send" | "proof");
        if needed {
            parts.push(in_words(found, adapter, wanted));
        }
    }
    if parts.is_empty() { diagnosis.detail.clone() } else { parts.join(", ") }
}

fn quoted(words: &str) -> String {
    let short: String = words.chars().take(80).collect();
    format!("(\u{201c}{short}\u{201d})")
}

/// One role in words: `composer found by css`.
fn in_words(found: &FoundLocator, adapter: &Adapter, wanted: bool) -> String {
    let mut words = found.role.clone();
    if found.count == 0 {
        // A page at rest may lack it; the adapter's author says which roles it must show.
        let optional = found.role == "send" && !wanted;
        words.push_str(if optional { " not there before there is text" } else { " missing" });
        return words;
    }
    words.push_str(" found");
    if let Some(kind) = locator_of(found, adapter).map(kind) {
        let _ = write!(words, " by {kind}");
    }
    if !found.visible {
        words.push_str(" (hidden)");
    } else if !found.enabled {
        words.push_str(" (disabled)");
    }
    words
}

fn locator_of<'a>(found: &FoundLocator, adapter: &'a Adapter) -> Option<&'a Locator> {
    let list = match found.role.as_str() {
        "proof" => &adapter.page.proof,
        role => adapter.locators.iter().find(|(known, _)| known.word() == role)?.1,
    };
    list.get(usize::try_from(found.locator?).ok()?)
}

/// By which of its keys a locator finds.
fn kind(locator: &Locator) -> &'static str {
    let ways = [
        (locator.css.is_some(), "css"),
        (locator.test_id.is_some(), "test id"),
        (locator.role.is_some(), "role"),
        (!locator.text.is_empty(), "text"),
        (!locator.placeholder.is_empty(), "placeholder"),
        (!locator.label.is_empty(), "label"),
    ];
    ways.into_iter().find_map(|(has, way)| has.then_some(way)).unwrap_or("locator")
}
