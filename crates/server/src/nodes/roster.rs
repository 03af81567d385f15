//! What of nodes outlives the process: who is paired, which codes are open.
//!
//! The world is on the other side of this trait: a database that may fail or be slow.

use std::fmt::Debug;

use futures_util::future::BoxFuture;
use tabway_dialects::ids::NodeId;

/// A paired browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairedNode {
    /// Its id.
    pub id: NodeId,
    /// Its public key, base64url.
    pub key: String,
    /// What its owner calls it.
    pub label: String,
    /// Browser name and version, as last seen.
    pub browser: String,
    /// The extension's origin, pinned when it paired.
    pub origin: String,
    /// When it paired, Unix milliseconds.
    pub paired_ms: i64,
}

/// What a code turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redeemed {
    /// The one-time code of a pairing that its owner watches, by its id.
    Code(String),
    /// A fleet key: its owner has agreed beforehand.
    Fleet,
    /// Unknown, used, expired, or tried too often.
    Refused,
}

/// The roster cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the list of paired browsers cannot be used: {0}")]
pub struct RosterError(pub String);

type Answer<'a, T> = BoxFuture<'a, Result<T, RosterError>>;

/// The list of paired browsers.
pub trait Roster: Debug + Send + Sync + 'static {
    /// The node with that public key.
    fn find<'a>(&'a self, key: &'a str) -> Answer<'a, Option<PairedNode>>;

    /// Every node.
    fn list(&self) -> Answer<'_, Vec<PairedNode>>;

    /// Adds a node; one with the same key keeps its id.
    fn add(&self, node: PairedNode) -> Answer<'_, NodeId>;

    /// Notes what a node says of itself when it connects.
    fn seen<'a>(&'a self, id: NodeId, label: &'a str, browser: &'a str) -> Answer<'a, ()>;

    /// Removes a node; says whether there was one.
    fn remove(&self, id: NodeId) -> Answer<'_, bool>;

    /// Opens a one-time code until `expires_ms` under the pairing's id.
    fn open_code<'a>(&'a self, pairing: &'a str, code: &'a str, expires_ms: i64) -> Answer<'a, ()>;

    /// Opens a fleet key for so many nodes.
    fn open_fleet<'a>(&'a self, key: &'a str, count: u32, expires_ms: i64) -> Answer<'a, ()>;

    /// Uses a code up. Of any number of callers with the same one-time code one succeeds.
    fn redeem<'a>(&'a self, code: &'a str, now_ms: i64) -> Answer<'a, Redeemed>;
}
