//! The kinds of decoders and their streams, from the folder.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use tabway_dialects::{
    chat::{Delta, Event, Failure},
    site_chat::{DecoderSpec, PageRecord, Sides, SiteDecoder},
};

/// How the pieces of a stream reach the decoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// Bytes of one body, in pieces.
    Body,
    /// A message a line.
    Messages,
    /// A block of the page a line: its number, a blank, its HTML.
    Blocks,
}

/// A stream of a kind.
#[derive(Debug)]
pub struct Stream {
    pub name: String,
    pub carrier: Carrier,
    pub bytes: Vec<u8>,
}

/// A kind of decoder.
#[derive(Debug)]
pub struct Kind {
    pub name: String,
    pub spec: DecoderSpec,
    pub streams: Vec<Stream>,
}

/// What a decoder said, with neighbouring deltas as one.
#[derive(Debug, PartialEq)]
pub struct Said {
    pub events: Vec<Event>,
    pub failure: Option<Failure>,
    pub unknown: u64,
}

/// Every kind, by name.
pub fn all() -> Vec<Kind> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decoders/kinds");
    entries(&folder).iter().map(|path| kind(path)).collect()
}

fn kind(folder: &Path) -> Kind {
    let spec = fs::read_to_string(folder.join("spec.toml")).expect("a spec.toml");
    let spec = toml::from_str(&spec).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let streams = entries(folder).iter().filter_map(|path| stream(path)).collect();
    Kind { name: stem(folder), spec, streams }
}

fn stream(path: &Path) -> Option<Stream> {
    let carrier = match path.extension()?.to_str()? {
        "body" => Carrier::Body,
        "messages" => Carrier::Messages,
        "blocks" => Carrier::Blocks,
        _ => return None,
    };
    Some(Stream { name: stem(path), carrier, bytes: fs::read(path).expect("a stream") })
}

fn stem(path: &Path) -> String {
    path.file_stem().and_then(OsStr::to_str).expect("a name").to_owned()
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}

/// The records of a stream; a body is cut at `cuts`.
pub fn records(carrier: Carrier, bytes: &[u8], cuts: &[usize]) -> Vec<PageRecord> {
    match carrier {
        Carrier::Body => {
            let mut at: Vec<usize> = cuts.iter().map(|cut| (*cut).min(bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let piece = |pair: &[usize]| PageRecord::Bytes {
                stream: 1,
                bytes: Bytes::copy_from_slice(&bytes[pair[0]..pair[1]]),
            };
            let mut records = vec![PageRecord::Opened { stream: 1, tap: 0, status: 200 }];
            records.extend(at.windows(2).map(piece));
            records.push(PageRecord::Closed { stream: 1, failed: false });
            records
        }
        Carrier::Messages => {
            let lines = String::from_utf8_lossy(bytes);
            let message = |text: &str| PageRecord::Message { stream: 1, text: text.to_owned() };
            lines.lines().map(message).collect()
        }
        Carrier::Blocks => String::from_utf8_lossy(bytes).lines().map(block).collect(),
    }
}

fn block(line: &str) -> PageRecord {
    let (number, html) = line.split_once(' ').unwrap_or(("0", line));
    let (block, html) = (number.parse().unwrap_or(0), html.to_owned());
    PageRecord::Dom { block, html, closed: false, thought: false, choice: 0 }
}

/// What a decoder says of the records, and of the end of the turn.
pub fn decode(spec: &DecoderSpec, sides: Sides, records: Vec<PageRecord>) -> Said {
    let mut decoder = SiteDecoder::new(spec, sides);
    let mut events = Vec::new();
    let mut outcome = Ok(());
    for record in records {
        outcome = outcome.and_then(|()| decoder.push(record, &mut events));
    }
    outcome = outcome.and_then(|()| decoder.finish(&mut events));
    let unknown = decoder.unknown_records();
    Said { events: merged(events), failure: outcome.err(), unknown }
}

fn merged(events: Vec<Event>) -> Vec<Event> {
    let mut out: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        if let Event::Delta { part, delta: Delta::Text(more) } = &event
            && let Some(Event::Delta { part: before, delta: Delta::Text(text) }) = out.last_mut()
            && before == part
        {
            text.push_str(more);
            continue;
        }
        out.push(event);
    }
    out
}
