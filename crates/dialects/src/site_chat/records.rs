//! `records`: a stream of JSON records; text by pointer.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    FinishRule, Inner, PageRecord, RecordsSpec, TextAs, TextMode, TextRule, When,
    answer::{Answer, Voice},
    calls,
    decoder::{page_error, refused},
    framing::{Frames, Raw},
    json,
    messages::{Key, Messages},
};
use crate::chat::{Event, Failure, StopReason};

#[derive(Debug)]
pub(super) struct Records {
    spec: RecordsSpec,
    frames: Frames,
    /// Whether the turn has begun.
    begun: bool,
    messages: Messages,
    /// Records that were not JSON or that no rule took.
    unknown: u64,
}

/// A record that has been parsed.
#[derive(Debug, Clone, Copy)]
struct Seen<'a> {
    name: Option<&'a str>,
    value: &'a Value,
}

impl Records {
    pub(super) fn new(spec: RecordsSpec) -> Self {
        let frames = Frames::new(spec.framing, spec.depth.unwrap_or(1));
        let begun = spec.begin.is_empty();
        Self { spec, frames, begun, messages: Messages::default(), unknown: 0 }
    }

    pub(super) fn unknown(&self) -> u64 {
        self.unknown
    }

    pub(super) fn push(
        &mut self,
        record: PageRecord,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let mut raw = Vec::new();
        let read = self.frames.push(record, &mut raw);
        self.take(raw, answer, out)?;
        // What follows a complete answer need not be readable.
        if answer.is_complete() { Ok(()) } else { read }
    }

    /// The turn is over: takes what the streams still hold.
    pub(super) fn finish(
        &mut self,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let mut raw = Vec::new();
        let read = self.frames.finish(&mut raw);
        self.take(raw, answer, out)?;
        if answer.is_complete() { Ok(()) } else { read }
    }

    fn take(
        &mut self,
        raw: Vec<Raw>,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        for Raw { name, text } in raw {
            if answer.is_complete() {
                break;
            }
            if self.spec.done_data.as_deref() == Some(text.trim()) {
                answer.stop_all(&StopReason::Done, out);
                continue;
            }
            let Some(value) = json::parse(&text) else {
                self.unknown += 1;
                continue;
            };
            let inner = self.spec.inner.clone();
            for value in parts(inner.as_ref(), &value) {
                let seen = Seen { name: name.as_deref(), value: &value };
                self.record(seen, answer, out)?;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        seen: Seen<'_>,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let Seen { name, value } = seen;
        self.begun = self.begun || json::any(&self.spec.begin, name, value);
        if !self.begun {
            return Ok(());
        }
        let said = |whens: &[When]| {
            whens.iter().any(|when| json::is(when, name, value) && answer.wants(when.choice))
        };
        let words = || json::text(&self.spec.error_message, value);
        if said(&self.spec.refused) {
            return Err(refused(words()));
        }
        if said(&self.spec.error) {
            return Err(page_error(words()));
        }
        let at = |pointer: &Option<String>| value.pointer(pointer.as_deref()?)?.as_str();
        answer.name(at(&self.spec.reply_id), at(&self.spec.model));
        let mut known = self.texts(seen, answer, out)?;
        for rule in &self.spec.call {
            for called in calls::found(rule, name, value) {
                answer.call(called.name, called.arguments, out)?;
                known = true;
            }
        }
        for rule in &self.spec.finish {
            if let Some((reason, word)) = reason(rule, seen) {
                answer.stop(rule.choice, (reason, Some(word)), out);
                known = true;
            }
        }
        for when in self.spec.done.iter().filter(|when| json::is(when, name, value)) {
            match when.choice {
                Some(choice) => answer.stop(choice, (StopReason::Done, None), out),
                None => answer.stop_all(&StopReason::Done, out),
            }
            known = true;
        }
        self.unknown += u64::from(!known);
        Ok(())
    }

    /// Says the texts of a record. Whether there were any.
    fn texts(
        &mut self,
        Seen { name, value }: Seen<'_>,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<bool, Failure> {
        if !json::all(&self.spec.only, value) {
            return Ok(false);
        }
        let id = self.spec.message_id.as_ref().map(|pointer| value.pointer(pointer));
        let id = id.map(|id| id.map(ToString::to_string).unwrap_or_default());
        let mut taken: Vec<(TextAs, u8)> = Vec::new();
        for rule in &self.spec.text {
            let is_asked = json::is_named(rule.event.as_deref(), name)
                && !taken.contains(&(rule.text_as, rule.choice))
                && json::all(&rule.only, value);
            if !is_asked {
                continue;
            }
            let found = json::texts(value, &rule.each, &rule.each_only, &rule.pointer);
            if found.is_empty() {
                continue;
            }
            taken.push((rule.text_as, rule.choice));
            say(rule, id.as_deref(), &found, &mut self.messages, answer, out)?;
        }
        Ok(!taken.is_empty())
    }
}

fn say(
    rule: &TextRule,
    id: Option<&str>,
    found: &[&str],
    messages: &mut Messages,
    answer: &mut Answer,
    out: &mut Vec<Event>,
) -> Result<(), Failure> {
    let voice = match rule.text_as {
        TextAs::Text => Voice::Text,
        TextAs::Reasoning => Voice::Reasoning,
        TextAs::Image => {
            found.iter().for_each(|address| answer.image(rule.choice, address, out));
            return Ok(());
        }
    };
    let text = match found {
        [one] => Cow::Borrowed(*one),
        several => Cow::Owned(several.concat()),
    };
    match (id, rule.mode) {
        (Some(id), mode) => {
            let key = Key { choice: rule.choice, voice, id: id.to_owned() };
            messages.say(key, &text, (mode, rule.follows), answer, out)
        }
        (None, TextMode::Delta) => answer.more(rule.choice, voice, &text, out),
        (None, TextMode::Cumulative) => answer.all(rule.choice, voice, &text, out),
    }
}

/// The records within one that the framing gave.
fn parts<'a>(inner: Option<&Inner>, value: &'a Value) -> Vec<Cow<'a, Value>> {
    let Some(inner) = inner else { return vec![Cow::Borrowed(value)] };
    let mut items = Vec::new();
    json::items_at(&inner.each, value, &mut items);
    items.retain(|item| json::all(&inner.each_only, item));
    let Some(pointer) = &inner.json else {
        return items.into_iter().map(Cow::Borrowed).collect();
    };
    let texts = items.into_iter().filter_map(|item| item.pointer(pointer)?.as_str());
    texts.filter_map(json::parse).map(Cow::Owned).collect()
}

/// Why an answer has ended, and in which word of the site.
fn reason<'v>(rule: &FinishRule, Seen { name, value }: Seen<'v>) -> Option<(StopReason, &'v str)> {
    if !json::is_named(rule.event.as_deref(), name) {
        return None;
    }
    let word = value.pointer(&rule.pointer)?.as_str()?;
    let is_in = |words: &[String]| words.iter().any(|known| known == word);
    let reason = if is_in(&rule.stop) {
        StopReason::Done
    } else if is_in(&rule.length) {
        StopReason::Length
    } else if is_in(&rule.content_filter) {
        StopReason::ContentFilter
    } else {
        return None;
    };
    Some((reason, word))
}
