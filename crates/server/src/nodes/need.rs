//! What a seat needs its human for, and since when.

use serde::Serialize;
use tabway_dialects::ids::NodeId;
use tabway_protocol::message::{NodeFailureClass, SeatState};
use tokio::time::Instant;

use super::Nodes;

/// What only the human of a browser can do something about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeedKind {
    /// The session has ended.
    SignedOut,
    /// The page asks for a proof of its human.
    Challenge,
    /// The page asks for a consent.
    Consent,
    /// A quota of the account is used up.
    Quota,
}

impl NeedKind {
    pub(super) fn of_state(state: SeatState) -> Option<Self> {
        Some(match state {
            SeatState::SignedOut => Self::SignedOut,
            SeatState::Challenge => Self::Challenge,
            SeatState::Consent => Self::Consent,
            _ => return None,
        })
    }

    /// What a turn met. A used-up quota shows in the seat's rests.
    pub(super) fn of_failure(class: NodeFailureClass) -> Option<Self> {
        Some(match class {
            NodeFailureClass::SignedOut => Self::SignedOut,
            NodeFailureClass::Challenge => Self::Challenge,
            NodeFailureClass::Consent => Self::Consent,
            _ => return None,
        })
    }

    /// The word of codes and messages.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Challenge => "challenge",
            Self::Consent => "consent",
            Self::Quota => "quota",
        }
    }

    /// What is wrong, and what a person does about it.
    #[must_use]
    pub fn mend(self) -> (&'static str, &'static str) {
        match self {
            Self::SignedOut => ("signed out", "Open the site in that browser and sign in."),
            Self::Challenge => {
                ("a challenge", "Open the tab in that browser and answer the challenge yourself.")
            }
            Self::Consent => {
                ("a consent", "Open the tab in that browser and answer what the page asks.")
            }
            Self::Quota => (
                "a quota is used up",
                "Nothing has to be done: it is used again after the reset. To have more, see the \
                 site's plans or its official API.",
            ),
        }
    }
}

/// A seat needs its human.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) kind: NeedKind,
    pub(super) since_ms: i64,
    /// What the page says of it.
    pub(super) words: String,
    /// A turn met it: the page at rest may look as if nothing was wrong.
    pub(super) of_turn: bool,
}

/// The same for people to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[schemars(rename = "Need")]
pub struct NeedView {
    /// What for.
    pub reason: NeedKind,
    /// What is wrong.
    pub problem: &'static str,
    /// What to do about it.
    pub advice: &'static str,
    /// Since when, in milliseconds since the epoch.
    pub since_ms: i64,
    /// What the page says.
    pub words: String,
}

impl From<&Need> for NeedView {
    fn from(need: &Need) -> Self {
        let (problem, advice) = need.kind.mend();
        let Need { kind, since_ms, words, .. } = need.clone();
        Self { reason: kind, problem, advice, since_ms, words }
    }
}

/// A page that says when its session ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionEnd {
    /// The browser.
    pub node: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// The site.
    pub site: String,
    /// When, in milliseconds since the epoch.
    pub ends_ms: i64,
}

/// A seat that needs its human, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatNeed {
    /// The browser.
    pub node: NodeId,
    /// What its owner calls it.
    pub label: String,
    /// The site.
    pub site: String,
    /// What it needs.
    pub need: NeedView,
}

impl Nodes {
    /// Every seat of a connected browser that needs its human.
    #[must_use]
    pub fn needs(&self) -> Vec<SeatNeed> {
        let now = Instant::now();
        let registry = self.shared.registry();
        let connected = registry.nodes().filter(|node| node.is_connected());
        let seats = connected.flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
        seats
            .filter_map(|(node, (site, seat))| {
                let need = NeedView::from(seat.need(now)?);
                let (node, label) = (node.id(), node.label().to_owned());
                Some(SeatNeed { node, label, site: site.clone(), need })
            })
            .collect()
    }

    /// Whether the owner of a browser allows pictures of the page.
    #[must_use]
    pub fn may_picture(&self, node: NodeId, site: &str) -> bool {
        let registry = self.shared.registry();
        let seat = registry.node(node).and_then(|node| node.seats.get(site));
        seat.is_some_and(|seat| seat.report.picture)
    }

    /// A picture of a page that needs its human, where its owner allows one: the sketch of the
    /// newest look since then.
    #[must_use]
    pub fn picture(&self, node: NodeId, site: &str) -> Option<String> {
        let since_ms = {
            let registry = self.shared.registry();
            let seat = registry.node(node)?.seats.get(site)?;
            let need = seat.need(Instant::now()).filter(|_| seat.report.picture)?;
            need.since_ms
        };
        let looks = self.diagnoses(site);
        let mut looks = looks.into_iter().filter(|seen| seen.node == node);
        let look = looks.find(|seen| seen.at_ms >= since_ms && !seen.diagnosis.sketch.is_empty());
        look.map(|seen| seen.diagnosis.sketch)
    }

    /// Every page of a connected browser that says when its session ends.
    #[must_use]
    pub fn sessions(&self) -> Vec<SessionEnd> {
        let registry = self.shared.registry();
        let connected = registry.nodes().filter(|node| node.is_connected());
        let seats = connected.flat_map(|node| node.seats.iter().map(move |seat| (node, seat)));
        seats
            .filter_map(|(node, (site, seat))| {
                let ends_ms = seat.session_ends_ms?;
                let (node, label) = (node.id(), node.label().to_owned());
                Some(SessionEnd { node, label, site: site.clone(), ends_ms })
            })
            .collect()
    }

    /// Whether a browser's page of the site can be used as far as its human is concerned; none
    /// while the browser is away, as nobody knows.
    #[must_use]
    pub fn is_mended(&self, node: NodeId, site: &str) -> Option<bool> {
        let registry = self.shared.registry();
        let node = registry.node(node).filter(|node| node.is_connected() && node.heard)?;
        Some(node.seats.get(site)?.need(Instant::now()).is_none())
    }

    /// Whether the browser is still paired, and the site still one of ours.
    #[must_use]
    pub fn knows(&self, node: NodeId, site: &str) -> bool {
        let registry = self.shared.registry();
        registry.node(node).is_some_and(|node| node.seats.contains_key(site))
    }
}
