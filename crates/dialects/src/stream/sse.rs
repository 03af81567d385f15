//! Framing of server-sent events, byte by byte.
//! Source: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>.

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    /// The `event:` field; empty where there was none.
    pub name: String,
    /// The `data:` fields, joined by newlines.
    pub data: String,
}

/// An event that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SseError {
    /// It is longer than the cap.
    #[error("an event of more than {0} bytes")]
    TooLong(usize),
    /// It is not UTF-8.
    #[error("an event that is not UTF-8")]
    NotUtf8,
}

/// Reads events from pieces of any size: a line end, a character or a field may be split anywhere.
#[derive(Debug)]
pub struct SseReader {
    cap: usize,
    line: Vec<u8>,
    event: SseEvent,
    has_data: bool,
    after_cr: bool,
    first_line: bool,
}

impl SseReader {
    /// A reader that holds at most `cap` bytes of one event.
    #[must_use]
    pub fn new(cap: usize) -> Self {
        Self {
            cap,
            line: Vec::new(),
            event: SseEvent::default(),
            has_data: false,
            after_cr: false,
            first_line: true,
        }
    }

    /// Bytes that wait for the rest of their event.
    #[must_use]
    pub fn held(&self) -> usize {
        self.line.len() + self.event.name.len() + self.event.data.len()
    }

    /// Takes a piece and gives the events that it completes.
    ///
    /// # Errors
    /// See [`SseError`]; the reader is of no use afterwards.
    pub fn push(&mut self, mut piece: &[u8], out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        // The second half of a CRLF that was split.
        if self.after_cr && !piece.is_empty() {
            self.after_cr = false;
            piece = piece.strip_prefix(b"\n").unwrap_or(piece);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', piece) {
            self.hold(&piece[..end])?;
            self.end_line(out)?;
            let is_cr = piece[end] == b'\r';
            piece = &piece[end + 1..];
            if is_cr {
                match piece.first() {
                    Some(b'\n') => piece = &piece[1..],
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
        }
        self.hold(piece)
    }

    /// An event whose closing blank line never came: kept by some servers' last event.
    ///
    /// # Errors
    /// See [`SseError`].
    pub fn finish(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        if !self.line.is_empty() {
            self.end_line(out)?;
        }
        self.dispatch(out);
        Ok(())
    }

    fn hold(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        if self.line.len() + self.event.data.len() + bytes.len() > self.cap {
            return Err(SseError::TooLong(self.cap));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, out: &mut Vec<SseEvent>) -> Result<(), SseError> {
        let taken = std::mem::take(&mut self.line);
        let mut line = std::str::from_utf8(&taken).map_err(|_| SseError::NotUtf8)?;
        if std::mem::take(&mut self.first_line) {
            line = line.strip_prefix('\u{feff}').unwrap_or(line);
        }
        if line.is_empty() {
            self.dispatch(out);
        } else {
            self.field(line);
        }
        self.line = taken;
        self.line.clear();
        Ok(())
    }

    fn field(&mut self, line: &str) {
        let (name, value) = match line.split_once(':') {
            Some((name, value)) => (name, value.strip_prefix(' ').unwrap_or(value)),
            None => (line, ""),
        };
        match name {
            "data" => {
                if self.has_data {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
                self.has_data = true;
            }
            "event" => value.clone_into(&mut self.event.name),
            // Comments (an empty name), `id` and `retry` mean nothing here.
            _ => {}
        }
    }

    fn dispatch(&mut self, out: &mut Vec<SseEvent>) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) {
            out.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<SseEvent> {
        let mut reader = SseReader::new(1 << 16);
        let mut out = Vec::new();
        for piece in pieces {
            reader.push(piece, &mut out).expect("readable");
        }
        reader.finish(&mut out).expect("readable");
        out
    }

    fn data(events: &[SseEvent]) -> Vec<&str> {
        events.iter().map(|event| event.data.as_str()).collect()
    }

    #[test]
    fn every_line_end_ends_a_line() {
        let text = "\u{feff}data: a\n\ndata: b\r\n\r\ndata: c\r\rdata:d\n\n: comment\nid: 1\n\n";
        assert_eq!(data(&read(&[text.as_bytes()])), ["a", "b", "c", "d"]);
    }

    #[test]
    fn fields_are_joined_and_named() {
        let events = read(&[b"event: x\ndata: one\ndata:\ndata: two\n\ndata"]);
        assert_eq!(events[0], SseEvent { name: "x".into(), data: "one\n\ntwo".into() });
        assert_eq!(events[1], SseEvent { name: String::new(), data: String::new() });
    }

    #[test]
    fn what_is_too_long_or_not_text_is_refused() {
        let mut reader = SseReader::new(16);
        let mut out = Vec::new();
        assert_eq!(reader.push(&[b'x'; 17], &mut out), Err(SseError::TooLong(16)));
        let mut reader = SseReader::new(64);
        assert_eq!(reader.push(b"data: \xff\n", &mut out), Err(SseError::NotUtf8));
        let mut reader = SseReader::new(16);
        let lines = b"data: 1234567\ndata: 1234567\ndata: 1234567\n";
        assert_eq!(reader.push(lines, &mut out), Err(SseError::TooLong(16)));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            lines in proptest::collection::vec("(data: ?|event: |: |)[a-zé€🦀 ]{0,6}(\n|\r\n|\r)", 0..12),
            cuts in proptest::collection::vec(0usize..400, 0..20),
        ) {
            let text = lines.concat();
            let bytes = text.as_bytes();
            let mut at: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }
    }
}
