//! A conversation as this dialect writes it: one text, or a list of parts; tool calls apart from
//! the text; each tool's result a message of its own.

use serde_json::{Map, Value, json};

use super::encode::{Quirks, loss, write_extra};
use crate::chat::{ChatRequest, Dialect, Loss, LossKind, Message, Part, Role, Severity};

/// A part and its place in the client's message.
type Placed<'p> = (usize, &'p Part);

/// Messages on their way out.
pub(super) struct Messages<'a> {
    quirks: Quirks,
    list: Vec<Value>,
    losses: &'a mut Vec<Loss>,
}

impl<'a> Messages<'a> {
    /// The `messages` of a request. Paths of losses count as the client's list does, where its
    /// leading instructions were one message.
    pub(super) fn write(request: &ChatRequest, quirks: Quirks, losses: &'a mut Vec<Loss>) -> Value {
        let mut messages = Self { quirks, list: Vec::new(), losses };
        if !request.system.is_empty() {
            let content = messages.content(
                request.system.iter().enumerate(),
                "messages.0.content",
                TEXT_ONLY,
            );
            messages.list.push(json!({ "role": "system", "content": content }));
        }
        let first = messages.list.len();
        for (at, message) in request.messages.iter().enumerate() {
            messages.message(message, &format!("messages.{}", first + at));
        }
        Value::Array(messages.list)
    }

    fn message(&mut self, message: &Message, path: &str) {
        let (results, said): (Vec<Placed<'_>>, Vec<Placed<'_>>) =
            (message.parts.iter().enumerate())
                .partition(|(_, part)| matches!(part, Part::ToolResult { .. }));
        for result in results {
            self.result(result, message, path);
        }
        if said.is_empty() && message.role != Role::Assistant {
            return;
        }
        let mut whole = match message.role {
            Role::Assistant => self.assistant(&said, path),
            role => self.plain(role, &said, path),
        };
        self.finish(message, path, &mut whole);
        self.list.push(Value::Object(whole));
    }

    fn plain(&mut self, role: Role, said: &[Placed<'_>], path: &str) -> Map<String, Value> {
        let role = if role == Role::System { "system" } else { "user" };
        let takes = if role == "user" { part_json } else { TEXT_ONLY };
        let content = self.content(said.iter().copied(), &format!("{path}.content"), takes);
        fields([("role", role.into()), ("content", or_empty(content))])
    }

    fn assistant(&mut self, said: &[Placed<'_>], path: &str) -> Map<String, Value> {
        let mut whole = fields([("role", "assistant".into())]);
        let (mut content, mut calls) = (Vec::new(), Vec::new());
        let (mut refusal, mut reasoning) = (String::new(), String::new());
        let path = &format!("{path}.content");
        for &(at, part) in said {
            match part {
                Part::ToolCall { id, name, arguments } => calls.push(json!({
                    "id": id, "type": "function",
                    "function": { "name": name, "arguments": arguments },
                })),
                Part::Refusal(text) => refusal.push_str(text),
                Part::Reasoning(text) if self.quirks.takes_reasoning => reasoning.push_str(text),
                Part::Reasoning(_) => self.lose(path, at, LossKind::Dropped, Severity::Hint),
                part => {
                    // Here text stands before every call; which came first is lost.
                    if !calls.is_empty() {
                        self.lose(path, at, LossKind::Weakened, Severity::Hint);
                    }
                    content.push((at, part));
                }
            }
        }
        let content = self.content(content, path, TEXT_ONLY);
        whole.insert("content".to_owned(), content);
        if !refusal.is_empty() {
            whole.insert("refusal".to_owned(), refusal.into());
        }
        if !reasoning.is_empty() {
            whole.insert("reasoning_content".to_owned(), reasoning.into());
        }
        if !calls.is_empty() {
            whole.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        whole
    }

    /// A result is text here; that the tool failed can only be said in its words.
    fn result(&mut self, (at, part): Placed<'_>, of: &Message, path: &str) {
        let Part::ToolResult { call_id, parts, is_error } = part else { return };
        if *is_error {
            self.lose(&format!("{path}.content"), at, LossKind::Weakened, Severity::Hint);
        }
        let within = match of.role {
            Role::Tool => format!("{path}.content"),
            _ => format!("{path}.content.{at}.content"),
        };
        let content = self.content(parts.iter().enumerate(), &within, TEXT_ONLY);
        let mut whole = fields([
            ("role", "tool".into()),
            ("tool_call_id", call_id.as_str().into()),
            ("content", or_empty(content)),
        ]);
        if of.role == Role::Tool {
            self.finish(of, path, &mut whole);
        }
        self.list.push(Value::Object(whole));
    }

    fn finish(&mut self, message: &Message, path: &str, whole: &mut Map<String, Value>) {
        if let Some(name) = &message.name {
            whole.insert("name".to_owned(), name.as_str().into());
        }
        write_extra(&message.extra, path, whole, self.losses);
    }

    /// A lone text goes as a text, nothing as null, anything else as a list.
    fn content<'p>(
        &mut self,
        parts: impl IntoIterator<Item = Placed<'p>>,
        path: &str,
        takes: fn(&Part) -> Option<Value>,
    ) -> Value {
        let parts: Vec<Placed<'p>> = parts.into_iter().collect();
        if let [(_, Part::Text(text))] = parts.as_slice() {
            return text.as_str().into();
        }
        let list: Vec<Value> = parts
            .into_iter()
            .filter_map(|(at, part)| {
                let json = takes(part);
                if json.is_none() {
                    self.lose(path, at, LossKind::Dropped, severity(part));
                }
                json
            })
            .collect();
        if list.is_empty() { Value::Null } else { Value::Array(list) }
    }

    fn lose(&mut self, path: &str, at: usize, kind: LossKind, severity: Severity) {
        self.losses.push(loss(format!("{path}.{at}"), kind, severity));
    }
}

/// Only a user's turn may hold pictures, sound and files.
const TEXT_ONLY: fn(&Part) -> Option<Value> = |part| match part {
    Part::Image { .. } | Part::Audio { .. } | Part::File { .. } => None,
    part => part_json(part),
};

/// Only an assistant's turn may have no content at all.
fn or_empty(content: Value) -> Value {
    if content.is_null() { "".into() } else { content }
}

fn part_json(part: &Part) -> Option<Value> {
    Some(match part {
        Part::Text(text) => json!({ "type": "text", "text": text }),
        Part::Refusal(text) => json!({ "type": "refusal", "refusal": text }),
        Part::Image { url, detail } => {
            let mut image = fields([("url", url.as_str().into())]);
            image.extend(detail.as_ref().map(|word| ("detail".to_owned(), word.as_str().into())));
            json!({ "type": "image_url", "image_url": image })
        }
        Part::Audio { data, format } => {
            json!({ "type": "input_audio", "input_audio": { "data": data, "format": format } })
        }
        Part::File { data, file_id, name } => {
            let named = [("file_data", data), ("file_id", file_id), ("filename", name)];
            let file: Map<String, Value> = named
                .into_iter()
                .filter_map(|(key, value)| Some((key.to_owned(), value.as_deref()?.into())))
                .collect();
            json!({ "type": "file", "file": file })
        }
        Part::Unknown { origin: Dialect::OpenaiChat, value } => value.clone(),
        Part::Unknown { .. }
        | Part::Opaque(_)
        | Part::Reasoning(_)
        | Part::ToolCall { .. }
        | Part::ToolResult { .. } => return None,
    })
}

/// State and reasoning only help the model that made them; the rest is what the client said.
fn severity(part: &Part) -> Severity {
    match part {
        Part::Opaque(_) | Part::Reasoning(_) => Severity::Hint,
        _ => Severity::Meaning,
    }
}

fn fields<const N: usize>(fields: [(&str, Value); N]) -> Map<String, Value> {
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
