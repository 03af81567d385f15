//! Makes a sloppy stream follow the grammar of [`Event`], once for all dialects.

use std::collections::{BTreeMap, BTreeSet};

use crate::chat::{Delta, Event, Failure, FailureClass, PartKind, Usage};

/// The most parts of one answer: more is a fault, not an answer.
const MAX_PARTS: usize = 10_000;

/// Puts events in order: what is missing is added (a start, a part's start or end), what comes
/// twice or too late is dropped, usage waits for the end, and what cannot be is a failure.
#[derive(Debug, Default)]
pub struct Order {
    started: bool,
    failed: bool,
    /// Parts by the decoder's number.
    parts: BTreeMap<u32, Part>,
    /// How many parts were given out.
    given: u32,
    choices: BTreeSet<u32>,
    stopped: BTreeSet<u32>,
    usage: Option<Usage>,
}

#[derive(Debug)]
struct Part {
    /// The number that it has in the grammar: decoders may count as they like.
    number: u32,
    choice: u32,
    is_call: bool,
    open: bool,
}

impl Order {
    /// Takes an event and gives the events that may follow now.
    pub fn push(&mut self, event: Event, out: &mut Vec<Event>) {
        if self.failed {
            return;
        }
        match event {
            Event::Start { .. } if !self.started => {
                self.started = true;
                out.push(event);
                return;
            }
            // Neither begins an answer: usage waits, and a failure may be all there is.
            Event::Usage(_) | Event::Failed(_) => {}
            _ if !self.started => {
                self.started = true;
                out.push(Event::Start { id: None, model: None });
            }
            _ => {}
        }
        match event {
            // A second start: the first one stands.
            Event::Start { .. } => {}
            Event::PartStart { choice, part, kind } => self.start_part(choice, part, kind, out),
            Event::Delta { part, delta } => self.delta(part, delta, out),
            Event::PartEnd { part } => {
                if let Some(part) = self.parts.get_mut(&part).filter(|part| part.open) {
                    part.open = false;
                    out.push(Event::PartEnd { part: part.number });
                }
            }
            Event::Stop { choice, reason, native } => {
                self.choices.insert(choice);
                if self.stopped.insert(choice) {
                    self.close_parts(choice, out);
                    out.push(Event::Stop { choice, reason, native });
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
            self.impossible("the answer ended before it was complete", out);
            return;
        }
        out.extend(self.usage.take().map(Event::Usage));
    }

    fn start_part(&mut self, choice: u32, part: u32, kind: PartKind, out: &mut Vec<Event>) {
        if self.parts.contains_key(&part) {
            return;
        }
        if self.parts.len() >= MAX_PARTS {
            self.impossible("the answer has too many parts", out);
            return;
        }
        // A late part is remembered too, so that its deltas are dropped with it.
        let open = !self.stopped.contains(&choice);
        let number = self.given;
        let is_call = matches!(kind, PartKind::ToolCall { .. });
        self.parts.insert(part, Part { number, choice, is_call, open });
        if open {
            self.given += 1;
            self.choices.insert(choice);
            out.push(Event::PartStart { choice, part: number, kind });
        }
    }

    fn delta(&mut self, part: u32, delta: Delta, out: &mut Vec<Event>) {
        let empty = matches!(&delta, Delta::Text(more) | Delta::Arguments(more) if more.is_empty());
        if empty {
            return;
        }
        if !self.parts.contains_key(&part) {
            match delta {
                Delta::Text(_) => self.start_part(0, part, PartKind::Text, out),
                Delta::Arguments(_) | Delta::State(_) => {
                    self.impossible("more of a part that never began", out);
                    return;
                }
            }
        }
        // Without an open part it came after the part's end, and is dropped.
        let Some(part) = self.parts.get(&part).filter(|part| part.open) else { return };
        match (&delta, part.is_call) {
            (Delta::Text(_), false) | (Delta::Arguments(_), true) | (Delta::State(_), _) => {
                out.push(Event::Delta { part: part.number, delta });
            }
            _ => self.impossible("text and arguments in one part", out),
        }
    }

    fn close_parts(&mut self, choice: u32, out: &mut Vec<Event>) {
        for part in self.parts.values_mut().filter(|part| part.choice == choice && part.open) {
            part.open = false;
            out.push(Event::PartEnd { part: part.number });
        }
    }

    fn impossible(&mut self, words: &str, out: &mut Vec<Event>) {
        self.fail(Failure::new(FailureClass::UpstreamBadResponse, words), out);
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
        Event::Stop { choice: 0, reason: StopReason::Done, native: None }
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

    #[test]
    fn a_late_part_does_not_leak_into_another_choice() {
        let start = |choice, part| Event::PartStart { choice, part, kind: PartKind::Text };
        let stop = |choice| Event::Stop { choice, reason: StopReason::Done, native: None };
        let out = order(vec![
            start(0, 0),
            start(1, 1),
            stop(1),
            start(1, 2),
            text(2, "late"),
            text(0, "a"),
            stop(0),
        ]);
        assert!(!out.contains(&text(2, "late")), "{out:?}");
        assert_eq!(out.last(), Some(&stop(0)));
    }

    #[test]
    fn a_part_holds_text_or_arguments_but_not_both() {
        let delta = Delta::Arguments("{".to_owned());
        let out = order(vec![text(0, "a"), Event::Delta { part: 0, delta }]);
        assert!(matches!(out.last(), Some(Event::Failed(_))));
    }

    #[test]
    fn parts_are_numbered_in_order_of_appearance() {
        let out = order(vec![text(7, "a"), text(3, "b"), text(7, "c"), stop()]);
        let [_, _, a, _, b, c, ..] = &out[..] else { panic!("{out:?}") };
        assert_eq!([a, b, c], [&text(0, "a"), &text(1, "b"), &text(0, "c")]);
    }
}
