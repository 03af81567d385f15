//! Streams of every dialect against the one event grammar, and the laws that its codecs keep.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says what it relied on")]

mod fixtures;
mod grammar;
mod laws;
mod requests;
mod script;
