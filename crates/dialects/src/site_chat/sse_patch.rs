//! `sse_patch`: events that replace and patch a document; the answer is text in it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    PageRecord, PatchLayout, SsePatchSpec,
    answer::{Answer, Voice},
    decoder::page_error,
    json,
    patches::{self, Patch},
    sse_data::SseData,
};
use crate::chat::{Event, Failure, FailureClass, StopReason};

/// The most documents of one turn.
const MAX_DOCUMENTS: usize = 64;

/// The most bytes that the documents of one turn were made from.
const MAX_DOCUMENT_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct SsePatch {
    spec: SsePatchSpec,
    data: SseData,
    /// A document for each value at `document_key`; one where there is no such pointer.
    documents: BTreeMap<String, Document>,
}

#[derive(Debug, Default)]
struct Document {
    value: Value,
    /// Bytes of the events since the last that brought the whole document.
    bytes: usize,
    /// Operation and path of the patch before, for patches that leave them out.
    sticky: Patch,
}

impl SsePatch {
    pub(super) fn new(spec: SsePatchSpec) -> Self {
        Self { spec, data: SseData::default(), documents: BTreeMap::new() }
    }

    pub(super) fn push(
        &mut self,
        record: PageRecord,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        for data in self.data.push(record)? {
            if self.spec.done_data.as_deref() == Some(data.trim()) {
                answer.stop(StopReason::Done, out);
            } else if let Ok(event) = serde_json::from_str(&data) {
                self.event(&event, data.len(), answer, out)?;
            }
        }
        Ok(())
    }

    fn event(
        &mut self,
        event: &Value,
        bytes: usize,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        if json::any(&self.spec.error, event) {
            return Err(page_error(json::text(&self.spec.error_message, event)));
        }
        if json::all(&self.spec.only, event)
            && let Some(change) = event.pointer(&self.spec.patches)
        {
            self.change(event, change, bytes, answer, out)?;
        }
        if json::any(&self.spec.done, event) {
            answer.stop(StopReason::Done, out);
        }
        Ok(())
    }

    fn change(
        &mut self,
        event: &Value,
        change: &Value,
        bytes: usize,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let key = self.spec.document_key.as_ref().and_then(|pointer| event.pointer(pointer));
        let key = key.map(ToString::to_string).unwrap_or_default();
        if !self.documents.contains_key(&key) && self.documents.len() >= MAX_DOCUMENTS {
            return Ok(());
        }
        let held: usize = self.documents.values().map(|document| document.bytes).sum();
        if held + bytes > MAX_DOCUMENT_BYTES {
            let words = "the page's document is too large";
            return Err(Failure::new(FailureClass::AnswerTooLarge, words));
        }
        let document = self.documents.entry(key).or_default();
        let is_whole = document.apply(&self.spec.layout, change);
        document.bytes = if is_whole { bytes } else { document.bytes + bytes };
        for (voice, paths) in
            [(Voice::Reasoning, &self.spec.reasoning), (Voice::Text, &self.spec.text)]
        {
            let mut found = Vec::new();
            paths.iter().for_each(|path| json::texts_at(path, &document.value, &mut found));
            match found.as_slice() {
                [] => {}
                [one] => answer.all(voice, one, out)?,
                several => answer.all(voice, &several.concat(), out)?,
            }
        }
        Ok(())
    }
}

impl Document {
    /// A list of patches changes the document; anything else is the document. Whether it was.
    fn apply(&mut self, layout: &PatchLayout, change: &Value) -> bool {
        match layout {
            PatchLayout::Positions => {
                let fresh = self.value.is_null();
                match patches::by_position(change).filter(|_| !fresh) {
                    Some(list) => {
                        list.iter().for_each(|patch| patches::apply(&mut self.value, patch));
                        false
                    }
                    None => {
                        self.value = change.clone();
                        true
                    }
                }
            }
            PatchLayout::Keys(keys) => {
                let list = match change {
                    Value::Array(list) => list.as_slice(),
                    one => std::slice::from_ref(one),
                };
                let mut is_whole = false;
                for patch in list {
                    match patches::by_key(patch, keys, &mut self.sticky) {
                        Some(patch) => patches::apply(&mut self.value, &patch),
                        None if patch.is_object() => {
                            self.value = patch.clone();
                            is_whole = true;
                        }
                        None => {}
                    }
                }
                is_whole
            }
        }
    }
}
