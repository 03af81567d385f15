//! The decoders of chat pages, kind by kind: `kinds/NAME/spec.toml` says how a page answers as an
//! adapter would, beside it lie streams of that kind, written by hand from what is known in public
//! of each wire format. A new kind needs no line here.
//!
//! - `golden`: each stream gives the events of its snapshot;
//! - `law`: it gives the same, however its bytes are cut;
//! - `soak`: broken streams break nothing. `cargo xtask soak decoders` runs it long.
#![expect(clippy::expect_used, clippy::panic, reason = "a test says what it relied on")]

mod golden;
mod kinds;
mod law;
mod mutate;
mod soak;
