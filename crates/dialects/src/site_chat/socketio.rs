//! `socketio`: Engine.IO packets with Socket.IO events.
//! Source: <https://socket.io/docs/v4/socket-io-protocol/> and `engine-io-protocol`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    PageRecord, SocketIoEvent, SocketIoSpec, SocketIoText, TextMode,
    answer::{Answer, Voice},
    decoder::page_error,
    json,
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// The most bytes of polling replies that have not ended.
const MAX_POLL_BYTES: usize = 4 << 20;

/// The most messages of one answer; what comes in more is left out.
const MAX_MESSAGES: usize = 256;

/// Between the texts of two messages.
const BETWEEN: &str = "\n\n";

/// Separates the packets of a polling reply.
const SEPARATOR: char = '\u{1e}';

#[derive(Debug)]
pub(super) struct SocketIo {
    spec: SocketIoSpec,
    /// Polling replies, which are whole only when their stream has closed.
    polls: BTreeMap<u8, Vec<u8>>,
    /// Whether the turn has begun.
    begun: bool,
    /// The turn's messages in order of appearance.
    messages: Vec<Message>,
}

#[derive(Debug)]
struct Message {
    id: String,
    text: String,
}

impl SocketIo {
    pub(super) fn new(spec: SocketIoSpec) -> Self {
        let begun = spec.begin.is_empty();
        Self { spec, polls: BTreeMap::new(), begun, messages: Vec::new() }
    }

    pub(super) fn push(
        &mut self,
        record: PageRecord,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        match record {
            PageRecord::Message { text, .. } => self.packet(&text, answer, out),
            PageRecord::Bytes { stream, bytes } => {
                let held: usize = self.polls.values().map(Vec::len).sum();
                if held + bytes.len() > MAX_POLL_BYTES {
                    let words = "the page's stream cannot be read";
                    return Err(Failure::new(FailureClass::UpstreamBadResponse, words)
                        .with_internal("a polling reply over the cap"));
                }
                self.polls.entry(stream).or_default().extend_from_slice(&bytes);
                Ok(())
            }
            PageRecord::Closed { stream, .. } => {
                let poll = self.polls.remove(&stream).unwrap_or_default();
                let poll = String::from_utf8_lossy(&poll);
                poll.split(SEPARATOR).try_for_each(|packet| self.packet(packet, answer, out))
            }
            PageRecord::Opened { .. }
            | PageRecord::Dom { .. }
            | PageRecord::Media { .. }
            | PageRecord::MediaBytes { .. } => Ok(()),
        }
    }

    fn packet(
        &mut self,
        packet: &str,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Some((name, argument)) = event_of(packet) else { return Ok(()) };
        let spec = &self.spec;
        self.begun = self.begun || is_any(&spec.begin, &name, &argument);
        if !self.begun {
            return Ok(());
        }
        if is_any(&spec.error, &name, &argument) {
            return Err(page_error(json::text(&spec.error_message, &argument)));
        }
        let ends = is_any(&spec.done, &name, &argument);
        let rule = spec.text.iter().find(|rule| {
            rule.event == name
                && json::all(&rule.only, &argument)
                && argument.pointer(&rule.pointer).is_some_and(Value::is_string)
        });
        if let Some(rule) = rule.cloned() {
            self.text(&rule, &argument, answer, out)?;
        }
        if ends {
            answer.stop(StopReason::Done, out);
        }
        Ok(())
    }

    fn text(
        &mut self,
        rule: &SocketIoText,
        argument: &Value,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Some(text) = argument.pointer(&rule.pointer).and_then(Value::as_str) else {
            return Ok(());
        };
        let id = self.spec.message_id.as_ref().and_then(|pointer| argument.pointer(pointer));
        let id = id.map(ToString::to_string).unwrap_or_default();
        let at = match self.messages.iter().position(|message| message.id == id) {
            Some(at) => at,
            None if rule.follows || self.messages.len() >= MAX_MESSAGES => return Ok(()),
            None => {
                self.messages.push(Message { id, text: String::new() });
                self.messages.len() - 1
            }
        };
        let is_first = self.messages[..at].iter().all(|message| message.text.is_empty());
        let is_last = at + 1 == self.messages.len();
        let message = &mut self.messages[at];
        let known = message.text.len();
        let grows = match rule.mode {
            TextMode::Delta => {
                message.text.push_str(text);
                true
            }
            TextMode::Cumulative => {
                let grows = text.starts_with(&message.text);
                text.clone_into(&mut message.text);
                grows
            }
        };
        if !(grows && is_last) {
            return answer.all(Voice::Text, &self.whole(), out);
        }
        if known == 0 && !is_first && !message.text.is_empty() {
            answer.more(Voice::Text, BETWEEN, out)?;
        }
        answer.more(Voice::Text, &message.text[known..], out)
    }

    /// The turn's text, as [`SocketIo::text`] has said it where nothing was rewritten.
    fn whole(&self) -> String {
        let texts = self.messages.iter().map(|message| message.text.as_str());
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join(BETWEEN)
    }
}

fn is_any(events: &[SocketIoEvent], name: &str, argument: &Value) -> bool {
    events.iter().any(|event| event.event == name && json::all(&event.only, argument))
}

/// Name and first argument of an event: Engine.IO message `4`, Socket.IO event `2`, an optional
/// `/namespace,`, an optional number of the acknowledgement, and `["name", argument...]`.
fn event_of(packet: &str) -> Option<(String, Value)> {
    let mut rest = packet.strip_prefix("42")?;
    if rest.starts_with('/') {
        rest = rest.split_once(',')?.1;
    }
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let Value::Array(list) = serde_json::from_str(rest).ok()? else { return None };
    let mut list = list.into_iter();
    let Value::String(name) = list.next()? else { return None };
    Some((name, list.next().unwrap_or_default()))
}
