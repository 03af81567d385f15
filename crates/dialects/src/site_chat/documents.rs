//! `patches`: records that replace and patch a document; the answer is text in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    PageRecord, PatchLayout, PatchesSpec, TextAs, TextMode, When,
    answer::{Answer, Voice},
    decoder::{page_error, refused},
    framing::{Frames, Raw},
    json,
    messages::{Key, Messages},
    patches::{self, Patch},
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// The most documents of one turn.
const MAX_DOCUMENTS: usize = 64;

/// The most bytes that the documents of one turn were made from.
const MAX_DOCUMENT_BYTES: usize = 32 << 20;

/// The most bytes of documents that are looked through in one turn: each change of a document means
/// another look at the whole.
const MAX_LOOKED_THROUGH_BYTES: u64 = 64 << 30;

#[derive(Debug)]
pub(super) struct Documents {
    spec: PatchesSpec,
    frames: Frames,
    /// A document for each value at `document_key`; one where there is no such pointer.
    documents: BTreeMap<String, Document>,
    messages: Messages,
    /// Bytes of documents looked through.
    looked_through: u64,
    /// Records that were not JSON, or neither a patch nor an end.
    unknown: u64,
}

#[derive(Debug, Default)]
struct Document {
    value: Value,
    /// Bytes of the records since the last that brought the whole document.
    bytes: usize,
    /// Operation and path of the patch before, for patches that leave them out.
    sticky: Patch,
}

impl Documents {
    pub(super) fn new(spec: PatchesSpec) -> Self {
        let frames = Frames::new(spec.framing, 1);
        let (documents, messages) = (BTreeMap::new(), Messages::default());
        Self { spec, frames, documents, messages, looked_through: 0, unknown: 0 }
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
        for raw in raw {
            if answer.is_complete() {
                break;
            }
            if self.spec.done_data.as_deref() == Some(raw.text.trim()) {
                answer.stop_all(&StopReason::Done, out);
            } else if let Some(record) = json::parse(&raw.text) {
                self.record(&raw, &record, answer, out)?;
            } else {
                self.unknown += 1;
            }
        }
        Ok(())
    }

    fn record(
        &mut self,
        raw: &Raw,
        record: &Value,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let name = raw.name.as_deref();
        let said = |whens: &[When]| {
            whens.iter().any(|when| json::is(when, name, record) && answer.wants(when.choice))
        };
        let words = || json::text(&self.spec.error_message, record);
        if said(&self.spec.refused) {
            return Err(refused(words()));
        }
        if said(&self.spec.error) {
            return Err(page_error(words()));
        }
        let mut known = false;
        if json::all(&self.spec.only, record)
            && let Some(change) = record.pointer(&self.spec.patches)
        {
            known = self.change(record, change, raw.text.len(), answer, out)?;
        }
        for when in self.spec.done.iter().filter(|when| json::is(when, name, record)) {
            match when.choice {
                Some(choice) => answer.stop(choice, (StopReason::Done, None), out),
                None => answer.stop_all(&StopReason::Done, out),
            }
            known = true;
        }
        self.unknown += u64::from(!known);
        Ok(())
    }

    /// Changes the document that a record is about. Whether anything could be changed.
    fn change(
        &mut self,
        record: &Value,
        change: &Value,
        bytes: usize,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<bool, Failure> {
        let key = self.spec.document_key.as_ref().and_then(|pointer| record.pointer(pointer));
        let key = key.map(ToString::to_string).unwrap_or_default();
        if !self.documents.contains_key(&key) && self.documents.len() >= MAX_DOCUMENTS {
            return Ok(false);
        }
        let held: usize = self.documents.values().map(|document| document.bytes).sum();
        self.looked_through += u64::try_from(held).unwrap_or(u64::MAX);
        if held + bytes > MAX_DOCUMENT_BYTES || self.looked_through > MAX_LOOKED_THROUGH_BYTES {
            let words = "the page's document is too large";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        let document = self.documents.entry(key).or_default();
        let change = document.apply(&self.spec.layout, change);
        document.bytes = if change == Change::Whole { bytes } else { document.bytes + bytes };
        if change == Change::None {
            return Ok(false);
        }
        say(&self.spec, &document.value, &mut self.messages, answer, out)?;
        if !self.spec.document_done.is_empty()
            && json::all(&self.spec.document_done, &document.value)
        {
            answer.stop_all(&StopReason::Done, out);
        }
        Ok(true)
    }
}

/// Says the texts of a document as far as they are new.
fn say(
    spec: &PatchesSpec,
    document: &Value,
    messages: &mut Messages,
    answer: &mut Answer,
    out: &mut Vec<Event>,
) -> Result<(), Failure> {
    let at = |pointer: &Option<String>| document.pointer(pointer.as_deref()?)?.as_str();
    // A document that no rule takes is not the reply: the prompt's echo, a note.
    if spec.text.iter().any(|rule| json::all(&rule.only, document)) {
        answer.name(at(&spec.reply_id), at(&spec.model));
    }
    for choice in [0, 1] {
        for (voice, text_as) in [(Voice::Reasoning, TextAs::Reasoning), (Voice::Text, TextAs::Text)]
        {
            let found = texts(spec, document, text_as, choice);
            let text = match found.as_slice() {
                [] => continue,
                [one] => (*one).into(),
                several => std::borrow::Cow::from(several.concat()),
            };
            match &spec.message_id {
                Some(pointer) => {
                    let id = document.pointer(pointer).map(ToString::to_string).unwrap_or_default();
                    let key = Key { choice, voice, id };
                    messages.say(key, &text, (TextMode::Cumulative, false), answer, out)?;
                }
                None => answer.all(choice, voice, &text, out)?,
            }
        }
        for address in texts(spec, document, TextAs::Image, choice) {
            answer.image(choice, address, out);
        }
    }
    Ok(())
}

fn texts<'a>(spec: &PatchesSpec, document: &'a Value, text_as: TextAs, choice: u8) -> Vec<&'a str> {
    let rules = spec.text.iter().filter(|rule| rule.text_as == text_as && rule.choice == choice);
    let asked = rules.filter(|rule| json::all(&rule.only, document));
    asked
        .flat_map(|rule| json::texts(document, &rule.each, &rule.each_only, &rule.pointer))
        .collect()
}

/// What a record did to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// It says nothing about it.
    None,
    /// It changed it.
    Part,
    /// It brought the whole.
    Whole,
}

impl Document {
    /// A list of patches changes the document; anything else is the document.
    fn apply(&mut self, layout: &PatchLayout, change: &Value) -> Change {
        match layout {
            PatchLayout::Positions => {
                let fresh = self.value.is_null();
                match patches::by_position(change).filter(|_| !fresh) {
                    Some(list) => {
                        list.iter().for_each(|patch| patches::apply(&mut self.value, patch));
                        Change::Part
                    }
                    None => {
                        self.value = change.clone();
                        Change::Whole
                    }
                }
            }
            PatchLayout::Keys(keys) => {
                let list = match change {
                    Value::Array(list) => list.as_slice(),
                    one => std::slice::from_ref(one),
                };
                let mut done = Change::None;
                for patch in list {
                    match patches::by_key(patch, keys, &mut self.sticky) {
                        Some(list) => {
                            list.iter().for_each(|patch| patches::apply(&mut self.value, patch));
                            let is_whole = list.iter().any(Patch::is_whole);
                            done = if is_whole { Change::Whole } else { Change::Part };
                        }
                        None if patch.is_object() && self.value.is_null() => {
                            self.value = patch.clone();
                            done = Change::Whole;
                        }
                        None => {}
                    }
                }
                done
            }
        }
    }
}
