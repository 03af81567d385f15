//! Chat pages: what a tapped page sent and showed, decoded into events.
//!
//! The node relays raw records ([`PageRecord`]); everything that understands them is here, so that
//! a changed site is mended by data or by a release of the gateway, never of the extension.

mod address;
mod answer;
mod attachment;
mod calls;
mod decoder;
mod documents;
mod dom;
mod framing;
mod json;
mod look;
mod media;
mod messages;
mod pack;
mod packing;
mod parameter;
mod patches;
mod patches_spec;
mod records;
mod records_spec;
mod scanner;
mod socketio;
mod spec;

pub use answer::Sides;
pub use attachment::{Attachment, Given, MAX_ATTACHED_BYTES};
pub use decoder::SiteDecoder;
pub use look::{SeenRecord, records_of};
pub use media::{MAX_MEDIA_BYTES, Medium, TurnDecoder};
pub use pack::{Offer, Prompt, estimate_usage, pack};
pub use packing::{Packing, Template};
pub use parameter::{Parameter, Settings};
pub use patches_spec::{DocumentText, PatchKeys, PatchLayout, PatchesSpec};
pub use records_spec::{
    ArgumentsForm, CallRule, FinishRule, Framing, Inner, RecordsSpec, TextRule,
};
pub use spec::{Condition, DecoderSpec, DomSpec, EventFilter, TextAs, TextMode, When};

/// One record of a turn on a page, in the order in which the page saw it.
#[derive(Debug, Clone, PartialEq)]
pub enum PageRecord {
    /// A tapped stream opened.
    Opened {
        /// The lane's number for the stream, unique in the job.
        stream: u8,
        /// Index of the adapter's tap that matched.
        tap: u8,
        /// HTTP status, 0 where there is none.
        status: u16,
    },
    /// Bytes of a fetch or XHR body, or events of an `EventSource` as the stream that they came in;
    /// boundaries mean nothing.
    Bytes {
        /// The stream.
        stream: u8,
        /// The bytes.
        bytes: bytes::Bytes,
    },
    /// One whole message of a WebSocket.
    Message {
        /// The stream.
        stream: u8,
        /// Its text.
        text: String,
    },
    /// A tapped stream ended.
    Closed {
        /// The stream.
        stream: u8,
        /// Whether it ended by an error.
        failed: bool,
    },
    /// A block of the answer as the page shows it.
    Dom {
        /// Number of the block in the answer.
        block: u32,
        /// Its HTML.
        html: String,
        /// Whether it will not change any more.
        closed: bool,
        /// Whether it is of the reasoning, whose blocks have numbers of their own.
        thought: bool,
        /// Which answer of several, from 0.
        choice: u8,
    },
    /// A picture, video or file of the answer begins; its bytes follow.
    Media {
        /// The lane's number for it, unique in the job.
        media: u8,
        /// What it is.
        head: MediaHead,
    },
    /// More bytes of it. It is complete once its size is reached.
    MediaBytes {
        /// Its number.
        media: u8,
        /// The bytes.
        bytes: bytes::Bytes,
    },
}

/// A picture, video or file of an answer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, ts_rs::TS)]
#[serde(deny_unknown_fields)]
pub struct MediaHead {
    /// Its media type, as the page got it.
    pub mime: String,
    /// Its name or description; may be empty.
    pub name: String,
    /// Its size in bytes.
    #[ts(type = "number")]
    pub size: u64,
    /// Which answer of several, from 0.
    pub choice: u8,
    /// Its address, where the page may show it and not read it: it has no bytes then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unread: Option<String>,
}

#[cfg(test)]
mod tests;
