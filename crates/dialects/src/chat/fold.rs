//! A buffered reply is the fold of its events.

use std::collections::BTreeMap;

use super::{Delta, Event, Failure, FailureClass, Opaque, PartKind, StopReason, Usage};

/// A whole answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reply {
    /// The upstream's id of the reply.
    pub id: Option<String>,
    /// The model that the upstream names.
    pub model: Option<String>,
    /// The answers, in order of their number.
    pub choices: Vec<Choice>,
    /// Token counts.
    pub usage: Option<Usage>,
}

/// One answer of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its number.
    pub index: u32,
    /// Its parts, in order of appearance.
    pub parts: Vec<ReplyPart>,
    /// Why it is complete.
    pub stop: StopReason,
    /// The word with which the upstream or the page said so, where it is known.
    pub native: Option<String>,
}

/// A complete part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyPart {
    /// What it holds.
    pub kind: PartKind,
    /// Its text, or the JSON text of a tool call's arguments.
    pub text: String,
    /// State that is carried, not understood, in order.
    pub state: Vec<Opaque>,
}

/// Gathers events that follow the grammar.
#[derive(Debug, Default)]
pub struct Fold {
    reply: Reply,
    open: BTreeMap<u32, (u32, ReplyPart)>,
    stops: BTreeMap<u32, (StopReason, Option<String>)>,
}

impl Fold {
    /// Takes the next event.
    ///
    /// # Errors
    /// The failure that the events bring.
    pub fn push(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Start { id, model } => (self.reply.id, self.reply.model) = (id, model),
            Event::PartStart { choice, part, kind } => {
                let begun = ReplyPart { kind, text: String::new(), state: Vec::new() };
                self.open.insert(part, (choice, begun));
            }
            Event::Delta { part, delta } => {
                if let Some((_, part)) = self.open.get_mut(&part) {
                    match delta {
                        Delta::Text(more) | Delta::Arguments(more) => part.text.push_str(&more),
                        Delta::State(state) => part.state.push(state),
                    }
                }
            }
            Event::PartEnd { .. } => {}
            Event::Stop { choice, reason, native } => {
                self.stops.insert(choice, (reason, native));
            }
            Event::Usage(usage) => self.reply.usage = Some(usage),
            Event::Failed(failure) => return Err(failure),
        }
        Ok(())
    }

    /// Bytes of text gathered so far.
    #[must_use]
    pub fn text_bytes(&self) -> usize {
        self.open.values().map(|(_, part)| part.text.len()).sum()
    }

    /// The whole answer.
    ///
    /// # Errors
    /// `upstream_bad_response` where no choice was completed.
    pub fn finish(self) -> Result<Reply, Failure> {
        let Self { mut reply, open, stops } = self;
        if stops.is_empty() {
            return Err(Failure::new(
                FailureClass::UpstreamBadResponse,
                "the answer ended before it was complete",
            ));
        }
        reply.choices = stops
            .into_iter()
            .map(|(index, (stop, native))| Choice { index, parts: Vec::new(), stop, native })
            .collect();
        for (_, (choice, part)) in open {
            if let Some(choice) = reply.choices.iter_mut().find(|c| c.index == choice) {
                choice.parts.push(part);
            }
        }
        Ok(reply)
    }
}

/// Folds all of `events`.
///
/// # Errors
/// As [`Fold::push`] and [`Fold::finish`].
pub fn fold(events: impl IntoIterator<Item = Event>) -> Result<Reply, Failure> {
    let mut fold = Fold::default();
    for event in events {
        fold.push(event)?;
    }
    fold.finish()
}

/// The events of a whole answer: the other way of [`fold()`].
#[must_use]
pub fn unfold(reply: &Reply) -> Vec<Event> {
    let mut events = vec![Event::Start { id: reply.id.clone(), model: reply.model.clone() }];
    let mut number = 0;
    for choice in &reply.choices {
        for part in &choice.parts {
            events.push(Event::PartStart {
                choice: choice.index,
                part: number,
                kind: part.kind.clone(),
            });
            if !part.text.is_empty() {
                let text = part.text.clone();
                let delta = match part.kind {
                    PartKind::ToolCall { .. } => Delta::Arguments(text),
                    _ => Delta::Text(text),
                };
                events.push(Event::Delta { part: number, delta });
            }
            for state in &part.state {
                events.push(Event::Delta { part: number, delta: Delta::State(state.clone()) });
            }
            events.push(Event::PartEnd { part: number });
            number += 1;
        }
        events.push(Event::Stop {
            choice: choice.index,
            reason: choice.stop.clone(),
            native: choice.native.clone(),
        });
    }
    events.extend(reply.usage.map(Event::Usage));
    events
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::Dialect;

    fn part(kind: PartKind, text: &str) -> ReplyPart {
        ReplyPart { kind, text: text.to_owned(), state: Vec::new() }
    }

    #[test]
    fn an_answer_without_an_end_is_no_answer() {
        let events = [Event::Start { id: None, model: None }];
        assert_eq!(fold(events).unwrap_err().class, FailureClass::UpstreamBadResponse);
    }

    #[test]
    fn unfolding_is_the_other_way() {
        let reply = Reply {
            id: Some("a".to_owned()),
            model: None,
            choices: vec![Choice {
                index: 0,
                parts: vec![
                    ReplyPart {
                        state: vec![Opaque {
                            origin: Dialect::AnthropicMessages,
                            account: None,
                            data: "signature".into(),
                        }],
                        ..part(PartKind::Reasoning, "hm")
                    },
                    part(PartKind::Text, "yes"),
                    part(PartKind::ToolCall { id: "1".to_owned(), name: "f".to_owned() }, "{}"),
                ],
                stop: StopReason::ToolCalls,
                native: Some("tool_use".to_owned()),
            }],
            usage: Some(Usage { input: 1, output: 2, ..Usage::default() }),
        };
        assert_eq!(fold(unfold(&reply)).unwrap(), reply);
    }
}
