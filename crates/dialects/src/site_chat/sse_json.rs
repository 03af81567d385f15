//! `sse_json`: events whose data is JSON; text by pointer.

use serde_json::Value;

use super::{
    PageRecord, SseJsonSpec, TextMode,
    answer::{Answer, Voice},
    decoder::page_error,
    json,
    sse_data::SseData,
};
use crate::chat::{Event, Failure, StopReason};

#[derive(Debug)]
pub(super) struct SseJson {
    spec: SseJsonSpec,
    data: SseData,
}

impl SseJson {
    pub(super) fn new(spec: SseJsonSpec) -> Self {
        Self { spec, data: SseData::default() }
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
                self.event(&event, answer, out)?;
            }
        }
        Ok(())
    }

    fn event(
        &self,
        event: &Value,
        answer: &mut Answer,
        out: &mut Vec<Event>,
    ) -> Result<(), Failure> {
        let spec = &self.spec;
        if json::any(&spec.error, event) {
            return Err(page_error(json::text(&spec.error_message, event)));
        }
        if json::all(&spec.only, event) {
            for (voice, pointers) in
                [(Voice::Reasoning, &spec.reasoning), (Voice::Text, &spec.text)]
            {
                let Some(text) = json::text(pointers, event) else { continue };
                match spec.mode {
                    TextMode::Delta => answer.more(voice, text, out)?,
                    TextMode::Cumulative => answer.all(voice, text, out)?,
                }
            }
        }
        if json::any(&spec.done, event) {
            answer.stop(StopReason::Done, out);
        }
        Ok(())
    }
}
