//! The one way out: every request to an upstream goes through [`Egress`].
//!
//! It dials only addresses that the rules allow, checked at the moment of the dial, follows no
//! redirects, goes through a proxy only where its owner said so, decompresses nothing and adds no header of its own.

mod address;
mod client;
mod connector;
mod fault;
mod headers;
mod line;
mod through;

pub use address::DialRules;
pub use client::{Egress, EgressError, EgressOptions};
pub use fault::Fault;
pub use headers::forwarded;
pub use line::Line;

#[cfg(test)]
mod tests;
