//! The decoder of a turn: page records in, events out.

use super::{
    DecoderSpec, PageRecord, answer::Answer, dom::Dom, socketio::SocketIo, sse_json::SseJson,
    sse_patch::SsePatch,
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// Decodes one turn.
#[derive(Debug)]
pub struct SiteDecoder {
    format: Format,
    answer: Answer,
}

#[derive(Debug)]
enum Format {
    SseJson(SseJson),
    SsePatch(SsePatch),
    SocketIo(SocketIo),
    Dom(Dom),
}

impl SiteDecoder {
    /// A decoder for one turn of a page that answers as `spec` says.
    #[must_use]
    pub fn new(spec: &DecoderSpec) -> Self {
        let format = match spec {
            DecoderSpec::SseJson(spec) => Format::SseJson(SseJson::new(spec.clone())),
            DecoderSpec::SsePatch(spec) => Format::SsePatch(SsePatch::new(spec.clone())),
            DecoderSpec::Socketio(spec) => Format::SocketIo(SocketIo::new(spec.clone())),
            DecoderSpec::Dom(spec) => Format::Dom(Dom::new(spec.clone())),
        };
        Self { format, answer: Answer::default() }
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// The failure that the page reports, or one of the record itself. Nothing follows it.
    pub fn push(&mut self, record: PageRecord, out: &mut Vec<Event>) -> Result<(), Failure> {
        if self.answer.is_complete() {
            return Ok(());
        }
        match &mut self.format {
            Format::SseJson(format) => format.push(record, &mut self.answer, out),
            Format::SsePatch(format) => format.push(record, &mut self.answer, out),
            Format::SocketIo(format) => format.push(record, &mut self.answer, out),
            Format::Dom(format) => format.push(record, &mut self.answer, out),
        }
    }

    /// The page is done: says what waited, and the end where no record was one.
    ///
    /// # Errors
    /// As [`SiteDecoder::push`].
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), Failure> {
        if let Format::Dom(format) = &mut self.format {
            format.finish(&mut self.answer, out)?;
        }
        self.answer.stop(StopReason::Done, out);
        Ok(())
    }

    /// Whether the answer has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.answer.is_complete()
    }

    /// Whether the page changed text that had been said already.
    #[must_use]
    pub fn was_rewritten(&self) -> bool {
        self.answer.was_rewritten()
    }

    /// Characters of the answer so far, for the estimate of its tokens.
    #[must_use]
    pub fn answer_chars(&self) -> u64 {
        self.answer.chars()
    }
}

/// The failure of a page that reports one, in the site's words.
pub(super) fn page_error(words: Option<&str>) -> Failure {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let words: String = words.unwrap_or("the page reported an error").chars().take(2_000).collect();
    Failure::new(FailureClass::PageError, words)
}
