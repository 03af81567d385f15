//! The records of one turn as a file, one JSON object a line (`docs/ADAPTERS.md`, "Recordings").

use std::fmt::Write as _;

use bytes::Bytes;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};
use tabway_dialects::site_chat::{DecoderSpec, MediaHead, PageRecord, Sides, SiteDecoder};

use super::replay::Replay;

/// A line that is no record.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {words}")]
pub struct RecordingError {
    /// Number of the line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub words: String,
}

/// A record as a file holds it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Opened {
        stream: u8,
        tap: u8,
        status: u16,
    },
    Bytes {
        stream: u8,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
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
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        thought: bool,
        #[serde(default, skip_serializing_if = "is_zero")]
        choice: u8,
    },
    Media {
        media: u8,
        head: MediaHead,
    },
    MediaBytes {
        media: u8,
        base64: String,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// Bytes as a line holds them: as text, or in base64 where a character is cut.
fn coded(bytes: &[u8]) -> (Option<String>, Option<String>) {
    match str::from_utf8(bytes) {
        Ok(text) => (Some(text.to_owned()), None),
        Err(_) => (None, Some(BASE64.encode(bytes))),
    }
}

fn decoded(base64: &str) -> Result<Bytes, String> {
    BASE64.decode(base64.as_bytes()).map(Bytes::from).map_err(|error| error.to_string())
}

impl From<&PageRecord> for Line {
    fn from(record: &PageRecord) -> Self {
        match record.clone() {
            PageRecord::Opened { stream, tap, status } => Self::Opened { stream, tap, status },
            PageRecord::Bytes { stream, bytes } => {
                let (text, base64) = coded(&bytes);
                Self::Bytes { stream, text, base64 }
            }
            PageRecord::Message { stream, text } => Self::Message { stream, text },
            PageRecord::Closed { stream, failed } => Self::Closed { stream, failed },
            PageRecord::Dom { block, html, closed, thought, choice } => {
                Self::Dom { block, html, closed, thought, choice }
            }
            PageRecord::Media { media, head } => Self::Media { media, head },
            PageRecord::MediaBytes { media, bytes } => {
                Self::MediaBytes { media, base64: BASE64.encode(&bytes) }
            }
        }
    }
}

impl TryFrom<Line> for PageRecord {
    type Error = String;

    fn try_from(line: Line) -> Result<Self, String> {
        Ok(match line {
            Line::Opened { stream, tap, status } => Self::Opened { stream, tap, status },
            Line::Bytes { stream, text, base64 } => {
                let bytes = match (text, base64) {
                    (Some(text), None) => text.into(),
                    (None, Some(coded)) => decoded(&coded)?,
                    _ => return Err("bytes are either `text` or `base64`".to_owned()),
                };
                Self::Bytes { stream, bytes }
            }
            Line::Message { stream, text } => Self::Message { stream, text },
            Line::Closed { stream, failed } => Self::Closed { stream, failed },
            Line::Dom { block, html, closed, thought, choice } => {
                Self::Dom { block, html, closed, thought, choice }
            }
            Line::Media { media, head } => Self::Media { media, head },
            Line::MediaBytes { media, base64 } => {
                Self::MediaBytes { media, bytes: decoded(&base64)? }
            }
        })
    }
}

/// A record as a line of a recording, without its end.
#[must_use]
pub fn record_line(record: &PageRecord) -> String {
    // Our own types hold nothing that JSON cannot carry.
    serde_json::to_string(&Line::from(record)).unwrap_or_default()
}

/// The records of one turn.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recording(pub Vec<PageRecord>);

impl Recording {
    /// Reads a file's text.
    ///
    /// # Errors
    /// With the line that is no record.
    pub fn read(text: &str) -> Result<Self, RecordingError> {
        let records = text.lines().zip(1..).map(|(text, line)| {
            let wrong = |words: String| RecordingError { line, words };
            let read: Line =
                serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
            PageRecord::try_from(read).map_err(wrong)
        });
        records.collect::<Result<_, _>>().map(Self)
    }

    /// The text of its file.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, record| {
            let _ = writeln!(text, "{}", record_line(record));
            text
        })
    }

    /// The same with its bytes in pieces of `size`, which means the same.
    #[must_use]
    pub fn cut(&self, size: usize) -> Self {
        let cut = |record: &PageRecord| match record {
            PageRecord::Bytes { stream, bytes } => bytes
                .chunks(size.max(1))
                .map(|piece| PageRecord::Bytes {
                    stream: *stream,
                    bytes: Bytes::copy_from_slice(piece),
                })
                .collect(),
            other => vec![other.clone()],
        };
        Self(self.0.iter().flat_map(cut).collect())
    }

    /// What a decoder makes of it.
    #[must_use]
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
