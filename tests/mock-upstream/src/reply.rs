//! The steps by which an answer leaves the mock.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    behaviour::{Behaviour, Done, ErrorBody, Lines, Shape, UsageStyle},
    expected_answer,
};

/// One step of a body.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Hand over these bytes.
    Send(Bytes),
    /// Make a piece of text that says when it was sent.
    SendStamped(String),
    /// Wait, counted from the end of the wait before it.
    Wait(Duration),
    /// Say nothing any more.
    Silence,
    /// Cut the connection.
    Cut {
        /// By a reset, or in good order.
        reset: bool,
    },
}

/// What the mock understood of a request.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    pub(crate) model: String,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) prompt: String,
}

impl Asked {
    /// Lenient: what is missing is empty.
    pub(crate) fn of(body: &Value) -> Self {
        let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
        let last = messages.iter().rev().find(|message| message["role"] == "user");
        Self {
            model: body["model"].as_str().unwrap_or_default().to_owned(),
            stream: body["stream"] == true,
            include_usage: body["stream_options"]["include_usage"] == true,
            prompt: last.map(|message| text_of(&message["content"])).unwrap_or_default(),
        }
    }

    fn answer(&self, behaviour: &Behaviour) -> String {
        behaviour.answer.clone().unwrap_or_else(|| expected_answer(&self.prompt))
    }
}

/// A text, or the texts of its parts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["text"].as_str()).collect(),
        _ => String::new(),
    }
}

/// A whole reply in one body.
pub(crate) fn buffered(asked: &Asked, behaviour: &Behaviour) -> Bytes {
    let text = asked.answer(behaviour);
    let (message, finish) = match behaviour.shape {
        Shape::ToolCall => (
            json!({"role": "assistant", "content": null, "tool_calls": [tool_call()]}),
            "tool_calls",
        ),
        Shape::Sparse => (json!({"role": "assistant", "content": text}), "stop"),
        Shape::EmptyAnswer => (json!({"role": "assistant", "content": ""}), "stop"),
        Shape::Reasoning => {
            (json!({"role": "assistant", "reasoning_content": REASONING, "content": text}), "stop")
        }
        _ => (json!({"role": "assistant", "content": text, "refusal": null}), "stop"),
    };
    let mut reply = json!({
        "id": "chatcmpl-mock",
        "object": "chat.completion",
        "created": CREATED,
        "model": asked.model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish}],
    });
    if behaviour.usage != UsageStyle::Never {
        reply["usage"] = usage(behaviour.usage, asked, text.len() / 4 + 1);
    }
    Bytes::from(reply.to_string())
}

/// A streamed reply, step by step.
pub(crate) fn streamed(asked: &Asked, behaviour: &Behaviour) -> VecDeque<Step> {
    let mut writer = Writer { asked, behaviour, steps: VecDeque::new(), events: 0 };
    writer.wait(behaviour.first_ms);
    match behaviour.giant_line {
        Some(bytes) => writer.giant_line(bytes),
        None => writer.answer(),
    }
    let mut steps = writer.steps;
    if let Some(bytes) = behaviour.reset_after {
        cut_after(&mut steps, bytes, true);
    }
    if let Some(bytes) = behaviour.close_after {
        cut_after(&mut steps, bytes, false);
    }
    steps
}

/// Keeps the first bytes of the steps and cuts the connection after them.
pub(crate) fn cut_after(steps: &mut VecDeque<Step>, mut bytes: usize, reset: bool) {
    let mut kept = VecDeque::new();
    for step in steps.drain(..) {
        match step {
            Step::Send(piece) if piece.len() >= bytes => {
                kept.push_back(Step::Send(piece.slice(..bytes)));
                break;
            }
            Step::Send(piece) => {
                bytes -= piece.len();
                kept.push_back(Step::Send(piece));
            }
            other => kept.push_back(other),
        }
    }
    kept.push_back(Step::Cut { reset });
    *steps = kept;
}

/// The body of an error, and its content type.
pub(crate) fn error(behaviour: &Behaviour, key: Option<&str>) -> (&'static str, Bytes) {
    if let Some(body) = &behaviour.error_body {
        return ("application/json", body.clone().into());
    }
    let mut message = "The mock refuses, as it was told.".to_owned();
    if let Some(key) = key.filter(|_| behaviour.echo_key) {
        message.push_str(&format!(" Incorrect API key provided: {key}."));
    }
    let kind = match behaviour.status {
        401 => "invalid_api_key",
        429 => "rate_limit_exceeded",
        _ => "mock_error",
    };
    let json = json!({"error": {"message": message, "type": kind, "param": null, "code": kind}});
    match behaviour.error {
        ErrorBody::Json => ("application/json", json.to_string().into()),
        ErrorBody::IntegerCode => {
            let error = json!({"error": {"message": message, "code": behaviour.status}});
            ("application/json", error.to_string().into())
        }
        ErrorBody::Bare => ("application/json", json!({"detail": message}).to_string().into()),
        ErrorBody::Text => ("text/plain", message.into()),
        ErrorBody::Html => {
            ("text/html", format!("<html><body><h1>Oops</h1><p>{message}</p></body></html>").into())
        }
        ErrorBody::Truncated => {
            let text = json.to_string();
            ("application/json", Bytes::from(text).slice(..20))
        }
        ErrorBody::Empty => ("application/json", Bytes::new()),
    }
}

const CREATED: u64 = 1_750_000_000;
const REASONING: &str = "The user wants an echo.";

fn tool_call() -> Value {
    json!({
        "index": 0,
        "id": "call_mock",
        "type": "function",
        "function": {"name": "lookup", "arguments": "{\"word\":\"canary\"}"},
    })
}

fn usage(style: UsageStyle, asked: &Asked, completion: usize) -> Value {
    let (prompt, completion) = match style {
        UsageStyle::Zero => (0, 0),
        UsageStyle::Negative => (-5, -7),
        UsageStyle::Huge => (1 << 40, 1 << 41),
        _ => (asked.prompt.len() as i64 / 4 + 8, completion as i64),
    };
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

/// Writes the events of a stream.
struct Writer<'a> {
    asked: &'a Asked,
    behaviour: &'a Behaviour,
    steps: VecDeque<Step>,
    events: usize,
}

impl Writer<'_> {
    fn answer(&mut self) {
        if self.behaviour.error_in_ok {
            return self.error_event();
        }
        self.opening();
        if self.behaviour.shape == Shape::EmptyAnswer {
            return self.ending("stop", 0);
        }
        let text = self.asked.answer(self.behaviour);
        let pieces = pieces(&text, self.behaviour.chunks);
        for (at, piece) in pieces.iter().enumerate() {
            if self.behaviour.silent_after == Some(at) {
                return self.steps.push_back(Step::Silence);
            }
            if self.behaviour.error_after == Some(at) {
                return self.error_event();
            }
            if at > 0 {
                self.wait(self.behaviour.chunk_ms);
            }
            self.piece(piece, at);
        }
        if self.behaviour.silent_after.is_some() {
            return self.steps.push_back(Step::Silence);
        }
        if self.behaviour.error_after.is_some() {
            return self.error_event();
        }
        if self.behaviour.endless {
            // A stream without an end has no finish either; the wait keeps its pace when it repeats.
            return self.wait(self.behaviour.chunk_ms);
        }
        let finish = match self.behaviour.shape {
            Shape::ToolCall => "tool_calls",
            _ => "stop",
        };
        self.ending(finish, pieces.len());
    }

    fn opening(&mut self) {
        match self.behaviour.shape {
            Shape::Sparse => {}
            Shape::NullRole | Shape::ToolCall => {
                self.chunk(json!({"role": "assistant", "content": null}), None);
            }
            _ => self.chunk(json!({"role": "assistant", "content": ""}), None),
        }
        if self.behaviour.shape == Shape::Reasoning {
            self.chunk(json!({"reasoning_content": REASONING}), None);
        }
        if self.behaviour.shape == Shape::ToolCall {
            self.chunk(json!({"tool_calls": [tool_call()]}), None);
        }
    }

    fn piece(&mut self, piece: &str, at: usize) {
        if self.behaviour.shape == Shape::ToolCall {
            return;
        }
        if self.behaviour.stamped {
            return self.steps.push_back(Step::SendStamped(piece.to_owned()));
        }
        let mut chunk = self.chunk_value(json!({"content": piece}), None);
        if self.behaviour.usage == UsageStyle::Growing {
            chunk["usage"] = usage(UsageStyle::Growing, self.asked, at + 1);
        }
        self.event(&chunk.to_string());
    }

    fn ending(&mut self, finish: &str, pieces: usize) {
        if self.behaviour.shape == Shape::EmptyLastDelta {
            self.chunk(json!({"content": ""}), None);
        }
        self.chunk(json!({}), Some(finish));
        if self.behaviour.shape == Shape::LateChoice {
            self.chunk(json!({"content": ""}), None);
        }
        let told = match self.behaviour.usage {
            UsageStyle::IfAsked => self.asked.include_usage,
            UsageStyle::Never => false,
            _ => true,
        };
        if told {
            let mut chunk = self.chunk_value(Value::Null, None);
            chunk["choices"] = json!([]);
            chunk["usage"] = usage(self.behaviour.usage, self.asked, pieces);
            self.event(&chunk.to_string());
        }
        match self.behaviour.done {
            Done::Once => self.event("[DONE]"),
            Done::Missing => {}
            Done::Double => {
                self.event("[DONE]");
                self.event("[DONE]");
            }
            Done::ThenData => {
                self.event("[DONE]");
                self.chunk(json!({"content": "after the end"}), None);
            }
        }
    }

    fn error_event(&mut self) {
        let (_, body) = error(self.behaviour, None);
        self.event(&String::from_utf8_lossy(&body));
    }

    fn giant_line(&mut self, bytes: usize) {
        self.send(Bytes::from_static(b"data: {\"id\":\""));
        let block = Bytes::from_static(&[b'x'; 8192]);
        for start in (0..bytes).step_by(block.len()) {
            self.send(block.slice(..block.len().min(bytes - start)));
        }
    }

    fn chunk(&mut self, delta: Value, finish: Option<&str>) {
        let chunk = self.chunk_value(delta, finish);
        self.event(&chunk.to_string());
    }

    fn chunk_value(&self, delta: Value, finish: Option<&str>) -> Value {
        let mut choice = json!({"index": 0, "delta": delta});
        if finish.is_some() || self.behaviour.shape != Shape::Sparse {
            choice["finish_reason"] = json!(finish);
        }
        json!({
            "id": "chatcmpl-mock",
            "object": "chat.completion.chunk",
            "created": CREATED,
            "model": self.asked.model,
            "choices": [choice],
        })
    }

    fn event(&mut self, data: &str) {
        self.events += 1;
        let end = match self.behaviour.lines {
            Lines::Lf => "\n",
            Lines::Crlf => "\r\n",
            Lines::Mixed if self.events.is_multiple_of(2) => "\r\n",
            Lines::Mixed => "\n",
        };
        let comment = match self.behaviour.comments {
            true => format!(": keep-alive{end}{end}"),
            false => String::new(),
        };
        self.send(Bytes::from(format!("{comment}data: {data}{end}{end}")));
    }

    fn send(&mut self, bytes: Bytes) {
        let wide =
            bytes.iter().position(|byte| *byte >= 0xC0).filter(|_| self.behaviour.split_utf8);
        match wide {
            Some(at) => {
                self.steps.push_back(Step::Send(bytes.slice(..=at)));
                self.wait(5);
                self.steps.push_back(Step::Send(bytes.slice(at + 1..)));
            }
            None => self.steps.push_back(Step::Send(bytes)),
        }
    }

    fn wait(&mut self, ms: u64) {
        if ms > 0 {
            self.steps.push_back(Step::Wait(Duration::from_millis(ms)));
        }
    }
}

/// One event with a piece that says when it was sent.
pub(crate) fn stamped(piece: &str, unix_us: u128) -> Bytes {
    let piece = Value::String(format!("@{unix_us} {piece}"));
    Bytes::from(format!(
        "data: {{\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":{CREATED},\
         \"model\":\"mock-model\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{piece}}},\
         \"finish_reason\":null}}]}}\n\n"
    ))
}

/// Cuts a text into pieces at character boundaries; their concatenation is the text. More pieces
/// than characters repeat the text as often as is needed, so that a long stream has real pieces.
fn pieces(text: &str, wanted: usize) -> Vec<String> {
    if wanted == 0 {
        return text.split_inclusive(' ').map(str::to_owned).collect();
    }
    let letters: Vec<char> = text.chars().collect();
    if letters.len() < wanted {
        let words: Vec<&str> = text.split_inclusive(' ').collect();
        return words.iter().cycle().take(wanted).map(|word| (*word).to_owned()).collect();
    }
    let each = |part: usize| part * letters.len() / wanted;
    (0..wanted).map(|part| letters[each(part)..each(part + 1)].iter().collect()).collect()
}
