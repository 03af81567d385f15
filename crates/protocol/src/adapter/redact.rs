//! Words that name a person, taken out of a recording. What takes their place has the same length,
//! so that neither the boundaries of records nor a format that counts bytes is changed.

use std::{collections::BTreeMap, ops::Range};

use bytes::{Bytes, BytesMut};
use tabway_dialects::site_chat::PageRecord;

use super::Recording;

/// What stands where something was.
const BLANK: u8 = b'x';

impl Recording {
    /// Without `words`, and without what looks like an e-mail address. A word that is cut between two
    /// records of a stream is found, too; one that the page writes in escapes is not. Says how many
    /// places were changed.
    pub fn redact(&mut self, words: &[String]) -> usize {
        let mut places = 0;
        let mut streams: BTreeMap<u8, Vec<usize>> = BTreeMap::new();
        for (at, record) in self.0.iter_mut().enumerate() {
            match record {
                PageRecord::Bytes { stream, .. } => streams.entry(*stream).or_default().push(at),
                PageRecord::Message { text, .. } | PageRecord::Dom { html: text, .. } => {
                    places += blank_text(text, words);
                }
                PageRecord::Media { head, .. } => places += blank_text(&mut head.name, words),
                PageRecord::Opened { .. }
                | PageRecord::Closed { .. }
                | PageRecord::MediaBytes { .. } => {}
            }
        }
        for records in streams.values() {
            places += self.blank_stream(records, words);
        }
        places
    }

    /// The bytes of a stream as one.
    fn blank_stream(&mut self, records: &[usize], words: &[String]) -> usize {
        let mut whole = BytesMut::new();
        let mut sizes = Vec::with_capacity(records.len());
        for at in records {
            if let PageRecord::Bytes { bytes, .. } = &self.0[*at] {
                whole.extend_from_slice(bytes);
                sizes.push(bytes.len());
            }
        }
        let places = blank(&mut whole, words);
        for (at, size) in records.iter().zip(sizes) {
            if let PageRecord::Bytes { bytes, .. } = &mut self.0[*at] {
                *bytes = Bytes::from(whole.split_to(size));
            }
        }
        places
    }
}

fn blank_text(text: &mut String, words: &[String]) -> usize {
    let mut bytes = std::mem::take(text).into_bytes();
    let places = blank(&mut bytes, words);
    // Whole characters were replaced by ASCII.
    *text = String::from_utf8_lossy(&bytes).into_owned();
    places
}

/// Blanks words and addresses; says how many.
fn blank(bytes: &mut [u8], words: &[String]) -> usize {
    let mut found = addresses(bytes);
    for word in words.iter().filter(|word| !word.is_empty()) {
        found.extend(occurrences(bytes, word.as_bytes()));
    }
    for range in &found {
        for byte in &mut bytes[range.clone()] {
            if !matches!(byte, b'@' | b'.') {
                *byte = BLANK;
            }
        }
    }
    found.len()
}

fn occurrences(bytes: &[u8], word: &[u8]) -> Vec<Range<usize>> {
    let fits = |at: &usize| bytes[*at..].starts_with(word);
    (0..bytes.len()).filter(fits).map(|at| at..at + word.len()).collect()
}

/// What looks like `name@host.domain`.
fn addresses(bytes: &[u8]) -> Vec<Range<usize>> {
    let of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let of_host = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let at_signs = (0..bytes.len()).filter(|at| bytes[*at] == b'@');
    at_signs
        .filter_map(|at| {
            let name = bytes[..at].iter().rev().take_while(|byte| of_name(byte)).count();
            let host = bytes[at + 1..].iter().take_while(|byte| of_host(byte)).count();
            let domain = &bytes[at + 1..at + 1 + host];
            let dot = domain.iter().position(|byte| *byte == b'.')?;
            (name > 0 && dot > 0).then_some(at - name..at + 1 + host)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_blanked_wherever_records_are_cut() {
        let bytes = |text: &str| PageRecord::Bytes { stream: 1, bytes: text.to_owned().into() };
        let message = "to Zoë at zoe.k@mail.example.org, not @here".to_owned();
        let mut recording = Recording(vec![
            bytes("data: \"Hello Zo"),
            PageRecord::Message { stream: 2, text: message },
            bytes("\u{eb}, x@y.z\"\n"),
        ]);
        assert_eq!(recording.redact(&["Zoë".to_owned(), String::new()]), 4);
        let expected = Recording(vec![
            bytes("data: \"Hello xx"),
            PageRecord::Message {
                stream: 2,
                text: "to xxxx at xxx.x@xxxx.xxxxxxx.xxx, not @here".to_owned(),
            },
            bytes("xx, x@x.x\"\n"),
        ]);
        assert_eq!(recording, expected);
    }

    #[test]
    fn a_recording_reads_back_as_it_was_written() {
        let recording = Recording(vec![
            PageRecord::Opened { stream: 1, tap: 0, status: 200 },
            PageRecord::Bytes { stream: 1, bytes: Bytes::from_static(b"a\xf0\x9f") },
            PageRecord::Bytes { stream: 1, bytes: Bytes::from_static(b"plain") },
            PageRecord::Closed { stream: 1, failed: false },
        ]);
        let text = recording.text();
        assert_eq!(Recording::read(&text).expect("lines"), recording);
        assert!(text.contains(r#"{"kind":"bytes","stream":1,"text":"plain"}"#), "{text}");
        let error = Recording::read("{\"kind\":\"bytes\",\"stream\":1}").expect_err("no bytes");
        assert_eq!(error.to_string(), "line 1: bytes are either `text` or `base64`");
        assert!(Recording::read("{\"kind\":\"dom\",\"blok\":1}").is_err());
    }
}
