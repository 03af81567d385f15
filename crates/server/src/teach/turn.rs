//! One of the lesson's streams as records of a page, and what a decoder makes of it.

use bytes::Bytes;
use tabway_dialects::{
    chat::{Delta, Event},
    site_chat::{DecoderSpec, PageRecord, Sides, SiteDecoder},
};
use tabway_protocol::teach::SeenStream;

/// A stream's records. Its body comes as one piece: where it was cut means nothing.
pub(super) fn records(seen: &SeenStream) -> Vec<PageRecord> {
    let mut records = vec![PageRecord::Opened { stream: 1, tap: 0, status: seen.status }];
    if !seen.body.is_empty() {
        let bytes = Bytes::from(seen.body.clone());
        records.push(PageRecord::Bytes { stream: 1, bytes });
    }
    let message = |text: &String| PageRecord::Message { stream: 1, text: text.clone() };
    records.extend(seen.messages.iter().map(message));
    if !seen.standing {
        records.push(PageRecord::Closed { stream: 1, failed: false });
    }
    records
}

/// What a decoder makes of a turn.
#[derive(Debug, Default)]
pub(super) struct Decoded {
    pub(super) text: String,
    /// In how many pieces the text came.
    pub(super) pieces: usize,
    /// Whether a record said that the answer is complete.
    pub(super) complete: bool,
}

/// Runs a decoder over a turn; nothing where it fails.
pub(super) fn decode(spec: &DecoderSpec, turn: &[PageRecord]) -> Option<Decoded> {
    let mut decoder = SiteDecoder::new(spec, Sides::default());
    let mut events = Vec::new();
    for record in turn {
        decoder.push(record.clone(), &mut events).ok()?;
    }
    let complete = decoder.is_complete();
    decoder.finish(&mut events).ok()?;
    if decoder.was_rewritten() {
        return None;
    }
    let mut decoded = Decoded { complete, ..Decoded::default() };
    for event in events {
        if let Event::Delta { delta: Delta::Text(more), .. } = event {
            decoded.text.push_str(&more);
            decoded.pieces += 1;
        }
    }
    Some(decoded)
}
