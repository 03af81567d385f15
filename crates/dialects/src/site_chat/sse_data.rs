//! The data of server-sent events, from bytes of a body or from an EventSource's messages.

use std::collections::BTreeMap;

use super::PageRecord;
use crate::{
    chat::{Failure, FailureClass},
    stream::{SseEvent, SseReader},
};

/// The most bytes of one event: a page's growing document may be large.
const MAX_EVENT_BYTES: usize = 4 << 20;

/// The most streams that are read at once: each may hold a whole event back.
const MAX_STREAMS: usize = 16;

/// One reader a stream.
#[derive(Debug, Default)]
pub(super) struct SseData {
    readers: BTreeMap<u8, SseReader>,
}

impl SseData {
    /// The data of the events that the record completes.
    pub(super) fn push(&mut self, record: PageRecord) -> Result<Vec<String>, Failure> {
        let mut events: Vec<SseEvent> = Vec::new();
        let read = match record {
            PageRecord::Bytes { stream, bytes } => {
                if self.readers.len() >= MAX_STREAMS && !self.readers.contains_key(&stream) {
                    return Err(unreadable("too many streams at once"));
                }
                let reader = self.readers.entry(stream);
                reader.or_insert_with(|| SseReader::new(MAX_EVENT_BYTES)).push(&bytes, &mut events)
            }
            PageRecord::Closed { stream, .. } => match self.readers.remove(&stream) {
                Some(mut reader) => reader.finish(&mut events),
                None => Ok(()),
            },
            PageRecord::Message { text, .. } => return Ok(vec![text]),
            PageRecord::Opened { .. }
            | PageRecord::Dom { .. }
            | PageRecord::Media { .. }
            | PageRecord::MediaBytes { .. } => Ok(()),
        };
        read.map_err(|error| unreadable(&error.to_string()))?;
        Ok(events.into_iter().map(|event| event.data).collect())
    }
}

fn unreadable(internal: &str) -> Failure {
    Failure::new(FailureClass::UpstreamBadResponse, "the page's stream cannot be read")
        .with_internal(internal)
}
