//! Cuts the streams of a turn into records, whatever the pieces in which they come.

use std::collections::BTreeMap;

use super::{Framing, PageRecord, scanner::Scanner, socketio};
use crate::{
    chat::{Failure, FailureClass},
    stream::{SseEvent, SseReader},
};

/// The most bytes of one record: a page's growing document may be large.
pub(super) const MAX_RECORD_BYTES: usize = 10 << 20;

/// The most bytes that wait for the rest of their records, over all streams.
const MAX_HELD_BYTES: usize = 16 << 20;

/// The most streams that are read at once: each may hold a whole record back.
const MAX_STREAMS: usize = 16;

/// The longest prefix of a line, in bytes.
const MAX_PREFIX_BYTES: usize = 16;

/// A record that has not been parsed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Raw {
    /// Its name, where its framing has names.
    pub(super) name: Option<String>,
    /// Its text.
    pub(super) text: String,
}

/// Reads every stream of a turn.
#[derive(Debug)]
pub(super) struct Frames {
    framing: Framing,
    level: u32,
    readers: BTreeMap<u8, Reader>,
}

#[derive(Debug)]
enum Reader {
    Events(SseReader),
    /// Bytes of the line in progress.
    Lines(Vec<u8>),
    Values(Scanner),
    /// All bytes so far.
    Whole(Vec<u8>),
    /// The bytes of this stream mean nothing.
    Deaf,
}

impl Frames {
    /// A reader of records that lie `depth` lists deep, where the framing is a list.
    pub(super) fn new(framing: Framing, depth: u8) -> Self {
        let level = if framing == Framing::Array { u32::from(depth) } else { 0 };
        Self { framing, level, readers: BTreeMap::new() }
    }

    /// Gives the records that a record of the page completes, also where it cannot be read to its
    /// end.
    pub(super) fn push(&mut self, record: PageRecord, out: &mut Vec<Raw>) -> Result<(), Failure> {
        match record {
            PageRecord::Bytes { stream, bytes } => {
                if self.readers.len() >= MAX_STREAMS && !self.readers.contains_key(&stream) {
                    return Err(unreadable("too many streams at once"));
                }
                let held: usize = self.readers.values().map(Reader::held).sum();
                if held + bytes.len() > MAX_HELD_BYTES {
                    return Err(unreadable("streams over the cap"));
                }
                let (framing, level) = (self.framing, self.level);
                let reader = self.readers.entry(stream);
                reader.or_insert_with(|| Reader::new(framing, level)).push(&bytes, framing, out)?;
            }
            PageRecord::Closed { stream, .. } => {
                if let Some(reader) = self.readers.remove(&stream) {
                    reader.finish(self.framing, out)?;
                }
            }
            PageRecord::Message { text, .. } => message(text, self.framing, out),
            PageRecord::Opened { .. }
            | PageRecord::Dom { .. }
            | PageRecord::Media { .. }
            | PageRecord::MediaBytes { .. } => {}
        }
        Ok(())
    }

    /// The turn is over: what the streams still hold.
    pub(super) fn finish(&mut self, out: &mut Vec<Raw>) -> Result<(), Failure> {
        let mut readers = std::mem::take(&mut self.readers).into_values();
        readers.try_for_each(|reader| reader.finish(self.framing, out))
    }
}

impl Reader {
    fn new(framing: Framing, level: u32) -> Self {
        match framing {
            Framing::Sse => Self::Events(SseReader::new(MAX_RECORD_BYTES)),
            Framing::Lines | Framing::PrefixLines => Self::Lines(Vec::new()),
            Framing::Array | Framing::Frames => Self::Values(Scanner::new(level)),
            Framing::Whole | Framing::Socketio => Self::Whole(Vec::new()),
            Framing::Messages => Self::Deaf,
        }
    }

    fn held(&self) -> usize {
        match self {
            Self::Events(reader) => reader.held(),
            Self::Lines(bytes) | Self::Whole(bytes) => bytes.len(),
            Self::Values(scanner) => scanner.held(),
            Self::Deaf => 0,
        }
    }

    fn push(&mut self, bytes: &[u8], framing: Framing, out: &mut Vec<Raw>) -> Result<(), Failure> {
        match self {
            Self::Events(reader) => {
                let mut events = Vec::new();
                let read = reader.push(bytes, &mut events);
                out.extend(events.into_iter().map(Raw::from));
                read.map_err(|error| unreadable(&error.to_string()))
            }
            Self::Lines(held) => {
                let mut rest = bytes;
                while let Some(end) = memchr::memchr(b'\n', rest) {
                    hold(held, &rest[..end])?;
                    line(text(std::mem::take(held))?, framing, out);
                    rest = &rest[end + 1..];
                }
                hold(held, rest)
            }
            Self::Values(scanner) => {
                let mut values = Vec::new();
                let read = scanner.push(bytes, &mut values);
                for value in values {
                    out.push(Raw { name: None, text: text(value)? });
                }
                read
            }
            Self::Whole(held) => hold(held, bytes),
            Self::Deaf => Ok(()),
        }
    }

    fn finish(self, framing: Framing, out: &mut Vec<Raw>) -> Result<(), Failure> {
        match self {
            Self::Events(mut reader) => {
                let mut events = Vec::new();
                let read = reader.finish(&mut events);
                read.map_err(|error| unreadable(&error.to_string()))?;
                out.extend(events.into_iter().map(Raw::from));
            }
            Self::Lines(held) => line(text(held)?, framing, out),
            Self::Whole(held) if framing == Framing::Socketio => {
                socketio::packets(&text(held)?, out);
            }
            Self::Whole(held) if held.is_empty() => {}
            Self::Whole(held) => out.push(Raw { name: None, text: text(held)? }),
            // A value that never ended says nothing.
            Self::Values(_) | Self::Deaf => {}
        }
        Ok(())
    }
}

impl From<SseEvent> for Raw {
    fn from(event: SseEvent) -> Self {
        let name = Some(event.name).filter(|name| !name.is_empty());
        Self { name, text: event.data }
    }
}

/// A message is whole: it needs no framing but where it carries several records.
fn message(text: String, framing: Framing, out: &mut Vec<Raw>) {
    match framing {
        Framing::Lines | Framing::PrefixLines => {
            text.split('\n').for_each(|one| line(one.to_owned(), framing, out));
        }
        Framing::Socketio => out.extend(socketio::event(&text)),
        _ => out.push(Raw { name: None, text }),
    }
}

fn line(line: String, framing: Framing, out: &mut Vec<Raw>) {
    if line.trim().is_empty() {
        return;
    }
    let named = match line.split_once(':') {
        Some((name, rest)) if framing == Framing::PrefixLines && is_prefix(name) => {
            Some(Raw { name: Some(name.to_owned()), text: rest.to_owned() })
        }
        _ => None,
    };
    out.push(named.unwrap_or(Raw { name: None, text: line }));
}

fn is_prefix(name: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.len() <= MAX_PREFIX_BYTES && name.bytes().all(word)
}

fn hold(held: &mut Vec<u8>, bytes: &[u8]) -> Result<(), Failure> {
    if held.len() + bytes.len() > MAX_RECORD_BYTES {
        return Err(unreadable("a record over the cap"));
    }
    held.extend_from_slice(bytes);
    Ok(())
}

fn text(bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|_| unreadable("a record that is not UTF-8"))
}

pub(super) fn unreadable(internal: &str) -> Failure {
    Failure::new(FailureClass::UpstreamBadResponse, "the page's stream cannot be read")
        .with_internal(internal)
}
