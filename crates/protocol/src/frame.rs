//! Binary chunk frames: the records of an answer, numbered per job from 1.
//!
//! ```text
//! byte  0      kind: 1 opened, 2 bytes, 3 message, 4 closed, 5 dom, 6 media, 7 media bytes
//! bytes 1..17  job id (the UUID of `job_...`)
//! bytes 17..21 sequence number, big endian
//! byte  21     stream number (0 for dom), or the number of a media
//! bytes 22..   payload: raw bytes, or UTF-8 text, or JSON (opened, closed, dom, media)
//! ```
//!
//! A message or a block of the page that is larger than a payload comes in several frames, of which all
//! but the last have the highest bit of byte 0 set ([`Frame::more`]): each holds a part of the text, and
//! what else it says is the same in all.
//!
//! The events of an `EventSource` are `bytes`, too, written again as the stream that they came in
//! (`event: NAME`, `data: LINE`, an empty line): their names are part of them. A `message` is one
//! text of a `WebSocket`; its binary messages are `bytes`.
//!
//! The gateway sends the bytes of a job's files before the job, as frames of kind 16: the number in
//! byte 21 is the file's place in the job's list, sequence numbers count each file's frames from 1.
//!
//! The extension holds the same codec in `extension/src/shared/frame.ts`; both pass the vectors of
//! `tests/golden/frames.json`.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use tabway_dialects::{ids::JobId, site_chat::PageRecord};
use ts_rs::TS;
use uuid::Uuid;

/// Bytes before the payload.
pub const HEADER_BYTES: usize = 22;

/// The largest payload; the node splits what is larger.
pub const MAX_PAYLOAD_BYTES: usize = 256 * 1024;

/// Chunks that a node may hold unacknowledged, in bytes of payload.
pub const MAX_UNACKED_BYTES: usize = 8 << 20;

/// The largest text of one record, all its frames together.
pub const MAX_RECORD_BYTES: usize = 10 << 20;

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
    /// Whether it is of the reasoning, whose blocks have numbers of their own.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub thought: bool,
    /// Which answer of several, from 0.
    #[serde(default, skip_serializing_if = "is_first")]
    pub choice: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
fn is_first(choice: &u8) -> bool {
    *choice == 0
}

/// One numbered record of a job.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// The job.
    pub job: JobId,
    /// Its number: 1, 2, 3 ... without a gap.
    pub seq: u32,
    /// What the page sent or showed.
    pub record: PageRecord,
    /// Its text goes on in the next frame.
    pub more: bool,
}

/// Bytes that are not a frame, or a record that fits into none.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// Fewer bytes than a header.
    #[error("a frame of {0} bytes has no whole header")]
    Short(usize),
    /// More payload than allowed.
    #[error("a payload of {0} bytes is larger than {MAX_PAYLOAD_BYTES}")]
    TooLarge(usize),
    /// A kind that the protocol does not know.
    #[error("frame kind {0} is not known")]
    Kind(u8),
    /// Numbers begin at 1.
    #[error("a frame numbered 0")]
    Unnumbered,
    /// A page's block belongs to no stream.
    #[error("a dom frame names stream {0}")]
    DomStream(u8),
    /// Only texts go on in the next frame.
    #[error("frame kind {0} does not go on in the next")]
    More(u8),
    /// A message that is not text.
    #[error("a message is not UTF-8")]
    Text,
    /// A payload that is not the JSON of its kind.
    #[error("payload: {0}")]
    Json(#[from] serde_json::Error),
}

const OPENED: u8 = 1;
const BYTES: u8 = 2;
const MESSAGE: u8 = 3;
const CLOSED: u8 = 4;
const DOM: u8 = 5;
const MEDIA: u8 = 6;
const MEDIA_BYTES: u8 = 7;
const FILE: u8 = 16;

/// Set in the kind of a frame whose text goes on in the next.
const MORE: u8 = 0x80;

impl Frame {
    /// Reads one frame; a `bytes` payload shares the frame's memory.
    ///
    /// # Errors
    /// When the bytes are not exactly one frame of the protocol.
    pub fn decode(mut frame: Bytes) -> Result<Self, FrameError> {
        let Some((header, payload)) = frame.split_first_chunk::<HEADER_BYTES>() else {
            return Err(FrameError::Short(frame.len()));
        };
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(FrameError::TooLarge(payload.len()));
        }
        let [kind, rest @ ..] = *header;
        let ([id @ .., _, _, _, _, stream], [.., s0, s1, s2, s3, _]) = (rest, rest);
        let seq = u32::from_be_bytes([s0, s1, s2, s3]);
        if seq == 0 {
            return Err(FrameError::Unnumbered);
        }
        let (kind, more) = (kind & !MORE, kind & MORE != 0);
        if more && !matches!(kind, MESSAGE | DOM) {
            return Err(FrameError::More(kind));
        }
        let payload = frame.split_off(HEADER_BYTES);
        let job = JobId::from_uuid(Uuid::from_bytes(id));
        Ok(Self { job, seq, record: decode_record(kind, stream, payload)?, more })
    }

    /// Writes the frame as the extension does; for simulated nodes.
    ///
    /// # Errors
    /// When the payload is larger than [`MAX_PAYLOAD_BYTES`].
    pub fn encode(&self) -> Result<Bytes, FrameError> {
        let (kind, stream, payload) = encode_record(&self.record)?;
        if payload.len() > MAX_PAYLOAD_BYTES {
            return Err(FrameError::TooLarge(payload.len()));
        }
        let kind = if self.more { kind | MORE } else { kind };
        Ok(frame_of(kind, self.job, self.seq, stream, &payload))
    }
}

/// The frames of a job's file, in order.
pub fn file_frames(job: JobId, file: u8, bytes: &Bytes) -> impl Iterator<Item = Bytes> {
    let mut rest = bytes.clone();
    let mut seq = 0;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let payload = rest.split_to(rest.len().min(MAX_PAYLOAD_BYTES));
        seq += 1;
        Some(frame_of(FILE, job, seq, file, &payload))
    })
}

fn frame_of(kind: u8, job: JobId, seq: u32, stream: u8, payload: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEADER_BYTES + payload.len());
    frame.put_u8(kind);
    frame.put_slice(job.uuid().as_bytes());
    frame.put_u32(seq);
    frame.put_u8(stream);
    frame.put_slice(payload);
    frame.freeze()
}

fn decode_record(kind: u8, stream: u8, payload: Bytes) -> Result<PageRecord, FrameError> {
    Ok(match kind {
        OPENED => {
            let Opened { tap, status } = serde_json::from_slice(&payload)?;
            PageRecord::Opened { stream, tap, status }
        }
        BYTES => PageRecord::Bytes { stream, bytes: payload },
        MESSAGE => {
            let text = std::str::from_utf8(&payload).map_err(|_| FrameError::Text)?.to_owned();
            PageRecord::Message { stream, text }
        }
        CLOSED => {
            let Closed { failed } = serde_json::from_slice(&payload)?;
            PageRecord::Closed { stream, failed }
        }
        DOM if stream != 0 => return Err(FrameError::DomStream(stream)),
        DOM => {
            let DomRecord { block, html, closed, thought, choice } =
                serde_json::from_slice(&payload)?;
            PageRecord::Dom { block, html, closed, thought, choice }
        }
        MEDIA => PageRecord::Media { media: stream, head: serde_json::from_slice(&payload)? },
        MEDIA_BYTES => PageRecord::MediaBytes { media: stream, bytes: payload },
        other => return Err(FrameError::Kind(other)),
    })
}

fn encode_record(record: &PageRecord) -> Result<(u8, u8, Bytes), FrameError> {
    Ok(match record {
        PageRecord::Opened { stream, tap, status } => {
            (OPENED, *stream, json(&Opened { tap: *tap, status: *status })?)
        }
        PageRecord::Bytes { stream, bytes } => (BYTES, *stream, bytes.clone()),
        PageRecord::Message { stream, text } => {
            (MESSAGE, *stream, Bytes::copy_from_slice(text.as_bytes()))
        }
        PageRecord::Closed { stream, failed } => {
            (CLOSED, *stream, json(&Closed { failed: *failed })?)
        }
        PageRecord::Dom { block, html, closed, thought, choice } => {
            let (block, html, closed) = (*block, html.clone(), *closed);
            let record = DomRecord { block, html, closed, thought: *thought, choice: *choice };
            (DOM, 0, json(&record)?)
        }
        PageRecord::Media { media, head } => (MEDIA, *media, json(head)?),
        PageRecord::MediaBytes { media, bytes } => (MEDIA_BYTES, *media, bytes.clone()),
    })
}

fn json<T: Serialize>(payload: &T) -> Result<Bytes, FrameError> {
    Ok(serde_json::to_vec(payload)?.into())
}
