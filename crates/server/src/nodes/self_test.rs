//! Turns that wait for a look at their page. Before the first one on a page whose adapter never ran
//! against the real site, the page must show what the adapter's self-test names; before one on a
//! page that nobody has looked at for long, that it does not need its human.

use bytes::Bytes;
use tabway_protocol::{
    adapter::{Adapter, Role},
    message::{self, Diagnosis, FoundSignal, NodeFailure, NodeFailureClass, missing_roles},
};

use super::need::NeedKind;

/// The turn that waits for the look at its page.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) order: Box<message::Job>,
    pub(super) files: Vec<Bytes>,
    pub(super) look: Look,
}

/// What a page is looked at for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// All that the adapter's self-test names.
    SelfTest,
    /// Whether it needs its human.
    Human,
}

/// How the last self-test of a seat went.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct SelfTest {
    /// The adapter.
    pub adapter: String,
    /// Its revision.
    pub revision: u32,
    /// Whether the page showed what it must.
    pub passed: bool,
    /// What was found and what was missing.
    pub summary: String,
}

impl SelfTest {
    /// Whether it spares this adapter another one.
    pub(super) fn covers(&self, adapter: &Adapter) -> bool {
        self.passed && self.adapter == adapter.name && self.revision == adapter.revision
    }
}

/// Why a page at rest is not trusted with a turn, if it is not.
pub(super) fn objection(adapter: &Adapter, seen: &Diagnosis, summary: &str) -> Option<NodeFailure> {
    let hindering = |found: &FoundSignal| Some(hindered(hindering(&found.signal)?, found));
    if let Some(failure) = seen.signals.iter().find_map(hindering) {
        return Some(failure);
    }
    let missing = missing(adapter, seen);
    if missing.is_empty() {
        return None;
    }
    let message = format!(
        "the page is not as adapter `{}` revision {} says: {summary}: teach this page or mend the \
         adapter",
        adapter.name, adapter.revision
    );
    Some(NodeFailure {
        class: NodeFailureClass::PageChanged,
        message,
        locator: Some(missing.join(", ")),
        site_words: None,
    })
}

/// Why a page is left alone until its human has looked at it, if it is.
pub(super) fn need(seen: &Diagnosis) -> Option<NodeFailure> {
    let is_need = |class: &NodeFailureClass| NeedKind::of_failure(*class).is_some();
    // A notice of an old turn about a limit says nothing of the next one.
    seen.signals.iter().find_map(|found| {
        let class = hindering(&found.signal).filter(is_need)?;
        Some(hindered(class, found))
    })
}

fn hindered(class: NodeFailureClass, found: &FoundSignal) -> NodeFailure {
    let message = format!("the page cannot be used: its signal `{}` holds", found.signal);
    let words = Some(found.words.clone()).filter(|words| !words.is_empty());
    NodeFailure { class, message, locator: None, site_words: words }
}

fn missing(adapter: &Adapter, seen: &Diagnosis) -> Vec<&'static str> {
    let mut wanted = adapter.self_test.found.clone();
    if !wanted.contains(&Role::Composer) {
        wanted.insert(0, Role::Composer);
    }
    let mut missing: Vec<_> = missing_roles(seen, &wanted).into_iter().map(Role::word).collect();
    let proven =
        |seen: &Diagnosis| seen.locators.iter().any(|one| one.role == "proof" && one.count > 0);
    if !adapter.page.proof.is_empty() && !proven(seen) {
        missing.push("proof");
    }
    missing
}

/// The failure that a signal at rest means.
fn hindering(signal: &str) -> Option<NodeFailureClass> {
    Some(match signal {
        "challenge" => NodeFailureClass::Challenge,
        "consent" => NodeFailureClass::Consent,
        "signed_out" => NodeFailureClass::SignedOut,
        "rate_limited" => NodeFailureClass::RateLimited,
        "quota" => NodeFailureClass::Quota,
        "maintenance" => NodeFailureClass::Maintenance,
        _ => return None,
    })
}
