//! `socketio`: Engine.IO packets with Socket.IO events.
//! Source: <https://socket.io/docs/v4/socket-io-protocol/> and `engine-io-protocol`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    PageRecord, SocketIoSpec, TextMode,
    answer::{Answer, Voice},
    decoder::page_error,
    json,
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// The most bytes of one polling reply.
const MAX_POLL_BYTES: usize = 4 << 20;

/// Separates the packets of a polling reply.
const SEPARATOR: char = '\u{1e}';

#[derive(Debug)]
pub(super) struct SocketIo {
    spec: SocketIoSpec,
    /// Polling replies, which are whole only when their stream has closed.
    polls: BTreeMap<u8, Vec<u8>>,
}

impl SocketIo {
    pub(super) fn new(spec: SocketIoSpec) -> Self {
        Self { spec, polls: BTreeMap::new() }
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
                let poll = self.polls.entry(stream).or_default();
                if poll.len() + bytes.len() > MAX_POLL_BYTES {
                    let words = "the page's stream cannot be read";
                    return Err(Failure::new(FailureClass::UpstreamBadResponse, words)
                        .with_internal("a polling reply over the cap"));
                }
                poll.extend_from_slice(&bytes);
                Ok(())
            }
            PageRecord::Closed { stream, .. } => {
                let poll = self.polls.remove(&stream).unwrap_or_default();
                let poll = String::from_utf8_lossy(&poll);
                poll.split(SEPARATOR).try_for_each(|packet| self.packet(packet, answer, out))
            }
            PageRecord::Opened { .. } | PageRecord::Dom { .. } => Ok(()),
        }
    }

    fn packet(
        &self,
        packet: &str,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Some((name, argument)) = event_of(packet) else { return Ok(()) };
        let spec = &self.spec;
        if spec.error_events.contains(&name) {
            return Err(page_error(json::text(&spec.error_message, &argument)));
        }
        if spec.token_events.contains(&name)
            && json::all(&spec.only, &argument)
            && let Some(text) = json::text(&spec.text, &argument)
        {
            match spec.mode {
                TextMode::Delta => answer.more(Voice::Text, text, out)?,
                TextMode::Cumulative => answer.all(Voice::Text, text, out)?,
            }
        }
        if spec.done_events.contains(&name) {
            answer.stop(StopReason::Done, out);
        }
        Ok(())
    }
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
