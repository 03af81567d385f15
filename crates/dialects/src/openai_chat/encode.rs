//! Answers as OpenAI writes them: `chat.completion` and its chunks. One event, one small object;
//! a buffered reply is written from the fold.

use std::collections::{BTreeMap, btree_map::Entry};

use serde_json::{Map, Value, json};

use crate::chat::{Choice, Delta, Event, PartKind, Reply, StopReason, Tokenizer, Usage};

/// What every chunk and reply repeats.
#[derive(Debug, Clone)]
pub struct ReplyHead {
    /// The reply's id (`chatcmpl-...`).
    pub id: String,
    /// The model's name as the client asked for it.
    pub model: String,
    /// Unix seconds.
    pub created: u64,
    /// Fields of the request that were honoured by prompt alone.
    pub emulated: Vec<&'static str>,
}

/// Writes events as chunks of a stream. They must follow the grammar.
#[derive(Debug)]
pub struct StreamEncoder {
    head: ReplyHead,
    include_usage: bool,
    parts: BTreeMap<u32, Open>,
    /// Choices that have begun, and how many tool calls each has.
    calls: BTreeMap<u32, u32>,
}

/// An open part: its choice, and where its deltas go.
#[derive(Debug, Clone, Copy)]
struct Open {
    choice: u32,
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    Content,
    Reasoning,
    Refusal,
    Call(u32),
}

impl StreamEncoder {
    /// An encoder; `include_usage` where the client asked for the record.
    #[must_use]
    pub fn new(head: ReplyHead, include_usage: bool) -> Self {
        Self { head, include_usage, parts: BTreeMap::new(), calls: BTreeMap::new() }
    }

    /// Appends the event's chunks. A failure writes nothing: it has an event of its own.
    pub fn encode(&mut self, event: &Event, out: &mut Vec<u8>) {
        match event {
            Event::Start { .. } => self.begin(0, out),
            Event::PartStart { choice, part, kind } => {
                self.begin(*choice, out);
                self.start_part(*choice, *part, kind, out);
            }
            Event::Delta { part, delta } => self.delta(*part, delta, out),
            Event::PartEnd { part } => {
                self.parts.remove(part);
            }
            Event::Stop { choice, reason, native } => {
                self.begin(*choice, out);
                self.stop(*choice, finish_reason(reason), native.as_deref(), out);
            }
            Event::Usage(usage) => {
                if self.include_usage {
                    self.chunk(json!([]), usage_json(usage), out);
                }
            }
            Event::Failed(_) => {}
        }
    }

    /// Appends the end of a stream that succeeded.
    pub fn done(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"data: [DONE]\n\n");
    }

    fn begin(&mut self, choice: u32, out: &mut Vec<u8>) {
        if let Entry::Vacant(calls) = self.calls.entry(choice) {
            calls.insert(0);
            self.choice(choice, json!({"role": "assistant", "content": ""}), out);
        }
    }

    fn start_part(&mut self, choice: u32, part: u32, kind: &PartKind, out: &mut Vec<u8>) {
        let place = match kind {
            PartKind::Text => Place::Content,
            PartKind::Reasoning => Place::Reasoning,
            PartKind::Refusal => Place::Refusal,
            PartKind::ToolCall { id, name } => {
                let count = self.calls.entry(choice).or_default();
                let index = *count;
                *count += 1;
                let function = json!({"name": name, "arguments": ""});
                let call = json!({
                    "index": index, "id": id, "type": "function", "function": function,
                });
                self.choice(choice, json!({ "tool_calls": [call] }), out);
                Place::Call(index)
            }
        };
        self.parts.insert(part, Open { choice, place });
    }

    fn delta(&mut self, part: u32, delta: &Delta, out: &mut Vec<u8>) {
        let Some(Open { choice, place }) = self.parts.get(&part).copied() else { return };
        // This dialect has no place for state that is only carried.
        let (Delta::Text(more) | Delta::Arguments(more)) = delta else { return };
        let delta = match place {
            Place::Content => json!({ "content": more }),
            Place::Reasoning => json!({ "reasoning_content": more }),
            Place::Refusal => json!({ "refusal": more }),
            Place::Call(index) => {
                json!({ "tool_calls": [{ "index": index, "function": { "arguments": more } }] })
            }
        };
        self.choice(choice, delta, out);
    }

    fn choice(&self, index: u32, delta: Value, out: &mut Vec<u8>) {
        let choice = json!({
            "index": index, "delta": delta, "logprobs": null, "finish_reason": null,
        });
        self.chunk(json!([choice]), Value::Null, out);
    }

    fn stop(&self, index: u32, finish: String, native: Option<&str>, out: &mut Vec<u8>) {
        let mut choice = json!({
            "index": index, "delta": {}, "logprobs": null, "finish_reason": finish,
        });
        say_native(&mut choice, native);
        self.chunk(json!([choice]), Value::Null, out);
    }

    fn chunk(&self, choices: Value, usage: Value, out: &mut Vec<u8>) {
        let mut chunk = head(&self.head, "chat.completion.chunk");
        chunk.insert("choices".to_owned(), choices);
        if self.include_usage {
            chunk.insert("usage".to_owned(), usage);
        }
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(Value::Object(chunk).to_string().as_bytes());
        out.extend_from_slice(b"\n\n");
    }
}

/// The body of a buffered reply.
#[must_use]
pub fn encode_reply(reply: &Reply, of: &ReplyHead) -> Vec<u8> {
    let mut body = head(of, "chat.completion");
    let choices = reply.choices.iter().map(choice_json).collect();
    body.insert("choices".to_owned(), Value::Array(choices));
    if let Some(usage) = &reply.usage {
        body.insert("usage".to_owned(), usage_json(usage));
    }
    Value::Object(body).to_string().into_bytes()
}

fn head(of: &ReplyHead, object: &str) -> Map<String, Value> {
    let mut map = Map::new();
    map.insert("id".to_owned(), Value::from(of.id.as_str()));
    map.insert("object".to_owned(), Value::from(object));
    map.insert("created".to_owned(), Value::from(of.created));
    map.insert("model".to_owned(), Value::from(of.model.as_str()));
    if !of.emulated.is_empty() {
        // Ours, as `estimated` is.
        map.insert("emulated".to_owned(), Value::from(of.emulated.clone()));
    }
    map
}

fn choice_json(choice: &Choice) -> Value {
    let text_of = |wanted: &PartKind| {
        let mut parts = choice.parts.iter().filter(|part| part.kind == *wanted).peekable();
        parts.peek()?;
        Some(parts.map(|part| part.text.as_str()).collect::<String>())
    };
    let calls: Vec<Value> = choice
        .parts
        .iter()
        .filter_map(|part| match &part.kind {
            PartKind::ToolCall { id, name } => Some(json!({
                "id": id, "type": "function",
                "function": { "name": name, "arguments": part.text },
            })),
            _ => None,
        })
        .collect();
    let text = text_of(&PartKind::Text);
    let refusal = text_of(&PartKind::Refusal);
    // `content` is null only beside what stands in for it; clients take it for a text.
    let alone = calls.is_empty() && refusal.is_none();
    let content = if alone { Some(text.unwrap_or_default()) } else { text };
    let mut message = json!({ "role": "assistant", "content": content, "refusal": refusal });
    if let Some(reasoning) = text_of(&PartKind::Reasoning) {
        message["reasoning_content"] = Value::from(reasoning);
    }
    if !calls.is_empty() {
        message["tool_calls"] = Value::Array(calls);
    }
    let mut json = json!({
        "index": choice.index, "message": message, "logprobs": null,
        "finish_reason": finish_reason(&choice.stop),
    });
    say_native(&mut json, choice.native.as_deref());
    json
}

/// The word of the upstream or the page, as some vendors tell it beside our own.
fn say_native(choice: &mut Value, native: Option<&str>) {
    if let Some(word) = native {
        choice["native_finish_reason"] = Value::from(word);
    }
}

fn finish_reason(reason: &StopReason) -> String {
    match reason {
        StopReason::Done => "stop".to_owned(),
        StopReason::Length => "length".to_owned(),
        StopReason::ToolCalls => "tool_calls".to_owned(),
        StopReason::ContentFilter => "content_filter".to_owned(),
        StopReason::Other(word) => word.clone(),
    }
}

/// Here the prompt's tokens include the cached ones. `estimated` and `estimated_by` are ours.
fn usage_json(usage: &Usage) -> Value {
    let mut json = json!({
        "prompt_tokens": usage.total_input(),
        "completion_tokens": usage.output,
        "total_tokens": usage.total(),
        "prompt_tokens_details": { "cached_tokens": usage.cache_read },
        "completion_tokens_details": { "reasoning_tokens": usage.reasoning },
    });
    if usage.estimated {
        json["estimated"] = Value::Bool(true);
        let by = usage.tokenizer.map_or("characters", Tokenizer::name);
        json["estimated_by"] = Value::from(by);
    }
    json
}
