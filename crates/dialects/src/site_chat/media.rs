//! Pictures, videos and files of an answer: after its text, as Markdown.
//!
//! Where their bytes can be fetched is not known here: [`TurnDecoder::finish`] hands the media out,
//! and [`TurnDecoder::close`] says each by its address, or with its data.
//!
//! The page's media are fetched once it is done, so an adapter that names some holds back the end
//! that a stream says; the page's own end is the answer's.

use std::collections::{BTreeMap, BTreeSet};

use bytes::{Bytes, BytesMut};
use data_encoding::BASE64;

use super::address::{in_markdown, is_public};
use super::{DecoderSpec, MediaHead, PageRecord, Sides, SiteDecoder};
use crate::chat::{Delta, Event, Failure, FailureClass, PartKind, StopReason};

/// The most bytes of a turn's media together.
pub const MAX_MEDIA_BYTES: usize = 64 << 20;

/// Bytes of one delta before they are base64: whole groups of three.
const PIECE: usize = 48 << 10;

/// Decodes one turn with its media.
#[derive(Debug)]
pub struct TurnDecoder {
    text: SiteDecoder,
    /// None where the adapter names no media.
    shelf: Option<Shelf>,
}

/// What came of media, and what waits for them.
#[derive(Debug, Default)]
struct Shelf {
    sides: Sides,
    media: BTreeMap<u8, (MediaHead, BytesMut)>,
    held: usize,
    /// Whether any have come; one that was not read has no bytes.
    begun: bool,
    /// Ends that the stream said.
    stops: Vec<Event>,
    next_part: u32,
    /// Some could not be read by the page.
    lost: bool,
    /// Choices that have text: a gap parts it from what follows.
    with_text: BTreeSet<u32>,
    closed: bool,
}

/// A picture, video or file of an answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Medium {
    /// Which answer of several it belongs to.
    pub choice: u32,
    /// Its media type.
    pub mime: String,
    /// Its name, or the text that stands for a picture.
    pub name: String,
    /// Its bytes; none where the page could not read it.
    pub bytes: Bytes,
    /// Where it is, as it stands in Markdown, where the page could not read it.
    pub unread: Option<String>,
}

impl TurnDecoder {
    /// As [`SiteDecoder::new`]; `media` says whether the adapter names any.
    #[must_use]
    pub fn new(spec: &DecoderSpec, sides: Sides, media: bool) -> Self {
        let shelf = media.then(|| Shelf { sides, ..Shelf::default() });
        Self { text: SiteDecoder::new(spec, sides), shelf }
    }

    /// See [`SiteDecoder::ignore_calls`].
    pub fn ignore_calls(&mut self) {
        self.text.ignore_calls();
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// As [`SiteDecoder::push`], and `answer_too_large` for more media than a turn may bring.
    pub fn push(&mut self, record: PageRecord, out: &mut Vec<Event>) -> Result<(), Failure> {
        let Some(shelf) = &mut self.shelf else { return self.text.push(record, out) };
        match record {
            PageRecord::Media { media, head } => shelf.begin(media, head),
            PageRecord::MediaBytes { media, bytes } => shelf.more(media, &bytes),
            record => {
                let mut events = Vec::new();
                self.text.push(record, &mut events)?;
                shelf.pass(events, out);
                Ok(())
            }
        }
    }

    /// The page is done; what it brought beside text.
    ///
    /// # Errors
    /// As [`SiteDecoder::finish`], and for media that did not come whole.
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<Vec<Medium>, Failure> {
        let mut events = Vec::new();
        self.text.finish(&mut events)?;
        match &mut self.shelf {
            None => {
                out.append(&mut events);
                Ok(Vec::new())
            }
            Some(shelf) => {
                shelf.pass(events, out);
                shelf.empty()
            }
        }
    }

    /// Says the media, each at its address or, without one, with its data; then the ends.
    pub fn close(&mut self, media: &[(Medium, Option<String>)], out: &mut Vec<Event>) {
        let Some(shelf) = &mut self.shelf else { return };
        for (medium, address) in media {
            shelf.say(medium, address.as_deref(), out);
        }
        out.append(&mut shelf.stops);
        shelf.closed = true;
    }

    /// Whether every answer that is wanted has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.shelf.as_ref().map_or_else(|| self.text.is_complete(), |shelf| shelf.closed)
    }

    /// Whether the page brought anything that is an answer: text, or a picture alone.
    #[must_use]
    pub fn has_answer(&self) -> bool {
        self.has_media() || self.text.answer_chars() > 0
    }

    /// Whether media have begun to come.
    #[must_use]
    pub fn has_media(&self) -> bool {
        self.shelf.as_ref().is_some_and(|shelf| shelf.begun)
    }

    /// Whether some were named alone: the page could not read them.
    #[must_use]
    pub fn has_lost_media(&self) -> bool {
        self.shelf.as_ref().is_some_and(|shelf| shelf.lost)
    }

    /// See [`SiteDecoder::answer_chars`].
    #[must_use]
    pub fn answer_chars(&self) -> u64 {
        self.text.answer_chars()
    }
}

impl Shelf {
    fn begin(&mut self, media: u8, head: MediaHead) -> Result<(), Failure> {
        self.begun = true;
        if let Some(address) = &head.unread {
            self.lost = true;
            // What means nothing to the client is lost without a trace in the text.
            if !is_public(address) || in_markdown(address).is_none() {
                return Ok(());
            }
        }
        let size = usize::try_from(head.size).unwrap_or(usize::MAX);
        if self.held.saturating_add(size) > MAX_MEDIA_BYTES {
            let words = "the pictures and files of the page's answer are too large";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        self.held += size;
        self.media.insert(media, (head, BytesMut::new()));
        Ok(())
    }

    fn more(&mut self, media: u8, bytes: &Bytes) -> Result<(), Failure> {
        let Some((head, held)) = self.media.get_mut(&media) else {
            return Err(broken("bytes of a file that was not announced"));
        };
        if (held.len() + bytes.len()) as u64 > head.size {
            return Err(broken("a file is longer than announced"));
        }
        held.extend_from_slice(bytes);
        Ok(())
    }

    /// Lets events through, but for the ends.
    fn pass(&mut self, events: Vec<Event>, out: &mut Vec<Event>) {
        for event in events {
            match &event {
                Event::Stop { .. } => {
                    self.stops.push(event);
                    continue;
                }
                Event::PartStart { choice, part, kind } => {
                    self.next_part = self.next_part.max(part + 1);
                    if *kind == PartKind::Text {
                        self.with_text.insert(*choice);
                    }
                }
                _ => {}
            }
            out.push(event);
        }
    }

    /// The media that are wanted, in their order. A choice that has nothing else ends with them.
    fn empty(&mut self) -> Result<Vec<Medium>, Failure> {
        let mut wanted = Vec::new();
        for (head, bytes) in std::mem::take(&mut self.media).into_values() {
            if bytes.len() as u64 != head.size {
                return Err(broken("a file of the answer did not come whole"));
            }
            if !self.sides.want(head.choice) {
                continue;
            }
            let choice = self.sides.number(head.choice);
            let stops =
                |stop: &Event| matches!(stop, Event::Stop { choice: its, .. } if *its == choice);
            if !self.stops.iter().any(stops) {
                self.stops.push(Event::Stop { choice, reason: StopReason::Done, native: None });
            }
            let unread = head.unread.as_deref().and_then(in_markdown);
            // Of what was not read only the kind is known: `image/*`.
            let mime = if unread.is_some() { head.mime } else { plain_mime(&head.mime).to_owned() };
            wanted.push(Medium { choice, mime, name: head.name, bytes: bytes.freeze(), unread });
        }
        Ok(wanted)
    }

    fn say(&mut self, medium: &Medium, address: Option<&str>, out: &mut Vec<Event>) {
        let (part, choice) = (self.next_part, medium.choice);
        self.next_part += 1;
        let gap = if self.with_text.insert(choice) { "" } else { "\n\n" };
        let mark = if medium.mime.starts_with("image/") { "!" } else { "" };
        let opening = format!("{gap}{mark}[{}](", plain_name(&medium.name));
        out.push(Event::PartStart { choice, part, kind: PartKind::Text });
        let mut say = |text: String| {
            out.push(Event::Delta { part, delta: Delta::Text(text) });
        };
        match address {
            Some(address) => say(format!("{opening}{address})")),
            None => {
                say(format!("{opening}data:{};base64,", medium.mime));
                medium.bytes.chunks(PIECE).for_each(|piece| say(BASE64.encode(piece)));
                say(")".to_owned());
            }
        }
        out.push(Event::PartEnd { part });
    }
}

fn broken(words: &str) -> Failure {
    Failure::new(FailureClass::UpstreamBadResponse, words)
}

/// A media type that cannot break out of the address.
fn plain_mime(mime: &str) -> &str {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '+' | '-');
    if mime.contains('/') && mime.len() <= 100 && mime.chars().all(fits) {
        mime
    } else {
        "application/octet-stream"
    }
}

/// A name that cannot break out of the brackets.
fn plain_name(name: &str) -> String {
    let kept = name.chars().filter(|c| !c.is_control() && !matches!(c, '[' | ']' | '\\' | '`'));
    let name: String = kept.take(200).collect();
    if name.trim().is_empty() { "file".to_owned() } else { name }
}
