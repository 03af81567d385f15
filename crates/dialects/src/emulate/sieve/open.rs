//! A markup that is open: where it ends. JSON ends with its last bracket, and a closer within one
//! of its texts is no closer.

use crate::emulate::markup::{Body, Markup};

/// A markup from its first byte on.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) kind: Kind,
    /// Where its body begins.
    body: usize,
    way: Option<Way>,
    /// Bytes that need no second look.
    seen: usize,
    scan: Scan,
    /// A closer within a text of the body: the end, if there is no other.
    doubtful: Option<usize>,
}

/// What is open.
#[derive(Debug, Clone)]
pub(super) enum Kind {
    /// A markup of the list.
    Markup(&'static Markup),
    /// A block of code that is a call, with its fence.
    Fence(String),
    /// JSON by itself.
    Bare,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Json,
    Until,
}

/// The end of a markup.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Where its body is.
    pub(super) body: std::ops::Range<usize>,
    /// Bytes with opener and closer.
    pub(super) total: usize,
    /// Whether it was cut off in the middle.
    pub(super) cut: bool,
}

impl Open {
    pub(super) fn new(kind: Kind, body: usize) -> Self {
        Self { kind, body, way: None, seen: body, scan: Scan::default(), doubtful: None }
    }

    /// Where it ends in `held`; `None` while that is not known. `last` says that no more comes.
    pub(super) fn end(&mut self, held: &str, last: bool) -> Option<End> {
        let way = match self.way.or_else(|| self.find_way(held)) {
            Some(way) => way,
            None => return last.then(|| self.all(held, true)),
        };
        self.way = Some(way);
        match way {
            Way::Until => self.until(held, last),
            Way::Json => self.json(held, last),
        }
    }

    fn find_way(&mut self, held: &str) -> Option<Way> {
        let body = &held[self.body..];
        let first = body.trim_start();
        let named_json = matches!(&self.kind, Kind::Markup(Markup { body: Body::Json, .. }));
        match first.chars().next()? {
            '{' | '[' => Some(Way::Json),
            _ if named_json => {
                // The name before the JSON.
                self.seen = self.body + body.find('{')?;
                Some(Way::Json)
            }
            _ => Some(Way::Until),
        }
    }

    fn closer(&self) -> Option<&str> {
        match &self.kind {
            Kind::Markup(markup) => markup.closer,
            Kind::Fence(fence) => Some(fence),
            Kind::Bare => None,
        }
    }

    fn until(&mut self, held: &str, last: bool) -> Option<End> {
        let closer = self.closer().unwrap_or_default().to_owned();
        let from = self.seen;
        if let Some(found) = memchr::memmem::find(&held.as_bytes()[from..], closer.as_bytes()) {
            let at = from + found;
            return Some(End { body: self.body..at, total: at + closer.len(), cut: false });
        }
        self.seen = held.len().saturating_sub(closer.len()).max(from);
        last.then(|| self.all(held, true))
    }

    fn json(&mut self, held: &str, last: bool) -> Option<End> {
        let closer = self.closer().map(str::to_owned);
        let bytes = held.as_bytes();
        while let Some(&byte) = bytes.get(self.seen) {
            let rest = &bytes[self.seen..];
            if !self.scan.is_whole() {
                if let Some(closer) = closer.as_deref().filter(|_| self.waits_for_closer()) {
                    if rest.starts_with(closer.as_bytes()) {
                        self.doubtful = Some(self.seen);
                    } else if closer.as_bytes().starts_with(rest) && !last {
                        return None;
                    }
                }
                self.scan.take(byte, self.seen);
                self.seen += 1;
                continue;
            }
            let Some(closer) = closer.as_deref() else { break };
            match byte {
                // A bracket too many is a slip.
                b'}' | b']' | b',' | b';' | b' ' | b'\n' | b'\r' | b'\t' => self.seen += 1,
                _ if rest.starts_with(closer.as_bytes()) => {
                    let total = self.seen + closer.len();
                    return Some(End { body: self.body..self.seen, total, cut: false });
                }
                _ if closer.as_bytes().starts_with(rest) && !last => return None,
                b'{' | b'[' => {
                    self.scan.take(byte, self.seen);
                    self.seen += 1;
                }
                _ => break,
            }
        }
        if self.scan.is_whole() {
            // Its closer may still come.
            if closer.is_some() && self.seen == bytes.len() && !last {
                return None;
            }
            let end = self.scan.end;
            return Some(End { body: self.body..end, total: end, cut: false });
        }
        if !last {
            return None;
        }
        match (self.doubtful, closer) {
            (Some(at), Some(closer)) => {
                Some(End { body: self.body..at, total: at + closer.len(), cut: false })
            }
            _ => Some(self.all(held, true)),
        }
    }

    fn waits_for_closer(&self) -> bool {
        self.scan.quote.is_some() && self.doubtful.is_none()
    }

    fn all(&self, held: &str, cut: bool) -> End {
        End { body: self.body..held.len(), total: held.len(), cut }
    }
}

/// Where JSON is, byte by byte.
#[derive(Debug, Default)]
struct Scan {
    depth: usize,
    quote: Option<u8>,
    escaped: bool,
    /// The last byte that was no white space.
    before: u8,
    /// Behind the last bracket of a whole value.
    end: usize,
}

impl Scan {
    fn is_whole(&self) -> bool {
        self.depth == 0 && self.end > 0
    }

    fn take(&mut self, byte: u8, at: usize) {
        if let Some(quote) = self.quote {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                _ if byte == quote => self.quote = None,
                _ => {}
            }
            self.before = byte;
            return;
        }
        match byte {
            b'"' => self.quote = Some(byte),
            b'\'' if matches!(self.before, b'{' | b'[' | b',' | b':') => self.quote = Some(byte),
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.end = at + 1;
                }
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.before = byte;
        }
    }
}
