//! An answer that is read again from its conversation after its page was lost: what the client has of
//! it already must be how it begins, and only the rest is passed on.

use std::time::Duration;

use tabway_dialects::{
    chat::{Delta, Event, Failure, FailureClass, PartKind},
    site_chat::{DecoderSpec, DomSpec, TurnDecoder},
};
use tabway_protocol::adapter::Adapter;
use tokio::time::Instant;

use super::answer::PageAnswer;
use crate::{
    call::choice::Choice,
    nodes::{JobOrder, LostTurn},
};

/// How long a client waits for the browser and the page of its turn to come back.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a client that asks again after a restart waits: the tab may be busy with its answer.
pub(super) const LEFT_PATIENCE: Duration = Duration::from_secs(300);

/// How long the page may take to show the conversation again.
pub(super) const OPENING: Duration = Duration::from_secs(60);

/// How often the page of one answer may be lost.
const MOST: u8 = 3;

/// A number that no decoder gives a part.
const NEW_PART: u32 = u32::MAX;

/// How an answer is read again.
#[derive(Debug, Default)]
pub(super) struct Harvests {
    /// The turn that was lost first: the one that typed.
    lost: Option<LostTurn>,
    count: u8,
    /// What was heard before counts.
    pub(super) heard: Heard,
    rest: Option<Rest>,
}

impl Harvests {
    /// The answer of an earlier life's turn is read from the beginning.
    pub(super) fn of(lost: LostTurn) -> Self {
        Self { lost: Some(lost), count: 1, ..Self::default() }
    }

    /// Whether it is being read again.
    pub(super) fn has_begun(&self) -> bool {
        self.lost.is_some()
    }

    /// Whether a turn that failed so is to be read: nobody knows what became of it, or the page in
    /// which it was read is gone, too.
    pub(super) fn is_for(&self, class: FailureClass) -> bool {
        use FailureClass as C;
        class == C::OutcomeUnknown
            || self.has_begun() && matches!(class, C::NodeLost | C::HumanBusy)
    }

    /// What of the decoder's events is new to the client.
    pub(super) fn pass(&mut self, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let events = match &mut self.rest {
            Some(rest) => rest.pass(events)?,
            None => events,
        };
        self.heard.push(&events);
        Ok(events)
    }
}

impl PageAnswer {
    /// The page that took the prompt is gone: its answer is read where the conversation is.
    pub(super) async fn harvest(&mut self, lost: Failure) -> Result<(), Failure> {
        let again = &self.again;
        let choice = Choice::of(&again.site.adapter, &again.model);
        if self.harvests.count == MOST || choice.answers() > 1 {
            return Err(lost);
        }
        let of = LostTurn { job: self.id, node: self.node, lane: self.lane };
        let of = *self.harvests.lost.get_or_insert(of);
        self.harvests.count += 1;
        let left = self.deadline.saturating_duration_since(Instant::now());
        let order = JobOrder {
            request: Some(again.request),
            key: again.key.clone(),
            harvest: Some(of),
            wait: PATIENCE.min(left),
            accept: OPENING,
            total: left,
            ..JobOrder::new(&again.site.name, &*again.model, "")
        };
        tracing::info!(request = %again.request, job = %of.job, "the answer is read again: {}", lost.message);
        let job = self.app.nodes.start(order).await?;
        self.decoder = decoder(&again.site.adapter, &choice);
        self.meter.hear_anew();
        self.harvests.rest = self.harvests.heard.go_on();
        self.first_token = Instant::now() + again.patience.max(OPENING);
        (self.id, self.node, self.lane) = (job.id(), job.node(), job.lane());
        if let Some(conversation) = &mut self.conversation {
            conversation.begins(&job);
        }
        self.job = Some(job);
        Ok(())
    }
}

/// For what the page shows, whatever it is that the adapter reads else.
pub(super) fn decoder(adapter: &Adapter, choice: &Choice<'_>) -> TurnDecoder {
    let shown = match &adapter.answer {
        DecoderSpec::Dom(spec) => spec.clone(),
        _ => DomSpec::default(),
    };
    TurnDecoder::new(&DecoderSpec::Dom(shown), choice.sides(), !adapter.media.is_empty())
}

/// A failure of the harvest leaves unknown what became of the turn.
pub(super) fn unknown(failure: Failure) -> Failure {
    match failure.class {
        FailureClass::OutcomeUnknown | FailureClass::Cancelled => failure,
        _ => Failure::new(FailureClass::OutcomeUnknown, failure.message),
    }
}

/// What was heard of an answer.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Whether anything was.
    some: bool,
    text: String,
    /// The decoder's number of the last part of text.
    part: Option<u32>,
}

impl Heard {
    /// Takes the decoder's events.
    pub(super) fn push(&mut self, events: &[Event]) {
        for event in events {
            self.some |= matches!(event, Event::PartStart { .. });
            match event {
                Event::PartStart { choice: 0, part, kind: PartKind::Text } => {
                    self.part = Some(*part);
                }
                Event::Delta { delta: Delta::Text(text), part } if self.part == Some(*part) => {
                    self.text.push_str(text);
                }
                _ => {}
            }
        }
    }

    /// The harvest goes on from here; all of it is new where nothing was heard.
    fn go_on(&self) -> Option<Rest> {
        self.some.then(|| Rest::new(&self.text, self.part))
    }
}

/// The rest of an answer whose beginning was heard.
#[derive(Debug)]
struct Rest {
    /// What must come again, without marks and spaces.
    known: Vec<char>,
    at: usize,
    /// Marks and spaces after it that were heard, too.
    tail: Vec<char>,
    /// The part of text that goes on, or is yet to begin.
    part: Option<u32>,
    /// The harvest's own parts of text.
    texts: Vec<u32>,
}

impl Rest {
    fn new(text: &str, part: Option<u32>) -> Self {
        let end = text
            .rfind(|c| !is_mark(c))
            .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
        Self {
            known: text.chars().filter(|c| !is_mark(*c)).collect(),
            at: 0,
            tail: text[end..].chars().rev().collect(),
            part,
            texts: Vec::new(),
        }
    }

    /// What of the harvest's events goes on to the client.
    fn pass(&mut self, events: Vec<Event>) -> Result<Vec<Event>, Failure> {
        let mut out = Vec::with_capacity(events.len());
        for event in events {
            match event {
                Event::PartStart { choice: 0, part, kind: PartKind::Text } => self.texts.push(part),
                Event::Delta { part, delta: Delta::Text(text) } if self.texts.contains(&part) => {
                    let rest = self.rest_of(&text)?;
                    if !rest.is_empty() {
                        self.say(rest, &mut out);
                    }
                }
                // Reasoning was heard before the answer, or is of no use after its beginning.
                Event::PartStart { .. } | Event::Delta { .. } | Event::PartEnd { .. } => {}
                Event::Stop { .. } if self.at < self.known.len() => return Err(other()),
                event => out.push(event),
            }
        }
        Ok(out)
    }

    fn say(&mut self, text: String, out: &mut Vec<Event>) {
        let part = *self.part.get_or_insert_with(|| {
            out.push(Event::PartStart { choice: 0, part: NEW_PART, kind: PartKind::Text });
            NEW_PART
        });
        out.push(Event::Delta { part, delta: Delta::Text(text) });
    }

    fn rest_of(&mut self, text: &str) -> Result<String, Failure> {
        let mut rest = String::new();
        for c in text.chars() {
            if let Some(known) = self.known.get(self.at) {
                if is_mark(c) {
                    continue;
                }
                if c != *known {
                    return Err(other());
                }
                self.at += 1;
            } else if self.tail.last() == Some(&c) {
                self.tail.pop();
            } else {
                self.tail.clear();
                rest.push(c);
            }
        }
        Ok(rest)
    }
}

/// Spaces and the marks of Markdown: the page's stream and what the page shows differ in them.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || "*_`#>-+~\\|".contains(c)
}

fn other() -> Failure {
    let words = "the page shows another answer than the one that was begun";
    Failure::new(FailureClass::OutcomeUnknown, words)
}

#[cfg(test)]
mod tests {
    use tabway_dialects::chat::StopReason;

    use super::*;

    fn said(part: u32, text: &str) -> Vec<Event> {
        let start = Event::PartStart { choice: 0, part, kind: PartKind::Text };
        vec![start, Event::Delta { part, delta: Delta::Text(text.to_owned()) }]
    }

    fn text_of(events: &[Event]) -> String {
        let text = |event: &Event| match event {
            Event::Delta { delta: Delta::Text(text), .. } => Some(text.clone()),
            _ => None,
        };
        events.iter().filter_map(text).collect()
    }

    fn rest(heard: &str, harvested: &[&str]) -> Result<String, Failure> {
        let mut before = Heard::default();
        before.push(&said(3, heard));
        let mut rest = before.go_on().unwrap();
        let mut out = rest.pass(said(0, ""))?;
        for piece in harvested {
            let delta = Delta::Text((*piece).to_owned());
            out.extend(rest.pass(vec![Event::Delta { part: 0, delta }])?);
        }
        out.extend(rest.pass(vec![Event::Stop {
            choice: 0,
            reason: StopReason::Done,
            native: None,
        }])?);
        Ok(text_of(&out))
    }

    #[test]
    fn only_what_was_not_heard_is_said() {
        for (heard, harvested, expected) in [
            ("one two", &["one two three"][..], " three"),
            ("one two ", &["one", " two", " three"], "three"),
            ("**one** t", &["one two"], "wo"),
            ("- one\n- two\n", &["* one\n", "* two\n", "* three\n"], "* three\n"),
            ("all of it", &["all of it"], ""),
            ("h\u{e9}", &["h\u{e9}llo"], "llo"),
        ] {
            assert_eq!(rest(heard, harvested).unwrap(), expected, "{heard:?}");
        }
    }

    #[test]
    fn another_answer_or_a_shorter_one_is_no_rest() {
        for (heard, harvested) in [("one two", "one four"), ("one two three", "one two")] {
            let failure = rest(heard, &[harvested]).unwrap_err();
            assert_eq!(failure.class, FailureClass::OutcomeUnknown);
        }
    }

    #[test]
    fn it_goes_on_in_the_part_that_was_begun_and_begins_one_where_none_was() {
        let mut before = Heard::default();
        before.push(&said(3, "one"));
        let out = before.go_on().unwrap().pass(said(0, "one two")).unwrap();
        let delta = |part, text: &str| Event::Delta { part, delta: Delta::Text(text.to_owned()) };
        assert_eq!(out, [delta(3, " two")]);
        assert!(Heard::default().go_on().is_none(), "all of it is new");
        let mut thought = Heard::default();
        thought.push(&[Event::PartStart { choice: 0, part: 0, kind: PartKind::Reasoning }]);
        let out = thought.go_on().unwrap().pass(said(0, "one")).unwrap();
        let start = Event::PartStart { choice: 0, part: NEW_PART, kind: PartKind::Text };
        assert_eq!(out, [start, delta(NEW_PART, "one")]);
    }
}
