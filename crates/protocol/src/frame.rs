//! Binary chunk frames: the records of an answer, numbered per job from 1.
//!
//! ```text
//! byte  0      kind: 1 opened, 2 bytes, 3 message, 4 closed, 5 dom
//! bytes 1..17  job id (the UUID of `job_...`)
//! bytes 17..21 sequence number, big endian
//! byte  21     stream number (0 for dom)
//! bytes 22..   payload: raw bytes, or UTF-8 text, or JSON (opened, closed, dom)
//! ```

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 22;

/// The largest payload; the node splits bytes and refuses larger messages.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Chunks that a node may hold unacknowledged, in bytes of payload.
pub const MAX_UNACKED_BYTES: usize = 8 << 20;

/// Payload of an `opened` frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Opened {
    /// Index of the adapter's tap that matched.
    pub tap: u8,
    /// HTTP status, 0 where there is none.
    pub status: u16,
}

/// Payload of a `closed` frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Closed {
    /// Whether the stream ended by an error.
    pub failed: bool,
}

/// Payload of a `dom` frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct DomRecord {
    /// Number of the block in the answer.
    pub block: u32,
    /// Its HTML.
    pub html: String,
    /// Whether it will not change any more.
    pub closed: bool,
}
