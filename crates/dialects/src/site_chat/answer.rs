//! The answer of a turn as it grows: text, reasoning, an end; always in the grammar's order.

use crate::chat::{Delta, Event, Failure, FailureClass, PartKind, StopReason};

/// The most text of one answer, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 16 << 20;

/// One of the answer's two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Text,
    Reasoning,
}

/// Writes the events of one answer.
#[derive(Debug, Default)]
pub(super) struct Answer {
    started: bool,
    complete: bool,
    open: Option<(Voice, u32)>,
    next: u32,
    text: String,
    reasoning: String,
    rewritten: bool,
}

impl Answer {
    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn was_rewritten(&self) -> bool {
        self.rewritten
    }

    pub(super) fn chars(&self) -> u64 {
        let count = self.text.chars().count() + self.reasoning.chars().count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// More of a voice.
    pub(super) fn more(
        &mut self,
        voice: Voice,
        more: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if more.is_empty() || self.complete {
            return Ok(());
        }
        if self.text.len() + self.reasoning.len() + more.len() > MAX_TEXT_BYTES {
            return Err(Failure::new(
                FailureClass::AnswerTooLarge,
                "the page's answer is too long",
            ));
        }
        self.begin(out);
        let part = match self.open {
            Some((open, part)) if open == voice => part,
            _ => self.open(voice, out),
        };
        match voice {
            Voice::Text => self.text.push_str(more),
            Voice::Reasoning => self.reasoning.push_str(more),
        }
        out.push(Event::Delta { part, delta: Delta::Text(more.to_owned()) });
        Ok(())
    }

    /// All of a voice so far; what is new is the difference. Where the page rewrote what was said
    /// already, the rest after the common beginning is said, and the rewrite is remembered.
    pub(super) fn all(
        &mut self,
        voice: Voice,
        all: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let said = match voice {
            Voice::Text => &mut self.text,
            Voice::Reasoning => &mut self.reasoning,
        };
        // The way of every event but a rewrite: compared as memory, not byte for byte.
        if let Some(more) = all.strip_prefix(said.as_str()) {
            return self.more(voice, more, out);
        }
        let same = common_prefix(said, all);
        self.rewritten = true;
        // A shorter text takes nothing back: what was said is said.
        if same == all.len() {
            return Ok(());
        }
        said.truncate(same);
        self.more(voice, &all[same..], out)
    }

    /// The answer is complete. Once; a second end says nothing.
    pub(super) fn stop(&mut self, reason: StopReason, out: &mut Vec<Event>) {
        if self.complete {
            return;
        }
        self.begin(out);
        self.close(out);
        self.complete = true;
        out.push(Event::Stop { choice: 0, reason });
    }

    fn begin(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: None, model: None });
        }
    }

    fn open(&mut self, voice: Voice, out: &mut Vec<Event>) -> u32 {
        self.close(out);
        let (part, kind) = match voice {
            Voice::Text => (self.next, PartKind::Text),
            Voice::Reasoning => (self.next, PartKind::Reasoning),
        };
        self.next += 1;
        self.open = Some((voice, part));
        out.push(Event::PartStart { choice: 0, part, kind });
        part
    }

    fn close(&mut self, out: &mut Vec<Event>) {
        if let Some((_, part)) = self.open.take() {
            out.push(Event::PartEnd { part });
        }
    }
}

/// Length of the common beginning, at a character's boundary.
pub(super) fn common_prefix(a: &str, b: &str) -> usize {
    let mut same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !(a.is_char_boundary(same) && b.is_char_boundary(same)) {
        same -= 1;
    }
    same
}
