//! Makes a sloppy stream follow the grammar of [`Event`], once for all dialects.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::{Delta, Event, Failure, FailureClass, PartKind, Usage};

/// The most parts of one answer: more is a fault, not an answer.
const MAX_PARTS: u32 = 10_000;

/// Puts events in order: what is missing is added (a start, a part's start or end), what comes
/// twice or too late is dropped, usage waits for the end, and what cannot be is a failure.
#[derive(Debug, Default)]
pub struct Order {
    started: bool,
    failed: bool,
    /// Open parts and their choices.
    open: BTreeMap<u32, u32>,
    seen: BTreeSet<u32>,
    choices: BTreeSet<u32>,
    stopped: BTreeSet<u32>,
    usage: Option<Usage>,
}

impl Order {
    /// Takes an event and gives the events that may follow now.
    pub fn push(&mut self, event: Event, out: &mut Vec<Event>) {
        if self.failed {
            return;
        }
        if !self.started {
            self.started = true;
            if !matches!(event, Event::Start { .. }) {
                out.push(Event::Start { id: None, model: None });
            } else {
                out.push(event);
                return;
            }
        }
        match event {
            // A second start: the first one stands.
            Event::Start { .. } => {}
            Event::PartStart { choice, part, kind } => self.start_part(choice, part, kind, out),
            Event::Delta { part, delta } => self.delta(part, delta, out),
            Event::PartEnd { part } => {
                if self.open.remove(&part).is_some() {
                    out.push(Event::PartEnd { part });
                }
            }
            Event::Stop { choice, reason } => {
                self.choices.insert(choice);
                if self.stopped.insert(choice) {
                    self.close_parts(choice, out);
                    out.push(Event::Stop { choice, reason });
                }
            }
            Event::Usage(usage) => self.usage = Some(usage),
            Event::Failed(failure) => self.fail(failure, out),
        }
    }

    /// The upstream has ended: gives what waited, or the failure of an answer without an end.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        if self.failed {
            return;
        }
        if self.stopped.is_empty() || self.choices.difference(&self.stopped).next().is_some() {
            let words = "the answer ended before it was complete";
            self.fail(Failure::new(FailureClass::UpstreamBadResponse, words), out);
            return;
        }
        out.extend(self.usage.take().map(Event::Usage));
    }

    fn start_part(&mut self, choice: u32, part: u32, kind: PartKind, out: &mut Vec<Event>) {
        if self.stopped.contains(&choice) {
            return;
        }
        if part >= MAX_PARTS {
            let words = "the answer has too many parts";
            self.fail(Failure::new(FailureClass::UpstreamBadResponse, words), out);
            return;
        }
        if self.seen.insert(part) {
            self.choices.insert(choice);
            self.open.insert(part, choice);
            out.push(Event::PartStart { choice, part, kind });
        }
    }

    fn delta(&mut self, part: u32, delta: Delta, out: &mut Vec<Event>) {
        let (Delta::Text(more) | Delta::Arguments(more)) = &delta;
        if more.is_empty() {
            return;
        }
        if !self.seen.contains(&part) {
            match delta {
                Delta::Text(_) => self.start_part(0, part, PartKind::Text, out),
                Delta::Arguments(_) => {
                    let words = "arguments of a tool call that never began";
                    self.fail(Failure::new(FailureClass::UpstreamBadResponse, words), out);
                    return;
                }
            }
        }
        if self.open.contains_key(&part) {
            out.push(Event::Delta { part, delta });
        }
    }

    fn close_parts(&mut self, choice: u32, out: &mut Vec<Event>) {
        let closing: Vec<u32> =
            self.open.iter().filter(|(_, of)| **of == choice).map(|(part, _)| *part).collect();
        for part in closing {
            self.open.remove(&part);
            out.push(Event::PartEnd { part });
        }
    }

    fn fail(&mut self, failure: Failure, out: &mut Vec<Event>) {
        self.failed = true;
        out.push(Event::Failed(failure));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::StopReason;

    fn order(events: Vec<Event>) -> Vec<Event> {
        let (mut order, mut out) = (Order::default(), Vec::new());
        for event in events {
            order.push(event, &mut out);
        }
        order.finish(&mut out);
        out
    }

    fn text(part: u32, text: &str) -> Event {
        Event::Delta { part, delta: Delta::Text(text.to_owned()) }
    }

    fn stop() -> Event {
        Event::Stop { choice: 0, reason: StopReason::Done }
    }

    #[test]
    fn what_is_missing_is_added_and_what_is_late_is_dropped() {
        let usage = Usage { input: 1, ..Usage::default() };
        let out = order(vec![Event::Usage(usage), text(0, "a"), stop(), stop(), text(0, "late")]);
        assert_eq!(
            out,
            [
                Event::Start { id: None, model: None },
                Event::PartStart { choice: 0, part: 0, kind: PartKind::Text },
                text(0, "a"),
                Event::PartEnd { part: 0 },
                stop(),
                Event::Usage(usage),
            ]
        );
    }

    #[test]
    fn an_end_without_a_stop_is_a_failure() {
        let out = order(vec![text(0, "a")]);
        assert!(matches!(out.last(), Some(Event::Failed(_))));
    }

    #[test]
    fn arguments_of_no_call_are_a_failure_and_nothing_follows() {
        let delta = Delta::Arguments("{".to_owned());
        let out = order(vec![Event::Delta { part: 3, delta }, text(0, "a"), stop()]);
        assert_eq!(out.len(), 2);
        assert!(matches!(out[1], Event::Failed(_)));
    }
}
