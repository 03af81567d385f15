//! An upstream's reply, streamed or whole, as events that follow the grammar.

use serde_json::Value;

use super::{super::error::decode_error_event, answer::Answer};
use crate::{
    chat::{Event, Failure, FailureClass},
    stream::{SseEvent, SseReader},
};

/// The longest event of a stream, in bytes.
const MAX_EVENT: usize = 4 << 20;

/// Decodes one stream of chunks.
#[derive(Debug)]
pub struct StreamDecoder {
    sse: SseReader,
    framed: Vec<SseEvent>,
    answer: Answer,
    done: bool,
}

impl Default for StreamDecoder {
    fn default() -> Self {
        Self {
            sse: SseReader::new(MAX_EVENT),
            framed: Vec::new(),
            answer: Answer::default(),
            done: false,
        }
    }
}

impl StreamDecoder {
    /// Takes a piece of the body; its boundaries mean nothing. A failure is the last event.
    pub fn push(&mut self, piece: &[u8], out: &mut Vec<Event>) {
        let framing = self.sse.push(piece, &mut self.framed);
        self.take_framed(out);
        if let Err(error) = framing {
            self.unreadable(&error.to_string(), out);
        }
    }

    /// The body has ended: gives what waited for it, or the failure of an answer without an end.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        let framing = self.sse.finish(&mut self.framed);
        self.take_framed(out);
        if let Err(error) = framing {
            self.unreadable(&error.to_string(), out);
        }
        self.answer.finish(self.done, out);
    }

    /// Whether `[DONE]` came: nothing after it counts.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    fn take_framed(&mut self, out: &mut Vec<Event>) {
        for event in std::mem::take(&mut self.framed) {
            if self.done {
                return;
            }
            self.event(&event, out);
        }
    }

    fn event(&mut self, event: &SseEvent, out: &mut Vec<Event>) {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.done = true;
            return;
        }
        if event.name == "error" {
            self.answer.fail(decode_error_event(data.as_bytes()), out);
            return;
        }
        match serde_json::from_str::<Value>(data) {
            Ok(json) if json.is_object() => self.answer.take(&json, out),
            Ok(_) => self.unreadable("a chunk that is not an object", out),
            Err(error) => self.unreadable(&error.to_string(), out),
        }
    }

    fn unreadable(&mut self, why: &str, out: &mut Vec<Event>) {
        let words = "the upstream's stream cannot be read";
        let failure = Failure::new(FailureClass::UpstreamBadResponse, words);
        self.answer.fail(failure.with_internal(why), out);
    }
}

/// The events of a buffered reply of status 200.
///
/// # Errors
/// `upstream_bad_response` where it is not an answer; the error's class where it is an error.
pub fn decode_reply(body: &[u8]) -> Result<Vec<Event>, Failure> {
    let no_answer = || {
        let words = "the upstream answered something that is not an answer";
        Failure::new(FailureClass::UpstreamBadResponse, words)
    };
    let json: Value = serde_json::from_slice(body)
        .map_err(|error| no_answer().with_internal(error.to_string()))?;
    if json["error"].is_null() && !json["choices"].is_array() {
        return Err(no_answer());
    }
    let (mut answer, mut events) = (Answer::default(), Vec::new());
    answer.take(&json, &mut events);
    answer.finish(true, &mut events);
    match events.pop() {
        Some(Event::Failed(failure)) => Err(failure),
        last => {
            events.extend(last);
            Ok(events)
        }
    }
}
