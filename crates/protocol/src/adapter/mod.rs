//! The adapter: how a kind of page is used, as data. Closed vocabulary, no expressions.
//!
//! [`Adapter::parse`] reads a file and refuses what the types alone cannot: a role without a
//! locator, two ways to find one element, a limit that can never be met. `docs/ADAPTERS.md` explains
//! every key to the person who writes one.

mod capability;
mod check;
mod glob;
mod offers;
mod page_tools;
mod parse;
mod quota;
mod recording;
mod redact;
mod replay;
mod schema;
mod signals;
mod tap;
#[cfg(test)]
mod tests;
mod types;

pub use capability::{Capability, Sign, Told};
pub use offers::{
    Control, ControlKind, FileWay, Files, Media, MediaKind, Mode, ModelData, ModelList,
    ModelSelect, ModelSource, Models, Overlay, SelfTest,
};
pub use page_tools::PageTools;
pub use parse::AdapterError;
pub use quota::{Quota, QuotaKind, hours};
pub use recording::{Recording, RecordingError, record_line};
pub use replay::Replay;
pub use schema::json_schema;
pub use signals::{Probe, Signals, Target};
pub use tabway_dialects::site_chat::Parameter;
pub use tap::{Tap, TapPurpose, Transport};
pub use types::{
    AcceptedProof, Adapter, Composer, ComposerKind, Limits, Locator, LongPrompt, NewChat, Page,
    Role, SCHEMA_VERSION, Send, SendStep, Verified,
};
