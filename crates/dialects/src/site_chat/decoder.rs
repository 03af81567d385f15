//! The decoder of a turn: page records in, events out.

use std::collections::BTreeSet;

use super::{
    DecoderSpec, PageRecord, Sides, answer::Answer, documents::Documents, dom::Dom,
    records::Records,
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// Decodes one turn.
#[derive(Debug)]
pub struct SiteDecoder {
    format: Format,
    answer: Answer,
    /// Streams that were answered with an error's status.
    refused: BTreeSet<u8>,
}

#[derive(Debug)]
enum Format {
    Records(Records),
    Documents(Documents),
    Dom(Dom),
}

impl SiteDecoder {
    /// A decoder for one turn of a page that answers as `spec` says, of whose answers `sides` are
    /// wanted.
    #[must_use]
    pub fn new(spec: &DecoderSpec, sides: Sides) -> Self {
        let format = match spec {
            DecoderSpec::Records(spec) => Format::Records(Records::new(spec.clone())),
            DecoderSpec::Patches(spec) => Format::Documents(Documents::new(spec.clone())),
            DecoderSpec::Dom(spec) => Format::Dom(Dom::new(spec.clone())),
        };
        Self { format, answer: Answer::new(sides, spec.choices()), refused: BTreeSet::new() }
    }

    /// Leaves calls of functions out: the turn has given the page none.
    pub fn ignore_calls(&mut self) {
        self.answer.ignore_calls();
    }

    /// Takes the next record.
    ///
    /// # Errors
    /// The failure that the page reports, or one of the record itself. Nothing follows it.
    pub fn push(&mut self, record: PageRecord, out: &mut Vec<Event>) -> Result<(), Failure> {
        if self.answer.is_complete() || self.is_of_refusal(&record) {
            return Ok(());
        }
        match &mut self.format {
            Format::Records(format) => format.push(record, &mut self.answer, out),
            Format::Documents(format) => format.push(record, &mut self.answer, out),
            Format::Dom(format) => format.push(record, &mut self.answer, out),
        }
    }

    /// Whether it is of a stream that was answered with an error's status: its body is no answer,
    /// and the page, or a signal of its adapter, says what it means.
    fn is_of_refusal(&mut self, record: &PageRecord) -> bool {
        match record {
            PageRecord::Opened { stream, status, .. } => {
                if *status >= 400 {
                    self.refused.insert(*stream);
                } else {
                    self.refused.remove(stream);
                }
                false
            }
            PageRecord::Bytes { stream, .. }
            | PageRecord::Message { stream, .. }
            | PageRecord::Closed { stream, .. } => self.refused.contains(stream),
            _ => false,
        }
    }

    /// The page is done: says what waited, and the end of each answer where no record was one.
    ///
    /// # Errors
    /// As [`SiteDecoder::push`].
    pub fn finish(&mut self, out: &mut Vec<Event>) -> Result<(), Failure> {
        if self.answer.is_complete() {
            return Ok(());
        }
        match &mut self.format {
            Format::Records(format) => format.finish(&mut self.answer, out)?,
            Format::Documents(format) => format.finish(&mut self.answer, out)?,
            Format::Dom(format) => format.finish(&mut self.answer, out)?,
        }
        self.answer.stop_all(&StopReason::Done, out);
        Ok(())
    }

    /// Whether every answer that is wanted has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.answer.is_complete()
    }

    /// Whether the page changed text that had been said already.
    #[must_use]
    pub fn was_rewritten(&self) -> bool {
        self.answer.was_rewritten()
    }

    /// Characters of the answers so far, for the estimate of their tokens.
    #[must_use]
    pub fn answer_chars(&self) -> u64 {
        self.answer.chars()
    }

    /// Records of the page's streams that no rule knew: many of them and no text mean that the
    /// page has changed.
    #[must_use]
    pub fn unknown_records(&self) -> u64 {
        match &self.format {
            Format::Records(format) => format.unknown(),
            Format::Documents(format) => format.unknown(),
            Format::Dom(_) => 0,
        }
    }
}

/// The failure of a page that reports one, in the site's words.
pub(super) fn page_error(words: Option<&str>) -> Failure {
    in_words(FailureClass::PageError, words, "the page reported an error")
}

/// The failure of a page that refuses the prompt, in the site's words.
pub(super) fn refused(words: Option<&str>) -> Failure {
    in_words(FailureClass::Moderated, words, "the site refused the prompt")
}

fn in_words(class: FailureClass, words: Option<&str>, silent: &str) -> Failure {
    let words = words.map(str::trim).filter(|words| !words.is_empty());
    let words: String = words.unwrap_or(silent).chars().take(2_000).collect();
    Failure::new(class, words)
}
