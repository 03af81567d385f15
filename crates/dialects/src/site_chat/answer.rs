//! The answers of a turn as they grow: text, reasoning, an end; always in the grammar's order.

use std::collections::BTreeMap;

use super::address::in_markdown;
use crate::chat::{Delta, Event, Failure, FailureClass, PartKind, StopReason};

/// The most that is said in one turn, in bytes; what a page rewrites is said again and counts again.
const MAX_TEXT_BYTES: usize = 16 << 20;

/// The most pictures of one answer.
const MAX_IMAGES: usize = 256;

/// Which answers of a page that gives several to one prompt are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sides {
    /// All, each as the choice that it is.
    #[default]
    Both,
    /// One alone, by its number from 0; it becomes choice 0.
    One(u8),
}

/// One of an answer's two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Voice {
    Text,
    Reasoning,
}

/// Writes the events of one turn.
#[derive(Debug, Default)]
pub(super) struct Answer {
    sides: Sides,
    /// Choices that must end before the turn is complete.
    expected: Vec<u8>,
    started: bool,
    complete: bool,
    /// Number of the next part.
    next: u32,
    choices: BTreeMap<u8, Choice>,
    reply_id: Option<String>,
    model: Option<String>,
    /// Bytes and characters said.
    bytes: usize,
    chars: u64,
    rewritten: bool,
    /// Calls of functions so far, and whether nobody has given the page any.
    calls: u32,
    without_calls: bool,
}

#[derive(Debug, Default)]
struct Choice {
    open: Option<(Voice, u32)>,
    text: String,
    reasoning: String,
    /// Addresses of the pictures that were said.
    images: Vec<String>,
    stopped: bool,
}

impl Answer {
    /// Of the answers that a page may give, those that are wanted.
    pub(super) fn new(sides: Sides, mut expected: Vec<u8>) -> Self {
        expected.retain(|choice| sides.want(*choice));
        Self { sides, expected, ..Self::default() }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.complete
    }

    pub(super) fn was_rewritten(&self) -> bool {
        self.rewritten
    }

    pub(super) fn chars(&self) -> u64 {
        self.chars
    }

    /// Whether anybody wants this choice, or anything that concerns all of them.
    pub(super) fn wants(&self, choice: Option<u8>) -> bool {
        choice.is_none_or(|choice| self.sides.want(choice))
    }

    /// What the site calls the reply and the model; only what is known before the first text counts.
    pub(super) fn name(&mut self, reply_id: Option<&str>, model: Option<&str>) {
        let short = |name: Option<&str>| name.filter(|name| name.len() <= 256).map(str::to_owned);
        if !self.started {
            self.reply_id = self.reply_id.take().or_else(|| short(reply_id));
            self.model = self.model.take().or_else(|| short(model));
        }
    }

    /// More of a voice.
    pub(super) fn more(
        &mut self,
        choice: u8,
        voice: Voice,
        more: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if more.is_empty() || !self.is_open(choice) {
            return Ok(());
        }
        if self.bytes + more.len() > MAX_TEXT_BYTES {
            let words = "the page's answer is too long";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        self.choices.entry(choice).or_default().said(voice).push_str(more);
        self.say(choice, voice, more.to_owned(), out);
        Ok(())
    }

    /// All of a voice so far; what is new is the difference. Where the page rewrote what was said
    /// already, the rest after the common beginning is said, and the rewrite is remembered.
    pub(super) fn all(
        &mut self,
        choice: u8,
        voice: Voice,
        all: &str,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        // Nothing at all does not make an answer begin.
        if !self.is_open(choice) || (all.is_empty() && !self.choices.contains_key(&choice)) {
            return Ok(());
        }
        let said = self.choices.entry(choice).or_default().said(voice);
        // The way of every event but a rewrite: compared as memory, not byte for byte.
        if let Some(more) = all.strip_prefix(said.as_str()) {
            return self.more(choice, voice, more, out);
        }
        let same = common_prefix(said, all);
        self.rewritten = true;
        // A shorter text takes nothing back: what was said is said.
        if same == all.len() {
            return Ok(());
        }
        said.truncate(same);
        self.more(choice, voice, &all[same..], out)
    }

    /// The page changed what had been said.
    pub(super) fn note_rewrite(&mut self) {
        self.rewritten = true;
    }

    /// A picture by its address, as Markdown, once. Only `https` is passed on: anything else would
    /// make a client open what the page chose on its own machine.
    pub(super) fn image(&mut self, choice: u8, address: &str, out: &mut Vec<Event>) {
        let Some(address) = safe_address(address).filter(|_| self.is_open(choice)) else { return };
        let known = self.choices.entry(choice).or_default();
        if known.images.len() >= MAX_IMAGES || known.images.contains(&address) {
            return;
        }
        let gap = if known.text.is_empty() && known.images.is_empty() { "" } else { "\n\n" };
        let markdown = format!("{gap}![]({address})\n\n");
        known.images.push(address);
        self.say(choice, Voice::Text, markdown, out);
    }

    /// Calls are nobody's: a page may have functions of its human's own.
    pub(super) fn ignore_calls(&mut self) {
        self.without_calls = true;
    }

    /// A call of one of the client's functions, whole. Its id counts the calls of the turn.
    pub(super) fn call(
        &mut self,
        name: String,
        arguments: String,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if self.without_calls || !self.is_open(0) {
            return Ok(());
        }
        if self.bytes + arguments.len() > MAX_TEXT_BYTES {
            let words = "the page's answer is too long";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        self.begin(out);
        self.close(0, out);
        self.choices.entry(0).or_default();
        let (part, id) = (self.next, self.calls.to_string());
        self.next += 1;
        self.calls += 1;
        self.bytes += arguments.len();
        self.chars += u64::try_from(arguments.chars().count()).unwrap_or(u64::MAX);
        let kind = PartKind::ToolCall { id, name };
        out.push(Event::PartStart { choice: self.sides.number(0), part, kind });
        out.push(Event::Delta { part, delta: Delta::Arguments(arguments) });
        out.push(Event::PartEnd { part });
        Ok(())
    }

    /// A choice is complete, and the site's word for it where it has one. Once; a second end says
    /// nothing.
    pub(super) fn stop(
        &mut self,
        choice: u8,
        (reason, native): (StopReason, Option<&str>),
        out: &mut Vec<Event>,
    ) {
        if !self.is_open(choice) {
            return;
        }
        self.begin(out);
        self.close(choice, out);
        self.choices.entry(choice).or_default().stopped = true;
        let native = native.map(str::to_owned);
        let reason = match reason {
            StopReason::Done if self.calls > 0 => StopReason::ToolCalls,
            reason => reason,
        };
        out.push(Event::Stop { choice: self.sides.number(choice), reason, native });
        let ended = |choice| self.choices.get(choice).is_some_and(|choice| choice.stopped);
        self.complete = self.expected.iter().all(ended);
    }

    /// The turn is complete: every choice that has begun and not ended, or the first if none has.
    pub(super) fn stop_all(&mut self, reason: &StopReason, out: &mut Vec<Event>) {
        if self.complete {
            return;
        }
        let mut begun: Vec<u8> = self.choices.keys().copied().collect();
        if begun.is_empty() {
            begun.push(self.sides.first());
        }
        for choice in begun {
            self.stop(choice, (reason.clone(), None), out);
        }
        self.complete = true;
    }

    fn is_open(&self, choice: u8) -> bool {
        let stopped = self.choices.get(&choice).is_some_and(|choice| choice.stopped);
        !self.complete && !stopped && self.sides.want(choice)
    }

    fn say(&mut self, choice: u8, voice: Voice, text: String, out: &mut Vec<Event>) {
        self.begin(out);
        let part = match self.choices.get(&choice).and_then(|choice| choice.open) {
            Some((open, part)) if open == voice => part,
            _ => self.open(choice, voice, out),
        };
        self.bytes += text.len();
        self.chars += u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        out.push(Event::Delta { part, delta: Delta::Text(text) });
    }

    fn begin(&mut self, out: &mut Vec<Event>) {
        if !self.started {
            self.started = true;
            out.push(Event::Start { id: self.reply_id.take(), model: self.model.take() });
        }
    }

    fn open(&mut self, choice: u8, voice: Voice, out: &mut Vec<Event>) -> u32 {
        self.close(choice, out);
        let part = self.next;
        self.next += 1;
        self.choices.entry(choice).or_default().open = Some((voice, part));
        let kind = match voice {
            Voice::Text => PartKind::Text,
            Voice::Reasoning => PartKind::Reasoning,
        };
        out.push(Event::PartStart { choice: self.sides.number(choice), part, kind });
        part
    }

    fn close(&mut self, choice: u8, out: &mut Vec<Event>) {
        let open = self.choices.get_mut(&choice).and_then(|choice| choice.open.take());
        out.extend(open.map(|(_, part)| Event::PartEnd { part }));
    }
}

impl Choice {
    fn said(&mut self, voice: Voice) -> &mut String {
        match voice {
            Voice::Text => &mut self.text,
            Voice::Reasoning => &mut self.reasoning,
        }
    }
}

impl Sides {
    pub(super) fn want(self, choice: u8) -> bool {
        match self {
            Self::Both => true,
            Self::One(one) => one == choice,
        }
    }

    /// The number that a choice has for the client.
    pub(super) fn number(self, choice: u8) -> u32 {
        match self {
            Self::Both => choice.into(),
            Self::One(_) => 0,
        }
    }

    fn first(self) -> u8 {
        match self {
            Self::Both => 0,
            Self::One(one) => one,
        }
    }
}

/// The address where it is an `https` one that cannot break out of Markdown.
fn safe_address(address: &str) -> Option<String> {
    in_markdown(address).filter(|_| address.starts_with("https://"))
}

/// Length of the common beginning, at a character's boundary.
pub(super) fn common_prefix(a: &str, b: &str) -> usize {
    let mut same = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    while !(a.is_char_boundary(same) && b.is_char_boundary(same)) {
        same -= 1;
    }
    same
}
