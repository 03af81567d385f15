//! One emulated turn: the events of a page's answer in, those of an answer with calls, or of the
//! asked form, out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    instruct, judge,
    plan::{Plan, Repair},
    sieve::{MAX_CALL_BYTES, Sieve, Sifted},
};
use crate::chat::{
    Delta, Event, Failure, FailureClass, OutputFormat, PartKind, StopReason, ToolChoice,
};

/// The most of an answer that its repair shows to the model.
const MAX_SHOWN: usize = 64 << 10;

/// The longest answer that is held back until its form is known to be right.
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// How a turn ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The answer is whole.
    Whole,
    /// One more turn is needed; the next events are its answer's.
    Again(Repair),
}

/// An answer in progress.
#[derive(Debug)]
pub struct Turn {
    plan: Plan,
    /// What the ids of calls begin with.
    ids: String,
    sieve: Sieve,
    /// An answer that must be JSON, until it is whole.
    answer: String,
    /// The text as the model wrote it, as far as a repair shows it.
    shown: String,
    /// What is wrong with calls.
    wrongs: Vec<String>,
    calls: u32,
    stop: StopReason,
    /// The page's own word for it.
    native: Option<String>,
    /// What a repair mends, and how many calls there were before it.
    repairing: Option<(FailureClass, u32)>,
    /// Number of the next part.
    next: u32,
    text: Option<u32>,
    /// Parts that are not text, by the page's number.
    others: BTreeMap<u32, u32>,
    ignored: BTreeSet<u32>,
}

impl Turn {
    /// A turn; the ids of its calls begin with `ids`, which nothing else may have.
    #[must_use]
    pub fn new(plan: Plan, ids: String) -> Self {
        let sieve = sieve(&plan);
        Self {
            plan,
            ids,
            sieve,
            answer: String::new(),
            shown: String::new(),
            wrongs: Vec::new(),
            calls: 0,
            stop: StopReason::Done,
            native: None,
            repairing: None,
            next: 0,
            text: None,
            others: BTreeMap::new(),
            ignored: BTreeSet::new(),
        }
    }

    /// The next event of the page's answer.
    ///
    /// # Errors
    /// `answer_too_large` for a call or an answer that is too long to be held back.
    pub fn push(&mut self, event: Event, out: &mut Vec<Event>) -> Result<(), Failure> {
        match event {
            Event::Start { .. } if self.repairing.is_some() => {}
            Event::PartStart { kind: PartKind::Text, .. } => {}
            // The page calls by itself: the function is of those that it was given.
            Event::PartStart { part, kind: PartKind::ToolCall { .. }, .. } if self.is_full() => {
                self.ignored.insert(part);
            }
            Event::PartStart { choice, part, kind: PartKind::ToolCall { name, .. } } => {
                self.end_text(out);
                let number = self.number();
                self.others.insert(part, number);
                let id = self.next_id();
                let kind = PartKind::ToolCall { id, name };
                out.push(Event::PartStart { choice, part: number, kind });
            }
            Event::PartStart { part, .. } if self.repairing.is_some() => {
                self.ignored.insert(part);
            }
            Event::PartStart { choice, part, kind } => {
                let number = self.number();
                self.others.insert(part, number);
                out.push(Event::PartStart { choice, part: number, kind });
            }
            Event::Delta { part, delta } => match (self.others.get(&part), delta) {
                (Some(number), delta) => out.push(Event::Delta { part: *number, delta }),
                (None, Delta::Text(text)) if !self.ignored.contains(&part) => {
                    return self.read(&text, out);
                }
                (None, _) => {}
            },
            Event::PartEnd { part } => {
                if let Some(number) = self.others.remove(&part) {
                    out.push(Event::PartEnd { part: number });
                }
            }
            Event::Stop { reason, native, .. } => (self.stop, self.native) = (reason, native),
            Event::Usage(_) => {}
            Event::Start { .. } | Event::Failed(_) => out.push(event),
        }
        Ok(())
    }

    /// The page's answer has ended.
    ///
    /// # Errors
    /// `tool_call_invalid` or `output_invalid` where the repair did not help either.
    pub fn end(&mut self, out: &mut Vec<Event>) -> Result<Ending, Failure> {
        let mut sifted = Vec::new();
        self.sieve.finish(&mut sifted).map_err(|_| too_long())?;
        self.take(sifted, out);
        if self.is_full() {
            self.wrongs.clear();
        }
        if self.wrongs.is_empty() && self.lacks_a_call() {
            self.wrongs.push("it holds no call, and it must hold one".to_owned());
        }
        let mut class = FailureClass::ToolCallInvalid;
        if self.wrongs.is_empty() && self.calls == 0 && self.plan.output != OutputFormat::Text {
            match judge::answer(&self.plan.output, &self.answer) {
                Ok(json) => self.say(json, out),
                Err(wrong) => {
                    class = FailureClass::OutputInvalid;
                    self.wrongs.push(wrong);
                }
            }
        }
        if !self.wrongs.is_empty() {
            return self.repair(class);
        }
        self.end_text(out);
        let reason = match self.calls {
            0 => self.stop.clone(),
            _ => StopReason::ToolCalls,
        };
        out.push(Event::Stop { choice: 0, reason, native: self.native.take() });
        Ok(Ending::Whole)
    }

    fn repair(&mut self, class: FailureClass) -> Result<Ending, Failure> {
        let wrongs = std::mem::take(&mut self.wrongs);
        let of_calls = class == FailureClass::ToolCallInvalid;
        if self.repairing.is_some() {
            let what = if of_calls {
                "the model did not write a tool call that can be carried out"
            } else {
                "the model did not answer in the form that `response_format` asks for"
            };
            let words =
                format!("{what}, not when told what was wrong either: {}", wrongs.join("; "));
            let field = if of_calls { "tools" } else { "response_format" };
            return Err(Failure::new(class, words).with_param(field));
        }
        let words = instruct::repair(&self.plan, &wrongs, of_calls);
        let answer = std::mem::take(&mut self.shown);
        self.repairing = Some((class, self.calls));
        self.sieve = sieve(&self.plan);
        self.answer.clear();
        self.others.clear();
        Ok(Ending::Again(Repair { answer, words }))
    }

    /// Whether there is no call where one must be: the client asked for one, or a repair did.
    fn lacks_a_call(&self) -> bool {
        match self.repairing {
            Some((FailureClass::ToolCallInvalid, before)) => self.calls == before,
            _ => {
                let choice = &self.plan.choice;
                let must = matches!(choice, ToolChoice::Required | ToolChoice::Named(_));
                must && !self.plan.tools.is_empty() && self.calls == 0
            }
        }
    }

    fn read(&mut self, text: &str, out: &mut Vec<Event>) -> Result<(), Failure> {
        let left = MAX_SHOWN.saturating_sub(self.shown.len());
        self.shown.push_str(&text[..text.floor_char_boundary(left.min(text.len()))]);
        if self.plan.tools.is_empty() {
            self.answer.push_str(text);
        } else {
            let mut sifted = Vec::new();
            self.sieve.push(text, &mut sifted).map_err(|_| too_long())?;
            self.take(sifted, out);
        }
        if self.answer.len() > MAX_ANSWER_BYTES {
            return Err(too_long());
        }
        Ok(())
    }

    fn take(&mut self, sifted: Vec<Sifted>, out: &mut Vec<Event>) {
        for sifted in sifted {
            match sifted {
                Sifted::Text(text) if self.plan.output != OutputFormat::Text => {
                    self.answer.push_str(&text);
                }
                // The first answer's words stand; a repair is asked for its calls alone.
                Sifted::Text(_) if self.repairing.is_some() => {}
                Sifted::Text(text) => self.say(text, out),
                Sifted::Calls(calls) => {
                    for written in calls {
                        match judge::call(&self.plan, written) {
                            _ if self.is_full() => {}
                            Ok(sound) => self.call(sound, out),
                            Err(wrong) => self.wrongs.push(wrong),
                        }
                    }
                }
                Sifted::Broken { .. } if self.is_full() => {}
                Sifted::Broken { why, .. } => self.wrongs.push(why),
            }
        }
    }

    /// Whether no further call may come.
    fn is_full(&self) -> bool {
        !self.plan.parallel && self.calls > 0
    }

    fn say(&mut self, text: String, out: &mut Vec<Event>) {
        let part = match self.text {
            Some(part) => part,
            None => {
                let part = self.number();
                self.text = Some(part);
                out.push(Event::PartStart { choice: 0, part, kind: PartKind::Text });
                part
            }
        };
        out.push(Event::Delta { part, delta: Delta::Text(text) });
    }

    fn end_text(&mut self, out: &mut Vec<Event>) {
        out.extend(self.text.take().map(|part| Event::PartEnd { part }));
    }

    fn call(&mut self, call: judge::Sound, out: &mut Vec<Event>) {
        self.end_text(out);
        let part = self.number();
        let kind = PartKind::ToolCall { id: self.next_id(), name: call.name };
        out.push(Event::PartStart { choice: 0, part, kind });
        out.push(Event::Delta { part, delta: Delta::Arguments(call.arguments) });
        out.push(Event::PartEnd { part });
    }

    fn next_id(&mut self) -> String {
        let id = format!("{}{}", self.ids, self.calls);
        self.calls += 1;
        id
    }

    fn number(&mut self) -> u32 {
        let number = self.next;
        self.next += 1;
        number
    }
}

fn sieve(plan: &Plan) -> Sieve {
    Sieve::new(plan.tools.iter().map(|tool| tool.name.clone()).collect())
}

fn too_long() -> Failure {
    let words = format!("a tool call may have {MAX_CALL_BYTES} bytes");
    Failure::new(FailureClass::AnswerTooLarge, words)
}
