//! The adapter: how a kind of page is used, as data. Closed vocabulary, no expressions.
//!
//! [`Adapter::parse`] reads a file and refuses what the types alone cannot: a role without a
//! locator, two ways to find one element, a limit that can never be met. `docs/ADAPTERS.md` explains
//! every key to the person who writes one.

mod check;
mod glob;
mod parse;
mod schema;
#[cfg(test)]
mod tests;
mod types;

pub use parse::AdapterError;
pub use schema::json_schema;
pub use types::{
    AcceptedProof, Adapter, Composer, ComposerKind, Limits, Locator, NewChat, Page, Probe, Role,
    SCHEMA_VERSION, Send, SendStep, Signals, Tap, Target, Transport, Verified,
};
