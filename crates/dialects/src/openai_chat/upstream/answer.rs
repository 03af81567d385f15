//! What an upstream says, as events: the same code for a chunk and for a whole reply.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{
    super::{error::decode_error, usage::WireUsage},
    calls::{Calls, Nameless},
};
use crate::{
    chat::{Delta, Event, Failure, FailureClass, PartKind, StopReason},
    stream::Order,
};

/// The most answers that a client can ask for; more is a fault of the upstream.
const MAX_CHOICES: u32 = 128;

/// One answer on its way.
#[derive(Debug, Default)]
pub(super) struct Answer {
    order: Order,
    started: bool,
    next_part: u32,
    choices: BTreeMap<u32, Choice>,
}

#[derive(Debug, Default)]
struct Choice {
    /// The part that text goes to, while no other kind has come between.
    text: Option<(PartKind, u32)>,
    calls: Calls,
    stopped: bool,
}

impl Answer {
    /// Takes a chunk, or a whole reply.
    pub(super) fn take(&mut self, json: &Value, out: &mut Vec<Event>) {
        if !json["error"].is_null() {
            self.fail(decode_error(200, json.to_string().as_bytes(), None), out);
            return;
        }
        if !self.started {
            self.started = true;
            let text = |value: &Value| value.as_str().map(str::to_owned);
            let start = Event::Start { id: text(&json["id"]), model: text(&json["model"]) };
            self.order.push(start, out);
        }
        for (place, choice) in json["choices"].as_array().into_iter().flatten().enumerate() {
            self.choice(place, choice, out);
        }
        if let Ok(usage) = serde_json::from_value::<WireUsage>(json["usage"].clone())
            && let Some(usage) = usage.counts()
        {
            self.order.push(Event::Usage(usage), out);
        }
    }

    /// The upstream has ended. `whole` where it said itself that nothing is missing: then a choice
    /// without a finish reason is complete too.
    pub(super) fn finish(&mut self, whole: bool, out: &mut Vec<Event>) {
        let open: Vec<u32> =
            self.choices.iter().filter(|(_, of)| !of.stopped).map(|(index, _)| *index).collect();
        if !whole && !open.is_empty() {
            self.bad("the answer ended before it was complete", out);
            return;
        }
        for choice in open {
            self.order.push(Event::Stop { choice, reason: StopReason::Done, native: None }, out);
        }
        self.order.finish(out);
    }

    /// Ends the answer with a failure; what follows is dropped.
    pub(super) fn fail(&mut self, failure: Failure, out: &mut Vec<Event>) {
        self.order.push(Event::Failed(failure), out);
    }

    fn bad(&mut self, words: &str, out: &mut Vec<Event>) {
        self.fail(Failure::new(FailureClass::UpstreamBadResponse, words), out);
    }

    fn choice(&mut self, place: usize, json: &Value, out: &mut Vec<Event>) {
        let index = json["index"].as_u64().map_or(u32::try_from(place), u32::try_from);
        let index = match index {
            Ok(index) if index < MAX_CHOICES => index,
            _ => {
                self.bad("the answer has too many choices", out);
                return;
            }
        };
        // Some upstreams say more after the end; it counts for nothing.
        if self.choices.entry(index).or_default().stopped {
            return;
        }
        let whole = !json["delta"].is_object();
        let message = if whole { &json["message"] } else { &json["delta"] };
        for name in ["reasoning_content", "reasoning"] {
            if let Some(text) = message[name].as_str() {
                self.text(index, PartKind::Reasoning, text, out);
                break;
            }
        }
        self.content(index, &message["content"], out);
        if let Some(text) = message["refusal"].as_str() {
            self.text(index, PartKind::Refusal, text, out);
        }
        for (place, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            self.call(index, call, whole.then_some(place), out);
        }
        let old = &message["function_call"];
        if old.is_object() {
            self.call(index, &json!({ "index": 0, "function": old }), None, out);
        }
        let word = json["finish_reason"].as_str();
        if let Some((word, reason)) = word.and_then(|word| Some((word, stop_reason(word)?))) {
            self.choices.entry(index).or_default().stopped = true;
            // An upstream that translates tells the word of the one behind it.
            let native = json["native_finish_reason"].as_str().unwrap_or(word);
            let native = Some(native.to_owned());
            self.order.push(Event::Stop { choice: index, reason, native }, out);
        }
    }

    /// `content`: a text, or a list of parts as some upstreams write it.
    fn content(&mut self, choice: u32, content: &Value, out: &mut Vec<Event>) {
        match content {
            Value::String(text) => self.text(choice, PartKind::Text, text, out),
            Value::Array(parts) => {
                for part in parts {
                    if let Some(text) = part["text"].as_str() {
                        self.text(choice, PartKind::Text, text, out);
                    }
                    for thought in part["thinking"].as_array().into_iter().flatten() {
                        let text = thought["text"].as_str().unwrap_or_default();
                        self.text(choice, PartKind::Reasoning, text, out);
                    }
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, choice: u32, kind: PartKind, text: &str, out: &mut Vec<Event>) {
        if text.is_empty() {
            return;
        }
        let part = match self.choices.entry(choice).or_default().text.take() {
            Some((open, part)) if open == kind => part,
            other => {
                if let Some((_, part)) = other {
                    self.order.push(Event::PartEnd { part }, out);
                }
                self.begin(choice, kind.clone(), out)
            }
        };
        self.choices.entry(choice).or_default().text = Some((kind, part));
        let delta = Delta::Text(text.to_owned());
        self.order.push(Event::Delta { part, delta }, out);
    }

    fn call(&mut self, choice: u32, json: &Value, place: Option<usize>, out: &mut Vec<Event>) {
        let next = self.next_part;
        let state = self.choices.entry(choice).or_default();
        let piece = match state.calls.take(json, place, choice, next) {
            Ok(piece) => piece,
            Err(Nameless) => {
                self.bad("a tool call without a name", out);
                return;
            }
        };
        if let Some(kind) = piece.begins {
            if let Some((_, part)) = state.text.take() {
                self.order.push(Event::PartEnd { part }, out);
            }
            self.begin(choice, kind, out);
        }
        let delta = Delta::Arguments(piece.arguments);
        self.order.push(Event::Delta { part: piece.part, delta }, out);
    }

    fn begin(&mut self, choice: u32, kind: PartKind, out: &mut Vec<Event>) -> u32 {
        let part = self.next_part;
        self.next_part = part.saturating_add(1);
        self.order.push(Event::PartStart { choice, part, kind }, out);
        part
    }
}

/// An empty text is what some upstreams write where there is no reason yet.
fn stop_reason(word: &str) -> Option<StopReason> {
    match word {
        "" => None,
        "stop" => Some(StopReason::Done),
        "length" => Some(StopReason::Length),
        "tool_calls" | "function_call" => Some(StopReason::ToolCalls),
        "content_filter" => Some(StopReason::ContentFilter),
        other => Some(StopReason::Other(other.to_owned())),
    }
}
