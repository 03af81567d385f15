//! The records of one turn as a file, one JSON object a line (`docs/ADAPTERS.md`, "Recordings").

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

use bytes::Bytes;
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;
use tabway_dialects::{
    chat::{Delta, Event, Failure, PartKind},
    site_chat::{DecoderSpec, PageRecord, Sides, SiteDecoder},
};

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Opened {
        stream: u8,
        tap: u8,
        status: u16,
    },
    Bytes {
        stream: u8,
        text: Option<String>,
        base64: Option<String>,
    },
    Message {
        stream: u8,
        text: String,
    },
    Closed {
        stream: u8,
        failed: bool,
    },
    Dom {
        block: u32,
        html: String,
        closed: bool,
        #[serde(default)]
        thought: bool,
        #[serde(default)]
        choice: u8,
    },
}

impl From<Line> for PageRecord {
    fn from(line: Line) -> Self {
        match line {
            Line::Opened { stream, tap, status } => Self::Opened { stream, tap, status },
            Line::Bytes { stream, text, base64 } => {
                let bytes = match (text, base64) {
                    (Some(text), None) => text.into_bytes(),
                    (None, Some(coded)) => BASE64.decode(coded.as_bytes()).expect("base64"),
                    _ => panic!("bytes are either `text` or `base64`"),
                };
                Self::Bytes { stream, bytes: bytes.into() }
            }
            Line::Message { stream, text } => Self::Message { stream, text },
            Line::Closed { stream, failed } => Self::Closed { stream, failed },
            Line::Dom { block, html, closed, thought, choice } => {
                Self::Dom { block, html, closed, thought, choice }
            }
        }
    }
}

/// The records of one turn.
pub struct Recording(Vec<PageRecord>);

impl Recording {
    pub fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a recording");
        let lines = text.lines().enumerate().map(|(at, line)| {
            let line: Line = serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{}:{}: {error}", path.display(), at + 1));
            line.into()
        });
        Self(lines.collect())
    }

    /// The same with its bytes in pieces of `size`.
    pub fn cut(&self, size: usize) -> Self {
        let cut = |record: &PageRecord| match record {
            PageRecord::Bytes { stream, bytes } => bytes
                .chunks(size)
                .map(|piece| PageRecord::Bytes {
                    stream: *stream,
                    bytes: Bytes::copy_from_slice(piece),
                })
                .collect(),
            other => vec![other.clone()],
        };
        Self(self.0.iter().flat_map(cut).collect())
    }

    pub fn replay(&self, spec: &DecoderSpec) -> Replay {
        let mut decoder = SiteDecoder::new(spec, Sides::Both);
        let mut events = Vec::new();
        let mut outcome = Ok(());
        for record in &self.0 {
            outcome = outcome.and_then(|()| decoder.push(record.clone(), &mut events));
        }
        // A recording shows its own end: that the runner would say "done" must not hide a wrong one.
        if outcome.is_ok() && matches!(spec, DecoderSpec::Dom(_)) {
            outcome = decoder.finish(&mut events);
        }
        Replay { events, failure: outcome.err() }
    }
}

/// What came out.
pub struct Replay {
    events: Vec<Event>,
    failure: Option<Failure>,
}

impl Replay {
    pub fn failed(&self) -> bool {
        self.failure.is_some()
    }

    /// The first answer's text, without its reasoning.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut parts = BTreeSet::new();
        for event in &self.events {
            match event {
                Event::PartStart { choice: 0, part, kind: PartKind::Text } => {
                    parts.insert(*part);
                }
                Event::Delta { part, delta: Delta::Text(more) } if parts.contains(part) => {
                    text.push_str(more);
                }
                _ => {}
            }
        }
        text.trim_end().to_owned()
    }

    /// One event a line.
    pub fn events(&self) -> String {
        let mut lines: Vec<_> = self.events.iter().map(line).collect();
        lines.extend(self.failure.as_ref().map(|failure| {
            json!({"event": "failed", "class": failure.class.code(), "message": failure.message})
        }));
        lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{line}");
            text
        })
    }
}

fn line(event: &Event) -> serde_json::Value {
    match event {
        Event::Start { .. } => json!({"event": "start"}),
        Event::PartStart { part, kind, choice } => {
            let kind = if *kind == PartKind::Reasoning { "reasoning" } else { "text" };
            let mut start = json!({"event": "part_start", "part": part, "kind": kind});
            if *choice > 0 {
                start["choice"] = json!(choice);
            }
            start
        }
        Event::Delta { part, delta } => {
            let text = match delta {
                Delta::Text(text) | Delta::Arguments(text) => text,
                // No page has state of its own to carry.
                Delta::State(_) => "",
            };
            json!({"event": "delta", "part": part, "text": text})
        }
        Event::PartEnd { part } => json!({"event": "part_end", "part": part}),
        Event::Stop { reason, .. } => json!({"event": "stop", "reason": format!("{reason:?}")}),
        Event::Usage(_) => json!({"event": "usage"}),
        Event::Failed(failure) => json!({"event": "failed", "class": failure.class.code()}),
    }
}
