//! The grammar of events, as a checker: what an encoder may rely on.

use std::collections::{BTreeMap, BTreeSet};

use tabway_dialects::chat::{Delta, Event, PartKind};

/// Says which rule the events break, where they break one.
pub fn check(events: &[Event]) -> Result<(), String> {
    let mut state = Checker::default();
    for (at, event) in events.iter().enumerate() {
        state.take(event).map_err(|rule| format!("event {at}, {event:?}: {rule}"))?;
    }
    state.end()
}

#[derive(Default)]
struct Checker {
    started: bool,
    failed: bool,
    usage: bool,
    parts: u32,
    /// Open parts: the choice, and whether it is a call.
    open: BTreeMap<u32, (u32, bool)>,
    begun: BTreeSet<u32>,
    stopped: BTreeSet<u32>,
}

impl Checker {
    fn take(&mut self, event: &Event) -> Result<(), &'static str> {
        let rule = |holds: bool, rule: &'static str| if holds { Ok(()) } else { Err(rule) };
        rule(!self.failed, "nothing follows a failure")?;
        rule(!self.usage, "nothing follows the usage")?;
        let in_place = self.started != matches!(event, Event::Start { .. });
        rule(in_place || matches!(event, Event::Failed(_)), "one start, before all but a failure")?;
        self.started = true;
        match event {
            Event::Start { .. } => {}
            Event::PartStart { choice, part, kind } => {
                rule(*part == self.parts, "parts are numbered in order of appearance")?;
                rule(!self.stopped.contains(choice), "a choice that stopped has no more parts")?;
                self.parts += 1;
                self.begun.insert(*choice);
                let is_call = matches!(kind, PartKind::ToolCall { .. });
                self.open.insert(*part, (*choice, is_call));
            }
            Event::Delta { part, delta } => {
                let (_, is_call) = *self.open.get(part).ok_or("a delta needs an open part")?;
                match delta {
                    Delta::Text(text) => rule(!is_call && !text.is_empty(), "text, some")?,
                    Delta::Arguments(text) => rule(is_call && !text.is_empty(), "arguments, some")?,
                    Delta::State(_) => {}
                }
            }
            Event::PartEnd { part } => {
                rule(self.open.remove(part).is_some(), "a part ends once")?;
            }
            Event::Stop { choice, .. } => {
                rule(self.stopped.insert(*choice), "a choice stops once")?;
                let closed = self.open.values().all(|(of, _)| of != choice);
                rule(closed, "a choice stops after its parts")?;
            }
            Event::Usage(_) => {
                rule(!self.stopped.is_empty(), "usage comes after a stop")?;
                rule(self.begun.is_subset(&self.stopped), "usage comes after every stop")?;
                self.usage = true;
            }
            Event::Failed(_) => self.failed = true,
        }
        Ok(())
    }

    fn end(&self) -> Result<(), String> {
        let whole = !self.stopped.is_empty() && self.begun.is_subset(&self.stopped);
        if self.failed || whole { Ok(()) } else { Err("the end comes too early".to_owned()) }
    }
}
